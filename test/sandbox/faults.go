// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Kinds of faults.
const (
	// FaultLatency lets the call wait, and then go on.
	FaultLatency = "latency"
	// FaultStatus answers with a status; afterEffect lets the call do its work first.
	FaultStatus = "status"
	// FaultThrottle answers 429 with Retry-After.
	FaultThrottle = "throttle"
	// FaultDrop closes the connection without an answer; afterEffect lets the call do its work first.
	FaultDrop = "drop"
	// FaultTruncate does the work, promises the whole body and closes the connection within it.
	FaultTruncate = "truncate"
	// FaultContentType does the work, and answers with a page for people, as a proxy in trouble would.
	FaultContentType = "contentType"
	// FaultExpireTokens ends all tokens issued so far, so that the call and those after it are answered 401.
	FaultExpireTokens = "expireTokens"
)

// Fault makes calls fail. An empty Method is any, Path is a regular expression over the path, and a Count of 0 lasts until the
// fault is taken back. Of several faults that match, delays add up and the first other one decides.
type Fault struct {
	Method            string `json:"method,omitempty"`
	Path              string `json:"path"`
	Count             int    `json:"count,omitempty"`
	Kind              string `json:"kind"`
	Status            int    `json:"status,omitempty"`
	LatencyMillis     int    `json:"latencyMillis,omitempty"`
	RetryAfterSeconds int    `json:"retryAfterSeconds,omitempty"`
	AfterEffect       bool   `json:"afterEffect,omitempty"`

	path *regexp.Regexp
	left int
}

func (f *Fault) check() error {
	path, err := regexp.Compile(f.Path)
	if err != nil {
		return fmt.Errorf("reading the path of a fault: %w", err)
	}
	kinds := []string{
		FaultLatency, FaultStatus, FaultThrottle, FaultDrop, FaultTruncate, FaultContentType, FaultExpireTokens,
	}
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("reading a fault: no kind %q, there are %v", f.Kind, kinds)
	}
	if f.Kind == FaultStatus && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("reading a fault: %d is no status of an error", f.Status)
	}
	f.path, f.left = path, f.Count
	return nil
}

// SetFaults replaces all faults.
func (s *Server) SetFaults(faults ...Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.setFaults(faults)
}

func (s *Server) setFaults(faults []Fault) error {
	made := make([]*Fault, 0, len(faults))
	for i := range faults {
		fault := faults[i]
		if err := fault.check(); err != nil {
			return err
		}
		made = append(made, &fault)
	}
	s.faults = made
	return nil
}

// Faults gives the faults that still match something; Count is what is left of them.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faultsLeft()
}

func (s *Server) faultsLeft() []Fault {
	left := []Fault{}
	for _, fault := range s.faults {
		shown := *fault
		shown.Count = fault.left
		left = append(left, shown)
	}
	return left
}

// plan is what faults make of one call.
type plan struct {
	wait  time.Duration
	fault *Fault // nil for none
}

// takeFaults finds the faults for a call and counts them down.
func (s *Server) takeFaults(r *http.Request) plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p plan
	s.faults = slices.DeleteFunc(s.faults, func(fault *Fault) bool {
		if fault.Method != "" && fault.Method != r.Method || !fault.path.MatchString(r.URL.Path) {
			return false
		}
		if fault.Kind != FaultLatency && p.fault != nil {
			return false
		}
		if fault.Kind == FaultLatency {
			p.wait += time.Duration(fault.LatencyMillis) * time.Millisecond
		} else {
			p.fault = fault
		}
		if fault.Kind == FaultExpireTokens {
			s.expired = s.serial
		}
		if fault.Count == 0 {
			return false
		}
		fault.left--
		return fault.left == 0
	})
	return p
}

// before does what comes before the work. It says whether the call ends there.
func (p plan) before(w http.ResponseWriter, r *http.Request) bool {
	if p.wait > 0 {
		select {
		case <-time.After(p.wait):
		case <-r.Context().Done():
			return true
		}
	}
	if p.fault == nil || p.fault.AfterEffect {
		return false
	}
	switch p.fault.Kind {
	case FaultDrop:
		drop(w)
		return true
	case FaultStatus, FaultThrottle:
		p.fault.reply().write(w)
		return true
	}
	return false
}

// after spoils an answer. It says whether there is nothing left to write.
func (p plan) after(w http.ResponseWriter, answer reply) bool {
	if p.fault == nil {
		return false
	}
	switch p.fault.Kind {
	case FaultDrop:
		drop(w)
	case FaultStatus, FaultThrottle:
		p.fault.reply().write(w)
	case FaultTruncate:
		truncate(w, answer)
	case FaultContentType:
		bodyReply(answer.status, "text/html; charset=utf-8", []byte("<!DOCTYPE html><title>Sorry</title>")).write(w)
	default:
		return false
	}
	return true
}

// shownStatus is what the log says of a call that never got to its work: 0 is no answer.
func (p plan) shownStatus() int {
	if p.fault == nil || p.fault.Kind == FaultDrop {
		return 0
	}
	return p.fault.reply().status
}

func (f *Fault) reply() reply {
	if f.Kind == FaultThrottle {
		return problemReply(http.StatusTooManyRequests, "").with("Retry-After", strconv.Itoa(f.RetryAfterSeconds))
	}
	answer := problemReply(f.Status, "")
	if f.RetryAfterSeconds > 0 {
		answer = answer.with("Retry-After", strconv.Itoa(f.RetryAfterSeconds))
	}
	return answer
}

// drop closes the connection without a word. Where that cannot be done, the server's own way to give up must do.
func drop(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = connection.Close()
}

// truncate sends half of an answer that promised more; an answer without a body promises one.
func truncate(w http.ResponseWriter, answer reply) {
	for key, values := range answer.header {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(answer.body)+1))
	status := answer.status
	if status == http.StatusNoContent || status == http.StatusNotModified {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer.body[:len(answer.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (s *Server) putFaults(c *call) reply {
	var faults []Fault
	if err := json.Unmarshal(c.body, &faults); err != nil {
		return textReply(http.StatusBadRequest, "reading faults: "+err.Error())
	}
	if err := s.setFaults(faults); err != nil {
		return textReply(http.StatusBadRequest, err.Error())
	}
	return emptyReply(http.StatusNoContent)
}

func (s *Server) getFaults(*call) reply { return jsonReply(http.StatusOK, s.faultsLeft()) }

func (s *Server) clearFaults(*call) reply {
	s.faults = nil
	return emptyReply(http.StatusNoContent)
}
