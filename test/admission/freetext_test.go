// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"maps"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// identityNumbers are texts with and without a national identity number. None is a person's: they are
// made up and have wrong check digits.
var identityNumbers = values{
	right: []string{
		"Sak 2026/00417", "1234567890", "123456789012", "ring +47 22 33 44 55", "010190-1234", "01019 012345 6",
		"konto 1234.56.7890", "sha256:a1b2c3d4e5f01019012345abcdef",
	},
	wrong: []string{
		"01019012345", "010190 12345", "010190\u00a012345", "Gjelder 01019012345.", "(010190 12345)", "fnr:01019012345",
		"fnr_01019012345_2026", "nr01019012345", "41019012345", "01019012345 og 01019012346",
	},
}

// freeText are the fields people write prose in: those that refuse a national identity number.
var freeText = map[string][]string{
	"ServiceOwner": {
		"spec.displayName.nb", "spec.displayName.nn", "spec.displayName.en",
		"spec.regionException.reason", "spec.suspend.reason",
	},
	"DataProcessingAgreement": {
		"spec.terms.document", "spec.signature.role", "spec.signature.reference", "spec.purposes[*].description",
		"spec.subProcessors[*].name", "spec.subProcessors[*].service", "spec.subProcessors[*].transfer.reference",
		"spec.audits[*].reference",
	},
	"App": {
		"spec.displayName.nb", "spec.displayName.nn", "spec.displayName.en",
		"spec.integrations[*].exposes[*].description", "spec.suspend.reason",
	},
	"ConsentResource": {
		"spec.title.nb", "spec.title.nn", "spec.title.en",
		"spec.description.nb", "spec.description.nn", "spec.description.en",
		"spec.rightDescription.nb", "spec.rightDescription.nn", "spec.rightDescription.en",
		"spec.consentText.nb", "spec.consentText.nn", "spec.consentText.en",
		"spec.metadata[*].description", "spec.contactPoints[*].category",
	},
}

// unjudged are the texts no rule of their own judges, and why.
var unjudged = map[string]string{
	"ServiceOwner spec.gitops.source.url":        "judged with the kind of the source",
	"ServiceOwner spec.gitops.source.ref.branch": "Flux and the repository judge it",
	"ServiceOwner spec.gitops.source.ref.commit": "Flux and the repository judge it",
	"ServiceOwner spec.gitops.source.ref.digest": "Flux and the registry judge it",
	"ServiceOwner spec.gitops.source.ref.semver": "Flux judges it",
	"ServiceOwner spec.gitops.source.ref.tag":    "Flux and the repository judge it",
	"App spec.config[*]":                         "the app's own configuration",
	"App spec.env[*].value":                      "the app's own configuration",
	"App spec.integrations[*].exposes[*].consumers.organizations[*]": "nine digits by its pattern, and the App's decision judges the check digit: " +
		"an API server has no room for a rule on lists in lists",
}

// Every text of the four kinds either refuses a national identity number or cannot hold prose: it is
// an enum, a date, or has a rule that says what it may be.
func TestEveryFreeTextRefusesAnIdentityNumber(t *testing.T) {
	judged := maps.Clone(unjudged)
	for _, r := range allResources {
		var found []string
		r.walkSpec(t, func(path string, node apiextensionsv1.JSONSchemaProps) {
			name := r.kind + " " + path
			switch {
			case node.Type != "string":
			case slices.ContainsFunc(node.XValidations, refusesIdentityNumbers):
				found = append(found, path)
			case len(node.XValidations) == 0 && len(node.Enum) == 0 && node.Format == "" && judged[name] == "":
				t.Errorf("%s is a text without any rule: give it one, or say in unjudged why it has none", name)
			}
			delete(judged, name)
		})
		wanted := slices.Sorted(slices.Values(freeText[r.kind]))
		if slices.Sort(found); !slices.Equal(found, wanted) {
			t.Errorf("%s: the fields that refuse identity numbers are\n%v\nand must be\n%v", r.kind, found, wanted)
		}
	}
	for name := range judged {
		t.Errorf("%s is in unjudged and in no CRD", name)
	}
}

func refusesIdentityNumbers(rule apiextensionsv1.ValidationRule) bool {
	return strings.Contains(rule.Message, "the text holds an eleven-digit number")
}

// A text in three languages needs all three, none empty, wherever it stands.
func TestEveryLocalizedTextNeedsThreeLanguages(t *testing.T) {
	const refusal = "the text is needed in all three languages; missing: "
	places := 0
	for _, r := range allResources {
		objects := r.fullOrFail(t)
		r.walkSpec(t, func(path string, node apiextensionsv1.JSONSchemaProps) {
			if _, localized := node.Properties["nn"]; !localized {
				return
			}
			places++
			object, at := place(objects, path)
			for _, language := range []string{"nb", "nn", "en"} {
				t.Run(r.kind+" "+path+" needs "+language, func(t *testing.T) {
					r.checkChanged(t, object, refusal+language, remove(at+"."+language))
				})
				t.Run(r.kind+" "+path+" needs words in "+language, func(t *testing.T) {
					r.checkChanged(t, object, at+"."+language+" in body should be at least 1 chars long", set(at+"."+language, ""))
				})
			}
			t.Run(r.kind+" "+path+" says all that is missing", func(t *testing.T) {
				r.checkChanged(t, object, refusal+"nb nn", set(at, obj{"en": "English only"}))
			})
		})
	}
	if places != 6 {
		t.Errorf("found %d texts in three languages, not the 6 of the product", places)
	}
}
