// SPDX-License-Identifier: BSD-3-Clause

package controllers

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/client"
	runtimecluster "sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
)

// +kubebuilder:rbac:groups=cilium.io,resources=ciliumnetworkpolicies,verbs=get;list;watch;create;update;delete

// names is the kind that hosts are opened by their names with, which the cluster may not know.
func (c cluster) names() *engine.Optional {
	return &engine.Optional{Kind: app.NamePolicy, CRD: app.NamePolicyCRD, Mapper: c.mgr.GetRESTMapper()}
}

// namePolicies takes the kind up when the cluster knows it, where hosts are opened by their names.
func (c cluster) namePolicies(ctrl controller.Controller, names *engine.Optional) error {
	if !c.operator.Egress.ByName() {
		return nil
	}
	policy := &unstructured.Unstructured{}
	policy.SetGroupVersionKind(app.NamePolicy)
	owned := handler.TypedEnqueueRequestForOwner[client.Object](c.mgr.GetScheme(), c.mgr.GetRESTMapper(), &v1alpha1.App{}, handler.OnlyControllerOwner())
	return names.Watch(ctrl, c.mgr.GetCache(), source.Kind[client.Object](c.mgr.GetCache(), policy, owned), c.everyApp)
}

// othersNamePolicies has Apps told of policies of that kind that somebody else made. Nobody evaluates them, so their
// names are all that is kept, in a cache of their own: the other holds what carries our label.
func (c cluster) othersNamePolicies(ctrl controller.Controller, kind *app.Kind) error {
	if !c.operator.Egress.ByName() {
		return nil
	}
	notOurs, err := labels.NewRequirement(v1alpha1.LabelManagedBy, selection.NotEquals, []string{v1alpha1.ManagedBy})
	if err != nil {
		return err
	}
	others, err := runtimecluster.New(c.mgr.GetConfig(), func(options *runtimecluster.Options) {
		options.Scheme, options.HTTPClient = c.mgr.GetScheme(), c.mgr.GetHTTPClient()
		options.Cache.DefaultLabelSelector = labels.NewSelector().Add(*notOurs)
		options.Cache.DefaultTransform = withoutManagedFields
	})
	if err != nil {
		return fmt.Errorf("looking at others' CiliumNetworkPolicies: %w", err)
	}
	known, policy := c.names(), &metav1.PartialObjectMetadata{}
	policy.SetGroupVersionKind(app.NamePolicy)
	kind.OthersNames = func(ctx context.Context, namespace string) ([]string, error) {
		if !known.Known() {
			return nil, nil
		}
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(app.NamePolicy)
		err := others.GetCache().List(ctx, list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy)
		names := make([]string, 0, len(list.Items))
		for i := range list.Items {
			names = append(names, list.Items[i].Name)
		}
		return names, err
	}
	source := source.Kind(others.GetCache(), policy, handler.TypedEnqueueRequestsFromMapFunc(
		func(ctx context.Context, policy *metav1.PartialObjectMetadata) []reconcile.Request {
			return c.appsIn(ctx, client.InNamespace(policy.Namespace))
		}))
	return errors.Join(c.mgr.Add(others), known.Watch(ctrl, c.mgr.GetCache(), source, c.everyApp))
}

// everyApp are all Apps there are, for what concerns them all.
func (c cluster) everyApp(ctx context.Context) []reconcile.Request { return c.appsIn(ctx) }

func (c cluster) appsIn(ctx context.Context, where ...client.ListOption) []reconcile.Request {
	var apps v1alpha1.AppList
	if err := c.mgr.GetClient().List(ctx, &apps, where...); err != nil {
		return nil
	}
	requests := make([]reconcile.Request, 0, len(apps.Items))
	for i := range apps.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&apps.Items[i])})
	}
	return requests
}
