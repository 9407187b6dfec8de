// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
)

// counted is a consent's kind that counts its passes, by namespace and name.
type counted struct {
	*consentresource.Kind
	mu     sync.Mutex
	passes map[string]int
}

func (c *counted) Gather(ctx context.Context, cluster client.Reader, consent *v1alpha1.ConsentResource) (consentresource.Facts, error) {
	c.mu.Lock()
	c.passes[client.ObjectKeyFromObject(consent).String()]++
	c.mu.Unlock()
	return c.Kind.Gather(ctx, cluster, consent)
}

// of is how many passes a consent has had.
func (c *counted) of(consent *v1alpha1.ConsentResource) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.passes[client.ObjectKeyFromObject(consent).String()]
}

// start runs a manager until the end of the spec or container.
func start(setup func(context.Context, manager.Manager)) {
	GinkgoHelper()
	options := controllers.Options(scheme)
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.Controller.SkipNameValidation = ptr.To(true) // this process may run one operator after the other
	mgr, err := ctrl.NewManager(server.Config, options)
	Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(context.Background())
	setup(ctx, mgr)
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	DeferCleanup(func() {
		cancel()
		Eventually(ended).WithTimeout(soon).Should(Receive(BeNil()), "the operator did not end")
	})
}

// startCounted runs the consents' controller alone, counting.
func startCounted() *counted {
	GinkgoHelper()
	kind := &counted{Kind: &consentresource.Kind{Operator: newOperator(GinkgoTB()), Clock: clock.RealClock{}}, passes: map[string]int{}}
	start(func(ctx context.Context, mgr manager.Manager) {
		Expect(agreements.Index(ctx, mgr.GetFieldIndexer())).To(Succeed())
		Expect(consentresource.Setup(mgr, &engine.Engine[*v1alpha1.ConsentResource, consentresource.Facts]{
			Kind: kind, Cluster: mgr.GetClient(), Scheme: scheme, Parts: consentresource.Parts(),
			Applier:  &apply.Applier{Client: mgr.GetClient(), Live: mgr.GetAPIReader()},
			Reporter: &report.Reporter{Client: mgr.GetClient(), Events: &events.FakeRecorder{}, Clock: clock.RealClock{}},
		}, 10)).To(Succeed())
	})
	return kind
}

// eventually waits until Ready, which stands last, says something.
func eventually(ctx context.Context, consent *v1alpha1.ConsentResource, want string) {
	GinkgoHelper()
	Eventually(func() string {
		renew(ctx, consent)
		lines := conditions(consent)
		if len(lines) == 0 {
			return ""
		}
		return strings.TrimPrefix(lines[len(lines)-1], "Ready ")
	}).WithTimeout(soon).Should(Equal(want))
}

// settle applies the service owner of some consents and an agreement with it, one after the other, so
// that each has woken them when it returns.
func settle(ctx context.Context, code string, consents ...*v1alpha1.ConsentResource) *v1alpha1.DataProcessingAgreement {
	GinkgoHelper()
	all := func(want string) {
		for _, consent := range consents {
			eventually(ctx, consent, want)
		}
	}
	all("False ServiceOwnerMissing")
	Expect(admin.Create(ctx, ownerOf(GinkgoTB(), code))).To(Succeed())
	all("False AgreementMissing")
	agreement := agreementWith(GinkgoTB(), code)
	Expect(admin.Create(ctx, agreement)).To(Succeed())
	all("Unknown NotImplemented")
	return agreement
}

// suspend suspends an agreement.
func suspend(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementSuspended }

var _ = Describe("The running controller of consents", Ordered, func() {
	var kind *counted
	BeforeAll(func() { kind = startCounted() })

	It("wakes all consents of the owner whose agreement is edited, and nobody else's", func(ctx SpecContext) {
		ours, theirs := newNamespace(ctx), newNamespace(ctx)
		first, second, other := declare(ctx, ours, "first"), declare(ctx, ours, "second"), declare(ctx, theirs, "first")
		agreement, another := settle(ctx, ours, first, second), settle(ctx, theirs, other)
		before := kind.of(other)
		edit(ctx, agreement, suspend)
		eventually(ctx, first, "False AgreementSuspended")
		eventually(ctx, second, "False AgreementSuspended")

		// Their own edit comes after ours: what ours was to wake has been woken before.
		edit(ctx, another, suspend)
		eventually(ctx, other, "False AgreementSuspended")
		Expect(kind.of(other)).To(Equal(before + 1))
	})

	It("sleeps through what is found of an agreement", func(ctx SpecContext) {
		code := newNamespace(ctx)
		consent := declare(ctx, code, "income")
		agreement := settle(ctx, code, consent)
		before := kind.of(consent)
		agreement.Status.Covered.Apps.Count = 7
		Expect(admin.Status().Update(ctx, agreement)).To(Succeed())
		edit(ctx, agreement, suspend)
		eventually(ctx, consent, "False AgreementSuspended")
		Expect(kind.of(consent)).To(Equal(before + 1))
	})
})

var _ = Describe("A running operator", Ordered, func() {
	BeforeAll(func() {
		start(func(ctx context.Context, mgr manager.Manager) {
			Expect(controllers.Setup(ctx, mgr, newOperator(GinkgoTB()))).To(Succeed())
		})
	})

	It("takes a consent from its missing owner to its agreement, and through what becomes of that", func(ctx SpecContext) {
		code := newNamespace(ctx)
		consent := declare(ctx, code, "income")
		agreement := settle(ctx, code, consent)
		edit(ctx, agreement, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementStopped })
		eventually(ctx, consent, "False AgreementStopped")
		Eventually(func() error { return admin.Delete(ctx, agreement) }).WithTimeout(soon).Should(Succeed(), "until its status says that nothing runs under it")
		eventually(ctx, consent, "False AgreementMissing")
	})
})
