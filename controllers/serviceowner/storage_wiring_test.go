// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/placement"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/controllers/internal/written"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// startKeeper runs the controller of ServiceOwners with a provider of storage until the end of the spec or
// container.
func startKeeper(provider storage.Provider) {
	GinkgoHelper()
	options := controllers.Options(scheme)
	options.Client.Cache = &client.CacheOptions{Unstructured: true} // kinds without a Go type are read from the cache too
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.Controller.SkipNameValidation = ptr.To(true)
	mgr, err := ctrl.NewManager(server.Config, options)
	Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(context.Background())
	Expect(agreements.Index(ctx, mgr.GetFieldIndexer())).To(Succeed())
	Expect(placement.Index(ctx, mgr.GetFieldIndexer())).To(Succeed())
	writer := written.New(mgr.GetClient(), clock.RealClock{})
	applier := &apply.Applier{Client: writer, Live: mgr.GetAPIReader()}
	kind := &serviceowner.Kind{Baseline: newBaseline(GinkgoTB(), ""), Operator: newOperator(GinkgoTB()), Clock: clock.RealClock{}, Storage: storage.New(provider, "Shelf", mgr)}
	reconciler := &engine.Engine[*v1alpha1.ServiceOwner, serviceowner.Facts]{
		Kind: kind, Cluster: mgr.GetClient(), Applier: applier, Scheme: scheme,
		Reporter: &report.Reporter{Client: writer, Events: mgr.GetEventRecorder(v1alpha1.ManagedBy), Clock: clock.RealClock{}},
		Parts:    serviceowner.Parts(kind.Storage), Retains: serviceowner.Retains,
		Farewell: serviceowner.Receipts{Kind: kind, Cluster: mgr.GetClient(), Applier: applier},
	}
	Expect(serviceowner.Setup(mgr, reconciler, 2)).To(Succeed())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	DeferCleanup(func() {
		cancel()
		Eventually(ended).WithTimeout(soon).Should(Receive(BeNil()), "the operator did not end")
	})
}

// eventuallyStored waits until the ServiceOwner's StorageReady says something.
func (s *steward) eventuallyStored(ctx context.Context, want string) {
	GinkgoHelper()
	Eventually(func() string { return stored(s.owner(ctx)) }).WithTimeout(soon).Should(Equal(want))
}

// eventuallyMade waits until an object is there, and reads it.
func eventuallyMade(ctx context.Context, obj *unstructured.Unstructured) {
	GinkgoHelper()
	Eventually(func() error { return admin.Get(ctx, client.ObjectKeyFromObject(obj), obj) }).WithTimeout(soon).Should(Succeed())
}

// expiring are the Containers that an Account deletes old data in.
func (s *steward) expiring(ctx context.Context) func() []any {
	return func() []any {
		names, _, _ := unstructured.NestedSlice(s.account(ctx).Object, "spec", "expires")
		return names
	}
}

var _ = Describe("A running operator that keeps data", Ordered, func() {
	BeforeAll(func() { startKeeper(shelf{shelfGroup}) })

	It("follows what the provider says, within seconds", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		eventuallyMade(ctx, account(s.namespace))
		s.eventuallyStored(ctx, "False Progressing")
		s.tellOfAccount(ctx, "ready", "yes", "location", "norwayeast")
		s.eventuallyStored(ctx, "True Ready")
		s.eventually(ctx, "True Ready")

		s.tellOfAccount(ctx, "location", "swedencentral")
		s.eventually(ctx, "False RegionDrift")
		s.tellOfAccount(ctx, "location", "norwayeast")
		s.eventually(ctx, "True Ready")

		Expect(admin.Delete(ctx, s.account(ctx))).To(Succeed())
		s.eventuallyStored(ctx, "False Progressing")
		eventuallyMade(ctx, account(s.namespace))
	})

	It("follows the containers of Apps", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		eventuallyMade(ctx, account(s.namespace))
		s.tellOfAccount(ctx, "ready", "yes", "location", "norwayeast")
		s.eventually(ctx, "True Ready")
		letters := s.hold(ctx, "letters")
		Eventually(s.expiring(ctx)).WithTimeout(soon).Should(HaveExactElements("letters"))
		Eventually(func() []v1alpha1.KeptContainer { return s.owner(ctx).Status.Storage.Containers }).WithTimeout(soon).Should(HaveLen(1))
		Expect(admin.Delete(ctx, letters)).To(Succeed())
		Eventually(s.expiring(ctx)).WithTimeout(soon).Should(BeEmpty())
	})

	It("leaves a receipt when a ServiceOwner goes", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, deleteAll)
		eventuallyMade(ctx, account(s.namespace))
		s.tellOfAccount(ctx, "ready", "yes", "location", "norwayeast")
		s.eventually(ctx, "True Ready")
		Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		s.eventually(ctx, "False Deleting")
		Expect(s.receiptConfigs(ctx)).To(HaveLen(1))
		finish(ctx, s.namespace)
		Eventually(func() bool { return s.gone(ctx) }).WithTimeout(soon).Should(BeTrue())
		s.expectReceipt(ctx, "deleted")
	})
})

var _ = Describe("A running operator whose cluster does not know what data is kept in", func() {
	It("says so, and takes it up when it appears", func(ctx SpecContext) {
		startKeeper(shelf{lateGroup})
		s := newSteward()
		s.declare(ctx)
		s.eventually(ctx, "False ProviderMissing")
		Expect(s.owner(ctx).Status.Problems).To(ContainElement(HaveField("Message",
			"The cluster does not know accounts.late.example.no, containers.late.example.no, which storage of provider Shelf is declared in")))
		Eventually(func() string { return conditionOf(s.owner(ctx), v1alpha1.ConditionNamespaceReady) }).WithTimeout(soon).Should(Equal("True Ready"))

		Expect(server.Install("testdata/late")).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(server.Uninstall(ctx, "testdata/late")).To(Succeed()) })
		late := shelf{lateGroup}.object("Account", s.namespace, "data")
		eventuallyMade(ctx, late)
		s.eventuallyStored(ctx, "False Progressing")
		tellOf(ctx, late, "ready", "yes", "location", "norwayeast")
		s.eventually(ctx, "True Ready")
	})
})
