// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"sigs.k8s.io/yaml"
)

const (
	chartName    = "serviceowner-operator"
	templatesDir = "templates"
)

// texts are the files that are mostly words; [[ ]] is filled in.
//
//go:embed text
var texts embed.FS

// generate gives the files of the chart by their slash-separated path in it.
func generate(objects []object) (map[string]string, error) {
	i, err := place(objects)
	if err != nil {
		return nil, err
	}
	files, err := i.templates()
	if err != nil {
		return nil, err
	}
	if files["values.yaml"], err = valuesFile(i.values()); err != nil {
		return nil, err
	}
	words, err := i.words()
	if err != nil {
		return nil, err
	}
	for file, source := range map[string]string{
		"Chart.yaml":                          "Chart.yaml",
		"README.md":                           "README.md",
		path.Join(templatesDir, "_names.tpl"): "names.tpl",
	} {
		if files[file], err = fill(source, words); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// templates gives one file for each object, and an error for each pair that asks for the same file.
func (i installation) templates() (map[string]string, error) {
	files := make(map[string]string, len(i.objects))
	var failed []error
	for _, o := range i.objects {
		file := i.fileOf(o)
		if _, taken := files[file]; taken {
			failed = append(failed, fmt.Errorf("%s: another object is written to %s too", o, file))
			continue
		}
		text, err := templateOf(o)
		failed = append(failed, err)
		files[file] = text
	}
	return files, errors.Join(failed...)
}

// fileOf names the template of an object by kind and name; CRDs stand together.
func (i installation) fileOf(o object) string {
	name := strings.ReplaceAll(o.name(), ":", "-")
	if name == markConfigurationName {
		name = i.stem
	}
	if o.kind() == definitionKind {
		return path.Join(templatesDir, "crds", name+".yaml")
	}
	return path.Join(templatesDir, strings.ToLower(o.kind())+"-"+name+".yaml")
}

// words are what the texts are filled in with.
type words struct {
	Chart, AppVersion, Stem, Namespace, NamespaceManifest, MaskinportenSecret, Values string
}

func (i installation) words() (words, error) {
	manifest, err := yaml.Marshal(i.namespace)
	if err != nil {
		return words{}, fmt.Errorf("writing %s: %w", i.namespace, err)
	}
	table, err := valuesTable(i.values())
	return words{
		Chart:              chartName,
		AppVersion:         i.defaults.tag,
		Stem:               i.stem,
		Namespace:          i.namespace.name(),
		NamespaceManifest:  string(manifest),
		MaskinportenSecret: fmt.Sprint(i.defaults.maskinportenSecret),
		Values:             table,
	}, err
}

func fill(name string, w words) (string, error) {
	parsed, err := template.New(name).Delims("[[", "]]").ParseFS(texts, "text/"+name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = parsed.Execute(&b, w)
	return b.String(), err
}

// write makes dir hold these files: it writes what differs, and removes templates that are of no
// object any more.
func write(dir string, files map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if old, err := os.ReadFile(file); err == nil && string(old) == files[name] {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(files[name]), 0o644); err != nil {
			return err
		}
	}
	return fs.WalkDir(os.DirFS(dir), templatesDir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if _, wanted := files[name]; wanted {
			return nil
		}
		return os.Remove(filepath.Join(dir, filepath.FromSlash(name)))
	})
}
