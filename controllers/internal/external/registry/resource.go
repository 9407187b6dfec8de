// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"strings"
)

// Values of a resource's fields that the operator uses (Altinn's Resource Registry). Status is free text to the registry; these are Designer's.
const (
	TypeAltinnApp = "AltinnApp"
	TypeConsent   = "Consent"

	StatusCompleted  = "Completed"
	StatusDeprecated = "Deprecated"
	StatusWithdrawn  = "Withdrawn"

	AccessListDisabled = "Disabled"
	AccessListEnabled  = "Enabled"

	SourceAltinn3        = "Altinn3"
	ReferenceApplication = "ApplicationId"

	PartyPrivatePerson  = "PrivatePerson"
	PartyEnterprise     = "LegalEntityEnterprise"
	PartyCompany        = "Company"
	PartyBankruptcy     = "BankruptcyEstate"
	PartySelfRegistered = "SelfRegisteredUser"
)

// Texts are by language: nb, nn and en.
type Texts map[string]string

// ServiceResource is a resource as the registry reads and shows it (Altinn's Resource Registry). Booleans are always written, since the registry's
// defaults for some are true.
type ServiceResource struct {
	Identifier         string              `json:"identifier"`
	Version            string              `json:"version,omitempty"`
	Title              Texts               `json:"title,omitempty"`
	Description        Texts               `json:"description,omitempty"`
	RightDescription   Texts               `json:"rightDescription,omitempty"`
	Homepage           string              `json:"homepage,omitempty"`
	Status             string              `json:"status,omitempty"`
	Spatial            []string            `json:"spatial,omitempty"`
	ContactPoints      []ContactPoint      `json:"contactPoints"`
	Produces           []string            `json:"produces,omitempty"`
	IsPartOf           string              `json:"isPartOf,omitempty"`
	ThematicAreas      []string            `json:"thematicAreas,omitempty"`
	ResourceReferences []ResourceReference `json:"resourceReferences,omitempty"`
	Delegable          bool                `json:"delegable"`
	Visible            bool                `json:"visible"`
	CompetentAuthority CompetentAuthority  `json:"hasCompetentAuthority,omitzero"`
	Keywords           []Keyword           `json:"keywords,omitempty"`
	// AccessListMode must not be Enabled on a consent resource: nobody could ask for consent then.
	AccessListMode            string                  `json:"accessListMode,omitempty"`
	SelfIdentifiedUserEnabled bool                    `json:"selfIdentifiedUserEnabled"`
	EnterpriseUserEnabled     bool                    `json:"enterpriseUserEnabled"`
	ResourceType              string                  `json:"resourceType"`
	AvailableForType          []string                `json:"availableForType,omitempty"`
	ConsentTemplate           string                  `json:"consentTemplate,omitempty"`
	ConsentText               Texts                   `json:"consentText,omitempty"`
	ConsentMetadata           map[string]ConsentField `json:"consentMetadata,omitempty"`
	IsOneTimeConsent          bool                    `json:"isOneTimeConsent"`

	// VersionID and AuthorizationReference are the registry's own, and never sent.
	VersionID              int64                    `json:"versionId,omitempty"`
	AuthorizationReference []AuthorizationReference `json:"authorizationReference,omitempty"`
}

// ContactPoint is where users of a resource can ask.
type ContactPoint struct {
	Category    string `json:"category,omitempty"`
	Email       string `json:"email,omitempty"`
	Telephone   string `json:"telephone,omitempty"`
	ContactPage string `json:"contactPage,omitempty"`
}

// ResourceReference ties a resource to what it stands for elsewhere. An app must name itself as <org>/<app> (Altinn's Resource Registry).
type ResourceReference struct {
	ReferenceSource string `json:"referenceSource,omitempty"`
	Reference       string `json:"reference,omitempty"`
	ReferenceType   string `json:"referenceType,omitempty"`
}

// CompetentAuthority is the owner: its number, its code and its names.
type CompetentAuthority struct {
	Name         Texts  `json:"name,omitempty"`
	Organization string `json:"organization,omitempty"`
	Orgcode      string `json:"orgcode,omitempty"`
}

// Keyword helps searching.
type Keyword struct {
	Word     string `json:"word,omitempty"`
	Language string `json:"language,omitempty"`
}

// ConsentField is a key of consent metadata. Nobody reads the flag: every key is required (Altinn consent).
type ConsentField struct {
	Optional bool `json:"optional"`
}

// AuthorizationReference is what policies name the resource by.
type AuthorizationReference struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

// Owner is who a resource belongs to.
type Owner struct {
	// Number is the organisation's, and Code the service owner's short name.
	Number string
	Code   string
}

// OwnerOf says whose a resource is.
func OwnerOf(resource *ServiceResource) Owner {
	return Owner{
		Number: strings.TrimSpace(resource.CompetentAuthority.Organization),
		Code:   strings.ToLower(strings.TrimSpace(resource.CompetentAuthority.Orgcode)),
	}
}

// Is says whether two owners are surely the same. The number decides, since it is what the registry compares with a token
// (Altinn's Resource Registry); where both have a code it must be the same too, for the test owner ttd goes by another's number. Without a
// number, which only ttd may lack (Altinn's Resource Registry), the code decides.
func (o Owner) Is(other Owner) bool {
	sameCode := o.Code == other.Code
	if o.Number == "" || other.Number == "" {
		return o.Number == other.Number && sameCode && o.Code != ""
	}
	return o.Number == other.Number && (sameCode || o.Code == "" || other.Code == "")
}

// sent is the resource as it is sent: without what is the registry's own, and with a list of contact points also when it is
// empty, since a PUT without one is refused.
func (r *ServiceResource) sent() *ServiceResource {
	sent := *r
	sent.VersionID, sent.AuthorizationReference = 0, nil
	if sent.ContactPoints == nil {
		sent.ContactPoints = []ContactPoint{}
	}
	return &sent
}
