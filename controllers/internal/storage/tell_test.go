// SPDX-License-Identifier: BSD-3-Clause

package storage

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

func TestWhatIsToldOfStorage(t *testing.T) {
	refused := decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionStorageReady, Reason: v1alpha1.ReasonStorageRefused,
		Message: "it is refused", Actor: v1alpha1.ActorPlatform, Remedy: "mend it",
	}
	unknown := func(kinds string) decide.Finding {
		return decide.Finding{
			Effect: decide.Limit, Part: v1alpha1.ConditionStorageReady, Reason: v1alpha1.ReasonProviderMissing,
			Message: "The cluster does not know " + kinds + ", which storage of provider Azure is declared in", Actor: v1alpha1.ActorPlatform,
			Remedy: "Install what works on these kinds (of Azure Service Operator, crdPattern selects them), or name another storage.provider in the operator's configuration",
		}
	}
	stands := []decide.Affirmation{{Part: v1alpha1.ConditionStorageReady, Message: "All that data is kept in stands as declared"}}
	underWay := func(what string) []decide.Outstanding {
		return []decide.Outstanding{{
			Part: v1alpha1.ConditionStorageReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing, Message: "Being made or changed: " + what,
		}}
	}
	earlier := decide.Finding{Effect: decide.Warn, Message: "something else"}
	for name, tc := range map[string]struct {
		missing []string
		report  Report
		want    decide.Verdict
	}{
		"that all stands":             {nil, Report{}, decide.Verdict{Findings: []decide.Finding{earlier}, Affirmed: stands}},
		"that something is under way": {nil, Report{Awaited: []string{"a", "b"}}, decide.Verdict{Findings: []decide.Finding{earlier}, Outstanding: underWay("a, b")}},
		// A finding weighs more than that all stands.
		"that something is refused": {nil, Report{Findings: []decide.Finding{refused}}, decide.Verdict{Findings: []decide.Finding{earlier, refused}, Affirmed: stands}},
		"that something is refused, and something under way": {
			nil, Report{Findings: []decide.Finding{refused}, Awaited: []string{"a"}},
			decide.Verdict{Findings: []decide.Finding{earlier, refused}, Outstanding: underWay("a")},
		},
		"that kinds are missing, before all else": {
			[]string{"as.example.no", "bs.example.no"}, Report{Findings: []decide.Finding{refused}},
			decide.Verdict{Findings: []decide.Finding{earlier, unknown("as.example.no, bs.example.no"), refused}, Affirmed: stands},
		},
	} {
		t.Run(name, func(t *testing.T) {
			verdict := decide.Verdict{Findings: []decide.Finding{earlier}}
			Tell(&verdict, "Azure", tc.missing, tc.report)
			if diff := cmp.Diff(tc.want, verdict); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}
