// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
	facts.Storage = asKnown(k.Storage)
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

// asKnown is a storage whose kinds the cluster knows as it does now, so that a decision and what is made by it
// go by the same.
func asKnown(of *storage.Storage) *storage.Storage {
	known := map[schema.GroupVersionKind]bool{}
	for _, kind := range of.Kinds() {
		known[kind.GroupVersionKind] = kind.CRD != "" && of.Known(kind.GroupVersionKind)
	}
	now := *of
	now.Known = func(kind schema.GroupVersionKind) bool { return known[kind] }
	return &now
}

// Spares says of which children nothing follows from their not being wanted: what data is kept in, of kinds that are
// none of the storage's, or that the cluster does not know as yet. A configuration that loses its storage, or a kind
// that has just come back to the cluster, must not delete data.
func (k *Kind) Spares(ref v1alpha1.Child) bool {
	return ofAnother(ref, k.Storage) || k.Storage != nil && slices.ContainsFunc(k.Storage.Kinds(), func(kind storage.Kind) bool {
		return is(kind, ref) && kind.CRD != "" && !k.Storage.Known(kind.GroupVersionKind)
	})
}

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
