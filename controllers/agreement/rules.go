// SPDX-License-Identifier: BSD-3-Clause

package agreement

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

var rules = decide.Chain[Facts]{notImplemented}

// notImplemented keeps an agreement from being taken for one that is in force because nobody said
// otherwise.
func notImplemented(Facts) []decide.Finding {
	return []decide.Finding{{
		Effect: decide.Hold, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonNotImplemented,
		Message: "Recorded; this version of the operator does not judge yet whether an agreement is in force",
		Actor:   v1alpha1.ActorPlatform, Remedy: "Nothing",
	}}
}
