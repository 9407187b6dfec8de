// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/keys"
)

// Pods call all the while: see check.
func TestWhatCanHappenToAClient(t *testing.T) {
	const machine = v1alpha1.ClientMaskinporten
	for sentence, happens := range map[string]func(*world){
		"an operator that dies between Secret and key set leaves a key that the next one uses": func(w *world) {
			w.plan.Rotate = "now"
			w.wire.at, w.wire.hit = 3, func(*http.Request) (*http.Response, error) {
				w.wire.kill()
				w.cluster.dead = true
				return nil, errKilled
			}
			_, _ = w.pass()
			made := w.secrets()
			if !w.wire.killed || len(made) != 2 {
				w.t.Fatalf("killed: %v, and there are the Secrets %v", w.wire.killed, made)
			}
			w.start()
			w.settle()
			if used := w.record(machine).Secret; !slices.Contains(made, used) || w.shelf.given != 2 {
				w.t.Errorf("%s is in use, and %d keys were made", used, w.shelf.given)
			}
		},
		"a Secret that somebody deletes is followed by another, and works on for those who have it": func(w *world) {
			w.abandon(w.record(machine).Secret)
			w.settle()
		},
		"a Secret that somebody deletes while it comes into use is followed by another": func(w *world) {
			w.plan.Rotate = "now"
			_, err := w.pass()
			w.must(err)
			for _, name := range w.secrets() {
				if name != w.record(machine).Secret {
					w.abandon(name)
				}
			}
			w.settle()
		},
		"all Secrets that somebody deletes on the way are followed by one": func(w *world) {
			w.plan.Rotate = "now"
			for range 4 {
				result, err := w.pass()
				w.must(err)
				if !w.deploy() && !w.kubelet() {
					w.clock.Step(min(result.RequeueAfter, time.Minute))
				}
			}
			for _, name := range w.secrets() {
				w.abandon(name)
			}
			w.settle()
		},
		"a Secret that somebody puts in the place of one is nobody's key": func(w *world) {
			stolen := w.secret(w.record(machine).Secret)
			w.abandon(stolen.Name)
			w.must(w.api.Create(w.t.Context(), &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Name: stolen.Name, Namespace: stolen.Namespace, Labels: stolen.Labels}, Data: stolen.Data,
			}))
			w.settle()
			w.abandon(stolen.Name)
		},
		"a Secret that somebody makes anew with another key is nobody's key, and goes": func(w *world) {
			forged := w.secret(w.record(machine).Secret)
			w.abandon(forged.Name)
			other := keys.Private(stock()[len(stock())-1], jose.RS256)
			jwk, err := other.MarshalJSON()
			w.must(err)
			forged.ResourceVersion, forged.Data["MASKINPORTEN_CLIENT_JWK"] = "", jwk
			w.must(w.api.Create(w.t.Context(), forged))
			w.settle()
		},
		"a Secret that somebody makes anew with other scopes gives way to one that is right": func(w *world) {
			edited := w.secret(w.record(machine).Secret)
			w.abandon(edited.Name)
			edited.ResourceVersion, edited.Data["MASKINPORTEN_SCOPES"] = "", []byte("altinn:all")
			w.must(w.api.Create(w.t.Context(), edited))
			w.settle()
		},
		"a client that somebody deactivates is followed by another": func(w *world) {
			before := w.record(machine).ClientID
			w.forgive()
			w.played = false // no client is known everywhere for a while
			w.must(w.sandbox.DeactivateClient(before))
			w.later(2 * time.Hour)
			if after := w.record(machine).ClientID; after == before {
				w.t.Error("it is the one that was deactivated")
			}
			w.wantEvents(v1alpha1.EventCredentialsRepaired, v1alpha1.EventKeyRotated)
		},
		"a client that somebody changes is put right": func(w *world) {
			w.must(w.sandbox.PatchClient(w.record(machine).ClientID, `{"client_name":"mine","scopes":["altinn:events.subscribe","altinn:serviceowner"]}`))
			w.later(2 * time.Hour)
			w.wantEvents(v1alpha1.EventCredentialsRepaired)
		},
		"a key set that somebody replaces is put right": func(w *world) {
			var foreign []jose.JSONWebKey
			for _, key := range stock()[len(stock())-maxKeys:] {
				foreign = append(foreign, keys.Public(key, jose.RS256))
			}
			w.forgive()
			w.must(w.sandbox.SetKeys(w.record(machine).ClientID, foreign...))
			w.later(2 * time.Hour)
			clear(w.forgiven)
			w.clock.Step(behind)
			w.check("putting it right")
			w.wantEvents(v1alpha1.EventCredentialsRepaired)
		},
		"a key under the kid of ours is not taken for ours": func(w *world) {
			foreign := keys.Public(stock()[len(stock())-1], jose.RS256)
			foreign.KeyID = w.pods[0].holds[0].key.KeyID
			w.must(w.sandbox.SetKeys(w.record(machine).ClientID, foreign))
			w.played = false
			w.later(2 * time.Hour)
			w.played = true
			w.clock.Step(behind)
			w.check("putting it right")
		},
		"a key that is in no Secret and in no key set is given up": func(w *world) {
			w.forgive()
			w.abandon(w.record(machine).Secret)
			w.must(w.sandbox.SetKeys(w.record(machine).ClientID))
			w.clock.Step(2 * time.Hour)
			w.played = false // nobody has a key that works: the next is not waited for
			w.settle()
			w.played = true
			w.clock.Step(behind)
			w.check("the key is known everywhere")
		},
		"a self-service that is down for an hour when a key is due holds up nobody": func(w *world) {
			before := w.record(machine).Secret
			w.wire.down = func(c call) bool { return c.path != "/token" }
			w.plan.Rotate = "now"
			for range 60 {
				_, err := w.pass()
				if err == nil || w.deploy() {
					w.t.Error("nothing went wrong, or pods are rolled")
				}
				w.check("another minute without")
				w.clock.Step(time.Minute)
			}
			w.wantReasons(v1alpha1.ReasonSelfServiceUnavailable)
			if len(w.secrets()) > 2 {
				w.t.Errorf("there are the Secrets %v", w.secrets())
			}
			w.wire.down = nil
			w.settle()
			w.wantNewer(before)
		},
		"a token endpoint that is down for the operator holds up nobody": func(w *world) {
			w.start()
			w.wire.down = func(c call) bool { return c.path == "/token" }
			w.plan.Rotate = "now"
			for range 10 {
				_, _ = w.pass()
				w.clock.Step(time.Minute)
			}
			w.wantReasons(v1alpha1.ReasonSelfServiceUnavailable)
			w.wire.down = nil
			w.settle()
		},
		"an operator whose clock is half a minute ahead":  func(w *world) { w.skew(30 * time.Second) },
		"an operator whose clock is half a minute behind": func(w *world) { w.skew(-30 * time.Second) },
		"an operator that was away for half a year finds all in order": func(w *world) {
			w.clock.Step(183 * 24 * time.Hour)
			w.check("half a year")
			w.start()
			w.settle()
		},
		"a record that is lost is found again by the mark": func(w *world) {
			before, app := w.record(machine), w.app()
			app.Status.Credentials = nil
			w.must(w.api.Status().Update(w.t.Context(), app))
			w.start()
			w.settle()
			if after := w.record(machine); after.ClientID != before.ClientID || after.Secret != before.Secret {
				w.t.Errorf("before it was %s, and now it is %s", written(before), written(after))
			}
		},
		"a record that is lost amid a rotation costs no pod its key": func(w *world) {
			w.plan.Rotate = "now"
			for range 5 {
				result, err := w.pass()
				w.must(err)
				if !w.deploy() && !w.kubelet() {
					w.clock.Step(min(result.RequeueAfter, time.Minute))
				}
			}
			app := w.app()
			app.Status.Credentials = nil
			w.must(w.api.Status().Update(w.t.Context(), app))
			w.settle()
		},
		"a pass that goes by an old version of the App makes no second client": func(w *world) {
			stale := w.app()
			stale.Status.Credentials = nil
			_, err := w.reconciler.Reconcile(w.t.Context(), stale)
			w.must(err)
			if len(w.active()) != 1 {
				w.t.Errorf("there are %d clients", len(w.active()))
			}
			w.settle()
		},
		"no key that is ready delays no pod that has one": func(w *world) {
			w.shelf.empty, w.plan.Rotate = true, "now"
			result, err := w.pass()
			if err != nil || result.RequeueAfter > time.Second {
				w.t.Errorf("%v, %v", result, err)
			}
			w.wantReasons()
			w.shelf.empty = false
			w.settle()
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			w := live(t)
			happens(w)
			w.wantRest()
		})
	}
}

// skew lets an operator with a clock of its own rotate a key, and mends the clock afterwards.
func (w *world) skew(by time.Duration) {
	w.t.Helper()
	w.ahead = by
	w.start()
	w.plan.Rotate = "now"
	for range 20 {
		_, _ = w.pass()
		w.deploy()
		w.kubelet()
		w.check("a pass with a wrong clock")
		w.clock.Step(20 * time.Second)
	}
	w.ahead = 0
	w.settle()
}
