// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
)

// Action is what is to become of an App's credentials.
type Action int

// Actions. The zero value is none of them, so that a forgotten plan does nothing.
const (
	// Leave: they stay as they are, or are not there at all.
	Leave Action = iota + 1
	// Provide: they are there as declared, with keys that are replaced in time.
	Provide
	// Revoke: nobody gets a token with them once no pod reads them.
	Revoke
)

// Plan is what an App is to have.
type Plan struct {
	// Action is what to do.
	Action Action
	// Owner is the service owner the clients and scopes are registered to.
	Owner Owner
	// Clients are those wanted, one of a type.
	Clients []Client
	// Scopes are those the App guards its API with.
	Scopes []Scope
	// Rotate and Revoke are what the annotations that ask for new keys say.
	Rotate, Revoke string
	// Next is the instant at which the plan may be another; zero when there is none.
	Next time.Time
}

// Owner is a service owner by its code and its organisation number.
type Owner struct{ Code, Number string }

// Client is one client of an App, as it is declared.
type Client struct {
	// Type is where it is registered.
	Type v1alpha1.ClientType
	// Name is what people see in Digdir's pages: service owner, environment, App.
	Name string
	// Marker tells it from every other client: it names the App by its UID. It is the client's description.
	Marker string
	// Scopes are those declared, sorted.
	Scopes []string
	// RedirectURIs are where users come back to after logging in; none for Maskinporten.
	RedirectURIs []string
	// SingleSignOn says whether users who are logged in elsewhere are logged in here too.
	SingleSignOn bool
	// Issuer is the authorization server, and WellKnown where it describes itself.
	Issuer, WellKnown string
}

// Marker tells an App's client of a type from every other client, also from those of an earlier App of the
// same name.
func Marker(app *v1alpha1.App, client v1alpha1.ClientType) string {
	return fmt.Sprintf("Made by serviceowner-operator for App %s of %s: %s, %s", app.Name, app.Namespace, client, app.UID)
}

// Scope is a scope an App guards its API with.
type Scope struct {
	// Name is prefix:subscope.
	Name string
	// Description says what it gives access to.
	Description string
	// AnyOrganization gives everybody access, and else Consumers have it, sorted.
	AnyOrganization bool
	Consumers       []string
	// TakenBy is the older App that has the scope; empty when this one may have it.
	TakenBy string
}

// edition is raised when the same declaration comes to be rendered in another way, so that what an earlier
// operator made is not taken for somebody else's change.
const edition = 1

// revision is a digest of what is declared.
func revision(declared any) string {
	raw, err := json.Marshal(struct {
		Edition  int
		Declared any
	}{edition, declared})
	if err != nil { // texts always can be written
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:12])
}

// kindOf is how Digdir calls a client of the type. One that logs users in and asks for the scopes of other
// APIs too is of a kind of its own, and no client can change its kind (Digdir self-service API).
func (c Client) kindOf() string {
	beyond := slices.ContainsFunc(c.Scopes, func(scope string) bool { return strings.Contains(scope, ":") })
	switch {
	case c.Type == v1alpha1.ClientMaskinporten:
		return selfservice.IntegrationMaskinporten
	case c.Type == v1alpha1.ClientAnsattporten:
		return selfservice.IntegrationAnsattporten
	case beyond:
		return selfservice.IntegrationAPI
	default:
		return selfservice.IntegrationIDPorten
	}
}

// registered is the client as it is to stand at Digdir with the scopes it can have.
func (c Client) registered(owner Owner, granted []string) *selfservice.Client {
	client := &selfservice.Client{
		ClientName: c.Name, Description: c.Marker, ClientOrgNo: owner.Number,
		ApplicationType: selfservice.ApplicationWeb, IntegrationType: c.kindOf(),
		TokenEndpointAuthMethod: selfservice.AuthPrivateKeyJWT, Scopes: granted,
	}
	if c.Type == v1alpha1.ClientMaskinporten {
		client.GrantTypes = []string{selfservice.GrantJWTBearer}
		return client
	}
	client.GrantTypes = []string{selfservice.GrantAuthorizationCode, selfservice.GrantRefreshToken}
	client.RedirectURIs = c.RedirectURIs
	client.CodeChallengeMethod = selfservice.ChallengeS256
	client.RefreshTokenUsage = selfservice.RefreshOneTime
	client.SSODisabled = !c.SingleSignOn
	return client
}

// registered is the scope as it is to stand at Maskinporten. What is not declared here stays as it is found.
func (s Scope) registered(found selfservice.Scope) *selfservice.Scope {
	found.Name, found.Description, found.Active = s.Name, s.Description, true
	found.Visibility, found.AccessibleForAll = selfservice.VisibilityPublic, s.AnyOrganization
	found.AllowedIntegrationTypes = []string{selfservice.IntegrationMaskinporten}
	return &found
}

// split sorts declared scopes into those a client can have and those whose owner has given no access.
// Those of OpenID Connect are everybody's.
func split(declared []string, accessible map[string]bool) (granted, missing []string) {
	for _, scope := range declared {
		if accessible[scope] || !strings.Contains(scope, ":") {
			granted = append(granted, scope)
		} else {
			missing = append(missing, scope)
		}
	}
	return granted, missing
}
