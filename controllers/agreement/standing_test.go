// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"context"
	"errors"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// allWell are the conditions of an agreement with which nothing is wrong.
var allWell = []string{"InForce True Ready", "TermsCurrent True Ready", "TransfersLawful True Ready", "Ready True Ready"}

var _ = Describe("A DataProcessingAgreement", func() {
	It("is judged in one write and no more, until it changes, and nothing holds it when it is deleted", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		subject := b.agree(ctx, "2026")
		Expect(subject.Status.ObservedGeneration).To(BeEquivalentTo(-1), "nobody has looked at it yet")
		Expect(subject).To(WithTransform(health, Equal(status.InProgressStatus)))

		k.pass(ctx, subject)
		Expect(k.view.Writes()).To(Equal(statusOf(subject)))
		Expect(conditions(subject)).To(Equal(allWell))
		Expect(subject.Status.ObservedGeneration).To(Equal(subject.Generation))
		Expect(subject.Status.Problems).To(BeEmpty())
		Expect(subject.Status.Children).To(BeEmpty())
		Expect(subject.Finalizers).To(BeEmpty())
		Expect(subject).To(WithTransform(health, Equal(status.CurrentStatus)))
		Expect(k.newEvents()).To(BeEmpty(), "that all is well is no news")

		k.pass(ctx, subject)
		Expect(k.view.Writes()).To(BeEmpty())
		edit(ctx, subject, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.BreachNotification.WithinHours = 12 })
		k.pass(ctx, subject)
		Expect(k.view.Writes()).To(Equal(statusOf(subject)))
		Expect(subject.Status.ObservedGeneration).To(BeEquivalentTo(2))

		Expect(admin.Delete(ctx, subject)).To(Succeed())
		Expect(client.IgnoreNotFound(admin.Get(ctx, client.ObjectKeyFromObject(subject), subject))).To(Succeed())
	})

	It("covers nobody until its owner is applied", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		subject := b.agree(ctx, "2026")
		k.pass(ctx, subject)
		Expect(ready(subject)).To(Equal("False ServiceOwnerMissing"))
		Expect(conditionOf(subject, v1alpha1.ConditionInForce)).To(Equal("False ServiceOwnerMissing"))
		Expect(conditionOf(subject, v1alpha1.ConditionTermsCurrent)).To(Equal("True Ready"))
		b.declare(ctx)
		k.pass(ctx, subject)
		Expect(conditions(subject)).To(Equal(allWell))
	})

	It("is in a conflict, as is the other, until one of them ends", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		first, second := b.agree(ctx, "2026"), b.agree(ctx, "2027")
		for _, subject := range []*v1alpha1.DataProcessingAgreement{first, second} {
			k.pass(ctx, subject)
			Expect(ready(subject)).To(Equal("False AgreementConflict"))
			Expect(subject.Status.Problems).To(HaveExactElements(HaveField("Message", And(
				ContainSubstring(first.Name), ContainSubstring(second.Name)))))
		}
		edit(ctx, second, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementTerminated })
		k.pass(ctx, first)
		k.pass(ctx, second)
		Expect(conditions(first)).To(Equal(allWell))
		Expect(ready(second)).To(Equal("False AgreementTerminated"))
	})

	It("is Ready, and warned, while it accepts older terms within their grace, and not after", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		k.kind.Operator.Agreements.Terms = configuration.Terms{Version: "1.9", ValidFrom: "2026-06-01", GraceDays: 1}
		b.declare(ctx)
		subject := b.agree(ctx, "2026", endless)
		Expect(k.pass(ctx, subject).RequeueAfter).To(BeNumerically(">", 0))
		Expect(conditions(subject)).To(Equal(allWell))
		Expect(subject.Status.Problems).To(HaveExactElements(And(
			HaveField("Severity", v1alpha1.SeverityWarning), HaveField("Component", v1alpha1.ConditionTermsCurrent),
			HaveField("Message", HaveSuffix("must be accepted by 2026-06-02")))))
		Expect(k.newEvents()).To(HaveExactElements(HavePrefix("Warning TermsOutdated ")))
		k.clock.SetTime(midnight)
		Expect(k.pass(ctx, subject)).To(BeZero())
		Expect(conditionOf(subject, v1alpha1.ConditionTermsCurrent)).To(Equal("False TermsOutdated"))
		Expect(ready(subject)).To(Equal("False TermsOutdated"))
	})

	It("tells in Ready all that keeps it from being so, as it stands", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		k.kind.Operator.Agreements.Terms = configuration.Terms{Version: "1.9", ValidFrom: "2026-06-01"}
		subject := b.agree(ctx, "2026", state(v1alpha1.AgreementSuspended))
		k.pass(ctx, subject)
		Expect(meta.FindStatusCondition(subject.Status.Conditions, v1alpha1.ConditionReady)).To(And(
			HaveField("Reason", v1alpha1.ReasonServiceOwnerMissing),
			HaveField("Message", "There is no ServiceOwner "+b.code+": the agreement covers nobody; Agreement "+subject.Name+
				" is suspended; Agreement "+subject.Name+" accepts terms 1.8; 1.9 apply since 2026-06-01")))
	})

	It("is in a conflict from the instant another takes over too early", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		first := b.agree(ctx, "2026", endless)
		b.agree(ctx, "2027", func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.From = at(now.Add(time.Minute)) })
		Expect(k.pass(ctx, first).RequeueAfter).To(Equal(time.Minute))
		Expect(ready(first)).To(Equal("True Ready"))
		k.clock.SetTime(now.Add(time.Minute))
		k.pass(ctx, first)
		Expect(ready(first)).To(Equal("False AgreementConflict"))
	})
})

// faults are what can be wrong with an agreement that the API server accepts, and what its conditions
// then say beside Ready, which says the same as the one that is not True.
var faults = map[string]struct {
	change   func(*v1alpha1.DataProcessingAgreement)
	operator func(*configuration.Operator)
	at       time.Time
	part     string
	reason   string
	// warned is the reason of a warning beside it.
	warned string
}{
	"is suspended":           {change: state(v1alpha1.AgreementSuspended), part: "InForce", reason: "AgreementSuspended"},
	"is stopped":             {change: state(v1alpha1.AgreementStopped), part: "InForce", reason: "AgreementStopped"},
	"is terminated":          {change: state(v1alpha1.AgreementTerminated), part: "InForce", reason: "AgreementTerminated"},
	"has run out":            {at: end, part: "InForce", reason: "AgreementExpired"},
	"has run out, and grace": {at: end.Add(30 * day), part: "InForce", reason: "AgreementExpired"},
	"is suspended, and has run out": {
		change: state(v1alpha1.AgreementSuspended), at: end, part: "InForce", reason: "AgreementExpired",
	},
	"was signed when it had ended": {
		change: func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.Signature.SignedAt = at(end)
			a.Spec.Chapters = []v1alpha1.Chapter{{Name: "Altinn", TakenIntoUse: "2028-01-05"}}
		},
		at: end, part: "InForce", reason: "ValidityReversed", warned: "ChapterOutsideValidity",
	},
	"is signed later": {
		change: func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.Signature.SignedAt = at(now.Add(time.Minute))
			for n := range a.Spec.Chapters {
				a.Spec.Chapters[n].TakenIntoUse = "2026-06-01"
			}
		},
		part: "InForce", reason: "NotYetValid",
	},
	"accepts terms of the past": {
		operator: func(o *configuration.Operator) {
			o.Agreements.Terms = configuration.Terms{Version: "1.9", ValidFrom: "2026-06-01"}
		},
		part: "TermsCurrent", reason: "TermsOutdated",
	},
	"rests on a decision to come": {
		change: engage("BR"), at: time.Date(2026, 1, 25, 23, 59, 59, 0, time.UTC), part: "TransfersLawful", reason: "TransferNotLawful",
	},
	"rests on a decision that ran out": {
		change: engage("GB"), at: time.Date(2031, 12, 28, 0, 0, 0, 0, time.UTC), part: "TransfersLawful", reason: "TransferNotLawful",
	},
}

func state(to v1alpha1.AgreementState) func(*v1alpha1.DataProcessingAgreement) {
	return func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = to }
}

// engage moves a sub-processor to a country with an adequacy decision, in an agreement without an end.
func engage(country v1alpha1.CountryCode) func(*v1alpha1.DataProcessingAgreement) {
	return func(a *v1alpha1.DataProcessingAgreement) {
		endless(a)
		a.Spec.SubProcessors[1].Country = country
		a.Spec.SubProcessors[1].Transfer = v1alpha1.Transfer{Mechanism: v1alpha1.TransferAdequacy}
	}
}

var _ = Describe("A DataProcessingAgreement that does not hold", func() {
	for name, fault := range faults {
		It("says so when it "+name+", and holds what it ought to cover", func(ctx SpecContext) {
			k, b := newKeeper(), newBody(ctx)
			b.declare(ctx)
			b.runApp(ctx, "income")
			subject := b.agree(ctx, "2026", quiet, func(a *v1alpha1.DataProcessingAgreement) {
				if fault.change != nil {
					fault.change(a)
				}
			})
			if fault.operator != nil {
				fault.operator(k.kind.Operator)
			}
			if !fault.at.IsZero() {
				k.clock.SetTime(fault.at)
			}
			k.pass(ctx, subject)
			want := append([]string{}, allWell...)
			for n, part := range []string{"InForce", "TermsCurrent", "TransfersLawful"} {
				if part == fault.part {
					want[n] = part + " False " + fault.reason
				}
			}
			want[3] = "Ready False " + fault.reason
			Expect(conditions(subject)).To(Equal(want))
			Expect(subject.Status.Held.Apps).To(Equal(these("income")))
			Expect(subject.Status.Covered).To(BeZero())
			told := []any{HavePrefix("Warning " + fault.reason + " ")}
			if fault.warned != "" {
				told = append(told, HavePrefix("Warning "+fault.warned+" "))
			}
			Expect(k.newEvents()).To(ConsistOf(told...))
			k.view.Writes()
			k.pass(ctx, subject)
			Expect(k.view.Writes()).To(BeEmpty())
			Expect(k.newEvents()).To(BeEmpty())
		})
	}
})

var _ = Describe("Apps that could not be read", func() {
	It("leave the tally of an agreement as it was, and the agreement unknown until they can be", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		b.runApp(ctx, "income")
		b.runConsent(ctx, "tax")
		subject := b.agree(ctx, "2026")
		b.admit(ctx, "income", "")
		k.pass(ctx, subject)
		before := subject.Status.DeepCopy()
		Expect(before.Covered).To(Equal(v1alpha1.Coverage{Apps: these("income"), ConsentResources: these("tax")}))
		Expect(before.InUse).To(Equal(before.Covered))
		b.runApp(ctx, "new")
		k.view.Writes()

		k.engine.Cluster = blind{k.view}
		_, err := k.try(ctx, subject)
		Expect(err).To(MatchError("reading the Apps of " + b.code + ": nobody answers"))
		Expect(ready(subject)).To(Equal("Unknown FactsUnavailable"))
		for _, part := range []string{"InForce", "TermsCurrent", "TransfersLawful"} {
			Expect(conditionOf(subject, part)).To(Equal("Unknown FactsUnavailable"))
		}
		Expect(k.view.Writes()).To(Equal(statusOf(subject)))
		after := subject.Status.DeepCopy()
		after.Status = before.Status
		Expect(after).To(Equal(before), "an empty tally would let the agreement be deleted")

		_, err = k.try(ctx, subject)
		Expect(err).To(HaveOccurred())
		Expect(k.view.Writes()).To(BeEmpty(), "that was told")

		k.engine.Cluster = k.view
		k.pass(ctx, subject)
		Expect(conditions(subject)).To(Equal(allWell))
		Expect(subject.Status.Covered.Apps).To(Equal(these("income", "new")))
	})
})

// blind is a reader that sees no Apps.
type blind struct{ client.Reader }

func (r blind) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if _, ok := list.(*v1alpha1.AppList); ok {
		return errors.New("nobody answers")
	}
	return r.Reader.List(ctx, list, options...)
}
