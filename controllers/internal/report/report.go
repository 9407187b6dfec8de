// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

// Object is one of the four kinds.
type Object interface {
	client.Object
	// GetStatus returns the part of the status that all kinds share.
	GetStatus() *v1alpha1.Status
}

// Reporter publishes outcomes.
type Reporter struct {
	// Client writes status.
	Client client.Client
	// Events takes what people should hear of.
	Events events.EventRecorder
	// Clock dates conditions.
	Clock clock.PassiveClock
}

// Record writes the inventory before the children in it are made: what is not on record is not
// created, so that a crash between the two leaves nothing that nobody knows of. The status it
// writes with it says that work is under way, which saves a write when that is the news.
//
// The outcome holds the verdict and the inventory, which is the union of what is on record and what
// is wanted: when that is no longer than the record, nothing is written. What is Ready stays so: that
// a child is added to it takes nothing away.
func (r *Reporter) Record(ctx context.Context, obj Object, parts []Part, underWay Outcome) error {
	status := obj.GetStatus()
	if len(status.Children) == len(underWay.Inventory) {
		return nil
	}
	before := *status.DeepCopy()
	if meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionReady) {
		status.Children = underWay.Inventory
		if underWay.Admitted != nil {
			status.Admitted = underWay.Admitted
		}
	} else {
		underWay.First = len(status.Children) == 0
		for _, ref := range underWay.Inventory {
			underWay.Health = append(underWay.Health, observe.Health{Child: ref, State: observe.InProgress})
		}
		r.fill(obj, underWay, parts)
	}
	if err := r.Client.Status().Update(ctx, obj); err != nil {
		*status = before // what is not on record is not in memory either
		return fmt.Errorf("recording children: %w", err)
	}
	return nil
}

// Publish writes the outcome to the object's status if it differs from what was written before,
// tells people what is news, and returns what the queue needs to know. A pass that lost a race
// against a newer write is no news: the next one follows at once.
func (r *Reporter) Publish(ctx context.Context, written, obj Object, parts []Part, outcome Outcome) (reconcile.Result, error) {
	r.tell(obj, outcome)
	if outcome.Gone {
		return reconcile.Result{}, nil
	}
	if outcome.lostRace() {
		return result(outcome, r.Clock, nil)
	}
	r.fill(obj, outcome, parts)
	quiet, again := quietFor(written.GetStatus(), obj.GetStatus(), r.Clock.Now())
	quiet = quiet && milestoneOf(written) == milestoneOf(obj)
	if !equality.Semantic.DeepEqual(written, obj) && !quiet {
		if err := r.Client.Status().Update(ctx, obj); client.IgnoreNotFound(err) != nil {
			return result(outcome, r.Clock, fmt.Errorf("writing status: %w", err))
		}
		log.FromContext(ctx).V(1).Info("status written")
	}
	r.tellReady(written.GetStatus(), obj, r.tellFindings(obj, outcome))
	next, err := result(outcome, r.Clock, nil)
	if again > 0 && (next.RequeueAfter == 0 || next.RequeueAfter > again) {
		next.RequeueAfter = again
	}
	return next, err
}

// milestoneOf is how far a resource has come that others wait for before it is Ready; empty for most.
func milestoneOf(obj Object) string {
	if awaited, ok := obj.(interface{ Milestone() string }); ok {
		return awaited.Milestone()
	}
	return ""
}

// lull is how long a part that comes to stand while others are under way is not told by itself: mostly
// the others stand by then too, and one write tells of all.
const lull = 5 * time.Second

// quietFor says whether a status need not be written, since work is under way as it was; again is when to
// look whether it still is, because a part of it has changed meanwhile.
func quietFor(before, after *v1alpha1.Status, now time.Time) (quiet bool, again time.Duration) {
	if !stillUnderWay(before, after) {
		return false, 0
	}
	changed := slices.ContainsFunc(after.Conditions, func(c metav1.Condition) bool {
		return !meta.IsStatusConditionPresentAndEqual(before.Conditions, c.Type, c.Status)
	})
	if !changed {
		return true, 0
	}
	began := meta.FindStatusCondition(before.Conditions, v1alpha1.ConditionReady).LastTransitionTime
	again = began.Add(lull).Sub(now)
	return again > 0, max(again, 0)
}

// stillUnderWay says whether a status tells no more than the one before it did: that work on the same
// generation is under way. What shows up on the way, such as the address, is told when there is news.
func stillUnderWay(before, after *v1alpha1.Status) bool {
	underWay := func(status *v1alpha1.Status) bool {
		ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Reason == v1alpha1.ReasonProgressing
	}
	return underWay(before) && underWay(after) && before.ObservedGeneration == after.ObservedGeneration &&
		equality.Semantic.DeepEqual(before.Admitted, after.Admitted) && equality.Semantic.DeepEqual(before.Children, after.Children) && equality.Semantic.DeepEqual(before.Problems, after.Problems)
}

// fill computes the object's status from the outcome.
func (r *Reporter) fill(obj Object, outcome Outcome, parts []Part) {
	status := obj.GetStatus()
	status.ObservedGeneration = obj.GetGeneration()
	status.Conditions = stamp(conditionsOf(outcome, parts), status.Conditions, obj.GetGeneration(), r.Clock.Now())
	status.Problems = problemsOf(outcome)
	if outcome.Inventory != nil {
		status.Children = outcome.Inventory
	}
	if outcome.Admitted != nil {
		status.Admitted = outcome.Admitted
	}
}

// problemsOf lists what is wrong, who must act and how. What was known to be wrong before a pass that
// came to no verdict is still so as far as anybody knows.
func problemsOf(outcome Outcome) []v1alpha1.Problem {
	var problems []v1alpha1.Problem
	if outcome.Verdict.Action == 0 {
		problems = slices.DeleteFunc(slices.Clone(outcome.Told), func(p v1alpha1.Problem) bool { return p.Remedy == remedyRetry })
	}
	for _, finding := range outcome.Verdict.Findings {
		if finding.Status != metav1.ConditionUnknown || finding.Actor != "" {
			problems = append(problems, finding.Problem())
		}
	}
	if failure := outcome.Failure; failure != nil {
		problems = append(problems, v1alpha1.Problem{
			Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionReady,
			Message: brief(failure.Err), Actor: actorOf(failure), Remedy: remedyOf(failure),
		})
	}
	for _, health := range outcome.Health {
		if health.State == observe.Failed {
			problems = append(problems, v1alpha1.Problem{
				Severity: v1alpha1.SeverityError, Component: health.Child.Kind,
				Message: fmt.Sprintf("%s %s: %s", health.Child.Kind, health.Child.Name, health.Message),
				Actor:   v1alpha1.ActorServiceOwner,
				Remedy:  "Look at the events and logs of the pods; correct the image or its configuration",
			})
		}
	}
	return problems
}

func actorOf(failure *Failure) v1alpha1.Actor {
	if failure.Terminal {
		return v1alpha1.ActorServiceOwner
	}
	return v1alpha1.ActorPlatform
}

// remedyRetry is the remedy of what passes by itself, mostly.
const remedyRetry = "Nothing, if it passes: it is tried again. If it stays, look at the API server's answer and the operator's log"

func remedyOf(failure *Failure) string {
	switch reason := failure.Reason; {
	case reason == v1alpha1.ReasonChildConflict:
		return "Rename or remove the object that is in the way, or rename this resource"
	case reason == v1alpha1.ReasonChildContested:
		return "Find the controller or webhook that changes the object and exempt objects managed by " + v1alpha1.ManagedBy
	case failure.Terminal:
		return "Correct the spec"
	default:
		return remedyRetry
	}
}

// result is what the queue needs to know. A write that lost against a newer one is not an error:
// the newer one's event brings the next pass.
func result(outcome Outcome, clk clock.PassiveClock, err error) (reconcile.Result, error) {
	if err == nil && outcome.Failure != nil && !outcome.Failure.Terminal {
		err = outcome.Failure.Err
	}
	if apierrors.IsConflict(err) {
		return reconcile.Result{RequeueAfter: conflictRetry}, nil
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	next := outcome.untilNextCheck(clk.Now())
	if outcome.Failure != nil && (next == 0 || next > terminalRetry) {
		next = terminalRetry
	}
	return reconcile.Result{RequeueAfter: next}, nil
}
