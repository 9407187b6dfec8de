// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

// root has the checkout's config and charts, by symbolic links. Through them, what go test remembers of
// a passed test holds only until one of their files changes: it looks at no file outside the module.
const root = "testdata"

// installed is where config/default installs.
const installed = "serviceowner-system"

// committed loads the chart in the checkout.
func committed(t *testing.T) *chart.Chart {
	t.Helper()
	loaded, err := loader.Load(filepath.Join(root, "charts", chartName))
	if err != nil {
		t.Fatal(err)
	}
	if err := loaded.Validate(); err != nil {
		t.Fatal(err)
	}
	return loaded
}

// of loads a chart of these files.
func of(t *testing.T, files map[string]string) *chart.Chart {
	t.Helper()
	var buffered []*archive.BufferedFile
	for name, text := range files {
		buffered = append(buffered, &archive.BufferedFile{Name: name, Data: []byte(text)})
	}
	loaded, err := loader.LoadFiles(buffered)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// render gives the objects of a release of c in namespace, with these values in YAML.
func render(t *testing.T, c *chart.Chart, namespace, values string) map[string]object {
	t.Helper()
	given, err := common.ReadValues([]byte(values))
	if err != nil {
		t.Fatal(err)
	}
	release := common.ReleaseOptions{Name: "any-name", Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(c, given, release, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Render(c, all)
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]object{}
	for file, text := range files {
		if strings.TrimSpace(text) == "" {
			continue
		}
		var o object
		if err := yaml.UnmarshalStrict([]byte(text), &o); err != nil {
			t.Fatalf("%s: %v in\n%s", file, err, text)
		}
		add(t, objects, o)
	}
	return objects
}

// sources builds config/default; generating changes what it is given.
func sources(t *testing.T) []object {
	t.Helper()
	filesIn(t, filepath.Join(root, "config")) // kustomize follows the link, and reads outside the module
	objects, err := read(filepath.Join(root, "config", "default"))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// built gives the objects of config/default, read back from the text that kustomize writes.
func built(t *testing.T) map[string]object {
	t.Helper()
	objects := map[string]object{}
	for _, source := range sources(t) {
		text, err := yaml.Marshal(source)
		if err != nil {
			t.Fatal(err)
		}
		var o object
		if err := yaml.UnmarshalStrict(text, &o); err != nil {
			t.Fatal(err)
		}
		add(t, objects, o)
	}
	return objects
}

// add files o under what makes it another object than all others.
func add(t *testing.T, objects map[string]object, o object) {
	t.Helper()
	key := identity(o)
	if _, taken := objects[key]; taken {
		t.Fatalf("%s is there twice", key)
	}
	objects[key] = o
}

func identity(o object) string {
	version, _ := o["apiVersion"].(string)
	namespace, _ := o.field("metadata", "namespace").(string)
	return strings.Join([]string{version, o.kind(), namespace, o.name()}, " ")
}

// theDeployment gives the operator's Deployment and its container.
func theDeployment(t *testing.T, objects map[string]object) (deployment, container object) {
	t.Helper()
	for _, o := range objects {
		if o.kind() == "Deployment" && o.name() == operatorName {
			return o, named(o.field("spec", "template", "spec", "containers"), operatorName)
		}
	}
	t.Fatal("no Deployment " + operatorName)
	return nil, nil
}

// theConfiguration gives the ConfigMap of the operator's configuration, and what it says.
func theConfiguration(t *testing.T, objects map[string]object) (holder, said object) {
	t.Helper()
	for _, o := range objects {
		if text, found := o.field("data", configurationFile).(string); found {
			if err := yaml.UnmarshalStrict([]byte(text), &said); err != nil {
				t.Fatal(err)
			}
			return o, said
		}
	}
	t.Fatal("no ConfigMap with " + configurationFile)
	return nil, nil
}
