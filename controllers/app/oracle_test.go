// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// oracle says what an owner's agreements allow, naively and without asking the gate.
type oracle struct {
	owner      *v1alpha1.ServiceOwner
	agreements map[string]*v1alpha1.DataProcessingAgreement
	now        time.Time
	// lies is where the owner's data really is; empty while there is none.
	lies v1alpha1.Region
}

// chaptersOf are the parts of the terms that a spec needs.
func chaptersOf(spec v1alpha1.AppSpec) []v1alpha1.ChapterName {
	chapters := []v1alpha1.ChapterName{"Altinn"}
	for _, integration := range spec.Integrations {
		switch integration.Solution {
		case "KRR", "Maskinporten":
			chapters = append(chapters, v1alpha1.ChapterName(integration.Solution))
		}
	}
	return chapters
}

// names says whether an agreement names a chapter, and whether that has been taken into use by now.
func (o oracle) names(agreement *v1alpha1.DataProcessingAgreement, chapter v1alpha1.ChapterName) (named, inUse bool) {
	for _, one := range agreement.Spec.Chapters {
		if one.Name == chapter {
			return true, string(one.TakenIntoUse) <= o.now.UTC().Format(time.DateOnly)
		}
	}
	return false, false
}

// begin is when an agreement begins.
func begin(agreement *v1alpha1.DataProcessingAgreement) time.Time {
	if agreement.Spec.Signature.SignedAt.After(agreement.Spec.Validity.From.Time) {
		return agreement.Spec.Signature.SignedAt.Time
	}
	return agreement.Spec.Validity.From.Time
}

// inForce are the agreements in force for a chapter.
func (o oracle) inForce(chapter v1alpha1.ChapterName) []*v1alpha1.DataProcessingAgreement {
	var found []*v1alpha1.DataProcessingAgreement
	for _, agreement := range o.agreements {
		_, inUse := o.names(agreement, chapter)
		ended := agreement.Spec.Validity.Until != nil && !o.now.Before(agreement.Spec.Validity.Until.Time)
		if inUse && agreement.Spec.State == "Active" && !o.now.Before(begin(agreement)) && !ended {
			found = append(found, agreement)
		}
	}
	return found
}

// covers says whether agreements in force cover a spec: of each chapter it needs just one is, no order to
// stop overrules it, and that of the platform allows the processing and the region.
func (o oracle) covers(spec v1alpha1.AppSpec) bool {
	for _, chapter := range chaptersOf(spec) {
		if len(o.inForce(chapter)) != 1 || o.stopped(chapter) {
			return false
		}
	}
	agreement := o.inForce("Altinn")[0]
	return o.processing(agreement, spec) && o.region(agreement)
}

// processing says whether an agreement covers what is done with personal data.
func (o oracle) processing(agreement *v1alpha1.DataProcessingAgreement, spec v1alpha1.AppSpec) bool {
	done := spec.Processing
	for _, purpose := range agreement.Spec.Purposes {
		if purpose.Name != done.Purpose {
			continue
		}
		for _, basis := range done.LegalBasis {
			if !slices.Contains(purpose.LegalBasis, basis) {
				return false
			}
		}
		for _, category := range done.DataCategories {
			if !slices.Contains(agreement.Spec.DataCategories, category) {
				return false
			}
			for _, limit := range agreement.Spec.Retention {
				if limit.Category == category && limit.MaxDays < done.RetentionDays {
					return false
				}
			}
		}
		for _, subject := range done.DataSubjects {
			if !slices.Contains(agreement.Spec.DataSubjects, subject) {
				return false
			}
		}
		return true
	}
	return false
}

// region says whether the owner's data may lie where it is declared to, and where it does.
func (o oracle) region(agreement *v1alpha1.DataProcessingAgreement) bool {
	return o.owner != nil && o.may(o.owner.Spec.Region, agreement) && (o.lies == "" || o.may(o.lies, agreement))
}

// may says whether the owner's data may lie in a region.
func (o oracle) may(region v1alpha1.Region, agreement *v1alpha1.DataProcessingAgreement) bool {
	exception := o.owner.Spec.RegionException
	home := region == "norwayeast" || region == "norwaywest"
	abroad := (region == "northeurope" || region == "westeurope") && exception != nil && o.now.Before(exception.Expires.Time)
	return (home || abroad) && slices.Contains(agreement.Spec.Regions, region)
}

// stopped says whether an order to stop, or an end, governs a chapter. An order to stop is overruled by
// what is in force and began later, or, where nothing is, by whatever began later; a name does not tell
// the later of two that begin together. An end counts where
// nothing is in force and it is the last that was begun.
func (o oracle) stopped(chapter v1alpha1.ChapterName) bool {
	running := o.inForce(chapter)
	begun := o.begun(chapter)
	for _, agreement := range begun {
		overruling := running
		if len(running) == 0 {
			overruling = begun
		}
		overruled := slices.ContainsFunc(overruling, func(other *v1alpha1.DataProcessingAgreement) bool { return after(other, agreement) })
		outdone := slices.ContainsFunc(overruling, func(other *v1alpha1.DataProcessingAgreement) bool { return begin(other).After(begin(agreement)) })
		switch {
		case agreement.Spec.State == "Stopped" && !outdone:
			return true
		case agreement.Spec.State == "Terminated" && !overruled && len(running) == 0:
			return true
		}
	}
	return false
}

// begun are the agreements for a chapter that have begun and are not in force.
func (o oracle) begun(chapter v1alpha1.ChapterName) []*v1alpha1.DataProcessingAgreement {
	var found []*v1alpha1.DataProcessingAgreement
	for _, agreement := range o.agreements {
		named, _ := o.names(agreement, chapter)
		ended := agreement.Spec.Validity.Until != nil && !o.now.Before(agreement.Spec.Validity.Until.Time)
		alive := agreement.Spec.State == "Active" && !ended // in force for the chapter, or to be
		if named && !o.now.Before(begin(agreement)) && !alive {
			found = append(found, agreement)
		}
	}
	return found
}

// after says whether an agreement began after another.
func after(a, b *v1alpha1.DataProcessingAgreement) bool {
	if !begin(a).Equal(begin(b)) {
		return begin(a).After(begin(b))
	}
	return a.Name > b.Name
}

// stops says whether an order to stop governs what a spec needs.
func (o oracle) stops(spec v1alpha1.AppSpec) bool {
	return slices.ContainsFunc(chaptersOf(spec), o.stopped)
}
