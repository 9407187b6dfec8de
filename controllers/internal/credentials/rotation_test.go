// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"fmt"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Pods call after every outside call, every write and every step of a rollout, at a token endpoint that is two
// minutes behind: see check.
func TestTheRotationOfAKey(t *testing.T) {
	for sentence, rotate := range map[string]func(*world){
		"comes with age, in the last tenth of its time": func(w *world) {
			before := w.record(v1alpha1.ClientMaskinporten).Secret
			w.later(monthly*9/10 - time.Hour)
			if w.record(v1alpha1.ClientMaskinporten).Secret != before {
				w.t.Error("it came too soon")
			}
			w.later(monthly/10 + time.Hour)
			w.wantNewer(before)
		},
		"comes when somebody asks for it": func(w *world) {
			before := w.record(v1alpha1.ClientMaskinporten).Secret
			w.plan.Rotate = "please"
			w.settle()
			w.wantNewer(before)
			w.later(2 * time.Hour)
		},
		"comes ten times": func(w *world) {
			for n := range 10 {
				before := w.record(v1alpha1.ClientMaskinporten).Secret
				w.plan.Rotate = fmt.Sprint(n)
				w.settle(w.wantHonest("on the way"))
				w.wantNewer(before)
			}
		},
		"may be asked for again at each stage of one": func(w *world) {
			for stage := range 10 {
				for n := range 2 {
					w.plan.Rotate = fmt.Sprint(stage, n)
					for range stage {
						result, err := w.pass()
						w.must(err)
						if !w.deploy() && !w.kubelet() {
							w.clock.Step(min(result.RequeueAfter, time.Minute))
						}
					}
				}
				w.settle(w.wantHonest("on the way"))
			}
		},
		"comes for two clients beside each other": func(w *world) {
			provideTwo(w)
			w.settle()
			w.plan.Rotate = "both"
			w.settle()
			w.wantEvents(v1alpha1.EventKeyRotated)
		},
		"gives a new key when the old is revoked, though pods read it": func(w *world) {
			before, kid := w.record(v1alpha1.ClientMaskinporten).Secret, w.pods[0].holds[0].key.KeyID
			w.forgive()
			w.played = false // nobody gets a token before the new key is known
			w.plan.Revoke = "leak"
			_, err := w.pass()
			w.must(err)
			for _, key := range w.of(v1alpha1.ClientMaskinporten).Keys {
				if key.ID == kid {
					w.t.Error("the key is there after a pass")
				}
			}
			if w.ready() && w.record(v1alpha1.ClientMaskinporten).Revoked != "leak" {
				w.t.Error("people are told that all is well")
			}
			w.settle()
			w.wantNewer(before)
		},
		"is taken up again when the key of a deleted Secret is revoked": func(w *world) {
			w.abandon(w.record(v1alpha1.ClientMaskinporten).Secret)
			w.forgive()
			w.played = false
			w.plan.Revoke = "leak"
			_, err := w.pass()
			w.must(err)
			if keys := w.of(v1alpha1.ClientMaskinporten).Keys; len(keys) != 1 || w.forgiven[keys[0].ID] {
				w.t.Errorf("the key set is %s", written(keys))
			}
			w.settle()
		},
		"waits where pods read so many that there is no room, and says so": func(w *world) {
			for n := range 6 {
				w.stuck = n + 1
				w.plan.Rotate = fmt.Sprint(n)
				for range 12 {
					result, err := w.pass()
					if err == nil && !w.deploy() && !w.kubelet() {
						w.clock.Step(min(max(result.RequeueAfter, time.Second), time.Minute))
					}
				}
			}
			w.wantReasons(v1alpha1.ReasonKeySetFull)
			if keys := w.of(v1alpha1.ClientMaskinporten).Keys; len(keys) != maxKeys || len(w.pods) != maxKeys {
				w.t.Errorf("%d keys and %d pods", len(keys), len(w.pods))
			}
			w.stuck = 0
			w.later(10 * time.Minute)
		},
		"gives a key that is needed for long another year": func(w *world) {
			w.reconciler.Policy.RotateAfter = 20 * 365 * 24 * time.Hour
			for range 16 {
				w.later(31 * 24 * time.Hour)
				w.wantReasons()
			}
			if wrote := w.wire.wrote(); len(wrote) == 0 {
				w.t.Error("nothing was written")
			}
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			w := live(t)
			rotate(w)
			w.wantRest()
		})
	}
}

// wantNewer wants another Secret than this one to be in use.
func (w *world) wantNewer(before string) {
	w.t.Helper()
	if after := w.record(v1alpha1.ClientMaskinporten).Secret; after == before {
		w.t.Errorf("pods read %s as before", after)
	}
	w.wantEvents(v1alpha1.EventKeyRotated)
}
