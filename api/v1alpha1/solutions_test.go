// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1_test

import (
	"slices"
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// needsNone is said of a solution that no chapter of the agreement governs.
const needsNone v1alpha1.ChapterName = ""

// decided says of every solution which chapter governs it. A solution that is new in the CRD must be
// decided on here too: by default it would need none, and be let through under any agreement.
var decided = map[v1alpha1.Solution]v1alpha1.ChapterName{
	"IDPorten":       "IDPorten",
	"Ansattporten":   "Ansattporten",
	"Maskinporten":   "Maskinporten",
	"KRR":            "KRR",
	"DigitalMailbox": "DigitalMailbox",
	"ESignering":     "ESignering",
	"EFormidling":    "EFormidling",
	"DPV":            "DPV",

	"AltinnStorage":        "Altinn",
	"AltinnEvents":         "Altinn",
	"AltinnNotifications":  "Altinn",
	"AltinnCorrespondence": "Altinn",
	"AltinnBroker":         "Altinn",
	"AltinnAuthorization":  "Altinn",
	"AltinnConsent":        "Altinn",
	"Dialogporten":         "Altinn",
	"DataAltinn":           "Altinn",

	"ELMA":             needsNone,
	"EInnsyn":          needsNone,
	"Folkeregisteret":  needsNone,
	"Enhetsregisteret": needsNone,
	"DataNorge":        needsNone,
}

func TestEverySolutionHasItsChapterOrNeedsNone(t *testing.T) {
	solutions := enumAt(t, "apps", "solution")
	for _, name := range solutions {
		solution := v1alpha1.Solution(name)
		want, known := decided[solution]
		if !known {
			t.Errorf("%s is new in the CRD: decide which chapter governs it, or that it needs none", name)
			continue
		}
		if got, ok := solution.Chapter(); got != want || ok != (want != needsNone) {
			t.Errorf("%s has chapter %q (%v), not %q", name, got, ok, want)
		}
	}
	for solution := range decided {
		if !slices.Contains(solutions, string(solution)) {
			t.Errorf("the CRD knows no solution %s: take it out", solution)
		}
	}
	for _, unknown := range []v1alpha1.Solution{"", "idporten", "Altinn"} {
		if chapter, ok := unknown.Chapter(); ok {
			t.Errorf("%q is no solution and has chapter %s", unknown, chapter)
		}
	}
}

// A chapter that governs a solution is one that an agreement can name, and each of them governs some.
// The CRD lists them at spec.chapters and, under the name read here, at spec.subProcessors.
func TestChaptersAreThoseOfTheAgreement(t *testing.T) {
	var governing []string
	for _, chapter := range decided {
		if chapter != needsNone {
			governing = append(governing, string(chapter))
		}
	}
	slices.Sort(governing)
	chapters := slices.Sorted(slices.Values(enumAt(t, "dataprocessingagreements", "chapter")))
	if got := slices.Compact(governing); !slices.Equal(got, chapters) {
		t.Errorf("the solutions have the chapters\n%v\nan agreement can name\n%v", got, chapters)
	}
}

// enumAt returns the values of the one enum that a field of the name has in a generated CRD.
func enumAt(t *testing.T, crd, name string) []string {
	t.Helper()
	found := enumsBelow(generated(t, crd), name)
	if len(found) != 1 {
		t.Fatalf("the CRD %s has %d fields %s with an enum, not one", crd, len(found), name)
	}
	return found[0]
}

func enumsBelow(node any, name string) [][]string {
	var found [][]string
	switch node := node.(type) {
	case map[string]any:
		for key, child := range node {
			if fields, _ := child.(map[string]any); key == name && fields["enum"] != nil {
				var values []string
				for _, value := range fields["enum"].([]any) {
					values = append(values, text(value))
				}
				found = append(found, values)
				continue
			}
			found = append(found, enumsBelow(child, name)...)
		}
	case []any:
		for _, child := range node {
			found = append(found, enumsBelow(child, name)...)
		}
	}
	return found
}
