// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Content types as ASP.NET Core writes them.
const (
	typeJSON    = "application/json; charset=utf-8"
	typeProblem = "application/problem+json; charset=utf-8"
	typeText    = "text/plain; charset=utf-8"
	typeXML     = "text/xml"
)

// reply is an answer before it is written.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func emptyReply(status int) reply { return reply{status: status, header: http.Header{}} }

func jsonReply(status int, value any) reply {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return problemReply(http.StatusInternalServerError, "The answer could not be written as JSON.")
	}
	return bodyReply(status, typeJSON, body)
}

func textReply(status int, text string) reply { return bodyReply(status, typeText, []byte(text)) }

func bodyReply(status int, contentType string, body []byte) reply {
	r := emptyReply(status)
	r.header.Set("Content-Type", contentType)
	r.body = body
	return r
}

func (r reply) with(key, value string) reply {
	r.header.Set(key, value)
	return r
}

func (r reply) write(w http.ResponseWriter) {
	for key, values := range r.header {
		w.Header()[key] = values
	}
	if r.status != http.StatusNoContent && r.status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // a caller that hung up has nobody to tell
}

// unauthorized is the answer to a call without a valid token: a challenge and no body.
func unauthorized(description string) reply {
	challenge := "Bearer"
	if description != "" {
		challenge += ` error="invalid_token", error_description="` + description + `"`
	}
	return emptyReply(http.StatusUnauthorized).with("WWW-Authenticate", challenge)
}

// forbidden is the answer to a caller who is known and may not: no body says why.
func forbidden() reply { return emptyReply(http.StatusForbidden) }
