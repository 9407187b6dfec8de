// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"net/http"
	"net/url"
	"strings"
)

// scopeRegistryRules are about scopes in self-service (Digdir self-service API).
var scopeRegistryRules = []rule{
	{"a scope is named by its prefix and what follows", func(s *session) {
		c := s.owned()
		sub := c.fresh() + "/les.alt"
		name := c.scope(object{"subscope": sub, "visibility": "PRIVATE"})
		s.equal(c.who.Code+":"+sub, name)
		got := s.want(c.do(http.MethodGet, named(name), nil), http.StatusOK).object()
		s.equal([]any{c.who.Code, sub, true, "PRIVATE", c.who.Organisation},
			[]any{got["prefix"], got["subscope"], got["active"], got["visibility"], got["owner_orgno"]})
	}},
	{"scopes need the scope for scopes", func(s *session) {
		c := s.owned()
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			s.want(c.with(spaced(scopeDCRWrite, scopeDCRSupplier), method, named(c.who.Code+":x"), object{}), http.StatusForbidden)
		}
		s.want(s.anyone(s.selfServiceURL()+scopesPath), http.StatusUnauthorized)
	}},
	{"a prefix of another's cannot be used", func(s *session) {
		c := s.owned()
		for _, prefix := range []string{s.target.Foreign.Code, "nobody" + s.name} {
			s.want(c.do(http.MethodPost, scopesPath, object{"prefix": prefix, "subscope": c.fresh()}), http.StatusForbidden)
		}
	}},
	{"a name that cannot stand in a list of scopes is refused", func(s *session) {
		c := s.owned()
		for _, sub := range []string{"", "two words", "/first"} {
			s.wantField(c.do(http.MethodPost, scopesPath, object{"prefix": c.who.Code, "subscope": sub}), "subscope")
		}
	}},
	{"a name is used once, also after it was deactivated", func(s *session) {
		c := s.owned()
		name := c.scope(nil)
		again := object{"prefix": c.who.Code, "subscope": strings.TrimPrefix(name, c.who.Code+":"), "description": "Igjen"}
		s.want(c.do(http.MethodPost, scopesPath, again), http.StatusConflict)
		s.want(c.do(http.MethodDelete, named(name), nil), http.StatusNoContent)
		s.want(c.do(http.MethodPost, scopesPath, again), http.StatusConflict)
	}},
	{"deactivating hides a scope, and replacing with active brings it back", func(s *session) {
		c := s.owned()
		name := c.scope(nil)
		s.want(c.do(http.MethodDelete, named(name), nil), http.StatusNoContent)
		s.want(c.do(http.MethodDelete, named(name), nil), http.StatusConflict)
		s.want(c.do(http.MethodGet, named(name), nil), http.StatusNotFound)
		s.equal(false, s.want(c.do(http.MethodGet, named(name)+"&inactive=true", nil), http.StatusOK).object()["active"])
		s.want(c.do(http.MethodPut, named(name), object{"description": "Tilbake", "active": true}), http.StatusOK)
		s.equal("Tilbake", s.want(c.do(http.MethodGet, named(name), nil), http.StatusOK).object()["description"])
	}},
	{"replacing changes what a scope says and not its name", func(s *session) {
		c := s.owned()
		name := c.scope(object{"accessible_for_all": true})
		s.want(c.do(http.MethodPut, named(name), object{"description": "Ny", "long_description": "Lang", "visibility": "INTERNAL"}), http.StatusOK)
		got := s.want(c.do(http.MethodGet, named(name), nil), http.StatusOK).object()
		s.equal([]any{"Ny", "Lang", "INTERNAL", false, true},
			[]any{got["description"], got["long_description"], got["visibility"], got["accessible_for_all"], got["active"]})
		s.wantField(c.do(http.MethodPut, named(name), object{"subscope": "other"}), "subscope")
		s.wantField(c.do(http.MethodPut, named(name), object{"visibility": "SECRET"}), "visibility")
	}},
	{"another's scope cannot be read, replaced or deactivated", func(s *session) {
		name := s.foreign().scope(nil)
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			s.want(s.owned().do(method, named(name), object{"description": "x"}), http.StatusNotFound)
		}
	}},
	{"the list has the caller's active scopes and no others", func(s *session) {
		c := s.owned()
		mine, gone, other := c.scope(nil), c.scope(nil), s.foreign().scope(nil)
		s.want(c.do(http.MethodDelete, named(gone), nil), http.StatusNoContent)
		listed := any(s.want(c.do(http.MethodGet, scopesPath, nil), http.StatusOK).list())
		s.equal("[true false false]", []bool{has(listed, "name", mine), has(listed, "name", gone), has(listed, "name", other)})
	}},
	{"what is open to all can be read without a token", func(s *session) {
		c := s.owned()
		open, closed, gone := c.scope(object{"accessible_for_all": true}), c.scope(nil), c.scope(object{"accessible_for_all": true})
		s.want(c.do(http.MethodDelete, named(gone), nil), http.StatusNoContent)
		got := s.want(s.anyone(s.selfServiceURL()+scopesPath+"/all?accessible_for_all=true"), http.StatusOK)
		listed := any(got.list())
		s.equal("[true false false]", []bool{has(listed, "name", open), has(listed, "name", closed), has(listed, "name", gone)})
	}},
}

// accessRules are about who may use a scope (Digdir self-service API).
var accessRules = []rule{
	{"access that is given is seen by both sides", func(s *session) {
		name, other := s.owned().scope(nil), s.target.Foreign.Organisation
		s.want(s.owned().do(http.MethodPut, accessTo(name, other), nil), http.StatusCreated)
		listed := s.want(s.owned().do(http.MethodGet, listOf(name), nil), http.StatusOK)
		entry := first(listed.list())
		s.equal([]any{other, s.target.Owner.Organisation, name, "APPROVED"},
			[]any{entry["consumer_orgno"], entry["owner_orgno"], entry["scope"], entry["state"]})
		s.equal(true, s.foreign().mayUse(name))
	}},
	{"access that is given twice is a conflict, and taken twice not there", func(s *session) {
		c := s.owned()
		path := accessTo(c.scope(nil), s.target.Foreign.Organisation)
		s.want(c.do(http.MethodDelete, path, nil), http.StatusNotFound)
		s.want(c.do(http.MethodPut, path, nil), http.StatusCreated)
		s.want(c.do(http.MethodPut, path, nil), http.StatusConflict)
		s.want(c.do(http.MethodDelete, path, nil), http.StatusNoContent)
	}},
	{"access that was taken away leaves a denied entry, and can be given again", func(s *session) {
		c := s.owned()
		name := c.scope(nil)
		path := accessTo(name, s.target.Foreign.Organisation)
		s.want(c.do(http.MethodPut, path, nil), http.StatusCreated)
		s.want(c.do(http.MethodDelete, path, nil), http.StatusNoContent)
		s.equal(false, s.foreign().mayUse(name))
		listed := s.want(c.do(http.MethodGet, listOf(name), nil), http.StatusOK)
		entry := first(listed.list())
		s.equal("DENIED", entry["state"])
		s.want(c.do(http.MethodPut, path, nil), http.StatusOK)
		s.equal(true, s.foreign().mayUse(name))
	}},
	{"an organisation nobody knows cannot be given access", func(s *session) {
		c := s.owned()
		s.want(c.do(http.MethodPut, accessTo(c.scope(nil), s.target.Unknown), nil), http.StatusNotFound)
	}},
	{"only the owner of a scope gives, takes and lists access", func(s *session) {
		name := s.foreign().scope(nil)
		path := accessTo(name, s.target.Owner.Organisation)
		s.want(s.owned().do(http.MethodPut, path, nil), http.StatusNotFound)
		s.want(s.owned().do(http.MethodDelete, path, nil), http.StatusNotFound)
		s.want(s.owned().do(http.MethodGet, listOf(name), nil), http.StatusNotFound)
	}},
	{"access outlives that a scope was deactivated", func(s *session) {
		c := s.owned()
		name := c.scope(nil)
		s.want(c.do(http.MethodPut, accessTo(name, s.target.Foreign.Organisation), nil), http.StatusCreated)
		s.want(c.do(http.MethodDelete, named(name), nil), http.StatusNoContent)
		s.want(c.do(http.MethodPut, named(name), object{"description": "Tilbake", "active": true}), http.StatusOK)
		s.equal(true, s.foreign().mayUse(name))
	}},
}

func listOf(name string) string { return scopesPath + "/access?scope=" + url.QueryEscape(name) }

// mayUse says whether the customer was given access to a scope.
func (c customer) mayUse(name string) bool {
	c.t.Helper()
	return has(any(c.want(c.do(http.MethodGet, scopesPath+"/access/all", nil), http.StatusOK).list()), "scope", name)
}

func first(list []any) map[string]any {
	if len(list) == 0 {
		return nil
	}
	entry, _ := list[0].(map[string]any)
	return entry
}

// issuerRules are about what ID-porten and Ansattporten publish (OpenID Connect Discovery).
var issuerRules = []rule{
	{"an issuer says who it is and where its endpoints and keys are", func(s *session) {
		if len(s.target.Issuers) == 0 {
			s.t.Skip("the target has no issuers that people log in at")
		}
		for _, issuer := range s.target.Issuers {
			got := s.want(s.anyone(issuer+"/.well-known/openid-configuration"), http.StatusOK).object()
			s.equal(issuer, got["issuer"])
			for _, field := range []string{"authorization_endpoint", "token_endpoint"} {
				if endpoint, _ := got[field].(string); !strings.HasPrefix(endpoint, "http") {
					s.t.Errorf("want %s, got %v", field, got)
				}
			}
			jwks, _ := got["jwks_uri"].(string)
			if keys, _ := s.want(s.anyone(jwks), http.StatusOK).object()["keys"].([]any); len(keys) == 0 {
				s.t.Errorf("want a key at %s", jwks)
			}
		}
	}},
}
