// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
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

// errKilled is what a killed operator would have been told, had it lived.
var errKilled = errors.New("the operator is gone")

// desk is a sandbox of what is outside the cluster, and where a tenant's Apps are registered in it. It is the
// round tripper of its own calls.
type desk struct {
	*tenant
	clock     hurried
	sandbox   *sandbox.Server
	registrar *registration.Reconciler[*v1alpha1.App]

	transport http.Transport
	mu        sync.Mutex
	calls     []string
	// killed is the number of the call, from 1 on, at which the operator dies, and landed whether that one is made.
	killed int
	landed bool
	// fault is what befalls that call instead of the operator's death; nil for that.
	fault *sandbox.Fault
}

// openDesk makes a world in which the operator's client may act for the tenants, which are aliases of Skatteetaten
// but for the last, which is one of NAV.
func openDesk(tenants ...*tenant) []*desk {
	GinkgoHelper()
	options, moved := sandbox.Demo(), hurried{testingclock.NewFakeClock(born.Time)}
	options.Clock = moved.Now
	for n, t := range tenants {
		if n == 0 {
			options.Organisations[0].Aliases = append(options.Organisations[0].Aliases, t.code)
		} else {
			options.Organisations[2].Aliases = append(options.Organisations[2].Aliases, t.code)
		}
	}
	options.Clients = []sandbox.Client{{
		ID: "operator", Organisation: sandbox.DigdirNumber, Keys: []sandbox.Key{{JWK: operatorKey().Public()}},
		Scopes:     []string{registry.ScopeResourceWrite, registry.ScopeAccessListRead, registry.ScopeAccessListWrite},
		Represents: []string{sandbox.SkatteetatenNumber, sandbox.NAVNumber},
	}}
	outside, err := sandbox.New(options)
	Expect(err).NotTo(HaveOccurred())
	web := httptest.NewServer(outside)
	DeferCleanup(web.Close)
	keyFile := filepath.Join(GinkgoT().TempDir(), "operator.jwk")
	key, err := operatorKey().MarshalJSON()
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(keyFile, key, 0o600)).To(Succeed())
	var desks []*desk
	for _, t := range tenants {
		t.operator.Registry = &configuration.Registry{URL: web.URL, CallsPerSecond: 20}
		t.operator.Registry.Resync.Duration = time.Hour
		t.operator.Maskinporten = &configuration.Maskinporten{
			Issuer: web.URL + "/", ClientID: "operator", OrganizationNumber: sandbox.DigdirNumber, KeyFile: keyFile,
		}
		d := &desk{tenant: t, clock: moved, sandbox: outside}
		d.start()
		desks = append(desks, d)
	}
	return desks
}

// start starts an operator that knows nothing yet.
func (d *desk) start() {
	GinkgoHelper()
	kind, ok := d.engine.Kind.(*app.Kind)
	Expect(ok).To(BeTrue())
	kind.Clock, d.engine.Reporter.Clock, d.killed, d.fault = d.clock, d.clock, 0, nil
	clients, err := registration.NewClients(d.operator, d.clock, maskinporten.NewFileSigner(d.operator.Maskinporten.KeyFile), func(config *external.Config) {
		config.Budget = external.Budget{PerSecond: 1e6, Burst: 1e6}
		config.Breaker.Failures = 1e6
		config.Timeout = 30 * time.Second
		config.RoundTripper = d
	})
	Expect(err).NotTo(HaveOccurred())
	d.registrar = &registration.Reconciler[*v1alpha1.App]{
		Kind: app.Registration{Kind: kind}, Parts: app.RegistrationParts(), Cluster: d.view, Client: d.view,
		Events: d.events, Clients: clients, Clock: d.clock, Resync: time.Hour,
	}
}

// RoundTrip implements http.RoundTripper.
func (d *desk) RoundTrip(request *http.Request) (*http.Response, error) {
	d.mu.Lock()
	d.calls = append(d.calls, request.Method+" "+request.URL.Path)
	made, killed := len(d.calls), d.killed
	d.mu.Unlock()
	if killed == 0 || made < killed || made > killed && d.fault != nil {
		return d.transport.RoundTrip(request)
	}
	if d.fault != nil {
		fault := *d.fault
		fault.Method, fault.Path, fault.Count = request.Method, "^"+regexp.QuoteMeta(request.URL.Path)+"$", 1
		if request.Method == http.MethodGet {
			fault.Count = 3 // a read is tried again within a pass
		}
		if err := d.sandbox.SetFaults(fault); err != nil {
			return nil, err
		}
		return d.transport.RoundTrip(request)
	}
	if made == killed && d.landed {
		if response, err := d.transport.RoundTrip(request); err == nil {
			_ = response.Body.Close() // nobody hears it
		}
	}
	return nil, errKilled
}

// wrote are the calls since the last time that were to change something.
func (d *desk) wrote() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var written []string
	for _, call := range d.calls {
		if method, path, _ := strings.Cut(call, " "); method != http.MethodGet && path != "/token" {
			written = append(written, call)
		}
	}
	d.calls = nil
	return written
}

// register runs one pass over an App's registration, and then one of the Apps' own controller.
func (d *desk) register(ctx context.Context, name string) error {
	GinkgoHelper()
	request := reconcile.Request{NamespacedName: client.ObjectKey{Namespace: d.namespace, Name: name}}
	if _, err := d.registrar.AsReconciler().Reconcile(ctx, request); err != nil {
		return err
	}
	_, err := d.engine.AsReconciler().Reconcile(ctx, request)
	return err
}

// registered is what the registry holds of an App; nil when it holds nothing.
func (d *desk) registered(name string) *registry.ServiceResource {
	GinkgoHelper()
	answer := httptest.NewRecorder()
	d.sandbox.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/resourceregistry/api/v1/resource/"+d.id(name), nil))
	if answer.Code == http.StatusNotFound {
		return nil
	}
	var read registry.ServiceResource
	Expect(json.Unmarshal(answer.Body.Bytes(), &read)).To(Succeed())
	return &read
}

func (d *desk) id(name string) string { return fmt.Sprintf("app_%s_%s", d.code, name) }

// policy is what is uploaded of an App's policy.
func (d *desk) policy(name string) string {
	answer := httptest.NewRecorder()
	d.sandbox.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/resourceregistry/api/v1/resource/"+d.id(name)+"/policy", nil))
	return answer.Body.String()
}

// isGone says whether an App is no more.
func (d *desk) isGone(ctx context.Context, name string) bool {
	GinkgoHelper()
	err := d.api.Get(ctx, client.ObjectKey{Namespace: d.namespace, Name: name}, &v1alpha1.App{})
	Expect(client.IgnoreNotFound(err)).To(Succeed())
	return err != nil
}

// taken makes what is registered of an App another owner's, as only the registry's own people could.
func (d *desk) taken(name string) {
	GinkgoHelper()
	body := fmt.Sprintf(`{"hasCompetentAuthority": {"organization": %q, "orgcode": "nav", "name": {"nb": "NAV"}}}`, sandbox.NAVNumber)
	answer := httptest.NewRecorder()
	d.sandbox.ServeHTTP(answer, httptest.NewRequest(http.MethodPatch, "/sandbox/resources/"+d.id(name), strings.NewReader(body)))
	Expect(answer.Code).To(Equal(http.StatusOK))
}
