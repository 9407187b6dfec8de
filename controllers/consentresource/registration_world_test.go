// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// hurried is a clock on which waiting takes no time: whoever waits moves it.
type hurried struct{ *testingclock.FakeClock }

func (h hurried) NewTimer(wait time.Duration) clock.Timer {
	timer := h.FakeClock.NewTimer(wait)
	h.Step(wait)
	return timer
}

// operatorKey is the operator's key at Maskinporten, made once: it takes a while.
var operatorKey = sync.OnceValue(func() *jose.JSONWebKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return &jose.JSONWebKey{Key: private, KeyID: "the-operators-key", Algorithm: string(jose.RS256), Use: "sig"}
})

// home is a service owner with a namespace, an agreement in force and the App that consents name.
type home struct {
	code, keyFile string
	agreement     *v1alpha1.DataProcessingAgreement
	// api is a client that may do everything, and view makes what an operator sees.
	api  client.Client
	view func() client.Client
	// consent and config are the sample and the configuration, read once.
	consent *v1alpha1.ConsentResource
	config  *configuration.Operator
}

func newHome(ctx context.Context) *home {
	GinkgoHelper()
	h := prepare(newNamespace(ctx))
	h.api, h.agreement = admin, agree(ctx, h.code)
	Expect(admin.Create(ctx, h.source())).To(Succeed())
	h.view = func() client.Client {
		view, err := server.View(controllers.Options(scheme).Cache)
		Expect(err).NotTo(HaveOccurred())
		index(view)
		return view
	}
	return h
}

// newQuickHome is one without an API server, for tables of hundreds of cases.
func newQuickHome() *home {
	GinkgoHelper()
	h := prepare("quick")
	h.agreement = agreementWith(GinkgoTB(), h.code)
	// A plain tracker: that of the fake client keeps books for server-side apply, which nobody here uses.
	builder := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(h.consent).
		WithObjectTracker(clienttesting.NewObjectTracker(scheme, serializer.NewCodecFactory(scheme).UniversalDecoder())).
		WithObjects(ownerOf(GinkgoTB(), h.code), h.agreement, h.source())
	index(indexer{builder})
	h.api = builder.Build()
	h.view = func() client.Client { return h.api }
	return h
}

// prepare reads what a home needs.
func prepare(code string) *home {
	GinkgoHelper()
	h := &home{code: code, keyFile: filepath.Join(GinkgoT().TempDir(), "operator.jwk")}
	h.consent, h.config = consentOf(GinkgoTB(), h.code, "income"), newOperator(GinkgoTB())
	key, err := operatorKey().MarshalJSON()
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(h.keyFile, key, 0o600)).To(Succeed())
	return h
}

// source is the App that consents name.
func (h *home) source() *v1alpha1.App {
	GinkgoHelper()
	source := sample[v1alpha1.App](GinkgoTB(), "app-income.yaml")
	source.Namespace = v1alpha1.NamespacePrefix + h.code
	return source
}

func index(by client.FieldIndexer) {
	GinkgoHelper()
	Expect(agreements.Index(context.Background(), by)).To(Succeed())
	Expect(consentresource.Index(context.Background(), by)).To(Succeed())
}

// indexer makes indexes of a client that is being built.
type indexer struct{ builder *fake.ClientBuilder }

// IndexField implements client.FieldIndexer.
func (i indexer) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	i.builder.WithIndex(object, field, values)
	return nil
}

// world is a sandbox of what is outside the cluster, and an operator that registers consents in it.
type world struct {
	*home
	clock   hurried
	sandbox *sandbox.Server
	wire    *wire
	// cluster is the operator's client of the cluster.
	cluster  *cluster
	operator *configuration.Operator
	// engine is the consents' own controller, and registrar that of their registrations.
	engine    *engine.Engine[*v1alpha1.ConsentResource, consentresource.Facts]
	registrar *registration.Reconciler[*v1alpha1.ConsentResource]
	events    *events.FakeRecorder
	// said is all that anybody could read: events, errors and statuses.
	said []string
}

// open makes a world in which the operator's client may act for the service owner.
func (h *home) open(changes ...func(*sandbox.Options)) *world {
	GinkgoHelper()
	w := &world{home: h, clock: hurried{testingclock.NewFakeClock(now)}, wire: newWire()}
	options := sandbox.Demo()
	options.Clock = w.clock.Now
	options.Organisations[0].Aliases = []string{h.code}
	options.Organisations = append(options.Organisations, sandbox.Companies(250)...)
	options.Clients = []sandbox.Client{{
		ID: "operator", Organisation: sandbox.DigdirNumber, Keys: []sandbox.Key{{JWK: operatorKey().Public()}},
		Scopes: []string{
			"altinn:resourceregistry/resource.write", "altinn:resourceregistry/accesslist.read", "altinn:resourceregistry/accesslist.write",
		},
		Represents: []string{sandbox.SkatteetatenNumber},
	}}
	for _, change := range changes {
		change(&options)
	}
	var err error
	w.sandbox, err = sandbox.New(options)
	Expect(err).NotTo(HaveOccurred())
	web := httptest.NewServer(w.sandbox)
	DeferCleanup(web.Close)
	config, outside := *h.config, *h.config.Registry
	w.operator, config.Registry, outside.URL = &config, &outside, web.URL
	w.operator.Maskinporten = &configuration.Maskinporten{
		Issuer: web.URL + "/", ClientID: "operator", OrganizationNumber: sandbox.DigdirNumber, KeyFile: h.keyFile,
	}
	w.wire.close = web.Close
	w.start()
	return w
}

// close ends a world before its spec does.
func (w *world) close() {
	w.wire.transport.CloseIdleConnections()
	w.wire.close()
}

// start starts an operator: nothing is known to it but what it reads.
func (w *world) start() {
	GinkgoHelper()
	view := w.view()
	w.cluster = &cluster{Client: view}
	w.wire.killed, w.wire.cluster = false, w.cluster
	w.events = events.NewFakeRecorder(1000)
	kind := &consentresource.Kind{Operator: w.operator, Clock: w.clock}
	w.engine = &engine.Engine[*v1alpha1.ConsentResource, consentresource.Facts]{
		Kind: kind, Cluster: view, Scheme: scheme, Parts: consentresource.Parts(),
		Applier:  &apply.Applier{Client: w.cluster, Live: view},
		Reporter: &report.Reporter{Client: w.cluster, Events: w.events, Clock: w.clock},
	}
	clients, err := registration.NewClients(w.operator, w.clock, maskinporten.NewFileSigner(w.operator.Maskinporten.KeyFile), func(config *external.Config) {
		config.Budget = external.Budget{PerSecond: 1e6, Burst: 1e6}
		config.Breaker.Failures = 1e6
		config.Timeout = patient
		config.RoundTripper = w.wire
	})
	Expect(err).NotTo(HaveOccurred())
	w.registrar = &registration.Reconciler[*v1alpha1.ConsentResource]{
		Kind: consentresource.Registration{Kind: kind}, Parts: consentresource.RegistrationParts(), Cluster: view, Client: w.cluster,
		Events: w.events, Clients: clients, Clock: w.clock, Resync: w.operator.Registry.Resync.Duration,
	}
}

// patient is longer than any answer takes, also on a machine with much else to do.
const patient = 30 * time.Second

// newEvents returns the events since the last call, one line each.
func (w *world) newEvents() []string {
	var lines []string
	for {
		select {
		case line := <-w.events.Events:
			lines = append(lines, line)
		default:
			w.said = append(w.said, lines...)
			return lines
		}
	}
}

// numbers are those of companies nobody else uses.
func numbers(count int) []v1alpha1.OrganizationNumber {
	var read []v1alpha1.OrganizationNumber
	for _, company := range sandbox.Companies(count) {
		read = append(read, v1alpha1.OrganizationNumber(company.Number))
	}
	slices.Sort(read)
	return read
}

// gone says whether an object is no more, and else reads it anew.
func (h *home) gone(ctx context.Context, object client.Object) bool {
	GinkgoHelper()
	err := h.api.Get(ctx, client.ObjectKeyFromObject(object), object)
	Expect(client.IgnoreNotFound(err)).To(Succeed())
	return err != nil
}
