// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// What the table of regions says when a region needs an exception or another region.
const (
	renew   = "Move the data to an allowed region, or renew spec.regionException of the ServiceOwner"
	extend  = "Keep the data in another region, or have the agreement extended"
	except  = "Give the ServiceOwner a spec.regionException with reason and expiry, or another region"
	another = "Choose an allowed region, or a redundancy that stays in one"
)

func TestRegionsLimitAndNeverHold(t *testing.T) {
	for name, tc := range map[string]struct {
		facts func(*serviceowner.Facts)
		want  decide.Verdict
	}{
		"finds a second region well that is allowed and that the agreement names": {
			facts: func(f *serviceowner.Facts) { f.Owner.Spec.Storage.Redundancy = "GRS" },
			want:  keptIn("Data is kept in norwayeast (NO) and norwaywest (NO)"),
		},
		"limits an owner in a region that is not allowed, not even by exception": {
			facts: func(f *serviceowner.Facts) { move(f, "swedencentral"); except90(f) },
			want: misplaced(region("RegionNotAllowed",
				"Region swedencentral is not allowed here; allowed are norwayeast, norwaywest, and by exception northeurope, westeurope", another)),
		},
		"limits an owner in a region that needs an exception and has none": {
			facts: func(f *serviceowner.Facts) { move(f, "northeurope") },
			want: misplaced(region("RegionExceptionMissing",
				"Region northeurope is allowed by exception only, and the ServiceOwner has none", except)),
		},
		"limits an owner whose exception has run out this instant": {
			facts: func(f *serviceowner.Facts) { move(f, "northeurope"); exception(f, 0) },
			want: misplaced(region("RegionExceptionExpired",
				"Region northeurope was allowed by an exception that ran out on 2026-03-01 12:00 UTC", renew)),
		},
		"warns an owner whose exception will run out, and wakes at the next warning": {
			facts: func(f *serviceowner.Facts) { move(f, "northeurope"); exception(f, 30*24+1) },
			want:  at(now.Add(time.Hour), expiring("2026-03-31 13:00 UTC, within 90 days")),
		},
		"warns on its last day, and wakes when it has run out": {
			facts: func(f *serviceowner.Facts) { move(f, "northeurope"); exception(f, 24) },
			want:  at(now.Add(24*time.Hour), expiring("2026-03-02 12:00 UTC, within 1 day")),
		},
		"says nothing of an exception that lasts, and wakes at the first warning": {
			facts: func(f *serviceowner.Facts) { move(f, "northeurope"); exception(f, 91*24) },
			want:  at(now.Add(24*time.Hour), keptIn("Data is kept in northeurope (IE)")),
		},
		"limits an owner whose agreement does not name the region": {
			facts: func(f *serviceowner.Facts) { f.Holding.Agreements[0].Spec.Regions = []v1alpha1.Region{"norwaywest"} },
			want:  misplaced(region("RegionNotCovered", "Region norwayeast is not one agreement skd-2026 names", extend)),
		},
		"limits an owner whose redundancy asks for a second region where Azure has none": {
			facts: func(f *serviceowner.Facts) { move(f, "italynorth"); allow(f); f.Owner.Spec.Storage.Redundancy = "GZRS" },
			want: misplaced(region("RegionWithoutPair", "Redundancy GZRS needs a second region, and Azure pairs italynorth with none",
				"Set spec.storage.redundancy of the ServiceOwner to LRS or ZRS")),
		},
		"limits an owner whose second copy lies where it is not allowed": {
			facts: func(f *serviceowner.Facts) {
				f.Owner.Spec.Storage.Redundancy = "GRS"
				f.Holding.Operator.Regions.Allowed = []v1alpha1.Region{"norwayeast"}
			},
			want: misplaced(region("RegionNotAllowed",
				"Region norwaywest, which GRS keeps the second copy in, is not allowed here; allowed are norwayeast, and by exception northeurope, westeurope", another)),
		},
		"limits an owner whose second copy lies where the agreement does not say": {
			facts: func(f *serviceowner.Facts) {
				f.Owner.Spec.Storage.Redundancy = "GZRS"
				f.Holding.Agreements[0].Spec.Regions = []v1alpha1.Region{"norwayeast"}
			},
			want: misplaced(region("RegionNotCovered", "Region norwaywest, which GZRS keeps the second copy in, is not one agreement skd-2026 names", extend)),
		},
		"tells all that is wrong with both regions": {
			facts: func(f *serviceowner.Facts) {
				f.Owner.Spec.Region, f.Owner.Spec.Storage.Redundancy = "northeurope", "GRS"
			},
			want: misplaced(
				region("RegionExceptionMissing", "Region northeurope is allowed by exception only, and the ServiceOwner has none", except),
				region("RegionNotCovered", "Region northeurope is not one agreement skd-2026 names", extend),
				region("RegionExceptionMissing", "Region westeurope, which GRS keeps the second copy in, is allowed by exception only, and the ServiceOwner has none", except),
				region("RegionNotCovered", "Region westeurope, which GRS keeps the second copy in, is not one agreement skd-2026 names", extend)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			tc.facts(&facts)
			got := (&serviceowner.Kind{}).Decide(facts.Owner, facts)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// move puts an owner and what its agreement names into a region.
func move(facts *serviceowner.Facts, to v1alpha1.Region) {
	facts.Owner.Spec.Region = to
	facts.Holding.Agreements[0].Spec.Regions = []v1alpha1.Region{to}
}

// allow lets everybody into the owner's region.
func allow(facts *serviceowner.Facts) {
	facts.Holding.Operator.Regions.Allowed = []v1alpha1.Region{facts.Owner.Spec.Region}
}

// exception allows the owner's region for some hours.
func exception(facts *serviceowner.Facts, hours int) {
	facts.Owner.Spec.RegionException = &v1alpha1.RegionException{Reason: "Zones", Expires: *until(hours)}
}

// except90 allows the owner's region for ninety days.
func except90(facts *serviceowner.Facts) { exception(facts, 90*24) }

func region(reason, message, remedy string) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionRegionCompliant, Reason: reason,
		Message: message, Actor: v1alpha1.ActorPlatform, Remedy: remedy,
	}
}

// misplaced is the admission of an owner whose agreement is well and whose region is not.
func misplaced(findings ...decide.Finding) decide.Verdict {
	verdict := admitted(findings...)
	verdict.Affirmed = verdict.Affirmed[:1]
	return verdict
}

// keptIn is an admission of an owner with which all is well.
func keptIn(message string, findings ...decide.Finding) decide.Verdict {
	verdict := admitted(findings...)
	verdict.Affirmed[1].Message = message
	return verdict
}

// expiring is the admission of an owner in northeurope whose exception runs out.
func expiring(when string) decide.Verdict {
	return keptIn("Data is kept in northeurope (IE)", decide.Finding{
		Effect: decide.Warn, Part: v1alpha1.ConditionRegionCompliant, Reason: v1alpha1.ReasonRegionExceptionExpiring,
		Message: "Region northeurope is allowed by an exception that runs out on " + when,
		Actor:   v1alpha1.ActorPlatform, Remedy: renew,
	})
}
