// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// encoded is how a number stands in a JWK.
func encoded(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.Bytes())[:40] }

// live is a world in which an App has its first client, known everywhere, and pods that call.
func live(t *testing.T, changes ...func(*sandbox.Options)) *world {
	t.Helper()
	w := newSite(t).open(t, changes...)
	provideOne(w)
	w.settle()
	w.wantRest()
	w.played = true
	w.check("the start")
	w.newEvents()
	w.wire.begin()
	return w
}

func (w *world) wantReasons(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.reasons()); diff != "" {
		w.t.Fatalf("what stands in the way (-want +got):\n%s\n%s", diff, written(w.verdict()))
	}
}

// wantEvents wants each event since the last time to have one of these reasons, and each reason an event.
func (w *world) wantEvents(want ...string) {
	w.t.Helper()
	var got []string
	for _, line := range w.newEvents() {
		got = append(got, strings.Fields(line)[1])
	}
	if diff := cmp.Diff(want, slices.Compact(slices.Sorted(slices.Values(got)))); diff != "" {
		w.t.Fatalf("events (-want +got):\n%s", diff)
	}
}

func TestTheLifeOfAClient(t *testing.T) {
	for sentence, life := range map[string]func(*world){
		"its first key is known before pods are told that all is well": func(w *world) {
			want := []string{"CLIENT_ID", "CLIENT_JWK", "ISSUER", "JWKS_URI", "SCOPES", "TOKEN_ENDPOINT", "WELL_KNOWN_URL"}
			secret := w.secret(w.record(v1alpha1.ClientMaskinporten).Secret)
			for _, name := range want {
				if len(secret.Data["MASKINPORTEN_"+name]) == 0 {
					w.t.Errorf("the Secret has no MASKINPORTEN_%s", name)
				}
			}
			if len(secret.Data[SettingsFile]) == 0 || len(secret.Data) != len(want)+1 || secret.Immutable == nil || !*secret.Immutable {
				w.t.Errorf("the Secret has %d entries, and can be changed: %v", len(secret.Data), secret.Immutable)
			}
		},
		"a look at what stands as it should changes nothing": func(w *world) {
			w.cluster.writes = nil
			for range 3 {
				w.later(2 * time.Hour)
			}
			if wrote := w.wire.wrote(); len(wrote)+len(w.cluster.writes) > 0 || len(w.wire.made()) == 0 {
				w.t.Errorf("it called %v and wrote %v", w.wire.made(), w.cluster.writes)
			}
			w.wantEvents()
		},
		"scopes that come back in another order are the same": func(w *world) {
			w.plan.Clients = []Client{w.machine(openScope, otherScope)}
			w.settle()
			w.wire.begin()
			w.start()
			w.later(2 * time.Hour)
			if wrote := w.wire.wrote(); len(wrote) > 0 {
				w.t.Errorf("it wrote %v", wrote)
			}
			w.wantEvents()
		},
		"an edit of scopes gives pods a Secret that says so": func(w *world) {
			w.plan.Clients = []Client{w.machine(openScope, otherScope)}
			w.settle(w.wantHonest("after the edit"))
			w.wantEvents(v1alpha1.EventKeyRotated)
		},
		"an edit that is taken back on the way leaves the key that was": func(w *world) {
			before := w.record(v1alpha1.ClientMaskinporten).Secret
			w.plan.Clients = []Client{w.machine(openScope, otherScope)}
			_, _ = w.pass()
			provideOne(w)
			w.settle(w.wantHonest("after the edit was taken back"))
			if now := w.record(v1alpha1.ClientMaskinporten).Secret; now != before {
				w.t.Errorf("pods read %s, and not %s as before", now, before)
			}
		},
		"a client that is no longer declared ends after its pods": func(w *world) {
			provideTwo(w)
			w.settle()
			login := w.record(v1alpha1.ClientIDPorten).ClientID
			provideOne(w)
			w.settle(func() {
				reads := slices.ContainsFunc(w.pods, func(p *pod) bool { return len(p.holds) == 2 })
				if !w.client(login).Active && reads {
					w.t.Error("the client is deactivated, and a pod reads its key")
				}
			})
			if w.client(login).Active {
				w.t.Error("the client is active still")
			}
		},
		"users come back to where the App says": func(w *world) {
			provideTwo(w)
			w.settle()
			w.plan.Clients[0].RedirectURIs = []string{"https://skd.example.no/skd/income/a", "https://skd.example.no/skd/income/b"}
			w.settle(w.wantHonest("after the edit"))
			secret := w.secret(w.record(v1alpha1.ClientIDPorten).Secret)
			if got := string(secret.Data["IDPORTEN_REDIRECT_URI"]); got != w.plan.Clients[0].RedirectURIs[0] {
				w.t.Errorf("pods read that users come back to %s", got)
			}
		},
		"users that are logged in elsewhere log in anew where the App wants it": func(w *world) {
			provideTwo(w)
			w.settle()
			w.plan.Clients[0].SingleSignOn = false
			w.settle(w.wantHonest("after the edit"))
			if !w.of(v1alpha1.ClientIDPorten).SSODisabled {
				w.t.Error("single sign-on is on")
			}
		},
		"one of another kind takes its place with both in use meanwhile": func(w *world) {
			provideTwo(w)
			w.settle()
			before := w.record(v1alpha1.ClientIDPorten).ClientID
			w.plan.Clients[0] = w.login("altinn:instances.read", "openid", "profile")
			both := false
			w.settle(func() {
				record := w.record(v1alpha1.ClientIDPorten)
				both = both || record.ReplacedClientID == before && w.client(before).Active && w.client(record.ClientID).Active
			})
			if after := w.of(v1alpha1.ClientIDPorten); !both || after.ID == before || after.IntegrationType != "api_klient" || w.client(before).Active {
				w.t.Errorf("both were there: %v, and %s took the place of %s", both, written(after.ClientModel), before)
			}
		},
		"one whose place is taken back is the same as before": func(w *world) {
			provideTwo(w)
			w.settle()
			before := w.record(v1alpha1.ClientIDPorten).ClientID
			for rounds := range 12 { // taken back at each stage of being replaced
				w.plan.Clients[0] = w.login("altinn:instances.read", "openid", "profile")
				for range rounds {
					result, err := w.pass()
					w.must(err)
					if !w.deploy() && !w.kubelet() {
						w.clock.Step(min(result.RequeueAfter, time.Minute))
					}
				}
				w.plan.Clients[0] = w.login("openid", "profile")
				w.settle(w.wantHonest("taken back"))
				w.wantRest()
			}
			if w.client(before).Active && w.record(v1alpha1.ClientIDPorten).ClientID != before {
				w.t.Error("the client before is active and not on record")
			}
		},
		"what its owner has given no access to is told of, and comes as soon as it is given": func(w *world) {
			w.sandbox.RegisterScope(sandbox.Scope{Name: closedScope, Owner: sandbox.NAVNumber})
			w.ungranted = []string{closedScope}
			w.plan.Clients = []Client{w.machine(openScope, closedScope)}
			w.settle(w.wantHonest("without access"))
			w.wantReasons(v1alpha1.ReasonScopeNotGranted)
			if missing := w.record(v1alpha1.ClientMaskinporten).MissingScopes; !slices.Equal(missing, []string{closedScope}) {
				w.t.Errorf("missing are %v", missing)
			}
			w.must(w.sandbox.SetAccess(closedScope, sandbox.SkatteetatenNumber, "APPROVED"))
			w.ungranted = nil
			w.later(remembered)
			w.wantReasons()
		},
		"a scope that access was taken from does not keep the others from being had": func(w *world) {
			w.sandbox.RegisterScope(sandbox.Scope{Name: closedScope, Owner: sandbox.NAVNumber, Access: []string{sandbox.SkatteetatenNumber}})
			w.plan.Clients = []Client{w.machine(closedScope, openScope)}
			w.later(remembered)
			w.wantRest()
			w.must(w.sandbox.SetAccess(closedScope, sandbox.SkatteetatenNumber, "DENIED"))
			w.ungranted = []string{closedScope}
			w.plan.Clients = []Client{w.machine(closedScope, openScope, otherScope)}
			w.played = false // its first scope is the one that was taken
			w.settle()
			w.wantReasons(v1alpha1.ReasonScopeNotGranted)
			w.must(w.sandbox.SetAccess(closedScope, sandbox.SkatteetatenNumber, "APPROVED"))
			w.ungranted = nil
			w.later(2 * remembered)
		},
		"out of service it has no key once its pods are gone, and comes back as itself": func(w *world) {
			before := w.record(v1alpha1.ClientMaskinporten)
			suspended(w)
			w.settle()
			if state := w.record(v1alpha1.ClientMaskinporten).State; state != v1alpha1.CredentialRevoked || len(w.pods) > 0 {
				w.t.Errorf("it is %s, and %d pods are there", state, len(w.pods))
			}
			w.wantEvents(v1alpha1.EventKeysRevoked)
			w.plan.Action = Provide
			provideOne(w)
			w.played = false // its new key is not known everywhere when the first pod starts
			w.settle(w.wantHonest("back in service"))
			after := w.record(v1alpha1.ClientMaskinporten)
			if after.ClientID != before.ClientID || after.Secret == before.Secret {
				w.t.Errorf("before it was %s, and now it is %s", written(before), written(after))
			}
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			w := live(t)
			life(w)
			w.wantRest()
		})
	}
}
