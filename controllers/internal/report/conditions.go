// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

// Part is a condition that stands for some of a kind's children.
type Part struct {
	// Condition is its type.
	Condition string
	// Kinds are the kinds of children it stands for; the last part of a list stands for all that
	// no other names.
	Kinds []string
}

// progressing is the one text of everything that is under way. It names no child and no count:
// those change from moment to moment, and a status is written for news only.
const progressing = "Under way: the cluster is making or rolling out what was declared"

// partOf returns the part a kind of child belongs to.
func partOf(parts []Part, kind string) string {
	for _, part := range parts {
		if slices.Contains(part.Kinds, kind) {
			return part.Condition
		}
	}
	return parts[len(parts)-1].Condition
}

// conditionsOf computes all conditions of an outcome, in the order they are shown, Ready last.
func conditionsOf(outcome Outcome, parts []Part) []metav1.Condition {
	var conditions []metav1.Condition
	for _, part := range parts {
		if condition, known := partCondition(outcome, parts, part.Condition); known {
			conditions = append(conditions, condition)
		}
	}
	ready := readyCondition(outcome, conditions)
	if extra, ok := progressCondition(outcome, ready); ok {
		conditions = append(conditions, extra)
	}
	return append(conditions, ready)
}

// partCondition is the worst of what the findings, the rules and the children of a part say. It is
// not there when the pass ended before anything of the part was there to look at.
func partCondition(outcome Outcome, parts []Part, part string) (metav1.Condition, bool) {
	if found, ok := findingsCondition(outcome.Verdict, part); ok {
		return found, true
	}
	for _, awaited := range outcome.Verdict.Outstanding {
		if awaited.Part == part {
			return condition(part, awaited.Status, awaited.Reason, awaited.Message), true
		}
	}
	for _, affirmed := range outcome.Verdict.Affirmed {
		if affirmed.Part != part {
			continue
		}
		if awaited, waits := awaits(outcome, parts, affirmed); waits {
			return awaited, true
		}
		return condition(part, metav1.ConditionTrue, v1alpha1.ReasonReady, affirmed.Message), true
	}
	if outcome.Failure != nil && outcome.Health == nil {
		return condition(part, metav1.ConditionUnknown, outcome.Failure.Reason, "Not known: "+brief(outcome.Failure.Err)), true
	}
	return childrenCondition(outcome, parts, part)
}

// awaits says what of the pass itself stands in the way of what was affirmed of a part. Before anything is made at all,
// nothing does.
func awaits(outcome Outcome, parts []Part, affirmed decide.Affirmation) (metav1.Condition, bool) {
	switch part := affirmed.Part; {
	case !affirmed.OnceMade:
		return condition(part, metav1.ConditionFalse, v1alpha1.ReasonProgressing, progressing), outcome.Edited && wrote(outcome, parts, part)
	case outcome.First:
		return metav1.Condition{}, false
	case outcome.Failure != nil && !wrote(outcome, parts, part):
		return condition(part, metav1.ConditionUnknown, outcome.Failure.Reason, "Not known: "+brief(outcome.Failure.Err)), true
	default:
		children, known := childrenCondition(outcome, parts, part)
		return children, known && children.Status != metav1.ConditionTrue
	}
}

// wrote says whether the pass wrote a child of a part. Where it did so for a spec that is new, what was affirmed of the
// part was affirmed of the spec before, and the event of the write brings the pass that knows better.
func wrote(outcome Outcome, parts []Part, part string) bool {
	return slices.ContainsFunc(outcome.Changes, func(change apply.Change) bool { return partOf(parts, change.Child.Kind) == part })
}

// findingsCondition is what the rules found wrong with a part: the first names the reason, all are
// told.
func findingsCondition(verdict decide.Verdict, part string) (metav1.Condition, bool) {
	var reason string
	var status metav1.ConditionStatus
	var messages []string
	for _, finding := range verdict.Findings {
		if finding.Effect == decide.Warn || finding.Part != part {
			continue
		}
		if reason == "" {
			reason, status = finding.Reason, statusOf(finding)
		}
		messages = append(messages, finding.Message)
	}
	return condition(part, status, reason, strings.Join(messages, "; ")), reason != ""
}

// statusOf is False, unless the finding says that nothing is known.
func statusOf(finding decide.Finding) metav1.ConditionStatus {
	if finding.Status == "" {
		return metav1.ConditionFalse
	}
	return finding.Status
}

// childrenCondition is the worst of what the children of a part say.
func childrenCondition(outcome Outcome, parts []Part, part string) (metav1.Condition, bool) {
	worst, found := observe.Health{}, false
	for _, health := range outcome.Health {
		if partOf(parts, health.Child.Kind) != part {
			continue
		}
		if !found || health.State > worst.State {
			worst, found = health, true
		}
	}
	if !found {
		return metav1.Condition{}, false
	}
	switch worst.State {
	case observe.Failed:
		return condition(part, metav1.ConditionFalse, v1alpha1.ReasonUnhealthy,
			fmt.Sprintf("%s %s: %s", worst.Child.Kind, worst.Child.Name, worst.Message)), true
	case observe.InProgress:
		return condition(part, metav1.ConditionFalse, v1alpha1.ReasonProgressing, progressing), true
	default:
		return condition(part, metav1.ConditionTrue, v1alpha1.ReasonReady, "All that was declared stands"), true
	}
}

// readyCondition sums up: what stopped the pass, else what was decided, else what was found, else the
// first part that is not True, else Ready.
func readyCondition(outcome Outcome, parts []metav1.Condition) metav1.Condition {
	if outcome.Failure != nil {
		status := metav1.ConditionFalse
		if outcome.Failure.Reason == v1alpha1.ReasonFactsUnavailable {
			status = metav1.ConditionUnknown
		}
		return condition(v1alpha1.ConditionReady, status, outcome.Failure.Reason, brief(outcome.Failure.Err))
	}
	if finding, decided := outcome.Verdict.Deciding(); decided {
		return condition(v1alpha1.ConditionReady, statusOf(finding), finding.Reason, allMessages(outcome.Verdict, finding))
	}
	for _, finding := range outcome.Verdict.Findings {
		if finding.Effect == decide.Limit {
			return condition(v1alpha1.ConditionReady, statusOf(finding), finding.Reason, allMessages(outcome.Verdict, finding))
		}
	}
	for _, part := range parts {
		if part.Status != metav1.ConditionTrue {
			return condition(v1alpha1.ConditionReady, part.Status, part.Reason, part.Type+": "+part.Message)
		}
	}
	return condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "All that was declared stands and is healthy")
}

// allMessages joins what every finding that keeps the resource from being Ready says, and what that
// means for what runs. What is only not known goes without saying where something is known to be wrong.
func allMessages(verdict decide.Verdict, deciding decide.Finding) string {
	var messages []string
	for _, finding := range verdict.Findings {
		if finding.Effect != decide.Warn && statusOf(finding) == statusOf(deciding) {
			messages = append(messages, finding.Message)
		}
	}
	text := strings.Join(messages, "; ")
	if verdict.Consequence != "" {
		text += ". " + verdict.Consequence
	}
	return text
}

// progressCondition is Reconciling while something is under way or tried again, Stalled while only
// a person can help, and absent otherwise; never both, since kstatus takes the first it meets.
func progressCondition(outcome Outcome, ready metav1.Condition) (metav1.Condition, bool) {
	failure := outcome.Failure
	switch {
	case failure != nil && failure.Terminal:
		return condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, failure.Reason, ready.Message), true
	case failure != nil:
		return condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, failure.Reason, "Trying again: "+ready.Message), true
	case ready.Reason == v1alpha1.ReasonProgressing:
		return condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonProgressing, progressing), true
	default:
		return metav1.Condition{}, false
	}
}

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: cut(message, longestCondition)}
}

// stamp dates the conditions: those whose status did not change keep the time they had.
func stamp(conditions, before []metav1.Condition, generation int64, now time.Time) []metav1.Condition {
	for i := range conditions {
		conditions[i].ObservedGeneration = generation
		conditions[i].LastTransitionTime = metav1.NewTime(now).Rfc3339Copy()
		if old := meta.FindStatusCondition(before, conditions[i].Type); old != nil && old.Status == conditions[i].Status {
			conditions[i].LastTransitionTime = old.LastTransitionTime
		}
	}
	return conditions
}

// How much of a text is shown, in bytes: of an error, in a condition, in an event. The API server
// refuses conditions above 32768 and events above 1024.
const (
	longest          = 600
	longestCondition = 32000
	longestEvent     = 1000
)

// brief is an error on one line of bounded length, without the details of connections.
func brief(err error) string { return cut(apply.WithoutConnections(err.Error()), longest) }

// cut is a text on one line of bounded length.
func cut(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
