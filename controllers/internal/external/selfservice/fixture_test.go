// SPDX-License-Identifier: BSD-3-Clause

package selfservice_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// patient is longer than any answer takes, also on a machine with much else to do.
const patient = 20 * time.Second

const (
	ownScope     = "skd:income"
	grantedScope = "altinn:events.subscribe"
)

// hurried is a clock on which waiting takes no time: whoever waits moves it.
type hurried struct{ *clocktesting.FakeClock }

func (h hurried) NewTimer(wait time.Duration) clock.Timer {
	timer := h.FakeClock.NewTimer(wait)
	h.Step(wait)
	return timer
}

func startClock() hurried { return hurried{clocktesting.NewFakeClock(time.Now())} }

// privateKey is made once, since it takes time.
var privateKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func public(kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: privateKey().Public(), KeyID: kid, Algorithm: string(jose.RS256), Use: "sig"}
}

func publics(kids ...string) []jose.JSONWebKey {
	var keys []jose.JSONWebKey
	for _, kid := range kids {
		keys = append(keys, public(kid))
	}
	return keys
}

// world is a sandbox, and the API there for skd, by tokens that Digdir's client gets on behalf of it.
type world struct {
	t      *testing.T
	clock  hurried
	server *sandbox.Server
	url    string
	api    *selfservice.API
	wire   *wire
}

// wire counts what is sent over HTTP, by method.
type wire struct{ sent map[string]int }

func (c *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	c.sent[request.Method]++
	return http.DefaultTransport.RoundTrip(request)
}

var operatorScopes = []string{
	selfservice.ScopeClientsRead, selfservice.ScopeClientsModify, selfservice.ScopeClientsWrite,
	selfservice.ScopeClientsSupplier, selfservice.ScopeScopesWrite,
}

func begin(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: startClock(), wire: &wire{map[string]int{}}}
	options := sandbox.Demo()
	options.Clock = w.clock.Now
	options.Clients = []sandbox.Client{{
		ID: "operator", Organisation: sandbox.DigdirNumber, Scopes: operatorScopes,
		Keys:       []sandbox.Key{{JWK: public("operator-1"), Expires: w.clock.Now().AddDate(1, 0, 0)}},
		Represents: []string{sandbox.SkatteetatenNumber, sandbox.NAVNumber},
	}}
	var err error
	w.server, err = sandbox.New(options)
	w.must(err)
	web := httptest.NewServer(w.server)
	t.Cleanup(web.Close)
	w.url = web.URL
	w.api = w.as(sandbox.SkatteetatenNumber, patient)
	return w
}

// as gives the API for a service owner.
func (w *world) as(owner string, timeout time.Duration) *selfservice.API {
	w.t.Helper()
	signer, err := maskinporten.NewKeySigner(jose.JSONWebKey{Key: privateKey(), KeyID: "operator-1", Algorithm: string(jose.RS256)})
	w.must(err)
	source, err := maskinporten.NewSource(maskinporten.Config{
		Clock: w.clock, Issuer: w.url, ClientID: "operator", Consumer: owner, Signer: signer,
	}, caller(w.t, w.clock, patient), nil)
	w.must(err)
	api, err := selfservice.New(w.url, caller(w.t, w.clock, timeout, w.wire), source)
	w.must(err)
	return api
}

func caller(t *testing.T, clk clock.Clock, timeout time.Duration, transports ...http.RoundTripper) *external.Client {
	t.Helper()
	config := external.Defaults("self-service", clk)
	config.Timeout = timeout
	config.Budget = external.Budget{PerSecond: 1e6, Burst: 1e6}
	config.Breaker.Failures = 1e6
	for _, transport := range transports {
		config.RoundTripper = transport
	}
	client, err := external.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// stub is the API at a server that says always the same.
func stub(t *testing.T, status int, contentType, body string) *selfservice.API {
	t.Helper()
	return stubbed(t, func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", contentType)
		out.WriteHeader(status)
		_, _ = out.Write([]byte(body))
	})
}

func stubbed(t *testing.T, handler http.HandlerFunc) *selfservice.API {
	t.Helper()
	return at(t, always{&[]string{}}, handler)
}

func at(t *testing.T, tokens selfservice.Tokens, handler http.HandlerFunc) *selfservice.API {
	t.Helper()
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	api, err := selfservice.New(web.URL, caller(t, startClock(), patient), tokens)
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func machine(changes ...func(*selfservice.Client)) *selfservice.Client {
	made := &selfservice.Client{
		ClientName: "skd-income", IntegrationType: selfservice.IntegrationMaskinporten,
		Scopes:     []string{grantedScope, "krr:global/digitalpost.read", "altinn:serviceowner"},
		GrantTypes: []string{selfservice.GrantJWTBearer}, TokenEndpointAuthMethod: selfservice.AuthPrivateKeyJWT,
	}
	for _, change := range changes {
		change(made)
	}
	return made
}

func login(integration string, changes ...func(*selfservice.Client)) *selfservice.Client {
	made := &selfservice.Client{
		ClientName: "skd-income", IntegrationType: integration, TokenEndpointAuthMethod: selfservice.AuthPrivateKeyJWT,
		GrantTypes:   []string{selfservice.GrantAuthorizationCode, selfservice.GrantRefreshToken},
		RedirectURIs: []string{"https://income.example.no/b", "https://income.example.no/a"},
	}
	for _, change := range changes {
		change(made)
	}
	return made
}

func scoped(scopes ...string) func(*selfservice.Client) {
	return func(c *selfservice.Client) { c.Scopes = scopes }
}

func income(changes ...func(*selfservice.Scope)) *selfservice.Scope {
	made := &selfservice.Scope{
		Name: ownScope, Description: "Income", Active: true,
		AllowedIntegrationTypes: []string{selfservice.IntegrationMaskinporten},
	}
	for _, change := range changes {
		change(made)
	}
	return made
}

func (w *world) made(wanted *selfservice.Client) *selfservice.Client {
	w.t.Helper()
	got, err := w.api.Create(w.t.Context(), wanted)
	w.must(err)
	return got
}

// kind names what an error is.
func kind(err error) string {
	switch {
	case err == nil:
		return "ok"
	case external.IsNotFound(err):
		return "not found"
	case external.IsConflict(err):
		return "conflict"
	case external.IsRefused(err):
		return "refused"
	case external.IsTryLater(err):
		return "try later"
	}
	return "none of ours: " + err.Error()
}

func wantKind(t *testing.T, err error, want string) {
	t.Helper()
	if got := kind(err); got != want {
		t.Errorf("want %s, got %s: %v", want, got, err)
	}
}
