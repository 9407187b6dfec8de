// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"strings"
	"testing"
)

func TestConsentResource(t *testing.T) {
	const requesters = "requesters needs either anyOrganization: true or organizations, not both and not none"
	anyOrganization := set("spec.requesters.anyOrganization", true)
	consentResources.try(t, map[string]testCase{
		"the sample is taken in as it stands":          accepted(),
		"the shortest name has one character":          accepted(set("metadata.name", "a")),
		"the longest name has 63 characters":           accepted(set("metadata.name", "a"+strings.Repeat("b", 62))),
		"a name of 64 characters is refused":           refused("must be one to sixty-three lower-case letters, digits and hyphens", set("metadata.name", "a"+strings.Repeat("b", 63))),
		"a name that starts with a digit is refused":   refused("name 2026 must be one to sixty-three lower-case letters", set("metadata.name", "2026")),
		"a name with a dot is refused":                 refused("name a.b must be one to sixty-three lower-case letters", set("metadata.name", "a.b")),
		"an unknown field is refused":                  refused(`unknown field "spec.requestors"`, set("spec.requestors", obj{})),
		"an identifier of the owner's own":             accepted(set("spec.identifier", "skd-income_2026")),
		"a short identifier is refused":                refused("identifier skd must be at least four lower-case letters, digits, _ and -", set("spec.identifier", "skd")),
		"a capital in the identifier is refused":       refused("identifier skd-Income must be at least four lower-case", set("spec.identifier", "skd-Income")),
		"any organisation may ask":                     accepted(remove("spec.requesters.organizations"), anyOrganization),
		"any and some organisations are refused":       refused(requesters, anyOrganization),
		"no organisations are refused":                 refused(requesters, set("spec.requesters", obj{})),
		"not any organisation and none named":          refused(requesters, set("spec.requesters", obj{"anyOrganization": false})),
		"not any organisation but some":                accepted(set("spec.requesters.anyOrganization", false)),
		"an empty list of organisations is refused":    refused("spec.requesters.organizations in body should have at least 1 items", set("spec.requesters.organizations", list{})),
		"an organisation stands once":                  refused("spec.requesters.organizations[2]: Duplicate value", add("spec.requesters.organizations", "971527412")),
		"a wrong check digit is refused":               refused("organisation number 971527413 has a wrong check digit (modulus 11): compare it with Enhetsregisteret", set("spec.requesters.organizations[0]", "971527413")),
		"roles and access packages may give":           accepted(set("spec.givers.accessPackages", list{"skatt-naering"})),
		"access packages alone may give":               accepted(set("spec.givers", obj{"accessPackages": list{"skatt-naering"}})),
		"givers that are nobody are refused":           refused("givers needs roles or accessPackages: without either nobody could consent", set("spec.givers", obj{})),
		"a kind of party stands once":                  refused("spec.availableFor[1]: Duplicate value", add("spec.availableFor", "PrivatePerson")),
		"a consent for no kind of party is refused":    refused("spec.availableFor in body should have at least 1 items", set("spec.availableFor", list{})),
		"level 5 is refused":                           refused("should be less than or equal to 4", set("spec.minimumAuthenticationLevel", 5)),
		"level -1 is refused":                          refused("should be greater than or equal to 0", set("spec.minimumAuthenticationLevel", -1)),
		"a data source is needed":                      refused("spec.dataSource: Required value", remove("spec.dataSource")),
		"a contact point may be a telephone":           accepted(set("spec.contactPoints[0]", obj{"category": "Support", "telephone": "800 80 000"})),
		"a contact point may be a page":                accepted(set("spec.contactPoints[0]", obj{"category": "Support", "contactPage": "https://skd.example.no"})),
		"a contact point that is nowhere is refused":   refused("a contact point needs an email, a telephone or a contactPage", set("spec.contactPoints[0]", obj{"category": "Support"})),
		"a contact point stands once":                  refused("contactPoints holds the same contact point several times", add("spec.contactPoints", obj{"category": "Support", "email": "support@skd.example.no"})),
		"a telephone that may be a person is refused":  refused("the telephone is an eleven-digit number, which may be a national identity number", set("spec.contactPoints[0].telephone", "010190 12345")),
		"a state nobody knows is refused":              refused(`Unsupported value: "Archived": supported values: "Draft", "Published", "Withdrawn"`, set("spec.state", "Archived")),
		"what is registered already may be taken over": accepted(set("spec.adoptExisting", true)),
		"what is registered already may be left alone": accepted(set("spec.adoptExisting", false)),
		"taking over must be yes or no":                refused(`spec.adoptExisting in body must be of type boolean: "string"`, set("spec.adoptExisting", "true")),
		"a policy nobody knows is refused":             refused(`Unsupported value: "Keep": supported values: "Withdraw", "Delete", "Retain"`, set("spec.deletionPolicy", "Keep")),
	})
}

func TestConsentPlaceholders(t *testing.T) {
	const (
		unknown = "the texts hold placeholders that are no key of metadata: "
		unused  = "consentText must use each key of metadata as {key} in all three languages, and does not so use "
	)
	plain := []change{
		set("spec.consentText", obj{"nb": "Inntekten din", "nn": "Inntekta di", "en": "Your income"}), remove("spec.metadata"),
	}
	cases := map[string]testCase{
		"a text may have no placeholders":        accepted(plain...),
		"a placeholder may stand twice":          accepted(set("spec.consentText.nb", "Fra {inntektsaar} til {inntektsaar}")),
		"a placeholder without a key is refused": refused(unknown+`[["{bank}"]]`, set("spec.consentText.nb", "{bank} får se inntekten din for {inntektsaar}")),
		"two of them are both named":             refused(unknown+`[["{bank}", "{sum}"]]`, set("spec.consentText.nb", "{bank} {inntektsaar} {sum}")),
		"of two languages too":                   refused(unknown+`[["{bank}"], ["{banken}"]]`, set("spec.consentText.nb", "{bank} {inntektsaar}"), set("spec.consentText.nn", "{banken} {inntektsaar}")),
		"a placeholder without any metadata":     refused(unknown+`[["{inntektsaar}"], ["{inntektsaar}"], ["{inntektsaar}"]]; declare the key, or take the placeholder out`, remove("spec.metadata")),
		"a placeholder with spaces is refused":   refused(unknown+`[["{ inntektsaar }"]]`, set("spec.consentText.en", "For { inntektsaar } {inntektsaar}")),
		"an empty placeholder is refused":        refused(unknown+`[["{}"]]`, set("spec.consentText.en", "For {} {inntektsaar}")),
		"a placeholder in doubled braces":        refused(unknown+`[["{{inntektsaar}"]]`, set("spec.consentText.en", "For {{inntektsaar}}")),
		"another case of a key is refused":       refused(unknown+`[["{Inntektsaar}"]]`, set("spec.consentText.en", "For {Inntektsaar} {inntektsaar}")),
		"a key nobody uses is refused":           refused(unused+`["bank"]: use it, or take the key out of metadata`, add("spec.metadata", obj{"key": "bank", "description": "The bank"})),
		"a key one language lacks is refused":    refused(unused+`["inntektsaar"]`, set("spec.consentText.nn", "Banken får sjå inntekta di")),
		"a key whose brace is open is refused":   refused(unused+`["inntektsaar"]`, set("spec.consentText.en", "For {inntektsaar")),
		"a key stands once":                      refused("spec.metadata[1]: Duplicate value", add("spec.metadata", obj{"key": "inntektsaar", "description": "Again"})),
		"a missing language is told of alone":    refused(`spec.consentText: Invalid value: the text is needed in all three languages; missing: nn`, remove("spec.consentText.nn")),
		"a key may be used in the other texts":   accepted(set("spec.description.nb", "Inntekt for {inntektsaar}")),
		"the other texts need not use the key":   accepted(),
	}
	for _, text := range []string{"title", "description", "rightDescription"} {
		cases["a placeholder without a key in "+text] = refused(unknown+`[["{bank}"]]`, set("spec."+text+".en", "For {bank}"))
	}
	consentResources.try(t, cases)
}

func TestConsentNeverChangesWhatConsentsReferTo(t *testing.T) {
	const identifier = "identifier cannot change, be added or be removed: consents already given refer to it; make a new ConsentResource"
	with := consentResources.made(t, set("metadata.name", "with"), set("spec.identifier", "skd-with"))
	consentResources.tryUpdates(t, with, map[string]testCase{
		"another identifier is refused":      refused(identifier, set("spec.identifier", "skd-other")),
		"an identifier cannot be taken away": refused(identifier, remove("spec.identifier")),
		"another title is taken in":          accepted(set("spec.title.nb", "Inntekt")),
		"a withdrawal is taken in":           accepted(set("spec.state", "Withdrawn")),
	})
	without := consentResources.made(t, set("metadata.name", "without"), remove("spec.oneTime"))
	consentResources.tryUpdates(t, without, map[string]testCase{
		"an identifier cannot be added":        refused(identifier, set("spec.identifier", "skd-without")),
		"a lasting consent stays lasting":      refused("oneTime cannot change: consents already given were given on that condition", set("spec.oneTime", true)),
		"saying so in words changes nothing":   accepted(set("spec.oneTime", false)),
		"leaving it out changes nothing":       accepted(remove("spec.oneTime")),
		"other requesters may ask from now on": accepted(add("spec.requesters.organizations", "974761076")),
	})
	once := consentResources.made(t, set("metadata.name", "once"), set("spec.oneTime", true))
	consentResources.tryUpdates(t, once, map[string]testCase{
		"a consent for once stays so":     refused("oneTime cannot change", set("spec.oneTime", false)),
		"leaving it out is a change, too": refused("oneTime cannot change", remove("spec.oneTime")),
	})
}

func TestConsentNeverGoesBackToDraft(t *testing.T) {
	back := func(from string) string {
		return "state cannot go back from " + from + " to Draft: people may have been asked for the consent; set it to Withdrawn"
	}
	draft := consentResources.made(t, set("metadata.name", "draft"), remove("spec.state"))
	consentResources.tryUpdates(t, draft, map[string]testCase{
		"a draft may be edited":              accepted(set("spec.title.nb", "Inntekt")),
		"a draft may be published":           accepted(set("spec.state", "Published")),
		"a draft may be withdrawn":           accepted(set("spec.state", "Withdrawn")),
		"it may take over what is there now": accepted(set("spec.adoptExisting", true)),
	})
	published := consentResources.made(t, set("metadata.name", "published"), set("spec.adoptExisting", true))
	consentResources.tryUpdates(t, published, map[string]testCase{
		"it cannot become a draft again":          refused(back("Published"), set("spec.state", "Draft")),
		"nor by leaving the state out":            refused(back("Published"), remove("spec.state")),
		"it may be withdrawn":                     accepted(set("spec.state", "Withdrawn")),
		"taking over may be taken back":           accepted(set("spec.adoptExisting", false)),
		"taking over may be left out from now on": accepted(remove("spec.adoptExisting")),
	})
	withdrawn := consentResources.made(t, set("metadata.name", "withdrawn"), set("spec.state", "Withdrawn"))
	consentResources.tryUpdates(t, withdrawn, map[string]testCase{
		"it cannot become a draft again": refused(back("Withdrawn"), set("spec.state", "Draft")),
		"it may be published again":      accepted(set("spec.state", "Published")),
	})
}
