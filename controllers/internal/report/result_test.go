// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

func TestPublishResult(t *testing.T) {
	timed := func(next time.Time) Outcome {
		outcome := allWell()
		outcome.Verdict.NextCheck = next
		return outcome
	}
	unseen := func(outcome Outcome) Outcome {
		return observed(outcome, observe.Health{Child: refOf("Deployment", "income"), State: observe.InProgress}, healthOf("Service", observe.Current))
	}
	const soon = 1100 * time.Millisecond
	lostStatus := apierrors.NewConflict(schema.GroupResource{Resource: "apps"}, "income", errors.New("newer"))
	for name, tc := range map[string]struct {
		outcome Outcome
		failing error
		want    reconcile.Result
		failure string
	}{
		"all is well until something changes":               {outcome: allWell()},
		"a time-bound fact is looked at at its instant":     {outcome: timed(noon.Add(time.Hour - 123)), want: reconcile.Result{RequeueAfter: time.Hour - 123}},
		"one that is further off after an hour":             {outcome: timed(noon.Add(time.Hour + 1)), want: reconcile.Result{RequeueAfter: time.Hour}},
		"and as often until it comes":                       {outcome: timed(noon.Add(36 * time.Hour)), want: reconcile.Result{RequeueAfter: time.Hour}},
		"an instant that has come is looked at at once":     {outcome: timed(noon), want: reconcile.Result{RequeueAfter: time.Millisecond}},
		"an instant that has passed is looked at at once":   {outcome: timed(noon.Add(-time.Hour)), want: reconcile.Result{RequeueAfter: time.Millisecond}},
		"a hold waits for what it names":                    {outcome: Held(heldBy(hostTaken))},
		"a hold with an instant wakes at it":                {outcome: Held(decide.Verdict{Action: decide.ActionHold, NextCheck: noon.Add(time.Minute)}), want: reconcile.Result{RequeueAfter: time.Minute}},
		"unknown facts are tried again by the queue's pace": {outcome: FactsUnavailable(errors.New(notKnown)), failure: notKnown},
		"a refused write is tried again by the queue's pace": {outcome: ApplyFailed(admitted(), nil, refusal),
			failure: `cannot create Service income: services "income" is forbidden: no room`},
		"a failed prune is tried again by the queue's pace": {outcome: PruneFailed(admitted(), nil, refusal),
			failure: `cannot create Service income: services "income" is forbidden: no room`},
		"a failed removal is tried again by the queue's pace":       {outcome: RemoveFailed(errors.New("held up")), failure: "held up"},
		"what only a person can help is looked at after 30 s":       {outcome: BuildFailed(admitted(), errors.New("no such size")), want: reconcile.Result{RequeueAfter: 30 * time.Second}},
		"somebody else's child too":                                 {outcome: ApplyFailed(admitted(), nil, inTheWay), want: reconcile.Result{RequeueAfter: 30 * time.Second}},
		"a contested child too":                                     {outcome: ApplyFailed(admitted(), nil, &apply.ContestedError{}), want: reconcile.Result{RequeueAfter: 30 * time.Second}},
		"a removal under way waits for its end":                     {outcome: Removing([]v1alpha1.Child{refOf("Namespace", "so-skd")})},
		"children that were made and not seen are looked for":       {outcome: unseen(allWell()), want: reconcile.Result{RequeueAfter: soon}},
		"before an instant that is further off":                     {outcome: unseen(timed(noon.Add(time.Hour))), want: reconcile.Result{RequeueAfter: soon}},
		"and not before one that is nearer":                         {outcome: unseen(timed(noon.Add(time.Second))), want: reconcile.Result{RequeueAfter: time.Second}},
		"children that are held and not there are not":              {outcome: unseen(Held(heldBy(hostTaken)))},
		"children not there after a failure wait for what it waits": {outcome: unseen(ApplyFailed(admitted(), nil, inTheWay)), want: reconcile.Result{RequeueAfter: 30 * time.Second}},
		"a lost race for a child is no error":                       {outcome: ApplyFailed(admitted(), nil, errors.Join(lostRace)), want: reconcile.Result{RequeueAfter: time.Second}},
		"a lost race for the status is no error":                    {outcome: allWell(), failing: lostStatus, want: reconcile.Result{RequeueAfter: time.Second}},
		"a status of what is gone is no error":                      {outcome: allWell(), failing: apierrors.NewNotFound(schema.GroupResource{Resource: "apps"}, "income")},
		"a status that cannot be written is an error":               {outcome: timed(noon.Add(time.Hour)), failing: errors.New("lost"), failure: "writing status: lost"},
		"a resource that is gone is done with":                      {outcome: Outcome{Gone: true}, failing: errors.New("lost")},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			c.failing = tc.failing
			got, err := c.publish(tc.outcome)
			if (err == nil) != (tc.failure == "") || err != nil && err.Error() != tc.failure {
				t.Errorf("error: want %q, got %v", tc.failure, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}
