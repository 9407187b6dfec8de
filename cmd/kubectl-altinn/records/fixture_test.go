// SPDX-License-Identifier: BSD-3-Clause

package records_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/records"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// exported is when the tests read their resources.
var exported = time.Date(2026, 8, 23, 10, 0, 0, 0, time.UTC)

// read makes resources of config/samples and of a file beside the tests. A document of the file
// without a spec is the generation and status of a sample.
func read(t testing.TB, file string) records.Resources {
	t.Helper()
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	samples, err := filepath.Glob(filepath.Join(root, "config/samples/*-*.yaml"))
	if err != nil || len(samples) == 0 {
		t.Fatalf("there are no samples: %v", err)
	}
	patches := map[string]map[string]any{}
	var documents []map[string]any
	for _, document := range documentsOf(t, file) {
		if document["spec"] == nil {
			patches[identity(document)] = document
			continue
		}
		documents = append(documents, document)
	}
	for _, sample := range samples {
		for _, document := range documentsOf(t, sample) {
			if patch := patches[identity(document)]; patch != nil {
				document["status"] = patch["status"]
				document["metadata"].(map[string]any)["generation"] = patch["metadata"].(map[string]any)["generation"]
				delete(patches, identity(document))
			}
			documents = append(documents, document)
		}
	}
	for name := range patches {
		t.Fatalf("%s: no sample is %s", file, name)
	}
	var all records.Resources
	for _, document := range documents {
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
func add(t testing.TB, all *records.Resources, document map[string]any) {
	t.Helper()
	manifest, err := yaml.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	switch document["kind"] {
	case "ServiceOwner":
		all.ServiceOwners = append(all.ServiceOwners, *stored(t, manifest, &v1alpha1.ServiceOwner{}))
	case "DataProcessingAgreement":
		all.Agreements = append(all.Agreements, *stored(t, manifest, &v1alpha1.DataProcessingAgreement{}))
	case "App":
		all.Apps = append(all.Apps, *stored(t, manifest, &v1alpha1.App{}))
	case "ConsentResource":
		all.ConsentResources = append(all.ConsentResources, *stored(t, manifest, &v1alpha1.ConsentResource{}))
	default:
		t.Fatalf("a document has kind %v", document["kind"])
	}
}

func stored[T any](t testing.TB, manifest []byte, into *T) *T {
	t.Helper()
	if err := apiserver.Defaulted(manifest, into); err != nil {
		t.Fatalf("%v\n%s", err, manifest)
	}
	return into
}

// processing finds one of a record's processings by its resource.
func processing(t *testing.T, record records.Record, reference string) records.Processing {
	t.Helper()
	for _, controller := range record.Controllers {
		at := slices.IndexFunc(controller.Processings, func(p records.Processing) bool { return p.Reference() == reference })
		if at >= 0 {
			return controller.Processings[at]
		}
	}
	t.Fatalf("the record has no %s", reference)
	return records.Processing{}
}
