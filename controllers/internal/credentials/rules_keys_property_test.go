// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// tiny is a world of one client: what stands, what is on record, and pods by the names of the Secrets they read.
type tiny struct {
	facts keyFacts
	set   []string
	pods  []string
	// template is what pods that start read, and older what those of the template before it do: such may come
	// too, until rolled.
	template, older string
	rolled          bool
	made            int
	// revoked are the kids that are not to be relied on.
	revoked map[string]bool
	// stuck says that no pod ends.
	stuck bool
}

func newTiny() *tiny {
	return &tiny{
		facts: keyFacts{
			now: noon, policy: testPolicy, app: "income", settled: true, reads: map[string]bool{},
			record: v1alpha1.Credential{Client: v1alpha1.ClientMaskinporten, ClientID: "c1"},
		},
		revoked: map[string]bool{}, rolled: true,
	}
}

// pass does what the operator does with a decision, and may be cut off before each thing it does.
func (w *tiny) pass(cut int) (step keyStep, whole bool) {
	does := func(do func()) bool {
		if cut--; cut < 0 {
			return false
		}
		do()
		return true
	}
	w.facts.reads, w.facts.settled = map[string]bool{w.template: true}, w.rolled
	for _, pod := range w.pods {
		w.facts.reads[pod] = true
	}
	if step = decideKeys(w.facts); step.make {
		if !does(w.make) {
			return step, false
		}
		step = decideKeys(w.facts)
	}
	if !does(func() { w.set = slices.DeleteFunc(slices.Clone(step.set), w.cannot) }) {
		return step, false
	}
	facts := w.facts
	facts.record.Keys = slices.DeleteFunc(slices.Clone(facts.record.Keys), func(k v1alpha1.CredentialKey) bool { return !slices.Contains(w.set, k.KeyID) })
	for _, kid := range w.set {
		if !slices.ContainsFunc(facts.record.Keys, func(k v1alpha1.CredentialKey) bool { return k.KeyID == kid }) {
			facts.record.Keys = append(facts.record.Keys, v1alpha1.CredentialKey{KeyID: kid, Use: v1alpha1.KeyNext, Registered: metav1.NewTime(w.facts.now)})
		}
	}
	step = decideKeys(facts)
	e := errand{pass: &pass{plan: Plan{Revoke: w.facts.revoke}}, record: &facts.record}
	e.take(step, facts)
	for _, name := range step.drop {
		if !does(func() { w.delete(name) }) {
			return step, false
		}
	}
	return step, does(func() { w.facts.record = facts.record })
}

// cannot says of which keys nobody has the public part any longer: neither a Secret nor the key set.
func (w *tiny) cannot(kid string) bool {
	return !slices.Contains(w.set, kid) && !slices.ContainsFunc(w.facts.secrets, func(h held) bool { return h.keyID == kid })
}

func (w *tiny) make() {
	w.made++
	with(&w.facts, fmt.Sprintf("%08x%024d", w.made, 0))
}

func (w *tiny) delete(name string) {
	w.facts.secrets = slices.DeleteFunc(w.facts.secrets, func(h held) bool { return h.name == name })
}

// names are those of the Secrets there are.
func (w *tiny) names() (names []string) {
	for _, h := range w.facts.secrets {
		names = append(names, h.name)
	}
	return names
}

// roll takes one step of a rollout.
func (w *tiny) roll(t *rapid.T) {
	switch rapid.SampledFrom([]string{"template", "start", "start", "late", "end"}).Draw(t, "rollout") {
	case "template":
		if w.template != w.facts.record.Secret {
			w.older, w.template, w.rolled = w.template, w.facts.record.Secret, false
		}
	case "start":
		if slices.Contains(w.names(), w.template) && len(w.pods) < 8 {
			w.pods = append(w.pods, w.template)
		}
		w.rolled = w.rolled || slices.Contains(w.pods, w.template) && !slices.ContainsFunc(w.pods, func(pod string) bool { return pod == w.older })
	case "late":
		if !w.rolled && slices.Contains(w.names(), w.older) && len(w.pods) < 8 {
			w.pods = append(w.pods, w.older)
		}
	case "end":
		if len(w.pods) > 0 && !w.stuck {
			i := rapid.IntRange(0, len(w.pods)-1).Draw(t, "pod")
			w.pods = slices.Delete(w.pods, i, i+1)
		}
	}
}

// want wants every pod's key in the key set, but those that were revoked.
func (w *tiny) want(t *rapid.T, after string) {
	for _, pod := range w.pods {
		known := slices.ContainsFunc(w.set, func(kid string) bool { return nameOf(kid) == pod })
		if !known && !w.revoked[pod] {
			t.Fatalf("after %s, a pod reads %s, and the key set is %v", after, pod, w.set)
		}
	}
	if len(w.set) > maxKeys {
		t.Fatalf("after %s, the key set has %d keys", after, len(w.set))
	}
}

// sequences are how many hundreds of random lives of a client's keys are looked at.
const sequences = 40

// TestNoKeyIsDroppedThatAPodReads lives through random sequences of passes that may be cut off, rollouts, Secrets
// that somebody deletes, and new keys that are asked for, and sees after each step that
//
//   - the key of every pod is in the key set, unless it was revoked,
//   - the key set has no more keys than it may,
//   - and undisturbed it all comes to one key, in one Secret, that pods read.
func TestNoKeyIsDroppedThatAPodReads(t *testing.T) {
	seen := map[string]int{}
	for range sequences {
		rapid.Check(t, func(t *rapid.T) {
			w := newTiny()
			w.stuck = rapid.Bool().Draw(t, "stuck")
			for range rapid.IntRange(20, 200).Draw(t, "steps") {
				w.happen(t, seen)
			}
			w.converge(t)
		})
	}
	t.Log(seen)
	for _, sight := range []string{"cut", "deleted", "asked", "revoked", "full", "rotated", "retiring"} {
		if seen[sight] < 100 {
			t.Errorf("%s: seen %d times only, so the sequences do not come to what they are about", sight, seen[sight])
		}
	}
}

// happen lets one thing happen.
func (w *tiny) happen(t *rapid.T, seen map[string]int) {
	what := rapid.SampledFrom([]string{"pass", "pass", "pass", "pass", "roll", "roll", "roll", "roll", "time", "time", "age", "delete", "ask", "revoke"}).Draw(t, "what")
	switch what {
	case "pass":
		before := w.facts.record.Secret
		step, whole := w.pass(rapid.SampledFrom([]int{9, 9, 9, 0, 1, 2, 3}).Draw(t, "cut"))
		count(seen, "cut", !whole)
		count(seen, "full", step.full)
		count(seen, "rotated", before != w.facts.record.Secret)
		count(seen, "retiring", len(step.set) > 2)
	case "roll":
		w.roll(t)
	case "time":
		w.facts.now = w.facts.now.Add(time.Minute)
	case "age":
		w.facts.now = w.facts.now.Add(40 * time.Hour)
	case "delete":
		if names := w.names(); len(names) > 0 && rapid.IntRange(0, 3).Draw(t, "really") == 0 {
			w.delete(rapid.SampledFrom(names).Draw(t, "Secret"))
			count(seen, "deleted", true)
		}
	case "ask":
		for i := range w.facts.secrets {
			w.facts.secrets[i].fits = false
		}
		count(seen, "asked", true)
	case "revoke":
		if rapid.IntRange(0, 5).Draw(t, "really") > 0 {
			return
		}
		w.revoke()
		count(seen, "revoked", true)
	}
	w.want(t, what)
}

// revoke makes all keys there are known to others.
func (w *tiny) revoke() {
	w.facts.revoke += "!"
	for i := range w.facts.secrets {
		w.facts.secrets[i].compromised, w.facts.secrets[i].fits = true, false
		w.revoked[w.facts.secrets[i].name] = true
	}
	for _, pod := range append(w.pods, w.template, w.older) {
		w.revoked[pod] = true
	}
	for _, key := range w.facts.record.Keys {
		w.revoked[nameOf(key.KeyID)] = true
	}
}

func count(seen map[string]int, sight string, there bool) {
	if there {
		seen[sight]++
	}
}

// converge lets the rollout and the operator go on undisturbed, and wants one key to be left.
func (w *tiny) converge(t *rapid.T) {
	for range 24 {
		w.pass(100)
		w.want(t, "a pass")
		w.template, w.older = w.facts.record.Secret, ""
		if slices.Contains(w.names(), w.template) {
			w.pods, w.rolled = []string{w.template}, true
		} else if len(w.pods) > 0 { // no pod can start, so that somebody must see to it that old ones end
			w.pods = w.pods[1:]
		} else {
			w.rolled = true
		}
		w.want(t, "a rollout")
		w.facts.now = w.facts.now.Add(time.Minute)
	}
	if len(w.set) != 1 || len(w.names()) != 1 || w.names()[0] != nameOf(w.set[0]) || w.facts.record.Secret != w.names()[0] {
		t.Fatalf("in the end the key set is %v, there are the Secrets %v, and in use is %s", w.set, w.names(), w.facts.record.Secret)
	}
}
