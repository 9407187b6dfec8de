// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// BenchmarkDecide is the whole decision about an App with four integrations whose owner has two
// agreements, one of them to come, and which was admitted as it stands.
func BenchmarkDecide(b *testing.B) {
	facts := usualFacts(b)
	next := sampleAgreement(b, "skd")
	next.Name = "skd-2028"
	next.Spec.Validity = v1alpha1.Validity{From: *facts.Agreements[0].Spec.Validity.Until}
	facts.Agreements = append(facts.Agreements, next)
	for _, solution := range []v1alpha1.Solution{"Maskinporten", "IDPorten", "KRR", "Dialogporten"} {
		facts.App.Spec.Integrations = append(facts.App.Spec.Integrations, v1alpha1.Integration{Solution: solution})
	}
	facts.Operator.Egress.Hosts = map[string][]string{"platform.tt02.altinn.no": {"192.0.2.1/32"}}
	facts = facts.WithAdmitted(facts.App.Spec, 1, "skd-2026")
	kind := &app.Kind{Operator: facts.Operator}
	b.ReportAllocs()
	for b.Loop() {
		if verdict := kind.Decide(facts.App, facts); verdict.Action != decide.ActionAdmit || len(verdict.Findings) > 0 {
			b.Fatalf("what is measured is a plain admission, not %+v", verdict)
		}
	}
}
