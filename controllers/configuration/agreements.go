// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"regexp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// defaults is what holds for keys that are left out.
func defaults() *Operator {
	return &Operator{
		Concurrency: 10,
		Agreements:  Agreements{GraceDays: 30, AfterGrace: KeepRunning},
		Receipts:    Receipts{Namespace: "serviceowner-system"},
	}
}

// complete fills in the lists that are left out, but for what another list names.
func (r *Regions) complete() {
	if r.Allowed == nil {
		r.Allowed = without([]v1alpha1.Region{"norwayeast", "norwaywest"}, r.Exceptional)
	}
	if r.Exceptional == nil {
		r.Exceptional = without([]v1alpha1.Region{"northeurope", "westeurope"}, r.Allowed)
	}
}

func without(regions, named []v1alpha1.Region) []v1alpha1.Region {
	return slices.DeleteFunc(regions, func(region v1alpha1.Region) bool { return slices.Contains(named, region) })
}

// longestGrace is the most days of grace that can be given.
const longestGrace = 3650

func validateRegions(path *field.Path, regions Regions) field.ErrorList {
	var wrong field.ErrorList
	if len(regions.Allowed) == 0 {
		wrong = append(wrong, field.Required(path.Child("allowed"), "data must be kept somewhere"))
	}
	seen := map[v1alpha1.Region]bool{}
	for _, list := range []struct {
		key     string
		regions []v1alpha1.Region
	}{{"allowed", regions.Allowed}, {"exceptional", regions.Exceptional}} {
		for i, region := range list.regions {
			at := path.Child(list.key).Index(i)
			if _, known := region.Info(); !known {
				wrong = append(wrong, field.Invalid(at, region, "must be an Azure region in the EEA, where personal data must stay"))
			}
			if seen[region] {
				wrong = append(wrong, field.Duplicate(at, region))
			}
			seen[region] = true
		}
	}
	return wrong
}

// version is what versions of the terms look like.
var version = regexp.MustCompile(`^[0-9]+([.][0-9]+)*$`)

func validateAgreements(path *field.Path, agreements Agreements) field.ErrorList {
	var wrong field.ErrorList
	wrong = append(wrong, validateDays(path.Child("graceDays"), agreements.GraceDays)...)
	choices := []AfterGrace{KeepRunning, SuspendAfterGrace}
	if !slices.Contains(choices, agreements.AfterGrace) {
		wrong = append(wrong, field.NotSupported(path.Child("afterGrace"), agreements.AfterGrace, choices))
	}
	terms, at := agreements.Terms, path.Child("terms")
	if terms == (Terms{}) {
		return wrong
	}
	if terms.Version == "" {
		wrong = append(wrong, field.Required(at.Child("version"), "the version that applies, as \"1.8\""))
	} else if !version.MatchString(terms.Version) {
		wrong = append(wrong, field.Invalid(at.Child("version"), terms.Version, "must be numbers with dots between, as 1.8"))
	}
	if terms.ValidFrom == "" {
		wrong = append(wrong, field.Required(at.Child("validFrom"), "the day from which it applies, as 2026-01-05"))
	} else if _, err := time.Parse(time.DateOnly, string(terms.ValidFrom)); err != nil {
		wrong = append(wrong, field.Invalid(at.Child("validFrom"), terms.ValidFrom, "must be a day, as 2026-01-05"))
	}
	return append(wrong, validateDays(at.Child("graceDays"), terms.GraceDays)...)
}

func validateDays(path *field.Path, days int) field.ErrorList {
	if days < 0 || days > longestGrace {
		return field.ErrorList{field.Invalid(path, days, "must be 0 to 3650 days")}
	}
	return nil
}
