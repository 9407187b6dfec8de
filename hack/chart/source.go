// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// object is one object that kustomize built, or a map inside it.
type object map[string]any

// read builds the kustomization in dir.
func read(dir string) ([]object, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified // it warns of anything else when dir gives an order
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", dir, err)
	}
	objects := make([]object, 0, built.Size())
	for _, resource := range built.Resources() {
		o, err := resource.Map()
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", resource.CurId(), err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}

func (o object) kind() string {
	kind, _ := o["kind"].(string)
	return kind
}

func (o object) name() string {
	name, _ := o.field("metadata", "name").(string)
	return name
}

func (o object) String() string { return o.kind() + " " + o.name() }

// field gives what stands at path, nil where there is nothing.
func (o object) field(path ...string) any {
	var here any = map[string]any(o)
	for _, key := range path {
		fields, _ := here.(map[string]any)
		here = fields[key]
	}
	return here
}

// take puts a mark in the place of what stands at path, and gives what stood there. The value of the
// chart that belongs there would have no effect if there were nothing: that is an error.
func (o object) take(mark string, path ...string) (any, error) {
	last := len(path) - 1
	old := o.field(path...)
	parent, _ := o.field(path[:last]...).(map[string]any)
	if parent == nil || old == nil {
		return nil, fmt.Errorf("no %s: a value of the chart belongs there", strings.Join(path, "."))
	}
	parent[path[last]] = mark
	return old, nil
}

// named gives the entry of a list of maps that has this name, nil if none has.
func named(list any, name string) object {
	entries, _ := list.([]any)
	for _, entry := range entries {
		if fields, _ := entry.(map[string]any); fields["name"] == name {
			return fields
		}
	}
	return nil
}

// only gives the one object that is wanted, and the others; what says in an error which one that is.
func only(objects []object, what string, wanted func(object) bool) (one object, others []object, err error) {
	found := 0
	for _, o := range objects {
		if wanted(o) {
			one = o
			found++
			continue
		}
		others = append(others, o)
	}
	if found != 1 {
		return nil, nil, fmt.Errorf("there must be one %s, there are %d", what, found)
	}
	return one, others, nil
}
