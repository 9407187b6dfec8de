// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestTheLifeOfAScopeThatIsExposed(t *testing.T) {
	const name = "skd:inntekt"
	for sentence, life := range map[string]func(*world){
		"exactly those who are declared have access": func(w *world) {
			w.plan.Scopes = []Scope{income(sandbox.BankNumber, sandbox.RequesterANumber)}
			w.settle(w.wantHonest("when edited"))
		},
		"access that was taken once is given again": func(w *world) {
			w.plan.Scopes = []Scope{income(sandbox.FinanceNumber)}
			w.settle()
			w.plan.Scopes = []Scope{income(sandbox.BankNumber)}
			w.settle(w.wantHonest("when given again"))
		},
		"access that somebody else gave, or took, is put right": func(w *world) {
			w.must(w.sandbox.SetAccess(name, sandbox.NAVNumber, "APPROVED"))
			w.must(w.sandbox.SetAccess(name, sandbox.BankNumber, "DENIED"))
			w.later(2 * time.Hour)
			w.wantEvents(v1alpha1.EventCredentialsRepaired)
		},
		"it may be everybody's": func(w *world) {
			w.plan.Scopes = []Scope{{Name: name, Description: "Income", AnyOrganization: true}}
			w.settle()
			for _, scope := range w.sandbox.Scopes() {
				if scope.Name == name && !scope.AccessibleForAll {
					w.t.Error("it is not everybody's")
				}
			}
		},
		"an edit that is taken back on the way is not taken for done": func(w *world) {
			w.plan.Scopes = []Scope{income(sandbox.NAVNumber)}
			w.wire.down = func(c call) bool { return c.method == http.MethodDelete } // the new one has access, and the old one too
			_, _ = w.pass()
			w.wire.down = nil
			w.plan.Scopes = []Scope{income(sandbox.BankNumber)}
			w.settle(w.wantHonest("when taken back"))
		},
		"one that is no longer declared is deactivated, and activated when it comes back": func(w *world) {
			w.plan.Scopes = nil
			w.settle()
			if _, active := w.consumers(name); active {
				w.t.Error("it is active")
			}
			w.wire.begin()
			w.plan.Scopes = []Scope{income(sandbox.RequesterBNumber)}
			w.settle(w.wantHonest("when it comes back"))
			if slices.Contains(w.wire.wrote(), "POST /api/v1/scopes") {
				w.t.Error("it was to be made anew, which cannot be")
			}
		},
		"one that an older App exposes is that App's": func(w *world) {
			w.plan.Scopes = []Scope{{Name: "skd:other", Description: "Other", TakenBy: "older"}}
			w.settle()
			w.wantReasons(v1alpha1.ReasonScopeTaken)
			w.plan.Scopes = []Scope{income(sandbox.BankNumber)}
			w.settle()
		},
		"one under another's prefix is told of, and found again when the prefix comes": func(w *world) {
			w.sandbox.RegisterScope(sandbox.Scope{Name: "nav:sykefravaer", Owner: sandbox.NAVNumber})
			w.plan.Scopes = []Scope{{Name: "nav:sykefravaer", Description: "x"}, {Name: "nav:fravaer", Description: "x"}}
			w.settle()
			w.wantReasons(v1alpha1.ReasonRegisteredToAnother, v1alpha1.ReasonRegisteredToAnother)
			w.plan.Scopes = nil
			w.settle()
			for _, scope := range w.sandbox.Scopes() {
				if scope.Name == "nav:sykefravaer" && !scope.Active {
					w.t.Error("another's scope was deactivated")
				}
			}
		},
		"one that others use by other means is left to them until all are declared": func(w *world) {
			w.sandbox.RegisterScope(sandbox.Scope{Name: "skd:eldre", Owner: sandbox.SkatteetatenNumber, Access: []string{sandbox.NAVNumber}})
			old := Scope{Name: "skd:eldre", Description: "Old", Consumers: []string{sandbox.BankNumber}}
			w.plan.Scopes = []Scope{old, income(sandbox.BankNumber)}
			w.settle()
			w.wantReasons(v1alpha1.ReasonAlreadyRegistered)
			if has, active := w.consumers("skd:eldre"); !active || !slices.Equal(has, []string{sandbox.NAVNumber}) {
				w.t.Errorf("access to it was changed: %v, %v", has, active)
			}
			old.Consumers = append(old.Consumers, sandbox.NAVNumber)
			slices.Sort(old.Consumers)
			w.plan.Scopes[0] = old
			w.later(10 * time.Minute)
		},
		"who is no organisation is told of, and keeps nobody else from having access": func(w *world) {
			w.plan.Scopes = []Scope{income(sandbox.BankNumber, "999999999")}
			w.settle()
			w.wantReasons(v1alpha1.ReasonConsumerUnknown)
			if has, _ := w.consumers(name); !slices.Contains(has, sandbox.BankNumber) {
				w.t.Errorf("access have %v", has)
			}
			w.plan.Scopes = []Scope{income(sandbox.BankNumber)}
			w.settle()
		},
		"an outage while it was first registered leaves no doubt whose it is": func(w *world) {
			more := Scope{Name: "skd:mer", Description: "More", Consumers: []string{sandbox.BankNumber, sandbox.NAVNumber}}
			w.plan.Scopes = append(w.plan.Scopes, more)
			w.wire.down = func(c call) bool { return strings.HasSuffix(c.path, "/"+sandbox.NAVNumber) }
			_, err := w.pass()
			if err == nil {
				w.t.Error("nothing went wrong")
			}
			w.wire.down = nil
			more.Consumers = []string{sandbox.NAVNumber} // meanwhile, the other is not to have it after all
			w.plan.Scopes[1] = more
			w.settle(w.wantHonest("after the outage"))
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			w := newSite(t).open(t)
			w.plan.Scopes = []Scope{income(sandbox.BankNumber)}
			w.settle()
			w.wantRest()
			w.wire.begin()
			life(w)
			w.wantRest()
		})
	}
}

func TestADeletedAppLeavesNothing(t *testing.T) {
	for sentence, leave := range map[string]func(*world){
		"when all goes well": func(w *world) { w.settle() },
		"and its client ends after its last pod": func(w *world) {
			w.settle(func() {
				if len(w.pods) > 0 && len(w.active()) == 0 {
					w.t.Error("the client is deactivated, and a pod reads its key")
				}
			})
		},
		"however long an outage lasts": func(w *world) {
			w.wire.down = func(call) bool { return true }
			for range 100 {
				_, _ = w.pass()
				w.deploy()
				w.kubelet()
				w.clock.Step(time.Minute)
			}
			if w.app() == nil {
				w.t.Error("the App is gone, and its client is not deactivated")
			}
			w.wire.down = nil
			w.settle()
			w.wantEvents()
		},
		"also where its client was never on record": func(w *world) {
			app := w.app()
			app.Status.Credentials[0].ClientID = ""
			w.must(w.api.Status().Update(w.t.Context(), app))
			w.settle()
		},
		"also where somebody deactivated its client": func(w *world) {
			w.forgive()
			w.must(w.sandbox.DeactivateClient(w.app().Status.Credentials[0].ClientID))
			w.settle()
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			w := live(t)
			w.plan.Scopes = []Scope{income(sandbox.BankNumber)}
			w.settle()
			deleted(w)
			leave(w)
			if w.app() != nil {
				t.Error("the App is there still")
			}
			w.wantRest()
		})
	}
}

func TestADeletedAppWaitsTenMinutesForWhoRefuses(t *testing.T) {
	w := live(t)
	deleted(w)
	w.must(w.sandbox.SetFaults(sandbox.Fault{Method: http.MethodDelete, Path: "/api/v1/clients", Kind: sandbox.FaultStatus, Status: http.StatusForbidden}))
	for range 9 {
		_, _ = w.pass()
		w.deploy()
		w.kubelet()
		w.clock.Step(time.Minute)
	}
	if w.app() == nil {
		t.Fatal("it is gone at once")
	}
	w.wantEvents()
	w.clock.Step(5 * time.Minute)
	_, _ = w.pass()
	if w.app() != nil {
		t.Fatal("it does not go, however long one waits")
	}
	w.wantEvents(v1alpha1.EventLeftBehind)
	w.wantNoSecrets()
}
