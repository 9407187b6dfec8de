// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// TestWhatTheOperatorRendersIsProven takes what the operator's own tests say that it makes of Apps, and of the sample
// of a service owner, and proves it by the specs alone.
func TestWhatTheOperatorRendersIsProven(t *testing.T) {
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	inputs, err := filepath.Glob(filepath.Join(root, "controllers/app/testdata/*.in.yaml"))
	if err != nil || len(inputs) < 20 {
		t.Fatalf("%d Apps: %v", len(inputs), err)
	}
	proven := 0
	for _, input := range inputs {
		documents := documentsOf(t, input)
		if documents[0]["kind"] != "App" || strings.HasPrefix(filepath.Base(input), "kept") {
			continue // what is kept stands by an earlier spec
		}
		t.Run(strings.TrimSuffix(filepath.Base(input), ".in.yaml"), func(t *testing.T) {
			resources := rendered(t, root, documents[0], strings.TrimSuffix(input, ".in.yaml")+".out.yaml")
			proof := prove.Build(resources, "", checked)
			if proof.Verdict.Result != prove.ResultProven || proof.Counts.Apps != 1 {
				t.Errorf("%s %+v %+v", proof.Verdict.Sentence, proof.Findings, proof.NotEvaluated)
			}
			proven++
		})
	}
	if proven < 20 {
		t.Errorf("only %d were looked at", proven)
	}
}

// rendered is the sample's service owner, with what is made for it, and an App with what is made for that.
func rendered(t *testing.T, root string, app map[string]any, made string) prove.Resources {
	t.Helper()
	app["metadata"].(map[string]any)["uid"] = "app"
	var all prove.Resources
	add(t, &all, app)
	add(t, &all, documentsOf(t, filepath.Join(root, "config/samples/serviceowner-skd.yaml"))[0])
	add(t, &all, map[string]any{"kind": "Namespace", "metadata": map[string]any{"name": "kube-system"}})
	add(t, &all, map[string]any{"kind": "Namespace", "metadata": map[string]any{"name": "traefik"}})
	for file, inventory := range map[string]*[]v1alpha1.Child{
		filepath.Join(root, "controllers/serviceowner/testdata/sample.out.yaml"): &all.ServiceOwners[0].Status.Children,
		made: &all.Apps[0].Status.Children,
	} {
		for _, document := range documentsOf(t, file) {
			kind, _ := document["kind"].(string)
			switch kind {
			case "NetworkPolicy", "CiliumNetworkPolicy", "Namespace", "Deployment":
			default:
				continue
			}
			metadata := document["metadata"].(map[string]any)
			if kind == "Deployment" {
				metadata["ownerReferences"] = []any{map[string]any{"apiVersion": "x", "kind": "App", "name": "x", "uid": "app", "controller": true}}
			}
			add(t, &all, document)
			*inventory = append(*inventory, childIn(t, document))
		}
	}
	return all
}

func childIn(t *testing.T, document map[string]any) v1alpha1.Child {
	t.Helper()
	content, err := yaml.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var child struct {
		APIVersion, Kind string
		Metadata         struct{ Namespace, Name string }
	}
	if err := yaml.Unmarshal(content, &child); err != nil {
		t.Fatal(err)
	}
	return v1alpha1.Child{APIVersion: child.APIVersion, Kind: child.Kind, Namespace: child.Metadata.Namespace, Name: child.Metadata.Name}
}
