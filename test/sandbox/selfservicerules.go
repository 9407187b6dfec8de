// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"net/url"
	"slices"
	"strings"
)

// Words of a client (Digdir self-service API).
const (
	integrationMaskinporten = "maskinporten"
	integrationKRR          = "krr"
	integrationIDPorten     = "idporten"
	integrationAnsattporten = "ansattporten"
	integrationAPI          = "api_klient"

	applicationWeb    = "web"
	methodPrivateKey  = "private_key_jwt"
	grantCode         = "authorization_code"
	grantRefresh      = "refresh_token"
	maxNameLength     = 255
	defaultAccess     = 120
	defaultRefresh    = 600
	defaultAuthorized = 7200
)

var (
	// loginScopes are there for every client that people log in with, without anybody's leave.
	loginScopes = []string{"openid", "profile"}
	krrScopes   = []string{"krr:global/kontaktinformasjon.read", "krr:global/digitalpost.read"}
)

// usesGrants says whether a client asks for tokens with signed grants of its own; the others send people to log in.
func (m *ClientModel) usesGrants() bool {
	return m.IntegrationType == integrationMaskinporten || m.IntegrationType == integrationKRR
}

// fillIn puts what a new client has where nothing was sent.
func (m *ClientModel) fillIn() {
	m.ApplicationType = orElse(m.ApplicationType, applicationWeb)
	m.RefreshTokenUsage = orElse(m.RefreshTokenUsage, "ONETIME")
	m.AccessTokenLifetime = orElse(m.AccessTokenLifetime, defaultAccess)
	m.RefreshTokenLifetime = orElse(m.RefreshTokenLifetime, defaultRefresh)
	m.AuthorizationLifetime = orElse(m.AuthorizationLifetime, defaultAuthorized)
	if m.usesGrants() {
		m.AuthMethod = orElse(m.AuthMethod, methodPrivateKey)
	} else {
		m.CodeChallengeMethod = orElse(m.CodeChallengeMethod, "S256")
	}
	switch {
	case len(m.Scopes) > 0:
		m.Scopes = slices.Compact(slices.Sorted(slices.Values(m.Scopes)))
	case m.IntegrationType == integrationKRR:
		m.Scopes = slices.Clone(krrScopes)
	case m.usesGrants():
		m.Scopes = []string{}
	default:
		m.Scopes = slices.Clone(loginScopes)
	}
}

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// checkClient holds a client to the table of integrations and the rules beside it (Digdir self-service API).
func (s *Server) checkClient(m *ClientModel) *faultsFound {
	faults := &faultsFound{object: "client"}
	if m.Name == "" || len(m.Name) > maxNameLength {
		faults.add("client_name", "must have 1 to %d characters", maxNameLength)
	}
	faults.oneOf("integration_type", m.IntegrationType,
		integrationMaskinporten, integrationKRR, integrationIDPorten, integrationAnsattporten, integrationAPI)
	faults.oneOf("refresh_token_usage", m.RefreshTokenUsage, "REUSE", "ONETIME")
	if m.AccessTokenLifetime < 0 || m.RefreshTokenLifetime < 0 || m.AuthorizationLifetime < 0 {
		faults.add("access_token_lifetime", "a lifetime cannot be negative")
	}
	if m.usesGrants() {
		checkMachine(m, faults)
	} else {
		checkLogin(m, faults)
		s.checkAddresses(m, faults)
	}
	s.checkClientScopes(m, faults)
	return faults
}

// checkMachine is for clients without people.
func checkMachine(m *ClientModel, faults *faultsFound) {
	faults.oneOf("application_type", m.ApplicationType, applicationWeb)
	faults.oneOf("token_endpoint_auth_method", m.AuthMethod, methodPrivateKey)
	if len(m.GrantTypes) != 1 || m.GrantTypes[0] != grantType {
		faults.add("grant_types", "must be %s and nothing else", grantType)
	}
	if len(m.RedirectURIs) > 0 {
		faults.add("redirect_uris", "nobody logs in at a client of this kind")
	}
}

// checkLogin is for clients that people log in with.
func checkLogin(m *ClientModel, faults *faultsFound) {
	faults.oneOf("application_type", m.ApplicationType, applicationWeb, "browser", "native")
	if m.ApplicationType == applicationWeb {
		faults.oneOf("token_endpoint_auth_method", m.AuthMethod, "client_secret_basic", "client_secret_post", methodPrivateKey)
	} else {
		faults.oneOf("token_endpoint_auth_method", m.AuthMethod, "none")
	}
	faults.oneOf("code_challenge_method", m.CodeChallengeMethod, "none", "S256")
	for _, grant := range m.GrantTypes {
		faults.oneOf("grant_types", grant, grantCode, grantRefresh)
	}
	if !slices.Contains(m.GrantTypes, grantCode) {
		faults.add("grant_types", "must have %s", grantCode)
	}
	if len(m.RedirectURIs) == 0 {
		faults.add("redirect_uris", "%s needs one", grantCode)
	}
	if m.AccessTokenLifetime >= m.RefreshTokenLifetime {
		faults.add("access_token_lifetime", "must be shorter than refresh_token_lifetime")
	}
	if m.RefreshTokenLifetime > m.AuthorizationLifetime {
		faults.add("refresh_token_lifetime", "must not be longer than authorization_lifetime")
	}
}

// checkAddresses reads the URIs that people are sent to.
func (s *Server) checkAddresses(m *ClientModel, faults *faultsFound) {
	hosts := map[string]bool{}
	for _, uri := range m.RedirectURIs {
		if read := s.checkAddress("redirect_uris", uri, m, faults); read != nil {
			hosts[read.Hostname()] = true
		}
	}
	for _, uri := range m.PostLogoutRedirectURIs {
		s.checkAddress("post_logout_redirect_uris", uri, m, faults)
	}
	if m.FrontchannelLogoutURI == "" {
		return
	}
	read := s.checkAddress("frontchannel_logout_uri", m.FrontchannelLogoutURI, m, faults)
	if read != nil && !hosts[read.Hostname()] {
		faults.add("frontchannel_logout_uri", "must be on the domain of a redirect_uri")
	}
}

// checkAddress reads one. A fragment would never reach the server it names.
func (s *Server) checkAddress(field, uri string, m *ClientModel, faults *faultsFound) *url.URL {
	read, err := url.Parse(uri)
	if err != nil || read.Scheme == "" || strings.Contains(uri, "*") {
		faults.add(field, "must be an absolute URI")
		return nil
	}
	if strings.Contains(uri, "#") {
		faults.add(field, "must have no fragment")
	}
	web := read.Scheme == "http" || read.Scheme == "https"
	if m.ApplicationType != "native" || web { // an application that is installed has schemes of its own
		s.checkHost(field, read, faults)
	}
	return read
}

// checkHost wants https. The machine of a developer may be called without, and in production not at all.
func (s *Server) checkHost(field string, uri *url.URL, faults *faultsFound) {
	atHome := slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, uri.Hostname())
	switch {
	case uri.Host == "":
		faults.add(field, "must name a host")
	case atHome && s.options.Production:
		faults.add(field, "localhost is not allowed in production")
	case uri.Scheme != "https" && (uri.Scheme != "http" || !atHome):
		faults.add(field, "must be https")
	}
}

// checkClientScopes holds each scope to what the kind of client may have, and to what its organisation was given.
func (s *Server) checkClientScopes(m *ClientModel, faults *faultsFound) {
	if !m.usesGrants() && !slices.Contains(m.Scopes, "openid") {
		faults.add("scopes", "must have openid")
	}
	for _, scope := range m.Scopes {
		switch fixed, all := m.fixedScopes(); {
		case slices.Contains(fixed, scope) && !m.usesGrants():
		case all && !slices.Contains(fixed, scope):
			faults.add("scopes", "the scope %s is not for %s", scope, m.IntegrationType)
		case !s.hasAccess(scope, m.Organisation):
			faults.add("scopes", "the organisation has no access to the scope %s", scope)
		case !s.state.Scopes[scope].Scope.allows(m.IntegrationType):
			faults.add("scopes", "the scope %s is not for %s", scope, m.IntegrationType)
		}
	}
}

// fixedScopes are those that the kind of client comes with, and whether it can have no others.
func (m *ClientModel) fixedScopes() (scopes []string, all bool) {
	switch m.IntegrationType {
	case integrationKRR:
		return krrScopes, true
	case integrationIDPorten:
		return slices.Concat(loginScopes, []string{"eidas", "no_pid"}), true
	case integrationMaskinporten:
		return nil, false
	}
	return loginScopes, false
}
