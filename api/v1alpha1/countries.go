// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// EEACountries are the members of the European Economic Area: the EU, Iceland, Liechtenstein and
// Norway, by ISO 3166-1 alpha-2 code. Personal data may move among them freely (GDPR art. 1(3)).
var EEACountries = []string{
	"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT",
	"LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
	"IS", "LI", "NO",
}

// AdequacyCountries are the countries outside the EEA that the European Commission has found to
// protect personal data adequately (GDPR art. 45). The decision for the US of 2023-07-10 covers
// only companies certified under the EU-US Data Privacy Framework.
var AdequacyCountries = []string{
	"AD", "AR", "CA", "CH", "FO", "GB", "GG", "IL", "IM", "JE", "JP", "KR", "NZ", "US", "UY",
}
