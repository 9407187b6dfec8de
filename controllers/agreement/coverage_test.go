// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("What a DataProcessingAgreement covers", func() {
	It("is counted and named, sorted, and moves from covered to held with what is agreed on", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		for _, name := range []string{"wages", "addresses", "income"} {
			categories := map[string][]v1alpha1.DataCategory{"addresses": {"Contact"}, "income": {"Economic"}, "wages": {"Contact", "Economic"}}[name]
			b.runApp(ctx, name, categories...)
			b.runConsent(ctx, name, categories...)
		}
		other := newBody(ctx)
		other.runApp(ctx, "not-ours")
		subject := b.agree(ctx, "2026")
		all := these("addresses", "income", "wages")
		k.pass(ctx, subject)
		Expect(subject.Status.Covered).To(Equal(v1alpha1.Coverage{Apps: all, ConsentResources: all}))
		Expect(subject.Status.Held).To(BeZero())
		k.view.Writes()

		edit(ctx, subject, func(a *v1alpha1.DataProcessingAgreement) { without(&a.Spec, "Contact") })
		k.pass(ctx, subject)
		Expect(subject.Status.Covered).To(Equal(v1alpha1.Coverage{Apps: these("income"), ConsentResources: these("income")}))
		Expect(subject.Status.Held).To(Equal(v1alpha1.Coverage{Apps: these("addresses", "wages"), ConsentResources: these("addresses", "wages")}))
		Expect(ready(subject)).To(Equal("True Ready"), "the agreement itself is well")
		Expect(k.view.Writes()).To(Equal(statusOf(subject)))

		edit(ctx, subject, func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.DataCategories = append(a.Spec.DataCategories, "Contact")
		})
		k.pass(ctx, subject)
		Expect(subject.Status.Covered).To(Equal(v1alpha1.Coverage{Apps: all, ConsentResources: all}))
		Expect(subject.Status.Held).To(BeZero())
	})

	It("keeps the agreement from being deleted for as long as it runs, covered or not", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		b.runApp(ctx, "income")
		subject := b.agree(ctx, "2026")
		k.pass(ctx, subject)
		Expect(tally(subject)).To(Equal("covers 1+0, holds 0+0, runs 0+0"))
		Expect(admin.Delete(ctx, subject, client.DryRunAll)).To(Succeed(), "what has not started keeps nothing")

		inUse := MatchError(ContainSubstring("agreement %s is in use by 1 App (income) of %s", subject.Name, b.code))
		b.admit(ctx, "income", "")
		k.pass(ctx, subject)
		Expect(tally(subject)).To(Equal("covers 1+0, holds 0+0, runs 1+0"))
		Expect(admin.Delete(ctx, subject)).To(inUse)
		edit(ctx, subject, state(v1alpha1.AgreementTerminated))
		k.pass(ctx, subject)
		Expect(tally(subject)).To(Equal("covers 0+0, holds 1+0, runs 1+0"))
		Expect(admin.Delete(ctx, subject)).To(inUse)

		b.admit(ctx, "income", v1alpha1.ReasonAgreementTerminated)
		k.pass(ctx, subject)
		Expect(tally(subject)).To(Equal("covers 0+0, holds 1+0, runs 0+0"))
		Expect(admin.Delete(ctx, subject)).To(Succeed())
	})

	It("keeps the agreement from being deleted for as long as it is a consent that is covered", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		b.runConsent(ctx, "income")
		subject := b.agree(ctx, "2026")
		k.pass(ctx, subject)
		Expect(tally(subject)).To(Equal("covers 0+1, holds 0+0, runs 0+1"))
		Expect(admin.Delete(ctx, subject)).To(MatchError(ContainSubstring("is in use by 1 ConsentResource (income) of " + b.code)))
		edit(ctx, subject, state(v1alpha1.AgreementSuspended))
		k.pass(ctx, subject)
		Expect(tally(subject)).To(Equal("covers 0+0, holds 0+1, runs 0+0"))
		Expect(admin.Delete(ctx, subject)).To(Succeed())
	})

	It("is held without its owner, and runs on", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.runApp(ctx, "income")
		b.runConsent(ctx, "income")
		b.admit(ctx, "income", "")
		subject := b.agree(ctx, "2026")
		k.pass(ctx, subject)
		Expect(tally(subject)).To(Equal("covers 0+0, holds 1+1, runs 1+0"))
		b.declare(ctx)
		k.pass(ctx, subject)
		Expect(tally(subject)).To(Equal("covers 1+1, holds 0+0, runs 1+1"))
	})

	It("is warned of by name when it keeps data for too long, twenty at the most, and told of once", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		var names []string
		for n := range 22 {
			app := appOf(GinkgoTB(), b.code, fmt.Sprintf("app-%02d", n))
			app.Spec.Processing.RetentionDays = 3651
			Expect(admin.Create(ctx, app)).To(Succeed())
			names = append(names, app.Name)
		}
		subject := b.agree(ctx, "2026")
		k.pass(ctx, subject)
		Expect(ready(subject)).To(Equal("True Ready"))
		Expect(subject.Status.Held.Apps).To(Equal(these(names...)))
		Expect(subject.Status.Problems).To(HaveLen(1))
		Expect(subject.Status.Problems[0]).To(And(
			HaveField("Severity", v1alpha1.SeverityWarning), HaveField("Component", "Retention"),
			HaveField("Message", HaveSuffix("App app-18, App app-19 and 2 more"))))
		Expect(k.newEvents()).To(HaveExactElements(HavePrefix("Warning RetentionTooLong ")))
		k.view.Writes()
		k.pass(ctx, subject)
		Expect(k.view.Writes()).To(BeEmpty())
		Expect(k.newEvents()).To(BeEmpty())

		last := appOf(GinkgoTB(), b.code, "app-21")
		Expect(admin.Get(ctx, client.ObjectKeyFromObject(last), last)).To(Succeed())
		last.Spec.Processing.RetentionDays = 3650
		Expect(admin.Update(ctx, last)).To(Succeed())
		k.pass(ctx, subject)
		Expect(subject.Status.Covered.Apps).To(Equal(these("app-21")))
		Expect(subject.Status.Problems[0].Message).To(HaveSuffix("App app-19 and 1 more"))
	})
})
