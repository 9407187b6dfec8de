// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// grantRules are Maskinporten's (Maskinporten guide).
var grantRules = []rule{
	{"a grant that is right gives a bearer token with the scopes that were asked for", func(s *session) {
		got := s.want(s.grant(s.target.Owner, claims{"scope": scopeResourceWrite}), http.StatusOK)
		s.equal("Bearer", got.object()["token_type"])
		s.equal(scopeResourceWrite, got.object()["scope"])
		if seconds, _ := got.object()["expires_in"].(float64); seconds <= 0 {
			s.t.Errorf("want a lifetime, got %s", got)
		}
	}},
	{"the metadata name the issuer with a slash at its end", func(s *session) {
		got := s.want(s.anyone(s.target.MaskinportenURL+"/.well-known/oauth-authorization-server"), http.StatusOK)
		s.equal(s.target.MaskinportenURL+"/", got.object()["issuer"])
		s.equal(s.target.MaskinportenURL+"/token", got.object()["token_endpoint"])
	}},
	{"another grant type is refused", func(s *session) {
		assertion := s.sign(s.target.Owner.KeyID, s.target.Owner.Key, s.claimsOf(s.target.Owner, nil))
		got := s.tokenForm(url.Values{"grant_type": {"client_credentials"}, "assertion": {assertion}})
		s.wantText(got, http.StatusBadRequest, "unsupported_grant_type")
	}},
	{"a grant that is not a form is refused", func(s *session) {
		got := s.as("", http.MethodPost, s.target.MaskinportenURL+"/token", object{"grant_type": jwtBearer})
		s.want(got, http.StatusBadRequest)
	}},
	{"a form without an assertion is refused", func(s *session) {
		s.wantMP(s.tokenForm(url.Values{"grant_type": {jwtBearer}}), "MP-011")
	}},
	{"an assertion that is no JWT is refused", func(s *session) { s.wantMP(s.present("not.a.jwt"), "MP-011") }},
	{"a grant without a claim that is required is refused", func(s *session) {
		for _, claim := range []string{"aud", "iat", "exp", "jti", "scope"} {
			s.wantMP(s.grant(s.target.Owner, claims{claim: nil}), "MP-011")
		}
	}},
	{"a client nobody registered is refused", func(s *session) {
		s.wantMP(s.grant(s.target.Owner, claims{"iss": "nobody"}), "MP-100")
	}},
	{"an audience without its slash is refused", func(s *session) {
		s.wantMP(s.grant(s.target.Owner, claims{"aud": s.target.MaskinportenURL}), "MP-110")
	}},
	{"an audience in a list of one is accepted, of two refused", func(s *session) {
		issuer := s.target.MaskinportenURL + "/"
		s.want(s.grant(s.target.Owner, claims{"aud": []string{issuer}}), http.StatusOK)
		s.wantMP(s.grant(s.target.Owner, claims{"aud": []string{issuer, "https://other.example.no/"}}), "MP-110")
	}},
	{"a grant may live 120 seconds and not one more", func(s *session) {
		now := s.now().Unix()
		s.want(s.grant(s.target.Owner, claims{"iat": now, "exp": now + 120}), http.StatusOK)
		s.wantMP(s.grant(s.target.Owner, claims{"iat": now, "exp": now + 121}), "MP-011")
	}},
	{"a grant from the future or the past is refused", func(s *session) {
		now := s.now().Unix()
		s.wantMP(s.grant(s.target.Owner, claims{"iat": now + 30, "exp": now + 100}), "MP-130")
		s.wantMP(s.grant(s.target.Owner, claims{"iat": now - 30, "exp": now + 60}), "MP-130")
		s.wantMP(s.grant(s.target.Owner, claims{"iat": now - 90, "exp": now - 10}), "MP-130")
	}},
	{"a grant is good for one use", func(s *session) {
		assertion := s.sign(s.target.Owner.KeyID, s.target.Owner.Key, s.claimsOf(s.target.Owner, nil))
		s.want(s.present(assertion), http.StatusOK)
		s.wantMP(s.present(assertion), "MP-012")
	}},
	{"a jti is good for one use, also in another grant", func(s *session) {
		s.want(s.grant(s.target.Owner, claims{"jti": "once-" + s.name}), http.StatusOK)
		s.wantMP(s.grant(s.target.Owner, claims{"jti": "once-" + s.name, "scope": scopeResourceWrite}), "MP-012")
	}},
	{"the jti of one client does not use up another's", func(s *session) {
		s.want(s.grant(s.target.Owner, claims{"jti": "shared-" + s.name}), http.StatusOK)
		s.want(s.grant(s.target.Foreign, claims{"jti": "shared-" + s.name}), http.StatusOK)
	}},
	{"a key nobody registered is refused", func(s *session) {
		owner := s.target.Owner
		s.wantMP(s.present(s.sign("no-such-key", owner.Key, s.claimsOf(owner, nil))), "MP-120")
		s.wantMP(s.present(s.sign("", owner.Key, s.claimsOf(owner, nil))), "MP-120")
	}},
	{"a key that has expired is refused, and told so", func(s *session) {
		owner := s.target.Owner
		if owner.ExpiredKey == nil {
			s.t.Skip("the target has no client with an expired key")
		}
		s.wantMP(s.present(s.sign(owner.ExpiredKeyID, owner.ExpiredKey, s.claimsOf(owner, nil))), "MP-121")
	}},
	{"a signature by another key under a known name is refused", func(s *session) {
		other, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			s.t.Fatal(err)
		}
		s.wantText(s.present(s.sign(s.target.Owner.KeyID, other, s.claimsOf(s.target.Owner, nil))), http.StatusBadRequest, "MP-12")
	}},
	{"elliptic curves are refused, since keys are RSA", func(s *session) {
		curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			s.t.Fatal(err)
		}
		assertion := s.signWith(jose.ES256, s.target.Owner.KeyID, curve, s.claimsOf(s.target.Owner, nil))
		s.wantText(s.present(assertion), http.StatusBadRequest, "MP-12")
	}},
	{"RS384 and RS512 are as good as RS256", func(s *session) {
		for _, algorithm := range []jose.SignatureAlgorithm{jose.RS384, jose.RS512} {
			owner := s.target.Owner
			s.want(s.present(s.signWith(algorithm, owner.KeyID, owner.Key, s.claimsOf(owner, nil))), http.StatusOK)
		}
	}},
	{"a scope that is not on the client is refused", func(s *session) {
		s.wantMP(s.grant(s.target.Owner, claims{"scope": scopeResourceWrite + " other:scope"}), "MP-200")
	}},
	{"a scope its owner gave no access to is refused", func(s *session) {
		if s.target.Owner.Ungranted == "" {
			s.t.Skip("the target has no client with such a scope")
		}
		s.wantMP(s.grant(s.target.Owner, claims{"scope": s.target.Owner.Ungranted}), "MP-250")
	}},
	{"an organisation that did not delegate cannot be spoken for", func(s *session) {
		s.wantMP(s.grant(s.target.Owner, claims{"consumer_org": s.target.Unknown}), "MP-251")
	}},
	{"a GET of the token endpoint is not allowed", func(s *session) {
		s.want(s.anyone(s.target.MaskinportenURL+"/token"), http.StatusMethodNotAllowed)
	}},
}

// tokenRules are about what is issued, and about Altinn's exchange of it.
var tokenRules = []rule{
	{"a token is signed by a key of the published set, and says who consumes", func(s *session) {
		granted := s.want(s.grant(s.target.Owner, nil), http.StatusOK)
		token, _ := granted.object()["access_token"].(string)
		read := s.verified(token, s.target.MaskinportenURL+"/jwk")
		s.equal(s.target.MaskinportenURL+"/", read["iss"])
		s.equal(s.target.Owner.ClientID, read["client_id"])
		consumer, _ := read["consumer"].(map[string]any)
		s.equal("iso6523-actorid-upis", consumer["authority"])
		s.equal("0192:"+s.target.Owner.Organisation, consumer["ID"])
	}},
	{"a resource that was asked for becomes the audience", func(s *session) {
		granted := s.want(s.grant(s.target.Owner, claims{"resource": []string{"https://api.example.no"}}), http.StatusOK)
		token, _ := granted.object()["access_token"].(string)
		s.equal("[https://api.example.no]", s.verified(token, s.target.MaskinportenURL+"/jwk")["aud"])
	}},
	{"an exchanged token says the code of a service owner", func(s *session) {
		token := s.altinn(s.target.Owner)
		read := s.verified(token, s.altinnKeys())
		s.equal(s.target.Owner.Code, read["urn:altinn:org"])
		s.equal(s.target.Owner.Organisation, read["urn:altinn:orgNumber"])
	}},
	{"an exchanged token of another enterprise has no code", func(s *session) {
		s.equal(nil, s.verified(s.altinn(s.target.Bank), s.altinnKeys())["urn:altinn:org"])
	}},
	{"an exchange without a token, or with a spoiled one, is refused", func(s *session) {
		s.want(s.anyone(exchangePath), http.StatusUnauthorized)
		granted := s.want(s.grant(s.target.Owner, nil), http.StatusOK)
		token, _ := granted.object()["access_token"].(string)
		s.want(s.as(spoiled(token), http.MethodGet, exchangePath, nil), http.StatusUnauthorized)
	}},
	{"an exchanged token cannot be exchanged again", func(s *session) {
		s.want(s.owner(http.MethodGet, exchangePath, nil), http.StatusUnauthorized)
	}},
	{"a token that was not exchanged opens nothing at Altinn", func(s *session) {
		granted := s.want(s.grant(s.target.Owner, nil), http.StatusOK)
		token, _ := granted.object()["access_token"].(string)
		s.want(s.as(token, http.MethodPost, resourcePath, s.resource(s.fresh(), nil)), http.StatusUnauthorized)
	}},
	{"a call without a token is told to bring one", func(s *session) {
		got := s.want(s.as("", http.MethodPost, resourcePath, s.resource(s.fresh(), nil)), http.StatusUnauthorized)
		if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
			s.t.Errorf("want a challenge, got %v", got.header)
		}
	}},
	{"a spoiled token opens nothing", func(s *session) {
		got := s.as(spoiled(s.altinn(s.target.Owner)), http.MethodPost, resourcePath, s.resource(s.fresh(), nil))
		s.want(got, http.StatusUnauthorized)
	}},
	{"a token that has expired opens nothing", func(s *session) {
		token := s.altinn(s.target.Owner)
		s.advance(longerThanTokens)
		s.want(s.as(token, http.MethodPost, resourcePath, s.resource(s.fresh(), nil)), http.StatusUnauthorized)
	}},
}

func (s *session) altinnKeys() string {
	return s.target.BaseURL + "/authentication/api/v1/openid/.well-known/openid-configuration/jwks"
}

// spoiled changes a token within its payload.
func spoiled(token string) string {
	parts := strings.Split(token, ".")
	parts[1] = "e30" // {}
	return strings.Join(parts, ".")
}

// verified reads a token after holding its signature to a set of keys.
func (s *session) verified(token, keysURL string) map[string]any {
	s.t.Helper()
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(s.want(s.anyone(keysURL), http.StatusOK).body, &keys); err != nil {
		s.t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		s.t.Fatal(err)
	}
	payload, err := signed.Verify(keys)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{body: payload}.object()
}
