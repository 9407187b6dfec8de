// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// maxGrantLife is the longest a grant may say it lives (Maskinporten guide).
	maxGrantLife = 120
	// maxClockSkew is how far a grant's iat may be from the server's clock, to either side (Maskinporten guide).
	maxClockSkew = 10
)

// grantAlgorithms are the only ones: keys are RSA (Maskinporten guide).
var grantAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512}

// grant is the payload of a JWT grant, and what was found out about it.
type grant struct {
	Issuer      string          `json:"iss"`
	Audience    audience        `json:"aud"`
	IssuedAt    int64           `json:"iat"`
	Expires     int64           `json:"exp"`
	ID          string          `json:"jti"`
	Scope       string          `json:"scope"`
	Resource    []string        `json:"resource"`
	ConsumerOrg string          `json:"consumer_org"`
	Details     []consentLookup `json:"authorization_details"`

	client     Client
	registered *ClientModel // of a client made through self-service
	lifetime   time.Duration
	consents   []consent
}

// audience is one string; a list of one is the same by RFC 7519.
type audience string

// UnmarshalJSON reads a string or a list of one.
func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience(one)
		return nil
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*a = audience(strings.Join(list, " "))
	return nil
}

func badAssertion(why string) *oauthError {
	return &oauthError{"invalid_request", "MP-011", "Invalid assertion. Invalid parameter value. " + why}
}

func badClient(number, why string) *oauthError {
	return &oauthError{"invalid_grant", number, "Invalid assertion. Client authentication failed. " + why}
}

// checkGrant asks all that Maskinporten asks of a grant. A grant that is the client's own counts as used from then on, also
// when its scopes are refused.
func (s *Server) checkGrant(c *call, assertion string) (*grant, *oauthError) {
	read, signed, refusal := readGrant(assertion)
	if refusal != nil {
		return nil, refusal
	}
	if !s.findClient(read, c.now) {
		return nil, badClient("MP-100", "Client not found.")
	}
	checks := []func() *oauthError{
		func() *oauthError { return checkSignature(signed, read.client, c.now) },
		func() *oauthError { return checkAudience(read, maskinportenIssuer(c.base)) },
		func() *oauthError { return checkTimes(read, c.now) },
		func() *oauthError { return s.checkReplay(read, c.now) },
		func() *oauthError { return s.checkScopes(read) },
		func() *oauthError { return s.checkDetails(read, c.now) },
	}
	for _, check := range checks {
		if refusal := check(); refusal != nil {
			return nil, refusal
		}
	}
	return read, nil
}

// findClient finds whose grant it is. A client made through self-service is as it was when the last change got through.
func (s *Server) findClient(g *grant, now time.Time) bool {
	if client, known := s.state.Clients[g.Issuer]; known {
		g.client, g.lifetime = client, accessTokenLifetime
		return true
	}
	stored := s.state.Registered[g.Issuer]
	if stored == nil {
		return false
	}
	seen := stored.at(now.Add(-s.options.Propagation))
	if seen == nil || !seen.Client.Active {
		return false
	}
	model := &seen.Client
	g.registered = model
	g.lifetime = time.Duration(model.AccessTokenLifetime) * time.Second
	g.client = Client{
		ID: model.ID, Organisation: model.Organisation, Scopes: model.Scopes, Prefixes: s.owners.prefixesOf(model.Organisation),
	}
	for i := range seen.Keys {
		g.client.Keys = append(g.client.Keys, seen.Keys[i].key())
	}
	return true
}

// readGrant reads the payload before the signature is checked, since it says whose key to check with.
func readGrant(assertion string) (*grant, *jose.JSONWebSignature, *oauthError) {
	signed, err := jose.ParseSignedCompact(assertion, append([]jose.SignatureAlgorithm{
		jose.ES256, jose.ES384, jose.ES512, jose.PS256, jose.PS384, jose.PS512, jose.HS256, jose.EdDSA,
	}, grantAlgorithms...))
	if err != nil {
		return nil, nil, badAssertion("Not a signed JWT.")
	}
	read := &grant{}
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), read); err != nil {
		return nil, nil, badAssertion("The claims cannot be read.")
	}
	if claim := read.missing(); claim != "" {
		return nil, nil, badAssertion("The claim " + claim + " is missing.")
	}
	return read, signed, nil
}

// missing names the first required claim that is not there (Maskinporten guide).
func (g *grant) missing() string {
	for _, claim := range []struct {
		name  string
		empty bool
	}{
		{"iss", g.Issuer == ""},
		{"aud", g.Audience == ""},
		{"iat", g.IssuedAt == 0},
		{"exp", g.Expires == 0},
		{"jti", g.ID == ""},
		{"scope", strings.TrimSpace(g.Scope) == ""},
	} {
		if claim.empty {
			return claim.name
		}
	}
	return ""
}

func checkSignature(signed *jose.JSONWebSignature, client Client, now time.Time) *oauthError {
	header := signed.Signatures[0].Protected
	if !slices.Contains(grantAlgorithms, jose.SignatureAlgorithm(header.Algorithm)) {
		return badClient("MP-120", "The algorithm is not supported.")
	}
	if header.KeyID == "" {
		return badClient("MP-120", "Neither kid nor x5c is in the header.")
	}
	for _, key := range client.Keys {
		if key.JWK.KeyID != header.KeyID {
			continue
		}
		if !key.Expires.IsZero() && !now.Before(key.Expires) {
			return badClient("MP-121", "The key has expired.")
		}
		if _, err := signed.Verify(key.JWK.Public()); err != nil {
			return badClient("MP-122", "Invalid signature.")
		}
		return nil
	}
	return badClient("MP-120", "Unknown key identifier.")
}

func checkAudience(g *grant, issuer string) *oauthError {
	if string(g.Audience) != issuer {
		return badClient("MP-110", "Invalid JWT claim aud.")
	}
	return nil
}

func checkTimes(g *grant, now time.Time) *oauthError {
	clock := now.Unix()
	if g.Expires <= g.IssuedAt || g.Expires-g.IssuedAt > maxGrantLife {
		return badAssertion("exp must be at most 120 seconds after iat.")
	}
	if g.Expires <= clock || g.IssuedAt > clock+maxClockSkew || g.IssuedAt < clock-maxClockSkew {
		return badClient("MP-130", "JWT is expired, or the clocks differ.")
	}
	return nil
}

// checkReplay refuses a jti that the client has used. It is remembered as long as the same grant could still be valid.
func (s *Server) checkReplay(g *grant, now time.Time) *oauthError {
	maps.DeleteFunc(s.grants, func(_ string, until time.Time) bool { return until.Before(now) })
	key := g.client.ID + " " + g.ID
	if _, used := s.grants[key]; used {
		return &oauthError{"invalid_grant", "MP-012", "Validation of JWT Bearer grant failed. Grant is used before."}
	}
	s.grants[key] = now.Add((maxGrantLife + maxClockSkew) * time.Second)
	return nil
}

func (s *Server) checkScopes(g *grant) *oauthError {
	if g.registered != nil && !g.registered.usesGrants() {
		return &oauthError{"invalid_scope", "MP-201", "The integration type of the client does not allow this grant."}
	}
	for _, scope := range strings.Fields(g.Scope) {
		if !slices.Contains(g.client.Scopes, scope) || g.registered != nil && !s.scopeIsActive(scope) {
			return &oauthError{"invalid_scope", "MP-200", "Token request contains invalid scopes for client."}
		}
		if slices.Contains(g.client.Ungranted, scope) || g.registered != nil && !s.hasAccess(scope, g.client.Organisation) {
			return &oauthError{"invalid_scope", "MP-250", "Consumer does not have access to the scope."}
		}
	}
	if g.ConsumerOrg != "" && !slices.Contains(g.client.Represents, g.ConsumerOrg) {
		return &oauthError{"invalid_grant", "MP-251", "Consumer has not delegated access to the scope to the supplier."}
	}
	return nil
}
