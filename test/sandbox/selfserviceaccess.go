// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// States of an access (Digdir self-service API).
const (
	stateRequested = "REQUESTED"
	stateApproved  = "APPROVED"
	stateDenied    = "DENIED"
)

// Access is the grant of a scope to an organisation, as Digdir's self-service API shows it.
type Access struct {
	Consumer    string    `json:"consumer_orgno"`
	Owner       string    `json:"owner_orgno"`
	Scope       string    `json:"scope"`
	State       string    `json:"state"`
	Created     time.Time `json:"created"`
	LastUpdated time.Time `json:"last_updated"`
}

func (r *storedScope) entry(consumer, state string, now time.Time) *Access {
	return &Access{
		Consumer: consumer, Owner: r.Scope.Owner, Scope: r.Scope.Name, State: state, Created: now, LastUpdated: now,
	}
}

// accessOf is the entry of a consumer; a service owner may have one by being one. Nil is none.
func (s *Server) accessOf(scope *storedScope, consumer string) *Access {
	if entry := scope.Access[consumer]; entry != nil {
		return entry
	}
	if scope.AllServiceOwners && consumer != scope.Scope.Owner && s.owners.numbers[consumer] {
		return scope.entry(consumer, stateApproved, scope.Scope.Created)
	}
	return nil
}

// accesses are all entries of a scope, by consumer.
func (s *Server) accesses(scope *storedScope) []Access {
	found := []Access{}
	for _, entry := range scope.Access {
		found = append(found, *entry)
	}
	if scope.AllServiceOwners {
		for number := range s.owners.numbers {
			if entry := s.accessOf(scope, number); entry != nil && scope.Access[number] == nil {
				found = append(found, *entry)
			}
		}
	}
	slices.SortFunc(found, func(a, b Access) int { return cmp.Compare(a.Consumer, b.Consumer) })
	return found
}

// hasAccess says whether an organisation may use a scope: its own, one for everybody, or one it was given.
func (s *Server) hasAccess(name, organisation string) bool {
	scope := s.state.Scopes[name]
	if scope == nil || !scope.Scope.Active {
		return false
	}
	if scope.Scope.AccessibleForAll || scope.Scope.Owner == organisation {
		return true
	}
	entry := s.accessOf(scope, organisation)
	return entry != nil && entry.State == stateApproved
}

func (s *Server) scopeIsActive(name string) bool {
	scope := s.state.Scopes[name]
	return scope != nil && scope.Scope.Active
}

// setAccess writes an entry. One that was there is changed, since there is one for each consumer for ever.
func (s *Server) setAccess(scope *storedScope, consumer, state string, now time.Time) *Access {
	made := scope.entry(consumer, state, now)
	if old := s.accessOf(scope, consumer); old != nil {
		made.Created = old.Created
	}
	scope.Access[consumer] = made
	s.changed()
	return made
}

func (s *Server) listAccess(c *call) reply {
	scope := s.ownScope(c)
	if scope == nil {
		return notFound(c, "scope")
	}
	return jsonReply(http.StatusOK, s.accesses(scope))
}

// listOwnAccess gives what the caller's organisation was given. Scopes that are deactivated are hidden as everywhere.
func (s *Server) listOwnAccess(c *call) reply {
	found := []Access{}
	for _, scope := range s.state.Scopes {
		entry := s.accessOf(scope, c.token.consumer())
		if scope.Scope.Active && entry != nil && entry.State == stateApproved {
			found = append(found, *entry)
		}
	}
	slices.SortFunc(found, func(a, b Access) int { return cmp.Compare(a.Scope, b.Scope) })
	return jsonReply(http.StatusOK, found)
}

func (s *Server) grantAccess(c *call) reply {
	scope, consumer := s.ownScope(c), c.PathValue("orgno")
	if scope == nil || !scope.Scope.Active {
		return notFound(c, "scope")
	}
	if known := s.people.byNumber[consumer]; known == nil || known.person != nil {
		return notFound(c, "organisation")
	}
	status := http.StatusCreated
	if old := s.accessOf(scope, consumer); old != nil {
		if old.State == stateApproved {
			return conflict(c, "The organisation has access.")
		}
		status = http.StatusOK
	}
	return jsonReply(status, s.setAccess(scope, consumer, stateApproved, c.now))
}

// takeAccess leaves the entry, as denied.
func (s *Server) takeAccess(c *call) reply {
	scope, consumer := s.ownScope(c), c.PathValue("orgno")
	if scope == nil {
		return notFound(c, "scope")
	}
	if old := s.accessOf(scope, consumer); old == nil || old.State == stateDenied {
		return notFound(c, "access")
	}
	s.setAccess(scope, consumer, stateDenied, c.now)
	return emptyReply(http.StatusNoContent)
}
