// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"testing"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// journey is a step in the life of an App's credentials: from how it stands at the start to what is then declared.
type journey struct {
	name string
	// from is what stands before; nil where nothing does.
	from func(*world)
	to   func(*world)
	// breaking says that pods may lose their keys on the way.
	breaking bool
}

func provideOne(w *world) { w.plan.Clients = []Client{w.machine(openScope)} }

func provideTwo(w *world) {
	w.plan.Clients = []Client{w.login("openid", "profile"), w.machine(openScope)}
}

func suspended(w *world) { w.plan = Plan{Action: Revoke, Owner: w.plan.Owner} }

func deleted(w *world) {
	w.plan.Scopes = nil
	w.must(w.api.Delete(w.t.Context(), w.app()))
}

var journeys = []journey{
	{name: "getting the first client and scope", to: func(w *world) {
		provideOne(w)
		w.plan.Scopes = []Scope{income(sandbox.BankNumber)}
	}},
	{name: "editing scopes", from: provideOne, to: func(w *world) { w.plan.Clients = []Client{w.machine(openScope, otherScope)} }},
	{name: "rotating keys", from: provideOne, to: func(w *world) { w.plan.Rotate = "again" }},
	{name: "revoking keys", from: provideOne, to: func(w *world) { w.plan.Revoke = "leak" }, breaking: true},
	{name: "retiring a client", from: provideTwo, to: provideOne},
	{name: "replacing a client by one of another kind", from: provideTwo, to: func(w *world) {
		w.plan.Clients[0] = w.login("altinn:instances.read", "openid", "profile")
	}},
	{name: "going out of service", from: provideTwo, to: suspended},
	{name: "coming back into service", from: func(w *world) {
		provideOne(w)
		w.settle()
		suspended(w)
	}, to: func(w *world) {
		w.plan.Action = Provide
		provideOne(w)
	}},
	{name: "exchanging who has access", from: func(w *world) {
		w.plan.Scopes = []Scope{income(sandbox.BankNumber, sandbox.FinanceNumber)}
	}, to: func(w *world) {
		w.plan.Scopes = []Scope{income(sandbox.FinanceNumber, sandbox.RequesterANumber)}
	}},
	{name: "deleting", from: func(w *world) {
		provideOne(w)
		w.plan.Scopes = []Scope{income(sandbox.BankNumber)}
	}, to: deleted},
}

// depart makes a world as it stands before a journey, and declares what is to come of it.
func (j journey) depart(t testing.TB, s *site) *world {
	t.Helper()
	w := s.open(t)
	if j.from != nil {
		j.from(w)
		w.settle()
	}
	if j.breaking {
		w.forgive()
	}
	w.cluster.writes = nil
	j.to(w)
	w.wire.begin()
	return w
}

// forgive lets pods lose the keys they have now.
func (w *world) forgive() {
	for _, p := range w.pods {
		for _, h := range p.holds {
			w.forgiven[h.key.KeyID] = true
		}
	}
}

// clean makes a journey on which nothing goes wrong.
func (j journey) clean(t *testing.T, s *site) (calls []call, writes int) {
	t.Helper()
	w := j.depart(t, s)
	w.settle(w.wantHonest("on a clean journey"))
	w.wantRest()
	if len(w.wire.made()) == 0 || len(w.cluster.writes) == 0 {
		t.Fatal("nothing was called or written, so nothing of this can go wrong")
	}
	return w.wire.made(), len(w.cluster.writes)
}

// wantHonest wants CredentialsReady to be True only when what is outside is as declared.
func (w *world) wantHonest(how string) func() {
	return func() {
		w.t.Helper()
		if !w.ready() {
			return
		}
		if differs := w.differs(); differs != "" {
			w.t.Fatalf("%s: CredentialsReady is True, and %s", how, differs)
		}
	}
}

// arrive wants a journey to have come to where the clean one does, however it went.
func (w *world) arrive(how string) {
	w.t.Helper()
	if restless := w.restless(); restless != "" {
		w.t.Fatalf("%s: %s", how, restless)
	}
	w.wantRest()
}

// abandon takes a Secret, as somebody with kubectl would.
func (w *world) abandon(name string) {
	w.t.Helper()
	w.must(w.api.Delete(w.t.Context(), w.secret(name)))
}
