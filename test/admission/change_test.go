// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// change is one edit of an object, of any shape: also wrong types and missing fields.
type change func(object map[string]any) error

// set puts value at path, as spec.access[0].role. Missing objects and one more list entry are made on
// the way.
func set(path string, value any) change {
	return func(object map[string]any) error {
		plain, err := plainJSON(value)
		if err != nil {
			return fmt.Errorf("setting %s: %w", path, err)
		}
		_, err = edit(object, steps(path), func(any) any { return plain })
		return err
	}
}

// add appends value to the list at path.
func add(path string, value any) change {
	return func(object map[string]any) error {
		plain, err := plainJSON(value)
		if err != nil {
			return fmt.Errorf("adding to %s: %w", path, err)
		}
		_, err = edit(object, steps(path), func(old any) any {
			list, _ := old.([]any)
			return append(list, plain)
		})
		return err
	}
}

// remove takes the field at path out.
func remove(path string) change {
	return func(object map[string]any) error {
		all := steps(path)
		_, err := edit(object, all[:len(all)-1], func(old any) any {
			if fields, ok := old.(map[string]any); ok {
				delete(fields, all[len(all)-1])
			}
			return old
		})
		return err
	}
}

// obj and list keep the tables readable.
type (
	obj  = map[string]any
	list = []any
)

var stepPattern = regexp.MustCompile(`[^.\[\]]+`)

// steps cuts a path: spec.access[0].role is spec, access, 0, role.
func steps(path string) []string { return stepPattern.FindAllString(path, -1) }

// edit replaces what lies at the end of the steps and returns the node it was given, changed.
func edit(node any, path []string, replace func(old any) any) (any, error) {
	if len(path) == 0 {
		return replace(node), nil
	}
	entries, isList := node.([]any)
	if !isList {
		fields, ok := node.(map[string]any)
		if !ok && node != nil {
			return nil, fmt.Errorf("%s lies in %v, which is no object", path[0], node)
		}
		if fields == nil {
			fields = map[string]any{}
		}
		child, err := edit(fields[path[0]], path[1:], replace)
		fields[path[0]] = child
		return fields, err
	}
	index, err := strconv.Atoi(path[0])
	if err != nil || index > len(entries) {
		return nil, fmt.Errorf("the list has %d entries, and no place for %s", len(entries), path[0])
	}
	if index == len(entries) {
		entries = append(entries, nil)
	}
	entries[index], err = edit(entries[index], path[1:], replace)
	return entries, err
}

// plainJSON turns a Go value into what the API machinery holds JSON in.
func plainJSON(value any) (any, error) {
	encoded, err := json.Marshal(map[string]any{"value": value})
	if err != nil {
		return nil, err
	}
	var decoded map[string]any
	err = utiljson.Unmarshal(encoded, &decoded)
	return decoded["value"], err
}
