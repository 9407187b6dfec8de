// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// step is a part of what is registered. What comes later waits for what comes before.
type step int

const (
	stepResource step = iota
	stepPolicy
	stepRequesters
)

// Part is a condition that stands for a step and those after it that have none of their own.
type Part struct {
	// Condition is its type.
	Condition string
	// Stands says what is well, and Withdrawn what is when it is withdrawn.
	Stands, Withdrawn string
}

// conditionOf is the condition a step shows in.
func conditionOf(parts []string, at step) string { return parts[min(int(at), len(parts)-1)] }

// Judge says what is on record about a registration means for the conditions that stand for it, when a
// plan is what is to be there. Nothing is said of what is not registered and need not be.
func Judge(verdict *decide.Verdict, record *v1alpha1.Registration, plan Plan, parts []Part) {
	ours := Ours(record)
	switch {
	case record != nil && record.Obstacle != nil && (plan.Action == Register || ours):
		obstructed(verdict, record.Obstacle, parts)
	case unfulfilled(record, plan):
		for _, part := range parts {
			verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
				Part: part.Condition, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing,
				Message: "Under way: Altinn's Resource Registry is being told",
			})
		}
	case ours && record.State != v1alpha1.RegistrationPending: // of what may be there, nobody knows how it stands
		for _, part := range parts {
			verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{Part: part.Condition, Message: part.says(record)})
		}
	}
}

// unfulfilled says whether something is to be made or withdrawn that is not on record as it is planned.
func unfulfilled(record *v1alpha1.Registration, plan Plan) bool {
	switch plan.Action {
	case Register:
		return !Ours(record) || record.Revision != plan.Revision()
	case Withdraw:
		return Ours(record) && record.Revision != plan.Revision()
	default:
		return false
	}
}

func (p Part) says(record *v1alpha1.Registration) string {
	if record.State == v1alpha1.RegistrationWithdrawn {
		return p.Withdrawn
	}
	return p.Stands
}

// Ours says whether something may be registered that the operator has made, or taken over.
func Ours(record *v1alpha1.Registration) bool {
	return record != nil && record.State != v1alpha1.RegistrationAbsent
}

// obstructed tells of an obstacle in its own part. What was done before it stands; of the rest no more is
// known than of the obstacle.
func obstructed(verdict *decide.Verdict, obstacle *v1alpha1.Obstacle, parts []Part) {
	for _, part := range parts {
		switch {
		case part.Condition == obstacle.Condition:
			verdict.Findings = append(verdict.Findings, decide.Finding{
				Effect: decide.Limit, Part: part.Condition, Reason: obstacle.Reason, Status: obstacle.Status,
				Message: obstacle.Message, Actor: obstacle.Actor, Remedy: obstacle.Remedy,
			})
		case slices.Contains(obstacle.Stands, part.Condition):
			verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{Part: part.Condition, Message: part.Stands})
		default:
			verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
				Part: part.Condition, Status: obstacle.Status, Reason: obstacle.Reason, Message: "Waits for " + obstacle.Condition,
			})
		}
	}
}
