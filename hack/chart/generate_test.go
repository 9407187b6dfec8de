// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestAKindThatIsNewInConfigComesOutAsItIs(t *testing.T) {
	text := `
apiVersion: example.com/v1
kind: Novelty
metadata:
  name: system:new
  namespace: serviceowner-system
  annotations:
    whole: serviceowner-system
    word: system:serviceaccount:serviceowner-system:operator
    longer: serviceowner-system-2
spec:
  expression: "{{ .Values.replicas }} and {{{ three }}} and {one} and }}"
  placeholder: "{serviceowner-system} {{serviceowner-system}}"
  lines: |
    {{- if false }}
    first
    {{- end }}
  largest: 9223372036854775807
  list: [{a: serviceowner-system}, "{{"]
`
	var added, want object
	if err := yaml.Unmarshal([]byte(text), &added); err != nil {
		t.Fatal(err)
	}
	added["spec"].(map[string]any)["largest"] = int64(9223372036854775807)
	// Only whole words are the namespace.
	elsewhere := strings.NewReplacer("serviceowner-system-2", "serviceowner-system-2", installed, "elsewhere").Replace(text)
	if err := yaml.Unmarshal([]byte(elsewhere), &want); err != nil {
		t.Fatal(err)
	}
	files, err := generate(append(sources(t), added))
	if err != nil {
		t.Fatal(err)
	}
	file := "templates/novelty-system-new.yaml"
	if !strings.Contains(files[file], "largest: 9223372036854775807\n") {
		t.Errorf("the number is not the same in %s", files[file])
	}
	have := render(t, of(t, files), "elsewhere", "")[identity(want)]
	if !reflect.DeepEqual(have, want) {
		t.Errorf("%s\nwant %s\nhave %s", files[file], asJSON(t, want), asJSON(t, have))
	}
}

// unmapped are changes of config that leave something of the chart without a place.
var unmapped = []struct {
	name   string
	change func([]object) []object
	want   []string
}{
	{"no Namespace", without("Namespace"), []string{"there must be one Namespace, there are 0"}},
	{"no Deployment", without("Deployment"), []string{"one Deployment operator, there are 0"}},
	{"no configuration", without("ConfigMap"), []string{"one ConfigMap with operator.yaml, there are 0"}},
	{
		"fields of the Deployment, all at once",
		func(objects []object) []object {
			delete(first(objects, "Deployment")["spec"].(map[string]any), "replicas")
			container := theContainer(objects)
			delete(container, "resources")
			container["env"] = []any{}
			container["image"] = "images.example:5000/operator"
			return objects
		},
		[]string{"no spec.replicas", "no resources", "no env GOMEMLIMIT", "images.example:5000/operator: it must have a tag"},
	},
	{
		"an image with tag and digest",
		func(objects []object) []object {
			container := theContainer(objects)
			container["image"] = "operator:v1@sha256:12ab"
			return objects
		},
		[]string{"operator:v1@sha256:12ab: it must have a tag or a digest, and not both"},
	},
	{
		"another container",
		func(objects []object) []object {
			container := theContainer(objects)
			container["name"] = "manager"
			return objects
		},
		[]string{"the Deployment operator: no container operator"},
	},
	{
		"a key for Maskinporten that is not mounted",
		func(objects []object) []object {
			delete(theContainer(objects), "volumeMounts")
			return objects
		},
		[]string{"the Deployment operator: no maskinporten in volumeMounts"},
	},
	{
		"a key for Maskinporten that comes from nowhere",
		func(objects []object) []object {
			delete(first(objects, "Deployment").field("spec", "template", "spec").(map[string]any), "volumes")
			return objects
		},
		[]string{"no secret.secretName", "no maskinporten in volumes"},
	},
	{
		"a configuration without hash, and a key with the namespace",
		func(objects []object) []object {
			holder := first(objects, "ConfigMap")
			holder["metadata"].(map[string]any)["name"] = "configuration"
			holder["data"].(map[string]any)["serviceowner-system.yaml"] = ""
			return objects
		},
		[]string{"no hash in its name", "the key serviceowner-system.yaml names the namespace"},
	},
	{
		"a configuration that nothing mounts",
		func(objects []object) []object {
			first(objects, "ConfigMap")["metadata"].(map[string]any)["name"] = "other-0123456789"
			return objects
		},
		[]string{"nothing refers to it"},
	},
	{
		"two objects with the same file",
		func(objects []object) []object {
			same := map[string]any{"name": "same"}
			return append(objects,
				object{"apiVersion": "example.com/v1", "kind": "Novelty", "metadata": same},
				object{"apiVersion": "example.com/v2", "kind": "Novelty", "metadata": same})
		},
		[]string{"Novelty same: another object is written to templates/novelty-same.yaml too"},
	},
}

func TestWhatHasNoPlaceAnyMoreIsNamed(t *testing.T) {
	for _, c := range unmapped {
		t.Run(c.name, func(t *testing.T) {
			_, err := generate(c.change(sources(t)))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("want %q in: %v", want, err)
				}
			}
		})
	}
}

func TestAnImageByDigestIsTheDefault(t *testing.T) {
	objects := sources(t)
	container := theContainer(objects)
	container["image"] = "images.example:5000/operator@sha256:12ab"
	files, err := generate(objects)
	if err != nil {
		t.Fatal(err)
	}
	_, rendered := theDeployment(t, render(t, of(t, files), installed, ""))
	if have := rendered["image"]; have != "images.example:5000/operator@sha256:12ab" {
		t.Errorf("have %v", have)
	}
}

// without leaves out every object of a kind.
func without(kind string) func([]object) []object {
	return func(objects []object) []object {
		var rest []object
		for _, o := range objects {
			if o.kind() != kind {
				rest = append(rest, o)
			}
		}
		return rest
	}
}

// first gives the first object of a kind.
func first(objects []object, kind string) object {
	for _, o := range objects {
		if o.kind() == kind {
			return o
		}
	}
	return nil
}

// theContainer gives the operator's container among what kustomize built.
func theContainer(objects []object) object {
	return named(first(objects, "Deployment").field("spec", "template", "spec", "containers"), operatorName)
}
