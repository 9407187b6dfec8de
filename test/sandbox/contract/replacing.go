// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"fmt"
	"net/http"
)

func (s *session) replace(id string, changes object) answer {
	s.t.Helper()
	return s.owner(http.MethodPut, resourcePath+"/"+id, s.resource(id, changes))
}

func (s *session) versionOf(id string) float64 {
	version, _ := s.get(id).object()["versionId"].(float64)
	return version
}

// replaceRules are about PUT (Altinn's Resource Registry).
var replaceRules = []rule{
	{"replacing gives 200 with an empty body", func(s *session) {
		got := s.want(s.replace(s.create(nil), object{"status": "Deprecated"}), http.StatusOK)
		s.equal("", string(got.body))
	}},
	{"replacing by the same makes a new version all the same", func(s *session) {
		id := s.create(nil)
		before := s.versionOf(id)
		s.want(s.replace(id, nil), http.StatusOK)
		if after := s.versionOf(id); after <= before {
			s.t.Errorf("want a version after %v, got %v", before, after)
		}
	}},
	{"old versions can be read, and versions of others cannot", func(s *session) {
		id, other := s.create(nil), s.create(nil)
		first := s.versionOf(id)
		s.want(s.replace(id, object{"status": "Deprecated"}), http.StatusOK)
		got := s.anyone(fmt.Sprintf("%s/%s?versionId=%.0f", resourcePath, id, first))
		s.equal("Completed", s.want(got, http.StatusOK).object()["status"])
		s.want(s.anyone(fmt.Sprintf("%s/%s?versionId=%.0f", resourcePath, other, first)), http.StatusNotFound)
		s.want(s.anyone(resourcePath+"/"+id+"?versionId=first"), http.StatusBadRequest)
	}},
	{"what is left out is gone", func(s *session) {
		id := s.create(object{"homepage": "https://example.no"})
		s.want(s.replace(id, nil), http.StatusOK)
		s.equal(nil, s.get(id).object()["homepage"])
	}},
	{"what nobody made cannot be replaced", func(s *session) { s.want(s.replace(s.fresh(), nil), http.StatusNotFound) }},
	{"the identifier cannot change", func(s *session) {
		got := s.owner(http.MethodPut, resourcePath+"/"+s.create(nil), s.resource(s.fresh(), nil))
		s.wantText(got, http.StatusBadRequest, "Id in path does not match ID in resource")
	}},
	{"texts are checked as on creation", func(s *session) {
		s.wantText(s.replace(s.create(nil), object{"title": object{"nb": "x"}}), http.StatusBadRequest, "Missing title in english en")
	}},
	{"contact points may be missing on creation, and not afterwards", func(s *session) {
		id := s.create(object{"contactPoints": nil})
		s.wantText(s.replace(id, object{"contactPoints": nil}), http.StatusBadRequest, "The ContactPoints field is required.")
		s.want(s.replace(id, object{"contactPoints": []object{}}), http.StatusOK)
	}},
	{"the owner that counts is the submitted one: naming another is forbidden", func(s *session) {
		owner := object{"organization": s.target.Foreign.Organisation, "orgcode": s.target.Foreign.Code}
		s.want(s.replace(s.create(nil), object{"hasCompetentAuthority": owner}), http.StatusForbidden)
	}},
	{"the owner that counts is the submitted one: a stranger who names itself takes over", func(s *session) {
		id := s.create(nil)
		foreign := s.target.Foreign
		taken := s.resource(id, object{
			"hasCompetentAuthority": object{"organization": foreign.Organisation, "orgcode": foreign.Code, "name": texts("Ny")},
		})
		s.want(s.as(s.altinn(foreign), http.MethodPut, resourcePath+"/"+id, taken), http.StatusOK)
		owner, _ := s.get(id).object()["hasCompetentAuthority"].(map[string]any)
		s.equal(foreign.Organisation, owner["organization"])
	}},
}

// deleteRules are about DELETE, which is for test environments (Altinn's Resource Registry).
var deleteRules = []rule{
	{"production deletes nothing, and says so in words", func(s *session) {
		if !s.target.Production {
			s.t.Skip("the target is no production")
		}
		id := s.create(nil)
		got := s.owner(http.MethodDelete, resourcePath+"/"+id, nil)
		s.wantText(got, http.StatusForbidden, "Delete operation is not allowed in ")
		s.want(s.get(id), http.StatusOK)
		s.want(s.owner(http.MethodDelete, resourcePath+"/"+s.fresh(), nil), http.StatusForbidden)
	}},
	{"a deleted resource is gone, with its policy", func(s *session) {
		s.mayDelete()
		id := s.consentable(anyOrganisation, nil)
		s.want(s.owner(http.MethodDelete, resourcePath+"/"+id, nil), http.StatusNoContent)
		s.want(s.get(id), http.StatusNotFound)
		s.want(s.anyone(resourcePath+"/"+id+"/policy"), http.StatusNotFound)
		s.want(s.owner(http.MethodDelete, resourcePath+"/"+id, nil), http.StatusNotFound)
	}},
	{"a deleted identifier is burnt", func(s *session) {
		s.mayDelete()
		id := s.create(nil)
		s.want(s.owner(http.MethodDelete, resourcePath+"/"+id, nil), http.StatusNoContent)
		s.want(s.owner(http.MethodPost, resourcePath, s.resource(id, nil)), http.StatusConflict)
		s.want(s.replace(id, nil), http.StatusNotFound)
	}},
	{"only the owner deletes", func(s *session) {
		s.mayDelete()
		got := s.as(s.altinn(s.target.Foreign), http.MethodDelete, resourcePath+"/"+s.create(nil), nil)
		s.want(got, http.StatusForbidden)
	}},
}

func (s *session) mayDelete() {
	if s.target.Production {
		s.t.Skip("production deletes nothing")
	}
}
