// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"fmt"
	"net/http"
)

// memberRules are about who is on a list (Altinn's Resource Registry).
var memberRules = []rule{
	{"replacing leaves exactly those named", func(s *session) {
		path := s.list() + "/members"
		all := s.target.Members
		s.want(s.owner(http.MethodPut, path, members(all[0], all[1])), http.StatusOK)
		s.want(s.owner(http.MethodPut, path, members(all[1], all[2])), http.StatusOK)
		s.equal([]string{all[1], all[2]}, s.membersOf(path))
		s.want(s.owner(http.MethodPut, path, members()), http.StatusOK)
		s.equal(0, len(s.membersOf(path)))
	}},
	{"adding keeps those who are there, also twice", func(s *session) {
		path := s.list() + "/members"
		s.want(s.owner(http.MethodPost, path, members(s.target.Members[0])), http.StatusOK)
		s.want(s.owner(http.MethodPost, path, members(s.target.Members[0], s.target.Members[1])), http.StatusOK)
		s.equal(2, len(s.membersOf(path)))
	}},
	{"removing takes those named, also if they are not there", func(s *session) {
		path := s.list() + "/members"
		s.want(s.owner(http.MethodPut, path, members(s.target.Members[:2]...)), http.StatusOK)
		s.want(s.owner(http.MethodDelete, path, members(s.target.Members[1], s.target.Members[2])), http.StatusOK)
		s.equal([]string{s.target.Members[0]}, s.membersOf(path))
	}},
	{"a call names at most a hundred", func(s *session) {
		path := s.list() + "/members"
		s.want(s.owner(http.MethodPut, path, members(s.target.Members[:100]...)), http.StatusOK)
		s.wantCode(s.owner(http.MethodPut, path, members(s.target.Members[:101]...)), http.StatusBadRequest, "RR.VLD-00000")
		s.wantCode(s.owner(http.MethodPost, path, members(s.target.Members[:101]...)), http.StatusBadRequest, "RR.VLD-00001")
		s.wantCode(s.owner(http.MethodDelete, path, members(s.target.Members[:101]...)), http.StatusBadRequest, "RR.VLD-00001")
		s.equal(100, len(s.membersOf(path)))
	}},
	{"more than a hundred members come in pages", func(s *session) {
		path := s.list() + "/members"
		s.want(s.owner(http.MethodPut, path, members(s.target.Members[:100]...)), http.StatusOK)
		first := s.want(s.owner(http.MethodPost, path, members(s.target.Members[100])), http.StatusOK)
		s.equal(100, len(first.data()))
		s.equal(101, len(s.membersOf(path)))
	}},
	{"a page of a list that has changed since is refused", func(s *session) {
		path := s.list() + "/members"
		s.want(s.owner(http.MethodPut, path, members(s.target.Members[:100]...)), http.StatusOK)
		first := s.want(s.owner(http.MethodPost, path, members(s.target.Members[100])), http.StatusOK)
		s.want(s.owner(http.MethodDelete, path, members(s.target.Members[0])), http.StatusOK)
		s.want(s.owner(http.MethodGet, first.next(), nil), http.StatusPreconditionFailed)
	}},
	{"an organisation nobody knows is refused, and the others with it", func(s *session) {
		path := s.list() + "/members"
		got := s.owner(http.MethodPost, path, members(s.target.Members[0], s.target.Unknown))
		s.wantCode(got, http.StatusBadRequest, "RR-00001")
		s.equal(0, len(s.membersOf(path)))
	}},
	{"what is no party URN is refused", func(s *session) {
		path := s.list() + "/members"
		for _, urn := range []string{
			s.target.Members[0], "urn:altinn:organization:identifier-no:12345678", "urn:altinn:party:uuid:nobody",
			"urn:altinn:party:id:-1", "urn:altinn:org:" + s.target.Owner.Code, "",
		} {
			s.want(s.owner(http.MethodPost, path, object{"data": []string{urn}}), http.StatusBadRequest)
		}
		s.want(s.owner(http.MethodPost, path, object{}), http.StatusBadRequest)
	}},
	{"a member can be named by uuid and by id too", func(s *session) {
		path := s.list() + "/members"
		got := s.want(s.owner(http.MethodPost, path, members(s.target.Members[0])), http.StatusOK)
		member, _ := got.data()[0].(map[string]any)
		identifiers, _ := member["identifiers"].(map[string]any)
		id, _ := identifiers["urn:altinn:party:id"].(float64)
		s.want(s.owner(http.MethodDelete, path, object{"data": []any{member["id"]}}), http.StatusOK)
		s.equal(0, len(s.membersOf(path)))
		s.want(s.owner(http.MethodPost, path, object{"data": []string{fmt.Sprintf("urn:altinn:party:id:%.0f", id)}}), http.StatusOK)
		s.equal([]string{s.target.Members[0]}, s.membersOf(path))
	}},
	{"members of a list that is not there are not found", func(s *session) {
		path := s.lists() + "/" + s.fresh() + "/members"
		s.want(s.owner(http.MethodGet, path, nil), http.StatusNotFound)
		s.want(s.owner(http.MethodPut, path, members(s.target.Members[0])), http.StatusNotFound)
	}},
}

// membersOf reads all pages, and gives the numbers in the order of the target's.
func (s *session) membersOf(path string) []string {
	s.t.Helper()
	there := map[any]bool{}
	for page := path; page != ""; {
		got := s.want(s.owner(http.MethodGet, page, nil), http.StatusOK)
		for _, entry := range got.data() {
			member, _ := entry.(map[string]any)
			identifiers, _ := member["identifiers"].(map[string]any)
			there[identifiers["urn:altinn:organization:identifier-no"]] = true
		}
		page = got.next()
	}
	found := []string{}
	for _, number := range s.target.Members {
		if there[number] {
			found = append(found, number)
		}
	}
	return found
}
