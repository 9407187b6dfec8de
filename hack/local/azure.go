// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"context"
	"errors"
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

// errAzureNotMade says what makes what InstallAzure installs.
var errAzureNotMade = errors.New("run make azure")

// InstallAzure makes the cluster know the kinds of Azure Service Operator that data is kept in, and lets plane play that
// operator, and Azure behind it: what is declared becomes Ready, or whatever annotation azure.sandbox/play asks for. It
// returns when that is so. root is the checkout; what it installs is what make azure makes.
func InstallAzure(ctx context.Context, cluster client.WithWatch, plane Player, root string) error {
	files, err := azureFiles(root, "crds")
	if err != nil {
		return err
	}
	stages, err := azureFiles(root, "stages")
	if err != nil {
		return err
	}
	var definitions []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("reading a CRD of Azure Service Operator: %w", err)
		}
		definition := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(text, &definition.Object); err != nil {
			return fmt.Errorf("reading a CRD of Azure Service Operator, %s: %w", file, err)
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

// azureFiles are the files of a part of bin/azure.
func azureFiles(root, part string) ([]string, error) {
	folder := filepath.Join(root, "bin", "azure", part)
	// The only error Glob has is a malformed pattern, and it then finds nothing, as with no such folder.
	files, _ := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if len(files) == 0 {
		return nil, fmt.Errorf("looking for %s: %w", folder, errAzureNotMade)
	}
	return files, nil
}
