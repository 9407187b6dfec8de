// SPDX-License-Identifier: BSD-3-Clause

package decide

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Effect is what a finding does to the resource it is about.
type Effect int

// Effects, from the mildest to the strongest. The strongest among all findings becomes the action.
const (
	// Warn: everything goes on; the finding is listed as a problem.
	Warn Effect = iota + 1
	// Limit: everything goes on, but the resource cannot be Ready.
	Limit
	// Hold: nothing new is made, nothing that runs is touched.
	Hold
	// Withdraw: what runs is taken out of service; data and logs stay.
	Withdraw
)

// Finding is what a rule has to say.
type Finding struct {
	// Effect is what the finding does.
	Effect Effect
	// Part is the condition it concerns, which cannot be True then; of a warning, what people call the
	// part of the resource. It is empty when it concerns the resource as a whole.
	Part string
	// Reason is one of the reasons of api/v1alpha1; empty for a warning that is no event.
	Reason string
	// Message says what is wrong, in one sentence.
	Message string
	// Actor is who must act.
	Actor v1alpha1.Actor
	// Remedy says what to do.
	Remedy string
	// Status is what Ready becomes: False, unless the finding says that nothing is known.
	Status metav1.ConditionStatus
}

// Problem is the finding as users read it in status.problems.
func (f Finding) Problem() v1alpha1.Problem {
	severity := v1alpha1.SeverityError
	if f.Effect == Warn {
		severity = v1alpha1.SeverityWarning
	}
	component := f.Part
	if component == "" {
		component = v1alpha1.ConditionReady
	}
	return v1alpha1.Problem{Severity: severity, Component: component, Message: f.Message, Actor: f.Actor, Remedy: f.Remedy}
}

// Action is what the engine is to do with a resource's children.
type Action int

// Actions. The zero value is none of them, so that a forgotten decision is not an admission.
const (
	// ActionAdmit: make the children what the spec says.
	ActionAdmit Action = iota + 1
	// ActionHold: leave the children as they are.
	ActionHold
	// ActionKeep: make the children what the spec that was admitted last says.
	ActionKeep
	// ActionWithdraw: make the children what a withdrawn resource has.
	ActionWithdraw
)

// Affirmation is what a rule found to be well, of a condition that no children stand for.
type Affirmation struct {
	// Part is the condition.
	Part string
	// Message says what is well.
	Message string
	// OnceMade says that it is so when the pass has made the part's children what they are to be, and not before.
	OnceMade bool
}

// Outstanding is a condition that is not True yet, or of which nothing is known, without anything being
// wrong with it that people should be told as a problem.
type Outstanding struct {
	// Part is the condition.
	Part string
	// Status is what it is: False, or Unknown.
	Status metav1.ConditionStatus
	// Reason is one of the reasons of api/v1alpha1.
	Reason string
	// Message says what is awaited.
	Message string
}

// Verdict is a decision and what it rests on.
type Verdict struct {
	// Action is what to do.
	Action Action
	// Findings are all that the rules found, in the order of the rules.
	Findings []Finding
	// Affirmed are the conditions found to be True; a finding on the same condition weighs more.
	Affirmed []Affirmation
	// Outstanding are the conditions that are neither found wrong nor True.
	Outstanding []Outstanding
	// Consequence says what a refusal means for what runs; empty for an admission.
	Consequence string
	// NextCheck is the instant a time-bound fact changes; zero when none does.
	NextCheck time.Time
}

// Deciding returns the finding that names the reason of a refusal: the first of those with the
// strongest effect, and one that knows before one that does not. ok is false for a plain admission.
func (v Verdict) Deciding() (finding Finding, ok bool) {
	if v.Action == ActionAdmit {
		return Finding{}, false
	}
	for _, f := range v.Findings {
		known := f.Status != metav1.ConditionUnknown && finding.Status == metav1.ConditionUnknown
		if f.Effect >= Hold && (f.Effect > finding.Effect || f.Effect == finding.Effect && known) {
			finding, ok = f, true
		}
	}
	return finding, ok
}

// Rule looks at facts and returns what it finds; nothing when all is well.
type Rule[F any] func(F) []Finding

// WakeAt moves the next check forward to an instant, if that is earlier; the zero instant is none.
func (v *Verdict) WakeAt(instant time.Time) {
	if !instant.IsZero() && (v.NextCheck.IsZero() || instant.Before(v.NextCheck)) {
		v.NextCheck = instant
	}
}

// Chain is an ordered list of rules. The order is that in which reasons are named.
type Chain[F any] []Rule[F]

// Evaluate asks every rule, so that a user sees all that is wrong at once.
func (c Chain[F]) Evaluate(facts F) Verdict {
	verdict := Verdict{Action: ActionAdmit}
	for _, rule := range c {
		for _, finding := range rule(facts) {
			verdict.Findings = append(verdict.Findings, finding)
			verdict.Action = max(verdict.Action, actionOf(finding.Effect))
		}
	}
	return verdict
}

func actionOf(effect Effect) Action {
	switch effect {
	case Withdraw:
		return ActionWithdraw
	case Hold:
		return ActionHold
	default:
		return ActionAdmit
	}
}
