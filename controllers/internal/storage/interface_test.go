// SPDX-License-Identifier: BSD-3-Clause

package storage_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// What a provider must do is little, so that a further one is little work.
func TestAProviderHasFiveMethodsAtMost(t *testing.T) {
	if methods := reflect.TypeFor[storage.Provider]().NumMethod(); methods > 5 {
		t.Errorf("it has %d", methods)
	}
}

const (
	controllers = "../.."
	here        = "github.com/altinn/serviceowner-operator/controllers/internal/storage/"
	// wiring is the one file that names providers.
	wiring = "setup_storage.go"
)

// Kinds know storage, and no provider of it: neither by themselves nor by what they import.
func TestOnlyTheWiringKnowsTheProviders(t *testing.T) {
	var importing []string
	err := fs.WalkDir(os.DirFS(controllers), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err // a test may try a kind with the providers there are
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(controllers, path), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imported := range file.Imports {
			name, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				return err
			}
			provider, isOne := strings.CutPrefix(name, here)
			if own := "internal/storage/" + strings.Split(provider, "/")[0] + "/"; isOne && !strings.HasPrefix(path, own) {
				importing = append(importing, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if importing = slices.Compact(importing); !slices.Equal(importing, []string{wiring}) {
		t.Errorf("providers are imported by %q, not by %s alone", importing, wiring)
	}
}
