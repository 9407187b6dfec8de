// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("An App, its agreement and its service owner", func() {
	It("find together when the App comes before the agreement", func(ctx SpecContext) {
		t := newNamespace(ctx)
		t.createOwner(ctx)
		t.createApp(ctx, "income")
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False AgreementMissing"))
		t.expectNothingMade(ctx, "income")
		t.createAgreement(ctx)
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		Expect(t.replicas(ctx, "income")).To(BeEquivalentTo(2))
	})

	It("find together when the agreement comes before the service owner", func(ctx SpecContext) {
		t := newNamespace(ctx)
		t.createAgreement(ctx)
		t.createApp(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False ServiceOwnerMissing"))
		Expect(conditionOf(subject, v1alpha1.ConditionAgreementInForce)).To(Equal("True Ready"))
		t.expectNothingMade(ctx, "income")
		t.createOwner(ctx)
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False Progressing"))
	})

	It("do not notice that two agreements are swapped within one second", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		removeAgreement(ctx, t.agreementName())
		t.createAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) { agreement.Name = t.code + "-2027" })
		t.view.Writes()
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("True Ready"))
		Expect(t.view.Writes()).To(HaveExactElements("update status of App income"), "which agreement it is, is news; nothing else")
		Expect(messageOf(subject, v1alpha1.ConditionAgreementInForce)).To(ContainSubstring(t.code + "-2027"))
	})

	It("get over both agreements being in force for a moment, in whatever order they are swapped", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		t.createAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) { agreement.Name = t.code + "-2027" })
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False AgreementConflict"))
		t.createApp(ctx, "newcomer")
		Expect(ready(t.reconcile(ctx, "newcomer"))).To(Equal("False AgreementConflict"))
		t.expectNothingMade(ctx, "newcomer")
		removeAgreement(ctx, t.agreementName())
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("True Ready"))
		Expect(ready(t.reconcile(ctx, "newcomer"))).To(Equal("False Progressing"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
	})

	It("get over a clock that jumps back and forth", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		for _, leap := range []struct {
			to   time.Time
			want string
		}{
			{time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC), "False NotYetValid"},
			{time.Date(2028, 1, 20, 0, 0, 0, 0, time.UTC), "False AgreementExpired"},
			{born.Time, "True Ready"},
			{time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), "False AgreementExpired"},
			{time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC), "False NotYetValid"},
			{time.Date(2026, 1, 5, 8, 59, 59, 0, time.UTC), "False NotYetValid"},
			{time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), "True Ready"},
			{time.Date(2026, 1, 31, 23, 59, 59, 999, time.UTC), "False NotCovered"}, // KRR is taken into use the day after
			{born.Time, "True Ready"},
		} {
			t.clock.SetTime(leap.to)
			t.view.Writes()
			Expect(ready(t.reconcile(ctx, "income"))).To(Equal(leap.want), "at %s", leap.to)
			Expect(withoutLine(t.view.Writes(), "update status of App income")).To(BeEmpty())
		}
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
	})

	It("get over an agreement that is deleted by force, and comes back", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		removeAgreement(ctx, t.agreementName())
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False AgreementMissing"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		t.createAgreement(ctx)
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("True Ready"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
	})
})

var _ = Describe("The end of an agreement", func() {
	It("is told of 90, 30, 7 and 1 days before and on each day of grace, once each, while the App runs", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		end := t.agreement(ctx).Spec.Validity.Until.Time
		t.newEvents()
		var told []string
		for _, days := range [][2]int{{-92, -88}, {-32, -28}, {-8, -5}, {-2, 33}} {
			for hours := 24 * days[0]; hours <= 24*days[1]; hours += 12 {
				t.clock.SetTime(end.Add(time.Duration(hours) * time.Hour))
				t.reconcile(ctx, "income")
				for _, event := range t.newEvents() {
					told = append(told, fmt.Sprintf("%+.1f %s", float64(hours)/24, strings.Join(strings.Fields(event)[:2], " ")))
				}
			}
		}
		var want []string
		for _, days := range []float64{-90, -30, -7, -1} {
			want = append(want, fmt.Sprintf("%+.1f Warning AgreementExpiring", days))
		}
		for days := range 31 { // the last says that grace is over
			want = append(want, fmt.Sprintf("%+.1f Warning AgreementExpired", float64(days)))
		}
		Expect(told).To(Equal(want))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
	})

	It("wakes the operator at each of those instants by itself", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		end := t.agreement(ctx).Spec.Validity.Until.Time
		t.clock.SetTime(end.Add(-day - 90*time.Minute))
		t.newEvents()
		passes := 0
		var told []time.Duration
		for {
			result, err := t.try(ctx, "income")
			Expect(err).NotTo(HaveOccurred())
			for _, event := range t.newEvents() {
				if strings.Contains(event, "AgreementExpir") {
					told = append(told, t.clock.Now().Sub(end))
				}
			}
			if result.RequeueAfter == 0 || t.clock.Now().After(end.Add(day)) {
				break
			}
			passes++
			t.clock.SetTime(t.clock.Now().Add(result.RequeueAfter))
		}
		Expect(told).To(Equal([]time.Duration{-day - 90*time.Minute, -day, 0, day}))
		Expect(passes).To(BeNumerically("<=", 52), "an hour is the longest it waits")
	})

	It("is not told of when another agreement takes over", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		end := *t.agreement(ctx).Spec.Validity.Until
		t.createAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) {
			agreement.Name = t.code + "-2028"
			agreement.Spec.Validity = v1alpha1.Validity{From: end}
		})
		t.newEvents()
		for _, days := range []int{-91, -89, -29, -6, 0, 1} {
			t.clock.SetTime(end.Add(time.Duration(days) * day))
			Expect(ready(t.reconcile(ctx, "income"))).To(Equal("True Ready"))
			Expect(t.newEvents()).To(BeEmpty())
		}
	})
})
