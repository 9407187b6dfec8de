// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

//go:embed base
var base embed.FS

// bases are the objects of the folder base, by path without ending, as owner/account. They are shared: copy them.
type bases map[string]*unstructured.Unstructured

// readBases reads the folder base. Numbers come out as the API server's own JSON would have them, so that what is
// rendered can be compared with what is read.
func readBases() (bases, error) {
	read := bases{}
	err := fs.WalkDir(base, "base", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := base.ReadFile(path)
		if err != nil {
			return err
		}
		content, err := yaml.YAMLToJSONStrict(text)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(content); err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		read[strings.TrimSuffix(strings.TrimPrefix(path, "base/"), ".yaml")] = object
		return nil
	})
	return read, err
}
