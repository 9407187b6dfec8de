// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// put sets a field of an object, making what lies above it. value must be as JSON decodes it: numbers are int64 or
// float64, lists []any.
func put(object *unstructured.Unstructured, value any, path ...string) {
	fields := object.Object
	for _, key := range path[:len(path)-1] {
		below, ok := fields[key].(map[string]any)
		if !ok {
			below = map[string]any{}
			fields[key] = below
		}
		fields = below
	}
	fields[path[len(path)-1]] = value
}

// field is a field of an object; nil when it is not there.
func field(object *unstructured.Unstructured, path ...string) any {
	value, _, err := unstructured.NestedFieldNoCopy(object.Object, path...)
	if err != nil {
		return nil
	}
	return value
}

// text is a field that is a text; empty when it is not there or something else.
func text(object *unstructured.Unstructured, path ...string) string {
	value, _ := field(object, path...).(string)
	return value
}

// number is a field that is a whole number; 0 when it is not there or something else.
func number(object *unstructured.Unstructured, path ...string) int64 {
	value, _ := field(object, path...).(int64)
	return value
}

// list is a field that is a list; nil when it is not there or something else.
func list(object *unstructured.Unstructured, path ...string) []any {
	value, _ := field(object, path...).([]any)
	return value
}

// plain is an object of one of our kinds as fields; ok is false for any other.
func plain(object runtime.Object) (fields *unstructured.Unstructured, ok bool) {
	fields, ok = object.(*unstructured.Unstructured)
	return fields, ok && isOurs(fields)
}

func isOurs(object *unstructured.Unstructured) bool {
	for _, kind := range kinds {
		if object.GroupVersionKind() == kind.GroupVersionKind {
			return true
		}
	}
	return false
}

// stringsOf is a map of texts as JSON decodes it.
func stringsOf(texts map[string]string) map[string]any {
	fields := make(map[string]any, len(texts))
	for key, value := range texts {
		fields[key] = value
	}
	return fields
}
