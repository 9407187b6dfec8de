// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// checked is when the tests read their resources.
var checked = time.Date(2026, 8, 23, 10, 0, 0, 0, time.UTC)

// read makes resources of a file beside the tests. A document of it without a spec completes the sample of the
// same kind and name in config/samples.
func read(t testing.TB, name string) prove.Resources {
	t.Helper()
	file := filepath.Join("testdata", name+".in.yaml")
	samples := map[string]map[string]any{}
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "config/samples/*-*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no samples: %v", err)
	}
	for _, sample := range files {
		for _, document := range documentsOf(t, sample) {
			samples[identity(document)] = document
		}
	}
	var all prove.Resources
	for _, document := range documentsOf(t, file) {
		if sample := samples[identity(document)]; sample != nil && document["spec"] == nil {
			sample["metadata"], sample["status"] = document["metadata"], document["status"]
			document = sample
		}
		add(t, &all, document)
	}
	return all
}

func documentsOf(t testing.TB, file string) []map[string]any {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	for part := range bytes.SplitSeq(content, []byte("\n---\n")) {
		var document map[string]any
		if err := yaml.Unmarshal(part, &document); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, document)
	}
	return all
}

func identity(document map[string]any) string {
	metadata, _ := document["metadata"].(map[string]any)
	kind, _ := document["kind"].(string)
	name, _ := metadata["name"].(string)
	return kind + " " + name
}

// add reads a document as the API server would store it.
func add(t testing.TB, all *prove.Resources, document map[string]any) {
	t.Helper()
	manifest, err := yaml.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	switch document["kind"] {
	case "ServiceOwner":
		all.ServiceOwners = append(all.ServiceOwners, ours[v1alpha1.ServiceOwner](t, manifest))
	case "App":
		all.Apps = append(all.Apps, ours[v1alpha1.App](t, manifest))
	case "Namespace":
		all.Namespaces = append(all.Namespaces, object[corev1.Namespace](t, manifest))
	case "NetworkPolicy":
		all.Policies = append(all.Policies, object[networkingv1.NetworkPolicy](t, manifest))
	case "Deployment":
		all.Deployments = append(all.Deployments, object[appsv1.Deployment](t, manifest))
	case "ReplicaSet":
		all.ReplicaSets = append(all.ReplicaSets, object[metav1.PartialObjectMetadata](t, manifest))
	case "Pod":
		all.Pods = append(all.Pods, object[metav1.PartialObjectMetadata](t, manifest))
	case "CiliumNetworkPolicy":
		var other metav1.PartialObjectMetadata
		if err := yaml.Unmarshal(manifest, &other); err != nil {
			t.Fatal(err)
		}
		spec, _ := document["spec"].(map[string]any)
		all.Others = append(all.Others, prove.OtherPolicy{Kind: other.Kind, Namespace: other.Namespace, Name: other.Name, Labels: other.Labels, Spec: spec})
	default:
		t.Fatalf("a document has kind %v", document["kind"])
	}
}

func ours[T any](t testing.TB, manifest []byte) T {
	t.Helper()
	var into T
	if err := apiserver.Defaulted(manifest, &into); err != nil {
		t.Fatalf("%v\n%s", err, manifest)
	}
	return into
}

func object[T any](t testing.TB, manifest []byte) T {
	t.Helper()
	var into T
	if err := yaml.UnmarshalStrict(manifest, &into); err != nil {
		t.Fatalf("%v\n%s", err, manifest)
	}
	return into
}
