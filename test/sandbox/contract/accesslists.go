// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// accessListRules are about lists as such (Altinn's Resource Registry).
var accessListRules = []rule{
	{"a list is made by PUT, and shows itself", func(s *session) {
		id := s.fresh()
		got := s.want(s.owner(http.MethodPut, s.lists()+"/"+id, object{"name": "Banker"}), http.StatusOK)
		s.equal("urn:altinn:access-list:"+s.target.Owner.Code+":"+id, got.object()["urn"])
		s.equal("", got.object()["description"])
		if !strings.HasPrefix(got.header.Get("ETag"), `W/"`) {
			s.t.Errorf("want a weak ETag, got %v", got.header)
		}
	}},
	{"a list needs a name", func(s *session) {
		s.wantText(s.owner(http.MethodPut, s.lists()+"/"+s.fresh(), object{"description": "x"}), http.StatusBadRequest, "Name")
	}},
	{"an equal PUT makes no new version, another does", func(s *session) {
		path := s.list()
		first := s.owner(http.MethodGet, path, nil).header.Get("ETag")
		same := s.owner(http.MethodPut, path, object{"name": "Banker", "description": "Godkjente"})
		s.equal(first, s.want(same, http.StatusOK).header.Get("ETag"))
		other := s.want(s.owner(http.MethodPut, path, object{"name": "Andre"}), http.StatusOK)
		if other.header.Get("ETag") == first {
			s.t.Error("want another ETag after a change")
		}
		s.equal("Andre", s.owner(http.MethodGet, path, nil).object()["name"])
	}},
	{"a deleted list is shown a last time, and then was never there", func(s *session) {
		path := s.list()
		s.equal("Banker", s.want(s.owner(http.MethodDelete, path, nil), http.StatusOK).object()["name"])
		s.want(s.owner(http.MethodDelete, path, nil), http.StatusNoContent)
		s.want(s.owner(http.MethodGet, path, nil), http.StatusNotFound)
	}},
	{"PATCH is not built", func(s *session) {
		got := s.owner(http.MethodPatch, s.list(), []object{}, header{"Content-Type", "application/json-patch+json"})
		s.want(got, http.StatusNotImplemented)
	}},
	{"another owner's lists are closed", func(s *session) {
		token := s.altinn(s.target.Foreign)
		path := s.list()
		s.want(s.as(token, http.MethodGet, path, nil), http.StatusForbidden)
		s.want(s.as(token, http.MethodPut, path, object{"name": "x"}), http.StatusForbidden)
		s.want(s.as(token, http.MethodGet, s.lists(), nil), http.StatusForbidden)
		s.want(s.owner(http.MethodGet, accessListPath+"nobodys-code", nil), http.StatusForbidden)
	}},
	{"an owner is named by its code, not by its number", func(s *session) {
		got := s.owner(http.MethodGet, accessListPath+s.target.Owner.Organisation, nil)
		s.wantCode(got, http.StatusBadRequest, "STD-00000")
		s.wantCode(got, http.StatusBadRequest, "RR.VLD-00010")
	}},
	{"lists come in pages", func(s *session) {
		for range 21 {
			s.list()
		}
		first := s.want(s.owner(http.MethodGet, s.lists(), nil), http.StatusOK)
		s.equal(20, len(first.data()))
		if first.next() == "" {
			s.t.Fatalf("want a next page, got %s", first)
		}
		second := s.want(s.owner(http.MethodGet, first.next(), nil), http.StatusOK)
		s.equal(false, fmt.Sprint(first.data()[0]) == fmt.Sprint(second.data()[0]))
		s.want(s.owner(http.MethodGet, s.lists()+"?token=nonsense", nil), http.StatusBadRequest)
	}},
	{"members cannot be included, and connections only of a resource", func(s *session) {
		s.wantCode(s.owner(http.MethodGet, s.lists()+"?include=members", nil), http.StatusNotImplemented, "RR-00000")
		s.wantCode(s.owner(http.MethodGet, s.lists()+"?include=resources", nil), http.StatusBadRequest, "RR.VLD-00002")
	}},
}

// conditionRules are about ETags (Altinn's Resource Registry).
var conditionRules = []rule{
	{"a list that is known already is not sent again", func(s *session) {
		path := s.list()
		tag := s.owner(http.MethodGet, path, nil).header.Get("ETag")
		got := s.want(s.owner(http.MethodGet, path, nil, header{"If-None-Match", tag}), http.StatusNotModified)
		s.equal(tag, got.header.Get("ETag"))
		s.want(s.owner(http.MethodPut, path, object{"name": "Ny"}), http.StatusOK)
		s.want(s.owner(http.MethodGet, path, nil, header{"If-None-Match", tag}), http.StatusOK)
	}},
	{"a write on an old version is refused", func(s *session) {
		path := s.list()
		old := s.owner(http.MethodGet, path, nil).header.Get("ETag")
		s.want(s.owner(http.MethodPut, path, object{"name": "Ny"}, header{"If-Match", old}), http.StatusOK)
		for _, write := range []struct {
			method, path string
			body         any
		}{
			{http.MethodPut, path, object{"name": "Enda nyere"}},
			{http.MethodPut, path + "/members", members(s.target.Members[0])},
			{http.MethodPost, path + "/members", members(s.target.Members[0])},
			{http.MethodDelete, path + "/members", members(s.target.Members[0])},
			{http.MethodDelete, path, nil},
		} {
			s.want(s.owner(write.method, write.path, write.body, header{"If-Match", old}), http.StatusPreconditionFailed)
		}
		s.equal("Ny", s.owner(http.MethodGet, path, nil).object()["name"])
	}},
	{"changing members makes a new version, changing nothing does not", func(s *session) {
		path := s.list()
		before := s.owner(http.MethodGet, path, nil).header.Get("ETag")
		after := s.want(s.owner(http.MethodPost, path+"/members", members(s.target.Members[0])), http.StatusOK).header.Get("ETag")
		s.equal(false, before == after)
		again := s.want(s.owner(http.MethodPost, path+"/members", members(s.target.Members[0])), http.StatusOK)
		s.equal(after, again.header.Get("ETag"))
		s.equal(after, s.owner(http.MethodGet, path, nil).header.Get("ETag"))
	}},
	{"a list is made only if it is not there, when told so", func(s *session) {
		path := s.lists() + "/" + s.fresh()
		s.want(s.owner(http.MethodPut, path, object{"name": "a"}, header{"If-None-Match", "*"}), http.StatusOK)
		s.want(s.owner(http.MethodPut, path, object{"name": "b"}, header{"If-None-Match", "*"}), http.StatusPreconditionFailed)
	}},
	{"a list is changed only if it is there, when told so", func(s *session) {
		path := s.lists() + "/" + s.fresh()
		s.want(s.owner(http.MethodPut, path, object{"name": "a"}, header{"If-Match", "*"}), http.StatusPreconditionFailed)
		s.want(s.owner(http.MethodGet, path, nil), http.StatusNotFound)
	}},
	{"a strong ETag is refused, and so is one that was made up", func(s *session) {
		path := s.list()
		s.wantText(s.owner(http.MethodGet, path, nil, header{"If-Match", `"1"`}), http.StatusBadRequest, "Only weak etags")
		s.wantText(s.owner(http.MethodGet, path, nil, header{"If-Match", `W/"1"`}), http.StatusBadRequest, "Invalid etag")
	}},
	{"a date serves where a tag is not given", func(s *session) {
		path := s.list()
		later := header{"If-Modified-Since", s.now().Add(time.Hour).UTC().Format(http.TimeFormat)}
		earlier := header{"If-Unmodified-Since", s.now().Add(-time.Hour).UTC().Format(http.TimeFormat)}
		s.want(s.owner(http.MethodGet, path, nil, later), http.StatusNotModified)
		s.want(s.owner(http.MethodPut, path, object{"name": "x"}, earlier), http.StatusPreconditionFailed)
	}},
}

// connectionRules tie lists to resources (Altinn's Resource Registry).
var connectionRules = []rule{
	{"a resource that is not registered yet cannot be connected", func(s *session) {
		got := s.owner(http.MethodPut, s.list()+"/resource-connections/"+s.fresh(), object{})
		s.wantCode(got, http.StatusBadRequest, "RR-00002")
	}},
	{"a resource of another owner cannot be connected", func(s *session) {
		id := s.fresh()
		foreign := s.target.Foreign
		made := s.resource(id, object{
			"hasCompetentAuthority": object{"organization": foreign.Organisation, "orgcode": foreign.Code, "name": texts("x")},
		})
		s.want(s.as(s.altinn(foreign), http.MethodPost, resourcePath, made), http.StatusCreated)
		s.wantCode(s.owner(http.MethodPut, s.list()+"/resource-connections/"+id, object{}), http.StatusForbidden, "RR-00004")
	}},
	{"a list that is not there cannot be connected", func(s *session) {
		path := s.lists() + "/" + s.fresh() + "/resource-connections/" + s.create(nil)
		s.want(s.owner(http.MethodPut, path, object{}), http.StatusNotFound)
	}},
	{"a connection is made by PUT, shown, and removed once", func(s *session) {
		id, path := s.create(nil), s.list()
		got := s.want(s.owner(http.MethodPut, path+"/resource-connections/"+id, object{}), http.StatusOK)
		s.equal(id, got.object()["resourceIdentifier"])
		s.equal(1, len(s.want(s.owner(http.MethodGet, path+"/resource-connections", nil), http.StatusOK).data()))
		s.want(s.owner(http.MethodDelete, path+"/resource-connections/"+id, nil), http.StatusOK)
		s.want(s.owner(http.MethodDelete, path+"/resource-connections/"+id, nil), http.StatusNoContent)
		s.equal(0, len(s.owner(http.MethodGet, path+"/resource-connections", nil).data()))
	}},
	{"a connection may be for some actions, and an equal one changes nothing", func(s *session) {
		id, path := s.create(nil), s.list()
		filtered := object{"actionFilters": []string{"read"}}
		got := s.want(s.owner(http.MethodPut, path+"/resource-connections/"+id, filtered), http.StatusOK)
		s.equal("[read]", got.object()["actionFilters"])
		again := s.owner(http.MethodPut, path+"/resource-connections/"+id, filtered)
		s.equal(got.header.Get("ETag"), again.header.Get("ETag"))
		open := s.want(s.owner(http.MethodPut, path+"/resource-connections/"+id, object{}), http.StatusOK)
		s.equal(nil, open.object()["actionFilters"])
	}},
	{"a connection needs a body", func(s *session) {
		s.want(s.owner(http.MethodPut, s.list()+"/resource-connections/"+s.create(nil), ""), http.StatusBadRequest)
	}},
	{"connections of a list that is not there are not found", func(s *session) {
		s.want(s.owner(http.MethodGet, s.lists()+"/"+s.fresh()+"/resource-connections", nil), http.StatusNotFound)
		s.want(s.owner(http.MethodDelete, s.lists()+"/"+s.fresh()+"/resource-connections/x", nil), http.StatusNotFound)
	}},
	{"a list shows its connection to a resource when asked for it", func(s *session) {
		id, path := s.create(nil), s.list()
		s.want(s.owner(http.MethodPut, path+"/resource-connections/"+id, object{}), http.StatusOK)
		text := ""
		for page := s.lists() + "?include=resources&resource=" + id; page != ""; {
			got := s.want(s.owner(http.MethodGet, page, nil), http.StatusOK)
			text += string(got.body)
			if page = got.next(); page != "" {
				page += "&include=resources&resource=" + id
			}
		}
		s.equal(1, strings.Count(text, `"`+id+`"`))
	}},
}
