// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;create;update

// Receipts leaves a receipt of each deletion in a namespace that outlives all service owners.
//
// A receipt is written before anything is deleted. While its namespace is not there, nothing is, and the status
// says what to do: data that was deleted without a trace cannot be accounted for, and a namespace is made in a
// moment. That is no outside system that could hold a deletion up for ever; how the data's provider fares is not
// asked here at all.
type Receipts struct {
	// Kind tells what the owner's data is kept in.
	Kind *Kind
	// Cluster reads from the cache.
	Cluster client.Reader
	// Applier writes, and reads receipts past the cache: one that was overlooked would be written over.
	Applier *apply.Applier
}

var _ engine.Farewell[*v1alpha1.ServiceOwner] = Receipts{}

// Begin implements engine.Farewell: what is there, and what is to become of it, goes on record. While nothing has
// been deleted, that follows the policy the owner is deleted under; from then on what was recorded stays, and
// only what was not known is added.
func (r Receipts) Begin(ctx context.Context, owner *v1alpha1.ServiceOwner) error {
	config, known, err := r.read(ctx, owner)
	if err != nil || known.FinishedAt != nil {
		return err
	}
	left, err := r.remains(ctx, owner)
	if err != nil {
		return err
	}
	next := newReceipt(owner, r.fates(owner, left.standing))
	switch {
	case config == nil:
	case left.whole:
		next = joined(next, known)
	default:
		next = joined(known, next)
	}
	return r.write(ctx, owner, config, next)
}

// End implements engine.Farewell: from now on the receipt cannot be changed.
func (r Receipts) End(ctx context.Context, owner *v1alpha1.ServiceOwner) error {
	config, known, err := r.read(ctx, owner)
	if err != nil || known.FinishedAt != nil {
		return err
	}
	if config == nil {
		known = newReceipt(owner, nil) // somebody removed it since Begin: of the data nothing is known any longer
	}
	return r.write(ctx, owner, config, finished(known, metav1.NewTime(r.Kind.Clock.Now().UTC()).Rfc3339Copy()))
}

// remains are what a deletion finds.
type remains struct {
	// standing is what data is kept in.
	standing []storage.Object
	// whole says that nothing of the namespace has been deleted yet.
	whole bool
}

// remains reads what data is kept in, and has it say what becomes of the data. In a namespace that was not made
// for the owner nothing is the owner's. An error means that it is not known what there is.
func (r Receipts) remains(ctx context.Context, owner *v1alpha1.ServiceOwner) (remains, error) {
	var namespace corev1.Namespace
	err := r.Cluster.Get(ctx, client.ObjectKey{Name: namespaceOf(owner)}, &namespace)
	if apierrors.IsNotFound(err) {
		return remains{}, nil
	}
	if err != nil {
		return remains{}, fmt.Errorf("reading namespace %s: %w", namespaceOf(owner), err)
	}
	if !madeFor(&namespace, owner) {
		return remains{}, nil
	}
	left := remains{whole: namespace.DeletionTimestamp == nil}
	if r.Kind.Storage == nil {
		return left, nil
	}
	if left.standing, err = r.Kind.Storage.Standing(ctx, r.Cluster, namespace.Name); err != nil || !left.whole {
		return left, err
	}
	left.standing, err = r.settle(ctx, owner, left.standing)
	return left, err
}

// madeFor says whether an object bears a ServiceOwner's mark.
func madeFor(obj metav1.Object, owner *v1alpha1.ServiceOwner) bool {
	return obj.GetAnnotations()[v1alpha1.AnnotationOwner] == apply.OwnerMark("ServiceOwner", owner.Name)
}

// settle has what stands say whether its data goes with it, by the policy the owner is deleted under: that may
// have been changed a moment ago, and whoever deletes the data goes by the objects. One that cannot be changed
// keeps what it says, which the receipt then tells.
func (r Receipts) settle(ctx context.Context, owner *v1alpha1.ServiceOwner, standing []storage.Object) ([]storage.Object, error) {
	children, err := r.Kind.keeping(owner, Facts{Owner: owner, Standing: standing})
	if err != nil {
		return standing, nil //nolint:nilerr // what cannot be rendered any longer must not hold a deletion up
	}
	settled := slices.Clone(standing)
	for _, child := range children {
		ref, err := apply.Reference(child.Object, r.Kind.Storage.Scheme)
		if err != nil {
			return nil, err
		}
		n := slices.IndexFunc(settled, func(object storage.Object) bool { return r.is(object, ref) && madeFor(object, owner) })
		if n < 0 {
			continue
		}
		changes, err := r.Applier.Apply(ctx, owner, owner.Status.Children, []apply.Child{child})
		if err != nil && !refused(err) {
			return nil, err
		}
		for _, change := range changes {
			settled[n] = change.Object
		}
	}
	return settled, nil
}

// is says whether an object is the one a reference names.
func (r Receipts) is(object storage.Object, ref v1alpha1.Child) bool {
	obj, ok := object.(client.Object)
	if !ok {
		return false
	}
	own, err := apply.Reference(obj, r.Kind.Storage.Scheme)
	return err == nil && own == ref
}

// refused says that a write will not be taken the next time either.
func refused(err error) bool {
	var contested *apply.ContestedError
	return errors.As(err, &contested) || apierrors.IsInvalid(err) || apierrors.IsForbidden(err) || apierrors.IsBadRequest(err)
}

// fates are what the provider says becomes of the data.
func (r Receipts) fates(owner *v1alpha1.ServiceOwner, standing []storage.Object) []storage.Fate {
	declared, err := storage.OwnerOf(owner)
	if r.Kind.Storage == nil || err != nil {
		return nil
	}
	return r.Kind.Storage.Fates(declared, standing)
}

// read reads the receipt of a deletion; nil when there is none yet.
func (r Receipts) read(ctx context.Context, owner *v1alpha1.ServiceOwner) (*corev1.ConfigMap, receipt, error) {
	key := client.ObjectKey{Namespace: r.Kind.Operator.Receipts.Namespace, Name: receiptName(owner)}
	config := &corev1.ConfigMap{}
	err := r.Applier.Live.Get(ctx, key, config)
	if apierrors.IsNotFound(err) {
		return nil, receipt{}, nil
	}
	if err != nil {
		return nil, receipt{}, fmt.Errorf("reading the receipt of the deletion: %w", err)
	}
	var known receipt
	if err := yaml.Unmarshal([]byte(config.Data[receiptKey]), &known); err != nil || known.UID != owner.UID {
		return nil, receipt{}, &engine.NeedError{
			Message: fmt.Sprintf("ConfigMap %s in namespace %s is in the way of the receipt of this deletion: it is none", key.Name, key.Namespace),
			Remedy:  "Look who made it, and remove it; the receipt is written, and then the deletion goes on by itself",
		}
	}
	return config, known, nil
}

// write writes a receipt, if it says something new.
func (r Receipts) write(ctx context.Context, owner *v1alpha1.ServiceOwner, before *corev1.ConfigMap, of receipt) error {
	after, err := receiptConfig(owner, r.Kind.Operator.Receipts.Namespace, of)
	if err != nil {
		return err
	}
	if before == nil {
		return r.inPlace(r.Applier.Client.Create(ctx, after, client.FieldOwner(apply.FieldManager)))
	}
	update := before.DeepCopy()
	update.Data, update.Immutable = after.Data, after.Immutable
	if update.Labels == nil {
		update.Labels = map[string]string{}
	}
	maps.Copy(update.Labels, after.Labels)
	if equality.Semantic.DeepEqual(before, update) {
		return nil
	}
	if err := r.Applier.Client.Update(ctx, update, client.FieldOwner(apply.FieldManager)); err != nil {
		return fmt.Errorf("writing the receipt of the deletion: %w", err)
	}
	return nil
}

// inPlace says of a receipt that has no place to be in what to do about it.
func (r Receipts) inPlace(err error) error {
	namespace := r.Kind.Operator.Receipts.Namespace
	switch {
	case err == nil:
		return nil
	case apierrors.IsNotFound(err), apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return &engine.NeedError{
			Message: fmt.Sprintf("The receipt of this deletion cannot be written: namespace %s is not there", namespace),
			Remedy:  fmt.Sprintf("Make namespace %s, or name another in receipts.namespace of the operator's configuration; the deletion then goes on by itself", namespace),
		}
	default:
		return fmt.Errorf("writing the receipt of the deletion: %w", err)
	}
}
