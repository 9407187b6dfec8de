// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// rung is what a standing does to an App or ConsentResource, and who can end it.
//
// Hold keeps what is new or changed from starting, and lets what was admitted last run on. Withdraw
// takes that out of service too.
type rung struct {
	effect decide.Effect
	reason string
	actor  v1alpha1.Actor
	remedy string
}

// ladder is the table of what follows from where an agreement stands. In force is not on it: nothing
// follows.
var ladder = map[Standing]rung{
	NotYetValid: {decide.Hold, v1alpha1.ReasonNotYetValid, v1alpha1.ActorServiceOwner,
		"Wait until then; it follows by itself"},
	InGrace: {decide.Hold, v1alpha1.ReasonAgreementExpired, v1alpha1.ActorServiceOwner,
		"Sign a new agreement and have the platform team apply it"},
	Expired: {decide.Hold, v1alpha1.ReasonAgreementExpired, v1alpha1.ActorServiceOwner,
		"Sign a new agreement and have the platform team apply it"},
	Suspended: {decide.Hold, v1alpha1.ReasonAgreementSuspended, v1alpha1.ActorPlatform,
		"Set the agreement's spec.state to Active when its parties agree"},
	Stopped: {decide.Withdraw, v1alpha1.ReasonAgreementStopped, v1alpha1.ActorServiceOwner,
		"Withdraw the order and have the platform team set the agreement's spec.state to Active"},
	Terminated: {decide.Withdraw, v1alpha1.ReasonAgreementTerminated, v1alpha1.ActorServiceOwner,
		"Sign a new agreement and have the platform team apply it"},
	Reversed: {decide.Hold, v1alpha1.ReasonValidityReversed, v1alpha1.ActorPlatform,
		"Correct the agreement's spec.validity"},
}

// rungOf returns what follows from a standing by the operator's configuration; ok is false in force.
func rungOf(standing Standing, operator *configuration.Operator) (found rung, ok bool) {
	found, ok = ladder[standing]
	if standing == Expired && operator.Agreements.AfterGrace == configuration.SuspendAfterGrace {
		found.effect = decide.Withdraw
	}
	return found, ok
}
