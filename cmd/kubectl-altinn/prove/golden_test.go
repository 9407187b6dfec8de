// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
)

var update = flag.Bool("update", false, "write testdata/*.out.* anew")

var writers = map[string]func(prove.Proof) ([]byte, error){
	"txt": prove.Text, "json": prove.JSON, "dot": prove.DOT, "html": prove.HTML,
}

// TestGoldenProof compares what each testdata/<case>.in.yaml is written as with testdata/<case>.out.<form>.
func TestGoldenProof(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(inputs) != 2 {
		t.Fatalf("testdata/*.in.yaml are %q: %v", inputs, err)
	}
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".in.yaml")
		proof := prove.Build(read(t, name), "", checked)
		for form, write := range writers {
			golden := strings.TrimSuffix(input, ".in.yaml") + ".out." + form
			t.Run(filepath.Base(golden), func(t *testing.T) {
				got, err := write(proof)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, golden, got)
			})
		}
	}
}

func compare(t *testing.T, golden string, got []byte) {
	t.Helper()
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
}
