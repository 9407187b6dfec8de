// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Indexes of ConsentResources.
const (
	// indexIdentifier is the id in the registry.
	indexIdentifier = "identifier"
	// indexSource is the name of the App the data is fetched from, in the namespace of the ConsentResource.
	indexSource = "source"
)

// Index adds the indexes that facts and watches look ConsentResources up by.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	by := func(name string, value func(*v1alpha1.ConsentResource) string) error {
		return indexer.IndexField(ctx, &v1alpha1.ConsentResource{}, name, func(obj client.Object) []string {
			consent, ok := obj.(*v1alpha1.ConsentResource)
			if !ok {
				return nil
			}
			return []string{value(consent)}
		})
	}
	if err := by(indexIdentifier, identifierOf); err != nil {
		return err
	}
	return by(indexSource, func(consent *v1alpha1.ConsentResource) string { return string(consent.Spec.DataSource.App) })
}

// watches tell which consents an event concerns.
type watches struct{ cluster client.Reader }

// ofSource wakes the consents whose data is fetched from an App.
func (w watches) ofSource() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, app client.Object) []reconcile.Request {
		return w.requests(ctx, client.InNamespace(app.GetNamespace()), client.MatchingFields{indexSource: app.GetName()})
	})
}

// ofSameIdentifier wakes the consents that may have the identifier of one that is gone.
func (w watches) ofSameIdentifier() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, obj client.Object) []reconcile.Request {
		consent, ok := obj.(*v1alpha1.ConsentResource)
		if !ok {
			return nil
		}
		return w.requests(ctx, client.MatchingFields{indexIdentifier: identifierOf(consent)})
	})
}

// identifierFreed lets through what may let another consent have an identifier: that one is gone.
func identifierFreed() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false }, UpdateFunc: func(event.UpdateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// sourceNews lets through what of an App consents go by: that it is there, what it exposes, and whether that is
// registered.
func sourceNews() predicate.Predicate {
	return predicate.Or(predicate.GenerationChangedPredicate{}, predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*v1alpha1.App)
		after, also := e.ObjectNew.(*v1alpha1.App)
		return ok && also && !equality.Semantic.DeepEqual(before.Status.Scopes, after.Status.Scopes)
	}})
}

func (w watches) requests(ctx context.Context, by ...client.ListOption) []reconcile.Request {
	var list v1alpha1.ConsentResourceList
	if err := w.cluster.List(ctx, &list, append(by, client.UnsafeDisableDeepCopy)...); err != nil {
		log.FromContext(ctx).Error(err, "looking up which consents an event concerns")
		return nil
	}
	requests := make([]reconcile.Request, 0, len(list.Items))
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}
