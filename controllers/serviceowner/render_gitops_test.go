// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// TestGoldenGitOps compares what Flux is handed for each testdata/gitops/<case>.in.yaml with <case>.out.yaml. Specs with
// the CRDs of Flux apply the latter.
func TestGoldenGitOps(t *testing.T) {
	files, err := filepath.Glob("testdata/gitops/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata/gitops/*.in.yaml: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".in.yaml"), func(t *testing.T) {
			var out bytes.Buffer
			for _, child := range handedOver(t, fluxWithout(), readGolden(t, file)) {
				text, err := yaml.Marshal(child.Object)
				if err != nil {
					t.Fatal(err)
				}
				out.WriteString("---\n")
				out.Write(text)
			}
			golden := strings.TrimSuffix(file, ".in.yaml") + ".out.yaml"
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v: make golden writes it", err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("%s (-want +got); make golden writes it anew:\n%s", golden, diff)
			}
		})
	}
}

// handedOver are the objects of Flux's among what is rendered.
func handedOver(t *testing.T, flux *serviceowner.Flux, facts serviceowner.Facts) []apply.Child {
	t.Helper()
	kind := newKind(t, atNow())
	kind.Flux = flux
	children, err := kind.Render(facts.Owner, facts, decide.ActionAdmit)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(children, func(child apply.Child) bool {
		return !strings.HasSuffix(child.GetObjectKind().GroupVersionKind().Group, ".fluxcd.io")
	})
}

func TestWhatIsHandedToFlux(t *testing.T) {
	for name, tc := range map[string]struct {
		flux  *serviceowner.Flux
		facts func(*serviceowner.Facts)
		want  []string
	}{
		"is a source and then a Kustomization": {flux: fluxWithout(), want: []string{"OCIRepository skd", "Kustomization skd"}},
		"is what the cluster knew when it was looked at": {
			flux: fluxWithout(), facts: func(f *serviceowner.Facts) {
				f.HandedOver.Missing = []string{"ocirepositories.source.toolkit.fluxcd.io"}
			},
			want: []string{"Kustomization skd"},
		},
		"is nothing for an owner without a source": {flux: fluxWithout(), facts: func(f *serviceowner.Facts) { f.Owner.Spec.GitOps = nil }},
		"is nothing where nothing is handed over":  {},
		"is the same without an agreement": {
			flux: fluxWithout(), facts: func(f *serviceowner.Facts) { f.Holding.Agreements = nil },
			want: []string{"OCIRepository skd", "Kustomization skd"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			facts.Owner.Spec.GitOps = fromSource()
			if tc.facts != nil {
				tc.facts(&facts)
			}
			var got []string
			for _, child := range handedOver(t, tc.flux, facts) {
				got = append(got, child.GetObjectKind().GroupVersionKind().Kind+" "+child.GetName())
				if diff := cmp.Diff([]string{"suspend"}, child.Yields); diff != "" {
					t.Errorf("the platform team's word to pause would not stand (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("handed over (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChildrenOfFluxAreSpared(t *testing.T) {
	source := v1alpha1.Child{APIVersion: "source.toolkit.fluxcd.io/v1", Kind: "OCIRepository", Namespace: "so-skd", Name: "skd"}
	for name, tc := range map[string]struct {
		flux *serviceowner.Flux
		of   v1alpha1.Child
		want bool
	}{
		"where nobody asks for Flux":                      {of: source, want: true},
		"where the cluster does not know the kind as yet": {flux: fluxWithout("OCIRepository"), of: source, want: true},
		"not where it does":                               {flux: fluxWithout("GitRepository"), of: source},
		"not in favour of the baseline":                   {of: v1alpha1.Child{APIVersion: "v1", Kind: "Namespace", Name: "so-skd"}},
	} {
		t.Run(name, func(t *testing.T) {
			kind := newKind(t, atNow())
			kind.Flux = tc.flux
			if got := kind.Spares(tc.of); got != tc.want {
				t.Errorf("want %v, got %v", tc.want, got)
			}
		})
	}
}

// What Flux deploys by is no storage that was left behind.
func TestChildrenOfFluxAreNotTakenForStorage(t *testing.T) {
	kind := newKind(t, atNow())
	kind.Flux = fluxWithout()
	facts := usual(t, newOperator(t))
	facts.Owner.Status.Children = []v1alpha1.Child{{APIVersion: "kustomize.toolkit.fluxcd.io/v1", Kind: "Kustomization", Namespace: "so-skd", Name: "skd"}}
	if diff := cmp.Diff(admitted(), kind.Decide(facts.Owner, facts)); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
}
