// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// stored reads what the App keeps its data in, and where its owner's data really lies. The latter is read for an
// App without data too: all Apps of an owner send it data, and wait when that has left.
func (k *Kind) stored(ctx context.Context, cluster client.Reader, facts *Facts) error {
	if k.Storage == nil {
		return nil
	}
	facts.Storage = k.Storage.Now()
	var err error
	// As it was just written: what keeps data must not be taken for missing because the cache is behind.
	if facts.Standing, err = facts.Storage.Find(ctx, k.written(cluster), facts.keptIn()); err != nil || facts.Owner == nil {
		return err
	}
	owner, err := storage.OwnerOf(facts.Owner)
	if err != nil {
		return err
	}
	shared, err := facts.Storage.OfOwner(owner, nil)
	facts.PlacesUnknown = err // an edit helps, and an order to stop must not wait for one
	standing, err := facts.Storage.Find(ctx, cluster, shared)
	if err == nil && facts.PlacesUnknown == nil {
		facts.DataPlaces = facts.Storage.Judge(nil, slices.Concat(standing, facts.Standing)).Places
	}
	return err
}

// Spares says of which children nothing follows from their not being wanted: those that data is, or was, kept in,
// where the configuration or the cluster does not tell of their kind.
func (k *Kind) Spares(ref v1alpha1.Child) bool { return !isUsual(ref) && k.Storage.Spares(ref) }

// ofStored wakes whom an object of the storage's concerns: the App that it was made for, or all Apps of the
// service owner that it was.
func (w watches) ofStored() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, obj client.Object) []reconcile.Request {
		if name := madeFor(obj); name != "" {
			return []reconcile.Request{{NamespacedName: client.ObjectKey{Namespace: obj.GetNamespace(), Name: name}}}
		}
		return w.appsBy(ctx, client.InNamespace(obj.GetNamespace()))
	})
}

// madeFor is the name of the App that an object was made for; empty when it was made for none.
func madeFor(obj client.Object) string {
	owner := metav1.GetControllerOf(obj)
	if owner == nil || owner.Kind != "App" || owner.APIVersion != v1alpha1.GroupVersion.String() {
		return ""
	}
	return owner.Name
}

// storedNews lets through all of what was made for an App, and of what was made for a service owner that data has
// come to lie somewhere else: an account changes what it says of itself often, and its Apps are many.
func storedNews(provider storage.Provider) predicate.Predicate {
	concerns := func(obj client.Object) bool { return madeFor(obj) != "" || len(placesOf(provider, obj)) > 0 }
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return concerns(e.Object) },
		DeleteFunc: func(e event.DeleteEvent) bool { return concerns(e.Object) },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return madeFor(e.ObjectOld) != "" || madeFor(e.ObjectNew) != "" ||
				!slices.Equal(placesOf(provider, e.ObjectOld), placesOf(provider, e.ObjectNew))
		},
	}
}

// placesOf are where the data in an object of ours lies.
func placesOf(provider storage.Provider, obj client.Object) []gate.Place {
	if obj.GetLabels()[v1alpha1.LabelManagedBy] != v1alpha1.ManagedBy {
		return nil
	}
	return provider.Judge(nil, []storage.Object{obj}).Places
}
