// SPDX-License-Identifier: BSD-3-Clause

package maskinporten_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	scope     = "altinn:resourceregistry/resource.write"
	listScope = "altinn:resourceregistry/accesslist.read"
	closed    = "closed:scope"

	tokenRoute    = "POST /token"
	exchangeRoute = "GET /authentication/api/v1/exchange/maskinporten"
)

// hurried is a clock on which waiting takes no time: whoever waits moves it.
type hurried struct{ *clocktesting.FakeClock }

func (h hurried) NewTimer(wait time.Duration) clock.Timer {
	timer := h.FakeClock.NewTimer(wait)
	h.Step(wait)
	return timer
}

// privateKey is made once, since it takes time.
var privateKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func jwk(kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: privateKey(), KeyID: kid, Algorithm: string(jose.RS256)}
}

// watched writes down the grants it has signed.
type watched struct {
	maskinporten.Signer
	mu     sync.Mutex
	grants []map[string]any
}

func (w *watched) Sign(ctx context.Context, claims []byte) (string, error) {
	var read map[string]any
	if err := json.Unmarshal(claims, &read); err != nil {
		return "", err
	}
	w.mu.Lock()
	w.grants = append(w.grants, read)
	w.mu.Unlock()
	return w.Signer.Sign(ctx, claims)
}

// world is a sandbox and a source of tokens that share a clock.
type world struct {
	t      *testing.T
	clock  hurried
	server *sandbox.Server
	url    string
	signer *watched
	source *maskinporten.Source
}

// begin makes a world, in which changes may be made to the source.
func begin(t *testing.T, changes ...func(*world, *maskinporten.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: hurried{clocktesting.NewFakeClock(time.Now().Truncate(time.Second))}}
	options := sandbox.Demo()
	options.Clock = w.clock.Now
	public := func(kid string) jose.JSONWebKey { return jose.JSONWebKey{Key: privateKey().Public(), KeyID: kid} }
	options.Clients = []sandbox.Client{{
		ID: "operator", Organisation: sandbox.SkatteetatenNumber, Scopes: []string{scope, listScope, closed},
		Ungranted: []string{closed}, Represents: []string{sandbox.NAVNumber},
		Keys: []sandbox.Key{
			{JWK: public("key-1")}, {JWK: public("key-old"), Expires: w.clock.Now().Add(-time.Hour)},
		},
	}}
	var err error
	if w.server, err = sandbox.New(options); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(w.server)
	t.Cleanup(web.Close)
	w.url = web.URL
	config := maskinporten.Config{
		Clock: w.clock, Issuer: web.URL, ClientID: "operator",
		ExchangeURL: web.URL + "/authentication/api/v1/exchange/maskinporten",
		Signer:      w.signWith("key-1"),
	}
	for _, change := range changes {
		change(w, &config)
	}
	w.source, err = maskinporten.NewSource(config, w.client("maskinporten"), w.client("altinn"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) client(system string) *external.Client {
	w.t.Helper()
	config := external.Defaults(system, w.clock)
	config.Timeout = 20 * time.Second
	config.Budget = external.Budget{PerSecond: 1e6, Burst: 1e6}
	config.Breaker.Failures = 1e6
	client, err := external.New(config)
	if err != nil {
		w.t.Fatal(err)
	}
	return client
}

func (w *world) signWith(kid string) maskinporten.Signer {
	w.t.Helper()
	signer, err := maskinporten.NewKeySigner(jwk(kid))
	if err != nil {
		w.t.Fatal(err)
	}
	w.signer = &watched{Signer: signer}
	return w.signer
}

func (w *world) token(scopes ...string) (string, error) {
	return w.source.For(scopes...).Token(w.t.Context())
}

func (w *world) mustToken(scopes ...string) string {
	w.t.Helper()
	token, err := w.token(scopes...)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func (w *world) fault(fault sandbox.Fault) {
	w.t.Helper()
	if err := w.server.SetFaults(fault); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) heal() {
	w.t.Helper()
	if err := w.server.SetFaults(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantCalls(tokens, exchanges int) {
	w.t.Helper()
	counts := w.server.Counts()
	if counts[tokenRoute] != tokens || counts[exchangeRoute] != exchanges {
		w.t.Errorf("want %d tokens and %d exchanges, got %d and %d",
			tokens, exchanges, counts[tokenRoute], counts[exchangeRoute])
	}
}

func (w *world) wantUniqueGrants() {
	w.t.Helper()
	seen := map[any]bool{}
	for _, grant := range w.signer.grants {
		if seen[grant["jti"]] {
			w.t.Errorf("jti %v was used twice", grant["jti"])
		}
		seen[grant["jti"]] = true
	}
}
