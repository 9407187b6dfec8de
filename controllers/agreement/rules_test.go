// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Of an agreement nothing is known yet, and the verdict says just that: neither yes nor no.
func TestNothingIsKnownYet(t *testing.T) {
	want := decide.Verdict{Action: decide.ActionHold, Findings: []decide.Finding{{
		Effect: decide.Hold, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonNotImplemented, Actor: v1alpha1.ActorPlatform,
		Message: "Recorded; this version of the operator does not judge yet whether an agreement is in force",
		Remedy:  "Nothing",
	}}}
	got := agreement.Kind{}.Decide(&v1alpha1.DataProcessingAgreement{}, agreement.Facts{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
}
