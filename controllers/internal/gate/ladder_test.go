// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// onRung is an agreement that stands somewhere, and what is said of it.
type onRung struct {
	standing Standing
	change   []func(*agreement)
	// new is what becomes of what is new, or changed: an admission, or a hold.
	new decide.Effect
	// running is what becomes of what runs, by the two settings of afterGrace: it is held, which lets
	// it run on, or withdrawn.
	running map[configuration.AfterGrace]decide.Effect
	finding decide.Finding
	next    string
}

// both is said of what is the same by both settings of afterGrace.
func both(effect decide.Effect) map[configuration.AfterGrace]decide.Effect {
	return map[configuration.AfterGrace]decide.Effect{configuration.KeepRunning: effect, configuration.SuspendAfterGrace: effect}
}

// rungs is the table of docs and design, row by row.
func rungs() map[string]onRung {
	const owners, platforms = v1alpha1.ActorServiceOwner, v1alpha1.ActorPlatform
	return map[string]onRung{
		"in force": {standing: InForce, running: both(0)},
		"not yet valid": {standing: NotYetValid, change: []func(*agreement){from("2026-07-01")}, new: decide.Hold, running: both(decide.Hold),
			finding: ofAgreement(0, "NotYetValid", "Agreement skd-1 is not in force before 2026-07-01", "Wait until then; it follows by itself", owners),
			next:    "2026-07-01"},
		"expired, within grace": {standing: InGrace, change: []func(*agreement){until("2026-06-01")}, new: decide.Hold, running: both(decide.Hold),
			finding: ofAgreement(0, "AgreementExpired", "Agreement skd-1 ran out on 2026-06-01, 14 days ago; its grace ends on 2026-07-01", newAgreementNeeded, owners),
			next:    "2026-06-16"},
		"expired past grace": {standing: Expired, change: []func(*agreement){until("2026-04-01")}, new: decide.Hold,
			running: map[configuration.AfterGrace]decide.Effect{configuration.KeepRunning: decide.Hold, configuration.SuspendAfterGrace: decide.Withdraw},
			finding: ofAgreement(0, "AgreementExpired", "Agreement skd-1 ran out on 2026-04-01, and its grace of 30 days is over", newAgreementNeeded, owners)},
		"suspended": {standing: Suspended, change: []func(*agreement){state("Suspended")}, new: decide.Hold, running: both(decide.Hold),
			finding: ofAgreement(0, "AgreementSuspended", "Agreement skd-1 is suspended", "Set the agreement's spec.state to Active when its parties agree", platforms)},
		"stopped": {standing: Stopped, change: []func(*agreement){state("Stopped")}, new: decide.Hold, running: both(decide.Withdraw),
			finding: ofAgreement(0, "AgreementStopped", "Agreement skd-1 is stopped: skd has ordered the processing to stop",
				"Withdraw the order and have the platform team set the agreement's spec.state to Active", owners)},
		"terminated": {standing: Terminated, change: []func(*agreement){state("Terminated")}, new: decide.Hold, running: both(decide.Withdraw),
			finding: ofAgreement(0, "AgreementTerminated", "Agreement skd-1 is terminated", newAgreementNeeded, owners)},
		"reversed": {standing: Reversed, change: []func(*agreement){from("2026-05-01"), until("2026-04-01")}, new: decide.Hold, running: both(decide.Hold),
			finding: ofAgreement(0, "ValidityReversed", "Agreement skd-1 ends on 2026-04-01, before it begins on 2026-05-01", "Correct the agreement's spec.validity", platforms)},
	}
}

// ladderCases are the cells of the ladder: a Hold keeps what is new or changed from starting and lets
// what runs run on, a Withdraw keeps and stops it.
func ladderCases() map[string]rulingCase {
	cases := map[string]rulingCase{}
	for name, rung := range rungs() {
		for afterGrace, effect := range rung.running {
			want := covered(rung.next)
			if rung.standing != InForce {
				rung.finding.Effect = effect
				want = refused(rung.next, rung.finding)
			}
			cases[fmt.Sprintf("an agreement %s, with afterGrace %s", name, afterGrace)] = rulingCase{
				world: newWorld(only(rung.change...), func(w *world) { w.operator.Agreements.AfterGrace = afterGrace }), want: want,
			}
		}
	}
	cases["no agreement at all is told once, whatever is needed"] = rulingCase{
		world: newWorld(agreed(), uses("KRR", "DPV")),
		want: Ruling{Affirmed: []decide.Affirmation{lying(keptInEast)}, Findings: []decide.Finding{
			ofAgreement(decide.Hold, "AgreementMissing", "Service owner skd has no data processing agreement",
				"Apply the DataProcessingAgreement that was signed; it follows by itself", v1alpha1.ActorPlatform),
		}},
	}
	return cases
}

func TestLadder(t *testing.T) { tryRulings(t, ladderCases()) }

func TestLadderHasARungForEveryStanding(t *testing.T) {
	tested := map[Standing]bool{}
	for name, row := range rungs() {
		tested[row.standing] = true
		operator := newWorld().operator
		i := &instants{now: noon}
		if got := i.standingOf(newAgreement("skd-1", row.change...), operator); got != row.standing {
			t.Errorf("%s: standing %d, not %d", name, got, row.standing)
		}
		found, refuses := rungOf(row.standing, operator)
		if refuses != (row.standing != InForce) || refuses && (found.effect < row.new || found.reason != row.finding.Reason) {
			t.Errorf("%s: rung %v", name, found)
		}
	}
	for standing := InForce; standing <= Reversed; standing++ {
		if _, refuses := ladder[standing]; !tested[standing] || refuses != (standing != InForce) {
			t.Errorf("standing %d: tested %v, on the ladder %v", standing, tested[standing], refuses)
		}
	}
	if len(ladder) != len(tested)-1 {
		t.Errorf("%d rungs for %d standings", len(ladder), len(tested))
	}
}

func TestOnlyWarningsLeaveACaseCovered(t *testing.T) {
	for effect, want := range map[decide.Effect]bool{decide.Warn: true, decide.Limit: false, decide.Hold: false, decide.Withdraw: false} {
		ruling := Ruling{Findings: []decide.Finding{{Effect: decide.Warn}, {Effect: effect}}}
		if diff := cmp.Diff(want, ruling.Covered()); diff != "" {
			t.Errorf("with effect %d, covered (-want +got):\n%s", effect, diff)
		}
	}
	if !(Ruling{}).Covered() {
		t.Error("nothing found is covered")
	}
}
