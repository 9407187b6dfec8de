// SPDX-License-Identifier: BSD-3-Clause

package placement

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// +kubebuilder:rbac:groups="",resources=pods;nodes;persistentvolumes,verbs=list;watch

// Indexes of pods and volumes.
const (
	// indexApp is the name of the App a pod belongs to.
	indexApp = "app"
	// indexNode is the node a pod runs on.
	indexNode = "node"
	// indexClaim is the namespace of the claim a volume is bound to.
	indexClaim = "claim"
)

// Index adds the indexes that pods and volumes are read by.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	for key, value := range map[string]func(*corev1.Pod) string{
		indexApp:  func(pod *corev1.Pod) string { return pod.Labels[v1alpha1.LabelName] },
		indexNode: func(pod *corev1.Pod) string { return pod.Spec.NodeName },
	} {
		err := indexer.IndexField(ctx, &corev1.Pod{}, key, func(obj client.Object) []string {
			pod, ok := obj.(*corev1.Pod)
			if !ok || value(pod) == "" {
				return nil
			}
			return []string{value(pod)}
		})
		if err != nil {
			return err
		}
	}
	return indexer.IndexField(ctx, &corev1.PersistentVolume{}, indexClaim, func(obj client.Object) []string {
		volume, ok := obj.(*corev1.PersistentVolume)
		if !ok || volume.Spec.ClaimRef == nil {
			return nil
		}
		return []string{volume.Spec.ClaimRef.Namespace}
	})
}

// Strip keeps of a pod what tells where it is, whose, and what keys it has: thousands of them must not fill the memory.
func Strip(obj any) (any, error) {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return obj, nil
	}
	var annotations map[string]string
	if read := pod.Annotations[v1alpha1.AnnotationCredentials]; read != "" {
		annotations = map[string]string{v1alpha1.AnnotationCredentials: read}
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID, ResourceVersion: pod.ResourceVersion,
			Labels: pod.Labels, Annotations: annotations, DeletionTimestamp: pod.DeletionTimestamp,
		},
		Spec: corev1.PodSpec{NodeName: pod.Spec.NodeName},
	}, nil
}

// OfApp tells where an App's pods are, sorted. An error means that it is not known.
func OfApp(ctx context.Context, cluster client.Reader, app *v1alpha1.App) ([]gate.Place, error) {
	return ofPods(ctx, cluster, client.InNamespace(app.Namespace), client.MatchingFields{indexApp: app.Name})
}

// OfOwner tells where the pods and volumes of a service owner's namespace are, sorted. An error means
// that it is not known.
func OfOwner(ctx context.Context, cluster client.Reader, namespace string) ([]gate.Place, error) {
	places, err := ofPods(ctx, cluster, client.InNamespace(namespace))
	if err != nil {
		return nil, err
	}
	var volumes corev1.PersistentVolumeList
	if err := cluster.List(ctx, &volumes, client.MatchingFields{indexClaim: namespace}); err != nil {
		return nil, fmt.Errorf("reading the volumes of %s: %w", namespace, err)
	}
	for n := range volumes.Items {
		volume := &volumes.Items[n]
		for _, region := range regionsOfVolume(volume) {
			places = append(places, gate.Place{What: "volume " + volume.Name, Region: region})
		}
	}
	return sorted(places), nil
}

// ofPods tells where the nodes are that a selection of pods runs on. Pods come and go; nodes tell the
// same for longer.
func ofPods(ctx context.Context, cluster client.Reader, by ...client.ListOption) ([]gate.Place, error) {
	var pods corev1.PodList
	if err := cluster.List(ctx, &pods, append(by, client.UnsafeDisableDeepCopy)...); err != nil {
		return nil, fmt.Errorf("reading where pods run: %w", err)
	}
	var places []gate.Place
	seen := map[string]bool{"": true}
	for n := range pods.Items {
		node := pods.Items[n].Spec.NodeName
		if seen[node] {
			continue
		}
		seen[node] = true
		region, err := regionOfNode(ctx, cluster, node)
		if err != nil {
			return nil, err
		}
		if region != "" {
			places = append(places, gate.Place{What: "node " + node, Region: region})
		}
	}
	return sorted(places), nil
}

// regionOfNode is where a node lies; empty when it is gone or says nothing of it.
func regionOfNode(ctx context.Context, cluster client.Reader, name string) (v1alpha1.Region, error) {
	node := &metav1.PartialObjectMetadata{}
	node.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Node"))
	err := cluster.Get(ctx, client.ObjectKey{Name: name}, node)
	if err != nil && !apierrors.IsNotFound(err) {
		return "", fmt.Errorf("reading where node %s lies: %w", name, err)
	}
	return v1alpha1.Region(node.Labels[corev1.LabelTopologyRegion]), nil
}

// regionsOfVolume are where a volume lies, by its label or by the nodes that can mount it.
func regionsOfVolume(volume *corev1.PersistentVolume) []v1alpha1.Region {
	var regions []v1alpha1.Region
	if region := volume.Labels[corev1.LabelTopologyRegion]; region != "" {
		regions = append(regions, v1alpha1.Region(region))
	}
	if volume.Spec.NodeAffinity == nil || volume.Spec.NodeAffinity.Required == nil {
		return regions
	}
	for _, term := range volume.Spec.NodeAffinity.Required.NodeSelectorTerms {
		for _, expression := range term.MatchExpressions {
			if expression.Key != corev1.LabelTopologyRegion || expression.Operator != corev1.NodeSelectorOpIn {
				continue
			}
			for _, value := range expression.Values {
				if region := v1alpha1.Region(value); !slices.Contains(regions, region) {
					regions = append(regions, region)
				}
			}
		}
	}
	return regions
}

func sorted(places []gate.Place) []gate.Place {
	slices.SortFunc(places, func(a, b gate.Place) int { return strings.Compare(a.What+string(a.Region), b.What+string(b.Region)) })
	return places
}
