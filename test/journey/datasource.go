// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxQuestion is more than any question needs.
const maxQuestion = 64 << 10

// DataSource is a service owner's API that tells about persons by consent: POST a Question with a token. It asks Maskinporten
// for its published keys when it needs them, and nobody for anything else.
//
// One-time consents need nothing of it: by such a consent only one token is issued, and that token lives two minutes.
type DataSource struct {
	// Issuer is Maskinporten's, as tokens name it: with a slash at the end. Its metadata say where the keys are.
	Issuer string
	// HTTP fetches the keys; nil is the default client.
	HTTP *http.Client
	// Now is the time; nil is the system's.
	Now func() time.Time
	// Scope is what a token must have, and Resource what a consent must be for.
	Scope    string
	Resource string
	// Records are what is known, by the number of the person. They are written as JSON.
	Records map[string]any

	keys publishedKeys
}

// Question is what a bank wants to know: about whom, and with which values of the consent.
type Question struct {
	// From is the person's URN.
	From     string            `json:"from"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// DataSource makes a source that trusts the world's Maskinporten and goes by its clock.
func (w *World) DataSource(scope, resource string) *DataSource {
	return &DataSource{
		Issuer: w.issuer(), HTTP: w.HTTP, Now: w.Now, Scope: scope, Resource: resource, Records: map[string]any{},
	}
}

// denial is why a call gets no data.
type denial struct {
	status int
	why    string
}

// write follows RFC 6750 in the header, and says the same in the body.
func (d *denial) write(w http.ResponseWriter) {
	kind := map[int]string{http.StatusUnauthorized: "invalid_token", http.StatusForbidden: "insufficient_scope"}[d.status]
	if kind != "" {
		w.Header().Set("WWW-Authenticate", `Bearer error="`+kind+`", error_description="`+d.why+`"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(d.status)
	writeJSON(w, map[string]any{"title": http.StatusText(d.status), "status": d.status, "detail": d.why})
}

func writeJSON(w io.Writer, value any) {
	_ = json.NewEncoder(w).Encode(value) // a caller that hung up has nobody to tell
}

// ServeHTTP implements http.Handler.
func (s *DataSource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		(&denial{http.StatusMethodNotAllowed, "ask with POST"}).write(w)
		return
	}
	token, refused := s.verify(r)
	if refused != nil {
		refused.write(w)
		return
	}
	var question Question
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxQuestion))
	if err := decoder.Decode(&question); err != nil || question.From == "" {
		(&denial{http.StatusBadRequest, "the question cannot be read, or names nobody"}).write(w)
		return
	}
	if refused := s.permit(token, question); refused != nil {
		refused.write(w)
		return
	}
	record, known := s.Records[strings.TrimPrefix(question.From, urnPerson)]
	if !known {
		(&denial{http.StatusNotFound, "nothing is known"}).write(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	writeJSON(w, record)
}

func (s *DataSource) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}
