// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// loginKey makes the key of an issuer that people log in at, when somebody asks for it: nothing is signed with it here.
func loginKey(issuer string) func() (jose.JSONWebKey, error) {
	return sync.OnceValues(func() (jose.JSONWebKey, error) {
		private, err := rsa.GenerateKey(rand.Reader, minKeyBits)
		if err != nil {
			return jose.JSONWebKey{}, fmt.Errorf("generating the key of %s: %w", issuer, err)
		}
		return jose.JSONWebKey{Key: private.Public(), KeyID: issuer + "-1", Algorithm: string(jose.RS256), Use: "sig"}, nil
	})
}

// loginKeys live as long as the process.
var loginKeys = map[string]func() (jose.JSONWebKey, error){
	integrationIDPorten:     loginKey(integrationIDPorten),
	integrationAnsattporten: loginKey(integrationAnsattporten),
}

// issuerRoutes are what can be found out about ID-porten and Ansattporten, and somebody's API behind a scope. Logging in is not
// played.
func (s *Server) issuerRoutes() {
	for issuer, key := range loginKeys {
		s.route("GET /"+issuer+"/.well-known/openid-configuration", func(c *call) reply { return loginMetadata(c.base + "/" + issuer) })
		s.route("GET /"+issuer+"/jwks.json", func(*call) reply {
			public, err := key()
			if err != nil {
				return problemReply(http.StatusInternalServerError, err.Error())
			}
			return jsonReply(http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
		})
	}
	s.route("GET /protected/{scope...}", s.protected)
}

// loginMetadata is what OpenID Connect Discovery requires; the issuer has no slash at its end, unlike Maskinporten's.
func loginMetadata(issuer string) reply {
	return jsonReply(http.StatusOK, map[string]any{
		"issuer":                                issuer,
		"authorization_endpoint":                issuer + "/authorize",
		"token_endpoint":                        issuer + "/token",
		"jwks_uri":                              issuer + "/jwks.json",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{string(jose.RS256)},
		"scopes_supported":                      loginScopes,
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", methodPrivateKey, "none"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}

// protected is an API that a token of Maskinporten's with the scope opens.
func (s *Server) protected(c *call) reply {
	scope := c.PathValue("scope")
	token, err := s.bearer(c, s.keys.maskinporten, maskinportenIssuer(c.base))
	if err != nil {
		return unauthorized(err.Error())
	}
	if !token.has(scope) {
		return forbidden().with("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope=%q`, scope))
	}
	return jsonReply(http.StatusOK, map[string]string{"consumer": token.consumer()})
}
