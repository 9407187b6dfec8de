// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

func TestConsentResource(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "ConsentResource on a real API server")
}

// The one API server of this package, with the policies in force, and a client that may do everything.
var (
	server *apiserver.Server
	admin  client.Client
)

var _ = BeforeSuite(func(ctx SpecContext) {
	log.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	var err error
	server, err = apiserver.Start(ctx, apiserver.Options{Policies: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(server.Stop()).To(Succeed()) })
	admin, err = client.New(server.Config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
})

// owners counts the service owners of this run, so that each spec has its own.
var owners atomic.Int64

// newNamespace makes the namespace of a service owner that is not applied yet, and returns the code.
func newNamespace(ctx context.Context) (code string) {
	GinkgoHelper()
	code = fmt.Sprintf("owner%d", owners.Add(1))
	Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.NamespacePrefix + code}})).To(Succeed())
	return code
}

// agree applies the service owner and an agreement with it.
func agree(ctx context.Context, code string) *v1alpha1.DataProcessingAgreement {
	GinkgoHelper()
	agreement := agreementWith(GinkgoTB(), code)
	Expect(admin.Create(ctx, ownerOf(GinkgoTB(), code))).To(Succeed())
	Expect(admin.Create(ctx, agreement)).To(Succeed())
	return agreement
}

// declare applies a ConsentResource.
func declare(ctx context.Context, code, name string) *v1alpha1.ConsentResource {
	GinkgoHelper()
	consent := consentOf(GinkgoTB(), code, name)
	Expect(admin.Create(ctx, consent)).To(Succeed())
	return consent
}

// serve applies the App that the data of a service owner's consents is fetched from.
func serve(ctx context.Context, code string) *v1alpha1.App {
	GinkgoHelper()
	source := sourceOf(GinkgoTB(), code)
	Expect(admin.Create(ctx, source)).To(Succeed())
	return source
}

// registrar is an operator that has eyes for ConsentResources alone.
type registrar struct {
	// view is the operator's client.
	view   *apiserver.View
	clock  *testingclock.FakePassiveClock
	kind   *consentresource.Kind
	engine *engine.Engine[*v1alpha1.ConsentResource, consentresource.Facts]
	events *events.FakeRecorder
}

func newRegistrar() *registrar {
	GinkgoHelper()
	watch := testingclock.NewFakePassiveClock(now)
	r := &registrar{clock: watch, events: events.NewFakeRecorder(100), kind: &consentresource.Kind{Operator: newOperator(GinkgoTB()), Clock: watch}}
	var err error
	r.view, err = server.View(controllers.Options(scheme).Cache)
	Expect(err).NotTo(HaveOccurred())
	Expect(agreements.Index(context.Background(), r.view)).To(Succeed())
	Expect(consentresource.Index(context.Background(), r.view)).To(Succeed())
	r.engine = &engine.Engine[*v1alpha1.ConsentResource, consentresource.Facts]{
		Kind: r.kind, Cluster: r.view, Scheme: scheme, Parts: consentresource.Parts(),
		Applier:  &apply.Applier{Client: r.view, Live: r.view},
		Reporter: &report.Reporter{Client: r.view, Events: r.events, Clock: watch},
	}
	return r
}

// pass runs one pass over a consent, reads it anew and returns what the queue is told.
func (r *registrar) pass(ctx context.Context, consent *v1alpha1.ConsentResource) reconcile.Result {
	GinkgoHelper()
	renew(ctx, consent)
	result, err := r.engine.Reconcile(ctx, consent.DeepCopy())
	Expect(err).NotTo(HaveOccurred())
	renew(ctx, consent)
	return result
}

// newEvents returns the events since the last call, one line each.
func (r *registrar) newEvents() []string {
	var lines []string
	for {
		select {
		case line := <-r.events.Events:
			lines = append(lines, line)
		default:
			return lines
		}
	}
}

// statusOf is the one write that a pass with news makes.
func statusOf(consent *v1alpha1.ConsentResource) []string {
	return []string{"update status of ConsentResource " + consent.Name}
}

// renew reads an object anew.
func renew(ctx context.Context, object client.Object) {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
}

// edit changes an object that an operator may be writing to.
func edit[O client.Object](ctx context.Context, object O, change func(O)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		change(object)
		return admin.Update(ctx, object)
	}).WithTimeout(soon).Should(Succeed())
}

// conditions are a consent's, as type, status and reason, in the order they are shown.
func conditions(consent *v1alpha1.ConsentResource) []string {
	var lines []string
	for _, c := range consent.Status.Conditions {
		lines = append(lines, fmt.Sprintf("%s %s %s", c.Type, c.Status, c.Reason))
	}
	return lines
}

// health is what kubectl, Flux and Helm make of an object.
func health(subject *v1alpha1.ConsentResource) status.Status {
	GinkgoHelper()
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(subject)
	Expect(err).NotTo(HaveOccurred())
	result, err := status.Compute(&unstructured.Unstructured{Object: fields})
	Expect(err).NotTo(HaveOccurred())
	return result.Status
}

// soon is how long a running operator may take to act.
const soon = 20 * time.Second
