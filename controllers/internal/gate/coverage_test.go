// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// keeps gives the App a container that keeps data for days.
func keeps(name string, days int32) func(*world) {
	return func(w *world) {
		w.spec.Storage.Containers = append(w.spec.Storage.Containers, v1alpha1.Container{Name: name, RetentionDays: days})
	}
}

// limits bounds how long an agreement lets a category be kept.
func limits(category v1alpha1.DataCategory, days int32) func(*agreement) {
	return func(a *agreement) {
		a.Spec.Retention = append(a.Spec.Retention, v1alpha1.RetentionLimit{Category: category, MaxDays: days})
	}
}

// coverageCases are what an agreement does not cover of a processing.
func coverageCases() map[string]rulingCase {
	processing := func(change func(*v1alpha1.Processing)) func(*world) {
		return func(w *world) { change(&w.spec.Processing) }
	}
	another := func(a *agreement) {
		a.Spec.Purposes = append(a.Spec.Purposes, v1alpha1.Purpose{Name: "control", LegalBasis: []v1alpha1.LegalBasis{"Article6-1-e"}})
	}
	purpose := func(p *v1alpha1.Processing) { p.Purpose = "marketing" }
	basis := func(p *v1alpha1.Processing) {
		p.LegalBasis = []v1alpha1.LegalBasis{"Article6-1-e", "Article6-1-c", "Article6-1-a"}
	}
	categories := func(p *v1alpha1.Processing) { p.DataCategories = append(p.DataCategories, "Health", "Location") }
	subjects := func(p *v1alpha1.Processing) { p.DataSubjects = append(p.DataSubjects, "Children") }
	const named = "Name one of its purposes in spec.processing.purpose (control, income)"
	keeping := func(what, days, category, most, field string) (string, string) {
		return "keeping " + what + " for " + days + " days: " + category + " may be kept for " + most, "Lower " + field + " to " + most
	}
	inAll, instead := keeping("the data", "30", "Economic", "29", "spec.processing.retentionDays")
	inContainer, insteadThere := keeping("container pdf", "31", "Economic", "30", "retentionDays of container pdf in spec.storage")
	ofIdentity, insteadOf := keeping("the data", "30", "Identity", "10", "spec.processing.retentionDays")
	return map[string]rulingCase{
		"a purpose that is not named": {newWorld(only(another), processing(purpose)), refused("", notCovered("purpose marketing", named))},
		"legal bases, each where it is one too many for the purpose": {newWorld(only(another), processing(basis)), refused("",
			notCovered("legal basis Article6-1-e for purpose income", "Take Article6-1-e out of spec.processing.legalBasis"),
			notCovered("legal basis Article6-1-a for purpose income", "Take Article6-1-a out of spec.processing.legalBasis"))},
		"data categories": {newWorld(processing(categories)), refused("",
			notCovered("data category Health", "Take Health out of spec.processing.dataCategories"),
			notCovered("data category Location", "Take Location out of spec.processing.dataCategories"))},
		"data subjects":                           {newWorld(processing(subjects)), refused("", notCovered("data subjects Children", "Take Children out of spec.processing.dataSubjects"))},
		"retention, a day too long":               {newWorld(only(limits("Economic", 29))), refused("", notCovered(inAll, instead))},
		"retention, just as long":                 {newWorld(only(limits("Economic", 30))), covered("")},
		"retention of a category not handled":     {newWorld(only(limits("Health", 1))), covered("")},
		"retention of a category without a limit": {newWorld(func(w *world) { w.spec.Processing.RetentionDays = 36500 }), covered("")},
		"retention of a container":                {newWorld(only(limits("Economic", 30)), keeps("xml", 30), keeps("pdf", 31)), refused("", notCovered(inContainer, insteadThere))},
		"all of it, in order": {
			newWorld(only(another, limits("Identity", 10), limits("Economic", 30)), processing(purpose), processing(categories), processing(subjects), keeps("pdf", 31)),
			refused("", notCovered("purpose marketing", named),
				notCovered("data category Health", "Take Health out of spec.processing.dataCategories"),
				notCovered("data category Location", "Take Location out of spec.processing.dataCategories"),
				notCovered("data subjects Children", "Take Children out of spec.processing.dataSubjects"),
				notCovered(ofIdentity, insteadOf),
				notCovered("keeping container pdf for 31 days: Identity may be kept for 10", "Lower retentionDays of container pdf in spec.storage to 10"),
				notCovered(inContainer, insteadThere)),
		},
		"what is not covered is told of an agreement that does not hold too": {
			newWorld(only(state("Suspended")), processing(subjects)),
			refused("", held(rungs()["suspended"].finding), notCovered("data subjects Children", "Take Children out of spec.processing.dataSubjects")),
		},
	}
}

func TestCoverage(t *testing.T) { tryRulings(t, coverageCases()) }

func TestKeepsTooLong(t *testing.T) {
	short := newAgreement("skd-1", limits("Economic", 29))
	for name, tc := range map[string]struct {
		judged *Case
		want   bool
	}{
		"an App that keeps data for longer":  {newWorld().holding().OfApp(&newWorld().spec), true},
		"a service owner itself keeps none":  {newWorld().holding().OfOwner(), false},
		"a ConsentResource that is too long": {newWorld().holding().OfConsent(&v1alpha1.ConsentResourceSpec{Processing: newWorld().spec.Processing}), true},
		"an App that keeps it for shorter": {newWorld().holding().OfApp(&v1alpha1.AppSpec{Processing: v1alpha1.Processing{
			DataCategories: []v1alpha1.DataCategory{"Economic"}, RetentionDays: 29}}), false},
	} {
		if got := KeepsTooLong(tc.judged, short); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
