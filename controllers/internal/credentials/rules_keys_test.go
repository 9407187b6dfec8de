// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

const (
	kidA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	kidB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	kidC = "cccccccccccccccccccccccccccccccc"
)

var (
	noon       = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	testPolicy = Policy{RotateAfter: 100 * time.Hour, Propagation: 2 * time.Minute}
)

func nameOf(kid string) string { return secretName("income", v1alpha1.ClientMaskinporten, kid) }

// at is a case that begins with key A in use, young, read by pods, and nothing else.
func at(change func(*keyFacts)) keyFacts {
	facts := keyFacts{
		now: noon, policy: testPolicy, app: "income", settled: true,
		record: v1alpha1.Credential{
			Client: v1alpha1.ClientMaskinporten, ClientID: "c1", State: v1alpha1.CredentialRegistered, Secret: nameOf(kidA),
			Keys: []v1alpha1.CredentialKey{{KeyID: kidA, Use: v1alpha1.KeyInUse, Registered: metav1.NewTime(noon.Add(-time.Hour))}},
		},
		secrets: []held{{name: nameOf(kidA), keyID: kidA, clientID: "c1", made: noon.Add(-time.Hour), fits: true}},
		reads:   map[string]bool{nameOf(kidA): true},
	}
	if change != nil {
		change(&facts)
	}
	return facts
}

// with adds a Secret that fits, made just now.
func with(f *keyFacts, kid string) {
	f.secrets = append(f.secrets, held{name: nameOf(kid), keyID: kid, clientID: f.record.ClientID, made: f.now, fits: true})
}

// onRecord puts a key on record.
func onRecord(f *keyFacts, kid string, use v1alpha1.KeyUse, registered time.Time) {
	f.record.Keys = append(f.record.Keys, v1alpha1.CredentialKey{KeyID: kid, Use: use, Registered: metav1.NewTime(registered)})
}

func TestTheNextStepOfAKey(t *testing.T) {
	old := func(f *keyFacts) { f.secrets[0].made = noon.Add(-100 * time.Hour) }
	for name, c := range map[string]struct {
		facts keyFacts
		want  keyStep
	}{
		"a young key stays": {at(nil), keyStep{set: []string{kidA}, use: nameOf(kidA), wake: at(nil).rotateAt(at(nil).secrets[0])}},
		"the first key is made at once": {at(func(f *keyFacts) {
			f.record.Secret, f.record.Keys, f.secrets, f.reads = "", nil, nil, map[string]bool{}
		}), keyStep{make: true}},
		"the first key comes into use without waiting, since no other works": {at(func(f *keyFacts) {
			f.record.Secret, f.record.Keys, f.secrets, f.reads = "", nil, nil, map[string]bool{}
			with(f, kidB)
		}), keyStep{set: []string{kidB}, use: nameOf(kidB)}},
		"an old key gets a successor": {at(old), keyStep{make: true, set: []string{kidA}, use: nameOf(kidA)}},
		"the successor joins the key set before anybody reads it": {at(func(f *keyFacts) {
			old(f)
			with(f, kidB)
		}), keyStep{set: []string{kidA, kidB}, use: nameOf(kidA), next: nameOf(kidB)}},
		"the successor waits until it is known everywhere": {at(func(f *keyFacts) {
			old(f)
			with(f, kidB)
			onRecord(f, kidB, v1alpha1.KeyNext, noon.Add(-time.Minute))
		}), keyStep{set: []string{kidA, kidB}, use: nameOf(kidA), next: nameOf(kidB), wake: noon.Add(time.Minute)}},
		"the successor comes into use, and the old key stays for those who read it": {at(func(f *keyFacts) {
			old(f)
			with(f, kidB)
			onRecord(f, kidB, v1alpha1.KeyNext, noon.Add(-2*time.Minute))
		}), keyStep{set: []string{kidB, kidA}, use: nameOf(kidB)}},
		"an old key that nobody reads is dropped with its Secret": {at(func(f *keyFacts) {
			with(f, kidB)
			onRecord(f, kidB, v1alpha1.KeyInUse, noon.Add(-time.Hour))
			f.record.Secret, f.record.Keys[0].Use = nameOf(kidB), v1alpha1.KeyRetiring
			f.reads = map[string]bool{nameOf(kidB): true}
		}), keyStep{set: []string{kidB}, use: nameOf(kidB), drop: []string{nameOf(kidA)}}},
		"an old key that nobody reads stays while pods are rolled": {at(func(f *keyFacts) {
			with(f, kidB)
			onRecord(f, kidB, v1alpha1.KeyInUse, noon.Add(-time.Hour))
			f.record.Secret, f.record.Keys[0].Use = nameOf(kidB), v1alpha1.KeyRetiring
			f.reads, f.settled = map[string]bool{nameOf(kidB): true}, false
		}), keyStep{set: []string{kidB, kidA}, use: nameOf(kidB)}},
		"a Secret that was deleted gets a successor": {at(func(f *keyFacts) {
			f.secrets = nil
		}), keyStep{make: true, set: []string{kidA}, use: nameOf(kidA)}},
		"a deleted Secret's successor waits until it is known, since those who run have the key": {at(func(f *keyFacts) {
			f.secrets = nil
			with(f, kidB)
			onRecord(f, kidB, v1alpha1.KeyNext, noon.Add(-time.Minute))
		}), keyStep{set: []string{kidB, kidA}, use: nameOf(kidA), next: nameOf(kidB), wake: noon.Add(time.Minute)}},
		"a deleted Secret's key stays for those who have it": {at(func(f *keyFacts) {
			f.secrets = nil
			with(f, kidB)
			onRecord(f, kidB, v1alpha1.KeyNext, noon.Add(-time.Hour))
		}), keyStep{set: []string{kidB, kidA}, use: nameOf(kidB)}},
		"a revoked key is dropped although pods read it": {at(func(f *keyFacts) {
			f.revoke, f.secrets[0].compromised, f.secrets[0].fits = "leak", true, false
			with(f, kidB)
		}), keyStep{set: []string{kidB}, use: nameOf(kidB)}},
		"a deleted Secret's key is dropped when keys are revoked, since nobody can tell who has it": {at(func(f *keyFacts) {
			f.revoke, f.secrets = "leak", nil
			with(f, kidB)
		}), keyStep{set: []string{kidB}, use: nameOf(kidB)}},
		"a deleted Secret's key stays when keys had been revoked before it was made": {at(func(f *keyFacts) {
			f.revoke, f.record.Revoked, f.secrets = "leak", "leak", nil
			with(f, kidB)
		}), keyStep{set: []string{kidB, kidA}, use: nameOf(kidA), next: nameOf(kidB)}},
		"a key of a client that somebody deactivated gives way at once": {at(func(f *keyFacts) {
			f.record.ClientID, f.record.Keys, f.secrets[0].fits = "c2", nil, false
			with(f, kidB)
		}), keyStep{set: []string{kidB}, use: nameOf(kidB)}},
		"a key of a client that is being replaced stays until the new client is known": {at(func(f *keyFacts) {
			f.record.ReplacedClientID, f.record.ClientID, f.record.Keys, f.secrets[0].fits = "c1", "c2", nil, false
			with(f, kidB)
			onRecord(f, kidB, v1alpha1.KeyNext, noon)
		}), keyStep{set: []string{kidB}, use: nameOf(kidA), next: nameOf(kidB), wake: noon.Add(2 * time.Minute)}},
		"a key that nobody is to come after is forgotten": {at(func(f *keyFacts) {
			with(f, kidC)
			onRecord(f, kidC, v1alpha1.KeyNext, noon)
		}), keyStep{set: []string{kidA}, use: nameOf(kidA), drop: []string{nameOf(kidC)}}},
		"a full key set takes no further key": {at(func(f *keyFacts) {
			old(f)
			full(f, 4)
		}), keyStep{full: true, use: nameOf(kidA)}},
	} {
		t.Run(name, func(t *testing.T) {
			got := decideKeys(c.facts)
			if c.want.full {
				got.set = nil
			}
			if c.want.wake.IsZero() {
				got.wake = time.Time{}
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(keyStep{})); diff != "" {
				t.Errorf("another step than wanted (-want +got):\n%s", diff)
			}
		})
	}
}

// full adds old keys that pods still read.
func full(f *keyFacts, count int) {
	for i := range count {
		kid := string(rune('e'+i)) + kidA[1:]
		f.secrets = append(f.secrets, held{name: nameOf(kid), keyID: kid, clientID: "c1"})
		onRecord(f, kid, v1alpha1.KeyRetiring, noon.Add(-time.Hour))
		f.reads[nameOf(kid)] = true
	}
}

func TestKeysMadeTogetherAreNotReplacedTogether(t *testing.T) {
	f := at(nil)
	var instants []time.Time
	for _, kid := range []string{kidA, kidB, kidC} {
		instant := f.rotateAt(held{keyID: kid, made: noon})
		if instant.After(noon.Add(100*time.Hour)) || instant.Before(noon.Add(90*time.Hour)) {
			t.Errorf("key %s is replaced at %s, which is not in the last tenth of its time", kid, instant)
		}
		instants = append(instants, instant)
	}
	if len(slices.Compact(instants)) != 3 {
		t.Errorf("keys are replaced at the same instant: %v", instants)
	}
}
