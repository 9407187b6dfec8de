// SPDX-License-Identifier: BSD-3-Clause

package enforcement

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testingclock "k8s.io/utils/clock/testing"
)

func TestNobodyLooksWhereThereIsNoProbe(t *testing.T) {
	var none *Probe
	if got := none.State(); got != NotProbed {
		t.Errorf("it is %d", got)
	}
}

// step is what is shown some time after the step before, and what holds then.
type step struct {
	after   time.Duration
	shown   State
	holds   State
	changed bool
}

func TestWhatHoldsOfWhatIsShown(t *testing.T) {
	for name, tc := range map[string]struct {
		steps []step
		// expired is how often it was told that time has gone by.
		expired int
	}{
		"nothing, before anything was ever shown": {steps: []step{{0, Unknown, Unknown, false}, {2 * patience, Unknown, Unknown, false}}},
		"what is shown first":                     {steps: []step{{0, Enforced, Enforced, true}, {time.Second, Enforced, Enforced, false}}},
		"what is shown last": {steps: []step{
			{0, Enforced, Enforced, true}, {time.Second, NotEnforced, NotEnforced, true}, {time.Second, Enforced, Enforced, true},
		}},
		"what was shown, while a pod moves": {steps: []step{
			{0, Enforced, Enforced, true}, {time.Hour, Unknown, Enforced, false}, {patience - time.Second, Unknown, Enforced, false},
			{0, Enforced, Enforced, false}, {2 * patience, Enforced, Enforced, false},
		}},
		"nothing, when nothing is shown for long, and what is shown then": {
			steps:   []step{{0, Enforced, Enforced, true}, {time.Hour, Unknown, Enforced, false}, {patience, Unknown, Unknown, false}, {time.Hour, Enforced, Enforced, true}},
			expired: 1,
		},
		"that it is not enforced, while its caller starts again": {steps: []step{
			{0, NotEnforced, NotEnforced, true}, {time.Minute, Unknown, NotEnforced, false}, {time.Minute, Enforced, Enforced, true},
		}},
		"each silence is waited for anew": {
			steps: []step{
				{0, Enforced, Enforced, true}, {0, Unknown, Enforced, false}, {patience / 2, Enforced, Enforced, false},
				{0, Unknown, Enforced, false}, {patience / 2, Unknown, Enforced, false}, {patience / 2, Unknown, Unknown, false},
			},
			expired: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			clock := testingclock.NewFakeClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			probe, expired := &Probe{Clock: clock}, 0
			var got []step
			for _, next := range tc.steps {
				clock.Step(next.after)
				changed := probe.learn(next.shown, func() { expired++ })
				got = append(got, step{next.after, next.shown, probe.State(), changed})
			}
			if diff := cmp.Diff(tc.steps, got, cmp.AllowUnexported(step{})); diff != "" || expired != tc.expired {
				t.Errorf("expired %d times, not %d; steps (-want +got):\n%s", expired, tc.expired, diff)
			}
		})
	}
}
