// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// fieldManager is who applies what is in config/: the same as kubectl apply --server-side, so that a
// user can go on from there.
const fieldManager = "kubectl"

// workload are the kinds that only make sense for an operator that runs inside the cluster.
var workload = []string{"Deployment", "PodDisruptionBudget"}

// Build builds a kustomization folder of the checkout, such as config/default.
func Build(folder string) ([]*unstructured.Unstructured, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionLegacy // namespaces and CRDs before what needs them, as kubectl does
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", folder, err)
	}
	var objects []*unstructured.Unstructured
	for _, resource := range built.Resources() {
		raw, err := resource.AsYAML()
		if err != nil {
			return nil, fmt.Errorf("building %s: %w", folder, err)
		}
		obj := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(raw, &obj.Object); err != nil {
			return nil, fmt.Errorf("building %s: %w", folder, err)
		}
		objects = append(objects, obj)
	}
	return objects, nil
}

// Install applies config/default of the checkout in root, but for the operator's own Deployment: the
// operator runs beside the cluster. It returns when the CRDs are served.
func Install(ctx context.Context, cluster client.WithWatch, root string) error {
	objects, err := Build(filepath.Join(root, "config", "default"))
	if err != nil {
		return err
	}
	objects = slices.DeleteFunc(objects, func(obj *unstructured.Unstructured) bool {
		return slices.Contains(workload, obj.GetKind())
	})
	if err := Apply(ctx, cluster, objects); err != nil {
		return err
	}
	for _, obj := range objects {
		if obj.GetKind() == "CustomResourceDefinition" {
			if err := established(ctx, cluster, obj.GetName()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Apply applies objects, in their order.
func Apply(ctx context.Context, cluster client.Client, objects []*unstructured.Unstructured) error {
	for _, obj := range objects {
		err := cluster.Apply(ctx, client.ApplyConfigurationFromUnstructured(obj), client.FieldOwner(fieldManager), client.ForceOwnership)
		if err != nil {
			return fmt.Errorf("applying %s %s: %w", obj.GetKind(), obj.GetName(), err)
		}
	}
	return nil
}

// established waits until the API server serves a CRD.
func established(ctx context.Context, cluster client.WithWatch, name string) error {
	return Until(ctx, cluster, Object{APIVersion: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition", Name: name}, func(obj *unstructured.Unstructured) bool {
		conditions, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
		return slices.ContainsFunc(conditions, func(c any) bool {
			condition, _ := c.(map[string]any)
			return condition["type"] == "Established" && condition["status"] == "True"
		})
	})
}

// Object names an object of any kind.
type Object struct{ APIVersion, Kind, Namespace, Name string }

// Until watches one object until it is as wanted.
func Until(ctx context.Context, cluster client.WithWatch, object Object, wanted func(*unstructured.Unstructured) bool) error {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(object.APIVersion)
	list.SetKind(object.Kind + "List")
	watcher, err := cluster.Watch(ctx, list, client.InNamespace(object.Namespace), client.MatchingFields{"metadata.name": object.Name})
	if err != nil {
		return fmt.Errorf("watching %s %s: %w", object.Kind, object.Name, err)
	}
	defer watcher.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s %s: %w", object.Kind, object.Name, ctx.Err())
		case event, open := <-watcher.ResultChan():
			if !open {
				return fmt.Errorf("watching %s %s: %w", object.Kind, object.Name, io.ErrUnexpectedEOF)
			}
			if obj, ok := event.Object.(*unstructured.Unstructured); ok && wanted(obj) {
				return nil
			}
		}
	}
}

// ApplySamples applies config/samples as GitOps would: what the platform team declares, then what
// service owners do, as soon as their namespaces stand.
func ApplySamples(ctx context.Context, cluster client.WithWatch, root string) error {
	objects, err := Build(filepath.Join(root, "config", "samples"))
	if err != nil {
		return err
	}
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int { return cmp.Compare(a.GetNamespace(), b.GetNamespace()) })
	for _, obj := range objects {
		if namespace := obj.GetNamespace(); namespace != "" {
			if err := namespaceActive(ctx, cluster, namespace); err != nil {
				return err
			}
		}
		if err := Apply(ctx, cluster, []*unstructured.Unstructured{obj}); err != nil {
			return err
		}
	}
	return nil
}

func namespaceActive(ctx context.Context, cluster client.WithWatch, name string) error {
	return Until(ctx, cluster, Object{APIVersion: "v1", Kind: "Namespace", Name: name}, func(obj *unstructured.Unstructured) bool {
		phase, _, _ := unstructured.NestedString(obj.Object, "status", "phase")
		return phase == "Active"
	})
}
