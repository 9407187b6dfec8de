// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
)

// Farewell is told of a deletion, so that something stays that says what became of what a resource had.
// What it answers decides whether the deletion goes on: nothing is deleted that is not accounted for.
type Farewell[O report.Object] interface {
	// Begin is called in each pass over a resource that is being deleted, before anything is: it must be
	// repeatable. While it fails, nothing is deleted.
	Begin(ctx context.Context, obj O) error
	// End is called when nothing is left, or what is left stays, before the resource itself goes.
	End(ctx context.Context, obj O) error
}

// NeedError says that a resource cannot go before somebody has done something.
type NeedError struct {
	// Message says what is in the way, Remedy what to do.
	Message, Remedy string
}

// Error implements error.
func (e *NeedError) Error() string { return e.Message }

// needed is how long a deletion waits before it looks whether what it needs is there: what it is, no watch
// tells.
const needed = 30 * time.Second

// remove accounts for what a resource made that is being deleted, by its inventory alone: neither
// facts nor rendering are needed to let go of something.
func (e *Engine[O, F]) remove(ctx context.Context, obj O) report.Outcome {
	if controllerutil.ContainsFinalizer(obj, v1alpha1.FinalizerRegistration) || controllerutil.ContainsFinalizer(obj, v1alpha1.FinalizerCredentials) {
		return e.leaving(ctx, obj)
	}
	if !controllerutil.ContainsFinalizer(obj, v1alpha1.FinalizerInventory) {
		return report.Outcome{Gone: true}
	}
	if e.Farewell != nil {
		if err := e.Farewell.Begin(ctx, obj); err != nil {
			return e.delayed(err)
		}
	}
	letGo := e.letGo(ctx, obj)
	if !letGo.Gone {
		return letGo
	}
	if e.Farewell != nil {
		if err := e.Farewell.End(ctx, obj); err != nil {
			return e.delayed(err)
		}
	}
	if err := e.patchFinalizer(ctx, obj, controllerutil.RemoveFinalizer); client.IgnoreNotFound(err) != nil {
		return report.RemoveFailed(err)
	}
	return letGo
}

// letGo deletes what a resource made, or says that it stays. It is gone when nothing is left to wait for.
func (e *Engine[O, F]) letGo(ctx context.Context, obj O) report.Outcome {
	if e.Retains != nil && e.Retains(obj) {
		return report.Outcome{Gone: true, Notes: []report.Note{{Reason: v1alpha1.EventRetained,
			Message: fmt.Sprintf("deletionPolicy is Retain: %d objects made for %s stay as they are", len(obj.GetStatus().Children), obj.GetName())}}}
	}
	left, err := e.Applier.Remove(ctx, obj, obj.GetStatus().Children)
	if err != nil {
		return report.RemoveFailed(err)
	}
	if len(left) > 0 && obj.GetNamespace() == "" {
		return report.Removing(left)
	}
	return report.Outcome{Gone: true} // what is left in a namespace is on its way out, and whose engine is slow holds nobody up
}

// delayed is a deletion that waits for a person, or is tried again.
func (e *Engine[O, F]) delayed(err error) report.Outcome {
	var need *NeedError
	if errors.As(err, &need) {
		return report.Delayed(need.Message, need.Remedy, e.Reporter.Clock.Now().Add(needed))
	}
	return report.RemoveFailed(err)
}

// leaving removes the children at once, while what is registered outside the cluster is withdrawn by
// controllers of their own: nobody who deletes a resource expects it to serve until a registry answers.
func (e *Engine[O, F]) leaving(ctx context.Context, obj O) report.Outcome {
	if _, err := e.Applier.Remove(ctx, obj, obj.GetStatus().Children); err != nil {
		return report.RemoveFailed(err)
	}
	if controllerutil.ContainsFinalizer(obj, v1alpha1.FinalizerInventory) {
		if err := e.patchFinalizer(ctx, obj, controllerutil.RemoveFinalizer); client.IgnoreNotFound(err) != nil {
			return report.RemoveFailed(err)
		}
	}
	return report.Leaving()
}
