// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"fmt"
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// rules are asked in this order; the first that holds names the reason.
var rules = decide.Chain[Facts]{
	suspended,           // the platform has taken the owner out of service
	namespaceTerminates, // the namespace is on its way out: nothing can be made in it
	namespaceIsOurs,     // a namespace of this name was made for this public body, or by nobody yet
	agreementInForce,    // an agreement with it is in force, and all it has is where it may be
}

// Decide implements engine.Kind.
func (k *Kind) Decide(owner *v1alpha1.ServiceOwner, facts Facts) decide.Verdict {
	report, err := k.stored(owner, facts)
	own := facts.Holding.OfOwner()
	own.Places = slices.Concat(facts.Places, report.Places)
	facts.ruling = gate.Judge(own, facts.Now)
	verdict := rules.Evaluate(facts)
	verdict.Affirmed = facts.ruling.Affirmed
	verdict.Findings = append(verdict.Findings, k.leftBehind(facts)...)
	if k.Storage != nil && err == nil && verdict.Action != decide.ActionHold { // of what is not being made, nothing is awaited
		storage.Tell(&verdict, k.Storage.Name, facts.Missing, report)
	}
	k.tellGitOps(&verdict, facts)
	verdict.WakeAt(nextExpiry(facts))
	verdict.WakeAt(facts.ruling.Next)
	return verdict
}

// agreementInForce keeps the owner from being Ready, and nothing else: its namespace and what isolates
// it stand with or without an agreement. Its Apps ask for themselves.
func agreementInForce(facts Facts) []decide.Finding {
	findings := slices.Clone(facts.ruling.Findings)
	for n := range findings {
		findings[n].Effect = min(findings[n].Effect, decide.Limit)
	}
	return findings
}

// suspended keeps the namespace and its isolation as they are; the owner's Apps see the suspension
// and withdraw themselves (terms of use §1.6.5).
func suspended(facts Facts) []decide.Finding {
	suspend := facts.Owner.Spec.Suspend
	if suspend == nil {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Limit, Reason: v1alpha1.ReasonSuspended,
		Message: fmt.Sprintf("Suspended: %s. All Apps of %s are out of service; data and names are kept", suspend.Reason, facts.Owner.Name),
		Actor:   v1alpha1.ActorPlatform, Remedy: "Remove spec.suspend to bring everything back",
	}}
}

func namespaceTerminates(facts Facts) []decide.Finding {
	if facts.Namespace == nil || facts.Namespace.DeletionTimestamp == nil {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Hold, Reason: v1alpha1.ReasonProgressing,
		Message: fmt.Sprintf("Namespace %s is being deleted; it is made anew when it is gone", facts.Namespace.Name),
		Actor:   v1alpha1.ActorPlatform, Remedy: "Wait; if it lasts, look at the finalizers in the namespace",
	}}
}

// namespaceIsOurs guards against taking over, or being handed, a namespace with somebody else's data:
// the code can be given to another public body one day, the organisation number cannot.
func namespaceIsOurs(facts Facts) []decide.Finding {
	if facts.Namespace == nil {
		return nil
	}
	marks := facts.Namespace.Annotations
	madeForCode := marks[v1alpha1.AnnotationOwner] == apply.OwnerMark("ServiceOwner", facts.Owner.Name)
	number := marks[v1alpha1.AnnotationOrganizationNumber]
	sameBody := number == string(facts.Owner.Spec.OrganizationNumber)
	conflict := decide.Finding{Effect: decide.Hold, Reason: v1alpha1.ReasonNamespaceConflict, Actor: v1alpha1.ActorPlatform}
	switch {
	case madeForCode && sameBody:
		return nil
	case number != "" && !sameBody:
		conflict.Message = fmt.Sprintf("Namespace %s holds what was kept for organisation number %s, not %s",
			facts.Namespace.Name, number, facts.Owner.Spec.OrganizationNumber)
		conflict.Remedy = "Move or delete what the namespace holds, then delete the namespace; it is never handed to another public body"
	case facts.Owner.Spec.AdoptNamespace:
		return nil
	default:
		conflict.Message = fmt.Sprintf("Namespace %s exists and was not made by the operator", facts.Namespace.Name)
		conflict.Remedy = "Set spec.adoptNamespace to true if it is meant for this owner, else delete it"
	}
	return []decide.Finding{conflict}
}

// nextExpiry is the first instant at which a grant runs out; zero when none will.
func nextExpiry(facts Facts) time.Time {
	var next time.Time
	for _, grant := range facts.Owner.Spec.Access {
		if grant.Until == nil || !grant.Until.After(facts.Now) {
			continue
		}
		if next.IsZero() || grant.Until.Time.Before(next) {
			next = grant.Until.Time
		}
	}
	return next
}
