// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// adminRoutes are for tests and local runs. No real system has them, so a test that is to run against a real one must not
// need them.
func (s *Server) adminRoutes() {
	s.admin("GET /sandbox/faults", s.getFaults)
	s.admin("PUT /sandbox/faults", s.putFaults)
	s.admin("DELETE /sandbox/faults", s.clearFaults)
	s.admin("GET /sandbox/requests", s.getRequests)
	s.admin("DELETE /sandbox/requests", s.clearRequests)
	s.admin("POST /sandbox/reset", s.reset)
	s.admin("POST /sandbox/clock", s.moveClock)
	s.admin("POST /sandbox/login", s.logIn)
	s.admin("POST /sandbox/token", s.mintToken)
	s.admin("PUT /sandbox/clients/{id}", s.putClient)
	s.admin("PUT /sandbox/organisations/{number}", s.putOrganisation)
	s.admin("PATCH /sandbox/resources/{id}", s.driftResource)
	s.admin("DELETE /sandbox/resources/{id}", s.loseResource)
	s.admin("PUT /sandbox/resources/{id}/policy", s.driftPolicy)
	s.mux.HandleFunc("POST /sandbox/save", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.Save(); err != nil {
			textReply(http.StatusInternalServerError, err.Error()).write(w)
			return
		}
		emptyReply(http.StatusNoContent).write(w)
	})
}

// Reset forgets everything but who exists and who may call; scopes are those that were there from the start.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset(nil)
}

func (s *Server) reset(*call) reply {
	clients := s.state.Clients
	s.state = newState()
	s.state.Clients = clients
	s.faults, s.log, s.offset = nil, newRequestLog(), 0
	s.seedScopes()
	clear(s.grants)
	s.changed()
	return emptyReply(http.StatusNoContent)
}

// Advance moves the sandbox's clock forward.
func (s *Server) Advance(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset += by
}

// moveClock takes {"advance": "10m"}.
func (s *Server) moveClock(c *call) reply {
	var move struct {
		Advance string `json:"advance"`
	}
	err := json.Unmarshal(c.body, &move)
	by, parseErr := time.ParseDuration(move.Advance)
	if err != nil || parseErr != nil || by < 0 {
		return textReply(http.StatusBadRequest, `moving the clock: expected {"advance": "10m"}`)
	}
	s.offset += by
	return jsonReply(http.StatusOK, map[string]any{"now": c.now.Add(by)})
}

// logIn gives the token a person has after logging in to Altinn's portal, for {"person": "<number>"}.
func (s *Server) logIn(c *call) reply {
	var who struct {
		Person string `json:"person"`
	}
	if err := json.Unmarshal(c.body, &who); err != nil {
		return textReply(http.StatusBadRequest, "logging in: "+err.Error())
	}
	found := s.people.byNumber[who.Person]
	if found == nil || found.person == nil {
		return textReply(http.StatusNotFound, "logging in: no such person")
	}
	token, err := s.issue(s.keys.altinn, claims{
		Issuer:    altinnIssuer(c.base),
		Scope:     scopePortal,
		Level:     "4",
		PartyUUID: found.uuid,
	}, c.now, altinnTokenLifetime)
	if err != nil {
		return textReply(http.StatusInternalServerError, err.Error())
	}
	return jsonReply(http.StatusOK, map[string]string{"token": token, "partyUuid": found.uuid})
}

// mintToken gives an Altinn token without Maskinporten, for an organisation and scopes: to make changes as somebody outside.
func (s *Server) mintToken(c *call) reply {
	var asked struct {
		Organisation string `json:"organisation"`
		Scope        string `json:"scope"`
	}
	if err := json.Unmarshal(c.body, &asked); err != nil {
		return textReply(http.StatusBadRequest, "minting a token: "+err.Error())
	}
	token, err := s.issue(s.keys.altinn, claims{
		Issuer:    altinnIssuer(c.base),
		Scope:     asked.Scope,
		Consumer:  organisationActor(asked.Organisation),
		Org:       s.people.codeOf(asked.Organisation),
		OrgNumber: asked.Organisation,
	}, c.now, altinnTokenLifetime)
	if err != nil {
		return textReply(http.StatusInternalServerError, err.Error())
	}
	return jsonReply(http.StatusOK, map[string]string{"token": token})
}

// RegisterClient adds a client of Maskinporten, or replaces it.
func (s *Server) RegisterClient(client Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Clients[client.ID] = client
	s.changed()
}

func (s *Server) putClient(c *call) reply {
	var client Client
	if err := json.Unmarshal(c.body, &client); err != nil || client.ID != c.PathValue("id") {
		return textReply(http.StatusBadRequest, fmt.Sprintf("registering a client: the body is no client of this id: %v", err))
	}
	s.state.Clients[client.ID] = client
	s.changed()
	return emptyReply(http.StatusNoContent)
}

// putOrganisation makes an organisation known; it is not saved.
func (s *Server) putOrganisation(c *call) reply {
	var organisation Organisation
	if err := json.Unmarshal(c.body, &organisation); err != nil || organisation.Number != c.PathValue("number") {
		return textReply(http.StatusBadRequest, fmt.Sprintf("adding an organisation: the body is none of this number: %v", err))
	}
	s.people.addOrganisation(organisation)
	s.owners.add(organisation)
	return emptyReply(http.StatusNoContent)
}

// driftResource changes a resource as somebody in a portal would: the fields in the body replace those stored, and a new
// version comes of it.
func (s *Server) driftResource(c *call) reply {
	stored := s.state.Resources[c.PathValue("id")]
	if stored.current() == nil {
		return textReply(http.StatusNotFound, "changing a resource: not found")
	}
	copied, err := json.Marshal(stored.current())
	changed := ServiceResource{}
	if err == nil {
		err = json.Unmarshal(copied, &changed)
	}
	if err == nil {
		err = json.Unmarshal(c.body, &changed)
	}
	if err != nil {
		return textReply(http.StatusBadRequest, "changing a resource: "+err.Error())
	}
	s.addVersion(stored, changed, c.now)
	return jsonReply(http.StatusOK, stored.current())
}

// loseResource removes a resource as if it had never been, its identifier too.
func (s *Server) loseResource(c *call) reply {
	delete(s.state.Resources, c.PathValue("id"))
	delete(s.state.Subjects, c.PathValue("id"))
	s.changed()
	return emptyReply(http.StatusNoContent)
}

// driftPolicy stores a policy as it is, unchecked; an empty body removes it.
func (s *Server) driftPolicy(c *call) reply {
	id := c.PathValue("id")
	stored := s.state.Resources[id]
	if stored.current() == nil {
		return textReply(http.StatusNotFound, "changing a policy: not found")
	}
	if len(c.body) == 0 {
		stored.Policy = nil
		s.changed()
		return emptyReply(http.StatusNoContent)
	}
	read, err := parsePolicy(c.body)
	if err != nil {
		read = &policy{}
	}
	s.storePolicy(c, id, c.body, read)
	return emptyReply(http.StatusNoContent)
}
