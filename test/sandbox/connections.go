// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

func (s *Server) getConnections(c *call) reply {
	list, refusal := s.conditional(c)
	if refusal != nil {
		return *refusal
	}
	from, refusal := continueFrom(c, list)
	if refusal != nil {
		return *refusal
	}
	page := paginated[*connection]{Data: []*connection{}}
	for _, id := range slices.Sorted(maps.Keys(list.Connections)) {
		if id < from {
			continue
		}
		if len(page.Data) == entryPage {
			page.Links.Next = nextPage(c, list, "/resource-connections", id)
			break
		}
		page.Data = append(page.Data, list.Connections[id])
	}
	return list.tagged(jsonReply(http.StatusOK, page))
}

// putConnection ties a resource to a list. The resource is looked up before the list, so a resource that is not registered
// yet is a bad request, also where the list is missing too (Altinn's Resource Registry, altinn-studio#12361).
func (s *Server) putConnection(c *call) reply {
	var model *struct {
		ActionFilters []string `json:"actionFilters"`
	}
	if err := json.Unmarshal(c.body, &model); err != nil || model == nil {
		return modelError("", "A non-empty request body is required.")
	}
	id := c.PathValue("id")
	resource := s.state.Resources[id].current()
	if resource == nil {
		return problemResourceNotFound.reply()
	}
	if !c.token.has(scopeResourceAdmin) && !s.owns(c.token, resource.ownerCode()) {
		return problemForeignResource.reply()
	}
	list, refusal := s.conditional(c)
	if refusal != nil {
		return *refusal
	}
	found := list.Connections[id]
	actions := slices.Compact(slices.Sorted(slices.Values(model.ActionFilters)))
	switch {
	case found == nil:
		found = &connection{ResourceIdentifier: id, ActionFilters: actions, CreatedAt: c.now, UpdatedAt: c.now}
		list.Connections[id] = found
		s.event(list, c.now)
	case !slices.Equal(found.ActionFilters, actions):
		found.ActionFilters, found.UpdatedAt = actions, c.now
		s.event(list, c.now)
	}
	return list.tagged(jsonReply(http.StatusOK, found))
}

// deleteConnection shows what it deleted, and says 204 when the list is not tied to the resource.
func (s *Server) deleteConnection(c *call) reply {
	list, refusal := s.conditional(c)
	if refusal != nil {
		return *refusal
	}
	id := c.PathValue("id")
	found := list.Connections[id]
	if found == nil {
		return emptyReply(http.StatusNoContent)
	}
	delete(list.Connections, id)
	s.event(list, c.now)
	return list.tagged(jsonReply(http.StatusOK, found))
}
