// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestLoadReadsImages(t *testing.T) {
	for name, tc := range map[string]struct {
		file string
		want Images
		told map[string]string
	}{
		"nothing asked": {file: valid, told: map[string]string{}},
		"registries": {
			file: valid + "images: {registries: [ghcr.io/altinn/, docker.io/library/, \"localhost:5000/\"]}\n",
			want: Images{Registries: []string{"ghcr.io/altinn/", "docker.io/library/", "localhost:5000/"}},
			told: map[string]string{v1alpha1.AnnotationImageRegistries: "ghcr.io/altinn/,docker.io/library/,localhost:5000/"},
		},
		"digests": {
			file: valid + "images: {requireDigest: true}\n", want: Images{RequireDigest: true},
			told: map[string]string{v1alpha1.AnnotationImageDigest: v1alpha1.ImageDigestRequired},
		},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, tc.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, operator.Images); diff != "" {
				t.Errorf("images (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.told, operator.Images.Annotations()); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefusesImages(t *testing.T) {
	const notARegistry = "must be the host of a registry, maybe folders of it, and a slash at the end, as ghcr.io/altinn/ or docker.io/library/"
	invalid := func(name string) string {
		return fmt.Sprintf("23: images.registries[0]: Invalid value: %q: %s", name, notARegistry)
	}
	cases := map[string]loadCase{
		"an empty list":     {file: valid + "images: {registries: []}\n", want: []string{"23: images.registries: Required value: name a registry, or leave the key out for any"}},
		"a registry twice":  {file: valid + "images: {registries: [ghcr.io/x/, ghcr.io/x/]}\n", want: []string{`23: images.registries[1]: Duplicate value: "ghcr.io/x/"`}},
		"an unknown key":    {file: valid + "images: {registry: ghcr.io/}\n", want: []string{"23: images.registry: " + unknown}},
		"a digest in words": {file: valid + "images: {requireDigest: \"yes\"}\n", want: []string{"23: images.requireDigest: must be true or false, not string"}},
	}
	for _, name := range []string{"ghcr.io/altinn", "ghcr.io", "altinn/", "https://ghcr.io/", "GHCR.io/", "ghcr.io//", "ghcr.io/a,b/", "/", "ghcr.io/../", "*.io/", ""} {
		cases["registry "+name] = loadCase{file: valid + fmt.Sprintf("images: {registries: [%q]}\n", name), want: []string{invalid(name)}}
	}
	var long []string
	for i := range 100 {
		long = append(long, fmt.Sprintf("registry-%03d.example.no/", i))
	}
	cases["more than a refusal could name"] = loadCase{
		file: valid + "images: {registries: [" + strings.Join(long, ", ") + "]}\n", want: []string{"23: images.registries: Too long: may not be more than 2000 bytes"},
	}
	tryLoad(t, cases)
}

func TestRefusalOfAnImage(t *testing.T) {
	picky := Images{Registries: []string{"ghcr.io/altinn/", "docker.io/library/"}, RequireDigest: true}
	digest := "@sha256:" + strings.Repeat("0", 64)
	for name, tc := range map[string]struct {
		image, says string
		is          error
	}{
		"one of a registry allowed":      {image: "ghcr.io/altinn/income:1" + digest},
		"Docker's own by its short name": {image: "nginx:1" + digest},
		"one of another registry": {
			image: "bitnami/nginx:1", is: ErrRegistryNotAllowed,
			says: "docker.io/bitnami/nginx:1 comes from a registry that is not allowed: allowed are ghcr.io/altinn/, docker.io/library/",
		},
		"one without a digest": {image: "nginx:1", is: ErrDigestMissing, says: "nginx:1 has no digest, and a tag can come to mean another image"},
	} {
		t.Run(name, func(t *testing.T) {
			err := picky.Refusal(tc.image)
			if !errors.Is(err, tc.is) || (err != nil && err.Error() != tc.says) {
				t.Errorf("refused with %v", err)
			}
			if err := (Images{}).Refusal(tc.image); err != nil {
				t.Errorf("where nothing is asked: %v", err)
			}
		})
	}
}

// A file of a few lines that stands for gigabytes is refused, and soon; so is one that names itself, and one that is
// nothing but brackets.
func TestLoadRefusesBombs(t *testing.T) {
	laughs := "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n"
	for i := 1; i < 12; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	for name, file := range map[string]string{
		"aliases of aliases":      laughs,
		"aliases, in a good file": valid + laughs,
		"aliases of maps":         valid + strings.NewReplacer("[", "{x: [", "]", "]}").Replace(laughs),
		"an alias of itself":      valid + "images: &images {registries: *images}\n",
		"nothing but brackets":    strings.Repeat("[", 1<<20),
		"a map in a map in a map": valid + "images: " + strings.Repeat("{a: ", 1<<16) + strings.Repeat("}", 1<<16) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			path, refused := fileOf(t, file), make(chan error, 1)
			go func() {
				_, err := Load(path)
				refused <- err
			}()
			select {
			case err := <-refused:
				if err == nil {
					t.Error("it was taken in")
				} else if len(err.Error()) > 10_000 {
					t.Errorf("the error has %d characters", len(err.Error()))
				}
			case <-time.After(30 * time.Second):
				t.Fatal("it is still being read")
			}
		})
	}
}
