// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	accessListBase = "/resourceregistry/api/v1/access-lists/{owner}"
	// listPage is how many access lists come at a time, entryPage how many members or connections (RR).
	listPage  = 20
	entryPage = 100
)

// accessList is an aggregate: every event in it gives it a new version, from one sequence for all lists.
type accessList struct {
	Owner       string                 `json:"owner"`
	Identifier  string                 `json:"identifier"`
	Name        string                 `json:"name"`
	Description string                 `json:"description"`
	CreatedAt   time.Time              `json:"createdAt"`
	UpdatedAt   time.Time              `json:"updatedAt"`
	Version     uint64                 `json:"version"`
	Members     map[string]time.Time   `json:"members"` // since when, by party number
	Connections map[string]*connection `json:"connections"`
}

// connection lets a list's members use a resource, for some actions or for all.
type connection struct {
	ResourceIdentifier string    `json:"resourceIdentifier"`
	ActionFilters      []string  `json:"actionFilters,omitempty"`
	CreatedAt          time.Time `json:"createdAt"`
	UpdatedAt          time.Time `json:"updatedAt"`
}

type accessListShown struct {
	URN         string        `json:"urn"`
	Identifier  string        `json:"identifier"`
	Name        string        `json:"name"`
	Description string        `json:"description"`
	CreatedAt   time.Time     `json:"createdAt"`
	UpdatedAt   time.Time     `json:"updatedAt"`
	Connections []*connection `json:"resourceConnections,omitempty"`
}

func (l *accessList) shown() accessListShown {
	return accessListShown{
		URN:         "urn:altinn:access-list:" + l.Owner + ":" + l.Identifier,
		Identifier:  l.Identifier,
		Name:        l.Name,
		Description: l.Description,
		CreatedAt:   l.CreatedAt,
		UpdatedAt:   l.UpdatedAt,
	}
}

// tagged gives an answer the version of the list it is about.
func (l *accessList) tagged(r reply) reply {
	return r.with("ETag", writeETag(l.Version)).with("Last-Modified", l.UpdatedAt.Format(http.TimeFormat))
}

// event makes the list newer.
func (s *Server) event(l *accessList, now time.Time) {
	s.state.Events++
	l.Version, l.UpdatedAt = s.state.Events, now
	s.changed()
}

func (s *Server) accessListRoutes() {
	read := func(h handler) handler {
		return s.owned(h, scopeResourceAdmin, scopeAccessListRead, scopeAccessListWrite, scopeAccessListPDP)
	}
	write := func(h handler) handler { return s.owned(h, scopeResourceAdmin, scopeAccessListWrite) }
	one := accessListBase + "/{list}"
	s.route("GET "+accessListBase, read(s.listAccessLists))
	s.route("GET "+one, read(s.getAccessList))
	s.route("PUT "+one, write(onlyJSON(s.putAccessList)))
	s.route("DELETE "+one, write(s.deleteAccessList))
	s.route("PATCH "+one, write(notImplemented))
	s.route("GET "+one+"/members", read(s.getMembers))
	s.route("PUT "+one+"/members", write(onlyJSON(s.replaceMembers)))
	s.route("POST "+one+"/members", write(onlyJSON(s.addMembers)))
	s.route("DELETE "+one+"/members", write(onlyJSON(s.removeMembers)))
	s.route("GET "+one+"/resource-connections", read(s.getConnections))
	s.route("PUT "+one+"/resource-connections/{id}", write(onlyJSON(s.putConnection)))
	s.route("DELETE "+one+"/resource-connections/{id}", write(s.deleteConnection))
}

func notImplemented(*call) reply { return problemReply(http.StatusNotImplemented, "") }

// owned lets only the owner in the path through, who must be named by its code. Whether the caller owns is asked first, so
// that only a caller's own number is told to be the wrong name (the registry's order of filters).
func (s *Server) owned(h handler, scopes ...string) handler {
	return s.needs(func(c *call) reply {
		owner := c.PathValue("owner")
		if !c.token.has(scopeResourceAdmin) && !s.owns(c.token, owner) {
			return forbidden()
		}
		if _, known := s.people.owners[strings.ToLower(owner)]; !known {
			return rrInvalid(10, "Access list owner must be a valid and registered org-code.", "/$PATH/owner")
		}
		return h(c)
	}, scopes...)
}

// owns says whether a token speaks for an owner, given by number, code or alias.
func (s *Server) owns(token *claims, owner string) bool {
	if organisationNumber.MatchString(owner) {
		return owner == token.consumer()
	}
	known, ok := s.people.owners[strings.ToLower(owner)]
	if token.Org != "" {
		return strings.EqualFold(token.Org, owner) || ok && strings.EqualFold(token.Org, known.Code)
	}
	return ok && known.Number == token.consumer()
}

func listKey(owner, identifier string) string { return strings.ToLower(owner) + "/" + identifier }

func (s *Server) accessList(c *call) *accessList {
	return s.state.Lists[listKey(c.PathValue("owner"), c.PathValue("list"))]
}

// conditional finds the list of a call and holds its conditions against it. A list that is not there is 404.
func (s *Server) conditional(c *call) (*accessList, *reply) {
	asked, refusal := readConditions(c)
	if refusal != nil {
		return nil, refusal
	}
	list := s.accessList(c)
	if list == nil {
		missing := problemReply(http.StatusNotFound, "")
		return nil, &missing
	}
	return list, asked.guard(list)
}

func (s *Server) listAccessLists(c *call) reply {
	query := c.URL.Query()
	include := strings.Join(query["include"], ",")
	resource := query.Get("resource")
	if strings.Contains(include, "members") {
		return problemIncludeMembers.reply()
	}
	if strings.Contains(include, "resource") && resource == "" {
		return rrInvalid(2, "Resource identifier is required when including resource connections.",
			"/$QUERY/include", "/$QUERY/resource")
	}
	from := ""
	if token := query.Get("token"); token != "" && !readOpaque(token, &from) {
		return modelError("token", "The value '"+token+"' is not valid.")
	}
	prefix := listKey(c.PathValue("owner"), "")
	page := paginated[accessListShown]{Data: []accessListShown{}}
	for _, key := range slices.Sorted(maps.Keys(s.state.Lists)) {
		identifier, ok := strings.CutPrefix(key, prefix)
		if !ok || identifier < from {
			continue
		}
		if len(page.Data) == listPage {
			page.Links.Next = c.base + c.URL.Path + "?" + url.Values{"token": {opaque(identifier)}}.Encode()
			break
		}
		list := s.state.Lists[key]
		shown := list.shown()
		if found := list.Connections[resource]; found != nil && include != "" {
			shown.Connections = []*connection{found}
		}
		page.Data = append(page.Data, shown)
	}
	return jsonReply(http.StatusOK, page)
}

func (s *Server) getAccessList(c *call) reply {
	list, refusal := s.conditional(c)
	if refusal != nil {
		return *refusal
	}
	return list.tagged(jsonReply(http.StatusOK, list.shown()))
}

// putAccessList makes or changes a list. An equal one is left as it is, and keeps its version.
func (s *Server) putAccessList(c *call) reply {
	var model struct {
		Name        *string `json:"name"`
		Description string  `json:"description"`
	}
	if err := json.Unmarshal(c.body, &model); err != nil {
		return modelError("$", "The JSON value could not be converted to the expected type.")
	}
	if model.Name == nil || *model.Name == "" {
		return modelError("Name", "The Name field is required.")
	}
	asked, refusal := readConditions(c)
	if refusal != nil {
		return *refusal
	}
	list := s.accessList(c)
	if list == nil {
		if !asked.allowCreation() {
			return emptyReply(http.StatusPreconditionFailed)
		}
		list = &accessList{
			Owner: strings.ToLower(c.PathValue("owner")), Identifier: c.PathValue("list"), CreatedAt: c.now,
			Name: *model.Name, Description: model.Description,
			Members: map[string]time.Time{}, Connections: map[string]*connection{},
		}
		s.state.Lists[listKey(list.Owner, list.Identifier)] = list
		s.event(list, c.now)
		return list.tagged(jsonReply(http.StatusOK, list.shown()))
	}
	if refusal := asked.guard(list); refusal != nil {
		return *refusal
	}
	if list.Name != *model.Name || list.Description != model.Description {
		list.Name, list.Description = *model.Name, model.Description
		s.event(list, c.now)
	}
	return list.tagged(jsonReply(http.StatusOK, list.shown()))
}

// deleteAccessList shows what it deleted, and says 204 when there was nothing (Altinn's Resource Registry).
func (s *Server) deleteAccessList(c *call) reply {
	list, refusal := s.conditional(c)
	if list == nil && refusal.status == http.StatusNotFound {
		return emptyReply(http.StatusNoContent)
	}
	if refusal != nil {
		return *refusal
	}
	s.event(list, c.now)
	delete(s.state.Lists, listKey(list.Owner, list.Identifier))
	return list.tagged(jsonReply(http.StatusOK, list.shown()))
}
