// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// ClientModel is a client as Digdir's self-service API shows it (Digdir self-service API). Lifetimes are seconds.
type ClientModel struct {
	ID                     string    `json:"client_id"`
	Name                   string    `json:"client_name"`
	Description            string    `json:"description,omitempty"`
	Organisation           string    `json:"client_orgno"`
	Supplier               string    `json:"supplier_orgno,omitempty"`
	Active                 bool      `json:"active"`
	ApplicationType        string    `json:"application_type"`
	IntegrationType        string    `json:"integration_type"`
	Scopes                 []string  `json:"scopes"`
	GrantTypes             []string  `json:"grant_types"`
	AuthMethod             string    `json:"token_endpoint_auth_method"`
	RefreshTokenLifetime   int       `json:"refresh_token_lifetime"`
	RefreshTokenUsage      string    `json:"refresh_token_usage"`
	AccessTokenLifetime    int       `json:"access_token_lifetime"`
	AuthorizationLifetime  int       `json:"authorization_lifetime"`
	RedirectURIs           []string  `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string  `json:"post_logout_redirect_uris,omitempty"`
	FrontchannelLogoutURI  string    `json:"frontchannel_logout_uri,omitempty"`
	FrontchannelSession    bool      `json:"frontchannel_logout_session_required"`
	SSODisabled            bool      `json:"sso_disabled"`
	CodeChallengeMethod    string    `json:"code_challenge_method,omitempty"`
	JWKSURI                string    `json:"jwks_uri,omitempty"`
	Created                time.Time `json:"created"`
	LastUpdated            time.Time `json:"last_updated"`
}

// storedClient is a client with its key set, and what the token endpoint may still see of it.
type storedClient struct {
	clientVersion
	Earlier []clientVersion `json:"earlier,omitempty"` // oldest first
}

// clientVersion is a client and its keys as they were until an instant; the zero instant is no end. Its lists are never changed
// in place, since versions share them.
type clientVersion struct {
	Client ClientModel     `json:"client"`
	Keys   []RegisteredKey `json:"keys,omitempty"`
	Until  time.Time       `json:"until,omitzero"`
}

// at is what was there at an instant; nil is nothing.
func (c *storedClient) at(instant time.Time) *clientVersion {
	if c.Client.Created.After(instant) {
		return nil
	}
	for i := range c.Earlier {
		if c.Earlier[i].Until.After(instant) {
			return &c.Earlier[i]
		}
	}
	return &c.clientVersion
}

// revise makes a change, and keeps what was there before for as long as the token endpoint may be behind.
func (s *Server) revise(stored *storedClient, now time.Time, change func(*clientVersion)) {
	before := stored.clientVersion
	before.Until = now
	behind := now.Add(-s.options.Propagation)
	stored.Earlier = slices.DeleteFunc(append(stored.Earlier, before), func(v clientVersion) bool { return !v.Until.After(behind) })
	change(&stored.clientVersion)
	s.changed()
}

// owns says whether the caller may know of a client: it is the client's organisation, and a supplier the one who made it.
func (c *claims) owns(client *ClientModel) bool {
	return client.Organisation == c.consumer() && (c.Supplier == nil || client.Supplier == c.Supplier.number())
}

// ownClient is the caller's client with the id in the path, also a deactivated one; nil when there is none.
func (s *Server) ownClient(c *call) *storedClient {
	stored := s.state.Registered[c.PathValue("id")]
	if stored == nil || !c.token.owns(&stored.Client) {
		return nil
	}
	return stored
}

// activeClient is as ownClient without those that were deactivated: they are there for nobody but who asks for them.
func (s *Server) activeClient(c *call) *storedClient {
	if stored := s.ownClient(c); stored != nil && stored.Client.Active {
		return stored
	}
	return nil
}

// shown gives scopes in another order than they were sent in. The API promises none, and a client must not rely on any.
func (m ClientModel) shown() ClientModel {
	m.Scopes = slices.Clone(m.Scopes)
	slices.SortFunc(m.Scopes, func(a, b string) int { return cmp.Compare(b, a) })
	return m
}

func inactive(c *call) bool { return c.URL.Query().Get("inactive") == "true" }

// listClients gives the active ones, or with ?inactive=true the deactivated ones.
func (s *Server) listClients(c *call) reply {
	found := []ClientModel{}
	for _, stored := range s.state.Registered {
		if c.token.owns(&stored.Client) && stored.Client.Active != inactive(c) {
			found = append(found, stored.Client.shown())
		}
	}
	slices.SortFunc(found, func(a, b ClientModel) int { return cmp.Compare(a.ID, b.ID) })
	return jsonReply(http.StatusOK, found)
}

func (s *Server) createClient(c *call) reply {
	var sent ClientModel
	if refused := readBody(c, &sent); refused != nil {
		return *refused
	}
	if sent.Organisation != "" && sent.Organisation != c.token.consumer() {
		return refusal(c, http.StatusForbidden, "access_denied", "The token does not speak for the client's organisation.")
	}
	sent.ID, sent.Created = newUUID(), c.now
	sent.Organisation, sent.Supplier = c.token.consumer(), ""
	if c.token.Supplier != nil {
		sent.Supplier = c.token.Supplier.number()
	}
	made, faults := s.completed(c, sent)
	if len(faults.list) > 0 {
		return faults.reply(c)
	}
	stored := &storedClient{clientVersion: clientVersion{Client: made}}
	s.state.Registered[made.ID] = stored
	s.changed()
	return jsonReply(http.StatusCreated, made.shown())
}

// completed fills in what was left out and finds what is wrong. Fields that only the API sets are as it sets them.
func (s *Server) completed(c *call, sent ClientModel) (ClientModel, *faultsFound) {
	sent.Active, sent.LastUpdated = true, c.now
	sent.JWKSURI = c.base + "/api/v1/clients/" + sent.ID + "/jwks"
	sent.fillIn()
	return sent, s.checkClient(&sent)
}

func (s *Server) getClient(c *call) reply {
	stored := s.activeClient(c)
	if inactive(c) {
		stored = s.ownClient(c)
	}
	if stored == nil {
		return notFound(c, "client")
	}
	return jsonReply(http.StatusOK, stored.Client.shown())
}

// replaceClient takes the whole client: what is left out falls back to what a new client has.
func (s *Server) replaceClient(c *call) reply {
	stored := s.activeClient(c)
	if stored == nil {
		return notFound(c, "client")
	}
	var sent ClientModel
	if refused := readBody(c, &sent); refused != nil {
		return *refused
	}
	old := stored.Client
	sent.ID, sent.Created, sent.Organisation, sent.Supplier = old.ID, old.Created, old.Organisation, old.Supplier
	made, faults := s.completed(c, sent)
	if made.IntegrationType != old.IntegrationType {
		faults.add("integration_type", "cannot be changed from %s", old.IntegrationType)
	}
	if len(faults.list) > 0 {
		return faults.reply(c)
	}
	s.revise(stored, c.now, func(v *clientVersion) { v.Client = made })
	return jsonReply(http.StatusOK, made.shown())
}

// deleteClient deactivates: nothing is ever deleted (Digdir self-service API).
func (s *Server) deleteClient(c *call) reply {
	stored := s.ownClient(c)
	switch {
	case stored == nil:
		return notFound(c, "client")
	case !stored.Client.Active:
		return conflict(c, "The client is deactivated.")
	}
	s.deactivate(stored, c.now)
	return emptyReply(http.StatusNoContent)
}

func (s *Server) deactivate(stored *storedClient, now time.Time) {
	s.revise(stored, now, func(v *clientVersion) { v.Client.Active, v.Client.LastUpdated = false, now })
}
