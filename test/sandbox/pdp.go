// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"maps"
	"slices"
	"strings"
)

// subject is what the decision point knows of who asks: values by attribute.
type subject map[string][]string

// mayRequestConsent decides whether an organisation may ask for consents to a resource. Being on an access list is enough for
// a rule that names the list; whether the list is connected to the resource is not asked (AM's context handler).
func (s *Server) mayRequestConsent(id string, token *claims) bool {
	resource := s.state.Resources[id].current()
	if resource == nil || resource.AccessListMode == "Enabled" {
		// The mode restricts for whom something is done, and a request for consent is not done for anybody yet: the decision
		// point then finds no party to look up and gives no permit.
		return false
	}
	number := token.consumer()
	asking := subject{
		attributePartyType: {"organization"},
		attributeOrg:       {token.Org},
	}
	for _, key := range slices.Sorted(maps.Keys(s.state.Lists)) {
		list := s.state.Lists[key]
		if _, member := list.Members[number]; member {
			asking[attributeAccessList] = append(asking[attributeAccessList], list.Owner+":"+list.Identifier)
		}
	}
	return s.permits(id, "requestconsent", asking)
}

// mayAnswerConsent decides whether a person may give consent for a party: by the roles the person has for it (Altinn consent).
func (s *Server) mayAnswerConsent(stored *storedConsent, person *party) bool {
	if stored.RequiredDelegator != "" && stored.RequiredDelegator != person.number {
		return false
	}
	roles := slices.Clone(person.person.Roles[stored.From])
	if stored.From == person.number {
		roles = append(roles, "PRIV")
	}
	for _, right := range stored.Rights {
		for _, action := range right.Action {
			if !s.permits(right.Resource[0].Value, action, subject{attributeRole: roles}) {
				return false
			}
		}
	}
	return true
}

// permits evaluates a resource's policy: one rule must permit, and none may deny.
func (s *Server) permits(id, action string, asking subject) bool {
	stored := s.state.Resources[id]
	if stored.current() == nil || stored.Policy == nil {
		return false
	}
	read, err := parsePolicy(stored.Policy)
	if err != nil {
		return false
	}
	permitted := false
	for _, rule := range read.rules {
		if !rule.applies(id, action, asking) {
			continue
		}
		if strings.EqualFold(rule.effect, "Deny") {
			return false
		}
		permitted = true
	}
	return permitted
}

// applies holds when every AnyOf has an alternative all of whose matches hold.
func (r policyRule) applies(id, action string, asking subject) bool {
	for _, anyOf := range r.anyOfs {
		if !slices.ContainsFunc(anyOf, func(alternative allOf) bool {
			return !slices.ContainsFunc(alternative, func(m match) bool { return !m.holds(id, action, asking) })
		}) {
			return false
		}
	}
	return true
}

func (m match) holds(id, action string, asking subject) bool {
	equal := func(value string) bool { return m.value == value }
	if strings.HasSuffix(m.function, "ignore-case") {
		equal = func(value string) bool { return strings.EqualFold(m.value, value) }
	}
	switch m.category {
	case categoryResource:
		return m.attribute == attributeResource && equal(id)
	case categoryAction:
		return m.attribute == attributeAction && equal(action)
	}
	return slices.ContainsFunc(asking[m.attribute], equal)
}
