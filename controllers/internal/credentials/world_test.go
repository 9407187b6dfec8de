// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const (
	// patient is longer than any answer takes, also on a machine with much else to do.
	patient = 30 * time.Second
	// behind is how long the token endpoint of these worlds is behind the self-service.
	behind = 2 * time.Minute
	// monthly is how old keys get in these worlds.
	monthly = 720 * time.Hour
)

// began is when every world begins: an API server's own clock says when things are deleted.
var began = time.Now().Truncate(time.Second)

// hurried is a clock on which waiting takes no time: whoever waits moves it.
type hurried struct{ *clocktesting.FakeClock }

func (h hurried) NewTimer(wait time.Duration) clock.Timer {
	timer := h.FakeClock.NewTimer(wait)
	h.Step(wait)
	return timer
}

// stock are keys made once, since they take time: the first is the operator's, the others come to Apps in turn.
var stock = sync.OnceValue(func() []*rsa.PrivateKey {
	made := make([]*rsa.PrivateKey, 40)
	var group sync.WaitGroup
	for part := range 2 {
		group.Go(func() {
			for i := part; i < len(made); i += 2 {
				key, err := rsa.GenerateKey(rand.Reader, 2048)
				if err != nil {
					panic(err)
				}
				made[i] = key
			}
		})
	}
	group.Wait()
	return made
})

// shelf hands keys out of the stock.
type shelf struct {
	given int
	empty bool
}

func (s *shelf) Take() (*rsa.PrivateKey, bool) {
	if s.empty {
		return nil, false
	}
	s.given++
	return stock()[s.given], true
}

// site is an address that one world after the other is served at, so that connections are kept.
type site struct {
	url    string
	served atomic.Pointer[sandbox.Server]
}

func newSite(t testing.TB) *site {
	s := &site{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.served.Load().ServeHTTP(w, r) }))
	t.Cleanup(web.Close)
	s.url = web.URL
	return s
}

// world is a sandbox of what is outside, a cluster with one App, and an operator that gives it credentials.
type world struct {
	t testing.TB
	*site
	clock   hurried
	sandbox *sandbox.Server
	wire    *wire
	// api is what stands in the cluster, and cluster is the operator's client of it.
	api     client.Client
	cluster *cluster
	// plan is what the App is to have, and ungranted are scopes its service owner was given no access to.
	plan      Plan
	ungranted []string
	shelf     *shelf
	// ahead is how far the operator's clock is ahead of everybody else's.
	ahead      time.Duration
	reconciler *Reconciler
	events     *events.FakeRecorder
	// said is all that anybody could read: events, errors and statuses.
	said []string
	// pods are those of the App, and forgiven the kids that pods may lose: revoked, or taken by hand.
	pods    []*pod
	started int
	grants  int
	// stuck is how many pods that are to end do not.
	stuck    int
	forgiven map[string]bool
	// played says that pods call under way, each time somebody looks.
	played bool
}

// planned is what the App's own controller brings: the world's plan.
type planned struct{ *world }

func (p planned) Plan(context.Context, client.Reader, *v1alpha1.App) (Plan, error) {
	return p.plan, nil
}

// skewed is the operator's clock.
type skewed struct {
	hurried
	world *world
}

func (s skewed) Now() time.Time                  { return s.hurried.Now().Add(s.world.ahead) }
func (s skewed) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

// open makes a world with an App that has nothing yet.
func (s *site) open(t testing.TB, changes ...func(*sandbox.Options)) *world {
	t.Helper()
	w := &world{t: t, site: s, clock: hurried{clocktesting.NewFakeClock(began)}, wire: newWire(), shelf: &shelf{}, forgiven: map[string]bool{}}
	options := sandbox.Demo()
	options.Clock, options.Propagation = w.clock.Now, behind
	options.Clients = []sandbox.Client{{
		ID: "operator", Organisation: sandbox.DigdirNumber, Represents: []string{sandbox.SkatteetatenNumber},
		Keys: []sandbox.Key{{JWK: operatorKey().Public()}},
		Scopes: []string{
			selfservice.ScopeClientsRead, selfservice.ScopeClientsModify, selfservice.ScopeClientsWrite,
			selfservice.ScopeClientsSupplier, selfservice.ScopeScopesWrite,
		},
	}}
	for _, change := range changes {
		change(&options)
	}
	var err error
	w.sandbox, err = sandbox.New(options)
	w.must(err)
	s.served.Store(w.sandbox)
	builder := fake.NewClientBuilder().WithScheme(testScheme).WithStatusSubresource(&v1alpha1.App{}).WithObjects(bare())
	w.must(Index(t.Context(), indexer{builder}))
	w.api = builder.Build()
	w.plan = Plan{Action: Provide, Owner: Owner{Code: "skd", Number: sandbox.SkatteetatenNumber}}
	w.start()
	return w
}

var testScheme = func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, v1alpha1.AddToScheme} { // few are fast
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}()

func operatorKey() *jose.JSONWebKey {
	return &jose.JSONWebKey{Key: stock()[0], KeyID: "the-operators-key", Algorithm: string(jose.RS256), Use: "sig"}
}

// indexer makes indexes of a client that is being built.
type indexer struct{ builder *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	i.builder.WithIndex(object, field, values)
	return nil
}

// start starts an operator: nothing is known to it but what it reads.
func (w *world) start() {
	w.t.Helper()
	w.cluster = &cluster{Client: w.api, clock: w.clock, wrote: w.check}
	w.wire.killed, w.wire.cluster, w.wire.called = false, w.cluster, w.check
	w.events = events.NewFakeRecorder(1000)
	signer, err := maskinporten.NewKeySigner(*operatorKey())
	w.must(err)
	config := &configuration.Operator{
		Maskinporten: &configuration.Maskinporten{Issuer: w.url + "/", ClientID: "operator", OrganizationNumber: sandbox.DigdirNumber},
		SelfService:  &configuration.SelfService{URL: w.url, CallsPerSecond: 10},
	}
	now := skewed{w.clock, w}
	clients, err := NewClients(config, now, signer, func(config *external.Config) {
		config.Budget = external.Budget{PerSecond: 1e6, Burst: 1e6}
		config.Breaker.Failures, config.Timeout, config.RoundTripper = 1e6, patient, w.wire
	})
	w.must(err)
	w.reconciler = &Reconciler{
		Kind: planned{w}, Cluster: w.api, Live: Live{w.api}, Client: w.cluster, Events: w.events, Clients: clients, Keys: w.shelf, Clock: now,
		Policy: Policy{Algorithm: "RS256", Bits: 2048, RotateAfter: monthly, Propagation: behind, Resync: time.Hour},
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// bare is the App, without anything.
func bare() *v1alpha1.App {
	return &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: "so-skd", UID: "0c1e", CreationTimestamp: metav1.NewTime(began)}}
}

// machine is a client for Maskinporten.
func (w *world) machine(scopes ...string) Client {
	return Client{
		Type: v1alpha1.ClientMaskinporten, Name: "skd-test-income", Marker: Marker(bare(), v1alpha1.ClientMaskinporten),
		Scopes: scopes, Issuer: w.url + "/", WellKnown: w.url + "/.well-known/oauth-authorization-server",
	}
}

// login is a client that users log in with.
func (w *world) login(scopes ...string) Client {
	return Client{
		Type: v1alpha1.ClientIDPorten, Name: "skd-test-income", Marker: Marker(bare(), v1alpha1.ClientIDPorten),
		Scopes: scopes, RedirectURIs: []string{"https://skd.example.no/skd/income/signin-oidc"}, SingleSignOn: true,
		Issuer: w.url + "/idporten", WellKnown: w.url + "/idporten/.well-known/openid-configuration",
	}
}

const (
	openScope   = "altinn:events.subscribe"
	otherScope  = "altinn:serviceowner"
	closedScope = "nav:arbeidsforhold"
)

// income is the scope the App guards its API with.
func income(consumers ...string) Scope {
	return Scope{Name: "skd:inntekt", Description: "Income", Consumers: consumers}
}
