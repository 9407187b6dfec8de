// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"
)

var bothDirections = []Direction{ingress, egress}

// calls are all there can be among the few labels, ports and addresses of random policies, and some beyond them.
var calls = func() []call {
	var all []call
	containers := []map[string]NamedPort{nil, {"http": {Number: 2}, "dns": {Protocol: "UDP", Number: 3}}, {"http": {Protocol: "UDP", Number: 7}, "dns": {Number: 2}}}
	for _, protocol := range []corev1.Protocol{"TCP", "UDP", "SCTP"} {
		for number := int32(1); number <= 7; number++ {
			for _, called := range containers {
				for _, address := range []string{"10.1.2.3", "10.1.2.4", "10.2.0.1", "10.200.0.1", "192.0.2.1", "2001:db8::1", "2001:db9::1"} {
					all = append(all, call{protocol: protocol, number: number, called: called, address: net.ParseIP(address)})
				}
				for _, end := range podEnds {
					all = append(all, call{protocol: protocol, number: number, called: called, pods: &end})
				}
			}
		}
	}
	return all
}()

var podEnds = func() []podEnd {
	var all []podEnd
	values := append([]string{"", "other"}, someValues...)
	set := func(pairs ...string) labels.Set {
		s := labels.Set{}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				s[pairs[i]] = pairs[i+1]
			}
		}
		return s
	}
	for _, name := range append([]string{"other"}, somePlaces...) {
		for _, owner := range values {
			for _, app := range values {
				for _, tier := range values {
					all = append(all, podEnd{set(labelApp, app, "tier", tier), set(corev1.LabelMetadataName, name, "tier", owner)})
				}
			}
		}
	}
	return all
}()

// someCalls are different ones each time, as all of them are too many.
func someCalls(t *rapid.T) []call {
	start, step := rapid.IntRange(0, len(calls)-1).Draw(t, "first call"), rapid.SampledFrom([]int{61, 67, 71, 73}).Draw(t, "step")
	var some []call
	for i := start; i < start+len(calls); i += step {
		some = append(some, calls[i%len(calls)])
	}
	return some
}

func TestExcessIsSound(t *testing.T) {
	contained, open := 0, 0
	for _, direction := range bothDirections {
		rapid.Check(t, func(t *rapid.T) {
			var declared []*networkingv1.NetworkPolicy
			var openings []Opening
			for i := range rapid.IntRange(1, 4).Draw(t, "declared") {
				policy := randomPolicy(t, "a", fmt.Sprintf("d%d", i), 2)
				policy.Spec.PolicyTypes = bothDirections
				declared = append(declared, policy)
				openings = append(openings, compiledIn(t, policy).Openings(direction)...)
			}
			some := someCalls(t)
			for i := range 10 {
				stands := randomPolicy(t, "a", fmt.Sprintf("s%d", i), 1)
				stands.Spec.PolicyTypes = bothDirections
				if len(Excess(compiledIn(t, stands).Openings(direction), openings)) > 0 {
					continue
				}
				contained++
				for _, c := range some {
					if !c.isOpened(stands, direction) {
						continue
					}
					open++
					if !slices.ContainsFunc(declared, func(policy *networkingv1.NetworkPolicy) bool { return c.isOpened(policy, direction) }) {
						t.Fatalf("%s: %s is no excess over %s, and yet opens %+v", direction, texts(compiledIn(t, stands).Openings(direction)), texts(openings), c)
					}
				}
			}
		})
	}
	if contained < 100 || open < 1000 {
		t.Errorf("only %d policies were contained, with %d calls that they open: that proves too little", contained, open)
	}
}

func TestSelectorsContainEachOtherExactlyWhenTheirPodsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inner, outer := randomSelector(t, someKeys), randomSelector(t, someKeys)
		want := true
		for _, pod := range podEnds {
			want = want && (!plainlySelected(&inner, pod.labels) || plainlySelected(&outer, pod.labels))
		}
		in, out := readSelector(t, &inner), readSelector(t, &outer)
		chosen, some := choicesOf(in)
		if got := !some || covers(out, chosen); got != want {
			t.Fatalf("%q within %q: %t", in, out, got)
		}
	})
}

func readSelector(t *rapid.T, selector *metav1.LabelSelector) labels.Selector {
	read, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestNothingIsInExcessOfItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		policy := compiledIn(t, randomPolicy(t, "a", "p", 3))
		for _, direction := range bothDirections {
			if left := Excess(policy.Openings(direction), policy.Openings(direction)); len(left) > 0 {
				t.Fatalf("%s", texts(left))
			}
			w := randomWorkload(t, "a", "w")
			stand := Of([]*Policy{policy}, w, direction)
			if left := Excess(stand.Openings, policy.Openings(direction)); stand.Closed && len(left) > 0 {
				t.Fatalf("with ports that are known: %s", texts(left))
			}
		}
	})
}

func TestOnePolicyMoreClosesNothingThatIsRuled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, w := randomPart(t, "a").namespace(t), randomWorkload(t, "a", "w")
		for _, direction := range bothDirections {
			before := Of(p.Policies, w, direction)
			after := Of(append(p.Policies, compiledIn(t, randomPolicy(t, "a", "more", 2))), w, direction)
			if !before.Closed {
				continue
			}
			if left := Excess(before.Openings, after.Openings); !after.Closed || len(left) > 0 {
				t.Fatalf("closed: %t; no longer open: %s", after.Closed, texts(left))
			}
		}
	})
}

func TestEdgesAreWhatPoliciesPlainlySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts []part
		world := NewWorld()
		for _, name := range somePlaces {
			p := randomPart(t, name)
			parts = append(parts, p)
			world.Set(p.namespace(t))
		}
		edges := map[[2]Key]Edge{}
		for e := range world.Edges() {
			edges[[2]Key{e.From, e.To}] = e
		}
		for _, from := range parts {
			for _, f := range from.workloads {
				for _, to := range parts {
					for _, w := range to.workloads {
						compareWithPlain(t, edges[[2]Key{{from.name, f.Name}, {to.name, w.Name}}], end{from, f}, end{to, w})
					}
				}
			}
		}
	})
}

// end is a workload where it is.
type end struct {
	part
	Workload
}

func compareWithPlain(t *rapid.T, e Edge, from, to end) {
	if from.name == to.name && from.Name == to.Name {
		if !e.Out.IsEmpty() || !e.In.IsEmpty() {
			t.Fatalf("%s has an edge with itself", e.From)
		}
		return
	}
	for _, protocol := range []corev1.Protocol{"TCP", "UDP", "SCTP"} {
		for _, number := range []int32{1, 2, 3, 4, 5, 6, 7, 65535} {
			c := call{protocol: protocol, number: number, called: to.Ports}
			c.pods = &podEnd{to.Workload.Labels, to.labels}
			out := c.isLet(from.policies, from.Workload.Labels, egress)
			c.pods = &podEnd{from.Workload.Labels, from.labels}
			in := c.isLet(to.policies, to.Workload.Labels, ingress)
			got := [3]bool{e.Out.Has(string(protocol), number), e.In.Has(string(protocol), number), e.Through().Has(string(protocol), number)}
			if got != [3]bool{out, in, out && in} {
				t.Fatalf("%s/%s to %s/%s on %s %d: out, in, through are %t, not %t and %t", from.name, from.Name, to.name, to.Name, protocol, number, got, out, in)
			}
		}
	}
}

func TestForeignLabelsOnlyAddEdges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known, unknown := NewWorld(), NewWorld()
		key := rapid.SampledFrom(someKeys).Draw(t, "foreign key")
		for _, name := range somePlaces[:2] {
			p := randomPart(t, name).namespace(t)
			known.Set(p)
			for i := range p.Workloads {
				p.Workloads[i].Labels = maps.Clone(p.Workloads[i].Labels)
				delete(p.Workloads[i].Labels, key)
				p.Workloads[i].Foreign = []string{key}
			}
			unknown.Set(p)
		}
		over := map[[2]Key]Edge{}
		for e := range unknown.Edges() {
			over[[2]Key{e.From, e.To}] = e
		}
		for e := range known.Edges() {
			if more := over[[2]Key{e.From, e.To}]; !more.Out.Contains(e.Out) || !more.In.Contains(e.In) {
				t.Fatalf("%s to %s: what may have any %s is let out %s and in %s, with one it is %s and %s", e.From, e.To, key, more.Out, more.In, e.Out, e.In)
			}
		}
	})
}

func TestWorldIsTheSameByWhateverWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		world, proof := NewWorld(), NewProof(passes)
		standing := map[string]Namespace{}
		verdicts := map[string][]Edge{}
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			name := rapid.SampledFrom(somePlaces).Draw(t, "namespace")
			var changed []string
			if rapid.IntRange(0, 3).Draw(t, "gone") == 0 {
				delete(standing, name)
				world.Remove(name)
				changed = proof.Remove(name)
			} else {
				standing[name] = randomPart(t, name).namespace(t)
				world.Set(standing[name])
				changed = proof.Set(standing[name])
			}
			for _, other := range somePlaces {
				now := proof.Verdict(other)
				if same := slices.EqualFunc(verdicts[other], now, Edge.Equal); same == slices.Contains(changed, other) {
					t.Fatalf("%s is told to have changed: %t", other, !same)
				}
				verdicts[other] = now
			}
		}
		fresh := NewWorld()
		for _, name := range slices.Sorted(maps.Keys(standing)) {
			fresh.Set(standing[name])
		}
		want := slices.Collect(fresh.Edges())
		if diff := cmp.Diff(want, slices.Collect(world.Edges())); diff != "" {
			t.Fatal(diff)
		}
		if !slices.IsSortedFunc(want, Edge.compare) {
			t.Fatal("edges are not sorted")
		}
		checkParts(t, world, want, standing)
		checkVerdicts(t, proof, want)
		if len(standing) == 0 && len(world.peers)+len(world.named)+len(world.broad)+len(world.places) > 0 {
			t.Fatal("a world without namespaces keeps something")
		}
	})
}

// passes is a rule that edges within a namespace are against too.
func passes(e Edge) bool { return !e.Through().IsEmpty() }

// checkParts holds From and To against all edges.
func checkParts(t *rapid.T, world *World, edges []Edge, standing map[string]Namespace) {
	for name, namespace := range standing {
		for _, w := range namespace.Workloads {
			key := Key{name, w.Name}
			from := slices.DeleteFunc(slices.Clone(edges), func(e Edge) bool { return e.From != key })
			to := slices.DeleteFunc(slices.Clone(edges), func(e Edge) bool { return e.To != key })
			if !slices.EqualFunc(from, world.From(key), Edge.Equal) || !slices.EqualFunc(to, world.To(key), Edge.Equal) {
				t.Fatalf("From or To of %s is not what Edges has of it", key)
			}
		}
	}
}

// checkVerdicts holds a proof against all edges.
func checkVerdicts(t *rapid.T, proof *Proof, edges []Edge) {
	var against []string
	for _, name := range somePlaces {
		want := slices.DeleteFunc(slices.Clone(edges), func(e Edge) bool {
			return !passes(e) || e.From.Namespace != name && e.To.Namespace != name
		})
		if !slices.EqualFunc(want, proof.Verdict(name), Edge.Equal) {
			t.Fatalf("the verdict of %s is\n%s", name, cmp.Diff(want, proof.Verdict(name)))
		}
		if len(want) > 0 {
			against = append(against, name)
		}
	}
	if diff := cmp.Diff(against, proof.Against()); diff != "" {
		t.Fatal(diff)
	}
}
