// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// difference is what a release of the chart may have otherwise than kubectl apply -k. even takes it
// out of both sides.
type difference struct {
	what, reason string
	even         func(t *testing.T, fromConfig, fromChart map[string]object)
}

var differences = []difference{
	{
		what:   "no Namespace",
		reason: "Helm keeps the release inside its namespace: the namespace is there before, made as the README says",
		even: func(_ *testing.T, fromConfig, _ map[string]object) {
			delete(fromConfig, "v1 Namespace  "+installed)
		},
	},
	{
		what:   "CRDs are kept",
		reason: "uninstalling a release must not delete every service owner",
		even: func(t *testing.T, _, fromChart map[string]object) {
			for _, o := range fromChart {
				if o.kind() != definitionKind {
					continue
				}
				annotations, _ := o.field("metadata", "annotations").(map[string]any)
				if annotations["helm.sh/resource-policy"] != "keep" {
					t.Errorf("%s would go with the release", o)
				}
				delete(annotations, "helm.sh/resource-policy")
			}
		},
	},
	{
		what:   "another hash in the ConfigMap's name",
		reason: "Helm hashes the value, kustomize the object; each changes with the content",
		even: func(t *testing.T, fromConfig, fromChart map[string]object) {
			withoutHash(t, fromConfig)
			withoutHash(t, fromChart)
		},
	},
	{
		what:   "the configuration as another text of the same YAML",
		reason: "values are data: Helm keeps neither comments nor order",
		even: func(t *testing.T, fromConfig, fromChart map[string]object) {
			asData(t, fromConfig)
			asData(t, fromChart)
		},
	},
	{
		what:   "the namespace of receipts",
		reason: "a release may lie in any namespace; config/default lies in the one that holds when nothing is said",
		even: func(t *testing.T, _, fromChart map[string]object) {
			holder := fromChart["the configuration"]
			said, _ := holder.field("data", configurationFile).(map[string]any)
			if receipts, _ := said["receipts"].(map[string]any); receipts["namespace"] != installed {
				t.Errorf("receipts are kept in %v", receipts["namespace"])
			}
			delete(said, "receipts")
		},
	},
}

func TestAReleaseIsWhatConfigDefaultIs(t *testing.T) {
	fromConfig, fromChart := built(t), render(t, committed(t), installed, "")
	for _, d := range differences {
		before := asJSON(t, fromConfig) + asJSON(t, fromChart)
		d.even(t, fromConfig, fromChart)
		if asJSON(t, fromConfig)+asJSON(t, fromChart) == before {
			t.Errorf("the difference %q is none any more: take it out of the list", d.what)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fromConfig)) {
		rendered, found := fromChart[key]
		if !found {
			t.Errorf("config/default has %s, the chart has not", key)
			continue
		}
		if !reflect.DeepEqual(fromConfig[key], rendered) {
			t.Errorf("%s differs: config/default\n%s\nthe chart\n%s", key, asJSON(t, fromConfig[key]), asJSON(t, rendered))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fromChart)) {
		if _, found := fromConfig[key]; !found {
			t.Errorf("the chart has %s, config/default has not", key)
		}
	}
}

func TestTheCommittedChartIsWhatIsGeneratedNow(t *testing.T) {
	want, err := generate(sources(t))
	if err != nil {
		t.Fatal(err)
	}
	have := filesIn(t, filepath.Join(root, "charts", chartName))
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if text, found := have[name]; !found || text != want[name] {
			t.Errorf("%s is not current: run make chart", name)
		}
		delete(have, name)
	}
	for name := range have {
		t.Errorf("%s is not generated: it cannot stay in the chart", name)
	}
}

func TestWritingTheChartTwiceChangesNothingAndRemovesWhatIsOfNoObject(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, map[string]string{"values.yaml": "a: 1\n", "templates/old.yaml": "b: 1\n"}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"values.yaml": "a: 1\n", "templates/crds/new.yaml": "c: 1\n"}
	if err := write(dir, want); err != nil {
		t.Fatal(err)
	}
	if have := filesIn(t, dir); !reflect.DeepEqual(have, want) {
		t.Errorf("want %v, have %v", want, have)
	}
	before, err := os.Stat(filepath.Join(dir, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := write(dir, want); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(filepath.Join(dir, "values.yaml")); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("values.yaml was written again, error %v", err)
	}
}

func TestTheReadmeMakesTheNamespaceOfConfigDefault(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "charts", chartName, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<<EOF\n")
	manifest, _, _ := strings.Cut(rest, "EOF\n")
	var told object
	if err := yaml.UnmarshalStrict([]byte(manifest), &told); err != nil {
		t.Fatal(err)
	}
	if want := built(t)["v1 Namespace  "+installed]; want == nil || !reflect.DeepEqual(told, want) {
		t.Errorf("the README makes %v, config/default %v", told, want)
	}
}

// withoutHash renames the configuration's ConfigMap to its name without hash, and what refers to it.
func withoutHash(t *testing.T, objects map[string]object) {
	t.Helper()
	holder, _ := theConfiguration(t, objects)
	name := holder.name()
	parts := generatedName.FindStringSubmatch(name)
	if parts == nil {
		t.Fatalf("no hash in the name %s", name)
	}
	delete(objects, identity(holder))
	objects["the configuration"] = holder
	for _, o := range objects {
		o.rewrite(func(text string) string {
			if text == name {
				return parts[1]
			}
			return text
		})
	}
}

// asData puts what the configuration says in the place of its text.
func asData(t *testing.T, objects map[string]object) {
	t.Helper()
	holder, said := theConfiguration(t, objects)
	holder["data"] = map[string]any{configurationFile: map[string]any(said)}
}

func asJSON(t *testing.T, what any) string {
	t.Helper()
	text, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// filesIn reads every file in dir.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
