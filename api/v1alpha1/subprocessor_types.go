// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// CountryCode is an ISO 3166-1 alpha-2 code.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z]{2}$')",messageExpression="'country ' + self + ' must be a two-letter ISO 3166-1 code, as NO'"
type CountryCode string

// SubProcessor is a company the processor engages to process the data (GDPR art. 28(2) and (4)).
//
// The rules repeat the tables EEACountries and AdequacyDecisions; a test keeps them alike.
//
// +kubebuilder:validation:XValidation:rule="self.transfer.mechanism != 'NotNeeded' || self.country in ['AT', 'BE', 'BG', 'HR', 'CY', 'CZ', 'DK', 'EE', 'FI', 'FR', 'DE', 'GR', 'HU', 'IE', 'IT', 'LV', 'LT', 'LU', 'MT', 'NL', 'PL', 'PT', 'RO', 'SK', 'SI', 'ES', 'SE', 'IS', 'LI', 'NO']",messageExpression="'country ' + self.country + ' lies outside the EEA: transfer.mechanism must be AdequacyDecision, StandardContractualClauses or BindingCorporateRules, not NotNeeded (GDPR art. 44)'"
// +kubebuilder:validation:XValidation:rule="self.transfer.mechanism != 'AdequacyDecision' || self.country in ['AD', 'AR', 'BR', 'CA', 'CH', 'FO', 'GB', 'GG', 'IL', 'IM', 'JE', 'JP', 'KR', 'NZ', 'US', 'UY']",messageExpression="'there is no adequacy decision for country ' + self.country + ': use StandardContractualClauses or BindingCorporateRules outside the EEA, NotNeeded inside it (GDPR art. 45 and 46)'"
// +kubebuilder:validation:XValidation:rule="!(self.country == 'US' && self.transfer.mechanism == 'AdequacyDecision') || (has(self.transfer.dataPrivacyFramework) && self.transfer.dataPrivacyFramework)",message="the adequacy decision for the US (2023-07-10) covers only companies certified under the Data Privacy Framework: set transfer.dataPrivacyFramework to true after checking the company's certification, or use another mechanism"
// +kubebuilder:validation:XValidation:rule="self.country == 'US' || !has(self.transfer.dataPrivacyFramework) || !self.transfer.dataPrivacyFramework",messageExpression="'dataPrivacyFramework holds for US companies only, not for country ' + self.country"
type SubProcessor struct {
	// Name is the company's name.
	Name Line `json:"name"`
	// OrganizationNumber is its Norwegian organisation number, if it has one.
	// +optional
	OrganizationNumber OrganizationNumber `json:"organizationNumber,omitempty"`
	// Country is where it processes the data.
	Country CountryCode `json:"country"`
	// Service is what it does.
	Service Line `json:"service"`
	// Chapter is the part of the terms it is engaged for; without it, for all.
	// +optional
	Chapter ChapterName `json:"chapter,omitempty"`
	// Transfer says on what ground data goes to its country.
	Transfer Transfer `json:"transfer"`
}

// TransferMechanism is the ground on which personal data may go to a country (GDPR art. 44 to 47).
//
// +kubebuilder:validation:Enum=NotNeeded;AdequacyDecision;StandardContractualClauses;BindingCorporateRules
type TransferMechanism string

// Transfer mechanisms.
const (
	// TransferNotNeeded: the country lies in the EEA.
	TransferNotNeeded TransferMechanism = "NotNeeded"
	// TransferAdequacy: the Commission found the country's protection adequate (GDPR art. 45).
	TransferAdequacy TransferMechanism = "AdequacyDecision"
	// TransferClauses: standard contractual clauses bind the company (GDPR art. 46(2)(c)).
	TransferClauses TransferMechanism = "StandardContractualClauses"
	// TransferCorporateRules: binding corporate rules bind its group (GDPR art. 47).
	TransferCorporateRules TransferMechanism = "BindingCorporateRules"
)

// Transfer says on what ground data goes to a sub-processor's country.
type Transfer struct {
	// Mechanism is the ground.
	Mechanism TransferMechanism `json:"mechanism"`
	// DataPrivacyFramework says that the company is certified under the EU-US Data Privacy Framework.
	// +optional
	DataPrivacyFramework bool `json:"dataPrivacyFramework,omitempty"`
	// Reference is the number of the decision, or where the clauses are archived.
	// +optional
	Reference Line `json:"reference,omitempty"`
	// ReviewBy is the day by which the ground must be checked again.
	// +optional
	ReviewBy Date `json:"reviewBy,omitempty"`
}
