// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Kept is data that is kept, and for how long.
type Kept struct {
	// What names it as people read it.
	What string
	// Field is where it is declared.
	Field string
	// Days is how long it is kept.
	Days int32
}

// uncovered says of one thing that an agreement does not cover it, and how to go on without it.
func uncovered(agreement *v1alpha1.DataProcessingAgreement, what, instead string) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Part: v1alpha1.ConditionAgreementInForce, Reason: v1alpha1.ReasonNotCovered,
		Message: fmt.Sprintf("Agreement %s does not cover %s", agreement.Name, what),
		Actor:   v1alpha1.ActorServiceOwner,
		Remedy:  instead + ", or have the agreement extended",
	}
}

// coverage lists what of a processing the agreement does not cover: purpose, legal basis, data
// categories, data subjects and retention, in that order (GDPR art. 5(1)(b), 6, 28(3) and 5(1)(e)).
func coverage(agreement *v1alpha1.DataProcessingAgreement, processing *v1alpha1.Processing, kept []Kept) []decide.Finding {
	found := purposes(agreement, processing)
	for _, category := range processing.DataCategories {
		if !slices.Contains(agreement.Spec.DataCategories, category) {
			found = append(found, uncovered(agreement, "data category "+string(category),
				fmt.Sprintf("Take %s out of spec.processing.dataCategories", category)))
		}
	}
	for _, subject := range processing.DataSubjects {
		if !slices.Contains(agreement.Spec.DataSubjects, subject) {
			found = append(found, uncovered(agreement, "data subjects "+string(subject),
				fmt.Sprintf("Take %s out of spec.processing.dataSubjects", subject)))
		}
	}
	return append(found, retention(agreement, processing, kept)...)
}

// purposes lists what of the purpose, and of what makes it lawful, the agreement does not cover.
func purposes(agreement *v1alpha1.DataProcessingAgreement, processing *v1alpha1.Processing) []decide.Finding {
	n := slices.IndexFunc(agreement.Spec.Purposes, func(p v1alpha1.Purpose) bool { return p.Name == processing.Purpose })
	if n < 0 {
		return []decide.Finding{uncovered(agreement, "purpose "+string(processing.Purpose),
			"Name one of its purposes in spec.processing.purpose ("+purposeNames(agreement)+")")}
	}
	var found []decide.Finding
	for _, basis := range processing.LegalBasis {
		if !slices.Contains(agreement.Spec.Purposes[n].LegalBasis, basis) {
			found = append(found, uncovered(agreement, fmt.Sprintf("legal basis %s for purpose %s", basis, processing.Purpose),
				fmt.Sprintf("Take %s out of spec.processing.legalBasis", basis)))
		}
	}
	return found
}

func purposeNames(agreement *v1alpha1.DataProcessingAgreement) string {
	names := make([]string, 0, len(agreement.Spec.Purposes))
	for _, purpose := range agreement.Spec.Purposes {
		names = append(names, string(purpose.Name))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// retention lists what is kept for longer than the agreement allows for a category that is handled. A
// category the agreement sets no limit for has none.
func retention(agreement *v1alpha1.DataProcessingAgreement, processing *v1alpha1.Processing, kept []Kept) []decide.Finding {
	var found []decide.Finding
	for _, limit := range agreement.Spec.Retention {
		if !slices.Contains(processing.DataCategories, limit.Category) {
			continue
		}
		for _, data := range kept {
			if data.Days > limit.MaxDays {
				found = append(found, uncovered(agreement,
					fmt.Sprintf("keeping %s for %d days: %s may be kept for %d", data.What, data.Days, limit.Category, limit.MaxDays),
					fmt.Sprintf("Lower %s to %d", data.Field, limit.MaxDays)))
			}
		}
	}
	return found
}
