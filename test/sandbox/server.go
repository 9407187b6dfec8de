// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// maxBody is more than any real body of these APIs, and little enough that a mistaken caller cannot fill the memory.
const maxBody = 4 << 20

// Server is the sandbox. It is an http.Handler; whoever serves it also stops serving, then calls Close.
type Server struct {
	options Options
	mux     *http.ServeMux
	keys    *signingKeys
	saver   *saver

	mu      sync.Mutex // guards everything below
	offset  time.Duration
	people  *parties
	owners  *scopeOwners
	grants  map[string]time.Time // grants that were used, by client and jti, until they would have expired anyway
	serial  int                  // the number of tokens issued
	expired int                  // tokens up to this number count as expired, whatever they say
	faults  []*Fault
	log     requestLog
	state   *state
}

// New makes a server, and loads the state file when there is one.
func New(options Options) (*Server, error) {
	if options.Clock == nil {
		options.Clock = time.Now
	}
	keys, err := processKeys()
	if err != nil {
		return nil, fmt.Errorf("making signing keys: %w", err)
	}
	loaded, err := loadState(options.StateFile)
	if err != nil {
		return nil, fmt.Errorf("loading the state of the sandbox: %w", err)
	}
	s := &Server{
		options: options,
		mux:     http.NewServeMux(),
		keys:    keys,
		people:  newParties(options.Organisations, options.Persons),
		owners:  newScopeOwners(options.Organisations),
		grants:  map[string]time.Time{},
		log:     newRequestLog(),
		state:   loaded,
	}
	for _, client := range options.Clients {
		s.state.Clients[client.ID] = client
	}
	s.seedScopes()
	s.routes()
	s.saver = startSaver(s)
	return s, nil
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close writes the state file a last time. The server answers no calls afterwards that it would remember.
func (s *Server) Close() error { return s.saver.stop() }

// call is a request with all that handlers need of it, read before the server is locked.
type call struct {
	*http.Request
	body  []byte
	now   time.Time
	base  string  // where the caller reaches the server
	token *claims // set where a token is needed
}

// handler answers a call while the server is locked. It does not write, so that faults can come after the effect.
type handler func(*call) reply

func (s *Server) routes() {
	s.maskinportenRoutes()
	s.resourceRoutes()
	s.accessListRoutes()
	s.consentRoutes()
	s.selfServiceRoutes()
	s.issuerRoutes()
	s.adminRoutes()
	s.selfServiceAdminRoutes()
}

// route adds a handler of the systems that are played: it can be made to fail, and is written down in the log.
func (s *Server) route(pattern string, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		faults := s.takeFaults(r)
		if faults.before(w, r) {
			s.record(r, pattern, faults.shownStatus())
			return
		}
		answer := s.answer(w, r, h)
		s.record(r, pattern, answer.status)
		if !faults.after(w, answer) {
			answer.write(w)
		}
	})
}

// admin adds a handler that no real system has. Faults do not reach it, so that they can be taken back.
func (s *Server) admin(pattern string, h handler) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, h).write(w) })
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, h handler) reply {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return problemReply(http.StatusRequestEntityTooLarge, "The request body could not be read.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	now := s.nowLocked()
	// The date is the sandbox's, so that a caller can follow a clock that was moved.
	return h(&call{Request: r, body: body, now: now, base: s.baseOf(r)}).with("Date", now.Format(http.TimeFormat))
}

func (s *Server) baseOf(r *http.Request) string {
	if s.options.BaseURL != "" {
		return s.options.BaseURL
	}
	return "http://" + r.Host
}

func (s *Server) nowLocked() time.Time { return s.options.Clock().Add(s.offset).UTC() }

// changed says that the state differs from what is in the file.
func (s *Server) changed() { s.saver.mark() }
