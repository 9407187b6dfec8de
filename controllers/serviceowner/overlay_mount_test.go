// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An overlay comes from a ConfigMap mounted into the operator's pod, in which files are links into a
// folder of the day, ..data, itself a link.
func TestOverlayMountedFromAConfigMap(t *testing.T) {
	mount := t.TempDir()
	day := filepath.Join(mount, "..2026_06_01_12_00_00.1")
	if err := os.Mkdir(day, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Base(day), filepath.Join(mount, "..data")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"kustomization.yaml", "platform.yaml"} {
		content, err := os.ReadFile(filepath.Join("testdata/overlay", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(day, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..data", file), filepath.Join(mount, file)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(newBaseline(t, "testdata/overlay"), newBaseline(t, mount)); diff != "" {
		t.Errorf("the mounted overlay differs from the folder it was made of (-folder +mounted):\n%s", diff)
	}
}
