// SPDX-License-Identifier: BSD-3-Clause

package maskinporten_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
)

// answering gives the same answer to every request.
type answering struct {
	status int
	kind   string
	body   []byte
	asked  int
}

func (a *answering) RoundTrip(request *http.Request) (*http.Response, error) {
	a.asked++
	return &http.Response{
		StatusCode: a.status, Header: http.Header{"Content-Type": {a.kind}}, Body: io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: request, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// Whatever a token endpoint answers, there is a token, or an error of a kind that says what to do; a token is not asked
// for again at once; and no word of a token that came is in an error.
func FuzzTokenAnswers(f *testing.F) {
	const canary = "canary-token-that-nobody-may-see"
	for _, seed := range []struct {
		status     int
		kind, body string
	}{
		{200, "application/json", `{"access_token":"canary-token-that-nobody-may-see","expires_in":119}`},
		{200, "application/json", `{"access_token":"canary-token-that-nobody-may-see","expires_in":9223372036854775807}`},
		{200, "application/json", `{"access_token":"canary-token-that-nobody-may-see","expires_in":9223372037}`},
		{200, "application/json", `{"access_token":"canary-token-that-nobody-may-see"}`}, {200, "application/json", `null`}, {200, "text/html", "<html>"},
		{400, "application/json", `{"error":"invalid_grant","error_description":"MP-250: denied"}`}, {401, "application/json", `{"error":"MP-100"}`},
		{404, "text/plain", "no"}, {503, "", ""}, {429, "application/json", "{}"}, {302, "", ""}, {400, "application/json", `{"error_uri":"https://x#mp-130"}`},
	} {
		f.Add(seed.status, seed.kind, []byte(seed.body))
	}
	signer, err := maskinporten.NewKeySigner(jwk("key-1"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		wire := &answering{status: status, kind: kind, body: body}
		ticks := hurried{clocktesting.NewFakeClock(time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC))}
		config := external.Defaults("maskinporten", ticks)
		config.RoundTripper = wire
		client, err := external.New(config)
		if err != nil {
			t.Fatal(err)
		}
		source, err := maskinporten.NewSource(maskinporten.Config{Clock: ticks, Issuer: "https://maskinporten.no", ClientID: "operator", Signer: signer}, client, nil)
		if err != nil {
			t.Fatal(err)
		}
		bearer := source.For(scope)
		token, err := bearer.Token(t.Context())
		if (err == nil) == (token == "") {
			t.Fatalf("the token %q with the error %v", token, err)
		}
		if err == nil {
			asked := wire.asked
			if again, err := bearer.Token(t.Context()); again != token || err != nil || wire.asked != asked {
				t.Fatalf("asked %d times, then %d, for %q and %q: %v", asked, wire.asked, token, again, err)
			}
			return
		}
		_, refused := errors.AsType[*external.Refused](err)
		if !external.IsTryLater(err) && !refused {
			t.Fatalf("an error of no kind: %v", err)
		}
		if strings.Contains(err.Error(), canary) {
			t.Fatalf("a token is told: %v", err)
		}
	})
}
