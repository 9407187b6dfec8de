// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

// isolatedParts are an App's: the first stands for its NetworkPolicy.
var isolatedParts = []Part{{Condition: v1alpha1.ConditionNetworkIsolated, Kinds: []string{"NetworkPolicy"}}, {Condition: v1alpha1.ConditionAvailable}}

func TestConditionsOfPartsThatAreWellOnceTheyAreMade(t *testing.T) {
	once := admitted()
	once.Affirmed = []decide.Affirmation{{Part: v1alpha1.ConditionNetworkIsolated, Message: "It is closed", OnceMade: true}}
	policy, deployment := refOf("NetworkPolicy", "income"), healthOf("Deployment", observe.Current)
	stands, coming := healthOf("NetworkPolicy", observe.Current), healthOf("NetworkPolicy", observe.InProgress)
	written := []apply.Change{{Child: policy}}
	failed := func(changes []apply.Change) Outcome {
		return observed(ApplyFailed(once, changes, errors.New("no answer")), stands, deployment)
	}
	const (
		well     = "NetworkIsolated=True Ready: It is closed"
		retrying = "Reconciling=True ApplyFailed: Trying again: no answer"
		failure  = "Ready=False ApplyFailed: no answer"
	)
	tryConditions(t, map[string]conditionsCase{
		"one that the pass made is well": {
			outcome: observed(Outcome{Verdict: once, Changes: written}, stands, deployment), parts: isolatedParts, want: []string{well, available, allHealthy},
		},
		"one that the pass made for an edit is well too: it was judged by what was edited": {
			outcome: observed(Outcome{Verdict: once, Changes: written, Edited: true}, stands, deployment), parts: isolatedParts, want: []string{well, available, allHealthy},
		},
		"one that is not there yet is under way": {
			outcome: observed(Outcome{Verdict: once}, coming, deployment), parts: isolatedParts,
			want: []string{"NetworkIsolated=False Progressing: " + underWay, available, "Reconciling=True Progressing: " + underWay,
				"Ready=False Progressing: NetworkIsolated: " + underWay},
		},
		"one that is to be the first of all is well: nothing is there that it could be wrong of": {
			outcome: observed(Outcome{Verdict: once, First: true}, coming, healthOf("Deployment", observe.InProgress)), parts: isolatedParts,
			want: []string{well, unavailable, "Reconciling=True Progressing: " + underWay, "Ready=False Progressing: Available: " + underWay},
		},
		"of one that the pass could not make nothing is known": {
			outcome: failed(nil), parts: isolatedParts,
			want: []string{"NetworkIsolated=Unknown ApplyFailed: Not known: no answer", available, retrying, failure},
		},
		"one that the pass made is well, whatever else it could not make": {
			outcome: failed(written), parts: isolatedParts, want: []string{well, available, retrying, failure},
		},
	})
}

func TestRecordTellsThatNothingIsOpenBeforeAnythingIsThere(t *testing.T) {
	once := admitted()
	once.Affirmed = []decide.Affirmation{{Part: v1alpha1.ConditionNetworkIsolated, Message: "It is closed", OnceMade: true}}
	policy, deployment := refOf("NetworkPolicy", "income"), refOf("Deployment", "income")
	for name, tc := range map[string]struct {
		before []v1alpha1.Child
		want   metav1.ConditionStatus
	}{
		"of a new App":                        {want: metav1.ConditionTrue},
		"not of one that has something there": {before: []v1alpha1.Child{deployment}, want: metav1.ConditionFalse},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			app := c.app()
			app.Status.Children = tc.before
			inventory := []v1alpha1.Child{deployment, policy}
			if err := c.reporter.Record(t.Context(), app, isolatedParts, Outcome{Verdict: once, Inventory: inventory}); err != nil {
				t.Fatal(err)
			}
			if got := c.app().Status.Conditions[0]; got.Type != v1alpha1.ConditionNetworkIsolated || got.Status != tc.want {
				t.Errorf("recorded %+v", got)
			}
		})
	}
}
