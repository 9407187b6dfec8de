// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ServiceResource is a resource as the registry reads and shows it: names it does not know are dropped, nulls are not shown,
// booleans always are (Altinn's Resource Registry; RR's JSON settings).
type ServiceResource struct {
	Identifier         string                   `json:"identifier"`
	Version            string                   `json:"version,omitempty"`
	Title              map[string]string        `json:"title,omitempty"`
	Description        map[string]string        `json:"description,omitempty"`
	RightDescription   map[string]string        `json:"rightDescription,omitempty"`
	Homepage           string                   `json:"homepage,omitempty"`
	Status             string                   `json:"status,omitempty"`
	Spatial            []string                 `json:"spatial,omitempty"`
	ContactPoints      *[]ContactPoint          `json:"contactPoints,omitempty"`
	Produces           []string                 `json:"produces,omitempty"`
	IsPartOf           string                   `json:"isPartOf,omitempty"`
	ThematicAreas      []string                 `json:"thematicAreas,omitempty"`
	ResourceReferences []ResourceReference      `json:"resourceReferences,omitempty"`
	Delegable          bool                     `json:"delegable"`
	Visible            bool                     `json:"visible"`
	HasCompetentAuth   *CompetentAuthority      `json:"hasCompetentAuthority,omitempty"`
	Keywords           []Keyword                `json:"keywords,omitempty"`
	AccessListMode     string                   `json:"accessListMode"`
	SelfIdentified     bool                     `json:"selfIdentifiedUserEnabled"`
	EnterpriseUser     bool                     `json:"enterpriseUserEnabled"`
	ResourceType       string                   `json:"resourceType"`
	AvailableForType   []string                 `json:"availableForType,omitempty"`
	AuthorizationRefs  []AuthorizationReference `json:"authorizationReference,omitempty"`
	ConsentTemplate    string                   `json:"consentTemplate,omitempty"`
	ConsentText        map[string]string        `json:"consentText,omitempty"`
	ConsentMetadata    map[string]ConsentField  `json:"consentMetadata,omitempty"`
	IsOneTimeConsent   bool                     `json:"isOneTimeConsent"`
	VersionID          int                      `json:"versionId"`
}

// ContactPoint is where users of a resource can ask.
type ContactPoint struct {
	Category    string `json:"category,omitempty"`
	Email       string `json:"email,omitempty"`
	Telephone   string `json:"telephone,omitempty"`
	ContactPage string `json:"contactPage,omitempty"`
}

// ResourceReference ties a resource to what it stands for elsewhere.
type ResourceReference struct {
	ReferenceSource string `json:"referenceSource,omitempty"`
	Reference       string `json:"reference,omitempty"`
	ReferenceType   string `json:"referenceType,omitempty"`
}

// CompetentAuthority is the owner.
type CompetentAuthority struct {
	Name         map[string]string `json:"name"`
	Organization string            `json:"organization,omitempty"`
	Orgcode      string            `json:"orgcode,omitempty"`
}

// Keyword helps searching.
type Keyword struct {
	Word     string `json:"word,omitempty"`
	Language string `json:"language,omitempty"`
}

// AuthorizationReference is computed: the attributes a policy names the resource by.
type AuthorizationReference struct {
	ID    string `json:"id"`
	Value string `json:"value"`
}

// ConsentField is a key of consent metadata. Nobody reads the flag (Altinn consent).
type ConsentField struct {
	Optional bool `json:"optional"`
}

// The closed sets of Altinn's Resource Registry.
var (
	resourceTypes = []string{
		"Default", "Systemresource", "MaskinportenSchema", "Altinn2Service", "AltinnApp", "GenericAccessResource",
		"BrokerService", "CorrespondenceService", "Consent", "MigratedApp",
	}
	accessListModes  = []string{"Disabled", "Enabled"}
	partyTypes       = []string{"PrivatePerson", "LegalEntityEnterprise", "Company", "BankruptcyEstate", "SelfRegisteredUser"}
	referenceSources = []string{"Default", "Altinn1", "Altinn2", "Altinn3", "ExternalPlatform"}
	referenceTypes   = []string{
		"Default", "Uri", "DelegationSchemeId", "MaskinportenScope", "ServiceCode", "ServiceEditionCode", "ApplicationId",
		"ServiceEditionVersion",
	}
)

// parseResource reads a submitted resource. The error is a set of model errors: where, and what is wrong.
func parseResource(body []byte) (*ServiceResource, map[string][]string) {
	read := &ServiceResource{Delegable: true, Visible: true, AccessListMode: "Disabled", ResourceType: "Default"}
	if err := json.Unmarshal(body, read); err != nil {
		var wrongType *json.UnmarshalTypeError
		path := "$"
		if errors.As(err, &wrongType) {
			path += "." + wrongType.Field
		}
		return nil, map[string][]string{path: {"The JSON value could not be converted to the expected type."}}
	}
	if owner := read.HasCompetentAuth; owner != nil && owner.Name == nil {
		owner.Name = map[string]string{}
	}
	enums := []enumField{
		{"$.resourceType", &read.ResourceType, resourceTypes},
		{"$.accessListMode", &read.AccessListMode, accessListModes},
	}
	for i := range read.AvailableForType {
		enums = append(enums, enumField{fmt.Sprintf("$.availableForType[%d]", i), &read.AvailableForType[i], partyTypes})
	}
	for i := range read.ResourceReferences {
		path, reference := fmt.Sprintf("$.resourceReferences[%d].", i), &read.ResourceReferences[i]
		enums = append(enums,
			enumField{path + "referenceSource", &reference.ReferenceSource, referenceSources},
			enumField{path + "referenceType", &reference.ReferenceType, referenceTypes})
	}
	for _, field := range enums {
		if !field.canonical() {
			return nil, map[string][]string{field.path: {"The JSON value could not be converted to the expected type."}}
		}
	}
	return read, nil
}

// enumField is a string that must be one of a closed set, in any case, and is stored as the set writes it.
type enumField struct {
	path   string
	value  *string
	values []string
}

func (f enumField) canonical() bool {
	if *f.value == "" {
		return true
	}
	i := slices.IndexFunc(f.values, func(known string) bool { return strings.EqualFold(known, *f.value) })
	if i >= 0 {
		*f.value = f.values[i]
	}
	return i >= 0
}

// storedResource is an identifier with all its versions, oldest first. A deleted one keeps its row without versions.
type storedResource struct {
	Versions       []ServiceResource `json:"versions"`
	Created        time.Time         `json:"created"`
	ChangeID       int64             `json:"changeId"`
	ChangedAt      time.Time         `json:"changedAt"`
	PolicyUploaded bool              `json:"policyUploaded,omitempty"`
	Policy         []byte            `json:"policy,omitempty"`
}

func (r *storedResource) current() *ServiceResource {
	if r == nil || len(r.Versions) == 0 {
		return nil
	}
	return &r.Versions[len(r.Versions)-1]
}

func (r *storedResource) version(id int) *ServiceResource {
	if r == nil {
		return nil
	}
	for i := range r.Versions {
		if r.Versions[i].VersionID == id {
			return &r.Versions[i]
		}
	}
	return nil
}

// shown is the resource as the lists give it: with what policies name it by (RR; GET of one resource leaves that out).
func (r ServiceResource) shown() ServiceResource {
	r.AuthorizationRefs = []AuthorizationReference{{ID: "urn:altinn:resource", Value: r.Identifier}}
	if org, app, ok := appIdentifier(r.Identifier); ok {
		r.AuthorizationRefs = []AuthorizationReference{
			{ID: "urn:altinn:org", Value: org},
			{ID: "urn:altinn:app", Value: app},
		}
	}
	return r
}

// appIdentifier takes app_<org>_<app> apart.
func appIdentifier(id string) (org, app string, ok bool) {
	parts := strings.SplitN(id, "_", 3)
	if len(parts) != 3 || parts[0] != "app" {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// changedNow gives the resource the next place in the feed of changes.
func (s *Server) changedNow(r *storedResource, now time.Time) {
	s.state.Changes++
	r.ChangeID, r.ChangedAt = s.state.Changes, now
	s.changed()
}

// addVersion stores a body as the newest version, also when it equals the last one (Altinn's Resource Registry).
func (s *Server) addVersion(r *storedResource, body ServiceResource, now time.Time) {
	s.state.Versions++
	body.VersionID = s.state.Versions
	r.Versions = append(r.Versions, body)
	s.changedNow(r, now)
}
