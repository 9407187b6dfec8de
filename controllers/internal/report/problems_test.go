// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

func TestProblems(t *testing.T) {
	problem := func(severity v1alpha1.Severity, component, message string) v1alpha1.Problem {
		return v1alpha1.Problem{Severity: severity, Component: component, Message: message}
	}
	for name, tc := range map[string]struct {
		outcome Outcome
		want    []v1alpha1.Problem
	}{
		"nothing is wrong":          {outcome: allWell()},
		"what is under way is none": {outcome: beingMade()},
		"every finding is one, in its order": {
			outcome: Held(heldBy(warning, hostTaken, noRoutes)),
			want: []v1alpha1.Problem{problem("Warning", "Ready", "It runs out soon"), problem("Error", "Ready", "The host is taken"),
				problem("Error", "Available", "No routes")},
		},
		"a finding that says that nothing is known is none": {
			outcome: Held(heldBy(decide.Finding{Effect: decide.Hold, Status: metav1.ConditionUnknown, Message: "Recorded"})),
		},
		"a finding that says that nothing is known is one when somebody must act": {
			outcome: Outcome{Verdict: admitted(nobodyAnswers)},
			want:    []v1alpha1.Problem{problem("Error", "AgreementInForce", "Nobody answers")},
		},
		"what is awaited is none": {outcome: awaiting(allWell(), metav1.ConditionFalse, v1alpha1.ReasonProgressing)},
		"a failure is one, after the findings": {
			outcome: ApplyFailed(admitted(warning), nil, errors.New("no\nroom")),
			want:    []v1alpha1.Problem{problem("Warning", "Ready", "It runs out soon"), problem("Error", "Ready", "no room")},
		},
		"what was known is known still when nothing could be read, and the failure of then is not told twice": {
			outcome: Outcome{
				Failure: &Failure{Reason: v1alpha1.ReasonFactsUnavailable, Err: errors.New("no answer")},
				Told:    []v1alpha1.Problem{hostTaken.Problem(), {Severity: "Error", Component: "Ready", Message: "no route to it", Remedy: remedyRetry}},
			},
			want: []v1alpha1.Problem{problem("Error", "Ready", "The host is taken"), problem("Error", "Ready", "no answer")},
		},
		"each failed child is one": {
			outcome: observed(Outcome{Verdict: admitted()}, healthOf("Deployment", observe.Failed), healthOf("Service", observe.Current), healthOf("Ingress", observe.Failed)),
			want:    []v1alpha1.Problem{problem("Error", "Deployment", "Deployment deployment: it broke"), problem("Error", "Ingress", "Ingress ingress: it broke")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := problemsOf(tc.outcome)
			for i := range got {
				if tc.outcome.Failure != nil && i == len(got)-1 && (got[i].Actor == "" || got[i].Remedy == "") {
					t.Errorf("nobody is to act: %v", got[i])
				}
				got[i].Actor, got[i].Remedy = "", ""
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestProblemsNameWhoMustActAndHow(t *testing.T) {
	const wait = "Nothing, if it passes: it is tried again. If it stays, look at the API server's answer and the operator's log"
	for name, tc := range map[string]struct {
		outcome Outcome
		actor   v1alpha1.Actor
		remedy  string
	}{
		"a name that is taken":     {outcome: ApplyFailed(admitted(), nil, inTheWay), actor: "ServiceOwner", remedy: "Rename or remove the object that is in the way, or rename this resource"},
		"a spec that is wrong":     {outcome: BuildFailed(admitted(), errors.New("no such size")), actor: "ServiceOwner", remedy: "Correct the spec"},
		"a refused write":          {outcome: ApplyFailed(admitted(), nil, refusal), actor: "Platform", remedy: wait},
		"facts that are not known": {outcome: FactsUnavailable(errors.New(notKnown)), actor: "Platform", remedy: wait},
		"a child that is changed back": {outcome: ApplyFailed(admitted(), nil, &apply.ContestedError{}), actor: "ServiceOwner",
			remedy: "Find the controller or webhook that changes the object and exempt objects managed by serviceowner-operator"},
	} {
		t.Run(name, func(t *testing.T) {
			got := problemsOf(tc.outcome)
			if len(got) != 1 || got[0].Actor != tc.actor || got[0].Remedy != tc.remedy {
				t.Errorf("want %s: %s, got %v", tc.actor, tc.remedy, got)
			}
		})
	}
}
