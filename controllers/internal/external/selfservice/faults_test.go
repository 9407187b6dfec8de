// SPDX-License-Identifier: BSD-3-Clause

package selfservice_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// kindsOfFaults is what can go wrong with any call. The work is done when done says so.
var kindsOfFaults = map[string]struct {
	fault sandbox.Fault
	done  bool
}{
	"500":                      {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500}, false},
	"503 with Retry-After":     {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, RetryAfterSeconds: 30}, false},
	"500 after the work":       {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500, AfterEffect: true}, true},
	"429":                      {sandbox.Fault{Kind: sandbox.FaultThrottle, RetryAfterSeconds: 7}, false},
	"a dropped connection":     {sandbox.Fault{Kind: sandbox.FaultDrop}, false},
	"a lost answer":            {sandbox.Fault{Kind: sandbox.FaultDrop, AfterEffect: true}, true},
	"a truncated answer":       {sandbox.Fault{Kind: sandbox.FaultTruncate}, true},
	"a page for people":        {sandbox.Fault{Kind: sandbox.FaultContentType}, true},
	"tokens that expire":       {sandbox.Fault{Kind: sandbox.FaultExpireTokens}, false},
	"latency beyond the limit": {sandbox.Fault{Kind: sandbox.FaultLatency, LatencyMillis: 250}, false},
}

// operation is one call, and whether the state is as it should have made it. What is there before is a client, a scope and
// nav's access to it.
type operation struct {
	route   string // its method and path
	path    string
	public  bool // needs no token
	once    bool // must not be repeated when the outcome is unknown
	do      func(w *world) error
	settled func(w *world) bool // nil is for reads
}

// subject is what was there before.
type subject struct{ id string }

func (s *subject) client(w *world) *selfservice.Client {
	got, err := w.api.Get(w.t.Context(), s.id)
	if err != nil && !external.IsNotFound(err) {
		w.t.Fatal(err)
	}
	return got
}

func (s *subject) kids(w *world) []string {
	set, err := w.api.Keys(w.t.Context(), s.id)
	w.must(err)
	return set.IDs()
}

func scopeOf(w *world, name string) *selfservice.Scope {
	got, err := w.api.Scope(w.t.Context(), name)
	if err != nil && !external.IsNotFound(err) {
		w.t.Fatal(err)
	}
	return got
}

func accessOf(w *world, orgNo string) string {
	all, err := w.api.Consumers(w.t.Context(), ownScope)
	w.must(err)
	for _, access := range all {
		if access.ConsumerOrgNo == orgNo {
			return access.State
		}
	}
	return ""
}

const (
	clientsPath = "/api/v1/clients"
	clientPath  = clientsPath + "/{id}"
	jwksPath    = clientPath + "/jwks"
	scopesPath  = "/api/v1/scopes"
	accessPath  = scopesPath + "/access/{orgno}"
)

func operations(s *subject) map[string]operation {
	const newScope = "skd:assets"
	return map[string]operation{
		"list": {route: "GET " + clientsPath, path: clientsPath + "$",
			do: func(w *world) error { return calls["list"](w.t.Context(), w.api) }},
		"get": {route: "GET " + clientPath, path: clientsPath + "/[^/]+$",
			do: func(w *world) error { _, err := w.api.Get(w.t.Context(), s.id); return err }},
		"create": {route: "POST " + clientsPath, path: clientsPath + "$", once: true,
			do: func(w *world) error { return calls["create"](w.t.Context(), w.api) },
			settled: func(w *world) bool {
				all, err := w.api.List(w.t.Context())
				w.must(err)
				return len(all) == 2
			}},
		"put": {route: "PUT " + clientPath, path: clientsPath + "/[^/]+$",
			do:      func(w *world) error { return w.api.Put(w.t.Context(), s.id, machine(scoped(grantedScope))) },
			settled: func(w *world) bool { return selfservice.Same(s.client(w), machine(scoped(grantedScope))) }},
		"deactivate": {route: "DELETE " + clientPath, path: clientsPath + "/[^/]+$",
			do:      func(w *world) error { return w.api.Deactivate(w.t.Context(), s.id) },
			settled: func(w *world) bool { return s.client(w) == nil }},
		"keys": {route: "GET " + jwksPath, path: "/jwks$",
			do: func(w *world) error { _, err := w.api.Keys(w.t.Context(), s.id); return err }},
		"replace": {route: "POST " + jwksPath, path: "/jwks$",
			do: func(w *world) error {
				_, err := w.api.Replace(w.t.Context(), s.id, publics("new", "old"))
				return err
			},
			settled: func(w *world) bool { return slices.Equal(s.kids(w), []string{"new", "old"}) }},
		"clear": {route: "DELETE " + jwksPath, path: "/jwks$",
			do:      func(w *world) error { return w.api.Clear(w.t.Context(), s.id) },
			settled: func(w *world) bool { return len(s.kids(w)) == 0 }},
		"scope": {route: "GET " + scopesPath, path: scopesPath + "$",
			do: func(w *world) error { return calls["scope"](w.t.Context(), w.api) }},
		"create scope": {route: "POST " + scopesPath, path: scopesPath + "$", once: true,
			do: func(w *world) error {
				return w.api.CreateScope(w.t.Context(), income(func(s *selfservice.Scope) { s.Name = newScope }))
			},
			settled: func(w *world) bool { return scopeOf(w, newScope) != nil }},
		"put scope": {route: "PUT " + scopesPath, path: scopesPath + "$",
			do: func(w *world) error {
				return w.api.PutScope(w.t.Context(), income(func(s *selfservice.Scope) { s.Description = "New" }))
			},
			settled: func(w *world) bool { return scopeOf(w, ownScope).Description == "New" }},
		"deactivate scope": {route: "DELETE " + scopesPath, path: scopesPath + "$",
			do:      func(w *world) error { return w.api.DeactivateScope(w.t.Context(), ownScope) },
			settled: func(w *world) bool { return !scopeOf(w, ownScope).Active }},
		"open": {route: "GET " + scopesPath + "/all", path: "/scopes/all$", public: true,
			do: func(w *world) error { return calls["open"](w.t.Context(), w.api) }},
		"consumers": {route: "GET " + scopesPath + "/access", path: "/scopes/access$",
			do: func(w *world) error { return calls["consumers"](w.t.Context(), w.api) }},
		"granted": {route: "GET " + scopesPath + "/access/all", path: "/scopes/access/all$",
			do: func(w *world) error { return calls["granted"](w.t.Context(), w.api) }},
		"grant": {route: "PUT " + accessPath, path: "/scopes/access/[0-9]+$",
			do:      func(w *world) error { return w.api.Grant(w.t.Context(), ownScope, sandbox.BankNumber) },
			settled: func(w *world) bool { return accessOf(w, sandbox.BankNumber) == selfservice.StateApproved }},
		"take": {route: "DELETE " + accessPath, path: "/scopes/access/[0-9]+$",
			do:      func(w *world) error { return w.api.Take(w.t.Context(), ownScope, sandbox.NAVNumber) },
			settled: func(w *world) bool { return accessOf(w, sandbox.NAVNumber) == selfservice.StateDenied }},
	}
}

func (w *world) prepare() *subject {
	w.t.Helper()
	s := &subject{w.made(machine()).ClientID}
	_, err := w.api.Replace(w.t.Context(), s.id, publics("old"))
	w.must(err)
	w.must(w.api.CreateScope(w.t.Context(), income()))
	w.must(w.api.Grant(w.t.Context(), ownScope, sandbox.NAVNumber))
	return s
}

func TestEveryFaultInEveryOperation(t *testing.T) {
	for name := range calls {
		for sentence, kind := range kindsOfFaults {
			t.Run(name+" with "+sentence, func(t *testing.T) {
				w := begin(t)
				op := operations(w.prepare())[name]
				healthy := w.api
				if kind.fault.LatencyMillis > 0 {
					w.api = w.as(sandbox.SkatteetatenNumber, 50*time.Millisecond) // so that waiting is short and sure
				}
				fault := kind.fault
				fault.Method, _, _ = strings.Cut(op.route, " ")
				fault.Path = op.path
				clear(w.wire.sent)
				w.must(w.server.SetFaults(fault))
				harmless := op.public && fault.Kind == sandbox.FaultExpireTokens
				w.wantTyped(op.do(w), fault, harmless)
				if got := w.wire.sent[fault.Method]; op.once && got != 1 {
					t.Errorf("want it made once, got %d", got)
				}
				w.must(w.server.SetFaults())
				w.api = healthy
				w.clock.Step(time.Minute) // for which we may have been asked to wait
				w.wantConverged(op, kind.done)
			})
		}
	}
}

func (w *world) wantTyped(err error, fault sandbox.Fault, harmless bool) {
	w.t.Helper()
	if harmless {
		wantKind(w.t, err, "ok")
		return
	}
	later, ok := errors.AsType[*external.TryLater](err)
	switch {
	case !ok:
		w.t.Fatalf("want to try later, got %v", err)
	case later.RetryAfter != time.Duration(fault.RetryAfterSeconds)*time.Second:
		w.t.Errorf("want Retry-After %d s, got %v", fault.RetryAfterSeconds, later.RetryAfter)
	case later.Unsent:
		w.t.Error("want the outcome unknown, since it was sent")
	}
}

// wantConverged does what a next pass does: look, and act only on a difference.
func (w *world) wantConverged(op operation, done bool) {
	w.t.Helper()
	if op.settled == nil {
		w.must(op.do(w))
		return
	}
	if settled := op.settled(w); settled != done {
		w.t.Errorf("want the work done: %v, got %v", done, settled)
	}
	if !op.settled(w) {
		w.must(op.do(w))
	}
	if !op.settled(w) {
		w.t.Fatal("want it as it should be after the trouble")
	}
}

// A reader does not see a fault that passes.
func TestAFaultThatPassesIsNotSeen(t *testing.T) {
	for name := range calls {
		w := begin(t)
		op := operations(w.prepare())[name]
		if op.once {
			continue
		}
		t.Run(name, func(t *testing.T) {
			method, _, _ := strings.Cut(op.route, " ")
			w.must(w.server.SetFaults(sandbox.Fault{Kind: sandbox.FaultDrop, AfterEffect: true, Method: method, Path: op.path, Count: 1}))
			wantKind(t, op.do(w), "ok")
			if op.settled != nil && !op.settled(w) {
				t.Error("want it done")
			}
		})
	}
}
