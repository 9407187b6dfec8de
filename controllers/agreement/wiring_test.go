// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"context"
	"fmt"
	"sync"
	"time"

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
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
)

// watched is an agreement's kind that counts its passes, and a client that counts the writes of status,
// by the name of the agreement.
type watched struct {
	*agreement.Kind
	mu             sync.Mutex
	passes, writes map[string]int
}

func (w *watched) Gather(ctx context.Context, cluster client.Reader, subject *v1alpha1.DataProcessingAgreement) (agreement.Facts, error) {
	w.mu.Lock()
	w.passes[subject.Name]++
	w.mu.Unlock()
	return w.Kind.Gather(ctx, cluster, subject)
}

// counts are an agreement's passes and writes of status until now.
func (w *watched) counts(name string) (passes, writes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.passes[name], w.writes[name]
}

// recorder is a client that tells of each write of status.
type recorder struct {
	client.Client
	by *watched
}

func (r recorder) Status() client.SubResourceWriter {
	return recordedStatus{r.Client.Status(), r.by}
}

type recordedStatus struct {
	client.SubResourceWriter
	by *watched
}

func (s recordedStatus) Update(ctx context.Context, object client.Object, options ...client.SubResourceUpdateOption) error {
	s.by.mu.Lock()
	s.by.writes[object.GetName()]++
	s.by.mu.Unlock()
	return s.SubResourceWriter.Update(ctx, object, options...)
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

// startWatched runs the agreements' controller alone, counting.
func startWatched() *watched {
	GinkgoHelper()
	kind := &watched{
		Kind:   &agreement.Kind{Operator: newOperator(GinkgoTB()), Clock: clock.RealClock{}},
		passes: map[string]int{}, writes: map[string]int{},
	}
	start(func(ctx context.Context, mgr manager.Manager) {
		Expect(agreements.Index(ctx, mgr.GetFieldIndexer())).To(Succeed())
		cluster := recorder{mgr.GetClient(), kind}
		Expect(agreement.Setup(mgr, &engine.Engine[*v1alpha1.DataProcessingAgreement, agreement.Facts]{
			Kind: kind, Cluster: cluster, Scheme: scheme, Parts: agreement.Parts(),
			Applier:  &apply.Applier{Client: cluster, Live: mgr.GetAPIReader()},
			Reporter: &report.Reporter{Client: cluster, Events: &events.FakeRecorder{}, Clock: clock.RealClock{}},
		}, 10)).To(Succeed())
	})
	return kind
}

// eventually waits until an agreement's status says something.
func eventually(ctx context.Context, subject *v1alpha1.DataProcessingAgreement, of func(*v1alpha1.DataProcessingAgreement) string, want string) {
	GinkgoHelper()
	Eventually(func() string {
		renew(ctx, subject)
		return of(subject)
	}).WithTimeout(soon).Should(Equal(want))
}

// tally is what an agreement covers and holds, and what runs under it, in figures.
func tally(subject *v1alpha1.DataProcessingAgreement) string {
	figures := func(of v1alpha1.Coverage) string {
		return fmt.Sprintf("%d+%d", of.Apps.Count, of.ConsentResources.Count)
	}
	return "covers " + figures(subject.Status.Covered) + ", holds " + figures(subject.Status.Held) + ", runs " + figures(subject.Status.InUse)
}

var _ = Describe("The running controller of agreements", Ordered, func() {
	var kind *watched
	BeforeAll(func() { kind = startWatched() })

	It("counts a burst of Apps in a few passes, and writes as few times", func(ctx SpecContext) {
		b := newBody(ctx)
		b.declare(ctx)
		subject := b.agree(ctx, "2026", endless)
		eventually(ctx, subject, ready, "True Ready")
		passes, writes := kind.counts(subject.Name)
		DeferCleanup(func(ctx SpecContext) { // or the next operator has its hands full with them
			Expect(admin.DeleteAllOf(ctx, &v1alpha1.App{}, client.InNamespace(b.namespace))).To(Succeed())
		})
		began := time.Now()
		const many = 200
		for n := range many {
			b.runApp(ctx, fmt.Sprintf("app-%03d", n))
		}
		eventually(ctx, subject, tally, fmt.Sprintf("covers %d+0, holds 0+0, runs 0+0", many))
		windows := int(time.Since(began)/(2*time.Second)) + 1
		after, written := kind.counts(subject.Name)
		Expect(after-passes).To(BeNumerically("<=", windows), "one pass in two seconds at the most")
		Expect(written - writes).To(BeNumerically("<=", windows))
		AddReportEntry("burst", fmt.Sprintf("%d Apps in %s: %d passes, %d writes", many, time.Since(began), after-passes, written-writes))
	})

	It("sleeps through what other service owners run, and through what Apps say of themselves", func(ctx SpecContext) {
		b, other := newBody(ctx), newBody(ctx)
		b.declare(ctx)
		other.declare(ctx)
		b.runApp(ctx, "income")
		subject, theirs := b.agree(ctx, "2026", endless), other.agree(ctx, "2026", endless)
		eventually(ctx, subject, tally, "covers 1+0, holds 0+0, runs 0+0")
		eventually(ctx, theirs, ready, "True Ready")
		// What was to wake it for the App's creation has done so before a later event wakes the other.
		other.runConsent(ctx, "income")
		eventually(ctx, theirs, tally, "covers 0+1, holds 0+0, runs 0+1")
		passes, _ := kind.counts(subject.Name)

		app := appOf(GinkgoTB(), b.code, "income")
		renew(ctx, app)
		app.Status.URL = "https://example.no/"
		Expect(admin.Status().Update(ctx, app)).To(Succeed())
		other.runApp(ctx, "income")
		eventually(ctx, theirs, tally, "covers 1+1, holds 0+0, runs 0+1")
		after, _ := kind.counts(subject.Name)
		Expect(after).To(Equal(passes))
	})

	It("follows the other agreements of its owner, and Apps that change and go", func(ctx SpecContext) {
		b := newBody(ctx)
		b.declare(ctx)
		b.runApp(ctx, "income")
		subject := b.agree(ctx, "2026", endless)
		eventually(ctx, subject, tally, "covers 1+0, holds 0+0, runs 0+0")
		rival := b.agree(ctx, "2027", endless)
		eventually(ctx, subject, ready, "False AgreementConflict")
		eventually(ctx, rival, ready, "False AgreementConflict")
		eventually(ctx, rival, tally, "covers 0+0, holds 1+0, runs 0+0")
		edit(ctx, rival, state(v1alpha1.AgreementTerminated))
		eventually(ctx, subject, ready, "True Ready")
		eventually(ctx, rival, ready, "False AgreementTerminated")

		app := appOf(GinkgoTB(), b.code, "income")
		edit(ctx, app, func(app *v1alpha1.App) { app.Spec.Processing.Purpose = "advertising" })
		eventually(ctx, subject, tally, "covers 0+0, holds 1+0, runs 0+0")
		Expect(admin.Delete(ctx, app)).To(Succeed())
		eventually(ctx, subject, tally, "covers 0+0, holds 0+0, runs 0+0")
	})

	It("counts in a few passes what starts and stops to run, and what of it goes", func(ctx SpecContext) {
		b := newBody(ctx)
		b.declare(ctx)
		const many = 30
		name := func(n int) string { return fmt.Sprintf("app-%02d", n) }
		for n := range many {
			b.runApp(ctx, name(n))
		}
		subject := b.agree(ctx, "2026", endless)
		eventually(ctx, subject, tally, fmt.Sprintf("covers %d+0, holds 0+0, runs 0+0", many))
		began, runs := time.Now(), fmt.Sprintf("covers %d+0, holds 0+0, runs %%d+0", many)
		passes, _ := kind.counts(subject.Name)
		for n := range many {
			b.admit(ctx, name(n), "")
		}
		eventually(ctx, subject, tally, fmt.Sprintf(runs, many))
		after, _ := kind.counts(subject.Name)
		Expect(after-passes).To(BeNumerically("<=", int(time.Since(began)/(2*time.Second))+2),
			"one pass in two seconds at the most, and one for the Apps before")

		b.admit(ctx, name(0), v1alpha1.ReasonAgreementStopped)
		eventually(ctx, subject, tally, fmt.Sprintf(runs, many-1))
		b.admit(ctx, name(0), "")
		eventually(ctx, subject, tally, fmt.Sprintf(runs, many))
		Expect(admin.DeleteAllOf(ctx, &v1alpha1.App{}, client.InNamespace(b.namespace))).To(Succeed())
		eventually(ctx, subject, tally, "covers 0+0, holds 0+0, runs 0+0")
	})

	It("wakes when an agreement runs out, with nobody to remind it", func(ctx SpecContext) {
		b := newBody(ctx)
		b.declare(ctx)
		instant := time.Now().Add(4 * time.Second).Truncate(time.Second)
		subject := b.agree(ctx, "2026", endless, func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.Validity.Until = ptr.To(at(instant))
		})
		eventually(ctx, subject, ready, "True Ready")
		Expect(time.Now()).To(BeTemporally("<", instant), "the machine is too slow for this test")
		eventually(ctx, subject, ready, "False AgreementExpired")
		Expect(time.Now()).To(BeTemporally(">=", instant))
	})
})

var _ = Describe("A running operator", Ordered, func() {
	BeforeAll(func() {
		start(func(ctx context.Context, mgr manager.Manager) {
			Expect(controllers.Setup(ctx, mgr, newOperator(GinkgoTB()))).To(Succeed())
		})
	})

	It("finds an agreement in force when its owner is applied, and counts what lives under it", func(ctx SpecContext) {
		b := newBody(ctx)
		subject := b.agree(ctx, "2026", endless)
		eventually(ctx, subject, ready, "False ServiceOwnerMissing")
		b.declare(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.AdoptNamespace = true })
		eventually(ctx, subject, ready, "True Ready")
		b.runApp(ctx, "income")
		b.runConsent(ctx, "income")
		b.rollOut(ctx, "income")
		eventually(ctx, subject, tally, "covers 1+1, holds 0+0, runs 1+1")
		all := v1alpha1.Coverage{Apps: these("income"), ConsentResources: these("income")}
		Expect(subject.Status.Covered).To(Equal(all))
		Expect(subject.Status.InUse).To(Equal(all))
		Expect(admin.Delete(ctx, subject)).To(MatchError(ContainSubstring(
			"is in use by 1 App (income) and 1 ConsentResource (income) of " + b.code)))

		edit(ctx, subject, state(v1alpha1.AgreementTerminated))
		eventually(ctx, subject, tally, "covers 0+0, holds 1+1, runs 0+0")
		Expect(admin.Delete(ctx, subject)).To(Succeed())
	})
})
