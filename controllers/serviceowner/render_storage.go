// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// keeping are the objects that the owner's data is kept in, in its namespace: those that the cluster can hold.
// None are when the configuration names no storage.
func (k *Kind) keeping(owner *v1alpha1.ServiceOwner, facts Facts) ([]apply.Child, error) {
	if k.Storage == nil {
		return nil, nil
	}
	declared, err := storage.OwnerOf(owner)
	if err != nil {
		return nil, err
	}
	children, err := k.Storage.OfOwner(declared, facts.Standing)
	if err != nil {
		return nil, fmt.Errorf("rendering storage: %w", err)
	}
	children = slices.DeleteFunc(k.Storage.Possible(children), k.wasMissing(facts))
	for _, child := range children {
		child.SetNamespace(declared.Namespace)
		place(child, owner)
	}
	return children, nil
}

// wasMissing says of children whether their kind was missing when the facts were read. It may have come since, and
// then nothing of it was.
func (k *Kind) wasMissing(facts Facts) func(apply.Child) bool {
	return func(child apply.Child) bool {
		return slices.ContainsFunc(k.Storage.Kinds(), func(kind storage.Kind) bool {
			return kind.GroupVersionKind == child.GetObjectKind().GroupVersionKind() && slices.Contains(facts.Missing, kind.CRD)
		})
	}
}

// describeStorage is what is told of storage in the owner's status: nil when the configuration names none.
func (k *Kind) describeStorage(owner *v1alpha1.ServiceOwner, facts Facts) *v1alpha1.StorageStatus {
	if k.Storage == nil {
		return nil
	}
	report, err := k.stored(owner, facts)
	if err != nil {
		return owner.Status.Storage // as it was told last
	}
	return &v1alpha1.StorageStatus{Provider: k.Storage.Name, Places: placesOf(report.Places), Containers: containersOf(report.Containers)}
}

// placesOf are places in a stable order, each once.
func placesOf(places []gate.Place) []v1alpha1.StoragePlace {
	told := make([]v1alpha1.StoragePlace, 0, len(places))
	for _, place := range places {
		told = append(told, v1alpha1.StoragePlace{What: place.What, Region: string(place.Region)})
	}
	slices.SortFunc(told, func(a, b v1alpha1.StoragePlace) int {
		return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Region, b.Region))
	})
	return slices.Compact(told)
}

// containersOf are containers in a stable order.
func containersOf(containers []v1alpha1.KeptContainer) []v1alpha1.KeptContainer {
	told := slices.Clone(containers)
	slices.SortFunc(told, func(a, b v1alpha1.KeptContainer) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.App, b.App))
	})
	return told
}
