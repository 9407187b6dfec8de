// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

var update = flag.Bool("update", false, "write testdata/*.out.yaml anew")

// TestGoldenRender compares what each testdata/<case>.in.yaml is decided and rendered to with
// testdata/<case>.out.yaml.
func TestGoldenRender(t *testing.T) {
	for _, file := range goldenInputs(t) {
		t.Run(goldenName(file), func(t *testing.T) {
			subject, facts := readGolden(t, file)
			got := renderGolden(t, subject, facts)
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

// given is the second document of a golden's input: what the case has otherwise than the usual.
type given struct {
	// Gateway and Egress replace those of the operator's configuration.
	Gateway *configuration.Gateway `json:"gateway,omitempty"`
	Egress  *configuration.Egress  `json:"egress,omitempty"`
	// Storage is where data is kept; nowhere when left out.
	Storage *configuration.Storage `json:"storage,omitempty"`
	// RouteKindMissing says that the cluster does not know HTTPRoute.
	RouteKindMissing bool `json:"routeKindMissing,omitempty"`
	// NamesMissing says that the cluster does not know CiliumNetworkPolicy.
	NamesMissing bool `json:"namesMissing,omitempty"`
	// ConfigDigest is that of the Secrets and ConfigMaps the App reads.
	ConfigDigest string `json:"configDigest,omitempty"`
	// AgreementState is what has become of the agreement.
	AgreementState v1alpha1.AgreementState `json:"agreementState,omitempty"`
	// Made says that the App has children already.
	Made bool `json:"made,omitempty"`
}

func goldenInputs(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata/*.in.yaml: %v", err)
	}
	return files
}

func goldenName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".in.yaml") }

// readGolden reads an App as the API server would store it, and the facts of its case: the documents of
// the file are the App, what the case has otherwise than the usual, and the App as it was admitted last.
func readGolden(t testing.TB, file string) (*v1alpha1.App, app.Facts) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	documents := append(bytes.SplitN(content, []byte("\n---\n"), 3), nil, nil)
	subject := &v1alpha1.App{}
	if err := apiserver.Defaulted(documents[0], subject); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var otherwise given
	if err := yaml.UnmarshalStrict(documents[1], &otherwise); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	facts := otherwise.facts(t, subject)
	if documents[2] == nil {
		return subject, facts
	}
	admitted := &v1alpha1.App{}
	if err := apiserver.Defaulted(documents[2], admitted); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return subject, facts.WithAdmitted(admitted.Spec, 1, facts.Agreements[0].Name)
}

// facts are the usual ones of an App, but for what is given.
func (g given) facts(t testing.TB, subject *v1alpha1.App) app.Facts {
	t.Helper()
	operator := operatorConfiguration(t)
	if g.Gateway != nil {
		operator.Gateway = *g.Gateway
	}
	if g.Egress != nil {
		operator.Egress = *g.Egress
	}
	operator.Storage = g.Storage
	code := v1alpha1.OwnerOfNamespace(subject.Namespace)
	agreement := sampleAgreement(t, code)
	if g.AgreementState != "" {
		agreement.Spec.State = g.AgreementState
	}
	if g.Made {
		subject.Status.Children = []v1alpha1.Child{{APIVersion: "apps/v1", Kind: "Deployment", Namespace: subject.Namespace, Name: subject.Name}}
	}
	subject.Generation = 2
	return app.Facts{
		App: subject, Now: born.Time, RouteKindKnown: !g.RouteKindMissing, NamesKnown: !g.NamesMissing, Storage: storageOf(operator),
		Holding: gate.Holding{Code: code, Owner: serviceOwner(code), Operator: operator, Agreements: []v1alpha1.DataProcessingAgreement{agreement}},
	}.WithReads(g.ConfigDigest)
}

// renderGolden writes down what is decided, as a comment, and the children in their order.
func renderGolden(t *testing.T, subject *v1alpha1.App, facts app.Facts) []byte {
	t.Helper()
	kind := &app.Kind{Operator: facts.Operator}
	verdict := kind.Decide(subject, facts)
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n", actionName(t, verdict.Action))
	for _, finding := range verdict.Findings {
		fmt.Fprintf(&out, "# %s: %s\n", cmp.Or(finding.Reason, string(finding.Problem().Severity)), finding.Message)
	}
	if verdict.Consequence != "" {
		fmt.Fprintf(&out, "# %s\n", verdict.Consequence)
	}
	if verdict.Action == decide.ActionHold {
		return out.Bytes()
	}
	children, err := kind.Render(subject, facts, verdict.Action)
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		out.WriteString("---\n")
		if len(child.Yields) > 0 {
			fmt.Fprintf(&out, "# left to others once it exists: %s\n", strings.Join(child.Yields, ", "))
		}
		out.Write(childYAML(t, child))
	}
	return out.Bytes()
}

func actionName(t *testing.T, action decide.Action) string {
	t.Helper()
	names := map[decide.Action]string{
		decide.ActionAdmit: "Admit", decide.ActionHold: "Hold", decide.ActionKeep: "Keep", decide.ActionWithdraw: "Withdraw",
	}
	if names[action] == "" {
		t.Fatalf("action %d has no name", action)
	}
	return names[action]
}

// childYAML is a child as a file would have it: with its kind and without what is empty.
func childYAML(t *testing.T, child apply.Child) []byte {
	t.Helper()
	kind, err := apiutil.GVKForObject(child.Object, controllers.NewScheme())
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
