// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// schema returns the OpenAPI schema of the kind's generated CRD.
func (r resource) schema() (apiextensionsv1.JSONSchemaProps, error) {
	name := filepath.Join(moduleRoot, "config/crd/bases", v1alpha1.Group+"_"+r.plural+".yaml")
	content, err := os.ReadFile(name)
	if err != nil {
		return apiextensionsv1.JSONSchemaProps{}, fmt.Errorf("reading the CRD: %w", err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(content, &crd); err != nil {
		return apiextensionsv1.JSONSchemaProps{}, fmt.Errorf("reading %s: %w", name, err)
	}
	return *crd.Spec.Versions[0].Schema.OpenAPIV3Schema, nil
}

// walk visits a schema and all below it but the status, which users do not write. Entries of lists
// and maps are called [*].
func walk(node apiextensionsv1.JSONSchemaProps, path string, visit func(string, apiextensionsv1.JSONSchemaProps)) {
	visit(path, node)
	for _, name := range slices.Sorted(maps.Keys(node.Properties)) {
		if path != "" || name != "status" {
			walk(node.Properties[name], strings.TrimPrefix(path+"."+name, "."), visit)
		}
	}
	if node.Items != nil {
		walk(*node.Items.Schema, path+"[*]", visit)
	}
	if node.AdditionalProperties != nil {
		walk(*node.AdditionalProperties.Schema, path+"[*]", visit)
	}
}

// full returns objects that together hold every field of the kind: those of testdata/<plural>.yaml.
// Where fields exclude each other, a later object holds the other one.
func (r resource) full() ([]*unstructured.Unstructured, error) {
	return readObjects(filepath.Join("testdata", r.plural+".yaml"))
}

// place finds the first of the objects that holds a schema's path, and where: spec.access[*].until
// may be spec.access[2].until. The object is nil when none does.
func place(objects []*unstructured.Unstructured, path string) (object *unstructured.Unstructured, at string) {
	for _, object := range objects {
		if at, found := locate(object.Object, steps(path), ""); found {
			return object, at
		}
	}
	return nil, ""
}

func locate(node any, path []string, at string) (string, bool) {
	if len(path) == 0 {
		return at, true
	}
	fields, isObject := node.(map[string]any)
	if isObject && path[0] != "*" {
		child, found := fields[path[0]]
		if !found {
			return "", false
		}
		return locate(child, path[1:], strings.TrimPrefix(at+"."+path[0], "."))
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if found, ok := locate(fields[key], path[1:], at+"."+key); ok {
			return found, true
		}
	}
	entries, _ := node.([]any)
	for i, entry := range entries {
		if found, ok := locate(entry, path[1:], at+"["+strconv.Itoa(i)+"]"); ok {
			return found, true
		}
	}
	return "", false
}

// value returns what lies at a path of an object.
func value(object *unstructured.Unstructured, at string) any {
	var node any = object.Object
	for _, step := range steps(at) {
		switch parent := node.(type) {
		case map[string]any:
			node = parent[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index >= len(parent) {
				return nil
			}
			node = parent[index]
		default:
			return nil
		}
	}
	return node
}
