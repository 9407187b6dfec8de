// SPDX-License-Identifier: BSD-3-Clause

package controllers

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
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

// everyApp are all Apps there are, for what concerns them all.
func (c cluster) everyApp(ctx context.Context) []reconcile.Request {
	var apps v1alpha1.AppList
	if err := c.mgr.GetClient().List(ctx, &apps); err != nil {
		return nil
	}
	requests := make([]reconcile.Request, 0, len(apps.Items))
	for i := range apps.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&apps.Items[i])})
	}
	return requests
}
