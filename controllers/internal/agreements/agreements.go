// SPDX-License-Identifier: BSD-3-Clause

// Package agreements reads a service owner's agreements, by index, and wakes what lives under them.
package agreements

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// indexOwner is the code of the service owner an agreement is with.
const indexOwner = "serviceOwner"

// Index adds the index that Of reads by.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &v1alpha1.DataProcessingAgreement{}, indexOwner, func(obj client.Object) []string {
		agreement, ok := obj.(*v1alpha1.DataProcessingAgreement)
		if !ok {
			return nil
		}
		return []string{string(agreement.Spec.ServiceOwner)}
	})
}

// Of reads what every case of a service owner shares: the ServiceOwner, nil when there is none, and its
// agreements, sorted by name. An error means that they are not known.
func Of(ctx context.Context, cluster client.Reader, code string, operator *configuration.Operator) (gate.Holding, error) {
	holding := gate.Holding{Code: code, Operator: operator}
	var owner v1alpha1.ServiceOwner
	switch err := cluster.Get(ctx, client.ObjectKey{Name: code}, &owner); {
	case err == nil:
		holding.Owner = &owner
	case !apierrors.IsNotFound(err):
		return holding, fmt.Errorf("reading service owner %s: %w", code, err)
	}
	var list v1alpha1.DataProcessingAgreementList
	if err := cluster.List(ctx, &list, client.MatchingFields{indexOwner: code}); err != nil {
		return holding, fmt.Errorf("reading the agreements of %s: %w", code, err)
	}
	holding.Agreements = list.Items
	slices.SortFunc(holding.Agreements, func(a, b v1alpha1.DataProcessingAgreement) int { return strings.Compare(a.Name, b.Name) })
	return holding, nil
}

// News lets through what of an agreement others go by: that it is there, and what it says. What it is
// found to mean is for each to find out.
func News() predicate.Predicate { return predicate.GenerationChangedPredicate{} }

// codeOf is the code of the service owner an object is, is with, or belongs to; empty for one of
// nobody's.
func codeOf(obj client.Object) string {
	switch obj := obj.(type) {
	case *v1alpha1.ServiceOwner:
		return obj.Name
	case *v1alpha1.DataProcessingAgreement:
		return string(obj.Spec.ServiceOwner)
	default:
		return v1alpha1.OwnerOfNamespace(obj.GetNamespace())
	}
}

// WakeNamespace wakes what a service owner has in its namespace: empty makes an empty list of the kind,
// which is read from that namespace alone.
func WakeNamespace(cluster client.Reader, empty func() client.ObjectList) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, obj client.Object) []reconcile.Request {
		return requests(ctx, cluster, empty(), client.InNamespace(v1alpha1.NamespacePrefix+codeOf(obj)))
	})
}

// WakeOwner wakes the service owner an agreement is with.
func WakeOwner() handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(_ context.Context, obj client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: client.ObjectKey{Name: codeOf(obj)}}}
	})
}

// WakeAll wakes the agreements of the service owner that an object is, is with, or belongs to.
func WakeAll(cluster client.Reader) handler.MapFunc {
	return func(ctx context.Context, obj client.Object) []reconcile.Request {
		code := codeOf(obj)
		if code == "" {
			return nil
		}
		return requests(ctx, cluster, &v1alpha1.DataProcessingAgreementList{}, client.MatchingFields{indexOwner: code})
	}
}

// requests lists what a selection of the cache holds.
func requests(ctx context.Context, cluster client.Reader, list client.ObjectList, by ...client.ListOption) []reconcile.Request {
	var found []reconcile.Request
	err := cluster.List(ctx, list, append(by, client.UnsafeDisableDeepCopy)...) // names are all that is read
	if err == nil {
		err = meta.EachListItem(list, func(obj runtime.Object) error {
			named, err := meta.Accessor(obj)
			if err != nil {
				return err
			}
			found = append(found, reconcile.Request{NamespacedName: client.ObjectKey{Namespace: named.GetNamespace(), Name: named.GetName()}})
			return nil
		})
	}
	if err != nil {
		log.FromContext(ctx).Error(err, "looking up what an event concerns")
	}
	return found
}
