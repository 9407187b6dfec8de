// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"encoding/json"
	"math/big"
	"net/http"
	"time"
)

// keyRules are about the key set of a client (Digdir self-service API).
var keyRules = []rule{
	{"a new client has an empty set", func(s *session) {
		c := s.owned()
		got := s.want(c.do(http.MethodGet, clientsPath+"/"+c.make(s.machine(nil))+"/jwks", nil), http.StatusOK)
		s.equal("map[keys:[]]", got.object())
	}},
	{"posting keys replaces the whole set", func(s *session) {
		c := s.owned()
		id := c.make(s.machine(nil))
		s.want(c.putKeys(id, s.jwk("one", nil), s.jwk("two", nil)), http.StatusCreated)
		s.want(c.putKeys(id, s.jwk("two", nil), s.jwk("three", nil)), http.StatusCreated)
		s.equal([]string{"three", "two"}, c.kids(id))
	}},
	{"a key comes back as it was sent, with when it came and when it ends", func(s *session) {
		c := s.owned()
		id := c.make(s.machine(nil))
		s.want(c.putKeys(id, s.jwk("one", nil)), http.StatusCreated)
		got := s.want(c.do(http.MethodGet, clientsPath+"/"+id+"/jwks", nil), http.StatusOK)
		var read struct {
			Keys []struct {
				Kty, Use, Alg, Kid, N, E, Created string
				Exp                               int64
			}
		}
		if err := json.Unmarshal(got.body, &read); err != nil || len(read.Keys) != 1 {
			s.t.Fatalf("want one key, got %s", got)
		}
		one, sent := read.Keys[0], s.jwk("one", nil)
		s.equal([]any{sent["kty"], sent["use"], sent["alg"], sent["kid"], sent["n"], sent["e"]},
			[]any{one.Kty, one.Use, one.Alg, one.Kid, one.N, one.E})
		year := s.now().AddDate(1, 0, 0)
		if end := time.Unix(one.Exp, 0); one.Created == "" || end.Before(year.Add(-time.Hour)) || end.After(year.Add(time.Hour)) {
			s.t.Errorf("want the end in a year, got %s", got)
		}
	}},
	{"a key may end earlier, and not later than a year from now", func(s *session) {
		c := s.owned()
		id, now := c.make(s.machine(nil)), s.now()
		s.want(c.putKeys(id, s.jwk("one", object{"exp": now.AddDate(0, 1, 0).Unix()})), http.StatusCreated)
		s.wantField(c.putKeys(id, s.jwk("one", object{"exp": now.AddDate(1, 0, 2).Unix()})), "exp")
		s.wantField(c.putKeys(id, s.jwk("one", object{"exp": now.Add(-time.Hour).Unix()})), "exp")
	}},
	{"a set has at most five keys", func(s *session) {
		c := s.owned()
		id := c.make(s.machine(nil))
		set := []object{}
		for _, kid := range []string{"1", "2", "3", "4", "5"} {
			set = append(set, s.jwk(kid, nil))
		}
		s.want(c.putKeys(id, set...), http.StatusCreated)
		s.wantField(c.putKeys(id, append(set, s.jwk("6", nil))...), "keys")
		s.equal([]string{"1", "2", "3", "4", "5"}, c.kids(id))
	}},
	{"two keys of a set have two names", func(s *session) {
		c := s.owned()
		s.wantField(c.putKeys(c.make(s.machine(nil)), s.jwk("same", nil), s.jwk("same", nil)), "kid")
	}},
	{"a key that is not a public RSA key for signatures is refused", func(s *session) {
		c := s.owned()
		id := c.make(s.machine(nil))
		weak := encoded(new(big.Int).Rsh(s.key().N, 1024))
		for _, wrong := range []struct {
			field   string
			changes object
		}{
			{"kty", object{"kty": "EC"}},
			{"use", object{"use": "enc"}},
			{"use", object{"use": nil}},
			{"alg", object{"alg": "ES256"}},
			{"alg", object{"alg": nil}},
			{"kid", object{"kid": nil}},
			{"kid", object{"kid": "with space"}},
			{"kid", object{"kid": "æ"}},
			{"n", object{"n": weak}},
			{"n", object{"n": nil}},
			{"n", object{"e": nil}},
		} {
			s.wantField(c.putKeys(id, s.jwk("one", wrong.changes)), wrong.field)
		}
		s.equal([]string{}, c.kids(id))
	}},
	{"a private key is refused, and not said back", func(s *session) {
		c := s.owned()
		id, private := c.make(s.machine(nil)), encoded(s.key().D)
		got := c.putKeys(id, s.jwk("one", object{"d": private}))
		s.wantField(got, "keys")
		if len(private) < 100 || containsText(got, private[:40]) {
			s.t.Error("want no private key in the answer")
		}
		s.equal([]string{}, c.kids(id))
	}},
	{"RS384 and RS512 are as good as RS256", func(s *session) {
		c := s.owned()
		set := []object{s.jwk("one", object{"alg": "RS384"}), s.jwk("two", object{"alg": "RS512"})}
		s.want(c.putKeys(c.make(s.machine(nil)), set...), http.StatusCreated)
	}},
	{"deleting empties the set", func(s *session) {
		c := s.owned()
		id := c.make(s.machine(nil))
		s.want(c.putKeys(id, s.jwk("one", nil)), http.StatusCreated)
		s.want(c.do(http.MethodDelete, clientsPath+"/"+id+"/jwks", nil), http.StatusNoContent)
		s.equal([]string{}, c.kids(id))
	}},
	{"replacing a client leaves its keys", func(s *session) {
		c := s.owned()
		id := c.make(s.machine(nil))
		s.want(c.putKeys(id, s.jwk("one", nil)), http.StatusCreated)
		s.want(c.do(http.MethodPut, clientsPath+"/"+id, s.machine(nil)), http.StatusOK)
		s.equal([]string{"one"}, c.kids(id))
	}},
}

// registeredGrantRules are about tokens for clients made through self-service.
var registeredGrantRules = []rule{
	{"a client gets tokens with its keys and its scopes", func(s *session) {
		c := s.owned()
		scope := c.scope(nil)
		id := c.make(s.machine(object{"scopes": []string{scope}}))
		s.want(c.putKeys(id, s.jwk("one", nil)), http.StatusCreated)
		got := c.known(id, scope)
		token, _ := got.object()["access_token"].(string)
		read := s.verified(token, s.target.MaskinportenURL+"/jwk")
		s.equal([]any{id, scope}, []any{read["client_id"], read["scope"]})
		consumer, _ := read["consumer"].(map[string]any)
		s.equal("0192:"+c.who.Organisation, consumer["ID"])
		s.wantMP(c.ask(id, "two", scope), "MP-120")
		s.wantMP(c.ask(id, "one", c.scope(nil)), "MP-200")
	}},
	{"a key that was dropped stops working", func(s *session) {
		c := s.owned()
		scope := c.scope(nil)
		id := c.make(s.machine(object{"scopes": []string{scope}}))
		s.want(c.putKeys(id, s.jwk("one", nil), s.jwk("two", nil)), http.StatusCreated)
		c.known(id, scope)
		s.want(c.putKeys(id, s.jwk("two", nil)), http.StatusCreated)
		s.wantMP(c.soon(func() answer { return c.ask(id, "one", scope) }, http.StatusBadRequest), "MP-120")
		s.want(c.ask(id, "two", scope), http.StatusOK)
	}},
	{"a key that has ended is refused, and told so", func(s *session) {
		c := s.owned()
		scope := c.scope(nil)
		id := c.make(s.machine(object{"scopes": []string{scope}}))
		s.want(c.putKeys(id, s.jwk("one", object{"exp": s.now().Add(time.Hour).Unix()})), http.StatusCreated)
		c.known(id, scope)
		s.advance(longerThanTokens)
		s.wantMP(c.ask(id, "one", scope), "MP-121")
	}},
	{"access that is taken away shuts the scope, and given again opens it", func(s *session) {
		c := s.owned()
		scope := s.foreign().scope(nil)
		access := accessTo(scope, c.who.Organisation)
		s.want(s.foreign().do(http.MethodPut, access, nil), http.StatusCreated)
		id := c.make(s.machine(object{"scopes": []string{scope}}))
		s.want(c.putKeys(id, s.jwk("one", nil)), http.StatusCreated)
		c.known(id, scope)
		s.want(s.foreign().do(http.MethodDelete, access, nil), http.StatusNoContent)
		s.wantMP(c.soon(func() answer { return c.ask(id, "one", scope) }, http.StatusBadRequest), "MP-250")
		s.want(s.foreign().do(http.MethodPut, access, nil), http.StatusOK)
		c.known(id, scope)
	}},
	{"a scope that is deactivated is refused", func(s *session) {
		c := s.owned()
		scope := c.scope(nil)
		id := c.make(s.machine(object{"scopes": []string{scope}}))
		s.want(c.putKeys(id, s.jwk("one", nil)), http.StatusCreated)
		c.known(id, scope)
		s.want(c.do(http.MethodDelete, named(scope), nil), http.StatusNoContent)
		s.wantMP(c.soon(func() answer { return c.ask(id, "one", scope) }, http.StatusBadRequest), "MP-200")
	}},
	{"a client that is deactivated is not there", func(s *session) {
		c := s.owned()
		scope := c.scope(nil)
		id := c.make(s.machine(object{"scopes": []string{scope}}))
		s.want(c.putKeys(id, s.jwk("one", nil)), http.StatusCreated)
		c.known(id, scope)
		s.want(c.do(http.MethodDelete, clientsPath+"/"+id, nil), http.StatusNoContent)
		s.wantMP(c.soon(func() answer { return c.ask(id, "one", scope) }, http.StatusBadRequest), "MP-100")
	}},
	{"a client that people log in with gets nothing for a signed grant", func(s *session) {
		c := s.owned()
		id := c.make(s.login(nil))
		s.want(c.putKeys(id, s.jwk("one", nil)), http.StatusCreated)
		refused := func() answer { // until the client is known, the answer is another
			got := c.ask(id, "one", "openid")
			if containsText(got, "MP-201") {
				got.status = http.StatusOK
			}
			return got
		}
		s.wantText(c.soon(refused, http.StatusOK), http.StatusOK, "MP-201")
	}},
}
