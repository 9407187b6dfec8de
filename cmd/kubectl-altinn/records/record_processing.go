// SPDX-License-Identifier: BSD-3-Clause

package records

import "github.com/altinn/serviceowner-operator/api/v1alpha1"

// Processing is what one App or ConsentResource does with personal data (art. 30(1)(b) to (g)).
type Processing struct {
	// Kind is App or ConsentResource.
	Kind      Coded  `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Title is what people call it, in three languages; Heading the one in the record's language.
	Title   v1alpha1.LocalizedText `json:"title"`
	Heading Word                   `json:"-"`
	// State is where in its life a consent stands; nil for an App.
	State *Coded `json:"state,omitempty"`
	// AvailableFor are the kinds of parties that can be asked for a consent; absent for an App.
	AvailableFor []Coded `json:"availableFor,omitempty"`
	// Purpose is what it is for (art. 30(1)(b)).
	Purpose Purpose `json:"purpose"`
	// LegalBases are what makes it lawful (art. 6, 9 and 10).
	LegalBases []Coded `json:"legalBases"`
	// DataCategories and DataSubjects say what data it is, and about whom (art. 30(1)(c)).
	DataCategories []Coded `json:"dataCategories"`
	DataSubjects   []Coded `json:"dataSubjects"`
	// Recipients are whom the data is disclosed to (art. 30(1)(d)).
	Recipients []Recipients `json:"recipients"`
	// SubProcessors are those the processor engages for it (art. 28(2) and (4)).
	SubProcessors []SubProcessor `json:"subProcessors"`
	// ThirdCountries are the countries outside the EEA that sub-processors work from (art. 30(1)(e)).
	ThirdCountries []Coded `json:"thirdCountries"`
	// CountryUnknown are recipients whose country no resource tells, so that a transfer to them can
	// neither be shown nor ruled out (art. 30(1)(e)).
	CountryUnknown []string `json:"countryUnknown"`
	// Retention says when the data is erased (art. 30(1)(f)).
	Retention Retention `json:"retention"`
	// Regions are where it is kept.
	Regions []Region `json:"regions"`
	// Measures are the technical and organisational security measures (art. 30(1)(g), 32(1)).
	Measures []Measure `json:"securityMeasures"`
	// Coverage says which agreement lets it be.
	Coverage Coverage `json:"coverage"`
	// Ready sums up the resource's state.
	Ready Evidence `json:"ready"`
	// Problems are what the operator found wrong; the texts are in English.
	Problems []Problem `json:"problems"`
}

// Purpose is what a processing is for.
type Purpose struct {
	// Name is what the agreement calls it.
	Name string `json:"name"`
	// Descriptions are the agreement's words for it: one, or several when it is not known which of
	// several agreements holds. They are unknown when no agreement lists the purpose.
	Descriptions []string `json:"descriptions"`
}

// Recipients are those of one kind whom data is disclosed to.
type Recipients struct {
	Kind Coded `json:"kind"`
	// Names are theirs; empty when the kind itself says who they are.
	Names []string `json:"names"`
}

// SubProcessor is a company the processor engages, and the ground on which data goes to its country
// (art. 28(2) and (4), 30(1)(e)).
type SubProcessor struct {
	Name               string `json:"name"`
	OrganizationNumber Word   `json:"organizationNumber"`
	Service            string `json:"service"`
	// Chapter is the part of the terms it is engaged for; nil for all.
	Chapter *Coded `json:"chapter"`
	Country Coded  `json:"country"`
	// InEEA says that the country lies in the European Economic Area, where data may move freely.
	InEEA bool `json:"inEEA"`
	// Mechanism is the ground of the transfer (art. 44 to 47).
	Mechanism            Coded `json:"mechanism"`
	DataPrivacyFramework bool  `json:"dataPrivacyFramework"`
	Reference            Word  `json:"reference"`
	// ReviewBy is the day by which the ground must be checked again.
	ReviewBy      Word `json:"reviewBy"`
	ReviewOverdue bool `json:"reviewOverdue"`
	// Adequacy is the Commission's decision on the country; nil when there is none, or none is needed.
	Adequacy *Adequacy `json:"adequacyDecision"`
	// Agreement is the one that names the company.
	Agreement string `json:"agreement"`
}

// Adequacy is a finding of the European Commission that a country protects personal data adequately
// (art. 45).
type Adequacy struct {
	Decided   string `json:"decided"`
	Until     Word   `json:"until"`
	Reference string `json:"reference"`
	// Scope says whom it covers, in English; unknown Word when it covers all.
	Scope Word `json:"scope"`
	// Holds says that the decision is in force on the day of the export.
	Holds bool `json:"holds"`
}

// Retention says how long data is kept, and what bounds it (art. 30(1)(f)).
type Retention struct {
	// Days is how many days the data is kept; nil when that is not declared.
	Days *int32 `json:"days"`
	// Containers are the App's containers of blobs, each with days of its own.
	Containers []Container `json:"containers"`
	// Limits are the most days the agreements allow, for the data categories of the processing.
	Limits []Limit `json:"limits"`
	// SoftDeleteDays is how many days deleted data can be brought back.
	SoftDeleteDays *int32 `json:"softDeleteDays"`
	// OnRemoval says what becomes of the data when the service owner, or the consent, is removed.
	OnRemoval *Coded `json:"onRemoval"`
}

// Container is a container of blobs.
type Container struct {
	Name      string `json:"name"`
	Days      int32  `json:"days"`
	Immutable bool   `json:"immutable"`
}

// Limit is the most days an agreement allows data of a category to be kept.
type Limit struct {
	Category  Coded  `json:"category"`
	MaxDays   int32  `json:"maxDays"`
	Agreement string `json:"agreement"`
	// Exceeded says that something is kept for longer.
	Exceeded bool `json:"exceeded"`
}

// Region is where data is kept.
type Region struct {
	// Name is Azure's; unknown for a copy in a region without a pair.
	Name    Word   `json:"name"`
	Country *Coded `json:"country"`
	// Use says whether it holds the data or a copy.
	Use Coded `json:"use"`
}

// Measure is a security measure, what was declared of it, and what shows that it stands
// (art. 30(1)(g), 32(1)).
type Measure struct {
	Name Coded `json:"name"`
	// Declared is what the service owner's resources ask for; absent where there is nothing to choose.
	Declared []string `json:"declared,omitempty"`
	// Result is the worst of the evidence.
	Result Coded `json:"result"`
	// Evidence is what conditions say; empty when none speaks of the measure.
	Evidence []Evidence `json:"evidence"`
}

// Coverage says which agreement lets a processing be.
type Coverage struct {
	// Result is whether the operator found it covered.
	Result Coded `json:"result"`
	// Agreements are those that belong to it; empty when there is none.
	Agreements []AgreementLink `json:"agreements"`
	// Evidence is the operator's finding.
	Evidence Evidence `json:"evidence"`
	// Generation is that of what is declared, and AdmittedGeneration that of what runs; nil when it is
	// not known that any was admitted.
	Generation         int64  `json:"generation"`
	AdmittedGeneration *int64 `json:"admittedGeneration"`
}

// Older says that what runs is not what is declared here.
func (c Coverage) Older() bool {
	return c.AdmittedGeneration != nil && *c.AdmittedGeneration != c.Generation
}

// AgreementLink names an agreement and says why it belongs to a processing.
type AgreementLink struct {
	Name   string `json:"name"`
	Ground Coded  `json:"ground"`
	// Exists says that there is such an agreement still.
	Exists bool `json:"exists"`
}

// Problem is something the operator found wrong, and who must act.
type Problem struct {
	Severity Coded  `json:"severity"`
	Message  string `json:"message"`
	Actor    Coded  `json:"actor"`
	Remedy   string `json:"remedy"`
}
