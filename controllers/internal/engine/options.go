// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Retries start after firstRetry and double up to lastRetry.
const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = time.Minute
)

// ControllerOptions are those of all kinds' controllers.
func ControllerOptions(concurrency int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: concurrency,
		// That of controller-runtime 0.24 can hang when it is stopped while busy, and what stops would keep
		// the lease from its successor (kubernetes-sigs/controller-runtime#3538).
		UsePriorityQueue: ptr.To(false),
		RateLimiter:      workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
	}
}

// OwnNews lets through what of a resource itself calls for a pass: its spec, its annotations, its
// deletion (which raises the generation too). A status we wrote ourselves does not.
func OwnNews() predicate.Predicate {
	return predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{})
}
