// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestDataProcessingAgreement(t *testing.T) {
	agreements.try(t, map[string]testCase{
		"the sample is taken in as it stands":      accepted(),
		"a name of 63 characters is taken in":      accepted(set("metadata.name", strings.Repeat("a", 63))),
		"a name of 64 characters is refused":       refused("must be at most 63 characters, not 64", set("metadata.name", strings.Repeat("a", 64))),
		"an unknown field is refused":              refused(`unknown field "spec.signature.name"`, set("spec.signature.name", "Kari Nordmann")),
		"an agreement may have no end":             accepted(remove("spec.validity.until")),
		"an end before the beginning is refused":   refused("validity.until 2025-01-05T00:00:00Z must be after validity.from 2026-01-05T00:00:00Z", set("spec.validity.until", "2025-01-05T00:00:00Z")),
		"an end at the beginning is refused":       refused("must be after validity.from", set("spec.validity.until", "2026-01-05T00:00:00Z")),
		"an end at the same instant elsewhere too": refused("must be after validity.from", set("spec.validity.until", "2026-01-05T01:00:00+01:00")),
		"an end only the API server could read":    refused("evaluating rule: validity.until must be after validity.from", set("spec.validity.until", "2028-01-05t00:00:00z")),
		"the signature's day alone is refused":     refused("spec.signature.signedAt in body must be of type date-time", set("spec.signature.signedAt", "2026-01-05")),
		"an agreement needs a chapter":             refused("spec.chapters in body should have at least 1 items", set("spec.chapters", list{})),
		"a chapter is taken into use once":         refused("spec.chapters[4]: Duplicate value", add("spec.chapters", obj{"name": "KRR", "takenIntoUse": "2026-03-01"})),
		"a chapter the terms lack is refused":      refused(`Unsupported value: "Altinn2": supported values: "Altinn", "IDPorten"`, set("spec.chapters[0].name", "Altinn2")),
		"a chapter needs its day":                  refused("spec.chapters[0].takenIntoUse: Required value", remove("spec.chapters[0].takenIntoUse")),
		"a day that does not exist is refused":     refused("spec.chapters[0].takenIntoUse in body must be of type date", set("spec.chapters[0].takenIntoUse", "2026-02-30")),
		"a purpose needs a legal basis":            refused("spec.purposes[0].legalBasis: Required value", remove("spec.purposes[0].legalBasis")),
		"a legal basis the GDPR lacks is refused":  refused(`Unsupported value: "Article6-1-g"`, set("spec.purposes[0].legalBasis[0]", "Article6-1-g")),
		"a purpose's name stands once":             refused("spec.purposes[2]: Duplicate value", add("spec.purposes", obj{"name": "tax-reporting", "description": "Again", "legalBasis": list{"Article6-1-c"}})),
		"a region outside the EEA is refused":      refused("region uksouth is not an Azure region in the EEA, where personal data must stay", set("spec.regions[0]", "uksouth")),
		"a region stands once":                     refused("spec.regions[2]: Duplicate value", add("spec.regions", "norwayeast")),
		"a category has one retention":             refused("spec.retention[2]: Duplicate value", add("spec.retention", obj{"category": "Contact", "maxDays": 1})),
		"a breach is told of within three days":    refused("should be less than or equal to 72", set("spec.breachNotification.withinHours", 73)),
		"a breach must be told of":                 refused("spec.breachNotification: Required value", remove("spec.breachNotification")),
		"one day may see two audits":               accepted(add("spec.audits", obj{"date": "2026-03-01", "reference": "archive/2026/01103"})),
		"an audit stands once":                     refused("spec.audits[1]: Duplicate value", add("spec.audits", obj{"date": "2026-03-01", "reference": "archive/2026/01102"})),
		"the next audit comes after this one":      refused("next 2026-02-28T00:00:00Z must come after date 2026-03-01T00:00:00Z", set("spec.audits[0].next", "2026-02-28")),
		"the next audit is not on the same day":    refused("must come after date 2026-03-01", set("spec.audits[0].next", "2026-03-01")),
		"the audit after it is optional":           accepted(remove("spec.audits[0].next")),
		"no sub-processors, retention and audits":  accepted(remove("spec.subProcessors"), remove("spec.retention"), remove("spec.audits")),
	})
}

// transferTo is a sub-processor in a country with a ground for the transfer.
func transferTo(country, mechanism string, more ...change) []change {
	return append([]change{set("spec.subProcessors", list{obj{
		"name": "Example Ltd", "country": country, "service": "Support", "transfer": obj{"mechanism": mechanism},
	}})}, more...)
}

func TestTransfersNeedAGroundThatFitsTheCountry(t *testing.T) {
	certified := set("spec.subProcessors[0].transfer.dataPrivacyFramework", true)
	uncertified := set("spec.subProcessors[0].transfer.dataPrivacyFramework", false)
	const needsFramework = "covers only companies certified under the Data Privacy Framework: set transfer.dataPrivacyFramework to true"
	agreements.try(t, map[string]testCase{
		"to the US with the framework":               accepted(transferTo("US", "AdequacyDecision", certified)...),
		"to the US without the framework is refused": refused(needsFramework, transferTo("US", "AdequacyDecision")...),
		"to the US outside the framework is refused": refused(needsFramework, transferTo("US", "AdequacyDecision", uncertified)...),
		"to the US under clauses":                    accepted(transferTo("US", "StandardContractualClauses")...),
		"to the US under corporate rules":            accepted(transferTo("US", "BindingCorporateRules", uncertified)...),
		"to the US without a ground is refused":      refused("country US lies outside the EEA: transfer.mechanism must be AdequacyDecision", transferTo("US", "NotNeeded")...),
		"to India by adequacy is refused":            refused("there is no adequacy decision for country IN: use StandardContractualClauses or BindingCorporateRules", transferTo("IN", "AdequacyDecision")...),
		"to India under clauses":                     accepted(transferTo("IN", "StandardContractualClauses")...),
		"to India without a ground is refused":       refused("country IN lies outside the EEA", transferTo("IN", "NotNeeded")...),
		"to Norway by adequacy is refused":           refused("there is no adequacy decision for country NO", transferTo("NO", "AdequacyDecision")...),
		"to Norway under clauses":                    accepted(transferTo("NO", "StandardContractualClauses")...),
		"the framework is for the US alone":          refused("dataPrivacyFramework holds for US companies only, not for country GB", transferTo("GB", "AdequacyDecision", certified)...),
		"the framework may be denied elsewhere":      accepted(transferTo("GB", "AdequacyDecision", uncertified)...),
		"a country in words is refused":              refused("country Norway must be a two-letter ISO 3166-1 code, as NO", transferTo("Norway", "StandardContractualClauses")...),
		"a company may do two services": accepted(add("spec.subProcessors", obj{
			"name": "Microsoft Corporation", "country": "IE", "service": "Entra ID", "transfer": obj{"mechanism": "NotNeeded"}})),
		"a company and service stand once": refused("spec.subProcessors[2]: Duplicate value", add("spec.subProcessors", obj{
			"name": "Microsoft Corporation", "country": "IE", "service": "Azure support", "transfer": obj{"mechanism": "NotNeeded"}})),
	})
	for _, country := range v1alpha1.EEACountries {
		agreements.try(t, map[string]testCase{
			"to " + country + " in the EEA without a ground": accepted(transferTo(country, "NotNeeded")...),
		})
	}
	for _, decision := range v1alpha1.AdequacyDecisions {
		country := string(decision.Country)
		if country != "US" {
			agreements.try(t, map[string]testCase{
				"to " + country + " by adequacy":                 accepted(transferTo(country, "AdequacyDecision")...),
				"to " + country + " without a ground is refused": refused("country "+country+" lies outside the EEA", transferTo(country, "NotNeeded")...),
			})
		}
	}
}

func TestAgreementNeverChangesItsController(t *testing.T) {
	object := agreements.made(t, set("metadata.name", "fixed"))
	agreements.tryUpdates(t, object, map[string]testCase{
		"a stop order is taken in": accepted(set("spec.state", "Stopped")),
		"another controller is refused": refused("serviceOwner cannot change from skd: an agreement with another controller is another DataProcessingAgreement",
			set("spec.serviceOwner", "nav")),
	})
}
