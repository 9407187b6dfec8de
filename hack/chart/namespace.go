// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// word is what a namespace can be in a longer text: system:serviceaccount:NAMESPACE:operator.
var word = regexp.MustCompile(`[A-Za-z0-9-]+`)

// placeNamespace marks the namespace of the installation wherever its name stands, by itself or as a
// word of a text: Helm gives another one to each release.
func (i *installation) placeNamespace() error {
	var failed []error
	name := i.namespace.name()
	for _, o := range i.objects {
		o.rewrite(func(text string) string {
			if text == name {
				return markNamespace
			}
			return word.ReplaceAllStringFunc(text, func(found string) string {
				if found == name {
					return markNamespaceWord
				}
				return found
			})
		})
		if key := keyWith(map[string]any(o), name); key != "" {
			failed = append(failed, fmt.Errorf("%s: the key %s names the namespace, and a key cannot be a value of the chart", o, key))
		}
	}
	return errors.Join(failed...)
}

// keyWith gives a key, at any depth, in which name is a word; the empty string if there is none.
func keyWith(here any, name string) string {
	switch here := here.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(here)) {
			if slices.Contains(word.FindAllString(key, -1), name) {
				return key
			}
			if found := keyWith(here[key], name); found != "" {
				return found
			}
		}
	case []any:
		for _, inner := range here {
			if found := keyWith(inner, name); found != "" {
				return found
			}
		}
	}
	return ""
}

// rewrite gives each text in o, at any depth, to change, and puts its answer there.
func (o object) rewrite(change func(string) string) {
	rewrite(map[string]any(o), change)
}

func rewrite(here any, change func(string) string) any {
	switch here := here.(type) {
	case string:
		return change(here)
	case map[string]any:
		for key, inner := range here {
			here[key] = rewrite(inner, change)
		}
	case []any:
		for n, inner := range here {
			here[n] = rewrite(inner, change)
		}
	}
	return here
}
