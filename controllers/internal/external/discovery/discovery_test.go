// SPDX-License-Identifier: BSD-3-Clause

package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/discovery"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	oauth  = "/.well-known/oauth-authorization-server"
	openID = "/.well-known/openid-configuration"
)

// hurried is a clock on which waiting takes no time: whoever waits moves it.
type hurried struct{ *clocktesting.FakeClock }

func (h hurried) NewTimer(wait time.Duration) clock.Timer {
	timer := h.FakeClock.NewTimer(wait)
	h.Step(wait)
	return timer
}

// world is a server whose answer may change, and a source that asks it.
type world struct {
	t      *testing.T
	clock  hurried
	url    string
	source *discovery.Source
	asked  atomic.Int32
	answer atomic.Value // of func(http.ResponseWriter)
}

func begin(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: hurried{clocktesting.NewFakeClock(time.Now())}}
	web := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		w.asked.Add(1)
		w.answer.Load().(func(http.ResponseWriter))(out)
	}))
	t.Cleanup(web.Close)
	w.url = web.URL
	w.source = source(t, w.clock, nil)
	w.says(200, "application/json", w.document(w.url))
	return w
}

func source(t *testing.T, clk clock.Clock, transport http.RoundTripper) *discovery.Source {
	t.Helper()
	config := external.Defaults("metadata", clk)
	config.Timeout = 20 * time.Second
	config.Breaker.Failures = 1e6
	config.RoundTripper = transport
	made, err := discovery.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (w *world) says(status int, contentType, body string) {
	w.answer.Store(func(out http.ResponseWriter) {
		out.Header().Set("Content-Type", contentType)
		out.WriteHeader(status)
		_, _ = out.Write([]byte(body))
	})
}

func (w *world) document(issuer string) string {
	return fmt.Sprintf(`{"issuer":%q,"token_endpoint":"%s/token","jwks_uri":"%s/jwk","grant_types_supported":[]}`, issuer, w.url, w.url)
}

func (w *world) get() (discovery.Metadata, error) {
	return w.source.Get(w.t.Context(), w.url+oauth, w.url)
}

func (w *world) mustGet() discovery.Metadata {
	w.t.Helper()
	got, err := w.get()
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) wantAsked(want int32) {
	w.t.Helper()
	if got := w.asked.Load(); got != want {
		w.t.Errorf("want %d calls, got %d", want, got)
	}
}

func wantRefused(t *testing.T, err, cause error) {
	t.Helper()
	refused, ok := errors.AsType[*external.Refused](err)
	if !ok || !errors.Is(err, cause) || refused.Actor != v1alpha1.ActorPlatform {
		t.Errorf("want it refused for the platform with %v, got %v", cause, err)
	}
}

func TestTheIssuersOfTheSandboxAreFound(t *testing.T) {
	server, err := sandbox.New(sandbox.Demo())
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	found := source(t, clock.RealClock{}, nil)
	for sentence, tc := range map[string]struct{ wellKnown, issuer, authorize string }{
		"Maskinporten": {web.URL + oauth, web.URL + "/", ""},
		"ID-porten":    {web.URL + "/idporten" + openID, web.URL + "/idporten", web.URL + "/idporten/authorize"},
		"Ansattporten": {web.URL + "/ansattporten" + openID, web.URL + "/ansattporten", web.URL + "/ansattporten/authorize"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, err := found.Get(t.Context(), tc.wellKnown, strings.TrimSuffix(tc.issuer, "/"))
			if err != nil {
				t.Fatal(err)
			}
			if got.WellKnown != tc.wellKnown || got.Issuer != tc.issuer || got.AuthorizationEndpoint != tc.authorize ||
				got.TokenEndpoint != strings.TrimSuffix(tc.issuer, "/")+"/token" || !strings.HasPrefix(got.JWKSURI, web.URL) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestAnAnswerIsKeptForAnHour(t *testing.T) {
	w := begin(t)
	first := w.mustGet()
	w.clock.Step(time.Hour - time.Second)
	if again := w.mustGet(); again != first || first.TokenEndpoint != w.url+"/token" {
		t.Errorf("want %+v again, got %+v", first, again)
	}
	w.wantAsked(1)
	w.says(200, "application/json", strings.ReplaceAll(w.document(w.url), "/token", "/token/v2"))
	w.clock.Step(time.Second)
	if now := w.mustGet(); now.TokenEndpoint != w.url+"/token/v2" {
		t.Errorf("want the new endpoint, got %+v", now)
	}
	w.wantAsked(2)
}

func TestWhatCannotBeReadAnewIsGivenAsItWas(t *testing.T) {
	for sentence, tc := range map[string]struct {
		status     int
		kind, body string
		calls      int32
	}{
		"for an outage":           {503, "text/plain", "", 3},
		"for a page":              {200, "text/html", "<html>", 3},
		"for a file that is gone": {404, "application/problem+json", `{}`, 1},
		"for another's document":  {200, "application/json", `{"issuer":"https://evil.example.no"}`, 1},
		"for half of a document":  {200, "application/json", `{"issuer":`, 1},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			first := w.mustGet()
			w.says(tc.status, tc.kind, tc.body)
			w.clock.Step(time.Hour)
			for range 3 { // within a minute it is asked once
				if again := w.mustGet(); again != first {
					t.Errorf("want %+v again, got %+v", first, again)
				}
			}
			w.wantAsked(1 + tc.calls)
			w.says(200, "application/json", strings.ReplaceAll(w.document(w.url), "/token", "/token/v2"))
			w.clock.Step(time.Minute)
			if now := w.mustGet(); now.TokenEndpoint != w.url+"/token/v2" {
				t.Errorf("want the new endpoint, got %+v", now)
			}
		})
	}
}

func TestNothingIsKnownInAnOutage(t *testing.T) {
	for sentence, tc := range map[string]struct {
		status     int
		kind, body string
	}{
		"for an outage":           {503, "text/plain", ""},
		"for a page":              {200, "text/html", "<html>"},
		"for no such file":        {404, "application/problem+json", `{}`},
		"for another type":        {200, "text/plain", `{}`},
		"for half of a document":  {200, "application/json", `{"issuer":`},
		"for a conflict, of all":  {409, "application/json", `{}`},
		"for a file not its own ": {404, "text/plain", "no"},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			w.says(tc.status, tc.kind, tc.body)
			if got, err := w.get(); !external.IsTryLater(err) || got != (discovery.Metadata{}) {
				t.Errorf("want to try later, got %+v, %v", got, err)
			}
			w.says(200, "application/json", w.document(w.url))
			w.mustGet()
		})
	}
}

func TestWhoseDocumentIsBelieved(t *testing.T) {
	for sentence, tc := range map[string]struct {
		issuer func(url string) string
		cause  error
	}{
		"the issuer's":              {func(url string) string { return url }, nil},
		"with a slash at its end":   {func(url string) string { return url + "/" }, nil},
		"another's":                 {func(string) string { return "https://evil.example.no" }, discovery.ErrOtherIssuer},
		"of one below it":           {func(url string) string { return url + "/other" }, discovery.ErrOtherIssuer},
		"nobody's":                  {func(string) string { return "" }, discovery.ErrOtherIssuer},
		"with capitals in its path": {func(url string) string { return strings.ToUpper(url) }, discovery.ErrOtherIssuer},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			w.says(200, "application/json", w.document(tc.issuer(w.url)))
			got, err := w.get()
			if tc.cause == nil {
				if err != nil || got.Issuer != tc.issuer(w.url) {
					t.Errorf("want the issuer as it is written, got %+v, %v", got, err)
				}
				return
			}
			wantRefused(t, err, tc.cause)
			_, err = w.get()
			wantRefused(t, err, tc.cause)
			w.wantAsked(1) // a refusal is remembered
			w.says(200, "application/json", w.document(w.url))
			w.clock.Step(time.Minute)
			w.mustGet()
		})
	}
}

// serves answers every request itself, so that an issuer can be https without a certificate.
type serves string

func (s serves) RoundTrip(request *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/json")
	_, _ = recorder.WriteString(string(s))
	response := recorder.Result()
	response.Request = request
	return response, nil
}

func TestEndpointsMustBeSafe(t *testing.T) {
	const issuer = "https://test.idporten.no"
	for sentence, tc := range map[string]struct {
		wellKnown, fields string
		cause             error
	}{
		"all over TLS": {
			issuer + openID, `"token_endpoint":"https://a/t","jwks_uri":"https://b/j","authorization_endpoint":"https://login.c/a"`, nil,
		},
		"nobody logs in":          {issuer + oauth, `"token_endpoint":"https://a/t","jwks_uri":"https://b/j"`, nil},
		"an open token endpoint":  {issuer + oauth, `"token_endpoint":"http://a/t","jwks_uri":"https://b/j"`, discovery.ErrUnsafe},
		"open keys":               {issuer + oauth, `"token_endpoint":"https://a/t","jwks_uri":"http://b/j"`, discovery.ErrUnsafe},
		"no token endpoint":       {issuer + oauth, `"jwks_uri":"https://b/j"`, discovery.ErrUnsafe},
		"no keys":                 {issuer + oauth, `"token_endpoint":"https://a/t"`, discovery.ErrUnsafe},
		"a path for an endpoint":  {issuer + oauth, `"token_endpoint":"/t","jwks_uri":"https://b/j"`, discovery.ErrUnsafe},
		"an open login":           {issuer + openID, `"token_endpoint":"https://a/t","jwks_uri":"https://b/j","authorization_endpoint":"http://c/a"`, discovery.ErrUnsafe},
		"a script for a login":    {issuer + openID, `"token_endpoint":"https://a/t","jwks_uri":"https://b/j","authorization_endpoint":"javascript:x"`, discovery.ErrUnsafe},
		"an open document":        {"http://test.idporten.no" + openID, `"token_endpoint":"https://a/t","jwks_uri":"https://b/j"`, discovery.ErrUnsafe},
		"no address of the other": {"", ``, discovery.ErrUnsafe},
	} {
		t.Run(sentence, func(t *testing.T) {
			found := source(t, clock.RealClock{}, serves(`{"issuer":"`+issuer+`",`+tc.fields+`}`))
			_, err := found.Get(t.Context(), tc.wellKnown, issuer)
			if tc.cause == nil && err != nil {
				t.Errorf("want it believed, got %v", err)
			}
			if tc.cause != nil {
				wantRefused(t, err, tc.cause)
			}
		})
	}
}

func TestManyWhoAskAtOnceMakeOneCall(t *testing.T) {
	w := begin(t)
	release := make(chan struct{})
	good := w.answer.Load().(func(http.ResponseWriter))
	w.answer.Store(func(out http.ResponseWriter) { <-release; good(out) })
	impatient, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := w.source.Get(impatient, w.url+oauth, w.url); done <- err }()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := w.get(); err != nil || got.Issuer != w.url {
				t.Errorf("want it given to all, got %+v, %v", got, err)
			}
		})
	}
	cancel() // who stops waiting takes nothing from the others
	if err := <-done; !external.IsTryLater(err) || !errors.Is(err, context.Canceled) {
		t.Errorf("want it given up, got %v", err)
	}
	close(release)
	all.Wait()
	w.wantAsked(1)
}

func TestOneServersOutageIsNoneOfAnothers(t *testing.T) {
	w, other := begin(t), begin(t)
	config := external.Defaults("metadata", w.clock)
	config.Breaker.Failures = 1
	shared, err := discovery.New(config)
	if err != nil {
		t.Fatal(err)
	}
	w.says(503, "text/plain", "")
	for range 3 {
		if _, err := shared.Get(t.Context(), w.url+oauth, w.url); !external.IsTryLater(err) {
			t.Errorf("want to try later, got %v", err)
		}
	}
	w.wantAsked(1) // it is left alone
	if _, err := shared.Get(t.Context(), other.url+oauth, other.url); err != nil {
		t.Errorf("want the other answered, got %v", err)
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	if _, err := discovery.New(external.Config{}); err == nil {
		t.Error("want an error")
	}
}
