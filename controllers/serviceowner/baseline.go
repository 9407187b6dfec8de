// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/altinn/serviceowner-operator/config/tenant"
)

// Children are what a baseline may hold: what the operator watches and so can keep in place.
func Children() []client.Object {
	return []client.Object{
		&corev1.Namespace{}, &corev1.ResourceQuota{}, &corev1.LimitRange{}, &corev1.ServiceAccount{},
		&networkingv1.NetworkPolicy{}, &rbacv1.RoleBinding{},
	}
}

// Baseline is what every service owner's namespace holds, before names and figures are put in.
type Baseline []client.Object

// NewBaseline builds the built-in baseline, patched by the overlay folder if one is named. It is a
// full kustomize build and is done once, at the start.
func NewBaseline(overlay string) (Baseline, error) {
	files := filesys.MakeFsInMemory()
	if err := copyInto(files, "/base", tenant.Base, "base"); err != nil {
		return nil, err
	}
	root := "/base"
	if overlay != "" {
		root = "/overlay"
		if err := copyInto(files, root, os.DirFS(overlay), "."); err != nil {
			return nil, fmt.Errorf("reading the tenant overlay %s: %w", overlay, err)
		}
	}
	built, err := krusty.MakeKustomizer(&krusty.Options{PluginConfig: types.DisabledPluginConfig(), Reorder: krusty.ReorderOptionNone,
		LoadRestrictions: types.LoadRestrictionsNone}).Run(files, root)
	if err != nil {
		return nil, fmt.Errorf("building the tenant baseline: %w", err)
	}
	decoder, err := newDecoder()
	if err != nil {
		return nil, err
	}
	var baseline Baseline
	for _, resource := range built.Resources() {
		raw, err := resource.AsYAML()
		if err != nil {
			return nil, fmt.Errorf("building the tenant baseline: %w", err)
		}
		obj, _, err := decoder.Decode(raw, nil, nil)
		if runtime.IsNotRegisteredError(err) {
			return nil, fmt.Errorf("tenant baseline, %s: kind %s is not allowed; allowed are Namespace, ResourceQuota, LimitRange, ServiceAccount, NetworkPolicy and RoleBinding",
				resource.GetName(), resource.GetKind())
		}
		if err != nil {
			return nil, fmt.Errorf("tenant baseline, %s: %w", resource.CurId(), err)
		}
		child, ok := obj.(client.Object)
		if !ok {
			return nil, fmt.Errorf("tenant baseline, %s: not an object with metadata", resource.CurId())
		}
		fillIn(child)
		baseline = append(baseline, child)
	}
	return baseline, baseline.check()
}

// copy returns objects that can be filled in without touching the baseline.
func (b Baseline) copy() ([]client.Object, error) {
	objects := make([]client.Object, 0, len(b))
	for _, part := range b {
		obj, ok := part.DeepCopyObject().(client.Object)
		if !ok {
			return nil, fmt.Errorf("copying %T: not an object with metadata", part)
		}
		objects = append(objects, obj)
	}
	return objects, nil
}

// newDecoder knows the kinds a baseline may hold and nothing else, and refuses unknown fields.
func newDecoder() (runtime.Decoder, error) {
	all, allowed := runtime.NewScheme(), runtime.NewScheme()
	for _, known := range []func(*runtime.Scheme) error{corev1.AddToScheme, networkingv1.AddToScheme, rbacv1.AddToScheme} {
		if err := known(all); err != nil {
			return nil, err
		}
	}
	for _, child := range Children() {
		kind, err := apiutil.GVKForObject(child, all)
		if err != nil {
			return nil, err
		}
		allowed.AddKnownTypeWithName(kind, child)
	}
	return serializer.NewCodecFactory(allowed, serializer.EnableStrict).UniversalDeserializer(), nil
}

// check sees that an overlay has not taken away what a namespace cannot be without.
func (b Baseline) check() error {
	namespaces, roles := 0, maps.Clone(bindings)
	for _, obj := range b {
		if _, isBinding := obj.(*rbacv1.RoleBinding); isBinding {
			delete(roles, obj.GetName())
		}
		if _, isNamespace := obj.(*corev1.Namespace); isNamespace {
			namespaces++
		} else if obj.GetNamespace() == "" {
			return fmt.Errorf("tenant baseline, %s: only objects in the tenant's namespace are allowed besides the Namespace", obj.GetName())
		}
	}
	if namespaces != 1 {
		return errors.New("tenant baseline: there must be exactly one Namespace, so-tenant")
	}
	if len(roles) > 0 {
		return fmt.Errorf("tenant baseline: RoleBindings are missing that groups of spec.access go into: %s", strings.Join(slices.Sorted(maps.Keys(roles)), ", "))
	}
	return nil
}

// copyInto copies a folder into memory, so that the build can reach nothing outside it. Names that
// begin with two dots are left out: a mounted ConfigMap has its folder of the day, and a link to that.
func copyInto(files filesys.FileSystem, target string, source fs.FS, root string) error {
	return fs.WalkDir(source, root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), "..")
		if hidden && entry.IsDir() {
			return fs.SkipDir
		}
		if hidden || entry.IsDir() {
			return nil
		}
		content, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		relative := name
		if root != "." {
			relative = name[len(root)+1:]
		}
		return files.WriteFile(path.Join(target, relative), content)
	})
}
