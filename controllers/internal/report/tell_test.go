// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// nobodyAnswers is a finding that says that nothing is known, and who must act.
var nobodyAnswers = decide.Finding{
	Effect: decide.Limit, Part: v1alpha1.ConditionAgreementInForce, Status: metav1.ConditionUnknown,
	Reason: "RegistryUnavailable", Message: "Nobody answers", Actor: v1alpha1.ActorExternal,
}

// told is an outcome, and the events it makes after the one before it.
type told struct {
	outcome Outcome
	events  []string
}

func TestFindingsAreToldWhenTheyAreNew(t *testing.T) {
	warned := func(messages ...string) Outcome {
		outcome := allWell()
		for _, message := range messages {
			outcome.Verdict.Findings = append(outcome.Verdict.Findings, decide.Finding{Effect: decide.Warn, Reason: "Soon", Message: message})
		}
		return outcome
	}
	held := func(messages ...string) Outcome {
		var findings []decide.Finding
		for _, message := range messages {
			findings = append(findings, decide.Finding{Effect: decide.Hold, Reason: "NotCovered", Message: message})
		}
		return Held(heldBy(findings...))
	}
	for name, passes := range map[string][]told{
		"a warning is told once": {
			{warned("30 days"), []string{"Warning Soon 30 days"}}, {warned("30 days"), nil}, {warned("30 days"), nil},
		},
		"a warning that says something else is told again": {
			{warned("30 days"), []string{"Warning Soon 30 days"}}, {warned("7 days"), []string{"Warning Soon 7 days"}}, {warned("7 days"), nil},
		},
		"a further warning is told alone": {
			{warned("30 days"), []string{"Warning Soon 30 days"}}, {warned("an audit", "30 days"), []string{"Warning Soon an audit"}},
		},
		"a warning that went and came back is told again": {
			{warned("30 days"), []string{"Warning Soon 30 days"}}, {allWell(), nil}, {warned("30 days"), []string{"Warning Soon 30 days"}},
		},
		"a refusal of another thing, for the same reason, is told": {
			{held("Health"), []string{"Warning NotCovered Health"}}, {held("Location"), []string{"Warning NotCovered Location"}}, {held("Location"), nil},
		},
		"a refusal of one thing less is not": {
			{held("Health", "Location"), []string{"Warning NotCovered Health; Location"}}, {held("Health"), nil},
		},
		"a warning beside a refusal that was told is told alone": {
			{Held(heldBy(hostTaken)), []string{"Warning HostTaken The host is taken"}}, {Held(heldBy(hostTaken, warning)), []string{"Warning Soon It runs out soon"}},
		},
		"of what nothing is known nothing is told": {
			{Held(heldBy(decide.Finding{Effect: decide.Hold, Status: "Unknown", Reason: "RegistryUnavailable", Message: "Recorded"})), nil},
		},
		"of what nothing is known nothing is told, whoever must act": {
			{allWell(), nil}, {Outcome{Verdict: admitted(nobodyAnswers)}, nil}, {Outcome{Verdict: admitted(nobodyAnswers)}, nil},
		},
		"of what is awaited nothing is told": {
			{allWell(), nil}, {awaiting(allWell(), metav1.ConditionFalse, v1alpha1.ReasonProgressing), nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			for n, pass := range passes {
				if _, err := c.publish(pass.outcome); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(pass.events, c.heard()); diff != "" {
					t.Errorf("pass %d: events (-want +got):\n%s", n+1, diff)
				}
			}
		})
	}
}

// foundOf is the metric of findings for Apps and a reason.
func foundOf(t *testing.T, reason string) float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if family.GetName() == "serviceowner_operator_findings_total" && cmp.Equal(labels, map[string]string{"kind": "App", "reason": reason}) {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestFindingsAreCountedWhenTheyAreNew(t *testing.T) {
	soon, taken, missing := foundOf(t, "Soon"), foundOf(t, "HostTaken"), foundOf(t, "ServiceOwnerMissing")
	c := newCluster(t)
	for _, outcome := range []Outcome{
		Held(heldBy(warning, hostTaken)), Held(heldBy(warning, hostTaken)), Held(heldBy(hostTaken, ownerMissing)), allWell(), Held(heldBy(hostTaken)),
	} {
		if _, err := c.publish(outcome); err != nil {
			t.Fatal(err)
		}
	}
	got := []float64{foundOf(t, "Soon") - soon, foundOf(t, "HostTaken") - taken, foundOf(t, "ServiceOwnerMissing") - missing}
	if diff := cmp.Diff([]float64{1, 2, 1}, got); diff != "" {
		t.Errorf("found soon, taken, missing (-want +got):\n%s", diff)
	}
}
