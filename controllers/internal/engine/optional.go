// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"fmt"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
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

	known atomic.Bool
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

// Watch makes a controller watch the optional kind as soon as the cluster serves it, and calls all
// to learn which resources to look at again at that moment.
func (o *Optional) Watch(ctrl controller.Controller, from cache.Cache, children source.Source, all func(context.Context) []reconcile.Request) error {
	enqueue := func(ctx context.Context, crd *metav1.PartialObjectMetadata, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
		if crd.GetName() != o.CRD || o.Known() {
			return
		}
		served, err := o.served()
		if err != nil || !served {
			return // the CRD's next change, when it is established, brings us back
		}
		if o.known.CompareAndSwap(false, true) {
			if err := ctrl.Watch(children); err != nil {
				o.known.Store(false)
				return
			}
			for _, request := range all(ctx) {
				queue.Add(request)
			}
		}
	}
	err := ctrl.Watch(source.Kind(from, crds(), handler.TypedFuncs[*metav1.PartialObjectMetadata, reconcile.Request]{
		CreateFunc: func(ctx context.Context, e event.TypedCreateEvent[*metav1.PartialObjectMetadata], queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(ctx, e.Object, queue)
		},
		UpdateFunc: func(ctx context.Context, e event.TypedUpdateEvent[*metav1.PartialObjectMetadata], queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			enqueue(ctx, e.ObjectNew, queue)
		},
	}))
	if err != nil {
		return fmt.Errorf("watching for %s: %w", o.CRD, err)
	}
	return nil
}
