// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

var update = flag.Bool("update", false, "write testdata/*.out.yaml anew")

// TestGoldenRender compares what each testdata/<case>.in.yaml is decided and rendered to with
// testdata/<case>.out.yaml.
func TestGoldenRender(t *testing.T) {
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata/*.in.yaml: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".in.yaml"), func(t *testing.T) {
			facts, overlay := readCase(t, file)
			kind := newKind(t, atNow())
			kind.Baseline = newBaseline(t, overlay)
			got := renderGolden(t, kind, facts)
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
			if diff := gocmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s (-want +got); make golden writes it anew:\n%s", golden, diff)
			}
		})
	}
}

// A suspended owner keeps all that an owner in service has.
func TestSuspendedOwnersRenderTheSame(t *testing.T) {
	kind := newKind(t, atNow())
	suspended := readGolden(t, "testdata/suspended.in.yaml")
	inService := suspended
	inService.Owner = suspended.Owner.DeepCopy()
	inService.Owner.Spec.Suspend = nil
	if diff := gocmp.Diff(childrenYAML(t, kind, inService), childrenYAML(t, kind, suspended)); diff != "" {
		t.Errorf("children (-in service +suspended):\n%s", diff)
	}
}

// given is the second document of a golden's input: what the case has otherwise than the usual.
type given struct {
	// Now is the instant of the decision.
	Now *metav1.Time `json:"now,omitempty"`
	// Overlay is a folder of testdata that patches the baseline.
	Overlay string `json:"overlay,omitempty"`
	// NoAgreement says that there is none with the service owner.
	NoAgreement bool `json:"noAgreement,omitempty"`
}

// readGolden reads the facts of a case that has no overlay.
func readGolden(t *testing.T, file string) serviceowner.Facts {
	t.Helper()
	facts, _ := readCase(t, file)
	return facts
}

// readCase reads a ServiceOwner as the API server would store it, and the facts and overlay of its case.
func readCase(t *testing.T, file string) (facts serviceowner.Facts, overlay string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	manifest, rest, _ := bytes.Cut(content, []byte("\n---\n"))
	facts = usual(t, newOperator(t))
	facts.Owner = &v1alpha1.ServiceOwner{}
	if err := apiserver.Defaulted(manifest, facts.Owner); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var otherwise given
	if err := yaml.UnmarshalStrict(rest, &otherwise); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	facts.Holding.Code, facts.Holding.Owner = facts.Owner.Name, facts.Owner
	if otherwise.NoAgreement {
		facts.Holding.Agreements = nil
	}
	if otherwise.Now != nil {
		facts.Now = otherwise.Now.Time
	}
	if otherwise.Overlay != "" {
		overlay = filepath.Join("testdata", otherwise.Overlay)
	}
	return facts, overlay
}

// renderGolden writes down what is decided, as a comment, and the children in their order.
func renderGolden(t *testing.T, kind *serviceowner.Kind, facts serviceowner.Facts) []byte {
	t.Helper()
	verdict := kind.Decide(facts.Owner, facts)
	if verdict.Action != decide.ActionAdmit {
		t.Fatalf("not admitted: %v", verdict.Findings)
	}
	var out bytes.Buffer
	out.WriteString("# Admit\n")
	for _, finding := range verdict.Findings {
		fmt.Fprintf(&out, "# %s: %s\n", finding.Reason, finding.Message)
	}
	if !verdict.NextCheck.IsZero() {
		fmt.Fprintf(&out, "# looked at again: %s\n", verdict.NextCheck.UTC().Format("2006-01-02T15:04:05Z"))
	}
	out.WriteString(childrenYAML(t, kind, facts))
	return out.Bytes()
}

// childrenYAML are the rendered children as a file would have them.
func childrenYAML(t *testing.T, kind *serviceowner.Kind, facts serviceowner.Facts) string {
	t.Helper()
	children, err := kind.Render(facts.Owner, facts, decide.ActionAdmit)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, child := range children {
		out.WriteString("---\n")
		if child.Adopt {
			out.WriteString("# taken over if somebody else made it\n")
		}
		out.Write(childYAML(t, child))
	}
	return out.String()
}

// childYAML is a child as a file would have it: with its kind and without what is empty.
func childYAML(t *testing.T, child apply.Child) []byte {
	t.Helper()
	kind, err := apiutil.GVKForObject(child.Object, scheme)
	if err != nil {
		t.Fatal(err)
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(child.Object)
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{Object: fields}
	object.SetGroupVersionKind(kind)
	unstructured.RemoveNestedField(object.Object, "status")
	text, err := yaml.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
