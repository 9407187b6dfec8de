// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
		Expect(consentresource.Index(ctx, mgr.GetFieldIndexer())).To(Succeed())
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
// that each has woken them when it returns and they have come to what they can.
func settle(ctx context.Context, code, covered string, consents ...*v1alpha1.ConsentResource) *v1alpha1.DataProcessingAgreement {
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
	all(covered)
	return agreement
}

// underWay is what Ready says of a consent that is covered, where nobody registers it.
const underWay = "False Progressing"

// suspend suspends an agreement.
func suspend(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementSuspended }

var _ = Describe("The running controller of consents", Ordered, func() {
	var kind *counted
	BeforeAll(func() { kind = startCounted() })

	It("wakes all consents of the owner whose agreement is edited, and nobody else's", func(ctx SpecContext) {
		ours, theirs := newNamespace(ctx), newNamespace(ctx)
		serve(ctx, ours)
		serve(ctx, theirs)
		first, second, other := declare(ctx, ours, "first"), declare(ctx, ours, "second"), declare(ctx, theirs, "first")
		agreement, another := settle(ctx, ours, underWay, first, second), settle(ctx, theirs, underWay, other)
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
		serve(ctx, code)
		consent := declare(ctx, code, "income")
		agreement := settle(ctx, code, underWay, consent)
		before := kind.of(consent)
		agreement.Status.Covered.Apps.Count = 7
		Expect(admin.Status().Update(ctx, agreement)).To(Succeed())
		edit(ctx, agreement, suspend)
		eventually(ctx, consent, "False AgreementSuspended")
		Expect(kind.of(consent)).To(Equal(before + 1))
	})

	It("wakes a consent by the App that has its data, and by nobody else's", func(ctx SpecContext) {
		code := newNamespace(ctx)
		consent := declare(ctx, code, "income")
		settle(ctx, code, "False ScopeNotExposed", consent)
		before := kind.of(consent)
		another := sourceOf(GinkgoTB(), code)
		another.Name = "another"
		Expect(admin.Create(ctx, another)).To(Succeed())
		source := serve(ctx, code)
		eventually(ctx, consent, underWay)
		edit(ctx, source, func(a *v1alpha1.App) { a.Spec.Integrations[0].Exposes[0].Name = "gjeld" })
		eventually(ctx, consent, "False ScopeNotExposed")
		Expect(kind.of(consent)).To(Equal(before + 2))
	})

	It("wakes a consent by what is newly on record of its registration", func(ctx SpecContext) {
		code := newNamespace(ctx)
		serve(ctx, code)
		consent := declare(ctx, code, "income")
		settle(ctx, code, underWay, consent)
		Eventually(func() error {
			renew(ctx, consent)
			consent.Status.Registration = &v1alpha1.Registration{
				Identifier: code + "-income", State: v1alpha1.RegistrationAbsent, Obstacle: refusedOutside.DeepCopy(),
			}
			return admin.Status().Update(ctx, consent)
		}).WithTimeout(soon).Should(Succeed())
		eventually(ctx, consent, "False RegistryRefused")
	})

	It("wakes a consent that waits for an identifier when that is free", func(ctx SpecContext) {
		code := newNamespace(ctx)
		serve(ctx, code)
		first := declare(ctx, code, "a-first")
		settle(ctx, code, underWay, first)
		second := consentOf(GinkgoTB(), code, "b-second")
		second.Spec.Identifier = code + "-a-first"
		Expect(admin.Create(ctx, second)).To(Succeed())
		eventually(ctx, second, "False IdentifierTaken")
		Expect(admin.Delete(ctx, first)).To(Succeed())
		eventually(ctx, second, underWay)
	})
})

// refusedOutside is what is on record when the registry refuses.
var refusedOutside = v1alpha1.Obstacle{
	Condition: v1alpha1.ConditionRegistered, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonRegistryRefused,
	Message: "It is refused", Actor: v1alpha1.ActorPlatform, Remedy: "Look at the operator's client",
}

var _ = Describe("A running operator", Ordered, func() {
	BeforeAll(func() {
		start(func(ctx context.Context, mgr manager.Manager) {
			Expect(controllers.Setup(ctx, mgr, withoutRegistry(GinkgoTB()))).To(Succeed())
		})
	})

	It("takes a consent from its missing owner to its agreement, and through what becomes of that", func(ctx SpecContext) {
		code := newNamespace(ctx)
		consent := declare(ctx, code, "income")
		agreement := settle(ctx, code, "False RegistryNotConfigured", consent)
		edit(ctx, agreement, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementStopped })
		eventually(ctx, consent, "False AgreementStopped")
		Eventually(func() error { return admin.Delete(ctx, agreement) }).WithTimeout(soon).Should(Succeed(), "until its status says that nothing runs under it")
		eventually(ctx, consent, "False AgreementMissing")
	})
})
