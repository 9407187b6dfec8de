// SPDX-License-Identifier: BSD-3-Clause

package storage

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Tell adds to a verdict what a report says of condition StorageReady: what is wrong, else that somebody is at
// work on it, else that all stands. missing are the CRDs that the cluster does not know.
func Tell(verdict *decide.Verdict, provider string, missing []string, report Report) {
	if len(missing) > 0 {
		verdict.Findings = append(verdict.Findings, decide.Finding{
			Effect: decide.Limit, Part: v1alpha1.ConditionStorageReady, Reason: v1alpha1.ReasonProviderMissing,
			Message: fmt.Sprintf("The cluster does not know %s, which storage of provider %s is declared in", strings.Join(missing, ", "), provider),
			Actor:   v1alpha1.ActorPlatform,
			Remedy:  "Install what works on these kinds (of Azure Service Operator, crdPattern selects them), or name another storage.provider in the operator's configuration",
		})
	}
	verdict.Findings = append(verdict.Findings, report.Findings...)
	if len(report.Awaited) > 0 {
		verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
			Part: v1alpha1.ConditionStorageReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing,
			Message: "Being made or changed: " + strings.Join(report.Awaited, ", "),
		})
		return
	}
	verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{
		Part: v1alpha1.ConditionStorageReady, Message: "All that data is kept in stands as declared",
	})
}
