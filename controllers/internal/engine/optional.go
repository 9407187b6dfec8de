// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// Optional is a kind that the cluster may not know: its CRD can be installed later, or never. The
// operator starts without it and takes it up when it appears.
type Optional struct {
	// Kind is the kind; CRD is the name of its CustomResourceDefinition.
	Kind schema.GroupVersionKind
	CRD  string
	// Mapper tells whether the cluster knows the kind.
	Mapper meta.RESTMapper

	known, awaited atomic.Bool
}

// Known says whether the kind is being watched, and so can be read and made.
func (o *Optional) Known() bool { return o.known.Load() }

// served asks the API server whether it serves the kind by now.
func (o *Optional) served() (bool, error) {
	_, err := o.Mapper.RESTMapping(o.Kind.GroupKind(), o.Kind.Version)
	if meta.IsNoMatchError(err) {
		return false, nil
	}
	return err == nil, err
}

// crds is the kind CustomResourceDefinition, by its metadata alone.
func crds() *metav1.PartialObjectMetadata {
	obj := &metav1.PartialObjectMetadata{}
	obj.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
	return obj
}

// CRDs is what a cache must be told to hold for Watch: CustomResourceDefinitions.
func CRDs() client.Object { return crds() }

// Watch makes a controller watch the optional kind: from its start if the cluster serves the kind by
// then, else as soon as it does; all then tells which resources to look at again.
func (o *Optional) Watch(ctrl controller.Controller, from cache.Cache, children source.SyncingSource, all func(context.Context) []reconcile.Request) error {
	served, err := o.served()
	if err != nil {
		return fmt.Errorf("looking for %s: %w", o.CRD, err)
	}
	if served {
		o.known.Store(true)
		return ctrl.Watch(children)
	}
	appeared := make(chan struct{})
	seen := func(crd *metav1.PartialObjectMetadata) {
		if crd.GetName() == o.CRD && o.awaited.CompareAndSwap(false, true) {
			close(appeared)
		}
	}
	err = ctrl.Watch(source.Kind(from, crds(), handler.TypedFuncs[*metav1.PartialObjectMetadata, reconcile.Request]{
		CreateFunc: func(_ context.Context, e event.TypedCreateEvent[*metav1.PartialObjectMetadata], _ workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			seen(e.Object)
		},
	}))
	if err != nil {
		return fmt.Errorf("watching for %s: %w", o.CRD, err)
	}
	// Not in the handler of an event: the controller holds the lock that Watch needs until the handlers
	// of what was there at its start are done.
	return ctrl.Watch(source.Func(func(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		go func() {
			select {
			case <-ctx.Done():
				return
			case <-appeared:
			}
			if err := o.takeUp(ctx, ctrl, children); err != nil {
				log.FromContext(ctx).Error(err, "cannot take up a kind", "crd", o.CRD)
				return
			}
			for _, request := range all(ctx) {
				queue.Add(request)
			}
		}()
		return nil
	}))
}

// appearance is how often the API server is asked for a kind whose CRD is there.
var appearance = wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Cap: 30 * time.Second, Steps: 10}

// takeUp waits until the API server serves the kind, which it does some time after its CRD came and
// tells nobody of, and until the watch on it has begun.
func (o *Optional) takeUp(ctx context.Context, ctrl controller.Controller, children source.SyncingSource) error {
	err := appearance.DelayFunc().Until(ctx, true, true, func(context.Context) (bool, error) {
		served, err := o.served()
		return served && err == nil, nil
	})
	if err != nil {
		return err
	}
	if err := ctrl.Watch(children); err != nil {
		return err
	}
	if err := children.WaitForSync(ctx); err != nil {
		return err
	}
	o.known.Store(true)
	return nil
}
