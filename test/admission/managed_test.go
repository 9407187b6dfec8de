// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// managed is an object of a service owner's namespace, with or without the operator's label.
func managed(kind, name string, labels map[string]any) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: obj{"apiVersion": "v1", "kind": kind, "metadata": obj{"name": name, "namespace": "so-skd"}}}
	if labels != nil {
		object.Object["metadata"].(obj)["labels"] = labels
	}
	return object
}

func TestWhatTheOperatorMadeIsNobodyElses(t *testing.T) {
	ours := obj{"app.kubernetes.io/managed-by": "serviceowner-operator"}
	secrets, configs := schema.GroupVersionResource{Version: "v1", Resource: "secrets"}, schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	admin := cluster
	tenant, deployer, engine, rescuer := stranger.client(), tenantsOwn.client(), engine.client(), rescuer.client()

	for name, tc := range map[string]struct {
		who    dynamic.Interface
		of     schema.GroupVersionResource
		object *unstructured.Unstructured
		wrong  string
	}{
		"a tenant makes a Secret of its own":                    {who: tenant, of: secrets, object: managed("Secret", "own", nil)},
		"a tenant forges a Secret of the operator's":            {who: tenant, of: secrets, object: managed("Secret", "forged", ours), wrong: "Secret forged in so-skd is kept by the operator"},
		"so does what deploys for a tenant":                     {who: deployer, of: secrets, object: managed("Secret", "forged", ours), wrong: "change the App, ConsentResource or ServiceOwner"},
		"a tenant says who an App's identity is":                {who: tenant, of: configs, object: managed("ConfigMap", "income-identity", nil), wrong: "ConfigMap income-identity in so-skd is kept by the operator"},
		"a tenant says who the account is when it uses its key": {who: deployer, of: configs, object: managed("ConfigMap", "skd.keys", nil), wrong: "serviceowner-operator:break-glass"},
		"an engine outside says who an App's identity is":       {who: engine, of: configs, object: managed("ConfigMap", "income-identity", nil)},
		"whoever breaks the glass may":                          {who: rescuer, of: secrets, object: managed("Secret", "mended", ours)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tc.who.Resource(tc.of).Namespace("so-skd").Create(t.Context(), tc.object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			expect(t, err, tc.wrong)
		})
	}

	t.Run("a tenant takes the label off, or deletes", func(t *testing.T) {
		made := admin.Resource(configs).Namespace("so-skd")
		if _, err := made.Create(t.Context(), managed("ConfigMap", "income-runtime", ours), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = made.Delete(context.WithoutCancel(t.Context()), "income-runtime", metav1.DeleteOptions{}) })
		found, err := made.Get(t.Context(), "income-runtime", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		found.SetLabels(nil)
		_, err = tenant.Resource(configs).Namespace("so-skd").Update(t.Context(), found, metav1.UpdateOptions{})
		expect(t, err, "ConfigMap income-runtime in so-skd is kept by the operator")
		expect(t, tenant.Resource(configs).Namespace("so-skd").Delete(t.Context(), "income-runtime", metav1.DeleteOptions{}), "ConfigMap income-runtime in so-skd is kept by the operator")
	})

	t.Run("outside service owners' namespaces the label says nothing", func(t *testing.T) {
		elsewhere := managed("ConfigMap", "elsewhere", ours)
		elsewhere.SetNamespace("default")
		_, err := tenant.Resource(configs).Namespace("default").Create(t.Context(), elsewhere, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		expect(t, err, "")
	})
}
