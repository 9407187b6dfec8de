// SPDX-License-Identifier: BSD-3-Clause

package records_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/records"
)

var update = flag.Bool("update", false, "write testdata/*.out.* anew")

var writers = map[string]func(records.Record) ([]byte, error){
	"json": records.JSON, "csv": records.CSV, "html": records.HTML,
}

// TestGoldenRecord compares what each testdata/<case>.in.yaml is written as with
// testdata/<case>.<language>.out.<form>.
func TestGoldenRecord(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.in.yaml")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no testdata/*.in.yaml: %v", err)
	}
	for _, input := range inputs {
		resources := read(t, input)
		for _, language := range records.Languages {
			for form, write := range writers {
				golden := strings.TrimSuffix(input, ".in.yaml") + "." + string(language) + ".out." + form
				t.Run(filepath.Base(golden), func(t *testing.T) {
					got, err := write(records.Build(resources, language, exported))
					if err != nil {
						t.Fatal(err)
					}
					compare(t, golden, got)
				})
			}
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
