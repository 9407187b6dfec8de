// SPDX-License-Identifier: BSD-3-Clause

package selfservice

import (
	"encoding/json"
	"slices"
	"time"
)

// Words of a client (Digdir self-service API). Which go together is the API's to say; Maskinporten takes private_key_jwt and
// jwt-bearer alone.
const (
	IntegrationMaskinporten = "maskinporten"
	IntegrationIDPorten     = "idporten"
	IntegrationAnsattporten = "ansattporten"
	// IntegrationAPI logs users in as IDPorten does, and may have the scopes of other APIs too.
	IntegrationAPI = "api_klient"

	ApplicationWeb = "web"

	GrantJWTBearer         = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"

	AuthPrivateKeyJWT = "private_key_jwt"

	RefreshReuse   = "REUSE"
	RefreshOneTime = "ONETIME"

	ChallengeS256 = "S256"
)

// What the API takes a lifetime for that is left out, in seconds.
const (
	defaultAccessLifetime        = 120
	defaultRefreshLifetime       = 600
	defaultAuthorizationLifetime = 7200
)

// loginScopes are what a client that people log in with has when none are named.
var loginScopes = []string{"openid", "profile"}

// Client is a client as the API reads and shows it. Lifetimes are in seconds, and 0 leaves them to the API. A field that is not
// here is not kept through a Put: a client is wholly what the operator made it.
type Client struct {
	// ClientID, Active, SupplierOrgNo, JWKSURI, Created and LastUpdated are the API's own, and never sent.
	ClientID      string    `json:"client_id,omitempty"`
	Active        bool      `json:"active,omitempty"`
	SupplierOrgNo string    `json:"supplier_orgno,omitempty"`
	JWKSURI       string    `json:"jwks_uri,omitempty"`
	Created       time.Time `json:"created,omitzero"`
	LastUpdated   time.Time `json:"last_updated,omitzero"`

	// ClientOrgNo is whose the client is. Left out it is the token's; naming another is refused.
	ClientOrgNo string `json:"client_orgno,omitempty"`
	ClientName  string `json:"client_name"`
	Description string `json:"description,omitempty"`
	// IntegrationType cannot be changed.
	IntegrationType                   string   `json:"integration_type"`
	ApplicationType                   string   `json:"application_type,omitempty"`
	Scopes                            []string `json:"scopes"`
	GrantTypes                        []string `json:"grant_types"`
	TokenEndpointAuthMethod           string   `json:"token_endpoint_auth_method,omitempty"`
	AccessTokenLifetime               int      `json:"access_token_lifetime,omitempty"`
	RefreshTokenLifetime              int      `json:"refresh_token_lifetime,omitempty"`
	RefreshTokenUsage                 string   `json:"refresh_token_usage,omitempty"`
	AuthorizationLifetime             int      `json:"authorization_lifetime,omitempty"`
	RedirectURIs                      []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs            []string `json:"post_logout_redirect_uris,omitempty"`
	FrontchannelLogoutURI             string   `json:"frontchannel_logout_uri,omitempty"`
	FrontchannelLogoutSessionRequired bool     `json:"frontchannel_logout_session_required"`
	SSODisabled                       bool     `json:"sso_disabled"`
	CodeChallengeMethod               string   `json:"code_challenge_method,omitempty"`
}

// sent is the client as it is sent: without what is the API's own, and with lists also when they are empty.
func (c *Client) sent() *Client {
	sent := *c
	sent.ClientID, sent.Active, sent.SupplierOrgNo, sent.JWKSURI = "", false, "", ""
	sent.Created, sent.LastUpdated = time.Time{}, time.Time{}
	if sent.Scopes == nil {
		sent.Scopes = []string{}
	}
	if sent.GrantTypes == nil {
		sent.GrantTypes = []string{}
	}
	return &sent
}

// Same says whether two clients say the same: what is the API's own and whose they are is left out, lists have no order, and
// what is left out is what the API takes it for. For words whose default its documentation does not give (the use of refresh
// tokens, the code challenge) what one of the two leaves out is no difference: name them to have them kept.
func Same(a, b *Client) bool {
	one, other := a.normal(), b.normal()
	for _, word := range []struct{ a, b *string }{
		{&one.RefreshTokenUsage, &other.RefreshTokenUsage},
		{&one.CodeChallengeMethod, &other.CodeChallengeMethod},
	} {
		if *word.a == "" || *word.b == "" {
			*word.a, *word.b = "", ""
		}
	}
	return written(one) == written(other)
}

func (c *Client) normal() *Client {
	like := c.sent()
	like.ClientOrgNo = ""
	like.ApplicationType = orElse(like.ApplicationType, ApplicationWeb)
	like.AccessTokenLifetime = orElse(like.AccessTokenLifetime, defaultAccessLifetime)
	like.RefreshTokenLifetime = orElse(like.RefreshTokenLifetime, defaultRefreshLifetime)
	like.AuthorizationLifetime = orElse(like.AuthorizationLifetime, defaultAuthorizationLifetime)
	switch like.IntegrationType {
	case IntegrationMaskinporten:
		like.TokenEndpointAuthMethod = orElse(like.TokenEndpointAuthMethod, AuthPrivateKeyJWT)
		// Nobody logs in: what these say has no effect, and the API may show anything there.
		like.RefreshTokenUsage, like.CodeChallengeMethod = "", ""
		like.RefreshTokenLifetime, like.AuthorizationLifetime = 0, 0
	case IntegrationIDPorten, IntegrationAnsattporten:
		if len(like.Scopes) == 0 {
			like.Scopes = loginScopes
		}
	}
	like.SSODisabled = like.SSODisabled && like.IntegrationType != IntegrationAnsattporten // which has none (Ansattporten guide)
	for _, list := range []*[]string{&like.Scopes, &like.GrantTypes, &like.RedirectURIs, &like.PostLogoutRedirectURIs} {
		*list = set(*list)
	}
	return like
}

// set sorts a list and takes out what is there twice. No list and an empty one are the same.
func set(list []string) []string {
	return append([]string{}, slices.Compact(slices.Sorted(slices.Values(list)))...)
}

func orElse[T comparable](value, otherwise T) T {
	var none T
	if value == none {
		return otherwise
	}
	return value
}

// written is a value to compare by: texts, numbers, booleans and lists in an order.
func written(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(raw)
}
