// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import "slices"

// EEACountries are the members of the European Economic Area: the EU, Iceland, Liechtenstein and
// Norway, by ISO 3166-1 alpha-2 code. Personal data may move among them freely (GDPR art. 1(3)).
var EEACountries = []string{
	"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT",
	"LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
	"IS", "LI", "NO",
}

// AdequacyDecision is a finding of the European Commission that a country outside the EEA protects
// personal data adequately (GDPR art. 45).
type AdequacyDecision struct {
	// Country is the country's ISO 3166-1 alpha-2 code.
	Country CountryCode
	// Decided is the day of the decision.
	Decided Date
	// Until is the first day it no longer holds; empty when it holds until it is repealed.
	Until Date
	// Reference is its number.
	Reference string
	// Scope says whom it covers; empty when all.
	Scope string
}

// AdequacyDecisions is the one table of countries outside the EEA to which personal data may move
// without further safeguards.
var AdequacyDecisions = []AdequacyDecision{
	{Country: "AD", Decided: "2010-10-19", Reference: "2010/625/EU"},
	{Country: "AR", Decided: "2003-06-30", Reference: "2003/490/EC"},
	{Country: "BR", Decided: "2026-01-26", Reference: "(EU) 2026/179"},
	{Country: "CA", Decided: "2001-12-20", Reference: "2002/2/EC", Scope: "organisations under the Personal Information Protection and Electronic Documents Act"},
	{Country: "CH", Decided: "2000-07-26", Reference: "2000/518/EC"},
	{Country: "FO", Decided: "2010-03-05", Reference: "2010/146/EU"},
	{Country: "GB", Decided: "2021-06-28", Until: "2031-12-28", Reference: "(EU) 2021/1772, renewed 2025-12-19"},
	{Country: "GG", Decided: "2003-11-21", Reference: "2003/821/EC"},
	{Country: "IL", Decided: "2011-01-31", Reference: "2011/61/EU", Scope: "automated transfers, and what is processed by automated means in Israel"},
	{Country: "IM", Decided: "2004-04-28", Reference: "2004/411/EC"},
	{Country: "JE", Decided: "2008-05-08", Reference: "2008/393/EC"},
	{Country: "JP", Decided: "2019-01-23", Reference: "(EU) 2019/419", Scope: "businesses under the Act on the Protection of Personal Information"},
	{Country: "KR", Decided: "2021-12-17", Reference: "(EU) 2022/254", Scope: "controllers under the Personal Information Protection Act"},
	{Country: "NZ", Decided: "2012-12-19", Reference: "2013/65/EU"},
	{Country: "US", Decided: "2023-07-10", Reference: "(EU) 2023/1795", Scope: "companies certified under the EU-US Data Privacy Framework"},
	{Country: "UY", Decided: "2012-08-21", Reference: "2012/484/EU"},
}

// InEEA says whether the country is a member of the European Economic Area.
func (c CountryCode) InEEA() bool { return slices.Contains(EEACountries, string(c)) }

// Adequacy returns the decision for the country; ok is false when there is none.
func (c CountryCode) Adequacy() (decision AdequacyDecision, ok bool) {
	i := slices.IndexFunc(AdequacyDecisions, func(d AdequacyDecision) bool { return d.Country == c })
	if i < 0 {
		return AdequacyDecision{}, false
	}
	return AdequacyDecisions[i], true
}
