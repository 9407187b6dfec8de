// SPDX-License-Identifier: BSD-3-Clause

package decide

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// finding returns a finding that is told from others by its reason.
func finding(effect Effect, reason string) Finding {
	return Finding{Effect: effect, Reason: reason, Message: reason + " it is"}
}

// ruleFinding returns a rule that finds the same things whatever the facts are.
func ruleFinding(findings ...Finding) Rule[struct{}] {
	return func(struct{}) []Finding { return findings }
}

func TestChainEvaluate(t *testing.T) {
	warn, limit := finding(Warn, "Warned"), finding(Limit, "Limited")
	hold, withdraw := finding(Hold, "Held"), finding(Withdraw, "Withdrawn")
	for name, tc := range map[string]struct {
		chain Chain[struct{}]
		want  Verdict
	}{
		"a chain without rules admits": {
			want: Verdict{Action: ActionAdmit},
		},
		"rules that find nothing admit": {
			chain: Chain[struct{}]{ruleFinding(), ruleFinding()},
			want:  Verdict{Action: ActionAdmit},
		},
		"a warning admits and is listed": {
			chain: Chain[struct{}]{ruleFinding(warn)},
			want:  Verdict{Action: ActionAdmit, Findings: []Finding{warn}},
		},
		"a limit admits and is listed": {
			chain: Chain[struct{}]{ruleFinding(limit)},
			want:  Verdict{Action: ActionAdmit, Findings: []Finding{limit}},
		},
		"one hold among findings that admit holds": {
			chain: Chain[struct{}]{ruleFinding(warn), ruleFinding(hold), ruleFinding(limit)},
			want:  Verdict{Action: ActionHold, Findings: []Finding{warn, hold, limit}},
		},
		"a withdrawal after a hold withdraws": {
			chain: Chain[struct{}]{ruleFinding(hold), ruleFinding(withdraw)},
			want:  Verdict{Action: ActionWithdraw, Findings: []Finding{hold, withdraw}},
		},
		"a hold after a withdrawal does not soften it": {
			chain: Chain[struct{}]{ruleFinding(withdraw), ruleFinding(hold)},
			want:  Verdict{Action: ActionWithdraw, Findings: []Finding{withdraw, hold}},
		},
		"rules after a refusal are asked too, and all findings of one rule are listed": {
			chain: Chain[struct{}]{ruleFinding(hold), ruleFinding(finding(Hold, "A"), finding(Hold, "B")), ruleFinding(finding(Hold, "C"))},
			want:  Verdict{Action: ActionHold, Findings: []Finding{hold, finding(Hold, "A"), finding(Hold, "B"), finding(Hold, "C")}},
		},
		"a finding without an effect is listed and changes nothing": {
			chain: Chain[struct{}]{ruleFinding(Finding{Reason: "Forgotten"})},
			want:  Verdict{Action: ActionAdmit, Findings: []Finding{{Reason: "Forgotten"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.chain.Evaluate(struct{}{})); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChainEvaluateHandsTheFactsToEveryRule(t *testing.T) {
	var seen []string
	look := func(name string) Rule[string] {
		return func(facts string) []Finding {
			seen = append(seen, name+" saw "+facts)
			return []Finding{finding(Hold, name)}
		}
	}
	Chain[string]{look("first"), look("second")}.Evaluate("the facts")
	if diff := cmp.Diff([]string{"first saw the facts", "second saw the facts"}, seen); diff != "" {
		t.Errorf("rules asked (-want +got):\n%s", diff)
	}
}

func TestVerdictDeciding(t *testing.T) {
	warn, limit := finding(Warn, "Warned"), finding(Limit, "Limited")
	for name, tc := range map[string]struct {
		verdict Verdict
		want    Finding
		decided bool
	}{
		"the zero verdict was decided by nothing": {},
		"an admission was decided by nothing, whatever was found": {
			verdict: Verdict{Action: ActionAdmit, Findings: []Finding{warn, limit}},
		},
		"of several holds the first decides": {
			verdict: Verdict{Action: ActionHold, Findings: []Finding{warn, finding(Hold, "A"), finding(Hold, "B")}},
			want:    finding(Hold, "A"), decided: true,
		},
		"a withdrawal decides over a hold that stands before it": {
			verdict: Verdict{Action: ActionWithdraw, Findings: []Finding{finding(Hold, "A"), finding(Withdraw, "B"), finding(Withdraw, "C")}},
			want:    finding(Withdraw, "B"), decided: true,
		},
		"what is kept was decided by the first of the strongest": {
			verdict: Verdict{Action: ActionKeep, Findings: []Finding{warn, limit, finding(Hold, "A"), finding(Withdraw, "B"), finding(Withdraw, "C"), finding(Hold, "D")}},
			want:    finding(Withdraw, "B"), decided: true,
		},
		"a withdrawal turned into a hold is still decided by what is withdrawn for": {
			verdict: Verdict{Action: ActionHold, Findings: []Finding{finding(Hold, "A"), finding(Withdraw, "B")}},
			want:    finding(Withdraw, "B"), decided: true,
		},
		"a hold that only warnings and limits were found for was decided by nothing": {
			verdict: Verdict{Action: ActionHold, Findings: []Finding{warn, limit}},
		},
		"of several holds one that knows decides over one that does not": {
			verdict: Verdict{Action: ActionHold, Findings: []Finding{
				{Effect: Hold, Reason: "A", Status: metav1.ConditionUnknown}, {Effect: Hold, Reason: "B", Status: metav1.ConditionUnknown}, finding(Hold, "C"),
			}},
			want: finding(Hold, "C"), decided: true,
		},
		"a hold that nothing was found for was decided by nothing": {
			verdict: Verdict{Action: ActionHold, NextCheck: time.Unix(1, 0)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, decided := tc.verdict.Deciding()
			if decided != tc.decided {
				t.Errorf("decided: want %v, got %v", tc.decided, decided)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
		})
	}
}

func TestZeroActionIsNoAction(t *testing.T) {
	var forgotten Action
	for _, action := range []Action{ActionAdmit, ActionHold, ActionKeep, ActionWithdraw} {
		if forgotten == action {
			t.Errorf("the zero value is action %d", action)
		}
	}
}

func TestWakeAtTakesTheEarliest(t *testing.T) {
	first, second, third := time.Unix(1, 0), time.Unix(2, 0), time.Unix(3, 0)
	for name, tc := range map[string]struct {
		instants []time.Time
		want     time.Time
	}{
		"none":                        {},
		"the zero instant is none":    {instants: []time.Time{{}, second, {}}, want: second},
		"an earlier one moves it":     {instants: []time.Time{third, first, second}, want: first},
		"a later one does not":        {instants: []time.Time{first, third}, want: first},
		"the same again does not too": {instants: []time.Time{second, second}, want: second},
	} {
		t.Run(name, func(t *testing.T) {
			var verdict Verdict
			for _, instant := range tc.instants {
				verdict.WakeAt(instant)
			}
			if diff := cmp.Diff(Verdict{NextCheck: tc.want}, verdict); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestActionsOrderByHowMuchTheyTake(t *testing.T) {
	actions := []Action{ActionAdmit, ActionHold, ActionKeep, ActionWithdraw}
	if !slices.IsSorted(actions) {
		t.Errorf("a chain takes the greatest of its rules' actions: %v", actions)
	}
}

func TestFindingProblem(t *testing.T) {
	for name, tc := range map[string]struct {
		finding Finding
		want    v1alpha1.Problem
	}{
		"a hold is an error with the resource as a whole": {
			finding: Finding{Effect: Hold, Reason: v1alpha1.ReasonHostTaken, Message: "taken", Actor: v1alpha1.ActorServiceOwner, Remedy: "choose"},
			want: v1alpha1.Problem{Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionReady,
				Message: "taken", Actor: v1alpha1.ActorServiceOwner, Remedy: "choose"},
		},
		"a limit is an error with the part it names": {
			finding: Finding{Effect: Limit, Part: v1alpha1.ConditionAvailable, Message: "no route", Actor: v1alpha1.ActorPlatform, Remedy: "install"},
			want: v1alpha1.Problem{Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionAvailable,
				Message: "no route", Actor: v1alpha1.ActorPlatform, Remedy: "install"},
		},
		"a withdrawal is an error": {
			finding: Finding{Effect: Withdraw, Message: "stopped", Actor: v1alpha1.ActorExternal, Remedy: "ask"},
			want: v1alpha1.Problem{Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionReady,
				Message: "stopped", Actor: v1alpha1.ActorExternal, Remedy: "ask"},
		},
		"a warning is a warning": {
			finding: Finding{Effect: Warn, Message: "soon", Actor: v1alpha1.ActorPlatform, Remedy: "renew"},
			want: v1alpha1.Problem{Severity: v1alpha1.SeverityWarning, Component: v1alpha1.ConditionReady,
				Message: "soon", Actor: v1alpha1.ActorPlatform, Remedy: "renew"},
		},
		"what Ready becomes is no part of the problem": {
			finding: Finding{Effect: Hold, Status: metav1.ConditionUnknown, Message: "not known"},
			want:    v1alpha1.Problem{Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionReady, Message: "not known"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.finding.Problem()); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
		})
	}
}
