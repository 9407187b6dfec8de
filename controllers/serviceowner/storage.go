// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
)

// gatherStorage reads what stands of what the owner's data is kept in. In a namespace that is not its own
// nothing is: the data there is another body's.
func (k *Kind) gatherStorage(ctx context.Context, cluster client.Reader, facts *Facts) error {
	if k.Storage == nil {
		return nil
	}
	facts.Missing = k.Storage.Missing()
	if facts.Namespace == nil || len(namespaceIsOurs(*facts)) > 0 {
		return nil
	}
	var err error
	facts.Standing, err = k.Storage.Standing(ctx, cluster, facts.Namespace.Name)
	return err
}

// watchStorage wakes owners for what their data is kept in.
func (k *Kind) watchStorage(mgr ctrl.Manager, of controller.Controller) error {
	if k.Storage == nil {
		return nil
	}
	return k.Storage.Watch(mgr, of, engine.Coalesced(keeper(mgr.GetClient()), settling), everyOwner(mgr.GetClient()), storageNews())
}

// settling is how long an owner waits for more news of what data is kept in: a hundred new Apps are not a hundred new
// lifecycle policies, and each of those brings news of its own.
const settling = time.Second

// keeper maps an object to the owner in whose namespace it stands, and one in no namespace to all owners.
func keeper(cluster client.Reader) handler.MapFunc {
	return func(ctx context.Context, obj client.Object) []reconcile.Request {
		if obj.GetNamespace() == "" {
			return everyOwner(cluster)(ctx)
		}
		return toKeeper(ctx, obj)
	}
}

// toKeeper names the ServiceOwner in whose namespace an object of the provider's stands, be it the owner's
// or an App's.
func toKeeper(_ context.Context, obj client.Object) []reconcile.Request {
	code := v1alpha1.OwnerOfNamespace(obj.GetNamespace())
	if code == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: client.ObjectKey{Name: code}}}
}

// storageNews lets through each change of the owner's own objects, and of its Apps' what is declared of them:
// what is done with old data in them is the owner's to say. How Apps' objects are is the Apps' to tell.
func storageNews() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return metav1.GetControllerOf(e.ObjectNew) == nil || engine.OwnNews().Update(e)
	}}
}

// everyOwner lists all ServiceOwners: a kind that comes to be known concerns each.
func everyOwner(cluster client.Reader) func(context.Context) []reconcile.Request {
	return func(ctx context.Context) []reconcile.Request {
		var owners v1alpha1.ServiceOwnerList
		if err := cluster.List(ctx, &owners); err != nil {
			log.FromContext(ctx).Error(err, "looking up ServiceOwners for a new kind")
			return nil
		}
		requests := make([]reconcile.Request, 0, len(owners.Items))
		for i := range owners.Items {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&owners.Items[i])})
		}
		return requests
	}
}

// Spares says of which children nothing follows from their not being wanted: those that Flux reads, or that data is,
// or was, kept in, where the configuration or the cluster does not tell of their kind.
func (k *Kind) Spares(ref v1alpha1.Child) bool {
	if ofFlux(ref) {
		return k.Flux.spares(ref)
	}
	return !ofBaseline(ref) && k.Storage.Spares(ref)
}

// ofBaseline says whether a child is of a kind that a baseline may hold.
func ofBaseline(ref v1alpha1.Child) bool { return baselineKinds[ref.Kind] == ref.APIVersion }

// baselineKinds are the kinds of Children, with their versions.
var baselineKinds = map[string]string{
	"Namespace": corev1.SchemeGroupVersion.String(), "ResourceQuota": corev1.SchemeGroupVersion.String(),
	"LimitRange": corev1.SchemeGroupVersion.String(), "ServiceAccount": corev1.SchemeGroupVersion.String(),
	"NetworkPolicy": "networking.k8s.io/v1", "RoleBinding": "rbac.authorization.k8s.io/v1",
}
