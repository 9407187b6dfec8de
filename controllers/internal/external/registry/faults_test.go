// SPDX-License-Identifier: BSD-3-Clause

package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// always is one token that is never renewed, and a source of it.
type always struct{}

func (always) For(...string) external.Bearer         { return always{} }
func (always) Token(context.Context) (string, error) { return "canary-token", nil }
func (always) Rejected(string)                       {}

// kindsOfFaults is what can go wrong with any call. The work is done when done says so.
var kindsOfFaults = map[string]struct {
	fault sandbox.Fault
	done  bool
}{
	"500":                      {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500}, false},
	"502":                      {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 502}, false},
	"503 with Retry-After":     {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, RetryAfterSeconds: 30}, false},
	"500 after the work":       {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 500, AfterEffect: true}, true},
	"503 after the work":       {sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, AfterEffect: true}, true},
	"429":                      {sandbox.Fault{Kind: sandbox.FaultThrottle, RetryAfterSeconds: 7}, false},
	"429 after the work":       {sandbox.Fault{Kind: sandbox.FaultThrottle, RetryAfterSeconds: 1, AfterEffect: true}, true},
	"a dropped connection":     {sandbox.Fault{Kind: sandbox.FaultDrop}, false},
	"dropped after the work":   {sandbox.Fault{Kind: sandbox.FaultDrop, AfterEffect: true}, true},
	"a truncated answer":       {sandbox.Fault{Kind: sandbox.FaultTruncate}, true},
	"a page for people":        {sandbox.Fault{Kind: sandbox.FaultContentType}, true},
	"tokens that expire":       {sandbox.Fault{Kind: sandbox.FaultExpireTokens}, false},
	"latency beyond the limit": {sandbox.Fault{Kind: sandbox.FaultLatency, LatencyMillis: 250}, false},
	"latency within the limit": {sandbox.Fault{Kind: sandbox.FaultLatency, LatencyMillis: 5}, true},
}

// operation is one call of the registry's client, and how a next pass looks whether it is as it should be.
type operation struct {
	method, path string
	public       bool // needs no token
	once         bool // must not be repeated when the outcome is unknown
	prepare      func(w *world)
	do           func(w *world) error
	// settled says whether the state is as do should have made it, as seen without faults. Nil is for reads.
	settled func(w *world) bool
}

const (
	resourcePath = "/resource/" + id + "$"
	policyPath   = "/resource/" + id + "/policy$"
	listPath     = "/access-lists/skd/banks$"
	membersPath  = "/members$"
	tiesPath     = "/resource-connections$"
	tiePath      = "/resource-connections/" + id + "$"
)

func created(w *world) { w.must(w.client.Create(w.t.Context(), consent())) }

func listed(w *world) { w.list(companies[:3]...) }

func both(w *world) { created(w); listed(w) }

func tied(w *world) {
	both(w)
	_, err := w.client.Connect(w.t.Context(), listKey, registry.AnyVersion, registry.Connection{Resource: id})
	w.must(err)
}

func (w *world) versions() (count int64) {
	w.t.Helper()
	got, err := w.client.Get(w.t.Context(), id)
	w.must(err)
	return got.VersionID
}

// seen is what do decides on: it is read before the trouble begins, and again by each next pass.
type seen struct {
	stored  *registry.ServiceResource
	roster  *registry.Roster
	version registry.Version
}

func (w *world) look() seen {
	w.t.Helper()
	var s seen
	var err error
	if s.stored, err = w.client.Get(w.t.Context(), id); err != nil && !external.IsNotFound(err) {
		w.t.Fatal(err)
	}
	if s.roster, err = w.client.Members(w.t.Context(), listKey); err != nil && !external.IsNotFound(err) {
		w.t.Fatal(err)
	}
	if s.roster != nil {
		s.version = s.roster.Version
	}
	return s
}

func operations() map[string]func() operation {
	var now seen // what the pass has read
	look := func(w *world) { now = w.look() }
	after := func(prepare func(*world)) func(*world) {
		return func(w *world) { prepare(w); look(w) }
	}
	return map[string]func() operation{
		"get resource": func() operation {
			return operation{method: "GET", path: resourcePath, public: true, prepare: created,
				do: func(w *world) error { _, err := w.client.Get(w.t.Context(), id); return err }}
		},
		"create resource": func() operation {
			return operation{method: "POST", path: "/resource$", once: true, prepare: func(*world) {},
				do:      func(w *world) error { return w.client.Create(w.t.Context(), consent()) },
				settled: func(w *world) bool { return w.look().stored != nil }}
		},
		"replace resource": func() operation {
			return operation{method: "PUT", path: resourcePath, once: true, prepare: after(created),
				do: func(w *world) error { return w.client.Put(w.t.Context(), now.stored, consent(titled("Ny"))) },
				settled: func(w *world) bool {
					look(w)
					return now.stored.Title["nb"] == "Ny"
				}}
		},
		"delete resource": func() operation {
			return operation{method: "DELETE", path: resourcePath, prepare: created,
				do:      func(w *world) error { return w.client.Delete(w.t.Context(), id) },
				settled: func(w *world) bool { return w.look().stored == nil }}
		},
		"get policy": func() operation {
			return operation{method: "GET", path: policyPath, public: true,
				prepare: func(w *world) { created(w); w.must(w.client.PutPolicy(w.t.Context(), id, policy(id, "3"))) },
				do:      func(w *world) error { _, err := w.client.Policy(w.t.Context(), id); return err }}
		},
		"upload policy": func() operation {
			return operation{method: "PUT", path: policyPath, once: true, prepare: created,
				do: func(w *world) error { return w.client.PutPolicy(w.t.Context(), id, policy(id, "3")) },
				settled: func(w *world) bool {
					got, err := w.client.Policy(w.t.Context(), id)
					return err == nil && string(got) == string(policy(id, "3"))
				}}
		},
		"get access list": func() operation {
			return operation{method: "GET", path: listPath, prepare: listed,
				do: func(w *world) error { _, err := w.client.List(w.t.Context(), listKey); return err }}
		},
		"put access list": func() operation {
			return operation{method: "PUT", path: listPath, once: true, prepare: after(func(*world) {}),
				do: func(w *world) error {
					_, err := w.client.PutList(w.t.Context(), listKey, registry.AccessList{Name: "Banker", Version: now.version})
					return err
				},
				settled: func(w *world) bool { look(w); return now.version != registry.Absent }}
		},
		"delete access list": func() operation {
			return operation{method: "DELETE", path: listPath, once: true, prepare: after(listed),
				do:      func(w *world) error { return w.client.DeleteList(w.t.Context(), listKey, now.version) },
				settled: func(w *world) bool { look(w); return now.version == registry.Absent }}
		},
		"get members": func() operation {
			return operation{method: "GET", path: membersPath, prepare: listed,
				do: func(w *world) error { _, err := w.client.Members(w.t.Context(), listKey); return err }}
		},
		"replace members": func() operation {
			return operation{method: "PUT", path: membersPath, once: true, prepare: after(listed),
				do: func(w *world) error {
					_, err := w.client.ReplaceMembers(w.t.Context(), listKey, now.roster, companies[2:5])
					return err
				},
				settled: func(w *world) bool {
					look(w)
					return slices.Equal(organisations(now.roster), companies[2:5])
				}}
		},
		"replace many members": func() operation {
			return operation{method: "POST", path: membersPath, once: true, prepare: after(listed),
				do: func(w *world) error {
					_, err := w.client.ReplaceMembers(w.t.Context(), listKey, now.roster, companies[1:220])
					return err
				},
				settled: func(w *world) bool {
					look(w)
					return slices.Equal(organisations(now.roster), companies[1:220])
				}}
		},
		"get connections": func() operation {
			return operation{method: "GET", path: tiesPath, prepare: tied,
				do: func(w *world) error { _, _, err := w.client.Connections(w.t.Context(), listKey); return err }}
		},
		"connect resource": func() operation {
			return operation{method: "PUT", path: tiePath, once: true, prepare: after(both),
				do: func(w *world) error {
					_, err := w.client.Connect(w.t.Context(), listKey, now.version, registry.Connection{Resource: id})
					return err
				},
				settled: func(w *world) bool {
					ties, version, err := w.client.Connections(w.t.Context(), listKey)
					w.must(err)
					now.version = version
					return len(ties) == 1
				}}
		},
		"disconnect resource": func() operation {
			return operation{method: "DELETE", path: tiePath, once: true, prepare: after(tied),
				do: func(w *world) error { return w.client.Disconnect(w.t.Context(), listKey, now.version, id) },
				settled: func(w *world) bool {
					ties, version, err := w.client.Connections(w.t.Context(), listKey)
					w.must(err)
					now.version = version
					return len(ties) == 0
				}}
		},
	}
}

func TestEveryFaultInEveryOperation(t *testing.T) {
	for name, operation := range operations() {
		for sentence, kind := range kindsOfFaults {
			t.Run(name+" with "+sentence, func(t *testing.T) {
				w := begin(t)
				op := operation()
				op.prepare(w)
				w.server.ClearRequests()
				fault := kind.fault
				fault.Method, fault.Path = op.method, op.path
				w.fault(fault)
				err := op.do(w)
				harmless := fault.Kind == sandbox.FaultLatency && kind.done || fault.Kind == sandbox.FaultExpireTokens && op.public
				w.wantTyped(err, fault, harmless)
				w.wantAttempts(op, fault, harmless)
				w.heal()
				w.wantConverged(op, kind.done || harmless)
			})
		}
	}
}

func (w *world) wantTyped(err error, fault sandbox.Fault, harmless bool) {
	w.t.Helper()
	if harmless {
		w.wantKind(err, "ok")
		return
	}
	later, ok := errors.AsType[*external.TryLater](err)
	if !ok {
		w.t.Fatalf("want to try later, got %v", err)
	}
	if later.RetryAfter != time.Duration(fault.RetryAfterSeconds)*time.Second {
		w.t.Errorf("want Retry-After %d s, got %v", fault.RetryAfterSeconds, later.RetryAfter)
	}
	if later.Unsent {
		w.t.Error("want the outcome unknown, since it was sent")
	}
	if strings.Contains(err.Error(), "eyJ") || strings.Contains(err.Error(), "token=") {
		w.t.Errorf("want no token in %v", err)
	}
}

// wantAttempts counts the calls that reached the faulty route.
func (w *world) wantAttempts(op operation, fault sandbox.Fault, harmless bool) {
	w.t.Helper()
	if harmless {
		return
	}
	least, most := 1, 1
	if !op.once {
		most = 5 // Go's own transport may add some where kept connections were dead
		if fault.RetryAfterSeconds <= 2 {
			least = 3
		}
	}
	got := w.attempts(op)
	for wait := 0; got < least && wait < 200; wait++ { // a call we gave up on is logged when the server has seen that
		time.Sleep(5 * time.Millisecond)
		got = w.attempts(op)
	}
	if got < least || got > most {
		w.t.Errorf("want %d to %d attempts, got %d", least, most, got)
	}
}

func (w *world) attempts(op operation) (count int) {
	for _, request := range w.server.Requests() {
		if request.Method == op.method && pathMatches(op.path, request.Path) {
			count++
		}
	}
	return count
}

func pathMatches(pattern, path string) bool {
	return strings.HasSuffix(path, strings.TrimSuffix(pattern, "$"))
}

// wantConverged does what a next pass does: look, and act only on a difference.
func (w *world) wantConverged(op operation, done bool) {
	w.t.Helper()
	if op.settled == nil {
		w.must(op.do(w))
		return
	}
	acted := 0
	for range 3 {
		if op.settled(w) {
			break
		}
		acted++
		w.must(op.do(w))
	}
	if !op.settled(w) {
		w.t.Fatal("want it as it should be after the trouble")
	}
	if done && acted > 1 {
		w.t.Errorf("want no more to do than one step, did %d", acted)
	}
}

func TestNoFaultMakesAnotherVersionOfAResource(t *testing.T) {
	for sentence, kind := range kindsOfFaults {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			created(w)
			stored := w.look().stored
			fault := kind.fault
			fault.Method, fault.Path = "PUT", resourcePath
			w.fault(fault)
			_ = w.client.Put(t.Context(), stored, consent(titled("Ny")))
			w.heal()
			want := stored.VersionID
			if w.look().stored.Title["nb"] == "Ny" {
				want++
			}
			if got := w.versions(); got != want {
				t.Errorf("want version %d, got %d", want, got)
			}
			if done := want > stored.VersionID; done != kind.done {
				t.Errorf("want the work done: %v, got %v", kind.done, done)
			}
		})
	}
}

func TestAFaultThatPassesIsNotSeenByReaders(t *testing.T) {
	for sentence, kind := range kindsOfFaults {
		if kind.fault.RetryAfterSeconds > 2 {
			continue // it is obeyed, and so is seen
		}
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			listed(w)
			fault := kind.fault
			fault.Method, fault.Path, fault.Count = "GET", "/access-lists/", 2
			w.fault(fault)
			_, err := w.client.Members(t.Context(), listKey)
			w.wantKind(err, "ok")
		})
	}
}

func TestErrorsOfTheRegistryHoldNothingThatMustNotBeSeen(t *testing.T) {
	w := begin(t)
	resource := consent(func(r *registry.ServiceResource) {
		r.Title = nil
		r.ContactPoints = []registry.ContactPoint{{Email: "kari@canary.example.no", Telephone: "canary-telephone"}}
	})
	err := w.client.Create(t.Context(), resource)
	if text := fmt.Sprintf("%v %+v", err, err); err == nil || strings.Contains(text, "canary") {
		t.Errorf("want nothing of the body in %s", text)
	}
}
