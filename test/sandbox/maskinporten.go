// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// grantType is the only one Maskinporten knows (Maskinporten guide).
const grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"

// accessTokenLifetime is the default of a new client (Maskinporten guide).
const accessTokenLifetime = 120 * time.Second

// oauthError is a refusal of the token endpoint. The MP number is given in the description and as the anchor of error_uri;
// the guide says that the body has error, error_description and error_uri, not in which of them the number stands (Maskinporten guide).
type oauthError struct {
	kind        string
	number      string
	description string
}

func (e *oauthError) reply() reply {
	body := map[string]string{"error": e.kind, "error_description": e.description}
	if e.number != "" {
		body["error_description"] = e.number + ": " + e.description
		body["error_uri"] = "https://docs.digdir.no/docs/Maskinporten/maskinporten_feilsoking#" + strings.ToLower(e.number)
	}
	return jsonReply(http.StatusBadRequest, body).with("Cache-Control", "no-store")
}

func (s *Server) maskinportenRoutes() {
	s.route("GET /.well-known/oauth-authorization-server", metadata)
	s.route("GET /jwk", s.jwks)
	s.route("POST /token", s.token)
	s.route("GET /authentication/api/v1/exchange/maskinporten", s.exchange)
	s.route("GET /authentication/api/v1/openid/.well-known/openid-configuration", altinnMetadata)
	s.route("GET /authentication/api/v1/openid/.well-known/openid-configuration/jwks", s.altinnJWKS)
}

func metadata(c *call) reply {
	return jsonReply(http.StatusOK, map[string]any{
		"issuer":                                maskinportenIssuer(c.base),
		"token_endpoint":                        c.base + "/token",
		"jwks_uri":                              c.base + "/jwk",
		"token_endpoint_auth_methods_supported": []string{"private_key_jwt"},
		"grant_types_supported":                 []string{grantType},
		"token_endpoint_auth_signing_alg_values_supported": grantAlgorithms,
		"authorization_details_types_supported":            []string{consentDetail},
	})
}

func (s *Server) jwks(*call) reply {
	return jsonReply(http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.keys.maskinporten.Public()}})
}

// token issues an access token for a grant.
func (s *Server) token(c *call) reply {
	form, refusal := tokenForm(c)
	if refusal != nil {
		return refusal.reply()
	}
	granted, refusal := s.checkGrant(c, form.Get("assertion"))
	if refusal != nil {
		return refusal.reply()
	}
	token, err := s.issue(s.keys.maskinporten, granted.claims(c), c.now, granted.lifetime)
	if err != nil {
		return problemReply(http.StatusInternalServerError, err.Error())
	}
	return jsonReply(http.StatusOK, map[string]any{
		"access_token": token,
		"token_type":   "Bearer",
		"expires_in":   int(granted.lifetime.Seconds()),
		"scope":        granted.Scope,
	}).with("Cache-Control", "no-store")
}

func tokenForm(c *call) (url.Values, *oauthError) {
	contentType, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || contentType != "application/x-www-form-urlencoded" {
		return nil, &oauthError{kind: "invalid_request", description: "The body must be a form."}
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, &oauthError{kind: "invalid_request", description: "The form cannot be read."}
	}
	if form.Get("grant_type") != grantType {
		return nil, &oauthError{kind: "unsupported_grant_type", description: "Unknown or missing grant_type."}
	}
	if form.Get("assertion") == "" {
		return nil, badAssertion("The parameter is missing.")
	}
	return form, nil
}

// claims are those of the access token for a grant (Maskinporten guide; the audience is a word when none was asked for).
func (g *grant) claims(c *call) claims {
	made := claims{
		Issuer:    maskinportenIssuer(c.base),
		Audience:  "unspecified",
		Scope:     g.Scope,
		TokenType: "Bearer",
		ClientID:  g.client.ID,
		ClientAMR: "private_key_jwt",
		Consumer:  organisationActor(g.client.Organisation),
		Prefixes:  g.client.Prefixes,
		Details:   g.consents,
	}
	if len(g.Resource) > 0 {
		made.Audience = g.Resource
	}
	if g.ConsumerOrg != "" {
		made.Consumer, made.Supplier = organisationActor(g.ConsumerOrg), made.Consumer
	}
	return made
}
