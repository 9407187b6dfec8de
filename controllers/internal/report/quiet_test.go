// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// way is a status of work that has been under way since noon, with another part that is as it is said.
func way(part metav1.ConditionStatus, reason string) *v1alpha1.Status {
	return &v1alpha1.Status{Conditions: []metav1.Condition{
		{Type: v1alpha1.ConditionAuthorizationRegistered, Status: part},
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, LastTransitionTime: metav1.NewTime(noon)},
	}}
}

func TestAPartThatComesToStandIsToldAfterALull(t *testing.T) {
	for name, tc := range map[string]struct {
		before, after *v1alpha1.Status
		at            time.Duration
		quiet         bool
		again         time.Duration
	}{
		"nothing has changed: nothing is told, and nobody looks again": {
			before: way("False", v1alpha1.ReasonProgressing), after: way("False", v1alpha1.ReasonProgressing), at: time.Second, quiet: true,
		},
		"it stands at once: the others may soon": {
			before: way("False", v1alpha1.ReasonProgressing), after: way("True", v1alpha1.ReasonProgressing), at: time.Second, quiet: true, again: lull - time.Second,
		},
		"it stands, and the others take long": {
			before: way("False", v1alpha1.ReasonProgressing), after: way("True", v1alpha1.ReasonProgressing), at: lull,
		},
		"all stand": {
			before: way("False", v1alpha1.ReasonProgressing), after: way("True", v1alpha1.ReasonReady), at: time.Second,
		},
		"work begins": {
			before: way("True", v1alpha1.ReasonReady), after: way("False", v1alpha1.ReasonProgressing), at: time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			quiet, again := quietFor(tc.before, tc.after, noon.Add(tc.at))
			if quiet != tc.quiet || again != tc.again {
				t.Errorf("quiet %v, looks again after %v", quiet, again)
			}
		})
	}
}

func TestAMilestoneIsToldThoughWorkIsUnderWay(t *testing.T) {
	owner := &v1alpha1.ServiceOwner{}
	if milestoneOf(owner) != "" || milestoneOf(&v1alpha1.App{}) != "" {
		t.Error("a milestone is told before it is reached")
	}
	owner.Status.Namespace = "so-skd"
	if milestoneOf(owner) != "so-skd" {
		t.Error("Apps would wait for more than the namespace")
	}
}
