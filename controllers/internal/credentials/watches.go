// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// News lets through what is newly on record of an App's credentials, for the App's own controller, which says
// what it means and lets pods read what there is.
func News() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok := e.ObjectOld.(*v1alpha1.App)
		after, also := e.ObjectNew.(*v1alpha1.App)
		return ok && also && (!equality.Semantic.DeepEqual(before.Status.Credentials, after.Status.Credentials) ||
			!equality.Semantic.DeepEqual(before.Status.Scopes, after.Status.Scopes))
	}}
}

// PodsGone lets through that a pod with a key is gone: an old key may have lost its last reader.
func PodsGone() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false }, UpdateFunc: func(event.UpdateEvent) bool { return false },
		GenericFunc: func(event.GenericEvent) bool { return false },
		DeleteFunc:  func(e event.DeleteEvent) bool { return e.Object.GetAnnotations()[v1alpha1.AnnotationCredentials] != "" },
	}
}

// Rollouts lets through that a rollout came to its end, or that a template reads other keys.
func Rollouts() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false }, GenericFunc: func(event.GenericEvent) bool { return false },
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*appsv1.Deployment)
			after, also := e.ObjectNew.(*appsv1.Deployment)
			return ok && also && (settled(before) != settled(after) ||
				before.Spec.Template.Annotations[v1alpha1.AnnotationCredentials] != after.Spec.Template.Annotations[v1alpha1.AnnotationCredentials])
		},
	}
}

// settled says that all pods are of the template that stands now.
func settled(deployment *appsv1.Deployment) bool {
	status := deployment.Status
	return status.ObservedGeneration >= deployment.Generation && status.Replicas == status.UpdatedReplicas
}
