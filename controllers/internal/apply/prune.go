// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Union returns an inventory that holds both lists, each child once, in a stable order. It is never
// nil: an empty inventory is not the same as none.
func Union(recorded, desired []v1alpha1.Child) []v1alpha1.Child {
	all := append(append([]v1alpha1.Child{}, recorded...), desired...)
	slices.SortFunc(all, compareChildren)
	return slices.Compact(all)
}

func compareChildren(a, b v1alpha1.Child) int {
	return cmp.Or(
		cmp.Compare(a.APIVersion, b.APIVersion), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name),
	)
}

// Prune deletes the recorded children that are not desired and returns those it deleted. A child
// that is gone, or that belongs to somebody else, is let go without a call.
func (a *Applier) Prune(ctx context.Context, owner client.Object, recorded, desired []v1alpha1.Child) ([]v1alpha1.Child, error) {
	var gone []v1alpha1.Child
	var failures []error
	for _, ref := range recorded {
		if slices.Contains(desired, ref) {
			continue
		}
		deleted, err := a.delete(ctx, owner, ref)
		if err != nil {
			failures = append(failures, err)
		}
		if deleted {
			gone = append(gone, ref)
		}
	}
	return gone, errors.Join(failures...)
}

// Remove deletes what was made for an owner that is being deleted: the children outside any
// namespace of the inventory, since what lies inside one goes with it, isolation last of all. It
// returns the children that are still there; the owner must be kept until there are none.
func (a *Applier) Remove(ctx context.Context, owner client.Object, recorded []v1alpha1.Child) ([]v1alpha1.Child, error) {
	var left []v1alpha1.Child
	var failures []error
	for _, ref := range recorded {
		if slices.Contains(recorded, v1alpha1.Child{APIVersion: "v1", Kind: "Namespace", Name: ref.Namespace}) {
			continue
		}
		deleted, err := a.delete(ctx, owner, ref)
		if err != nil {
			failures = append(failures, err)
		}
		if deleted || err != nil {
			left = append(left, ref)
		}
	}
	return left, errors.Join(failures...)
}

// delete removes one child if it is there and ours. It names the UID it saw, so that an object
// made anew under the same name by somebody else is safe. It returns true while the object exists.
func (a *Applier) delete(ctx context.Context, owner client.Object, ref v1alpha1.Child) (bool, error) {
	live, err := a.find(ctx, ref)
	if err != nil || live == nil {
		return false, err
	}
	if ours, err := owned(live, owner, a.Client.Scheme()); err != nil || !ours {
		return false, err
	}
	if live.GetDeletionTimestamp() != nil {
		return true, nil
	}
	uid := live.GetUID()
	err = a.Client.Delete(ctx, live, client.Preconditions{UID: &uid}, client.PropagationPolicy("Background"))
	if err != nil && !apierrors.IsNotFound(err) {
		return false, &WriteError{Verb: "delete", Child: ref, Err: err}
	}
	return err == nil, nil
}

// find reads what a reference names; nil when it is not there.
func (a *Applier) find(ctx context.Context, ref v1alpha1.Child) (client.Object, error) {
	live, err := Empty(ref, a.Client.Scheme())
	if err != nil {
		return nil, err
	}
	err = a.Client.Get(ctx, client.ObjectKeyFromObject(live), live)
	if err == nil {
		return live, nil
	}
	var unwatched *cache.ErrResourceNotCached
	if !apierrors.IsNotFound(err) && !errors.As(err, &unwatched) {
		return nil, fmt.Errorf("reading %s %s: %w", ref.Kind, ref.Name, err)
	}
	// The cache may not have seen yet what the last pass made; forgetting it now would orphan it. It
	// does not hold at all what an operator of another configuration made, such as another kind of route.
	err = a.Live.Get(ctx, client.ObjectKeyFromObject(live), live)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil, nil // where the kind is gone, so are its objects
	}
	if err != nil {
		return nil, &WriteError{Verb: "read", Child: ref, Err: err}
	}
	return live, nil
}
