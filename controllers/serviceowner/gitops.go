// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
)

// +kubebuilder:rbac:groups=source.toolkit.fluxcd.io,resources=ocirepositories;gitrepositories,verbs=get;list;watch;create;update;delete
// +kubebuilder:rbac:groups=kustomize.toolkit.fluxcd.io,resources=kustomizations,verbs=get;list;watch;create;update;delete

// Flux deploys service owners' Apps from their sources, in a cluster that may not know all of its kinds.
type Flux struct {
	// Known says whether the cluster knows a kind of Flux's, and it is being watched.
	Known func(schema.GroupVersionKind) bool

	optionals []*engine.Optional
}

// NewFlux makes what a controller of ServiceOwners asks for Flux's kinds. mapper tells which the cluster serves.
func NewFlux(mapper meta.RESTMapper) *Flux {
	flux := &Flux{}
	for _, kind := range fluxKinds {
		flux.optionals = append(flux.optionals, &engine.Optional{Kind: kind, CRD: crdOf(kind), Mapper: mapper})
	}
	flux.Known = func(kind schema.GroupVersionKind) bool {
		return slices.ContainsFunc(flux.optionals, func(o *engine.Optional) bool { return o.Kind == kind && o.Known() })
	}
	return flux
}

// watchGitOps wakes owners for what Flux says of their source and of what it holds.
func (k *Kind) watchGitOps(mgr ctrl.Manager, of controller.Controller) error {
	if k.Flux == nil {
		return nil
	}
	for _, kind := range k.Flux.optionals {
		obj := &unstructured.Unstructured{}
		obj.SetGroupVersionKind(kind.Kind)
		events := source.Kind[client.Object](mgr.GetCache(), obj, handler.EnqueueRequestsFromMapFunc(toOwner), gitOpsNews())
		if err := kind.Watch(of, mgr.GetCache(), events, everyOwner(mgr.GetClient())); err != nil {
			return fmt.Errorf("watching %s: %w", kind.Kind.Kind, err)
		}
	}
	return nil
}

// spares says of a child of Flux's kinds whether nothing follows from its not being wanted: nobody asks for Flux, or
// the cluster does not know the kind as yet.
func (f *Flux) spares(ref v1alpha1.Child) bool {
	return f == nil || !f.Known(schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind))
}

// HandedOver is what stands of a hand-over to Flux.
type HandedOver struct {
	// Missing are the CRDs that it takes and the cluster does not know.
	Missing []string
	// Source and Kustomization are Flux's objects, in the owner's namespace; nil where there is none.
	Source, Kustomization *unstructured.Unstructured
}

// gatherGitOps reads how Flux fares with the owner's source. In a namespace that is not its own nothing is the owner's.
func (k *Kind) gatherGitOps(ctx context.Context, cluster client.Reader, facts *Facts) error {
	declared := facts.Owner.Spec.GitOps
	if k.Flux == nil || declared == nil {
		return nil
	}
	ours := facts.Namespace != nil && len(namespaceIsOurs(*facts)) == 0
	for kind, into := range map[schema.GroupVersionKind]**unstructured.Unstructured{
		sourceKindOf(declared): &facts.HandedOver.Source,
		kustomizationKind:      &facts.HandedOver.Kustomization,
	} {
		if !k.Flux.Known(kind) {
			facts.HandedOver.Missing = append(facts.HandedOver.Missing, crdOf(kind))
			continue
		}
		if !ours {
			continue
		}
		obj := &unstructured.Unstructured{}
		obj.SetGroupVersionKind(kind)
		err := cluster.Get(ctx, client.ObjectKey{Namespace: facts.Namespace.Name, Name: facts.Owner.Name}, obj)
		if err == nil {
			*into = obj
		} else if !apierrors.IsNotFound(err) {
			return fmt.Errorf("reading %s %s: %w", kind.Kind, facts.Owner.Name, err)
		}
	}
	slices.Sort(facts.HandedOver.Missing)
	return nil
}

// gitOpsNews lets through what of Flux's objects somebody must act on: what is declared of them, and how Flux fares.
// Flux begins anew at each interval, and says so; that is no news, and how it ends may be.
func gitOpsNews() predicate.Predicate {
	declared := predicate.Or(engine.OwnNews(), predicate.LabelChangedPredicate{})
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, wasPlain := e.ObjectOld.(*unstructured.Unstructured)
		after, isPlain := e.ObjectNew.(*unstructured.Unstructured)
		if !wasPlain || !isPlain || declared.Update(e) {
			return true
		}
		now := syncOf(after)
		return !now.again && now != syncOf(before)
	}}
}
