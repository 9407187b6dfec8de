// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// rules are asked in this order; the first that holds names the reason.
var rules = decide.Chain[Facts]{
	ownerMissing,    // there is no service owner to be responsible for what is shared
	agreementCovers, // an agreement in force covers what is shared, in a region that is allowed
	notImplemented,  // this version registers nothing
}

// Decide implements engine.Kind.
func (k *Kind) Decide(consent *v1alpha1.ConsentResource, facts Facts) decide.Verdict {
	facts.ruling = gate.Judge(facts.OfConsent(&consent.Spec), facts.Now)
	verdict := rules.Evaluate(facts)
	verdict.Affirmed = facts.ruling.Affirmed
	verdict.WakeAt(facts.ruling.Next)
	return verdict
}

func ownerMissing(facts Facts) []decide.Finding {
	if facts.Owner != nil {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Hold, Reason: v1alpha1.ReasonServiceOwnerMissing, Actor: v1alpha1.ActorPlatform,
		Message: fmt.Sprintf("There is no ServiceOwner %s for namespace %s", facts.Code, facts.Consent.Namespace),
		Remedy:  "Apply the ServiceOwner; the ConsentResource follows by itself",
	}}
}

func agreementCovers(facts Facts) []decide.Finding { return facts.ruling.Findings }

// notImplemented keeps a consent from being taken for one that can be asked for because nobody said
// otherwise.
func notImplemented(Facts) []decide.Finding {
	return []decide.Finding{{
		Effect: decide.Hold, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonNotImplemented,
		Message: "Recorded; this version of the operator does not register consents yet",
		Actor:   v1alpha1.ActorPlatform, Remedy: "Nothing",
	}}
}
