// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Scopes of a token for Digdir's self-service API. They open what their names say, and write also what modify and read open;
// supplier is needed beside them by a token that speaks for somebody else (Digdir self-service API).
const (
	scopeClientsRead     = "idporten:dcr.read"
	scopeClientsModify   = "idporten:dcr.modify"
	scopeClientsWrite    = "idporten:dcr.write"
	scopeClientsSupplier = "idporten:dcr.supplier"
	scopeScopesWrite     = "idporten:scopes.write"
)

func (s *Server) selfServiceRoutes() {
	read := []string{scopeClientsRead, scopeClientsModify, scopeClientsWrite}
	modify := []string{scopeClientsModify, scopeClientsWrite}
	for pattern, opened := range map[string]struct {
		handler handler
		scopes  []string
	}{
		"GET /api/v1/clients":              {s.listClients, read},
		"POST /api/v1/clients":             {s.createClient, []string{scopeClientsWrite}},
		"GET /api/v1/clients/{id}":         {s.getClient, read},
		"PUT /api/v1/clients/{id}":         {s.replaceClient, modify},
		"DELETE /api/v1/clients/{id}":      {s.deleteClient, []string{scopeClientsWrite}},
		"GET /api/v1/clients/{id}/jwks":    {s.getKeys, read},
		"POST /api/v1/clients/{id}/jwks":   {s.replaceKeys, modify},
		"DELETE /api/v1/clients/{id}/jwks": {s.clearKeys, modify},
	} {
		s.route(pattern, s.selfService(supplied(opened.handler), opened.scopes...))
	}
	for pattern, handler := range map[string]handler{
		"GET /api/v1/scopes":                   s.getScopes,
		"POST /api/v1/scopes":                  s.createScope,
		"PUT /api/v1/scopes":                   s.replaceScope,
		"DELETE /api/v1/scopes":                s.deleteScope,
		"GET /api/v1/scopes/access":            s.listAccess,
		"GET /api/v1/scopes/access/all":        s.listOwnAccess,
		"PUT /api/v1/scopes/access/{orgno}":    s.grantAccess,
		"DELETE /api/v1/scopes/access/{orgno}": s.takeAccess,
	} {
		s.route(pattern, s.selfService(handler, scopeScopesWrite))
	}
	s.route("GET /api/v1/scopes/all", s.listOpenScopes)
}

// selfService lets only calls through that carry a token of Maskinporten's with one of the scopes. The token is not exchanged.
func (s *Server) selfService(h handler, scopes ...string) handler {
	return func(c *call) reply {
		token, err := s.bearer(c, s.keys.maskinporten, maskinportenIssuer(c.base))
		if err != nil {
			return refusal(c, http.StatusUnauthorized, "invalid_token", err.Error()).
				with("WWW-Authenticate", unauthorized(err.Error()).header.Get("WWW-Authenticate"))
		}
		if !token.has(scopes...) {
			return refusal(c, http.StatusForbidden, "insufficient_scope", "The token has none of the scopes "+strings.Join(scopes, " "))
		}
		c.token = token
		return h(c)
	}
}

// supplied asks a token that speaks for a customer for the supplier's scope.
func supplied(h handler) handler {
	return func(c *call) reply {
		if c.token.Supplier != nil && !c.token.has(scopeClientsSupplier) {
			return refusal(c, http.StatusForbidden, "insufficient_scope", "A supplier needs the scope "+scopeClientsSupplier)
		}
		return h(c)
	}
}

// fieldError is one entry of a refusal's list (Digdir self-service API).
type fieldError struct {
	Message string `json:"errorMessage"`
	IsField bool   `json:"isFieldError"`
	Object  string `json:"objectName"`
	Field   string `json:"fieldIdentifier"`
}

// refusal is the body of every error (Digdir self-service API).
func refusal(c *call, status int, code, description string, fields ...fieldError) reply {
	return jsonReply(status, struct {
		Status      int          `json:"status"`
		Timestamp   time.Time    `json:"timestamp"`
		Correlation string       `json:"correlation_id"`
		Error       string       `json:"error"`
		Description string       `json:"error_description"`
		Fields      []fieldError `json:"errors,omitempty"`
	}{status, c.now, rand.Text(), code, description, fields})
}

func notFound(c *call, what string) reply {
	return refusal(c, http.StatusNotFound, "not_found", "There is no such "+what+".")
}

func conflict(c *call, why string) reply {
	return refusal(c, http.StatusConflict, "conflict", why)
}

// faultsFound collects what is wrong with the fields of one object, so that a caller sees all of it at once.
type faultsFound struct {
	object string
	list   []fieldError
}

func (f *faultsFound) add(field, message string, values ...any) {
	f.list = append(f.list, fieldError{Message: fmt.Sprintf(message, values...), IsField: true, Object: f.object, Field: field})
}

// oneOf adds a fault unless the value is among those there are.
func (f *faultsFound) oneOf(field, value string, there ...string) {
	if !slices.Contains(there, value) {
		f.add(field, "'%s' is none of %s", value, strings.Join(there, ", "))
	}
}

func (f *faultsFound) reply(c *call) reply {
	return refusal(c, http.StatusBadRequest, "invalid_request", "The "+f.object+" is not valid.", f.list...)
}

// readBody reads JSON. What cannot be read is a refusal.
func readBody(c *call, into any) *reply {
	if err := json.Unmarshal(c.body, into); err != nil {
		refused := refusal(c, http.StatusBadRequest, "invalid_request", "The body cannot be read as JSON of this kind.")
		return &refused
	}
	return nil
}

// newUUID makes an identifier as RFC 9562 has it, version 4.
func newUUID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // cannot fail
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
