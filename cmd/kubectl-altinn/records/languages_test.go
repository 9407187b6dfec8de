// SPDX-License-Identifier: BSD-3-Clause

package records_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/records"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// noRecord are the enums that say nothing of personal data, by their values.
var noRecord = map[string]string{
	"[Large Medium Small]":                  "how much a namespace may use",
	"[GitRepository OCIRepository]":         "what Apps are deployed from",
	"[False True Unknown]":                  "told as the result of the evidence",
	"[Absent Pending Registered Withdrawn]": "told by the conditions of what is registered",
	"[Pending Registered Revoked]":          "told by the condition of an App's credentials",
	"[Ansattporten IDPorten Maskinporten]":  "named as the solutions they are",
	"[InUse Next Retiring]":                 "how keys are replaced, which no record asks for",
}

// Every enum of the CRDs has a vocabulary of exactly its values: one value more, and the record would
// tell a code where people expect words.
func TestEveryEnumIsTranslated(t *testing.T) {
	known := map[string]bool{}
	for _, vocabulary := range records.Enums {
		var values []string
		for _, text := range vocabulary {
			values = append(values, text.Value)
		}
		slices.Sort(values)
		known[fmt.Sprint(values)] = true
	}
	asked := map[string]bool{}
	for place, values := range enumsOfTheCRDs(t) {
		slices.Sort(values)
		asked[fmt.Sprint(values)] = true
		if !known[fmt.Sprint(values)] && noRecord[fmt.Sprint(values)] == "" {
			t.Errorf("%s: no vocabulary has exactly the values %v", place, values)
		}
	}
	for values := range known {
		if !asked[values] {
			t.Errorf("a vocabulary has the values %s, which no enum has", values)
		}
	}
}

func TestEveryTextIsInBothLanguages(t *testing.T) {
	all := slices.Concat(records.Enums, records.Findings, [][]records.Text{records.Words, records.Countries})
	for _, vocabulary := range all {
		seen := map[string]bool{}
		for _, text := range vocabulary {
			if text.Value == "" || text.NB == "" || text.EN == "" {
				t.Errorf("%+v lacks something", text)
			}
			if seen[text.Value] {
				t.Errorf("%s stands twice", text.Value)
			}
			seen[text.Value] = true
		}
	}
}

func TestEveryCountryOfTheTablesHasAName(t *testing.T) {
	named := map[string]bool{}
	for _, country := range records.Countries {
		named[country.Value] = true
	}
	for _, code := range v1alpha1.EEACountries {
		if !named[code] {
			t.Errorf("%s, of the EEA, has no name", code)
		}
	}
	for _, decision := range v1alpha1.AdequacyDecisions {
		if !named[string(decision.Country)] {
			t.Errorf("%s, found adequate, has no name", decision.Country)
		}
	}
	for _, region := range v1alpha1.Regions {
		if !named[region.Country] {
			t.Errorf("%s, of region %s, has no name", region.Country, region.Name)
		}
	}
}

// enumsOfTheCRDs are the values of every enum by its place.
func enumsOfTheCRDs(t *testing.T) map[string][]string {
	t.Helper()
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "config/crd/bases/*.yaml"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%d CRDs: %v", len(files), err)
	}
	found := map[string][]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var crd any
		if err := yaml.Unmarshal(content, &crd); err != nil {
			t.Fatal(err)
		}
		enumsBelow(crd, filepath.Base(file), found)
	}
	return found
}

func enumsBelow(node any, place string, found map[string][]string) {
	switch node := node.(type) {
	case map[string]any:
		if values, ok := node["enum"].([]any); ok {
			for _, value := range values {
				found[place] = append(found[place], fmt.Sprint(value))
			}
		}
		for key, child := range node {
			enumsBelow(child, place+"/"+key, found)
		}
	case []any:
		for i, child := range node {
			enumsBelow(child, fmt.Sprintf("%s/%d", place, i), found)
		}
	}
}
