// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"net/http"
	"time"
)

// scopeRules say which scope opens what (Altinn's Resource Registry, Altinn consent).
var scopeRules = []rule{
	{"writing resources and policies needs the scope for resources", func(s *session) {
		token := s.altinnFor(s.target.Owner, scopeAccessListWrite)
		id := s.create(nil)
		for method, path := range map[string]string{http.MethodPost: resourcePath, http.MethodPut: resourcePath + "/" + id} {
			s.want(s.as(token, method, path, s.resource(id, nil)), http.StatusForbidden)
		}
		s.want(s.as(token, http.MethodDelete, resourcePath+"/"+id, nil), http.StatusForbidden)
		s.want(s.upload(token, http.MethodPut, id, "policyFile", consentPolicy(id, anyOrganisation)), http.StatusForbidden)
	}},
	{"writing access lists needs the scope to write them", func(s *session) {
		path := s.list()
		token := s.altinnFor(s.target.Owner, scopeAccessListRead)
		s.want(s.as(token, http.MethodPut, path, object{"name": "x"}), http.StatusForbidden)
		s.want(s.as(token, http.MethodPut, path+"/members", members()), http.StatusForbidden)
		s.want(s.as(token, http.MethodPut, path+"/resource-connections/x", object{}), http.StatusForbidden)
		s.want(s.as(token, http.MethodDelete, path, nil), http.StatusForbidden)
	}},
	{"reading access lists needs any scope for them", func(s *session) {
		path := s.list()
		s.want(s.anyone(path), http.StatusUnauthorized)
		s.want(s.as(s.altinnFor(s.target.Owner, scopeResourceWrite), http.MethodGet, path, nil), http.StatusForbidden)
		s.want(s.as(s.altinnFor(s.target.Owner, scopeAccessListRead), http.MethodGet, path, nil), http.StatusOK)
		s.want(s.as(s.altinnFor(s.target.Owner, scopeAccessListWrite), http.MethodGet, path, nil), http.StatusOK)
	}},
	{"asking for consent needs the scope to write", func(s *session) {
		token := s.altinnFor(s.target.Bank, scopeConsentRead)
		s.want(s.as(token, http.MethodPost, enterprisePath, s.consentRequest("x", nil)), http.StatusForbidden)
		s.want(s.as("", http.MethodPost, enterprisePath, s.consentRequest("x", nil)), http.StatusUnauthorized)
	}},
	{"reading consents needs a scope for them", func(s *session) {
		s.want(s.owner(http.MethodGet, enterprisePath+"/"+newUUID(), nil), http.StatusForbidden)
		s.want(s.as(s.altinnFor(s.target.Bank, scopeConsentRead), http.MethodGet, enterprisePath+"/events", nil), http.StatusOK)
	}},
	{"an enterprise cannot answer for a person, nor look up as Maskinporten", func(s *session) {
		token := s.altinn(s.target.Bank)
		s.want(s.as(token, http.MethodPost, personPath+"/consentrequests/"+newUUID()+"/accept",
			object{"language": "nb"}), http.StatusForbidden)
		s.want(s.as(token, http.MethodPost, "/accessmanagement/api/v1/maskinporten/consent/lookup", object{}), http.StatusForbidden)
	}},
	{"resources, policies and feeds are public", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		for _, path := range []string{
			"/" + id, "/" + id + "/policy", "/" + id + "/policy/rules", "/" + id + "/policy/subjects", "/" + id + "/policy/rights",
			"/resourcelist", "/updated", "/changes", "/orgs",
		} {
			s.want(s.anyone(resourcePath+path), http.StatusOK)
		}
	}},
}

// advance lets time pass, or skips the rule. Tokens may be too old afterwards.
func (s *session) advance(by time.Duration) {
	if s.target.Advance == nil {
		s.t.Skip("the target's clock cannot be moved")
	}
	s.target.Advance(s.t, by)
	clear(s.tokens)
}

// longerThanTokens is longer than any token lives.
const longerThanTokens = 2 * time.Hour
