// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/agreements"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
	"github.com/altinn/serviceowner-operator/controllers/internal/placement"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=serviceowners,verbs=list;watch;patch
// +kubebuilder:rbac:groups=tenancy.altinn.cloud,resources=serviceowners/status,verbs=update
// +kubebuilder:rbac:groups="",resources=namespaces;resourcequotas;limitranges;serviceaccounts,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=rolebindings,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=clusterroles,verbs=bind,resourceNames=serviceowner-admin;serviceowner-deployer;serviceowner-viewer

// Kind is what a ServiceOwner brings to the engine.
type Kind struct {
	// Baseline is what every namespace holds.
	Baseline Baseline
	// Operator is the operator's configuration.
	Operator *configuration.Operator
	// Clock tells which grants have run out.
	Clock clock.PassiveClock
	// Storage is what owners' data is kept in; nil where the configuration names nothing.
	Storage *storage.Storage
	// Flux is what deploys owners' Apps from their sources; nil hands nothing over.
	Flux *Flux
}

// Parts are a ServiceOwner's conditions. Those after the first two sum up its children; without storage there
// is no condition of it.
func Parts(store *storage.Storage) []report.Part {
	parts := []report.Part{
		{Condition: v1alpha1.ConditionAgreementInForce},
		{Condition: v1alpha1.ConditionRegionCompliant},
		{Condition: v1alpha1.ConditionAccessReady, Kinds: []string{"RoleBinding", "ServiceAccount"}},
		{Condition: v1alpha1.ConditionGitOpsReady, Kinds: fluxKindNames()},
	}
	if store != nil {
		parts = append(parts, report.Part{Condition: v1alpha1.ConditionStorageReady, Kinds: store.KindNames()})
	}
	return append(parts, report.Part{Condition: v1alpha1.ConditionNamespaceReady})
}

// Retains says whether what was made stays when the ServiceOwner is deleted.
func Retains(owner *v1alpha1.ServiceOwner) bool {
	return owner.Spec.DeletionPolicy != v1alpha1.DeletionDelete
}

// Describe implements engine.Kind.
func (k *Kind) Describe(owner *v1alpha1.ServiceOwner, facts Facts, children []observe.Health) {
	owner.Status.Storage = k.describeStorage(owner, facts)
	owner.Status.Namespace = ""
	for _, health := range children {
		if health.Child.Kind == "Namespace" && health.Object != nil {
			owner.Status.Namespace = health.Child.Name
		}
	}
}

// Setup starts the kind's controller: one pass for each change of a ServiceOwner, of an agreement with
// it, of anything made for it, of what its data is kept in, or of where what it has lies.
func Setup(mgr ctrl.Manager, reconciler *engine.Engine[*v1alpha1.ServiceOwner, Facts], concurrency int) error {
	bldr := ctrl.NewControllerManagedBy(mgr).Named("serviceowner").For(&v1alpha1.ServiceOwner{}, builder.WithPredicates(engine.OwnNews()))
	for _, kind := range Children() {
		bldr = bldr.Watches(kind, handler.EnqueueRequestsFromMapFunc(toOwner))
	}
	bldr = bldr.Watches(&v1alpha1.DataProcessingAgreement{}, agreements.WakeOwner(), builder.WithPredicates(agreements.News()))
	kind, ok := reconciler.Kind.(*Kind)
	if !ok {
		return fmt.Errorf("setting up %T as a ServiceOwner's", reconciler.Kind)
	}
	reconciler.Spares = kind.Spares
	where := placement.Watches{Cluster: mgr.GetClient(), Allowed: kind.Operator.Regions.Allowed, Concerned: ownerOfPod}
	bldr = bldr.Watches(&corev1.Pod{}, where.OfPods(), builder.WithPredicates(placement.PodMoves()))
	bldr = bldr.Watches(placement.Node(), where.OfNodes(), builder.OnlyMetadata, builder.WithPredicates(where.NodeMoves()))
	bldr = bldr.Watches(&corev1.PersistentVolume{}, placement.OfVolumes(), builder.WithPredicates(placement.VolumeMoves()))
	built, err := bldr.WithOptions(engine.ControllerOptions(concurrency)).Build(reconciler.AsReconciler())
	if err != nil {
		return err
	}
	if err := kind.watchGitOps(mgr, built); err != nil {
		return err
	}
	return kind.watchStorage(mgr, built)
}

// ownerOfPod names the service owner a pod runs for.
func ownerOfPod(pod *corev1.Pod) reconcile.Request {
	return reconcile.Request{NamespacedName: client.ObjectKey{Name: v1alpha1.OwnerOfNamespace(pod.Namespace)}}
}

// toOwner names the ServiceOwner an object was made for, or, for a namespace of the right name that
// was not, the one it stands in the way of. What an App owns is the App's.
func toOwner(_ context.Context, obj client.Object) []reconcile.Request {
	if metav1.GetControllerOf(obj) != nil {
		return nil
	}
	name := obj.GetLabels()[v1alpha1.LabelServiceOwner]
	if namespace, ok := obj.(*corev1.Namespace); ok {
		name = v1alpha1.OwnerOfNamespace(namespace.Name)
	} else if name == "" && obj.GetNamespace() != "" {
		name = v1alpha1.OwnerOfNamespace(obj.GetNamespace())
	}
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Name: name}}}
}
