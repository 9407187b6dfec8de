// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// transferWithoutGround says why a sub-processor's transfer has no ground that holds today (GDPR art.
// 44 to 47); empty when it has one. The CRD refuses what never had one; this sees decisions run out
// and agreements that are older than the tables.
func (i *instants) transferWithoutGround(sub *v1alpha1.SubProcessor) string {
	switch sub.Transfer.Mechanism {
	case v1alpha1.TransferNotNeeded:
		if sub.Country.InEEA() {
			return ""
		}
		return fmt.Sprintf("%s in %s is outside the EEA and has no ground for a transfer", sub.Name, sub.Country)
	case v1alpha1.TransferAdequacy:
		return i.adequacyMissing(sub)
	case v1alpha1.TransferClauses, v1alpha1.TransferCorporateRules: // they bind the company, wherever it is
		return ""
	default:
		return fmt.Sprintf("%s in %s has mechanism %q, which is no ground for a transfer", sub.Name, sub.Country, sub.Transfer.Mechanism)
	}
}

// adequacyMissing says why no adequacy decision covers a sub-processor; empty when one does.
func (i *instants) adequacyMissing(sub *v1alpha1.SubProcessor) string {
	decision, found := sub.Country.Adequacy()
	switch {
	case !found:
		return fmt.Sprintf("there is no adequacy decision for %s, where %s is", sub.Country, sub.Name)
	case !i.reached(startOf(decision.Decided)):
		return fmt.Sprintf("the adequacy decision for %s, where %s is, holds from %s", sub.Country, sub.Name, decision.Decided)
	case decision.Until != "" && i.reached(startOf(decision.Until)):
		return fmt.Sprintf("the adequacy decision for %s, where %s is, ran out on %s", sub.Country, sub.Name, decision.Until)
	case sub.Country == "US" && !sub.Transfer.DataPrivacyFramework:
		return fmt.Sprintf("the adequacy decision for the US (%s) does not cover %s, which is not certified under the Data Privacy Framework", decision.Decided, sub.Name)
	default:
		return ""
	}
}

// transfers says which of an agreement's sub-processors have no ground for their transfers, among those
// engaged for the chapters asked for.
func (i *instants) transfers(agreement *v1alpha1.DataProcessingAgreement, concerns func(v1alpha1.ChapterName) bool) []decide.Finding {
	var found []decide.Finding
	for n := range agreement.Spec.SubProcessors {
		sub := &agreement.Spec.SubProcessors[n]
		if sub.Chapter != "" && !concerns(sub.Chapter) {
			continue
		}
		if why := i.transferWithoutGround(sub); why != "" {
			found = append(found, decide.Finding{
				Effect: decide.Hold, Reason: v1alpha1.ReasonTransferNotLawful, Actor: v1alpha1.ActorPlatform,
				Message: fmt.Sprintf("Agreement %s: %s", agreement.Name, why),
				Remedy:  "Agree on a mechanism that fits the country, or replace the sub-processor",
			})
		}
	}
	return found
}
