// SPDX-License-Identifier: BSD-3-Clause

package selfservice

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Values of a scope's visibility (Digdir self-service API).
const (
	VisibilityPublic  = "PUBLIC"
	VisibilityPrivate = "PRIVATE"
)

// Scope is a scope as the API reads and shows it. What it has beside these fields, such as texts in other languages or where
// suppliers' delegations are kept, stays when a Scope that was read is changed and put.
type Scope struct {
	// Name is <prefix>:<subscope>, and cannot be changed. Prefixes are Digdir's to give.
	Name            string
	Description     string
	LongDescription string
	// Active is false for a scope that was deactivated. Putting true brings it back, with the access it had.
	Active     bool
	Visibility string
	// AccessibleForAll lets every organisation have clients with the scope.
	AccessibleForAll bool
	// AllowedIntegrationTypes are the clients that may have it. None is all of them.
	AllowedIntegrationTypes []string

	// OwnerOrgNo is the API's own, and never sent.
	OwnerOrgNo string

	rest map[string]json.RawMessage
}

// scopeFields are those that we use, as they are written.
type scopeFields struct {
	Prefix                  string   `json:"prefix"`
	Subscope                string   `json:"subscope"`
	Name                    string   `json:"name,omitempty"`
	Description             string   `json:"description"`
	LongDescription         string   `json:"long_description,omitempty"`
	Active                  bool     `json:"active"`
	Visibility              string   `json:"visibility,omitempty"`
	AccessibleForAll        bool     `json:"accessible_for_all"`
	AllowedIntegrationTypes []string `json:"allowed_integration_types"`
	OwnerOrgNo              string   `json:"owner_orgno,omitempty"`
}

// notSent are what scopeFields says, or the API alone.
var notSent = []string{
	"prefix", "subscope", "name", "description", "long_description", "active", "visibility", "accessible_for_all",
	"allowed_integration_types", "owner_orgno", "created", "last_updated",
}

// UnmarshalJSON reads a scope, and remembers the fields that are not ours.
func (s *Scope) UnmarshalJSON(raw []byte) error {
	var fields scopeFields
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	var rest map[string]json.RawMessage
	if err := json.Unmarshal(raw, &rest); err != nil {
		return err
	}
	maps.DeleteFunc(rest, func(field string, _ json.RawMessage) bool { return slices.Contains(notSent, field) })
	*s = Scope{
		Name: orElse(fields.Name, fields.Prefix+":"+fields.Subscope), Description: fields.Description,
		LongDescription: fields.LongDescription, Active: fields.Active, Visibility: fields.Visibility,
		AccessibleForAll: fields.AccessibleForAll, AllowedIntegrationTypes: fields.AllowedIntegrationTypes,
		OwnerOrgNo: fields.OwnerOrgNo, rest: rest,
	}
	return nil
}

// MarshalJSON writes a scope as it is sent.
func (s Scope) MarshalJSON() ([]byte, error) {
	prefix, subscope, _ := strings.Cut(s.Name, ":")
	raw, err := json.Marshal(scopeFields{
		Prefix: prefix, Subscope: subscope, Description: s.Description, LongDescription: s.LongDescription, Active: s.Active,
		Visibility: s.Visibility, AccessibleForAll: s.AccessibleForAll, AllowedIntegrationTypes: set(s.AllowedIntegrationTypes),
	})
	if err != nil || len(s.rest) == 0 {
		return raw, err
	}
	all := maps.Clone(s.rest)
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// SameScope says whether two scopes say the same: what the operator does not use and what is the API's own is left out, lists
// have no order, and a visibility that is left out is public, as the API takes it.
func SameScope(a, b *Scope) bool { return written(a.normal()) == written(b.normal()) }

func (s *Scope) normal() *Scope {
	like := *s
	like.rest, like.OwnerOrgNo = nil, ""
	like.Visibility = orElse(like.Visibility, VisibilityPublic)
	return &like
}
