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
	east, ireland, sweden := Place{"Node a", "norwayeast"}, Place{"Node b", "northeurope"}, Place{"PersistentVolume c", "swedencentral"}
	drifted := func(what, region string) decide.Finding {
		return decide.Finding{Effect: decide.Limit, Part: v1alpha1.ConditionRegionCompliant, Reason: "RegionDrift", Actor: v1alpha1.ActorPlatform,
			Message: what + " is used and lies in region " + region + ", which is not allowed",
			Remedy:  "Move what is there to an allowed region: drain the node, or move the data and delete the volume"}
	}
	return map[string]driftCase{
		"nothing anywhere":                 {world: newWorld()},
		"in a region that is allowed":      {world: newWorld(), places: []Place{east}},
		"in regions that are not, in turn": {newWorld(), []Place{sweden, east, ireland}, []decide.Finding{drifted("PersistentVolume c", "swedencentral"), drifted("Node b", "northeurope")}},
		"by an exception that lasts":       {world: newWorld(excepted("2026-06-20")), places: []Place{ireland}},
		"by an exception that ends now":    {newWorld(excepted("2026-06-15T12:00:00Z")), []Place{ireland}, []decide.Finding{drifted("Node b", "northeurope")}},
		"outside, whatever the exception":  {newWorld(excepted("2027-06-20")), []Place{{"Node d", "eastus"}}, []decide.Finding{drifted("Node d", "eastus")}},
		"of a service owner that is not":   {world: newWorld(func(w *world) { w.owner = nil }), places: []Place{sweden}},
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
	if found, next := driftIn(world, []Place{{"node b", "northeurope"}}); len(found) > 0 || !next.Equal(at("2026-06-15T12:30:00Z")) {
		t.Errorf("found %v, and looks again at %v", found, next)
	}
}

func TestDrift(t *testing.T) {
	for name, tc := range driftCases() {
		t.Run(name, func(t *testing.T) {
			got, _ := driftIn(tc.world, tc.places)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
		})
	}
}
