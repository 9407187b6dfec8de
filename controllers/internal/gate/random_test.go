// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// Random worlds are drawn from few days, so that what begins, ends and is warned of falls together
// often, and from instants at their borders.

// aDay draws a day around those that tests judge at.
func aDay(t *rapid.T) time.Time {
	era := rapid.SampledFrom([]string{"2026-01-01", "2026-06-15", "2031-12-28"}).Draw(t, "era")
	return at(era).AddDate(0, 0, rapid.IntRange(-130, 130).Draw(t, "days"))
}

func aDate(t *rapid.T) v1alpha1.Date { return v1alpha1.Date(aDay(t).Format(time.DateOnly)) }

// anInstant draws an instant as the API holds it, to the second.
func anInstant(t *rapid.T) time.Time {
	return aDay(t).Add(rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, -time.Second, 9 * time.Hour}).Draw(t, "off"))
}

// aNow draws an instant of judgement.
func aNow(t *rapid.T) time.Time {
	return anInstant(t).Add(rapid.SampledFrom([]time.Duration{0, 1, -1, 7 * time.Minute}).Draw(t, "nanoseconds"))
}

// some draws some of these, in their order.
func some[V any](t *rapid.T, least int, of ...V) []V {
	n := rapid.IntRange(least, len(of)).Draw(t, "how many")
	var drawn []V
	for i, value := range of {
		if len(of)-i <= n-len(drawn) || len(drawn) < n && rapid.Bool().Draw(t, "this") {
			drawn = append(drawn, value)
		}
	}
	return drawn
}

func aSubProcessor(t *rapid.T) v1alpha1.SubProcessor {
	sub := v1alpha1.SubProcessor{
		Name: "Nimbus", Country: rapid.SampledFrom([]v1alpha1.CountryCode{"NO", "GB", "BR", "US", "IN", "CH"}).Draw(t, "country"),
		Chapter: rapid.SampledFrom([]chapter{"", "Altinn", "KRR"}).Draw(t, "for"),
	}
	sub.Transfer.Mechanism = rapid.SampledFrom([]v1alpha1.TransferMechanism{
		v1alpha1.TransferNotNeeded, v1alpha1.TransferAdequacy, v1alpha1.TransferAdequacy, v1alpha1.TransferClauses,
	}).Draw(t, "mechanism")
	sub.Transfer.DataPrivacyFramework = rapid.Bool().Draw(t, "certified")
	if rapid.Bool().Draw(t, "reviewed") {
		sub.Transfer.ReviewBy = aDate(t)
	}
	return sub
}

// seldom is true one time in five: worlds in which all is odd are all refused.
func seldom(t *rapid.T, what string) bool { return rapid.IntRange(0, 4).Draw(t, what) == 4 }

func anAgreement(t *rapid.T, name string) agreement {
	a := newAgreement(name)
	spec := &a.Spec
	if seldom(t, "state is another") {
		spec.State = rapid.SampledFrom([]v1alpha1.AgreementState{"Suspended", "Stopped", "Stopped", "Terminated"}).Draw(t, "state")
	}
	spec.Validity.From = metav1.NewTime(anInstant(t))
	spec.Signature.SignedAt = timeAt("2025-01-01")
	if seldom(t, "is signed late") {
		spec.Signature.SignedAt = metav1.NewTime(anInstant(t))
	}
	if rapid.Bool().Draw(t, "ends") {
		end := metav1.NewTime(anInstant(t))
		spec.Validity.Until = &end
	}
	spec.Chapters = nil
	for _, name := range some(t, 1, chapter("Altinn"), "KRR", "DPV") {
		taken := v1alpha1.Date("2025-01-01")
		if seldom(t, "is taken into use late") {
			taken = aDate(t)
		}
		spec.Chapters = append(spec.Chapters, v1alpha1.Chapter{Name: name, TakenIntoUse: taken})
	}
	spec.Regions = append(spec.Regions, "northeurope", "polandcentral")
	if seldom(t, "lacks something") {
		spec.Purposes = some(t, 0, spec.Purposes[0])
		spec.DataCategories = some(t, 1, v1alpha1.DataCategory("Identity"), "Economic", "Health")
		spec.Regions = some(t, 1, spec.Regions...)
	}
	spec.Terms.Version = rapid.SampledFrom([]string{"1.8", "1.9"}).Draw(t, "version")
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "sub-processors") {
		spec.SubProcessors = append(spec.SubProcessors, aSubProcessor(t))
	}
	if rapid.Bool().Draw(t, "audited") {
		spec.Audits = []v1alpha1.Audit{{Date: "2025-01-01", Next: aDate(t)}}
	}
	if seldom(t, "limited") {
		limits("Economic", rapid.SampledFrom([]int32{29, 30}).Draw(t, "most"))(a)
	}
	return *a
}

// aWorld draws a world of some agreements.
func aWorld(t *rapid.T) *world {
	w := newWorld()
	w.now, w.agreements = aNow(t), nil
	for n := range rapid.IntRange(0, 4).Draw(t, "agreements") {
		w.agreements = append(w.agreements, anAgreement(t, fmt.Sprintf("skd-%d", n)))
	}
	if rapid.Bool().Draw(t, "uses") {
		uses(some(t, 0, v1alpha1.Solution("KRR"), "AltinnStorage", "DPV", "ELMA")...)(w)
	}
	w.operator.Agreements.GraceDays = rapid.SampledFrom([]int{0, 1, 30}).Draw(t, "grace")
	w.operator.Agreements.AfterGrace = rapid.SampledFrom([]configuration.AfterGrace{configuration.KeepRunning, configuration.SuspendAfterGrace}).Draw(t, "after grace")
	if rapid.Bool().Draw(t, "terms") {
		terms("1.9", aDate(t), rapid.IntRange(0, 40).Draw(t, "grace of terms"))(w)
	}
	keptIn(rapid.SampledFrom([]v1alpha1.Region{"norwayeast", "norwayeast", "norwayeast", "northeurope", "polandcentral"}).Draw(t, "region"),
		rapid.SampledFrom([]v1alpha1.Redundancy{"LRS", "GRS"}).Draw(t, "redundancy"))(w)
	if rapid.Bool().Draw(t, "exception") {
		w.owner.Spec.RegionException = &v1alpha1.RegionException{Expires: metav1.NewTime(anInstant(t))}
	}
	if seldom(t, "has no owner") {
		w.owner = nil
	}
	return w
}

// anInstantBefore draws an instant after now and before next; the zero next is never. ok is false when there is
// none between the two.
func anInstantBefore(t *rapid.T, now, next time.Time) (between time.Time, ok bool) {
	if next.IsZero() {
		next = now.AddDate(50, 0, 0)
	}
	span := int64(next.Sub(now)) - 1
	if span < 1 {
		return now, false
	}
	nanoseconds := rapid.OneOf(rapid.Just(span), rapid.Just(int64(1)), rapid.Int64Range(1, span)).Draw(t, "after")
	return now.Add(time.Duration(nanoseconds)), true
}
