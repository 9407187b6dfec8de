// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxLogged is how many calls are kept one by one. The counts go on.
const maxLogged = 10_000

// Request is a call that was made: no query, no header and no body, so nothing secret or personal.
type Request struct {
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"` // 0 when the connection was dropped
}

// requestLog remembers calls since the last clearing.
type requestLog struct {
	counts map[string]int // by method and pattern
	recent []Request
}

func newRequestLog() requestLog { return requestLog{counts: map[string]int{}} }

func (s *Server) record(r *http.Request, pattern string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.counts[pattern]++
	if len(s.log.recent) == maxLogged {
		s.log.recent = slices.Delete(s.log.recent, 0, maxLogged/10)
	}
	s.log.recent = append(s.log.recent, Request{s.nowLocked(), r.Method, r.URL.Path, status})
}

// Requests gives the latest calls, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log.recent)
}

// Counts gives the number of calls by route, such as "PUT /resourceregistry/api/v1/resource/{id}".
func (s *Server) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.log.counts)
}

// Writes is the number of calls that would change something in a registry. Tokens are not counted.
func (s *Server) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.writes()
}

func (l requestLog) writes() int {
	sum := 0
	for route, count := range l.counts {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet && path != "/token" {
			sum += count
		}
	}
	return sum
}

// ClearRequests begins the log anew.
func (s *Server) ClearRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = newRequestLog()
}

func (s *Server) getRequests(*call) reply {
	return jsonReply(http.StatusOK, map[string]any{
		"counts": s.log.counts,
		"writes": s.log.writes(),
		"recent": s.log.recent,
	})
}

func (s *Server) clearRequests(*call) reply {
	s.log = newRequestLog()
	return emptyReply(http.StatusNoContent)
}
