// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"slices"
	"unique"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// told are the parts of a status that are read. Azure reports much more, and thousands of objects must not fill the
// memory.
var told = []string{"conditions", "id", "location", "primaryLocation", "secondaryLocation", "sku"}

// longestShared is how many bytes a text may have to be kept once for all objects that hold it: a UID has more, and is
// in one only.
const longestShared = 32

// Trim is a transform of a cache: it keeps of an object of a kind of ours what is read of it, and of texts that are
// in many objects, as the names of fields, one. It leaves all others as they are.
func Trim(obj any) (any, error) {
	object, ok := obj.(*unstructured.Unstructured)
	if !ok || !slices.ContainsFunc(kinds, func(kind storage.Kind) bool { return kind.GroupVersionKind == object.GroupVersionKind() }) {
		return obj, nil
	}
	if status, ok := object.Object["status"].(map[string]any); ok {
		for name := range status {
			if !slices.Contains(told, name) {
				delete(status, name)
			}
		}
	}
	object.Object, _ = shared(object.Object).(map[string]any)
	return object, nil
}

// shared is a value with its texts kept once for all.
func shared(value any) any {
	switch value := value.(type) {
	case map[string]any:
		all := make(map[string]any, len(value))
		for key, entry := range value {
			all[unique.Make(key).Value()] = shared(entry)
		}
		return all
	case []any:
		for n := range value {
			value[n] = shared(value[n])
		}
		return value
	case string:
		if len(value) <= longestShared {
			return unique.Make(value).Value()
		}
	}
	return value
}
