// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestTheCacheKeepsWhatIsReadOfAnObject(t *testing.T) {
	standing := stand(ofOwner(t, skd()), condition(map[string]any{"status": "True", "reason": "Succeeded"}),
		status("norwayeast", "primaryLocation"), status("norwaywest", "secondaryLocation"), status("/subscriptions/x", "id"),
		status("Standard_ZRS", "sku", "name"), status("Enabled", "publicNetworkAccess"), status(map[string]any{"blob": "https://a"}, "primaryEndpoints"))
	before := here.Judge(ofOwner(t, skd()), standing)
	for n, object := range standing {
		whole, _ := object.DeepCopyObject().(*unstructured.Unstructured)
		trimmed, err := Trim(object)
		if err != nil {
			t.Fatal(err)
		}
		kept, ok := trimmed.(*unstructured.Unstructured)
		if !ok {
			t.Fatalf("%T", trimmed)
		}
		standing[n] = kept
		for _, gone := range []string{"publicNetworkAccess", "primaryEndpoints"} {
			if _, there, _ := unstructured.NestedFieldNoCopy(kept.Object, "status", gone); there {
				t.Errorf("%s %s keeps status.%s", kept.GetKind(), kept.GetName(), gone)
			}
			unstructured.RemoveNestedField(whole.Object, "status", gone)
		}
		if diff := cmp.Diff(whole.Object, kept.Object); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", kept.GetKind(), kept.GetName(), diff)
		}
	}
	if diff := cmp.Diff(before, here.Judge(ofOwner(t, skd()), standing)); diff != "" {
		t.Errorf("what is told of it changes (-before +after):\n%s", diff)
	}
}

func TestTheCacheKeepsAllOfOtherKinds(t *testing.T) {
	foreign := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "example.no/v1", "kind": "Shelf", "status": map[string]any{"books": "many"}}}
	for _, object := range []any{foreign, &corev1.ConfigMap{Data: map[string]string{"a": "b"}}} {
		if after, err := Trim(object); err != nil || !cmp.Equal(object, after) {
			t.Errorf("%v, %v", after, err)
		}
	}
}
