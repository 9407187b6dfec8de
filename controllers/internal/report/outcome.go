// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
	"github.com/altinn/serviceowner-operator/controllers/internal/written"
)

// Outcome is how a pass went.
type Outcome struct {
	// Verdict is what was decided; zero when the pass did not come that far.
	Verdict decide.Verdict
	// Failure is what stopped the pass; nil when it went through.
	Failure *Failure
	// Health is how the children are; nil when nobody looked.
	Health []observe.Health
	// Inventory is what the resource has made; nil leaves it as recorded.
	Inventory []v1alpha1.Child
	// Admitted is the revision whose record is among the children; nil leaves it as it was told.
	Admitted *v1alpha1.AdmittedRevision
	// Changes are what the pass wrote.
	Changes []apply.Change
	// Pruned are what the pass deleted.
	Pruned []v1alpha1.Child
	// Gone says that the resource itself is no more: there is no status to write.
	Gone bool
	// Edited says that the spec is another one than the status spoke of before the pass.
	Edited bool
	// First says that nothing was ever made for the resource: it is only being recorded what is to be.
	First bool
	// Told are the problems that the status listed before the pass.
	Told []v1alpha1.Problem
	// Notes are events that tell what happened and is not told by a condition.
	Notes []Note
}

// Note is an event a pass has to tell of.
type Note struct{ Reason, Message string }

// Failure is what stopped a pass.
type Failure struct {
	// Reason is the reason Ready gets.
	Reason string
	// Err is what happened.
	Err error
	// Terminal says that trying again cannot help: somebody must change something first.
	Terminal bool
}

// FactsUnavailable says that something the decision rests on could not be read. Unknown is not no:
// everything stays as it is.
func FactsUnavailable(err error) Outcome {
	return Outcome{Failure: &Failure{Reason: v1alpha1.ReasonFactsUnavailable, Err: err}}
}

// Held says that a verdict leaves the children as they are.
func Held(verdict decide.Verdict) Outcome { return Outcome{Verdict: verdict} }

// BuildFailed says that the spec cannot be rendered. Only an edit of it can help.
func BuildFailed(verdict decide.Verdict, err error) Outcome {
	return Outcome{Verdict: verdict, Failure: &Failure{Reason: v1alpha1.ReasonBuildFailed, Err: err, Terminal: true}}
}

// ApplyFailed says that children could not be made. A child of somebody else's is for people to
// sort out; anything else is tried again.
func ApplyFailed(verdict decide.Verdict, changes []apply.Change, err error) Outcome {
	failure := &Failure{Reason: v1alpha1.ReasonApplyFailed, Err: err}
	var conflict *apply.ConflictError
	var contested *apply.ContestedError
	switch {
	case errors.As(err, &conflict):
		failure.Reason, failure.Terminal = v1alpha1.ReasonChildConflict, true
	case errors.As(err, &contested):
		failure.Reason, failure.Terminal = v1alpha1.ReasonChildContested, true
	case apierrors.IsInvalid(err):
		failure.Terminal = true // the API server will not take it the next time either
	}
	return Outcome{Verdict: verdict, Changes: changes, Failure: failure}
}

// PruneFailed says that a child no longer wanted could not be deleted. It stays on record.
func PruneFailed(verdict decide.Verdict, changes []apply.Change, err error) Outcome {
	return Outcome{Verdict: verdict, Changes: changes, Failure: &Failure{Reason: v1alpha1.ReasonPruneFailed, Err: err}}
}

// RemoveFailed says that something made for a resource that is being deleted could not be deleted.
func RemoveFailed(err error) Outcome {
	return Outcome{Failure: &Failure{Reason: v1alpha1.ReasonDeleting, Err: err}}
}

// Removing says that something made for a resource that is being deleted is on its way out. The
// event of its end brings the next pass.
func Removing(left []v1alpha1.Child) Outcome {
	names := make([]string, 0, len(left))
	for _, ref := range left {
		names = append(names, ref.Kind+" "+ref.Name)
	}
	finding := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonDeleting, Actor: v1alpha1.ActorPlatform,
		Message: "Waiting until these are gone: " + strings.Join(names, ", "),
		Remedy:  "Wait; if it lasts, look at the finalizers of what is left",
	}
	return Outcome{Verdict: decide.Verdict{Action: decide.ActionHold, Findings: []decide.Finding{finding}}}
}

// Delayed says that a resource that is being deleted cannot go before somebody has done something. It is
// looked at again at an instant.
func Delayed(message, remedy string, again time.Time) Outcome {
	finding := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonDeleting, Actor: v1alpha1.ActorPlatform, Message: message, Remedy: remedy,
	}
	return Outcome{Verdict: decide.Verdict{Action: decide.ActionHold, Findings: []decide.Finding{finding}, NextCheck: again}}
}

// Leaving says that what a resource that is being deleted has outside the cluster is being withdrawn. The records
// of it say how that goes, and its end is the resource's.
func Leaving() Outcome {
	finding := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonDeleting, Actor: v1alpha1.ActorPlatform,
		Message: "Waiting until what it has outside the cluster is withdrawn",
		Remedy:  "Wait; if it lasts, the obstacles in its status say what is in the way",
	}
	return Outcome{Verdict: decide.Verdict{Action: decide.ActionHold, Findings: []decide.Finding{finding}}}
}

// lostRace says that the pass was stopped by a newer write to what it was about to write.
func (o Outcome) lostRace() bool { return o.Failure != nil && apierrors.IsConflict(o.Failure.Err) }

// unseen is how long a pass waits for the event that shows it the children it made, before it looks
// again anyway: one of them may have been deleted before the cache showed it.
const unseen = written.Trust + 100*time.Millisecond

// longestWait is how long a pass waits for an instant before it asks the clock again: what a queue
// counts is time gone by, and a clock that is set, or a machine that slept, would make it miss the
// instant by as much.
const longestWait = time.Hour

// untilNextCheck is how long the queue waits before a time-bound fact changes, or before children
// that were made and not seen are looked for; zero for never.
func (o Outcome) untilNextCheck(now time.Time) time.Duration {
	var wait time.Duration
	if !o.Verdict.NextCheck.IsZero() {
		wait = max(o.Verdict.NextCheck.Sub(now), time.Millisecond)
	}
	made := o.Failure == nil && o.Verdict.Action != decide.ActionHold
	if wait > longestWait {
		wait = longestWait
	}
	missing := slices.ContainsFunc(o.Health, func(h observe.Health) bool { return h.Object == nil })
	if made && missing && (wait == 0 || wait > unseen) {
		return unseen
	}
	return wait
}
