// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"math/rand/v2"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
)

// dice makes objects by chance.
type dice struct{ *rand.Rand }

func (d dice) oneOf(values ...any) any { return values[d.IntN(len(values))] }

// leaf returns a value of a field.
func (d dice) leaf() any {
	return d.oneOf("", "a", "b", int64(0), int64(1), int64(7), true, false)
}

// value returns a field's value, at most so many levels deep. Like typed objects, it has no explicit
// null and no empty map or list.
func (d dice) value(depth int) any {
	switch d.IntN(4) {
	case 0:
		if depth > 0 {
			return d.fields(depth-1, 1)
		}
	case 1:
		if depth > 0 {
			var list []any
			for range 1 + d.IntN(3) {
				list = append(list, d.value(depth-1))
			}
			return list
		}
	}
	return d.leaf()
}

// fields returns a map of at least so many of a handful of keys, so that two of them overlap.
func (d dice) fields(depth, atLeast int) map[string]any {
	fields := map[string]any{}
	for count := atLeast + d.IntN(3); len(fields) < count; {
		fields[d.oneOf("a", "b", "c", "replicas", "image").(string)] = d.value(depth)
	}
	return fields
}

// words returns labels or annotations.
func (d dice) words() map[string]any {
	words := map[string]any{}
	for range d.IntN(4) {
		words[d.oneOf("a", "b", "c", "d").(string)] = d.oneOf("x", "y", "")
	}
	return words
}

// owners returns owner references of different UIDs.
func (d dice) owners() []any {
	var owners []any
	for _, uid := range []string{"u1", "u2", "u3"} {
		if d.IntN(2) == 0 {
			owners = append(owners, map[string]any{"uid": uid, "name": d.oneOf("n", "m"), "controller": d.oneOf(true, false)})
		}
	}
	return owners
}

func (d dice) metadata() map[string]any {
	metadata := map[string]any{"name": "n"}
	if d.IntN(3) > 0 {
		metadata["labels"] = d.words()
	}
	if d.IntN(3) > 0 {
		metadata["annotations"] = d.words()
	}
	if owners := d.owners(); len(owners) > 0 {
		metadata["ownerReferences"] = owners
	}
	return metadata
}

// object returns a desired object of an open or a closed kind.
func (d dice) object() map[string]any {
	kind := d.oneOf("Deployment", "Service", "ServiceAccount", "ConfigMap", "NetworkPolicy", "RoleBinding")
	object := map[string]any{"kind": kind, "apiVersion": "v1", "metadata": d.metadata()}
	for _, key := range []string{"spec", "data", "subjects"} {
		if d.IntN(3) > 0 {
			object[key] = d.fields(3, 0)
		}
	}
	return object
}

// live returns what the API server may hold under a desired object's name: something else, the
// same, or the same with a few changes.
func (d dice) live(desired map[string]any) map[string]any {
	live := d.object()
	if d.IntN(4) > 0 {
		live = runtime.DeepCopyJSON(desired)
		for range d.IntN(4) {
			d.change(live)
		}
	}
	live["kind"] = desired["kind"]
	metadata := live["metadata"].(map[string]any)
	metadata["uid"], metadata["resourceVersion"], metadata["finalizers"] = "live", "7", []any{"theirs/finalizer"}
	live["status"] = d.fields(1, 0)
	return live
}

// change adds, drops or replaces one field somewhere below the metadata and the content.
func (d dice) change(fields map[string]any) {
	keys := slices.Sorted(func(yield func(string) bool) {
		for key := range fields {
			if key != "kind" && key != "apiVersion" && key != "name" && !yield(key) {
				return
			}
		}
	})
	if len(keys) == 0 {
		return
	}
	key := keys[d.IntN(len(keys))]
	deeper, isMap := fields[key].(map[string]any)
	switch {
	case key == "metadata", isMap && len(deeper) > 0 && d.IntN(3) > 0:
		d.change(deeper)
	case key == "labels", key == "annotations", key == "ownerReferences", d.IntN(3) == 0:
		delete(fields, key)
	default:
		fields[key] = d.value(1)
	}
}

// yields returns the fields that a kind leaves to somebody else.
func (d dice) yields(kind any) []string {
	if kind == "Deployment" && d.IntN(2) == 0 {
		return []string{"replicas"}
	}
	return nil
}

// defaulted returns a value with one more key in each map below it, as a server adds defaults.
func defaulted(value any) any {
	switch value := value.(type) {
	case map[string]any:
		result := map[string]any{"default": "theirs"}
		for key, inner := range value {
			result[key] = defaulted(inner)
		}
		return result
	case []any:
		result := []any{}
		for _, inner := range value {
			result = append(result, defaulted(inner))
		}
		return result
	default:
		return value
	}
}

// extended returns a value with one more element in each list below it; grown says that there was one.
func extended(value any) (result any, grown bool) {
	switch value := value.(type) {
	case map[string]any:
		longer := map[string]any{}
		for key, inner := range value {
			more, grew := extended(inner)
			longer[key], grown = more, grown || grew
		}
		return longer, grown
	case []any:
		return append(slices.Clone(value), "theirs"), true
	default:
		return value, false
	}
}
