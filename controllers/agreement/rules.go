// SPDX-License-Identifier: BSD-3-Clause

package agreement

import (
	"fmt"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// Decide implements engine.Kind. An agreement has no children to hold or withdraw: what is found keeps
// it from being Ready, or is a warning.
func (k *Kind) Decide(_ *v1alpha1.DataProcessingAgreement, facts Facts) decide.Verdict {
	return weigh(facts).verdict
}

// weighed is all that the facts come to.
type weighed struct {
	verdict    decide.Verdict
	assessment gate.Assessment
	tally      tally
}

func weigh(facts Facts) weighed {
	result := weighed{assessment: gate.Assess(facts.Holding, facts.Agreement, facts.Now), tally: tallyOf(facts)}
	result.verdict = decide.Verdict{
		Action:   decide.ActionAdmit,
		Findings: append(result.assessment.Findings, retentionTooLong(facts, result.tally)...),
		Affirmed: result.assessment.Affirmed,
	}
	result.verdict.WakeAt(result.assessment.Next)
	result.verdict.WakeAt(result.tally.next)
	return result
}

// mostNamed is how many resources a message names.
const mostNamed = 20

// retentionTooLong warns of what keeps data for longer than the agreement allows.
func retentionTooLong(facts Facts, found tally) []decide.Finding {
	if len(found.tooLong) == 0 {
		return nil
	}
	named := strings.Join(found.tooLong[:min(len(found.tooLong), mostNamed)], ", ")
	if more := len(found.tooLong) - mostNamed; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	return []decide.Finding{{
		Effect: decide.Warn, Part: "Retention", Reason: v1alpha1.ReasonRetentionTooLong,
		Message: fmt.Sprintf("Data is to be kept for longer than agreement %s allows by %s", facts.Agreement.Name, named),
		Actor:   v1alpha1.ActorServiceOwner, Remedy: "Lower retentionDays there, or have the agreement's spec.retention extended",
	}}
}
