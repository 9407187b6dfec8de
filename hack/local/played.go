// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// Player plays stages for kinds that the cluster has come to know, as cluster.Cluster does.
type Player interface {
	Play(ctx context.Context, stages ...string) error
}

// engine is a program that works on kinds of its own, of which the local control plane knows the kinds and plays the
// rest. make of its name fills its folder of bin.
type engine struct {
	// name is the folder, called is what people call the program.
	name, called string
}

// install makes the cluster know the engine's kinds, and lets plane play it. It returns when that is so.
func (e engine) install(ctx context.Context, cluster client.WithWatch, plane Player, root string) error {
	files, err := e.files(root, "crds")
	if err != nil {
		return err
	}
	stages, err := e.files(root, "stages")
	if err != nil {
		return err
	}
	var definitions []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("reading a CRD of %s: %w", e.called, err)
		}
		definition := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, &definition.Object); err != nil {
			return fmt.Errorf("reading a CRD of %s, %s: %w", e.called, file, err)
		}
		definitions = append(definitions, definition)
	}
	if err := Apply(ctx, cluster, definitions); err != nil {
		return err
	}
	for _, definition := range definitions {
		if err := established(ctx, cluster, definition.GetName()); err != nil {
			return err
		}
	}
	return plane.Play(ctx, stages...)
}

// files are the files of a part of the engine's folder.
func (e engine) files(root, part string) ([]string, error) {
	folder := filepath.Join(root, "bin", e.name, part)
	// The only error Glob has is a malformed pattern, and it then finds nothing, as with no such folder.
	files, _ := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if len(files) == 0 {
		return nil, fmt.Errorf("looking for %s: run make %s: %w", folder, e.name, os.ErrNotExist)
	}
	return files, nil
}
