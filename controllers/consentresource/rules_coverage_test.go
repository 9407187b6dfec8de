// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

func TestAConsentIsHeldByWhatItsAgreementDoesNotCover(t *testing.T) {
	notCovered := func(what, instead string) decide.Finding {
		return agreementFinding(decide.Hold, "NotCovered", v1alpha1.ActorServiceOwner,
			"Agreement skd-2026 does not cover "+what, instead+", or have the agreement extended")
	}
	one := func(what, instead string) decide.Verdict {
		return held([]decide.Affirmation{atHome}, notCovered(what, instead))
	}
	declared := func(change func(*v1alpha1.Processing)) func(*consentresource.Facts) {
		return func(f *consentresource.Facts) { change(&f.Consent.Spec.Processing) }
	}
	advertising := "Name one of its purposes in spec.processing.purpose (income-information, tax-reporting)"
	expect(t, map[string]ruling{
		"its purpose": {
			facts: declared(func(p *v1alpha1.Processing) { p.Purpose = "advertising" }),
			want:  one("purpose advertising", advertising),
		},
		"its legal basis": {
			facts: declared(func(p *v1alpha1.Processing) { p.LegalBasis = []v1alpha1.LegalBasis{"Article6-1-f"} }),
			want:  one("legal basis Article6-1-f for purpose income-information", "Take Article6-1-f out of spec.processing.legalBasis"),
		},
		"a category of its data": {
			facts: declared(func(p *v1alpha1.Processing) { p.DataCategories = append(p.DataCategories, "Health") }),
			want:  one("data category Health", "Take Health out of spec.processing.dataCategories"),
		},
		"whom its data is about": {
			facts: declared(func(p *v1alpha1.Processing) { p.DataSubjects = append(p.DataSubjects, "Children") }),
			want:  one("data subjects Children", "Take Children out of spec.processing.dataSubjects"),
		},
		"how long its data is kept": {
			facts: declared(func(p *v1alpha1.Processing) { p.RetentionDays = 3651 }),
			want: one("keeping the data for 3651 days: Economic may be kept for 3650",
				"Lower spec.processing.retentionDays to 3650"),
		},
		"all of it, in this order": {
			facts: declared(func(p *v1alpha1.Processing) {
				p.Purpose, p.DataCategories, p.DataSubjects, p.RetentionDays = "advertising",
					[]v1alpha1.DataCategory{"Economic", "Health"}, []v1alpha1.DataSubject{"Children"}, 3651
			}),
			want: held([]decide.Affirmation{atHome},
				notCovered("purpose advertising", advertising),
				notCovered("data category Health", "Take Health out of spec.processing.dataCategories"),
				notCovered("data subjects Children", "Take Children out of spec.processing.dataSubjects"),
				notCovered("keeping the data for 3651 days: Economic may be kept for 3650", "Lower spec.processing.retentionDays to 3650")),
		},
		"the platform it lives on": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.Chapters = s.Chapters[1:] }),
			want: uncovered("NotCovered", v1alpha1.ActorServiceOwner,
				"No agreement of skd covers chapter Altinn, which every ConsentResource needs",
				"Have the chapter added to the agreement, or do without"),
		},
		"the platform before a day to come": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.Chapters[0].TakenIntoUse = "2026-06-02" }),
			want: next(now.Add(day/2), uncovered("NotCovered", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 does not cover chapter Altinn, which every ConsentResource needs, before 2026-06-02",
				"Wait until then, or have the day on which it is taken into use corrected")),
		},
	})
}

func TestAConsentIsHeldByWhereDataIsKept(t *testing.T) {
	misplaced := func(findings ...decide.Finding) decide.Verdict {
		return held([]decide.Affirmation{inForce}, findings...)
	}
	region := func(reason, message, remedy string) decide.Finding {
		return decide.Finding{
			Effect: decide.Hold, Part: v1alpha1.ConditionRegionCompliant, Reason: reason,
			Message: message, Actor: v1alpha1.ActorPlatform, Remedy: remedy,
		}
	}
	const another = "Choose an allowed region, or a redundancy that stays in one"
	const extend = "Keep the data in another region, or have the agreement extended"
	expect(t, map[string]ruling{
		"a region that is not allowed, nor covered": {
			facts: func(f *consentresource.Facts) { f.Owner.Spec.Region = "swedencentral" },
			want: misplaced(
				region("RegionNotAllowed", "Region swedencentral is not allowed here; allowed are norwayeast, norwaywest, and by exception northeurope, westeurope", another),
				region("RegionNotCovered", "Region swedencentral is not one agreement skd-2026 names", extend)),
		},
		"a second copy in a region that is not covered": {
			facts: func(f *consentresource.Facts) {
				f.Owner.Spec.Storage.Redundancy = "GRS"
				f.Agreements[0].Spec.Regions = []v1alpha1.Region{"norwayeast"}
			},
			want: misplaced(region("RegionNotCovered", "Region norwaywest, which GRS keeps the second copy in, is not one agreement skd-2026 names", extend)),
		},
	})
}

// That there is no service owner comes first, and where data would be kept is not known then.
func TestAConsentIsHeldWithoutItsServiceOwner(t *testing.T) {
	missing := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonServiceOwnerMissing, Actor: v1alpha1.ActorPlatform,
		Message: "There is no ServiceOwner skd for namespace so-skd", Remedy: "Apply the ServiceOwner; the ConsentResource follows by itself",
	}
	expect(t, map[string]ruling{
		"though an agreement is in force": {
			facts: func(f *consentresource.Facts) { f.Owner = nil },
			want:  held([]decide.Affirmation{inForce}, missing),
		},
		"and without an agreement": {
			facts: func(f *consentresource.Facts) { f.Owner, f.Agreements = nil, nil },
			want: held(nil, missing, agreementFinding(decide.Hold, "AgreementMissing", v1alpha1.ActorPlatform,
				"Service owner skd has no data processing agreement", "Apply the DataProcessingAgreement that was signed; it follows by itself")),
		},
	})
}
