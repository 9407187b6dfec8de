// SPDX-License-Identifier: BSD-3-Clause

package observe

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// anAccount is an object of a kind without a Go type, with a status.
func anAccount(status map[string]any) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"location": "norwayeast"}}}
	if status != nil {
		obj.Object["status"] = status
	}
	obj.SetAPIVersion("storage.example.no/v1")
	obj.SetKind("Account")
	obj.SetNamespace("so-skd")
	obj.SetName("income")
	obj.SetGeneration(2)
	return obj
}

// readyIs is the status of an object whose condition Ready says something.
func readyIs(status, reason string) map[string]any {
	return map[string]any{"conditions": []any{map[string]any{
		"type": "Ready", "status": status, "reason": reason, "message": "because", "observedGeneration": int64(2),
	}}}
}

func TestChildrenWithoutAGoType(t *testing.T) {
	ref := v1alpha1.Child{APIVersion: "storage.example.no/v1", Kind: "Account", Namespace: "so-skd", Name: "income"}
	for name, tc := range map[string]struct {
		there client.Object
		want  State
	}{
		"one that says it is ready is current":              {there: anAccount(readyIs("True", "Succeeded")), want: Current},
		"one that says it is at work is in progress":        {there: anAccount(readyIs("False", "Reconciling")), want: InProgress},
		"one that does not know yet is in progress":         {there: anAccount(readyIs("Unknown", "")), want: InProgress},
		"one that says nothing is current":                  {there: anAccount(nil), want: Current},
		"one of whom the old generation speaks is not":      {there: anAccount(map[string]any{"observedGeneration": int64(1)}), want: InProgress},
		"one that is not there is in progress":              {want: InProgress},
		"one of a kind that the cluster has lost is so too": {there: &unstructured.Unstructured{}, want: InProgress},
	} {
		t.Run(name, func(t *testing.T) {
			builder := fake.NewClientBuilder().WithScheme(knownKinds(t))
			if tc.there != nil && tc.there.GetName() != "" {
				builder = builder.WithObjects(tc.there)
			}
			got, err := Children(t.Context(), builder.Build(), knownKinds(t), []v1alpha1.Child{ref}, nil)
			if err != nil || len(got) != 1 {
				t.Fatalf("%v, %v", got, err)
			}
			if got[0].State != tc.want || (got[0].Object == nil) == (tc.there != nil && tc.there.GetName() != "") {
				t.Errorf("want state %d, got %v", tc.want, got[0])
			}
		})
	}
}

// What is looked at is an object of the cache, which others read too.
func TestChildrenWithoutAGoTypeAreNotChanged(t *testing.T) {
	account := anAccount(readyIs("True", "Succeeded"))
	before := account.DeepCopy()
	ref := v1alpha1.Child{APIVersion: "storage.example.no/v1", Kind: "Account", Namespace: "so-skd", Name: "income"}
	answers := map[v1alpha1.Child]client.Object{ref: account}
	if _, err := Children(t.Context(), fake.NewClientBuilder().Build(), knownKinds(t), []v1alpha1.Child{ref}, answers); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before.Object, account.Object); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}
}
