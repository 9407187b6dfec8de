// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestLoadConsents(t *testing.T) {
	usual := []ConsentTemplate{
		{Name: "default"}, {Name: "poa"}, {Name: "samtykkemal_simpleconsent"},
		{Name: "bst_krav", ServiceOwners: []v1alpha1.OrgCode{"skd", "ttd"}},
		{Name: "sblanesoknad", ServiceOwners: []v1alpha1.OrgCode{"skd", "ttd"}},
	}
	for name, tc := range map[string]struct {
		more string
		want []ConsentTemplate
	}{
		"left out, have Altinn's templates":        {"", usual},
		"empty, have Altinn's templates":           {"consents: {}\n", usual},
		"without a value, have Altinn's templates": {"consents:\n", usual},
		"without templates, have Altinn's":         {"consents:\n  templates:\n", usual},
		"may have one for everyone":                {"consents: {templates: [{name: poa}]}\n", []ConsentTemplate{{Name: "poa"}}},
		"may have one for a service owner": {
			"consents: {templates: [{name: sbl-2_a, serviceOwners: [a1]}]}\n",
			[]ConsentTemplate{{Name: "sbl-2_a", ServiceOwners: []v1alpha1.OrgCode{"a1"}}},
		},
		"have nothing of Altinn's in what is given": {
			"consents: {templates: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}]}\n",
			[]ConsentTemplate{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, valid+tc.more))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, operator.Consents.Templates); diff != "" {
				t.Errorf("templates (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefusesImpossibleConsents(t *testing.T) {
	const (
		name  = ": must be lower-case letters, digits, - and _, as samtykkemal_simpleconsent"
		owner = ": must be two to twelve lower-case letters and digits and start with a letter, as skd"
		none  = "24: consents.templates: Required value: a consent is shown in one; leave the key out for those that Altinn publishes"
	)
	templates := func(lines, want string) loadCase {
		return loadCase{file: valid + "consents:\n  templates:\n" + lines, want: []string{want}}
	}
	owned := func(owners, want string) loadCase {
		return templates("    - name: poa\n      serviceOwners: "+owners+"\n", "26: consents.templates[0].serviceOwners"+want)
	}
	tryLoad(t, map[string]loadCase{
		"without any template":           {file: valid + "consents:\n  templates: []\n", want: []string{none}},
		"of a template without a name":   templates("    - serviceOwners: [skd]\n", `25: consents.templates[0].name: Invalid value: ""`+name),
		"of a template with a capital":   templates("    - name: Poa\n", `25: consents.templates[0].name: Invalid value: "Poa"`+name),
		"of a template with a space":     templates("    - name: default\n    - name: a b\n", `26: consents.templates[1].name: Invalid value: "a b"`+name),
		"of a template with a line end":  templates("    - name: \"poa\\n\"\n", `25: consents.templates[0].name: Invalid value: "poa\n"`+name),
		"of a template twice":            templates("    - name: poa\n    - name: default\n    - name: poa\n", `27: consents.templates[2].name: Duplicate value: "poa"`),
		"of a template that is a text":   templates("    - poa\n", "24: consents.templates: must be a map, not string"),
		"of a template with more keys":   templates("    - name: poa\n      version: 1\n", "26: consents.templates[0].version: "+unknown),
		"for an empty list of owners":    owned("[]", ": Required value: name a service owner, or leave the key out for everyone"),
		"for an owner in capitals":       owned("[SKD]", `[0]: Invalid value: "SKD"`+owner),
		"for an owner of one letter":     owned("[skd, s]", `[1]: Invalid value: "s"`+owner),
		"for an owner of thirteen":       owned("[abcdefghijklm]", `[0]: Invalid value: "abcdefghijklm"`+owner),
		"for an owner that is a number":  owned(`["974761076"]`, `[0]: Invalid value: "974761076"`+owner),
		"for an owner twice":             owned("[skd, ttd, skd]", `[2]: Duplicate value: "skd"`),
		"for owners that are one":        {file: valid + "consents:\n  templates:\n    - name: poa\n      serviceOwners: skd\n", want: []string{"24: consents.templates.serviceOwners: must be a list, not string"}},
		"of templates that are a map":    {file: valid + "consents:\n  templates: {name: poa}\n", want: []string{"24: consents.templates: must be a list, not object"}},
		"of consents that are templates": {file: valid + "consents: [poa]\n", want: []string{"23: consents: must be a map, not array"}},
	})
}
