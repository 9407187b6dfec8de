// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// ErrNotRegistered is of a client or scope that is not there.
var ErrNotRegistered = errors.New("not registered")

// RegisteredClient is a client made through self-service, with its public keys.
type RegisteredClient struct {
	ClientModel
	Keys []RegisteredKey `json:"keys"`
}

// selfServiceAdminRoutes are for what others do in Digdir's portal, unchecked.
func (s *Server) selfServiceAdminRoutes() {
	s.admin("GET /sandbox/selfservice", func(*call) reply {
		return jsonReply(http.StatusOK, map[string]any{"clients": s.clients(), "scopes": s.scopes(), "access": s.allAccess()})
	})
	s.admin("DELETE /sandbox/selfservice/clients/{id}", func(c *call) reply {
		return adminReply(s.changeClient(c.PathValue("id"), func(stored *storedClient) error {
			s.deactivate(stored, c.now)
			return nil
		}))
	})
	s.admin("PATCH /sandbox/selfservice/clients/{id}", func(c *call) reply {
		return adminReply(s.changeClient(c.PathValue("id"), func(stored *storedClient) error { return s.patch(stored, c.body, c.now) }))
	})
	s.admin("PUT /sandbox/selfservice/clients/{id}/jwks", func(c *call) reply {
		var sent keySet
		if err := json.Unmarshal(c.body, &sent); err != nil {
			return adminReply(fmt.Errorf("reading keys: %w", err))
		}
		return adminReply(s.changeClient(c.PathValue("id"), func(stored *storedClient) error {
			s.setKeys(stored, expiring(sent.Keys, c.now), c.now)
			return nil
		}))
	})
	s.admin("PUT /sandbox/selfservice/scopes", func(c *call) reply {
		var scope Scope
		if err := json.Unmarshal(c.body, &scope); err != nil || scope.Name == "" {
			return textReply(http.StatusBadRequest, fmt.Sprintf("reading a scope: the body is none with a name: %v", err))
		}
		s.seedScope(scope, c.now)
		s.changed()
		return emptyReply(http.StatusNoContent)
	})
	s.admin("PUT /sandbox/selfservice/access", func(c *call) reply {
		var asked Access
		if err := json.Unmarshal(c.body, &asked); err != nil {
			return adminReply(fmt.Errorf("reading an access: %w", err))
		}
		return adminReply(s.changeAccess(asked.Scope, asked.Consumer, asked.State, c.now))
	})
}

func adminReply(err error) reply {
	switch {
	case err == nil:
		return emptyReply(http.StatusNoContent)
	case errors.Is(err, ErrNotRegistered):
		return textReply(http.StatusNotFound, err.Error())
	default:
		return textReply(http.StatusBadRequest, err.Error())
	}
}

// Clients are those made through self-service, also deactivated ones, by id.
func (s *Server) Clients() []RegisteredClient {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clients()
}

func (s *Server) clients() []RegisteredClient {
	found := []RegisteredClient{}
	for _, stored := range s.state.Registered {
		found = append(found, RegisteredClient{stored.Client, slices.Clone(stored.keySet().Keys)})
	}
	slices.SortFunc(found, func(a, b RegisteredClient) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// Scopes are all, also deactivated ones, by name.
func (s *Server) Scopes() []RegisteredScope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scopes()
}

func (s *Server) scopes() []RegisteredScope {
	return s.scopesWhere(func(*RegisteredScope) bool { return true })
}

// Accesses are all entries of all scopes, by scope and consumer.
func (s *Server) Accesses() []Access {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.allAccess()
}

func (s *Server) allAccess() []Access {
	found := []Access{}
	for _, scope := range s.scopes() {
		found = append(found, s.accesses(s.state.Scopes[scope.Name])...)
	}
	return found
}

// DeactivateClient does what somebody in the portal would.
func (s *Server) DeactivateClient(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changeClient(id, func(stored *storedClient) error {
		s.deactivate(stored, s.nowLocked())
		return nil
	})
}

// PatchClient lets fields of a client drift: those in the JSON object replace what is there, also what the API would refuse.
func (s *Server) PatchClient(id, fields string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changeClient(id, func(stored *storedClient) error { return s.patch(stored, []byte(fields), s.nowLocked()) })
}

// SetKeys replaces a client's key set by public keys, which expire in a year.
func (s *Server) SetKeys(id string, keys ...jose.JSONWebKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	var read keySet
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		return fmt.Errorf("reading keys: %w", err)
	}
	return s.changeClient(id, func(stored *storedClient) error {
		s.setKeys(stored, expiring(read.Keys, s.nowLocked()), s.nowLocked())
		return nil
	})
}

// SetAccess gives or takes an organisation's access to a scope, as its owner would: APPROVED, DENIED or REQUESTED.
func (s *Server) SetAccess(scope, organisation, state string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changeAccess(scope, organisation, state, s.nowLocked())
}

// RegisterScope adds a scope. For one that is there it only says whether all service owners have it.
func (s *Server) RegisterScope(scope Scope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seedScope(scope, s.nowLocked())
	s.changed()
}

func (s *Server) changeClient(id string, change func(*storedClient) error) error {
	stored := s.state.Registered[id]
	if stored == nil {
		return fmt.Errorf("changing the client %s: %w", id, ErrNotRegistered)
	}
	return change(stored)
}

func (s *Server) patch(stored *storedClient, fields []byte, now time.Time) error {
	changed := stored.Client
	// Unmarshal would write into the lists that earlier versions share.
	changed.Scopes = slices.Clone(changed.Scopes)
	changed.GrantTypes = slices.Clone(changed.GrantTypes)
	changed.RedirectURIs = slices.Clone(changed.RedirectURIs)
	changed.PostLogoutRedirectURIs = slices.Clone(changed.PostLogoutRedirectURIs)
	changed.LastUpdated = now
	if err := json.Unmarshal(fields, &changed); err != nil {
		return fmt.Errorf("reading fields of a client: %w", err)
	}
	changed.ID = stored.Client.ID
	s.revise(stored, now, func(v *clientVersion) { v.Client = changed })
	return nil
}

// expiring gives keys that say nothing of it a year.
func expiring(keys []RegisteredKey, now time.Time) []RegisteredKey {
	for i := range keys {
		keys[i].Expires = orElse(keys[i].Expires, now.AddDate(1, 0, 0).Unix())
	}
	return keys
}

func (s *Server) changeAccess(name, organisation, state string, now time.Time) error {
	scope := s.state.Scopes[name]
	if scope == nil {
		return fmt.Errorf("changing access to %s: %w", name, ErrNotRegistered)
	}
	if !slices.Contains([]string{stateRequested, stateApproved, stateDenied}, state) {
		return fmt.Errorf("changing access to %s: there is no state %q", name, state)
	}
	s.setAccess(scope, organisation, state, now)
	return nil
}
