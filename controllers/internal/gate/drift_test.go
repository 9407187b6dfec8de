// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// driftCase is where things really are, and what is said of it.
type driftCase struct {
	world  *world
	places []Place
	want   []decide.Finding
}

func driftCases() map[string]driftCase {
	east, ireland, sweden := Place{What: "Node a", Region: "norwayeast"}, Place{What: "Node b", Region: "northeurope"}, Place{What: "PersistentVolume c", Region: "swedencentral"}
	america := Place{What: "Node d", Region: "eastus"}
	drifted := func(what, region string) decide.Finding {
		return decide.Finding{Effect: decide.Limit, Part: v1alpha1.ConditionRegionCompliant, Reason: "RegionDrift", Actor: v1alpha1.ActorPlatform,
			Message: what + " is used and lies in region " + region + ", which is not allowed",
			Remedy:  "Move what is there to an allowed region: drain the node, or move the data and delete the volume"}
	}
	return map[string]driftCase{
		"nothing anywhere":                              {world: newWorld()},
		"in a region that is allowed":                   {world: newWorld(), places: []Place{east}},
		"in regions that are not, in turn":              {newWorld(), []Place{sweden, east, ireland}, []decide.Finding{drifted("PersistentVolume c", "swedencentral"), drifted("Node b", "northeurope")}},
		"by an exception that lasts":                    {world: newWorld(excepted("2026-06-20")), places: []Place{ireland}},
		"by an exception that ends now":                 {newWorld(excepted("2026-06-15T12:00:00Z")), []Place{ireland}, []decide.Finding{drifted("Node b", "northeurope")}},
		"outside, whatever the exception":               {newWorld(excepted("2027-06-20")), []Place{america}, []decide.Finding{drifted("Node d", "eastus")}},
		"of a service owner that is not":                {world: newWorld(func(w *world) { w.owner = nil }), places: []Place{sweden}},
		"what only runs goes by the installation alone": {world: newWorld(named("norwaywest")), places: []Place{east}},
	}
}

// Data that is kept where it must not be holds, and is judged by the agreement too.
func keptCases() map[string]driftCase {
	account := func(region v1alpha1.Region) Place {
		return Place{What: "storage account a", Region: region, Keeps: true}
	}
	kept := func(region, why string) decide.Finding {
		return decide.Finding{Effect: decide.Hold, Part: v1alpha1.ConditionRegionCompliant, Reason: "RegionDrift", Actor: v1alpha1.ActorPlatform,
			Message: "Data is kept in storage account a, which lies in region " + region + ", " + why,
			Remedy:  "Find out who moved it and tell the service owner's incident contact (GDPR art. 33); move the data back to an allowed region"}
	}
	const notAllowed, notNamed = "which is not allowed", "which agreement skd-1 does not name"
	return map[string]driftCase{
		"in a region that is allowed and named":         {world: newWorld(), places: []Place{account("norwayeast"), account("norwaywest")}},
		"in a region that is not allowed":               {newWorld(), []Place{account("swedencentral")}, []decide.Finding{kept("swedencentral", notAllowed)}},
		"in a region that is allowed and not named":     {newWorld(named("norwaywest")), []Place{account("norwayeast")}, []decide.Finding{kept("norwayeast", notNamed)}},
		"in a region that is named and not allowed":     {newWorld(named("swedencentral")), []Place{account("swedencentral")}, []decide.Finding{kept("swedencentral", notAllowed)}},
		"in a region that is neither is told once":      {newWorld(named("norwaywest")), []Place{account("swedencentral")}, []decide.Finding{kept("swedencentral", notAllowed)}},
		"by an exception, in a region that is named":    {world: newWorld(named("northeurope"), excepted("2026-06-20")), places: []Place{account("northeurope")}},
		"by an exception, in one that is not named":     {newWorld(excepted("2026-06-20")), []Place{account("northeurope")}, []decide.Finding{kept("northeurope", notNamed)}},
		"by an exception that ends now":                 {newWorld(named("northeurope"), excepted("2026-06-15T12:00:00Z")), []Place{account("northeurope")}, []decide.Finding{kept("northeurope", notAllowed)}},
		"without an agreement, where it is allowed":     {world: newWorld(agreed()), places: []Place{account("norwayeast")}},
		"without an agreement, where it is not allowed": {newWorld(agreed()), []Place{account("swedencentral")}, []decide.Finding{kept("swedencentral", notAllowed)}},
		"of a service owner that is not":                {world: newWorld(func(w *world) { w.owner = nil }), places: []Place{account("swedencentral")}},
	}
}

// driftIn is what is said of places, and when that may be another.
func driftIn(w *world, places []Place) (found []decide.Finding, next time.Time) {
	own := w.holding().OfOwner()
	own.Places = places
	ruling := Judge(own, noon)
	for _, finding := range ruling.Findings {
		if finding.Reason == v1alpha1.ReasonRegionDrift {
			found = append(found, finding)
		}
	}
	return found, ruling.Next
}

// What an exception allows today is looked at again when it ends.
func TestDriftWakesWhenAnExceptionEnds(t *testing.T) {
	world := newWorld(excepted("2026-06-15T12:30:00Z"))
	if found, next := driftIn(world, []Place{{What: "node b", Region: "northeurope"}}); len(found) > 0 || !next.Equal(at("2026-06-15T12:30:00Z")) {
		t.Errorf("found %v, and looks again at %v", found, next)
	}
}

func TestDrift(t *testing.T) { tryDrift(t, driftCases()) }

func TestDataKeptWhereItMustNotBeHolds(t *testing.T) { tryDrift(t, keptCases()) }

func tryDrift(t *testing.T, cases map[string]driftCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, _ := driftIn(tc.world, tc.places)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
		})
	}
}

// Of a place where data is kept, what lets it be is asked of the App's case too: nothing new is let in there.
func TestAnAppIsNotCoveredWhileItsDataLiesWhereItMustNot(t *testing.T) {
	for name, tc := range map[string]struct {
		place   Place
		covered bool
	}{
		"where it may":                  {Place{What: "container a", Region: "norwayeast", Keeps: true}, true},
		"where it may not":              {Place{What: "container a", Region: "swedencentral", Keeps: true}, false},
		"what runs there is not enough": {Place{What: "node a", Region: "swedencentral"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			world := newWorld()
			own := world.holding().OfApp(&world.spec)
			own.Places = []Place{tc.place}
			ruling := Judge(own, noon)
			if ruling.Covered() != tc.covered {
				t.Errorf("covered %v: %v", ruling.Covered(), ruling.Findings)
			}
			held := false
			for _, finding := range ruling.Findings {
				held = held || finding.Effect >= decide.Hold
			}
			if held != (!tc.covered && tc.place.Keeps) {
				t.Errorf("held %v: %v", held, ruling.Findings)
			}
		})
	}
}
