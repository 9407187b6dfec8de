// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
)

// watches finds the Apps that another object's change matters to, by index.
type watches struct {
	cluster  client.Reader
	operator *configuration.Operator
}

// ofOwner wakes the Apps of a service owner.
func (w watches) ofOwner() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, owner client.Object) []reconcile.Request {
		return w.appsBy(ctx, client.InNamespace(v1alpha1.NamespacePrefix+owner.GetName()))
	})
}

// ownerNews lets through what of a service owner Apps go by.
func ownerNews() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		old, isOwner := e.ObjectOld.(*v1alpha1.ServiceOwner)
		owner, stillIs := e.ObjectNew.(*v1alpha1.ServiceOwner)
		return isOwner && stillIs && !equality.Semantic.DeepEqual(concern(old), concern(owner))
	}}
}

// concern is what of a service owner Apps go by, keep data by, and are registered with.
func concern(owner *v1alpha1.ServiceOwner) []any {
	spec := owner.Spec
	return []any{
		spec.Suspend, spec.Region, spec.RegionException, spec.DisplayName, spec.Contacts.Support,
		spec.OrganizationNumber, spec.Storage, spec.DeletionPolicy, owner.Status.Namespace, owner.DeletionTimestamp,
	}
}

// appOfPod names the App a pod belongs to.
func appOfPod(pod *corev1.Pod) reconcile.Request {
	return reconcile.Request{NamespacedName: client.ObjectKey{Namespace: pod.Namespace, Name: pod.Labels[v1alpha1.LabelName]}}
}

// ofSameAddress wakes the Apps that wait for an address another App has let go of.
func (w watches) ofSameAddress() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, obj client.Object) []reconcile.Request {
		app, ok := obj.(*v1alpha1.App)
		if !ok {
			return nil
		}
		requests := w.appsBy(ctx, client.MatchingFields{indexAddress: addressOf(app, w.operator)})
		if served := servedAt(app); served != "" && served != addressOf(app, w.operator) {
			requests = append(requests, w.appsBy(ctx, client.MatchingFields{indexAddress: served})...)
		}
		return requests
	})
}

// addressFreed lets through Apps that are deleted, move or are no longer reached; the event's old
// object tells from where.
func addressFreed() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			old, isApp := e.ObjectOld.(*v1alpha1.App)
			app, stillIs := e.ObjectNew.(*v1alpha1.App)
			return isApp && stillIs && (!equality.Semantic.DeepEqual(old.Spec.Ingress, app.Spec.Ingress) ||
				!old.DeletionTimestamp.Equal(app.DeletionTimestamp) ||
				old.Status.URL != "" && old.Status.URL != app.Status.URL)
		},
	}
}

// ofReference are the Apps that read a Secret or ConfigMap.
func (w watches) ofReference(ctx context.Context, namespace string, changed references.Ref) []reconcile.Request {
	if v1alpha1.OwnerOfNamespace(namespace) == "" {
		return nil
	}
	return w.appsBy(ctx, client.InNamespace(namespace), client.MatchingFields{indexReference: referenceKey(changed.Kind, changed.Name)})
}

// all are all Apps there are.
func (w watches) all(ctx context.Context) []reconcile.Request { return w.appsBy(ctx) }

// appsBy lists Apps from the cache.
func (w watches) appsBy(ctx context.Context, by ...client.ListOption) []reconcile.Request {
	var apps v1alpha1.AppList
	if err := w.cluster.List(ctx, &apps, by...); err != nil {
		log.FromContext(ctx).Error(err, "looking up Apps for an event")
		return nil
	}
	requests := make([]reconcile.Request, 0, len(apps.Items))
	for i := range apps.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&apps.Items[i])})
	}
	return requests
}
