// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Child is one object a kind wants.
type Child struct {
	client.Object

	// Adopt allows taking over an object of this name that is not ours.
	Adopt bool
	// Yields are fields below spec that another controller moves once the object exists, such as
	// the replicas an autoscaler sets. They are kept as found, unless found zero.
	Yields []string
	// Shared says that another controller adds owners to it. Kubernetes collects what has several only when all
	// are gone: it does not go with the resource it was made for by itself.
	Shared bool
}

// Reference returns how an object is written down in an inventory.
func Reference(obj client.Object, scheme *runtime.Scheme) (v1alpha1.Child, error) {
	gvk, err := apiutil.GVKForObject(obj, scheme)
	if err != nil {
		return v1alpha1.Child{}, fmt.Errorf("naming %T: %w", obj, err)
	}
	return v1alpha1.Child{
		APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind,
		Namespace: obj.GetNamespace(), Name: obj.GetName(),
	}, nil
}

// Empty returns an object of the kind a reference names, with its name filled in: of its Go type where the
// scheme has one, else unstructured.
func Empty(ref v1alpha1.Child, scheme *runtime.Scheme) (client.Object, error) {
	gvk := schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)
	if !scheme.Recognizes(gvk) {
		obj := &unstructured.Unstructured{}
		obj.SetGroupVersionKind(gvk)
		obj.SetNamespace(ref.Namespace)
		obj.SetName(ref.Name)
		return obj, nil
	}
	obj, err := scheme.New(gvk)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", ref.Kind, ref.Name, err)
	}
	child, ok := obj.(client.Object)
	if !ok {
		return nil, fmt.Errorf("reading %s %s: not an object with metadata", ref.Kind, ref.Name)
	}
	child.SetNamespace(ref.Namespace)
	child.SetName(ref.Name)
	return child, nil
}

// OwnerMark is the value of the owner annotation on children of a cluster-scoped resource.
func OwnerMark(kind, name string) string { return kind + "/" + name }

// owned says whether live belongs to owner: by ownerReference inside a namespace, by annotation
// where none may stand because the child outlives its owner under Retain.
func owned(live, owner client.Object, scheme *runtime.Scheme) (bool, error) {
	if owner.GetNamespace() != "" {
		return metav1.IsControlledBy(live, owner), nil
	}
	gvk, err := apiutil.GVKForObject(owner, scheme)
	if err != nil {
		return false, err
	}
	return live.GetAnnotations()[v1alpha1.AnnotationOwner] == OwnerMark(gvk.Kind, owner.GetName()), nil
}

// claim marks child as owner's.
func claim(child, owner client.Object, scheme *runtime.Scheme) error {
	gvk, err := apiutil.GVKForObject(owner, scheme)
	if err != nil {
		return err
	}
	if owner.GetNamespace() != "" {
		child.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(owner, gvk)})
		return nil
	}
	annotate(child, v1alpha1.AnnotationOwner, OwnerMark(gvk.Kind, owner.GetName()))
	return nil
}

func annotate(obj client.Object, key, value string) {
	annotations := obj.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[key] = value
	obj.SetAnnotations(annotations)
}
