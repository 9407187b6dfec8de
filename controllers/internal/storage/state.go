// SPDX-License-Identifier: BSD-3-Clause

package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
)

// Storage is a provider in a cluster that may not know all of its kinds.
type Storage struct {
	Provider

	// Name is what people call the provider.
	Name string
	// Scheme tells the kinds that are read as Go types.
	Scheme *runtime.Scheme
	// Known says whether the cluster knows a kind, and it is being watched. It is asked only for kinds with a
	// CRD.
	Known func(schema.GroupVersionKind) bool

	optionals map[schema.GroupVersionKind]*engine.Optional
}

// Missing are the names of the CRDs that the cluster does not know, sorted.
func (s *Storage) Missing() []string {
	var missing []string
	for _, kind := range s.Kinds() {
		if !s.knows(kind) {
			missing = append(missing, kind.CRD)
		}
	}
	slices.Sort(missing)
	return missing
}

func (s *Storage) knows(kind Kind) bool { return kind.CRD == "" || s.Known(kind.GroupVersionKind) }

// Possible are the children that the cluster can hold: those of kinds it does not know are left out.
func (s *Storage) Possible(children []apply.Child) []apply.Child {
	return slices.DeleteFunc(slices.Clone(children), func(child apply.Child) bool {
		gvk := child.GetObjectKind().GroupVersionKind()
		return slices.ContainsFunc(s.Kinds(), func(kind Kind) bool { return kind.GroupVersionKind == gvk && !s.knows(kind) })
	})
}

// Standing reads what stands of the provider's kinds from the cache: in a namespace, by label ours, and of kinds that
// lie in none all there is. An error means that it is not known.
func (s *Storage) Standing(ctx context.Context, cluster client.Reader, namespace string) ([]Object, error) {
	var standing []Object
	for _, kind := range s.Kinds() {
		if !s.knows(kind) {
			continue
		}
		list, err := s.list(kind)
		if err != nil {
			return nil, err
		}
		which := []client.ListOption{client.InNamespace(namespace), client.MatchingLabels{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}, client.UnsafeDisableDeepCopy}
		if kind.Wide { // the cache finds what lies in no namespace by none only, and the platform's have no label of ours
			which = which[2:]
		}
		err = cluster.List(ctx, list, which...)
		if err != nil {
			return nil, fmt.Errorf("reading the %s objects of %s: %w", kind.Kind, namespace, err)
		}
		err = meta.EachListItem(list, func(obj runtime.Object) error {
			object, ok := obj.(Object)
			if !ok {
				return fmt.Errorf("reading the %s objects of %s: %T has no metadata", kind.Kind, namespace, obj)
			}
			standing = append(standing, object)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(standing, func(a, b Object) int { return strings.Compare(a.GetName(), b.GetName()) })
	return standing, nil
}

func (s *Storage) list(kind Kind) (client.ObjectList, error) {
	of := kind.GroupVersion().WithKind(kind.Kind + "List")
	if !s.Scheme.Recognizes(of) {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(of)
		return list, nil
	}
	made, err := s.Scheme.New(of)
	if err != nil {
		return nil, err
	}
	list, ok := made.(client.ObjectList)
	if !ok {
		return nil, fmt.Errorf("%s is not a list", of)
	}
	return list, nil
}

// Find reads what stands of children, from the cache. What is not there is left out; an error means that it
// is not known.
func (s *Storage) Find(ctx context.Context, cluster client.Reader, children []apply.Child) ([]Object, error) {
	var standing []Object
	for _, child := range s.Possible(children) {
		ref, err := apply.Reference(child.Object, s.Scheme)
		if err != nil {
			return nil, err
		}
		found, err := apply.Empty(ref, s.Scheme)
		if err != nil {
			return nil, err
		}
		err = cluster.Get(ctx, client.ObjectKeyFromObject(found), found)
		switch {
		case err == nil:
			standing = append(standing, found)
		case !apierrors.IsNotFound(err):
			return nil, fmt.Errorf("reading %s %s: %w", ref.Kind, ref.Name, err)
		}
	}
	return standing, nil
}

// errNoOwner says that a provider was asked for nobody.
var errNoOwner = errors.New("storage is rendered for a service owner, and there is none")

// OwnerOf is what a ServiceOwner declares of its storage.
func OwnerOf(owner *v1alpha1.ServiceOwner) (Owner, error) {
	if owner == nil {
		return Owner{}, errNoOwner
	}
	return Owner{
		Code: owner.Name, Namespace: v1alpha1.NamespacePrefix + owner.Name, OrganizationNumber: owner.Spec.OrganizationNumber,
		Region: owner.Spec.Region, Storage: owner.Spec.Storage, DeletionPolicy: owner.Spec.DeletionPolicy,
	}, nil
}

// KindNames are the names of the kinds a provider declares, whose condition is StorageReady; none without a
// provider.
func (s *Storage) KindNames() []string {
	if s == nil {
		return nil
	}
	var names []string
	for _, kind := range s.Kinds() {
		names = append(names, kind.Kind)
	}
	return names
}
