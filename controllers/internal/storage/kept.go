// SPDX-License-Identifier: BSD-3-Clause

package storage

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Now is the storage as the cluster knows its kinds at this moment, so that all of one pass goes by the same.
func (s *Storage) Now() *Storage {
	known := map[schema.GroupVersionKind]bool{}
	for _, kind := range s.Kinds() {
		known[kind.GroupVersionKind] = s.knows(kind)
	}
	now := *s
	now.Known = func(kind schema.GroupVersionKind) bool { return known[kind] }
	return &now
}

// Is says whether a child is of the kind.
func (k Kind) Is(ref v1alpha1.Child) bool {
	return ref.Kind == k.Kind && ref.APIVersion == k.GroupVersion().String()
}

// Declares says whether a child is of a kind of the provider's. No provider declares none.
func (s *Storage) Declares(ref v1alpha1.Child) bool {
	return s != nil && slices.ContainsFunc(s.Kinds(), func(kind Kind) bool { return kind.Is(ref) })
}

// Spares says of a child that data is, or was, kept in whether nothing follows from its not being wanted: it is of
// no kind of the provider's, or of one that the cluster does not know as yet. A configuration that loses its storage,
// or a kind that has just come back to the cluster, must not delete data.
func (s *Storage) Spares(ref v1alpha1.Child) bool {
	return !s.Declares(ref) || slices.ContainsFunc(s.Kinds(), func(kind Kind) bool { return kind.Is(ref) && !s.knows(kind) })
}

// LeftBehind warns, under part of a resource, of those of its children that data was kept in under a configuration
// that named another storage, or still one: they are left as they are, and nobody looks at them any longer. usual
// says which children a resource has wherever its data is kept.
func (s *Storage) LeftBehind(part string, children []v1alpha1.Child, usual func(v1alpha1.Child) bool) []decide.Finding {
	var names []string
	for _, ref := range children {
		if !usual(ref) && !s.Declares(ref) {
			names = append(names, ref.Kind+" "+ref.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []decide.Finding{{
		Effect: decide.Warn, Part: part, Actor: v1alpha1.ActorPlatform,
		Message: "Made under a configuration of another storage, and left as it is: " + strings.Join(names, ", "),
		Remedy:  "Name that storage in the operator's configuration again; or move the data, and delete what is left",
	}}
}
