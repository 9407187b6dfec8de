// SPDX-License-Identifier: BSD-3-Clause

package volumes

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

var update = flag.Bool("update", false, "write testdata/*.out.yaml anew")

// installed is the provider of an installation as the tests have it.
func installed() storage.Provider {
	return New(&configuration.Operator{
		Regions: configuration.Regions{Allowed: []v1alpha1.Region{"norwayeast", "norwaywest"}, Exceptional: []v1alpha1.Region{"westeurope"}},
		Storage: &configuration.Storage{
			Provider: configuration.StorageVolumes,
			Volumes:  &configuration.VolumeStorage{StorageClass: "data", Size: resource.MustParse("10Gi")},
		},
	})
}

// share is what an App of skd with containers gets.
func share(t interface{ Fatal(...any) }, app storage.App) storage.Share {
	made, err := installed().OfApp(app)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// of is App income of skd, with containers.
func of(containers ...v1alpha1.Container) storage.App {
	return storage.App{Owner: storage.Owner{Code: "skd", Namespace: "so-skd"}, Name: "income", Containers: containers, Access: storage.Granted}
}

// TestGoldenRender compares what each testdata/<case>.in.yaml, a ServiceOwner and an App, is rendered to with
// testdata/<case>.out.yaml: the claims, and what the App's container gets.
func TestGoldenRender(t *testing.T) {
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata/*.in.yaml: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".in.yaml"), func(t *testing.T) {
			got := rendered(t, file)
			golden := strings.TrimSuffix(file, ".in.yaml") + ".out.yaml"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v: make golden writes it", err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-want +got); make golden writes it anew:\n%s", golden, diff)
			}
		})
	}
}

func rendered(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, second, _ := bytes.Cut(content, []byte("\n---\n"))
	var owner v1alpha1.ServiceOwner
	var app v1alpha1.App
	for _, document := range []struct {
		text []byte
		into any
	}{{first, &owner}, {second, &app}} {
		if err := yaml.UnmarshalStrict(document.text, document.into); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	declared, err := storage.OwnerOf(&owner)
	if err != nil {
		t.Fatal(err)
	}
	made := share(t, storage.App{Owner: declared, Name: app.Name, Containers: app.Spec.Storage.Containers, Access: storage.Granted})
	var out bytes.Buffer
	for _, child := range made.Children {
		out.WriteString("# left as it is once it stands: " + strings.Join(child.Yields, ", ") + "\n")
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(child.Object)
		if err != nil {
			t.Fatal(err)
		}
		object := &unstructured.Unstructured{Object: fields}
		object.SetGroupVersionKind(kinds[0].GroupVersionKind)
		unstructured.RemoveNestedField(object.Object, "status")
		out.Write(asYAML(t, object.Object))
		out.WriteString("---\n")
	}
	out.WriteString("# of the pods\n")
	out.Write(asYAML(t, corev1.PodSpec{
		Containers: []corev1.Container{{Name: app.Name, Env: made.Env, VolumeMounts: made.Mounts}}, Volumes: made.Volumes,
	}))
	return out.Bytes()
}

func asYAML(t *testing.T, what any) []byte {
	t.Helper()
	text, err := yaml.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAServiceOwnerHasNoVolumeOfItsOwn(t *testing.T) {
	children, err := installed().OfOwner(storage.Owner{Code: "skd", Namespace: "so-skd"}, nil)
	if err != nil || len(children) > 0 {
		t.Errorf("%v, error %v", children, err)
	}
}

func TestAnAppThatIsOutOfServiceKeepsItsClaims(t *testing.T) {
	app := of(v1alpha1.Container{Name: "receipts", RetentionDays: 365})
	granted := share(t, app)
	app.Access = storage.Withdrawn
	if diff := cmp.Diff(granted, share(t, app)); diff != "" {
		t.Errorf("(-granted +withdrawn):\n%s", diff)
	}
}

// names of Apps and of containers, as the API takes them.
var (
	appNames       = rapid.StringMatching(`[a-z][a-z0-9-]{1,28}[a-z0-9]`)
	containerNames = rapid.StringMatching(`[a-z0-9](-?[a-z0-9]){0,14}`)
)

func TestNoTwoContainersShareAClaim(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Half of the pairs are cut from one text, which reads the same in both.
		one := [2]string{appNames.Draw(t, "app"), containerNames.Draw(t, "container")}
		var other [2]string
		if rapid.Bool().Draw(t, "alike") {
			text := one[0] + "-" + one[1]
			cuts := slices.DeleteFunc(rapid.Permutation(indexes(text)).Draw(t, "cuts"), func(i int) bool { return text[i] != '-' })
			other = [2]string{text[:cuts[0]], text[cuts[0]+1:]}
		} else {
			other = [2]string{appNames.Draw(t, "other app"), containerNames.Draw(t, "other container")}
		}
		if one != other && claimName(one[0], one[1]) == claimName(other[0], other[1]) {
			t.Fatalf("%v and %v share %s", one, other, claimName(one[0], one[1]))
		}
		if wrong := validation.IsDNS1123Subdomain(claimName(one[0], one[1])); len(wrong) > 0 {
			t.Fatalf("%s: %v", claimName(one[0], one[1]), wrong)
		}
	})
}

func indexes(text string) []int {
	all := make([]int, len(text))
	for i := range all {
		all[i] = i
	}
	return all
}

func TestNoTwoContainersOfAnAppAreOnePlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var containers []v1alpha1.Container
		for _, name := range rapid.SliceOfNDistinct(containerNames, 1, 20, rapid.ID).Draw(t, "containers") {
			containers = append(containers, v1alpha1.Container{Name: name, RetentionDays: 1})
		}
		made := share(t, of(containers...))
		seen := map[string]bool{"tmp": true, "keys": true, "app-secrets": true, "accesstoken": true} // the App's other volumes
		for n := range containers {
			volume, mount, env := made.Volumes[n], made.Mounts[n], made.Env[n]
			if volume.Name != mount.Name || env.Value != mount.MountPath || volume.PersistentVolumeClaim.ClaimName != made.Children[n].GetName() {
				t.Fatalf("%s leads to %s, where %s of claim %s is mounted", env.Name, env.Value, mount.Name, made.Children[n].GetName())
			}
			if wrong := validation.IsDNS1123Label(volume.Name); len(wrong) > 0 {
				t.Fatalf("volume %s: %v", volume.Name, wrong)
			}
			for _, name := range []string{volume.Name, mount.MountPath, env.Name} {
				if seen[name] {
					t.Fatalf("%s is there twice", name)
				}
				seen[name] = true
			}
		}
	})
}

func TestTheOrderOfContainersMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var containers []v1alpha1.Container
		for _, name := range rapid.SliceOfNDistinct(containerNames, 0, 6, rapid.ID).Draw(t, "containers") {
			containers = append(containers, v1alpha1.Container{Name: name, RetentionDays: rapid.Int32Range(1, 36500).Draw(t, "days")})
		}
		before := slices.Clone(containers)
		first := share(t, of(containers...))
		if !slices.Equal(before, containers) {
			t.Fatal("what was given is changed")
		}
		if len(containers) > 1 {
			containers = rapid.Permutation(containers).Draw(t, "other order")
		}
		if second := share(t, of(containers...)); !reflect.DeepEqual(first, second) {
			t.Fatalf("%v and then %v", first, second)
		}
	})
}
