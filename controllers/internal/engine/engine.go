// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
)

// Kind is all that one kind brings to the engine. Decide and Render take no context and no client,
// so they cannot read or write; Gather gets a reader, so it cannot write.
type Kind[O report.Object, F any] interface {
	// Gather reads what the decision rests on. What does not exist is absent from the facts; an
	// error means that something is not known, and then nothing is changed.
	Gather(ctx context.Context, cluster client.Reader, obj O) (F, error)
	// Decide judges the resource by the facts.
	Decide(obj O, facts F) decide.Verdict
	// Render returns the children the resource is to have. An error means that only an edit of the
	// resource can help.
	Render(obj O, facts F, action decide.Action) ([]apply.Child, error)
	// Describe fills in the kind's own status, from what was read and how the children are.
	Describe(obj O, facts F, children []observe.Health)
}

// Engine runs passes for one kind.
type Engine[O report.Object, F any] struct {
	Kind     Kind[O, F]
	Cluster  client.Reader
	Applier  *apply.Applier
	Reporter *report.Reporter
	Scheme   *runtime.Scheme
	// Parts are the conditions that sum up the kind's children.
	Parts []report.Part
	// Retains says whether what a resource made stays when the resource is deleted. It is asked
	// for cluster-scoped kinds; children in the same namespace go with their owner.
	Retains func(O) bool
	// Spares says of which recorded children nothing may be concluded from their not being wanted; nil:
	// of none. They are neither pruned nor looked at, and stay on record.
	Spares func(v1alpha1.Child) bool
	// Farewell is told of deletions; nil: nobody is.
	Farewell Farewell[O]
}

// AsReconciler is the engine as a controller calls it: it loads the resource and reconciles it.
func (e *Engine[O, F]) AsReconciler() reconcile.Reconciler {
	return reconcile.AsReconciler[O](e.Applier.Client, e)
}

// Reconcile runs one pass and publishes how it went. There is one way out.
func (e *Engine[O, F]) Reconcile(ctx context.Context, obj O) (reconcile.Result, error) {
	told, edited := slices.Clone(obj.GetStatus().Problems), obj.GetStatus().ObservedGeneration != obj.GetGeneration()
	outcome, facts := e.pass(ctx, obj)
	outcome.Told, outcome.Edited = told, edited
	written, ok := obj.DeepCopyObject().(O)
	if !ok {
		return reconcile.Result{}, fmt.Errorf("copying %T", obj)
	}
	if outcome.Health != nil {
		e.Kind.Describe(obj, facts, outcome.Health)
	}
	return e.Reporter.Publish(ctx, written, obj, e.Parts, outcome)
}

func (e *Engine[O, F]) pass(ctx context.Context, obj O) (report.Outcome, F) {
	if !obj.GetDeletionTimestamp().IsZero() {
		var none F
		return e.remove(ctx, obj), none
	}
	spared := e.spared(obj.GetStatus().Children) // before anything is read: what comes to be known meanwhile was not read
	facts, err := e.Kind.Gather(ctx, e.Cluster, obj)
	if err != nil {
		return report.FactsUnavailable(err), facts // unknown is not "no": children stay
	}
	verdict := e.Kind.Decide(obj, facts)
	switch verdict.Action {
	case decide.ActionAdmit, decide.ActionKeep, decide.ActionWithdraw:
	case decide.ActionHold:
		return e.observed(ctx, obj, report.Held(verdict)), facts
	default:
		return report.FactsUnavailable(errors.New("nothing was decided")), facts // that is no admission
	}
	children, err := e.Kind.Render(obj, facts, verdict.Action)
	if err != nil {
		return report.BuildFailed(verdict, err), facts
	}
	return e.observed(ctx, obj, e.enforce(ctx, obj, verdict, wish{children, spared})), facts
}

// wish is what a pass wants of a resource's children.
type wish struct {
	// children are those it is to have, spared those on record that stay beside them.
	children []apply.Child
	spared   []v1alpha1.Child
}

// enforce makes the cluster hold the children: on record first, pruned last.
func (e *Engine[O, F]) enforce(ctx context.Context, obj O, verdict decide.Verdict, wanted wish) report.Outcome {
	children := wanted.children
	desired, err := e.references(children)
	if err != nil {
		return report.BuildFailed(verdict, err)
	}
	if err := e.hold(ctx, obj, children); err != nil {
		return report.ApplyFailed(verdict, nil, err)
	}
	recorded := obj.GetStatus().Children
	desired = apply.Union(desired, wanted.spared)
	underWay := report.Outcome{Verdict: verdict, Inventory: apply.Union(recorded, desired), Admitted: admitted(children)}
	if err := e.Reporter.Record(ctx, obj, e.Parts, underWay); err != nil {
		return report.ApplyFailed(verdict, nil, err) // what is not on record must not be created
	}
	changes, err := e.Applier.Apply(ctx, obj, recorded, children)
	if err != nil {
		return report.ApplyFailed(verdict, changes, err)
	}
	pruned, err := e.Applier.Prune(ctx, obj, recorded, desired)
	if err != nil {
		return report.PruneFailed(verdict, changes, err)
	}
	return report.Outcome{Verdict: verdict, Changes: changes, Pruned: pruned, Inventory: desired, Admitted: underWay.Admitted}
}

// admitted reads the record of what was admitted, if there is one among the children.
func admitted(children []apply.Child) *v1alpha1.AdmittedRevision {
	for _, child := range children {
		if record, ok := child.Object.(*appsv1.ControllerRevision); ok {
			return &v1alpha1.AdmittedRevision{
				Generation: record.Revision,
				Agreement:  record.Annotations[v1alpha1.AnnotationAgreement], Withdrawn: record.Annotations[v1alpha1.AnnotationWithdrawn],
			}
		}
	}
	return nil
}

// spared are the children on record that stay though nobody wants them.
func (e *Engine[O, F]) spared(recorded []v1alpha1.Child) []v1alpha1.Child {
	if e.Spares == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(recorded), func(ref v1alpha1.Child) bool { return !e.Spares(ref) })
}

// watched are the children that can be looked at: those that are not spared.
func (e *Engine[O, F]) watched(inventory []v1alpha1.Child) []v1alpha1.Child {
	if e.Spares == nil {
		return inventory
	}
	return slices.DeleteFunc(slices.Clone(inventory), e.Spares)
}

func (e *Engine[O, F]) references(children []apply.Child) ([]v1alpha1.Child, error) {
	refs := make([]v1alpha1.Child, 0, len(children))
	for _, child := range children {
		ref, err := apply.Reference(child.Object, e.Scheme)
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return apply.Union(nil, refs), nil
}

// observed adds how the children are. If they cannot be looked at, that is the failure, unless the
// pass has a worse one to tell of.
func (e *Engine[O, F]) observed(ctx context.Context, obj O, outcome report.Outcome) report.Outcome {
	inventory := outcome.Inventory
	if inventory == nil {
		inventory = obj.GetStatus().Children
	}
	answers := map[v1alpha1.Child]client.Object{}
	for _, change := range outcome.Changes {
		answers[change.Child] = change.Object
	}
	health, err := observe.Children(ctx, e.Cluster, e.Scheme, e.watched(inventory), answers)
	if err != nil {
		if outcome.Failure == nil {
			outcome.Failure = &report.Failure{Reason: v1alpha1.ReasonFactsUnavailable, Err: err}
		}
		return outcome
	}
	outcome.Health = health
	return outcome
}

// hold keeps a resource from vanishing before what it made, and nobody would collect, is accounted for.
func (e *Engine[O, F]) hold(ctx context.Context, obj O, children []apply.Child) error {
	uncollected := slices.ContainsFunc(children, func(child apply.Child) bool { return obj.GetNamespace() == "" || child.Shared })
	if !uncollected || controllerutil.ContainsFinalizer(obj, v1alpha1.FinalizerInventory) {
		return nil
	}
	return e.patchFinalizer(ctx, obj, controllerutil.AddFinalizer)
}

// patchFinalizer changes the finalizers and nothing else, on the version that was read.
func (e *Engine[O, F]) patchFinalizer(ctx context.Context, obj O, change func(client.Object, string) bool) error {
	before, ok := obj.DeepCopyObject().(client.Object)
	if !ok {
		return errors.New("copying: not an object with metadata")
	}
	change(obj, v1alpha1.FinalizerInventory)
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return e.Applier.Client.Patch(ctx, obj, patch, client.FieldOwner(apply.FieldManager))
}
