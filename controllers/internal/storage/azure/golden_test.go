// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

var update = flag.Bool("update", false, "write testdata/*.out.yaml anew")

// given is a golden's input.
type given struct {
	// Azure is the installation's.
	Azure configuration.AzureStorage `json:"azure"`
	// Owner is the service owner.
	Owner storage.Owner `json:"owner"`
	// Apps are its Apps, by name.
	Apps map[string]givenApp `json:"apps"`
}

type givenApp struct {
	Containers []v1alpha1.Container `json:"containers"`
	Access     storage.Access       `json:"access"`
}

// TestGolden compares what each testdata/<case>.in.yaml is rendered to with testdata/<case>.out.yaml: the owner's
// objects once those of its Apps stand, and of each App its objects and what its pods get.
func TestGolden(t *testing.T) {
	for name, rendered := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			golden := filepath.Join("testdata", name+".out.yaml")
			got := rendered.yaml(t)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v: make golden writes it", err)
			}
			if diff := gocmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got); make golden writes it anew:\n%s", golden, diff)
			}
		})
	}
}

// golden is what an input is rendered to.
type golden struct {
	owner []apply.Child
	share map[string]storage.Share
}

// goldens renders every input, by name.
func goldens(t *testing.T) map[string]golden {
	t.Helper()
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata/*.in.yaml: %v", err)
	}
	all := map[string]golden{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var in given
		if err := yaml.UnmarshalStrict(content, &in); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".in.yaml")] = in.render(t)
	}
	return all
}

func (in given) render(t *testing.T) golden {
	t.Helper()
	p := New(anOperator(in.Azure))
	out := golden{share: map[string]storage.Share{}}
	var standing []storage.Object
	for name, app := range in.Apps {
		share, err := p.OfApp(storage.App{Owner: in.Owner, Name: name, Containers: app.Containers, Access: app.Access})
		if err != nil {
			t.Fatal(err)
		}
		out.share[name] = share
		standing = append(standing, stand(share.Children)...)
	}
	children, err := p.OfOwner(in.Owner, standing)
	if err != nil {
		t.Fatal(err)
	}
	out.owner = children
	return out
}

// children are all of them.
func (g golden) children() []apply.Child {
	all := slices.Clone(g.owner)
	for _, share := range g.share {
		all = append(all, share.Children...)
	}
	return all
}

func (g golden) yaml(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("# The service owner\n")
	for _, child := range g.owner {
		out.WriteString("---\n" + childYAML(t, child))
	}
	for _, name := range slices.Sorted(maps.Keys(g.share)) {
		share := g.share[name]
		out.WriteString("---\n# App " + name + "\n")
		for _, child := range share.Children {
			out.WriteString("---\n" + childYAML(t, child))
		}
		pods, err := yaml.Marshal(map[string]any{"env": share.Env, "volumes": share.Volumes, "mounts": share.Mounts, "hosts": share.Hosts})
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("---\n# What its pods get\n" + string(pods))
	}
	return out.String()
}

func childYAML(t *testing.T, child apply.Child) string {
	t.Helper()
	kind, err := apiutil.GVKForObject(child.Object, clientgoscheme.Scheme)
	if err != nil {
		t.Fatal(err)
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(child.Object)
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{Object: fields}
	object.SetGroupVersionKind(kind)
	text, err := yaml.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
