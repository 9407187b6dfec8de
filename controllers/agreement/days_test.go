// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("As time goes by a DataProcessingAgreement", func() {
	It("is written once when a day less is left, and never in between", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		subject := b.agree(ctx, "2026", quiet)
		k.pass(ctx, subject)
		Expect(subject.Status.DaysLeft).To(HaveValue(BeEquivalentTo(583)))
		k.view.Writes()

		// The queue wakes when it was told to, which is at most an hour later.
		written := map[time.Time]int32{}
		for k.clock.Now().Before(now.Add(3 * day)) {
			wait := k.pass(ctx, subject).RequeueAfter
			Expect(subject.Status.NextCheck.Time).To(BeTemporally(">", k.clock.Now()))
			Expect(wait).To(And(BeNumerically(">", 0), BeNumerically("<=", time.Hour)))
			Expect(wait).To(BeNumerically("<=", subject.Status.NextCheck.Sub(k.clock.Now())))
			if writes := k.view.Writes(); len(writes) > 0 {
				Expect(writes).To(Equal(statusOf(subject)))
				written[k.clock.Now().UTC()] = *subject.Status.DaysLeft
			}
			k.clock.SetTime(k.clock.Now().Add(wait))
		}
		Expect(written).To(Equal(map[time.Time]int32{midnight: 582, midnight.Add(day): 581, midnight.Add(2 * day): 580}))
		Expect(k.newEvents()).To(BeEmpty())
	})

	It("wakes at the very instant it runs out", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		subject := b.agree(ctx, "2026", quiet, func(a *v1alpha1.DataProcessingAgreement) { ending(&a.Spec, now.Add(25*time.Minute)) })
		Expect(k.pass(ctx, subject).RequeueAfter).To(Equal(25 * time.Minute))
		Expect(subject.Status.NextCheck.Time).To(BeTemporally("==", now.Add(25*time.Minute)))
		Expect(ready(subject)).To(Equal("True Ready"))
		k.clock.SetTime(now.Add(25*time.Minute - time.Nanosecond))
		k.pass(ctx, subject)
		Expect(ready(subject)).To(Equal("True Ready"))
		k.clock.SetTime(now.Add(25 * time.Minute))
		k.pass(ctx, subject)
		Expect(ready(subject)).To(Equal("False AgreementExpired"))
	})

	It("says nothing, and is not looked at, when it has no end", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		subject := b.agree(ctx, "2026", endless)
		Expect(k.pass(ctx, subject)).To(BeZero())
		Expect(subject.Status.DaysLeft).To(BeNil())
		Expect(subject.Status.NextCheck).To(BeNil())
	})

	It("warns once each 90, 30, 7 and 1 days before its end, and once each day of grace", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		subject := b.agree(ctx, "2026", quiet)
		told := map[int][]string{} // by days since the end
		for since := -92; since <= 33; since++ {
			for _, instant := range []time.Time{end.Add(time.Duration(since)*day - time.Second), end.Add(time.Duration(since) * day)} {
				k.clock.SetTime(instant)
				k.pass(ctx, subject)
				Expect(len(k.view.Writes())).To(BeNumerically("<=", 1))
				if lines := k.newEvents(); len(lines) > 0 {
					Expect(instant).To(Equal(end.Add(time.Duration(since)*day)), "told a second too early: %s", lines)
					told[since] = append(told[since], lines...)
				}
			}
		}
		for _, milestone := range []struct {
			since  int
			within string
		}{{-90, "90 days"}, {-30, "30 days"}, {-7, "7 days"}, {-1, "1 day"}} {
			Expect(told[milestone.since]).To(HaveExactElements("Warning AgreementExpiring Agreement " + subject.Name + " runs out on 2028-01-05, within " + milestone.within))
			delete(told, milestone.since)
		}
		for since := range 31 { // the days of grace, and the one on which it is over
			Expect(told[since]).To(HaveExactElements(HavePrefix("Warning AgreementExpired ")), "%d days after", since)
			delete(told, since)
		}
		Expect(told).To(BeEmpty(), "told on a day when nothing was news")
		Expect(subject.Status.DaysLeft).To(BeNil())
		Expect(subject.Status.NextCheck).To(BeNil())
		Expect(k.pass(ctx, subject)).To(BeZero(), "nobody counts the days of what is over")
	})

	It("brings back what it held when it is renewed, with no word of the past", func(ctx SpecContext) {
		k, b := newKeeper(), newBody(ctx)
		b.declare(ctx)
		b.runApp(ctx, "income")
		subject := b.agree(ctx, "2026", quiet)
		k.clock.SetTime(end.Add(3 * day))
		k.pass(ctx, subject)
		Expect(subject.Status.Held.Apps).To(Equal(these("income")))
		edit(ctx, subject, func(a *v1alpha1.DataProcessingAgreement) { ending(&a.Spec, end.AddDate(2, 0, 0)) })
		k.newEvents()
		k.pass(ctx, subject)
		Expect(conditions(subject)).To(Equal(allWell))
		Expect(subject.Status.Problems).To(BeEmpty())
		Expect(subject.Status.Covered.Apps).To(Equal(these("income")))
		Expect(subject.Status.Held).To(BeZero())
		Expect(k.newEvents()).To(HaveExactElements(HavePrefix("Normal Ready ")))
	})
})
