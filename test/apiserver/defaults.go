// SPDX-License-Identifier: BSD-3-Clause

package apiserver

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// Defaulted reads one manifest of the project's kinds into an object, with the defaults its CRD gives,
// as the API server stores it. A field the kind does not have is an error.
func Defaulted(manifest []byte, into any) error {
	var object map[string]any
	if err := yaml.Unmarshal(manifest, &object); err != nil {
		return fmt.Errorf("reading a manifest: %w", err)
	}
	schema, err := schemaOf(fmt.Sprint(object["kind"]))
	if err != nil {
		return err
	}
	if err := fillIn(object, schema); err != nil {
		return err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object, into, true); err != nil {
		return fmt.Errorf("reading a manifest: %w", err)
	}
	return nil
}

// schemaOf reads the schema of one of the project's kinds.
func schemaOf(kind string) (*apiextensionsv1.JSONSchemaProps, error) {
	root, err := ModuleRoot()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, "config/crd/bases/*.yaml"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var crd apiextensionsv1.CustomResourceDefinition
		if err := yaml.Unmarshal(content, &crd); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		if crd.Spec.Names.Kind == kind {
			return crd.Spec.Versions[0].Schema.OpenAPIV3Schema, nil
		}
	}
	return nil, fmt.Errorf("no CRD of the project is for kind %s", kind)
}

// fillIn sets what a value leaves out and its schema has a default for, at every depth.
func fillIn(value any, schema *apiextensionsv1.JSONSchemaProps) error {
	switch value := value.(type) {
	case map[string]any:
		for name, property := range schema.Properties {
			if _, given := value[name]; !given && property.Default != nil {
				var standard any
				if err := json.Unmarshal(property.Default.Raw, &standard); err != nil {
					return fmt.Errorf("reading the default of %s: %w", name, err)
				}
				value[name] = standard
			}
			if err := fillIn(value[name], &property); err != nil {
				return err
			}
		}
	case []any:
		if schema.Items == nil {
			return nil
		}
		for _, element := range value {
			if err := fillIn(element, schema.Items.Schema); err != nil {
				return err
			}
		}
	}
	return nil
}
