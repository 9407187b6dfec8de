// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"fmt"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// judge rules on a spec of the App, by the agreements of its owner and by where that owner's data really lies:
// what was taken out of service does not come back to data that has left. Where pods run is asked of what is
// declared alone, since it holds nothing.
func (f Facts) judge(spec *v1alpha1.AppSpec) gate.Ruling {
	c := f.Holding.OfApp(spec)
	c.Places = f.DataPlaces
	return gate.Judge(c, f.Now)
}

// settle says what a refusal means for what runs. What was admitted last runs on, and is kept as it
// was. A withdrawal makes nothing of what never was.
func settle(verdict *decide.Verdict, facts Facts) {
	last, made := facts.Admitted, len(facts.App.Status.Children) > 0
	if verdict.Action == decide.ActionHold && last != nil {
		reconsider(verdict, facts)
	}
	switch {
	case verdict.Action == decide.ActionAdmit || verdict.Consequence != "":
	case verdict.Action == decide.ActionWithdraw && (last != nil || made):
		verdict.Consequence = "No pods run; data and names are kept"
	case verdict.Action == decide.ActionHold && canBeKept(facts):
		verdict.Action = decide.ActionKeep
		verdict.Consequence = fmt.Sprintf("Generation %d, admitted under agreement %s, runs on", last.generation, last.agreement)
	case made:
		verdict.Consequence = "What runs is left as it is"
	default:
		verdict.Action, verdict.Consequence = decide.ActionHold, "Nothing is made until then"
	}
}

// canBeKept says whether what was admitted last can be kept as it was: its owner is there, what it reads
// is, and nobody else has come to have its address.
func canBeKept(facts Facts) bool {
	if facts.Admitted == nil || len(facts.Kept.missing) > 0 || ownerMissing(facts) != nil {
		return false
	}
	kept := facts.Admitted.of(facts.App)
	return holderOf(kept, facts.KeptAddress, facts.Operator) == kept
}

// reconsider judges what runs, where what is declared is held: an order to stop concerns it too, and
// what an agreement took out of service stays out until an agreement in force covers it again. That the
// agreement is gone is no reason to start what it stopped.
func reconsider(verdict *decide.Verdict, facts Facts) {
	ruling := facts.judge(&facts.Admitted.spec)
	verdict.WakeAt(ruling.Next)
	for _, finding := range ruling.Findings {
		if finding.Effect == decide.Withdraw {
			verdict.Findings = append(verdict.Findings, finding)
			verdict.Action = decide.ActionWithdraw
		}
	}
	if verdict.Action == decide.ActionHold && facts.Admitted.withdrawn != "" && (!ruling.Covered() || facts.PlacesUnknown != nil) {
		verdict.Action = decide.ActionWithdraw
		verdict.Consequence = fmt.Sprintf("It was withdrawn (%s) and comes back when an agreement in force covers it. No pods run; data and names are kept",
			facts.Admitted.withdrawn)
	}
}

// withdrawal is the reason for which an agreement takes the App out of service, or did and nothing has
// brought it back; empty when it is in service, or its owner took it out.
func (f Facts) withdrawal(action decide.Action) string {
	if action != decide.ActionWithdraw {
		return ""
	}
	for _, spec := range []*v1alpha1.AppSpec{&f.App.Spec, &f.Admitted.spec} {
		for _, finding := range f.judge(spec).Findings {
			if finding.Effect == decide.Withdraw {
				return finding.Reason
			}
		}
	}
	return f.Admitted.withdrawn
}
