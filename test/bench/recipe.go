// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"reflect"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
)

// recipe is what the operator made of one App, as bodies of requests that make it once more.
type recipe struct {
	app      *v1alpha1.App
	children []client.Object
	status   v1alpha1.AppStatus
}

// recipes reads back what the operator made. It is an error when one App has other children than the
// next, or than its own status says: there would be nothing to compare.
func (st *stage) recipes(ctx context.Context, seen *recorder) ([]recipe, error) {
	children := map[client.ObjectKey][]client.Object{}
	for _, kind := range app.Children() {
		if err := st.collect(ctx, kind, children); err != nil {
			return nil, err
		}
	}
	recipes := make([]recipe, 0, len(st.made.apps))
	for _, app := range st.made.apps {
		key := client.ObjectKeyFromObject(app)
		next := recipe{app: app, children: children[key], status: seen.apps[key].app.Status}
		if have, want := len(next.children), len(next.status.Children); have != want || have != len(children[client.ObjectKeyFromObject(st.made.apps[0])]) {
			return nil, fmt.Errorf("app %s has %d children, its status says %d; the first App has %d",
				key, have, want, len(children[client.ObjectKeyFromObject(st.made.apps[0])]))
		}
		recipes = append(recipes, next)
	}
	return recipes, nil
}

// collect adds the objects of one kind that belong to Apps.
func (st *stage) collect(ctx context.Context, kind client.Object, into map[client.ObjectKey][]client.Object) error {
	gvk, err := apiutil.GVKForObject(kind, st.client.Scheme())
	if err != nil {
		return err
	}
	made, err := st.client.Scheme().New(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
	if err != nil {
		return err
	}
	list, ok := made.(client.ObjectList)
	if !ok {
		return fmt.Errorf("%T is no list", made)
	}
	if err := st.client.List(ctx, list, client.MatchingLabels{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}); err != nil {
		return fmt.Errorf("reading back %s: %w", gvk.Kind, err)
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	for _, item := range items {
		obj, ok := item.(client.Object)
		if !ok {
			return fmt.Errorf("%T is no object", item)
		}
		if owner := metav1.GetControllerOf(obj); owner != nil && owner.Kind == "App" {
			key := client.ObjectKey{Namespace: obj.GetNamespace(), Name: owner.Name}
			into[key] = append(into[key], unserved(obj))
		}
	}
	return nil
}

// unserved removes what the server or its controllers put in, and leaves what a client could have
// written.
func unserved(obj client.Object) client.Object {
	obj.SetUID("")
	obj.SetResourceVersion("")
	obj.SetGeneration(0)
	obj.SetCreationTimestamp(metav1.Time{})
	obj.SetManagedFields(nil)
	annotations := obj.GetAnnotations()
	delete(annotations, "deployment.kubernetes.io/revision")
	obj.SetAnnotations(annotations)
	if status := reflect.ValueOf(obj).Elem().FieldByName("Status"); status.IsValid() {
		status.SetZero()
	}
	if service, ok := obj.(*corev1.Service); ok {
		service.Spec.ClusterIP, service.Spec.ClusterIPs = "", nil
	}
	return obj
}
