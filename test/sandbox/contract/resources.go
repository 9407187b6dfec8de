// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"net/http"
	"strings"
)

// resourceRules are about making and reading resources (Altinn's Resource Registry to Altinn's Resource Registry).
var resourceRules = []rule{
	{"a resource is created with an address and no body", func(s *session) {
		id := s.fresh()
		got := s.want(s.owner(http.MethodPost, resourcePath, s.resource(id, nil)), http.StatusCreated)
		s.equal(resourcePath+"/"+id, got.header.Get("Location"))
		s.equal("", string(got.body))
	}},
	{"a resource is read as it was written, with a version", func(s *session) {
		got := s.want(s.get(s.create(nil)), http.StatusOK).object()
		for field, want := range s.resource(got["identifier"].(string), nil) {
			if _, there := got[field]; !there {
				s.t.Errorf("want %s = %v, got nothing", field, want)
			}
		}
		if version, _ := got["versionId"].(float64); version < 1 {
			s.t.Errorf("want a versionId, got %v", got["versionId"])
		}
	}},
	{"what is not said has its default", func(s *session) {
		got := s.get(s.create(object{"delegable": nil, "visible": nil, "accessListMode": nil})).object()
		s.equal([]any{true, true, "Disabled"}, []any{got["delegable"], got["visible"], got["accessListMode"]})
	}},
	{"fields the registry does not know are dropped", func(s *session) {
		s.equal(nil, s.get(s.create(object{"colour": "red"})).object()["colour"])
	}},
	{"a resource nobody made is not found, with a problem", func(s *session) {
		got := s.want(s.get(s.fresh()), http.StatusNotFound)
		s.equal(float64(http.StatusNotFound), got.object()["status"])
	}},
	{"an identifier that is taken is a conflict, and the text says which", func(s *session) {
		id := s.create(nil)
		got := s.owner(http.MethodPost, resourcePath, s.resource(id, nil))
		s.wantText(got, http.StatusConflict, "The Resource already exist: "+id)
	}},
	{"an identifier has four characters or more, of a-z, 0-9, _ and -", func(s *session) {
		for _, id := range []string{"abc", s.fresh() + "X", s.fresh() + ".x", s.fresh() + "å", ""} {
			got := s.owner(http.MethodPost, resourcePath, s.resource(id, nil))
			s.wantText(got, http.StatusBadRequest, "Invalid id. Only a-z and 0-9")
		}
	}},
	{"a resource of another owner cannot be made", func(s *session) {
		owner := object{"organization": s.target.Foreign.Organisation, "orgcode": s.target.Foreign.Code}
		got := s.owner(http.MethodPost, resourcePath, s.resource(s.fresh(), object{"hasCompetentAuthority": owner}))
		s.want(got, http.StatusForbidden)
		s.equal("", string(got.body))
	}},
	{"a resource without an owner's number cannot be made", func(s *session) {
		owner := object{"orgcode": s.target.Owner.Code}
		got := s.owner(http.MethodPost, resourcePath, s.resource(s.fresh(), object{"hasCompetentAuthority": owner}))
		s.wantText(got, http.StatusBadRequest, "HasCompetentAuthority.Organization")
	}},
	{"a type must be set, and be one of the known", func(s *session) {
		for _, kind := range []any{nil, "Default", "Unheard"} {
			s.want(s.owner(http.MethodPost, resourcePath, s.resource(s.fresh(), object{"resourceType": kind})), http.StatusBadRequest)
		}
	}},
	{"a kind of party, a mode and a reference must be one of the known", func(s *session) {
		for _, change := range []object{
			{"availableForType": []string{"Martian"}},
			{"accessListMode": "Perhaps"},
			{"resourceReferences": []object{{"referenceType": "Gossip"}}},
			{"resourceReferences": []object{{"referenceSource": "Altinn9"}}},
		} {
			s.want(s.owner(http.MethodPost, resourcePath, s.resource(s.fresh(), change)), http.StatusBadRequest)
		}
	}},
	{"a body that is no JSON is refused, and so is another content type", func(s *session) {
		s.want(s.owner(http.MethodPost, resourcePath, "{"), http.StatusBadRequest)
		got := s.owner(http.MethodPost, resourcePath, s.resource(s.fresh(), nil), header{"Content-Type", "text/plain"})
		s.want(got, http.StatusUnsupportedMediaType)
	}},
	{"fields of a consent are not checked by the registry", func(s *session) {
		s.create(object{"consentTemplate": "no-such-template", "consentText": texts("{unknown}"), "consentMetadata": nil})
	}},
	{"a resource shows in the list, and says by which attributes policies name it", func(s *session) {
		id := s.create(nil)
		for _, entry := range s.want(s.anyone(resourcePath+"/resourcelist"), http.StatusOK).list() {
			listed, _ := entry.(map[string]any)
			if listed["identifier"] == id {
				s.equal("[map[id:urn:altinn:resource value:"+id+"]]", listed["authorizationReference"])
				return
			}
		}
		s.t.Errorf("want %s in the list", id)
	}},
	{"the list of owners has numbers by code", func(s *session) {
		orgs, _ := s.want(s.anyone(resourcePath+"/orgs"), http.StatusOK).object()["orgs"].(map[string]any)
		owner, _ := orgs[s.target.Owner.Code].(map[string]any)
		s.equal(s.target.Owner.Organisation, owner["orgnr"])
	}},
}

// textRules are about languages, prefixes and references (Altinn's Resource Registry).
var textRules = []rule{
	{"titles and descriptions are in three languages", func(s *session) {
		for field, key := range map[string]string{"title": "Title", "description": "Description", "rightDescription": "RightDescription"} {
			for language, name := range map[string]string{"nb": "bokmal", "nn": "nynorsk", "en": "english"} {
				text := texts("Tekst")
				text[language] = " "
				got := s.owner(http.MethodPost, resourcePath, s.resource(s.fresh(), object{field: text}))
				s.wantText(got, http.StatusBadRequest, "in "+name+" "+language)
				if errors, _ := got.object()["errors"].(map[string]any); errors[key] == nil {
					s.t.Errorf("want an error of %s, got %s", key, got)
				}
			}
		}
	}},
	{"a right that cannot be delegated needs no description", func(s *session) {
		s.create(object{"delegable": false, "rightDescription": nil})
		got := s.owner(http.MethodPost, resourcePath, s.resource(s.fresh(), object{"rightDescription": nil}))
		s.wantText(got, http.StatusBadRequest, "RightDescription")
	}},
	{"all that is wrong is told at once", func(s *session) {
		got := s.owner(http.MethodPost, resourcePath, s.resource("X", object{"title": nil, "resourceType": "Default"}))
		errors, _ := s.want(got, http.StatusBadRequest).object()["errors"].(map[string]any)
		s.equal(3, len(errors))
	}},
	{"an app is registered under app_, its owner's code and its name", func(s *session) {
		app := s.app(strings.ToLower(s.name), nil)
		s.want(s.owner(http.MethodPost, resourcePath, app), http.StatusCreated)
		s.equal("AltinnApp", s.get(app["identifier"].(string)).object()["resourceType"])
	}},
	{"the prefix app_ is for apps only", func(s *session) {
		got := s.owner(http.MethodPost, resourcePath, s.resource("app_"+s.target.Owner.Code+"_"+s.name+"x", nil))
		s.wantText(got, http.StatusBadRequest, "app_ is only for Altinn Studio apps")
	}},
	{"an app must have its prefix, and refer to itself", func(s *session) {
		got := s.owner(http.MethodPost, resourcePath, s.app("one", object{"identifier": s.fresh()}))
		s.wantText(got, http.StatusBadRequest, "Invalid identifier for app resource")
		for _, references := range []any{
			nil,
			[]object{{"referenceType": "ApplicationId", "referenceSource": "Altinn3", "reference": s.target.Owner.Code + "/other"}},
			[]object{{"referenceType": "ApplicationId", "referenceSource": "Altinn2", "reference": s.target.Owner.Code + "/two"}},
		} {
			got := s.owner(http.MethodPost, resourcePath, s.app("two", object{"resourceReferences": references}))
			s.wantText(got, http.StatusBadRequest, "Invalid resource references for app resource")
		}
	}},
	{"the prefix se_ is for services of Altinn 2", func(s *session) {
		id := "se_" + s.name
		s.wantText(s.owner(http.MethodPost, resourcePath, s.resource(id, nil)), http.StatusBadRequest, "Only to be used for Altinn 2")
		old := s.resource(id, object{"resourceType": "Altinn2Service", "resourceReferences": []object{
			{"referenceType": "ServiceCode", "reference": "5252"}, {"referenceType": "ServiceEditionCode", "reference": "1"},
		}})
		s.want(s.owner(http.MethodPost, resourcePath, old), http.StatusCreated)
	}},
	{"a Maskinporten schema names a scope, whose prefix is the caller's", func(s *session) {
		schema := func(references ...object) answer {
			return s.owner(http.MethodPost, resourcePath,
				s.resource(s.fresh(), object{"resourceType": "MaskinportenSchema", "resourceReferences": references}))
		}
		s.wantText(schema(), http.StatusBadRequest, "Missing maskinporten scop")
		got := schema(object{"referenceType": "MaskinportenScope", "reference": "notmine:read"})
		s.wantText(got, http.StatusUnauthorized, "InvalidPrefix")
		got = schema(object{"referenceType": "MaskinportenScope", "reference": s.target.Owner.Code + ":read"})
		s.want(got, http.StatusCreated)
	}},
}
