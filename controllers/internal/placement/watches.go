// SPDX-License-Identifier: BSD-3-Clause

package placement

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Watches finds whom it concerns that something is where it should not be, or no longer is. That
// something is where it should be concerns nobody, so that in good times nothing is woken.
type Watches struct {
	// Cluster is read for where nodes lie and which pods run on them.
	Cluster client.Reader
	// Allowed are the regions where things may be without anybody being told.
	Allowed []v1alpha1.Region
	// Concerned names whom a pod concerns.
	Concerned func(*corev1.Pod) reconcile.Request
}

// usual says whether nobody need be told of what is in a region; against a place that does not say where
// it lies nothing is known.
func (w Watches) usual(region v1alpha1.Region) bool {
	return region == "" || slices.Contains(w.Allowed, region)
}

// OfPods wakes whom a pod concerns that runs in an unusual region, or did.
func (w Watches) OfPods() handler.EventHandler { return handler.EnqueueRequestsFromMapFunc(w.ofPod) }

func (w Watches) ofPod(ctx context.Context, obj client.Object) []reconcile.Request {
	pod, ok := obj.(*corev1.Pod)
	if !ok || pod.Spec.NodeName == "" {
		return nil
	}
	region, err := regionOfNode(ctx, w.Cluster, pod.Spec.NodeName)
	if err == nil && w.usual(region) {
		return nil
	}
	return []reconcile.Request{w.Concerned(pod)}
}

// PodMoves lets through pods that came to a node or are gone.
func PodMoves() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		old, isPod := e.ObjectOld.(*corev1.Pod)
		pod, stillIs := e.ObjectNew.(*corev1.Pod)
		return isPod && stillIs && old.Spec.NodeName != pod.Spec.NodeName
	}}
}

// OfNodes wakes whom the pods on a node concern that came to lie, or no longer lies, in an unusual
// region.
func (w Watches) OfNodes() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(w.onNode)
}

func (w Watches) onNode(ctx context.Context, node client.Object) []reconcile.Request {
	var pods corev1.PodList
	if err := w.Cluster.List(ctx, &pods, client.MatchingFields{indexNode: node.GetName()}, client.UnsafeDisableDeepCopy); err != nil {
		log.FromContext(ctx).Error(err, "looking up the pods of a node")
		return nil
	}
	var requests []reconcile.Request
	for n := range pods.Items {
		requests = append(requests, w.Concerned(&pods.Items[n]))
	}
	return requests
}

// NodeMoves lets through nodes that came to lie, or no longer lie, in an unusual region.
func (w Watches) NodeMoves() predicate.Predicate {
	unusual := func(node client.Object) bool {
		return !w.usual(v1alpha1.Region(node.GetLabels()[corev1.LabelTopologyRegion]))
	}
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return unusual(e.Object) },
		DeleteFunc: func(e event.DeleteEvent) bool { return unusual(e.Object) },
		UpdateFunc: func(e event.UpdateEvent) bool {
			label := corev1.LabelTopologyRegion
			return e.ObjectOld.GetLabels()[label] != e.ObjectNew.GetLabels()[label] && (unusual(e.ObjectOld) || unusual(e.ObjectNew))
		},
	}
}

// Node is the kind of nodes, of which metadata is all that is watched.
func Node() client.Object {
	node := &metav1.PartialObjectMetadata{}
	node.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Node"))
	return node
}

// OfVolumes wakes the service owner whose claim a volume is bound to.
func OfVolumes() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(_ context.Context, obj client.Object) []reconcile.Request {
		volume, ok := obj.(*corev1.PersistentVolume)
		if !ok || volume.Spec.ClaimRef == nil {
			return nil
		}
		code := v1alpha1.OwnerOfNamespace(volume.Spec.ClaimRef.Namespace)
		if code == "" {
			return nil
		}
		return []reconcile.Request{{NamespacedName: client.ObjectKey{Name: code}}}
	})
}

// VolumeMoves lets through volumes that came, went or changed place.
func VolumeMoves() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		old, isVolume := e.ObjectOld.(*corev1.PersistentVolume)
		volume, stillIs := e.ObjectNew.(*corev1.PersistentVolume)
		return isVolume && stillIs && ((old.Spec.ClaimRef == nil) != (volume.Spec.ClaimRef == nil) ||
			old.Labels[corev1.LabelTopologyRegion] != volume.Labels[corev1.LabelTopologyRegion])
	}}
}
