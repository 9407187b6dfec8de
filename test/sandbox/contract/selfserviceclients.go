// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"net/http"
	"slices"
	"strings"
)

// clientRules are about clients in self-service (Digdir self-service API).
var clientRules = []rule{
	{"a client that is made comes back whole, with an id", func(s *session) {
		c := s.owned()
		made := s.want(c.do(http.MethodPost, clientsPath, s.machine(object{"client_name": "Hel"})), http.StatusCreated).object()
		id, _ := made["client_id"].(string)
		if id == "" || made["created"] == nil || made["last_updated"] == nil {
			s.t.Errorf("want an id and instants, got %v", made)
		}
		read := c.get(id)
		s.equal("Hel", read["client_name"])
		s.equal(true, read["active"])
		s.equal("private_key_jwt", read["token_endpoint_auth_method"])
		s.equal(c.who.Organisation, read["client_orgno"])
		s.equal(s.target.Supplier.Organisation, read["supplier_orgno"])
	}},
	{"a call without a token is told to bring one, and a spoiled one opens nothing", func(s *session) {
		c := s.owned()
		for _, token := range []string{"", spoiled(c.token(s.target.Supplier.Scopes))} {
			got := s.want(s.as(token, http.MethodGet, s.selfServiceURL()+clientsPath, nil), http.StatusUnauthorized)
			if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
				s.t.Errorf("want a challenge, got %v", got.header)
			}
		}
	}},
	{"reading, changing and making clients need scopes of their own", func(s *session) {
		c := s.owned()
		id := c.make(s.machine(nil))
		one := clientsPath + "/" + id
		read, modify := spaced(scopeDCRRead, scopeDCRSupplier), spaced(scopeDCRModify, scopeDCRSupplier)
		s.want(c.with(read, http.MethodGet, one, nil), http.StatusOK)
		s.want(c.with(read, http.MethodPut, one, s.machine(nil)), http.StatusForbidden)
		s.want(c.with(read, http.MethodPost, one+"/jwks", object{"keys": []object{}}), http.StatusForbidden)
		s.want(c.with(modify, http.MethodPut, one, s.machine(nil)), http.StatusOK)
		s.want(c.with(modify, http.MethodPost, clientsPath, s.machine(nil)), http.StatusForbidden)
		s.want(c.with(modify, http.MethodDelete, one, nil), http.StatusForbidden)
		s.want(c.with(scopeScopesWrite, http.MethodGet, one, nil), http.StatusForbidden)
	}},
	{"a supplier needs the scope of suppliers", func(s *session) {
		s.want(s.owned().with(scopeDCRWrite, http.MethodGet, clientsPath, nil), http.StatusForbidden)
	}},
	{"another customer's client is not there", func(s *session) {
		one := clientsPath + "/" + s.owned().make(s.machine(nil))
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			s.want(s.foreign().do(method, one, s.machine(nil)), http.StatusNotFound)
		}
		s.want(s.foreign().do(http.MethodGet, one+"/jwks", nil), http.StatusNotFound)
		s.want(s.foreign().putKeys(strings.TrimPrefix(one, clientsPath+"/"), s.jwk("k", nil)), http.StatusNotFound)
	}},
	{"a client is made for the organisation of the token only", func(s *session) {
		made := s.machine(object{"client_orgno": s.target.Foreign.Organisation})
		s.want(s.owned().do(http.MethodPost, clientsPath, made), http.StatusForbidden)
	}},
	{"the list has the caller's active clients and no others", func(s *session) {
		c := s.owned()
		mine, gone, other := c.make(s.machine(nil)), c.make(s.machine(nil)), s.foreign().make(s.machine(nil))
		s.want(c.do(http.MethodDelete, clientsPath+"/"+gone, nil), http.StatusNoContent)
		listed := names(any(s.want(c.do(http.MethodGet, clientsPath, nil), http.StatusOK).list()), "client_id")
		s.equal("[true false false]", []any{slices.Contains(listed, mine), slices.Contains(listed, gone), slices.Contains(listed, other)})
		inactive := names(any(s.want(c.do(http.MethodGet, clientsPath+"?inactive=true", nil), http.StatusOK).list()), "client_id")
		s.equal("[false true]", []any{slices.Contains(inactive, mine), slices.Contains(inactive, gone)})
	}},
	{"replacing takes the whole client, and what is left out is as in a new one", func(s *session) {
		c := s.owned()
		id := c.make(s.login(object{"sso_disabled": true, "access_token_lifetime": 300}))
		got := s.want(c.do(http.MethodPut, clientsPath+"/"+id, s.login(object{"client_name": "Nytt"})), http.StatusOK).object()
		s.equal("Nytt", got["client_name"])
		s.equal("[false 120]", []any{got["sso_disabled"], got["access_token_lifetime"]})
		s.equal(id, c.get(id)["client_id"])
	}},
	{"the kind of integration cannot be changed", func(s *session) {
		c := s.owned()
		id := c.make(s.machine(nil))
		s.wantField(c.do(http.MethodPut, clientsPath+"/"+id, s.login(nil)), "integration_type")
		s.equal("maskinporten", c.get(id)["integration_type"])
	}},
	{"deleting deactivates: the client is hidden, is there for who asks, and stays so", func(s *session) {
		c := s.owned()
		one := clientsPath + "/" + c.make(s.machine(nil))
		s.want(c.do(http.MethodDelete, one, nil), http.StatusNoContent)
		s.want(c.do(http.MethodGet, one, nil), http.StatusNotFound)
		s.want(c.do(http.MethodPut, one, s.machine(object{"active": true})), http.StatusNotFound)
		s.want(c.do(http.MethodGet, one+"/jwks", nil), http.StatusNotFound)
		s.want(c.do(http.MethodDelete, one, nil), http.StatusConflict)
		s.equal(false, s.want(c.do(http.MethodGet, one+"?inactive=true", nil), http.StatusOK).object()["active"])
	}},
	{"a client nobody made is not there", func(s *session) {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			s.want(s.owned().do(method, clientsPath+"/"+newUUID(), s.machine(nil)), http.StatusNotFound)
		}
	}},
	{"an error says what it is about, and by what it can be found", func(s *session) {
		got := s.want(s.owned().do(http.MethodGet, clientsPath+"/"+newUUID(), nil), http.StatusNotFound).object()
		s.equal(404, got["status"])
		for _, field := range []string{"timestamp", "correlation_id", "error", "error_description"} {
			if text, _ := got[field].(string); text == "" {
				s.t.Errorf("want %s, got %v", field, got)
			}
		}
	}},
	{"a body that is no client is refused", func(s *session) {
		s.want(s.owned().do(http.MethodPost, clientsPath, "{half"), http.StatusBadRequest)
		s.want(s.owned().do(http.MethodPost, clientsPath, object{"scopes": "text"}), http.StatusBadRequest)
	}},
}

// clientFieldRules are the table of integrations and the rules beside it (Digdir self-service API).
var clientFieldRules = []rule{
	{"a client of Maskinporten proves itself with a key and asks with signed grants", func(s *session) {
		c := s.owned()
		c.refuses("token_endpoint_auth_method", s.machine(object{"token_endpoint_auth_method": "client_secret_basic"}))
		c.refuses("grant_types", s.machine(object{"grant_types": []string{"authorization_code"}}))
		c.refuses("grant_types", s.machine(object{"grant_types": []string{jwtBearer, "refresh_token"}}))
		c.refuses("application_type", s.machine(object{"application_type": "native"}))
	}},
	{"an integration, an application and a grant nobody knows are refused", func(s *session) {
		c := s.owned()
		c.refuses("integration_type", s.machine(object{"integration_type": "minid"}))
		c.refuses("application_type", s.login(object{"application_type": "desktop"}))
		c.refuses("grant_types", s.login(object{"grant_types": []string{"authorization_code", "password"}}))
		c.refuses("refresh_token_usage", s.login(object{"refresh_token_usage": "TWICE"}))
		c.refuses("code_challenge_method", s.login(object{"code_challenge_method": "plain"}))
	}},
	{"an application without a server has no secret", func(s *session) {
		c := s.owned()
		c.refuses("token_endpoint_auth_method", s.login(object{"application_type": "browser"}))
		c.make(s.login(object{"application_type": "browser", "token_endpoint_auth_method": "none"}))
		c.refuses("token_endpoint_auth_method", s.login(object{"token_endpoint_auth_method": "none"}))
	}},
	{"an application that is installed is come back to by a scheme of its own, and no other is", func(s *session) {
		c := s.owned()
		own := object{"redirect_uris": []string{"no.example.app:/in"}, "application_type": "native", "token_endpoint_auth_method": "none"}
		c.make(s.login(own))
		c.refuses("redirect_uris", s.login(object{"redirect_uris": own["redirect_uris"]}))
	}},
	{"a client people log in with says where they come back to", func(s *session) {
		c := s.owned()
		c.refuses("redirect_uris", s.login(object{"redirect_uris": nil}))
		for _, uri := range []string{
			"http://app.example.no/in", "https://app.example.no/in#part", "/in", "https:///in", "https://*.example.no/in", "ftp://app.example.no",
		} {
			c.refuses("redirect_uris", s.login(object{"redirect_uris": []string{uri}}))
		}
		c.refuses("post_logout_redirect_uris", s.login(object{"post_logout_redirect_uris": []string{"http://app.example.no"}}))
	}},
	{"a developer's machine may be come back to in test and not in production", func(s *session) {
		client := s.login(object{"redirect_uris": []string{"http://localhost:5000/in"}})
		if s.owned(); s.target.Production {
			s.owned().refuses("redirect_uris", client)
			return
		}
		s.owned().make(client)
	}},
	{"the address for logging out is on the domain of one to come back to", func(s *session) {
		c := s.owned()
		c.make(s.login(object{"frontchannel_logout_uri": "https://app.example.no/out"}))
		c.refuses("frontchannel_logout_uri", s.login(object{"frontchannel_logout_uri": "https://other.example.no/out"}))
	}},
	{"an access token lives shorter than a refresh token, and that no longer than the authorization", func(s *session) {
		c := s.owned()
		c.make(s.login(object{"access_token_lifetime": 599, "refresh_token_lifetime": 600, "authorization_lifetime": 600}))
		c.refuses("access_token_lifetime", s.login(object{"access_token_lifetime": 600, "refresh_token_lifetime": 600}))
		c.refuses("refresh_token_lifetime", s.login(object{"refresh_token_lifetime": 601, "authorization_lifetime": 600}))
	}},
	{"a client of ID-porten has the scopes of logging in and no others", func(s *session) {
		c := s.owned()
		c.refuses("scopes", s.login(object{"scopes": []string{"openid", "profile", c.scope(nil)}}))
		c.refuses("scopes", s.login(object{"scopes": []string{"profile"}}))
	}},
	{"a client of Ansattporten may have scopes of others' too", func(s *session) {
		c := s.owned()
		c.make(s.login(object{"integration_type": "ansattporten", "scopes": []string{"openid", "profile", c.scope(nil)}}))
	}},
	{"a client of the contact register has its two scopes and no others", func(s *session) {
		c := s.owned()
		c.refuses("scopes", s.machine(object{"integration_type": "krr", "scopes": []string{c.scope(nil)}}))
	}},
	{"a scope nobody made, or nobody gave access to, cannot be put on a client", func(s *session) {
		c := s.owned()
		closed := s.foreign().scope(nil)
		c.refuses("scopes", s.machine(object{"scopes": []string{closed}}))
		c.refuses("scopes", s.machine(object{"scopes": []string{c.who.Code + ":no/such." + s.name}}))
		id := c.make(s.machine(nil))
		s.wantField(c.do(http.MethodPut, clientsPath+"/"+id, s.machine(object{"scopes": []string{closed}})), "scopes")
	}},
	{"scopes that are one's own, open to all, or given, can be put on a client", func(s *session) {
		c := s.owned()
		given, open := s.foreign().scope(nil), s.foreign().scope(object{"accessible_for_all": true})
		s.want(s.foreign().do(http.MethodPut, accessTo(given, c.who.Organisation), nil), http.StatusCreated)
		wanted := []string{c.scope(nil), open, given}
		listed, _ := c.get(c.make(s.machine(object{"scopes": wanted})))["scopes"].([]any)
		got := []string{}
		for _, scope := range listed {
			text, _ := scope.(string)
			got = append(got, text)
		}
		s.equal(sorted(wanted...), sorted(got...)) // the order is not promised
	}},
	{"a scope for other kinds of clients cannot be put on one", func(s *session) {
		c := s.owned()
		scope := c.scope(object{"allowed_integration_types": []string{"ansattporten"}})
		c.refuses("scopes", s.machine(object{"scopes": []string{scope}}))
	}},
}
