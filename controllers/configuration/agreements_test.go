// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// The regions and grace that hold where a file says nothing.
var (
	usualRegions = Regions{
		Allowed:     []v1alpha1.Region{"norwayeast", "norwaywest"},
		Exceptional: []v1alpha1.Region{"northeurope", "westeurope"},
	}
	usualAgreements = Agreements{GraceDays: 30, AfterGrace: KeepRunning}
)

func TestLoadRegionsAndAgreements(t *testing.T) {
	type parts struct {
		Regions    Regions
		Agreements Agreements
	}
	terms := Terms{Version: "1.8", ValidFrom: "2026-01-05"}
	for name, tc := range map[string]struct {
		more string
		want parts
	}{
		"left out, are the usual ones":     {"", parts{usualRegions, usualAgreements}},
		"empty, are the usual ones":        {"regions: {}\nagreements: {}\n", parts{usualRegions, usualAgreements}},
		"without a value, are usual too":   {"regions:\nagreements:\n", parts{usualRegions, usualAgreements}},
		"with empty terms take any":        {"agreements: {terms: {}}\n", parts{usualRegions, usualAgreements}},
		"given, replace the usual ones":    {"regions: {allowed: [swedencentral], exceptional: [norwayeast]}\n", parts{Regions{[]v1alpha1.Region{"swedencentral"}, []v1alpha1.Region{"norwayeast"}}, usualAgreements}},
		"given in part, are usual besides": {"regions: {allowed: [norwayeast]}\n", parts{Regions{[]v1alpha1.Region{"norwayeast"}, usualRegions.Exceptional}, usualAgreements}},
		"leave out by exception what is allowed": {"regions: {allowed: [norwayeast, westeurope]}\n",
			parts{Regions{[]v1alpha1.Region{"norwayeast", "westeurope"}, []v1alpha1.Region{"northeurope"}}, usualAgreements}},
		"leave out of what is allowed what is an exception": {"regions: {exceptional: [norwaywest]}\n",
			parts{Regions{[]v1alpha1.Region{"norwayeast"}, []v1alpha1.Region{"norwaywest"}}, usualAgreements}},
		"may have no exception": {"regions: {exceptional: []}\n", parts{Regions{usualRegions.Allowed, []v1alpha1.Region{}}, usualAgreements}},
		"may give everything": {
			"agreements:\n  terms: {version: \"1.8\", validFrom: \"2026-01-05\", graceDays: 180}\n  graceDays: 14\n  afterGrace: Suspend\n",
			parts{usualRegions, Agreements{Terms: Terms{Version: "1.8", ValidFrom: "2026-01-05", GraceDays: 180}, GraceDays: 14, AfterGrace: SuspendAfterGrace}},
		},
		"may give terms alone": {
			"agreements: {terms: {version: \"1.8\", validFrom: \"2026-01-05\"}}\n",
			parts{usualRegions, Agreements{Terms: terms, GraceDays: 30, AfterGrace: KeepRunning}},
		},
		"may give no days of grace": {"agreements: {graceDays: 0}\n", parts{usualRegions, Agreements{AfterGrace: KeepRunning}}},
		"may give ten years of it":  {"agreements: {graceDays: 3650}\n", parts{usualRegions, Agreements{GraceDays: 3650, AfterGrace: KeepRunning}}},
		"may say what is usual":     {"agreements: {afterGrace: KeepRunning}\n", parts{usualRegions, usualAgreements}},
		"may have terms of a whole number": {
			"agreements: {terms: {version: \"2\", validFrom: \"2026-01-05\"}}\n",
			parts{usualRegions, Agreements{Terms: Terms{Version: "2", ValidFrom: "2026-01-05"}, GraceDays: 30, AfterGrace: KeepRunning}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, valid+tc.more))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, parts{operator.Regions, operator.Agreements}); diff != "" {
				t.Errorf("regions and agreements (-want +got):\n%s", diff)
			}
		})
	}
}

// Each region that a ServiceOwner or an agreement can name is one that an installation can allow.
func TestLoadTakesEveryRegionOfTheTable(t *testing.T) {
	file := valid + "regions:\n  exceptional: []\n  allowed:\n"
	var want []v1alpha1.Region
	for _, region := range v1alpha1.Regions {
		file += "    - " + string(region.Name) + "\n"
		want = append(want, region.Name)
	}
	operator, err := Load(fileOf(t, file))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(operator.Regions.Allowed, want) {
		t.Errorf("want %v, got %v", want, operator.Regions.Allowed)
	}
}

func TestLoadRefusesImpossibleRegions(t *testing.T) {
	const outside = ": must be an Azure region in the EEA, where personal data must stay"
	tryLoad(t, map[string]loadCase{
		"outside the EEA": {
			file: valid + "regions:\n  allowed: [norwayeast, uksouth]\n",
			want: []string{`24: regions.allowed[1]: Invalid value: "uksouth"` + outside},
		},
		"outside the EEA, by exception": {
			file: valid + "regions:\n  exceptional:\n    - northeurope\n    - eastus\n",
			want: []string{`26: regions.exceptional[1]: Invalid value: "eastus"` + outside},
		},
		"in another spelling": {
			file: valid + "regions: {allowed: [NorwayEast]}\n", want: []string{`23: regions.allowed[0]: Invalid value: "NorwayEast"` + outside},
		},
		"without a name": {
			file: valid + "regions:\n  allowed:\n    - \"\"\n", want: []string{`25: regions.allowed[0]: Invalid value: ""` + outside},
		},
		"twice in one list": {
			file: valid + "regions:\n  allowed:\n    - norwayeast\n    - norwaywest\n    - norwayeast\n",
			want: []string{`27: regions.allowed[2]: Duplicate value: "norwayeast"`},
		},
		"twice among the exceptions": {
			file: valid + "regions: {exceptional: [westeurope, westeurope]}\n",
			want: []string{`23: regions.exceptional[1]: Duplicate value: "westeurope"`},
		},
		"in both lists": {
			file: valid + "regions:\n  allowed: [norwayeast]\n  exceptional:\n    - westeurope\n    - norwayeast\n",
			want: []string{`27: regions.exceptional[1]: Duplicate value: "norwayeast"`},
		},
		"none at all": {
			file: valid + "regions:\n  allowed: []\n", want: []string{"24: regions.allowed: Required value: data must be kept somewhere"},
		},
		"in words":    {file: valid + "regions:\n  allowed: norwayeast\n", want: []string{"24: regions.allowed: must be a list, not string"}},
		"by number":   {file: valid + "regions:\n  allowed: [1]\n", want: []string{"24: regions.allowed: must be a text, not number: put it in quotes"}},
		"as one list": {file: valid + "regions: [norwayeast]\n", want: []string{"23: regions: must be a map, not array"}},
		"of an unknown sort": {
			file: valid + "regions:\n  forbidden: [norwayeast]\n", want: []string{"24: regions.forbidden: " + unknown},
		},
		"each one": {
			file: valid + "regions:\n  allowed: []\n  exceptional: [uksouth, uksouth]\n",
			want: []string{
				"24: regions.allowed: Required value: data must be kept somewhere",
				`25: regions.exceptional[0]: Invalid value: "uksouth"` + outside,
				`25: regions.exceptional[1]: Invalid value: "uksouth"` + outside,
				`25: regions.exceptional[1]: Duplicate value: "uksouth"`,
			},
		},
	})
}

const (
	notDays    = ": must be 0 to 3650 days"
	notVersion = ": must be numbers with dots between, as 1.8"
	notDay     = ": must be a day, as 2026-01-05"
)

func TestLoadRefusesImpossibleAgreements(t *testing.T) {
	tryLoad(t, map[string]loadCase{
		"of days below nought": {
			file: valid + "agreements:\n  graceDays: -1\n", want: []string{"24: agreements.graceDays: Invalid value: -1" + notDays},
		},
		"of more than ten years": {
			file: valid + "agreements:\n  graceDays: 3651\n", want: []string{"24: agreements.graceDays: Invalid value: 3651" + notDays},
		},
		"of days in words": {
			file: valid + "agreements:\n  graceDays: thirty\n", want: []string{"24: agreements.graceDays: must be a whole number, not string"},
		},
		"of half a day": {
			file: valid + "agreements:\n  graceDays: 0.5\n", want: []string{"24: agreements.graceDays: must be a whole number, not number 0.5"},
		},
		"of what becomes of Apps": {
			file: valid + "agreements:\n  afterGrace: Delete\n",
			want: []string{`24: agreements.afterGrace: Unsupported value: "Delete": supported values: "KeepRunning", "Suspend"`},
		},
		"of what becomes of Apps, in another case": {
			file: valid + "agreements:\n  afterGrace: suspend\n",
			want: []string{`24: agreements.afterGrace: Unsupported value: "suspend": supported values: "KeepRunning", "Suspend"`},
		},
		"of what becomes of Apps, empty": {
			file: valid + "agreements:\n  afterGrace: \"\"\n",
			want: []string{`24: agreements.afterGrace: Unsupported value: "": supported values: "KeepRunning", "Suspend"`},
		},
		"of a key": {file: valid + "agreements:\n  grace: 30\n", want: []string{"24: agreements.grace: " + unknown}},
		"each one": {
			file: valid + "agreements:\n  terms:\n    version: v1\n    validFrom: soon\n    graceDays: -1\n  graceDays: -2\n  afterGrace: Delete\n",
			want: []string{
				"28: agreements.graceDays: Invalid value: -2" + notDays,
				`29: agreements.afterGrace: Unsupported value: "Delete": supported values: "KeepRunning", "Suspend"`,
				`25: agreements.terms.version: Invalid value: "v1"` + notVersion,
				`26: agreements.terms.validFrom: Invalid value: "soon"` + notDay,
				"27: agreements.terms.graceDays: Invalid value: -1" + notDays,
			},
		},
	})
}

func TestLoadRefusesImpossibleTerms(t *testing.T) {
	terms := func(more string) string { return valid + "agreements:\n  terms:\n" + more }
	const version, from = "    version: \"1.8\"\n", "    validFrom: \"2026-01-05\"\n"
	tryLoad(t, map[string]loadCase{
		"of a version with a letter": {
			file: terms("    version: v1.8\n" + from), want: []string{`25: agreements.terms.version: Invalid value: "v1.8"` + notVersion},
		},
		"of a version that ends in a dot": {
			file: terms("    version: \"1.\"\n" + from), want: []string{`25: agreements.terms.version: Invalid value: "1."` + notVersion},
		},
		"of a version that YAML takes for a number": {
			file: terms("    version: 1.8\n" + from), want: []string{"25: agreements.terms.version: must be a text, not number: put it in quotes"},
		},
		"without a version": {
			file: terms(from), want: []string{`24: agreements.terms.version: Required value: the version that applies, as "1.8"`},
		},
		"with days of grace alone": {
			file: terms("    graceDays: 180\n"),
			want: []string{`24: agreements.terms.version: Required value: the version that applies, as "1.8"`, `24: agreements.terms.validFrom: Required value: the day from which it applies, as 2026-01-05`},
		},
		"without a day": {
			file: terms(version), want: []string{`24: agreements.terms.validFrom: Required value: the day from which it applies, as 2026-01-05`},
		},
		"of a day that does not exist": {
			file: terms(version + "    validFrom: \"2026-02-30\"\n"), want: []string{`26: agreements.terms.validFrom: Invalid value: "2026-02-30"` + notDay},
		},
		"of a day in another order": {
			file: terms(version + "    validFrom: 05.01.2026\n"), want: []string{`26: agreements.terms.validFrom: Invalid value: "05.01.2026"` + notDay},
		},
		"of an instant": {
			file: terms(version + "    validFrom: \"2026-01-05T00:00:00Z\"\n"),
			want: []string{`26: agreements.terms.validFrom: Invalid value: "2026-01-05T00:00:00Z"` + notDay},
		},
		"of days below nought": {
			file: terms(version + from + "    graceDays: -1\n"), want: []string{"27: agreements.terms.graceDays: Invalid value: -1" + notDays},
		},
		"of more than ten years": {
			file: terms(version + from + "    graceDays: 3651\n"), want: []string{"27: agreements.terms.graceDays: Invalid value: 3651" + notDays},
		},
		"of an unknown key": {
			file: terms(version + from + "    url: https://a.no\n"), want: []string{"27: agreements.terms.url: " + unknown},
		},
	})
}

// A day needs no quotes: YAML would make an instant of it, the loader leaves it a text.
func TestLoadTakesADayWithoutQuotes(t *testing.T) {
	operator, err := Load(fileOf(t, valid+"agreements: {terms: {version: \"1.8\", validFrom: 2026-01-05}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := operator.Agreements.Terms.ValidFrom; got != "2026-01-05" {
		t.Errorf("validFrom is %q", got)
	}
}
