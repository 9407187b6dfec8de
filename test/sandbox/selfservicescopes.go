// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// subscopePattern is what can stand in a query and in a token's list of scopes: the documentation says no more.
var subscopePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]*$`)

// RegisteredScope is a scope as Digdir's self-service API shows it (Digdir self-service API).
type RegisteredScope struct {
	Prefix              string    `json:"prefix"`
	Subscope            string    `json:"subscope"`
	Name                string    `json:"name"`
	Description         string    `json:"description"`
	LongDescription     string    `json:"long_description,omitempty"`
	Active              bool      `json:"active"`
	Visibility          string    `json:"visibility"`
	TokenType           string    `json:"token_type"`
	AllowedIntegrations []string  `json:"allowed_integration_types"`
	DelegationSource    string    `json:"delegation_source,omitempty"`
	AccessibleForAll    bool      `json:"accessible_for_all"`
	Owner               string    `json:"owner_orgno"`
	Created             time.Time `json:"created"`
	LastUpdated         time.Time `json:"last_updated"`
}

// storedScope is a scope, and who may use it.
type storedScope struct {
	Scope RegisteredScope `json:"scope"`
	// Access is by the number of the consumer.
	Access map[string]*Access `json:"access"`
	// AllServiceOwners gives access to each of them that has no entry of its own.
	AllServiceOwners bool `json:"allServiceOwners,omitempty"`
}

// allows says whether a kind of client may have the scope. A scope that names no kinds is for all.
func (r *RegisteredScope) allows(integration string) bool {
	return len(r.AllowedIntegrations) == 0 || slices.Contains(r.AllowedIntegrations, integration)
}

// seedScopes puts in the scopes the server was made with. What is on file about one of them stays.
func (s *Server) seedScopes() {
	for _, scope := range s.options.Scopes {
		s.seedScope(scope, s.nowLocked())
	}
}

func (s *Server) seedScope(scope Scope, now time.Time) {
	if known := s.state.Scopes[scope.Name]; known != nil {
		known.AllServiceOwners = scope.AllServiceOwners
		return
	}
	prefix, subscope, _ := strings.Cut(scope.Name, ":")
	stored := &storedScope{
		Scope: RegisteredScope{
			Prefix: prefix, Subscope: subscope, Name: scope.Name, Description: scope.Name, Owner: scope.Owner,
			AccessibleForAll: scope.AccessibleForAll, Active: true, Created: now, LastUpdated: now,
		},
		Access:           map[string]*Access{},
		AllServiceOwners: scope.AllServiceOwners,
	}
	stored.Scope.fillIn()
	for _, number := range scope.Access {
		stored.Access[number] = stored.entry(number, stateApproved, now)
	}
	s.state.Scopes[scope.Name] = stored
}

// ownScope is the caller's scope that the query names, also a deactivated one; nil when there is none.
func (s *Server) ownScope(c *call) *storedScope {
	stored := s.state.Scopes[c.URL.Query().Get("scope")]
	if stored == nil || stored.Scope.Owner != c.token.consumer() {
		return nil
	}
	return stored
}

// getScopes gives the one that the query names, or else all of the caller's.
func (s *Server) getScopes(c *call) reply {
	if c.URL.Query().Has("scope") {
		stored := s.ownScope(c)
		if stored == nil || !stored.Scope.Active && !inactive(c) {
			return notFound(c, "scope")
		}
		return jsonReply(http.StatusOK, stored.Scope)
	}
	return jsonReply(http.StatusOK, s.scopesWhere(func(r *RegisteredScope) bool {
		return r.Owner == c.token.consumer() && r.Active != inactive(c)
	}))
}

// listOpenScopes needs no token: with ?accessible_for_all=true it gives what everybody may use, else all that is public.
func (s *Server) listOpenScopes(c *call) reply {
	open := c.URL.Query().Get("accessible_for_all") == "true"
	return jsonReply(http.StatusOK, s.scopesWhere(func(r *RegisteredScope) bool {
		return r.Active && r.Visibility == "PUBLIC" && (r.AccessibleForAll || !open)
	}))
}

func (s *Server) scopesWhere(wanted func(*RegisteredScope) bool) []RegisteredScope {
	found := []RegisteredScope{}
	for _, stored := range s.state.Scopes {
		if wanted(&stored.Scope) {
			found = append(found, stored.Scope)
		}
	}
	slices.SortFunc(found, func(a, b RegisteredScope) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

func (r *RegisteredScope) fillIn() {
	r.Visibility = orElse(r.Visibility, "PUBLIC")
	r.TokenType = orElse(r.TokenType, "SELF_CONTAINED")
	if r.AllowedIntegrations == nil {
		r.AllowedIntegrations = []string{}
	}
}

func (r *RegisteredScope) check() *faultsFound {
	faults := &faultsFound{object: "scope"}
	if r.Prefix == "" {
		faults.add("prefix", "must be given")
	}
	if !subscopePattern.MatchString(r.Subscope) {
		faults.add("subscope", "must be letters, digits and . _ / -")
	}
	faults.oneOf("visibility", r.Visibility, "PUBLIC", "PRIVATE", "INTERNAL")
	faults.oneOf("token_type", r.TokenType, "SELF_CONTAINED", "OPAQUE")
	for _, integration := range r.AllowedIntegrations {
		faults.oneOf("allowed_integration_types", integration,
			integrationMaskinporten, integrationKRR, integrationIDPorten, integrationAnsattporten, integrationAPI)
	}
	return faults
}

// createScope makes a scope under a prefix of the caller's. A name that was ever used is taken (Digdir self-service API).
func (s *Server) createScope(c *call) reply {
	var sent RegisteredScope
	if refused := readBody(c, &sent); refused != nil {
		return *refused
	}
	sent.Name = sent.Prefix + ":" + sent.Subscope
	sent.Active, sent.Owner, sent.Created, sent.LastUpdated = true, c.token.consumer(), c.now, c.now
	sent.fillIn()
	if faults := sent.check(); len(faults.list) > 0 {
		return faults.reply(c)
	}
	if !s.owners.owns(c.token.consumer(), sent.Prefix) {
		return refusal(c, http.StatusForbidden, "access_denied", "The prefix is not the organisation's.")
	}
	if s.state.Scopes[sent.Name] != nil {
		return conflict(c, "The scope exists, or has existed.")
	}
	s.state.Scopes[sent.Name] = &storedScope{Scope: sent, Access: map[string]*Access{}}
	s.changed()
	return jsonReply(http.StatusCreated, sent)
}

// replaceScope replaces all but the name. It is also how a deactivated scope is taken into use again: "active" left out leaves
// it as it is.
func (s *Server) replaceScope(c *call) reply {
	stored := s.ownScope(c)
	if stored == nil {
		return notFound(c, "scope")
	}
	old := stored.Scope
	sent := RegisteredScope{Prefix: old.Prefix, Subscope: old.Subscope, Active: old.Active, TokenType: old.TokenType}
	if refused := readBody(c, &sent); refused != nil {
		return *refused
	}
	sent.Name, sent.Owner, sent.Created, sent.LastUpdated = old.Name, old.Owner, old.Created, c.now
	sent.fillIn()
	faults := sent.check()
	if sent.Prefix != old.Prefix || sent.Subscope != old.Subscope {
		faults.add("subscope", "prefix and subscope cannot be changed")
	}
	if len(faults.list) > 0 {
		return faults.reply(c)
	}
	stored.Scope = sent
	s.changed()
	return jsonReply(http.StatusOK, sent)
}

// deleteScope deactivates. Who had access has it again when the scope comes back (Digdir self-service API).
func (s *Server) deleteScope(c *call) reply {
	stored := s.ownScope(c)
	switch {
	case stored == nil:
		return notFound(c, "scope")
	case !stored.Scope.Active:
		return conflict(c, "The scope is deactivated.")
	}
	stored.Scope.Active, stored.Scope.LastUpdated = false, c.now
	s.changed()
	return emptyReply(http.StatusNoContent)
}
