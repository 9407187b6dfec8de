// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// share is what an App keeps its data in, by a spec of it, and how its pods get there; nothing of one that
// declares no containers.
func (f Facts) share(app *v1alpha1.App, access storage.Access) (storage.Share, error) {
	if f.Storage == nil || len(app.Spec.Storage.Containers) == 0 {
		return storage.Share{}, nil
	}
	owner, err := storage.OwnerOf(f.Owner)
	if err != nil {
		return storage.Share{}, err
	}
	return f.Storage.OfApp(storage.App{Owner: owner, Name: app.Name, Containers: app.Spec.Storage.Containers, Access: access})
}

// share is the share that goes with an action, of what the cluster can hold. Where an App is out of service, and was
// never admitted or it cannot be told what its data is to be kept in, as when the service owner is gone, that stays
// as it stands: no order to stop may wait for it, and none may take data along.
func (w wanted) share(facts Facts, action decide.Action) (storage.Share, error) {
	share, err := facts.share(w.app, accessFor(action))
	unclear := err != nil || w.record == nil
	if action == decide.ActionWithdraw && facts.Storage != nil && unclear {
		return storage.Share{Children: facts.asTheyStand()}, nil
	}
	if err != nil || len(share.Children) == 0 {
		return share, err
	}
	share.Children = facts.Storage.Possible(share.Children)
	return share, nil
}

// keptIn are the objects that the App keeps data in: those on record, and those of what is declared and of what was
// admitted last. What cannot be rendered is told of where it is to be made.
func (f Facts) keptIn() []apply.Child {
	found := f.recorded()
	specs := []*v1alpha1.App{f.App}
	if f.Admitted != nil && !f.Admitted.is(f.App) {
		specs = append(specs, f.Admitted.of(f.App))
	}
	for _, app := range specs {
		share, err := f.share(app, storage.Granted)
		if err != nil {
			continue
		}
		for _, child := range share.Children {
			if !slices.ContainsFunc(found, func(other apply.Child) bool { return f.same(other.Object, child.Object) }) {
				found = append(found, child)
			}
		}
	}
	return found
}

// recorded are the objects of the storage's kinds that the App has on record, by name alone.
func (f Facts) recorded() []apply.Child {
	var found []apply.Child
	for _, kind := range f.Storage.Kinds() {
		for _, ref := range f.App.Status.Children {
			if !kind.Is(ref) {
				continue
			}
			named := &unstructured.Unstructured{}
			named.SetGroupVersionKind(kind.GroupVersionKind)
			named.SetNamespace(ref.Namespace)
			named.SetName(ref.Name)
			named.SetLabels(labels(f.App))
			found = append(found, apply.Child{Object: named})
		}
	}
	return found
}

// asTheyStand are those on record that are there, as objects of which nothing is to be another.
func (f Facts) asTheyStand() []apply.Child {
	return slices.DeleteFunc(f.recorded(), func(child apply.Child) bool {
		return !slices.ContainsFunc(f.Standing, func(object storage.Object) bool { return f.same(child.Object, object) })
	})
}

// same says whether two objects have kind and name in common.
func (f Facts) same(a, b storage.Object) bool {
	if a.GetName() != b.GetName() {
		return false
	}
	one, err := apply.Reference(a, f.Storage.Scheme)
	other, unknown := apply.Reference(b, f.Storage.Scheme)
	return err == nil && unknown == nil && one == other
}
