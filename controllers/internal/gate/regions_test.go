// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// keptIn puts the owner's data somewhere.
func keptIn(region v1alpha1.Region, redundancy v1alpha1.Redundancy) func(*world) {
	return func(w *world) { w.owner.Spec.Region, w.owner.Spec.Storage.Redundancy = region, redundancy }
}

// excepted gives the owner an exception.
func excepted(expires string) func(*world) {
	return func(w *world) {
		w.owner.Spec.RegionException = &v1alpha1.RegionException{Reason: "GPUs", Expires: timeAt(expires)}
	}
}

// named makes the agreement name regions.
func named(regions ...v1alpha1.Region) func(*world) {
	return only(func(a *agreement) { a.Spec.Regions = regions })
}

const (
	orElsewhere = "Keep the data in another region, or have the agreement extended"
	giveOne     = "Give the ServiceOwner a spec.regionException with reason and expiry, or another region"
	moveOrRenew = "Move the data to an allowed region, or renew spec.regionException of the ServiceOwner"
	second      = "Region %s, which %s keeps the second copy in,"
)

// regionCases are where data is kept, and what is said of it.
func regionCases() map[string]rulingCase {
	ireland, secondWest := named("northeurope"), fmt.Sprintf(second, "norwaywest", "GRS")
	secondNL := fmt.Sprintf(second, "westeurope", "GZRS")
	wrong := func(reason, message, remedy string) decide.Finding { return regionFinding(reason, message, remedy) }
	well := func(ruling Ruling, where string) Ruling {
		ruling.Affirmed = []decide.Affirmation{standing(inForceNow), lying("Data is kept in " + where)}
		return ruling
	}
	none := func(w *world) { w.operator.Regions.Exceptional = nil }
	notAllowed := func(what, exceptional string) decide.Finding {
		return wrong("RegionNotAllowed", what+" is not allowed here; allowed are norwayeast, norwaywest, and by exception "+exceptional,
			"Choose an allowed region, or a redundancy that stays in one")
	}
	return map[string]rulingCase{
		"an allowed region":                         {newWorld(), covered("")},
		"an allowed region, and its pair":           {newWorld(keptIn("norwayeast", "GRS")), well(covered(""), "norwayeast (NO) and norwaywest (NO)")},
		"a region by an exception that lasts":       {newWorld(ireland, keptIn("northeurope", "LRS"), excepted("2027-06-15T12:00:00Z")), well(covered("2027-03-17T12:00:00Z"), "northeurope (IE)")},
		"an exception where none is needed":         {newWorld(excepted("2026-01-01")), covered("")},
		"a region by exception only, without one":   {newWorld(ireland, keptIn("northeurope", "ZRS")), misplaced("", wrong("RegionExceptionMissing", "Region northeurope is allowed by exception only, and the ServiceOwner has none", giveOne))},
		"a region whose exception ends now":         {newWorld(ireland, keptIn("northeurope", "ZRS"), excepted("2026-06-15T12:00:00Z")), misplaced("", wrong("RegionExceptionExpired", "Region northeurope was allowed by an exception that ran out on 2026-06-15 12:00 UTC", moveOrRenew))},
		"a region that is not allowed":              {newWorld(named("swedencentral"), keptIn("swedencentral", "ZRS"), excepted("2027-06-15")), misplaced("", notAllowed("Region swedencentral", "northeurope, westeurope"))},
		"not allowed, and nothing is by exception":  {newWorld(named("swedencentral"), keptIn("swedencentral", "ZRS"), none), misplaced("", notAllowed("Region swedencentral", "none"))},
		"a pair that is not allowed":                {newWorld(keptIn("norwayeast", "GRS"), func(w *world) { w.operator.Regions.Allowed = []v1alpha1.Region{"norwayeast"} }), misplaced("", wrong("RegionNotAllowed", secondWest+" is not allowed here; allowed are norwayeast, and by exception northeurope, westeurope", "Choose an allowed region, or a redundancy that stays in one"))},
		"geo-redundancy without a pair":             {newWorld(named("polandcentral"), keptIn("polandcentral", "GRS"), func(w *world) { w.operator.Regions.Allowed = []v1alpha1.Region{"polandcentral"} }), misplaced("", wrong("RegionWithoutPair", "Redundancy GRS needs a second region, and Azure pairs polandcentral with none", "Set spec.storage.redundancy of the ServiceOwner to LRS or ZRS"))},
		"a region and a pair by exception, without": {newWorld(named("northeurope", "westeurope"), keptIn("northeurope", "GZRS")), misplaced("", wrong("RegionExceptionMissing", "Region northeurope is allowed by exception only, and the ServiceOwner has none", giveOne), wrong("RegionExceptionMissing", secondNL+" is allowed by exception only, and the ServiceOwner has none", giveOne))},
		"a region and a pair by one exception":      {newWorld(named("northeurope", "westeurope"), keptIn("northeurope", "GZRS"), excepted("2026-12-01")), well(covered("2026-09-02"), "northeurope (IE) and westeurope (NL)")},
		"a region the agreement does not name":      {newWorld(named("norwaywest")), misplaced("", wrong("RegionNotCovered", "Region norwayeast is not one agreement skd-1 names", orElsewhere))},
		"a pair the agreement does not name":        {newWorld(named("norwayeast"), keptIn("norwayeast", "GRS")), misplaced("", wrong("RegionNotCovered", secondWest+" is not one agreement skd-1 names", orElsewhere))},
		"neither allowed nor named":                 {newWorld(keptIn("swedencentral", "LRS")), misplaced("", notAllowed("Region swedencentral", "northeurope, westeurope"), wrong("RegionNotCovered", "Region swedencentral is not one agreement skd-1 names", orElsewhere))},
		"a service owner that is not there":         {newWorld(func(w *world) { w.owner = nil }), Ruling{Agreement: "skd-1", Governing: []string{"skd-1"}, Affirmed: []decide.Affirmation{standing(inForceNow)}}},
	}
}

func TestRegions(t *testing.T) { tryRulings(t, regionCases()) }

// exceptionCases are warnings of an exception's end: at each milestone, and the nanosecond before it.
func exceptionCases() map[string]rulingCase {
	expires := at("2026-12-01T12:00:00Z")
	cases := map[string]rulingCase{}
	for n, days := range milestones {
		within := func(at int, days string, next string) Ruling {
			ruling := misplaced(next)
			ruling.Affirmed = append(ruling.Affirmed, lying("Data is kept in northeurope (IE)"))
			if at >= 0 {
				ruling.Findings = []decide.Finding{{Effect: decide.Warn, Part: v1alpha1.ConditionRegionCompliant, Reason: "RegionExceptionExpiring",
					Message: "Region northeurope is allowed by an exception that runs out on 2026-12-01 12:00 UTC, within " + days, Actor: v1alpha1.ActorPlatform, Remedy: moveOrRenew}}
			}
			return ruling
		}
		milestone := expires.AddDate(0, 0, -days)
		texts, ends := []string{"90 days", "30 days", "7 days", "1 day"}, []string{"2026-11-01T12:00:00Z", "2026-11-24T12:00:00Z", "2026-11-30T12:00:00Z", "2026-12-01T12:00:00Z"}
		ruled := func(now string) *world {
			return newWorld(named("northeurope"), keptIn("northeurope", "LRS"), excepted("2026-12-01T12:00:00Z"), when(now))
		}
		cases[fmt.Sprintf("an exception %d days before its end", days)] = rulingCase{
			ruled(milestone.Format("2006-01-02T15:04:05Z")), within(n, texts[n], ends[n]),
		}
		cases[fmt.Sprintf("an exception a nanosecond before the %d days before its end", days)] = rulingCase{
			ruled(milestone.Add(-1).Format("2006-01-02T15:04:05.999999999Z")), within(n-1, texts[max(n-1, 0)], milestone.Format("2006-01-02T15:04:05Z")),
		}
	}
	return cases
}

func TestWarningsOfAnExceptionsEnd(t *testing.T) { tryRulings(t, exceptionCases()) }
