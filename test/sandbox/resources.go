// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Scopes of the registry (Altinn's Resource Registry).
const (
	scopeResourceWrite   = "altinn:resourceregistry/resource.write"
	scopeResourceAdmin   = "altinn:resourceregistry/resource.admin"
	scopeAccessListRead  = "altinn:resourceregistry/accesslist.read"
	scopeAccessListWrite = "altinn:resourceregistry/accesslist.write"
	scopeAccessListPDP   = "altinn:resourceregistry/pdp:accesslist.read"
)

const resourceBase = "/resourceregistry/api/v1/resource"

func (s *Server) resourceRoutes() {
	write := func(h handler) handler { return s.needs(h, scopeResourceAdmin, scopeResourceWrite) }
	s.route("GET "+resourceBase+"/orgs", s.orgs)
	s.route("GET "+resourceBase+"/resourcelist", s.listResources)
	s.route("GET "+resourceBase+"/updated", s.updatedSubjects)
	s.route("GET "+resourceBase+"/changes", s.changedResources)
	s.route("POST "+resourceBase+"/bysubjects", s.resourcesBySubjects)
	s.route("POST "+resourceBase+"/bysubjects/{$}", s.resourcesBySubjects)
	s.route("GET "+resourceBase+"/{id}", s.getResource)
	s.route("POST "+resourceBase, write(onlyJSON(s.createResource)))
	s.route("PUT "+resourceBase+"/{id}", write(onlyJSON(s.replaceResource)))
	s.route("DELETE "+resourceBase+"/{id}", write(s.deleteResource))
	s.route("GET "+resourceBase+"/{id}/policy", s.getPolicy)
	s.route("POST "+resourceBase+"/{id}/policy", write(s.writePolicy))
	s.route("PUT "+resourceBase+"/{id}/policy", write(s.writePolicy))
	s.route("GET "+resourceBase+"/{id}/policy/subjects", s.policySubjects)
	s.route("GET "+resourceBase+"/{id}/policy/rules", s.policyRules)
	s.route("GET "+resourceBase+"/{id}/policy/rights", s.policyRights)
}

// onlyJSON refuses other bodies, as [Consumes("application/json")] does.
func onlyJSON(h handler) handler {
	return func(c *call) reply {
		contentType, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
		if err != nil || contentType != "application/json" {
			return problemReply(http.StatusUnsupportedMediaType, "")
		}
		return h(c)
	}
}

func (s *Server) listResources(c *call) reply {
	migrated, _ := strconv.ParseBool(c.URL.Query().Get("includeMigratedApps"))
	list := []ServiceResource{}
	for _, id := range slices.Sorted(maps.Keys(s.state.Resources)) {
		current := s.state.Resources[id].current()
		if current != nil && (migrated || current.ResourceType != "MigratedApp") {
			list = append(list, current.shown())
		}
	}
	return jsonReply(http.StatusOK, list)
}

func (s *Server) getResource(c *call) reply {
	stored := s.state.Resources[c.PathValue("id")]
	found := stored.current()
	if wanted := c.URL.Query().Get("versionId"); wanted != "" {
		id, err := strconv.Atoi(wanted)
		if err != nil {
			return modelError("versionId", "The value '"+wanted+"' is not valid.")
		}
		found = stored.version(id)
	}
	if found == nil {
		return problemReply(http.StatusNotFound, "")
	}
	return jsonReply(http.StatusOK, found)
}

func (s *Server) createResource(c *call) reply {
	submitted, errors := parseResource(c.body)
	if errors != nil {
		return modelErrors(errors)
	}
	if found := validateNew(submitted); len(found) > 0 {
		return modelErrors(found)
	}
	if refusal := mayWrite(c, submitted); refusal != nil {
		return *refusal
	}
	if _, taken := s.state.Resources[submitted.Identifier]; taken {
		// Also when it was deleted: the identifier's row stays, and its key is unique.
		return jsonReply(http.StatusConflict, "The Resource already exist: "+submitted.Identifier)
	}
	stored := &storedResource{Created: c.now}
	s.state.Resources[submitted.Identifier] = stored
	s.addVersion(stored, *submitted, c.now)
	return emptyReply(http.StatusCreated).with("Location", resourceBase+"/"+submitted.Identifier)
}

func (s *Server) replaceResource(c *call) reply {
	stored := s.state.Resources[c.PathValue("id")]
	if stored.current() == nil {
		return problemReply(http.StatusNotFound, "")
	}
	submitted, errors := parseResource(c.body)
	if errors != nil {
		return modelErrors(errors)
	}
	if submitted.Identifier != c.PathValue("id") {
		return jsonReply(http.StatusBadRequest, "Id in path does not match ID in resource")
	}
	if found := validateRequired(submitted); len(found) > 0 {
		return modelErrors(found)
	}
	if found := validateResource(submitted); len(found) > 0 {
		return modelErrors(found)
	}
	// The owner that counts is the submitted one. Whoever names itself may take over what is another's (Altinn's Resource Registry).
	if refusal := mayWrite(c, submitted); refusal != nil {
		return *refusal
	}
	s.addVersion(stored, *submitted, c.now)
	return emptyReply(http.StatusOK)
}

// mayWrite compares the caller with the owner in a body, and its scope prefixes with the scopes the resource names (Altinn's Resource Registry).
func mayWrite(c *call, r *ServiceResource) *reply {
	if c.token.has(scopeResourceAdmin) {
		return nil
	}
	if r.ownerNumber() != c.token.consumer() {
		refusal := forbidden()
		return &refusal
	}
	var foreign []string
	for _, reference := range r.ResourceReferences {
		if reference.ReferenceType == "MaskinportenScope" && !ownsScope(c.token, reference.Reference) {
			foreign = append(foreign, reference.Reference)
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	refusal := problem{
		Title:  "Unauthorized",
		Status: http.StatusUnauthorized,
		Detail: "Not authorized for creating resource with the listed scopes",
		Errors: map[string][]string{"InvalidPrefix": foreign},
	}.reply()
	return &refusal
}

func ownsScope(token *claims, scope string) bool {
	return slices.ContainsFunc(token.Prefixes, func(prefix string) bool { return strings.HasPrefix(scope, prefix+":") })
}

// deleteResource is allowed in test environments only (Altinn's Resource Registry).
func (s *Server) deleteResource(c *call) reply {
	if s.options.Production {
		return textReply(http.StatusForbidden, "Delete operation is not allowed in PROD environment")
	}
	id := c.PathValue("id")
	stored := s.state.Resources[id]
	current := stored.current()
	if current == nil {
		return problemReply(http.StatusNotFound, "")
	}
	if !c.token.has(scopeResourceAdmin) && current.ownerNumber() != c.token.consumer() {
		return forbidden()
	}
	s.burn(stored, c)
	return emptyReply(http.StatusNoContent)
}

// burn removes all versions and the policy, and keeps the identifier.
func (s *Server) burn(stored *storedResource, c *call) {
	stored.Versions, stored.Policy = nil, nil
	s.changedNow(stored, c.now)
}

// orgs is the public list of service owners (Altinn's Resource Registry).
func (s *Server) orgs(*call) reply {
	type org struct {
		Name         map[string]string `json:"name"`
		Orgnr        string            `json:"orgnr"`
		Environments []string          `json:"environments"`
	}
	list := map[string]org{}
	for code, owner := range s.people.owners {
		list[code] = org{Name: owner.Names, Orgnr: owner.Number, Environments: []string{"tt02", "production"}}
	}
	return jsonReply(http.StatusOK, map[string]any{"orgs": list})
}
