// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

var update = flag.Bool("update", false, "write testdata/*.out.xml anew")

// TestGoldenRender compares the policy of each testdata/<case>.in.yaml with testdata/<case>.out.xml.
func TestGoldenRender(t *testing.T) {
	files, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata/*.in.yaml: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".in.yaml"), func(t *testing.T) {
			got := mustMarshal(t, renderedFrom(t, file))
			golden := strings.TrimSuffix(file, ".in.yaml") + ".out.xml"
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

// renderedFrom renders a manifest as the API server would store it. A second document says what a consent is registered as.
func renderedFrom(t *testing.T, file string) Policy {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	documents := append(bytes.SplitN(content, []byte("\n---\n"), 2), nil)
	if strings.HasPrefix(filepath.Base(file), "app-") {
		app := &v1alpha1.App{}
		defaulted(t, documents[0], app)
		return ForApp(app, v1alpha1.OwnerOfNamespace(app.Namespace))
	}
	consent := &v1alpha1.ConsentResource{}
	defaulted(t, documents[0], consent)
	var registered struct {
		Identifier, AccessList string
		Withdrawn              bool
	}
	if err := yaml.UnmarshalStrict(documents[1], &registered); err != nil {
		t.Fatal(err)
	}
	if registered.Withdrawn {
		return Silence(registered.Identifier, v1alpha1.OwnerOfNamespace(consent.Namespace))
	}
	return ForConsent(consent, registered.Identifier, v1alpha1.OwnerOfNamespace(consent.Namespace), registered.AccessList)
}

func defaulted(t *testing.T, manifest []byte, into any) {
	t.Helper()
	if err := apiserver.Defaulted(manifest, into); err != nil {
		t.Fatal(err)
	}
}

func mustMarshal(t fataler, p Policy) []byte {
	t.Helper()
	data, err := Marshal(p)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return data
}

func mustParse(t fataler, data []byte) Policy {
	t.Helper()
	p, err := Parse(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return p
}

// fataler is a test, whether rapid's or not.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}
