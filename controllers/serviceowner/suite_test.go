// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/placement"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

func TestServiceOwner(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "ServiceOwner on a real API server")
}

// The one API server of this package, and a client that may do everything and sees everything.
var (
	server *apiserver.Server
	admin  client.Client
)

var _ = BeforeSuite(func(ctx SpecContext) {
	log.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	var err error
	server, err = apiserver.Start(ctx, apiserver.Options{CRDs: []string{"testdata/shelf"}})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(server.Stop()).To(Succeed()) })
	admin, err = client.New(server.Config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: receipts}})).To(Succeed())
})

// receipts is the namespace of receipts, by the configuration the operator is deployed with.
const receipts = "serviceowner-system"

// owners counts the service owners of this run, so that each spec has its own.
var owners atomic.Int64

// steward is an operator that has eyes for ServiceOwners alone, and one of them in its care.
type steward struct {
	code, namespace string
	// view is the operator's client, live its way past the cache.
	view, live *apiserver.View
	clock      *testingclock.FakePassiveClock
	kind       *serviceowner.Kind
	engine     *engine.Engine[*v1alpha1.ServiceOwner, serviceowner.Facts]
	events     *events.FakeRecorder
}

// newSteward makes an operator whose ServiceOwner is still to come.
func newSteward() *steward {
	GinkgoHelper()
	code := fmt.Sprintf("owner%d", owners.Add(1))
	return stewardOf(code, testingclock.NewFakePassiveClock(now))
}

// stewardOf makes an operator that remembers nothing.
func stewardOf(code string, watch *testingclock.FakePassiveClock) *steward {
	GinkgoHelper()
	s := &steward{code: code, namespace: v1alpha1.NamespacePrefix + code, clock: watch, events: events.NewFakeRecorder(1000)}
	var err error
	s.view, err = server.View(controllers.Options(scheme).Cache)
	Expect(err).NotTo(HaveOccurred())
	Expect(agreements.Index(context.Background(), s.view)).To(Succeed())
	Expect(placement.Index(context.Background(), s.view)).To(Succeed())
	s.live, err = server.View(ctrl.Options{Scheme: scheme}.Cache)
	Expect(err).NotTo(HaveOccurred())
	s.kind = newKind(GinkgoTB(), watch)
	s.engine = &engine.Engine[*v1alpha1.ServiceOwner, serviceowner.Facts]{
		Kind: s.kind, Cluster: s.view, Scheme: scheme, Parts: serviceowner.Parts(nil), Retains: serviceowner.Retains, Spares: s.kind.Spares,
		Applier:  &apply.Applier{Client: s.view, Live: s.live},
		Reporter: &report.Reporter{Client: s.view, Events: s.events, Clock: watch},
	}
	s.farewellThrough(s.view)
	return s
}

// farewellThrough leaves receipts by what a reader shows.
func (s *steward) farewellThrough(cluster client.Reader) {
	s.engine.Farewell = serviceowner.Receipts{Kind: s.kind, Cluster: cluster, Applier: s.engine.Applier}
}

// keepsData gives the operator a shelf to keep data on, of which kinds are not known.
func (s *steward) keepsData(unknown ...string) *steward {
	s.kind.Storage = shelved(unknown...)
	s.engine.Parts = serviceowner.Parts(s.kind.Storage)
	return s
}

// declare makes the ServiceOwner, the sample, changed, and an agreement with it.
func (s *steward) declare(ctx context.Context, changes ...func(*v1alpha1.ServiceOwner)) *v1alpha1.ServiceOwner {
	GinkgoHelper()
	s.agree(ctx)
	return s.declareAlone(ctx, changes...)
}

// agree makes an agreement with the ServiceOwner, unless there is one.
func (s *steward) agree(ctx context.Context, changes ...func(*v1alpha1.DataProcessingAgreement)) *v1alpha1.DataProcessingAgreement {
	GinkgoHelper()
	agreement := agreementWith(GinkgoTB(), s.code)
	for _, change := range changes {
		change(agreement)
	}
	err := admin.Create(ctx, agreement)
	if apierrors.IsAlreadyExists(err) {
		return agreement
	}
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(admin.Delete(ctx, agreement))).To(Succeed()) })
	return agreement
}

// declareAlone makes the ServiceOwner: the sample, changed.
func (s *steward) declareAlone(ctx context.Context, changes ...func(*v1alpha1.ServiceOwner)) *v1alpha1.ServiceOwner {
	GinkgoHelper()
	sample, err := sampleOwner()
	Expect(err).NotTo(HaveOccurred())
	owner := sample.DeepCopy()
	owner.Name = s.code
	owner.Spec.GitOps = nil // specs of it say so: this server knows Flux for them only
	for _, change := range changes {
		change(owner)
	}
	Expect(admin.Create(ctx, owner)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { forget(ctx, owner) })
	return owner
}

// forget removes a ServiceOwner past its finalizer.
func forget(ctx context.Context, owner *v1alpha1.ServiceOwner) {
	GinkgoHelper()
	Eventually(func() error {
		err := admin.Get(ctx, client.ObjectKeyFromObject(owner), owner)
		if apierrors.IsNotFound(err) {
			return nil
		}
		Expect(err).NotTo(HaveOccurred())
		if controllerutil.RemoveFinalizer(owner, v1alpha1.FinalizerInventory) {
			if err := admin.Update(ctx, owner); err != nil {
				return client.IgnoreNotFound(err)
			}
		}
		return client.IgnoreNotFound(admin.Delete(ctx, owner))
	}).WithTimeout(soon).Should(Succeed())
}

// change edits the ServiceOwner as the platform team would.
func (s *steward) change(ctx context.Context, edit func(*v1alpha1.ServiceOwner)) {
	GinkgoHelper()
	owner := s.owner(ctx)
	edit(owner)
	Expect(admin.Update(ctx, owner)).To(Succeed())
}

// owner reads the ServiceOwner.
func (s *steward) owner(ctx context.Context) *v1alpha1.ServiceOwner {
	GinkgoHelper()
	return get(ctx, "", s.code, &v1alpha1.ServiceOwner{})
}

// try runs one pass and returns what the queue is told.
func (s *steward) try(ctx context.Context) (reconcile.Result, error) {
	GinkgoHelper()
	return s.engine.Reconcile(ctx, s.owner(ctx))
}

// pass runs one pass that must go through.
func (s *steward) pass(ctx context.Context) reconcile.Result {
	GinkgoHelper()
	result, err := s.try(ctx)
	Expect(err).NotTo(HaveOccurred())
	return result
}

// reconcile runs one pass that must go through, and returns the ServiceOwner after it.
func (s *steward) reconcile(ctx context.Context) *v1alpha1.ServiceOwner {
	GinkgoHelper()
	s.pass(ctx)
	return s.owner(ctx)
}

// newEvents returns the events since the last call, one line each.
func (s *steward) newEvents() []string {
	var lines []string
	for {
		select {
		case line := <-s.events.Events:
			lines = append(lines, line)
		default:
			return lines
		}
	}
}

// get reads an object.
func get[O client.Object](ctx context.Context, namespace, name string, into O) O {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, into)).To(Succeed())
	return into
}

// absent says whether an object does not exist.
func absent(ctx context.Context, object client.Object) bool {
	GinkgoHelper()
	err := admin.Get(ctx, client.ObjectKeyFromObject(object), object)
	if !apierrors.IsNotFound(err) {
		Expect(err).NotTo(HaveOccurred())
	}
	return err != nil
}

// ready is a ServiceOwner's condition Ready as status and reason.
func ready(owner *v1alpha1.ServiceOwner) string { return conditionOf(owner, v1alpha1.ConditionReady) }

// conditionOf is a condition as status and reason; empty when it is not there.
func conditionOf(owner *v1alpha1.ServiceOwner, kind string) string {
	condition := meta.FindStatusCondition(owner.Status.Conditions, kind)
	if condition == nil {
		return ""
	}
	return string(condition.Status) + " " + condition.Reason
}

// namespaceOf is the namespace of a steward's ServiceOwner, unread.
func (s *steward) namespaceObject() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
}

// finish ends the deletion of a namespace, which no controller does here.
func finish(ctx context.Context, name string) {
	GinkgoHelper()
	namespace := get(ctx, "", name, &corev1.Namespace{})
	Expect(namespace.DeletionTimestamp).NotTo(BeNil())
	namespace.Spec.Finalizers = nil
	Expect(admin.SubResource("finalize").Update(ctx, namespace)).To(Succeed())
	Expect(absent(ctx, namespace)).To(BeTrue())
}

// soon is how long a running operator may take to act.
const soon = 20 * time.Second
