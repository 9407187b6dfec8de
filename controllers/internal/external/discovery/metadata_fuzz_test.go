// SPDX-License-Identifier: BSD-3-Clause

package discovery

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// answering gives the same answer to every request, of which it remembers the hosts.
type answering struct {
	status int
	body   []byte
	hosts  map[string]bool
}

func (a *answering) RoundTrip(request *http.Request) (*http.Response, error) {
	a.hosts[request.URL.Host] = true
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {external.TypeJSON}}, Body: io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: request, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// Whatever a document says, nobody is sent over an open line to prove who it is, nor is another issuer believed; and
// nobody but the configured server is asked.
func FuzzMetadata(f *testing.F) {
	for _, seed := range []string{
		`{"issuer":"https://maskinporten.example/","token_endpoint":"https://maskinporten.example/token","jwks_uri":"https://maskinporten.example/jwk"}`,
		`{"issuer":"https://maskinporten.example","token_endpoint":"http://maskinporten.example/token","jwks_uri":"https://maskinporten.example/jwk"}`,
		`{"issuer":"https://maskinporten.example/","token_endpoint":"https:///token","jwks_uri":"HTTPS://x"}`, `{"issuer":"https://elsewhere.example/"}`, `{}`, `null`,
		`{"issuer":"https://maskinporten.example/","token_endpoint":"https://a","jwks_uri":"https://b","authorization_endpoint":"javascript:x"}`,
	} {
		f.Add(http.StatusOK, []byte(seed))
	}
	f.Add(http.StatusFound, []byte(""))
	const issuer, wellKnown = "https://maskinporten.example/", "https://maskinporten.example/.well-known/oauth-authorization-server"
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 || status >= 500 || status == http.StatusTooManyRequests {
			return // which are tried again, after a while
		}
		wire := &answering{status: status, body: body, hosts: map[string]bool{}}
		config := external.Defaults("tokens", clock.RealClock{})
		config.RoundTripper, config.Attempts = wire, 1
		config.Backoff.Duration = time.Nanosecond
		source, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		metadata, err := source.Get(t.Context(), wellKnown, issuer)
		if len(wire.hosts) != 1 || !wire.hosts["maskinporten.example"] {
			t.Fatalf("%v were asked", wire.hosts)
		}
		if err != nil {
			if !external.IsTryLater(err) && !external.IsRefused(err) || metadata != (Metadata{}) {
				t.Fatalf("%+v with the error %v", metadata, err)
			}
			return
		}
		if strings.TrimSuffix(metadata.Issuer, "/") != strings.TrimSuffix(issuer, "/") || metadata.WellKnown != wellKnown {
			t.Fatalf("%+v is believed", metadata)
		}
		for _, endpoint := range []string{metadata.TokenEndpoint, metadata.JWKSURI, metadata.AuthorizationEndpoint} {
			if endpoint == "" && endpoint == metadata.AuthorizationEndpoint {
				continue
			}
			if parsed, err := url.Parse(endpoint); err != nil || parsed.Scheme != "https" || parsed.Hostname() == "" {
				t.Fatalf("%q is believed", endpoint)
			}
		}
	})
}
