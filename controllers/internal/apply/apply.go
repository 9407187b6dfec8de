// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// FieldManager is the name the operator writes under.
const FieldManager = v1alpha1.ManagedBy

// Applier makes children what a kind rendered.
type Applier struct {
	// Client writes, and reads from the cache.
	Client client.Client
	// Live reads past the cache. It is asked only when a create finds the name taken.
	Live client.Reader

	contested contested
}

// Change is what one pass did to one child.
type Change struct {
	// Child is the object.
	Child v1alpha1.Child
	// Drift says that somebody else had changed or deleted it.
	Drift bool
	// Object is the child as the API server answered; the cache may not have seen it yet.
	Object client.Object
}

// Apply makes the cluster hold the children as they are given, in their order, and returns what
// it changed. It tries every child even when one fails, so that one bad child does not keep a fix
// from the others, and returns all errors joined; a *ConflictError is among them for each child
// that belongs to somebody else. Nothing is made in a namespace of the children that is not there or
// not ours, nor after a record that could not be made.
func (a *Applier) Apply(ctx context.Context, owner client.Object, known []v1alpha1.Child, children []Child) ([]Change, error) {
	var changes []Change
	var failures []error
	var barred []string
	for _, child := range children {
		if child.GetNamespace() != "" && slices.Contains(barred, child.GetNamespace()) {
			continue
		}
		change, err := a.applyOne(ctx, owner, known, child)
		if err != nil {
			failures = append(failures, err)
		}
		if namespace := bars(child, err); namespace != "" {
			barred = append(barred, namespace)
		}
		if change != nil {
			changes = append(changes, *change)
		}
	}
	return changes, errors.Join(failures...)
}

// bars names the namespace in which nothing more may be made after err: one that is not there or not
// ours as far as anybody knows, or that of a record, since what follows it would be on no record. That
// one could not be updated says that it is there.
func bars(child Child, err error) string {
	var write *WriteError
	if err == nil || errors.As(err, &write) && write.Verb == "update" {
		return ""
	}
	switch child.Object.(type) {
	case *corev1.Namespace:
		return child.GetName()
	case *appsv1.ControllerRevision:
		return child.GetNamespace()
	default:
		return ""
	}
}

// wanted is a child as it is to be written.
type wanted struct {
	Child

	ref    v1alpha1.Child
	fields map[string]any
	digest string
}

// applyOne creates, replaces or leaves one child. It returns nil when nothing was written.
func (a *Applier) applyOne(ctx context.Context, owner client.Object, known []v1alpha1.Child, child Child) (*Change, error) {
	want, err := a.prepare(owner, child)
	if err != nil {
		return nil, err
	}
	live, err := Empty(want.ref, a.Client.Scheme())
	if err != nil {
		return nil, err
	}
	err = a.Client.Get(ctx, client.ObjectKeyFromObject(live), live)
	if apierrors.IsNotFound(err) {
		return a.create(ctx, owner, want, slices.Contains(known, want.ref))
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s %s: %w", want.ref.Kind, want.ref.Name, err)
	}
	return a.replace(ctx, owner, want, live)
}

// prepare marks the child as owner's and stamps it with its digest.
func (a *Applier) prepare(owner client.Object, child Child) (wanted, error) {
	want := wanted{Child: child}
	var err error
	if want.ref, err = Reference(child.Object, a.Client.Scheme()); err != nil {
		return want, err
	}
	if err := claim(child.Object, owner, a.Client.Scheme()); err != nil {
		return want, err
	}
	raw, err := json.Marshal(child.Object)
	if err != nil {
		return want, fmt.Errorf("encoding %s %s: %w", want.ref.Kind, want.ref.Name, err)
	}
	sum := sha256.Sum256(raw)
	want.digest = hex.EncodeToString(sum[:8])
	annotate(child.Object, v1alpha1.AnnotationApplied, want.digest)
	want.fields, err = fields(child.Object, want.ref)
	return want, err
}

// fields returns an object as plain fields, with the kind that typed objects leave out.
func fields(obj client.Object, ref v1alpha1.Child) (map[string]any, error) {
	plain, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return nil, fmt.Errorf("converting %s %s: %w", ref.Kind, ref.Name, err)
	}
	plain = maps.Clone(plain) // of an unstructured object it is the object's own
	plain["apiVersion"], plain["kind"] = ref.APIVersion, ref.Kind
	return plain, nil
}

// create makes a child that the cache does not hold. When the name turns out to be taken, the
// object is read live: it is either ours and the cache is behind, or somebody else's.
func (a *Applier) create(ctx context.Context, owner client.Object, want wanted, wasThere bool) (*Change, error) {
	obj, ok := want.DeepCopyObject().(client.Object)
	if !ok {
		return nil, fmt.Errorf("copying %s %s: not an object with metadata", want.ref.Kind, want.ref.Name)
	}
	err := a.Client.Create(ctx, obj, client.FieldOwner(FieldManager))
	if err == nil {
		return &Change{Child: want.ref, Drift: wasThere, Object: obj}, nil
	}
	if !apierrors.IsAlreadyExists(err) {
		return nil, &WriteError{Verb: "create", Child: want.ref, Err: err}
	}
	live, err := Empty(want.ref, a.Client.Scheme())
	if err != nil {
		return nil, err
	}
	if err := a.Live.Get(ctx, client.ObjectKeyFromObject(live), live); err != nil {
		return nil, &WriteError{Verb: "read", Child: want.ref, Err: err}
	}
	return a.replace(ctx, owner, want, live)
}

// replace writes a child that differs from what is wanted, and does nothing otherwise. It leaves one
// that is somebody else's alone.
func (a *Applier) replace(ctx context.Context, owner client.Object, want wanted, live client.Object) (*Change, error) {
	if ours, err := owned(live, owner, a.Client.Scheme()); err != nil {
		return nil, err
	} else if !ours && !want.Adopt {
		return nil, &ConflictError{Child: want.ref}
	}
	found, err := fields(live, want.ref)
	if err != nil {
		return nil, err
	}
	if settled(want.fields, found, want.Yields) {
		a.contested.forget(live.GetUID())
		return nil, nil
	}
	if a.contested.is(live.GetUID(), live.GetResourceVersion(), want.digest) {
		return nil, &ContestedError{Child: want.ref}
	}
	update, err := a.object(want.ref, merged(want.fields, found, want.Yields))
	if err != nil {
		return nil, err
	}
	if err := a.Client.Update(ctx, update, client.FieldOwner(FieldManager)); err != nil {
		return nil, &WriteError{Verb: "update", Child: want.ref, Err: err}
	}
	a.remember(update, want)
	return &Change{Child: want.ref, Drift: live.GetAnnotations()[v1alpha1.AnnotationApplied] == want.digest, Object: update}, nil
}

// object is plain fields as an object again.
func (a *Applier) object(ref v1alpha1.Child, plain map[string]any) (client.Object, error) {
	obj, err := Empty(ref, a.Client.Scheme())
	if err != nil {
		return nil, err
	}
	if foreign, ok := obj.(*unstructured.Unstructured); ok {
		foreign.Object = plain
		return foreign, nil
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(plain, obj); err != nil {
		return nil, fmt.Errorf("converting %s %s: %w", ref.Kind, ref.Name, err)
	}
	return obj, nil
}

// remember notes an update whose answer still is not what we want: something changes the object on
// its way in, and writing again would only go round in circles.
func (a *Applier) remember(answer client.Object, want wanted) {
	got, err := fields(answer, want.ref)
	if err == nil && !settled(want.fields, got, want.Yields) {
		a.contested.note(answer.GetUID(), answer.GetResourceVersion(), want.digest)
	}
}
