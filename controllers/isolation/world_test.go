// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/labels"
)

// namespaceOf is one with workloads of these names and the policies p0, p1 and so on of these specs.
func namespaceOf(t *testing.T, name string, workloads []string, specs ...string) Namespace {
	t.Helper()
	namespace := Namespace{Name: name}
	for _, w := range workloads {
		namespace.Workloads = append(namespace.Workloads, Workload{
			Name: w, Labels: labels.Set{labelApp: w}, Ports: map[string]NamedPort{"http": {Protocol: "TCP", Number: 8080}},
		})
	}
	for i, spec := range specs {
		policy := policyOf(t, spec)
		policy.Namespace, policy.Name = name, fmt.Sprintf("p%d", i)
		namespace.Policies = append(namespace.Policies, compiledOf(t, policy))
	}
	return namespace
}

// said is an edge as people read it.
func said(e Edge) string {
	return fmt.Sprintf("%s to %s: out %s by %s, in %s by %s, through %s", e.From, e.To, e.Out, strings.Join(e.By[0], "+"), e.In, strings.Join(e.By[1], "+"), e.Through())
}

func saidOf(edges []Edge) []string {
	var all []string
	for _, e := range edges {
		all = append(all, said(e))
	}
	return all
}

func TestEdges(t *testing.T) {
	const (
		deny   = `{podSelector: {}, policyTypes: [Ingress, Egress]}`
		webIn  = `{podSelector: {matchLabels: {app.kubernetes.io/name: web}}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}], ports: [{port: http}, {port: 9090}]}]}`
		webOut = `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: x}}, podSelector: {matchLabels: {app.kubernetes.io/name: web}}}], ports: [{port: http}]}]}`
	)
	team := func(namespace Namespace, team string) Namespace {
		namespace.Labels = labels.Set{"team": team}
		return namespace
	}
	cases := map[string]struct {
		namespaces []Namespace
		want       []string
	}{
		"where no policy is, everything gets through, and a workload has no edge with itself": {
			namespaces: []Namespace{namespaceOf(t, "a", []string{"web", "api"})},
			want: []string{
				"a/api to a/web: out everything by , in everything by , through everything",
				"a/web to a/api: out everything by , in everything by , through everything",
			},
		},
		"where all is closed, there are no edges": {
			namespaces: []Namespace{namespaceOf(t, "a", []string{"web", "api"}, deny), namespaceOf(t, "b", []string{"web"}, deny)},
		},
		"an end that nobody closes is a half-open door": {
			namespaces: []Namespace{namespaceOf(t, "a", []string{"web"}, deny), namespaceOf(t, "b", []string{"web"})},
			want: []string{
				"a/web to b/web: out nothing by , in everything by , through nothing",
				"b/web to a/web: out everything by , in nothing by , through nothing",
			},
		},
		"what one lets out and the other lets in gets through, on the ports of both": {
			namespaces: []Namespace{
				team(namespaceOf(t, "a", []string{"web", "api"}, deny, webIn, webIn), "x"),
				namespaceOf(t, "b", []string{"caller"}, deny, webOut),
			},
			want: []string{"b/caller to a/web: out TCP 8080 by p1, in TCP 8080 and 9090 by p1+p2, through TCP 8080"},
		},
		"a namespace that lacks the label is not reached": {
			namespaces: []Namespace{
				team(namespaceOf(t, "a", []string{"web"}, deny, webIn), "y"),
				namespaceOf(t, "b", []string{"caller"}, deny, webOut),
			},
			want: []string{"b/caller to a/web: out nothing by , in TCP 8080 and 9090 by p1, through nothing"},
		},
		"a port by a name that the called one has not opens nothing": {
			namespaces: []Namespace{
				namespaceOf(t, "a", []string{"web", "api"}, deny, `{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ports: [{port: other}]}], egress: [{ports: [{port: other}]}]}`),
			},
		},
		"pods that may have any value of a label may be those that are named": {
			namespaces: []Namespace{
				namespaceOf(t, "a", []string{"api"}, deny, `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app.kubernetes.io/name: web}}}], ports: [{port: 80}]}]}`),
				{Name: "b", Workloads: []Workload{{Name: "w", Foreign: []string{labelApp}}}, Policies: namespaceOf(t, "b", nil, deny, webOut).Policies},
				team(namespaceOf(t, "c", []string{"web"}, deny, `{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app.kubernetes.io/name: other}}}]}]}`), "x"),
			},
			want: []string{
				"a/api to b/w: out TCP 80 by p1, in nothing by , through nothing",
				"a/api to c/web: out TCP 80 by p1, in nothing by , through nothing",
				"b/w to c/web: out TCP 8080 by p1, in everything by p1, through TCP 8080",
			},
		},
		"addresses are outside, whatever pods have": {
			namespaces: []Namespace{
				namespaceOf(t, "a", []string{"web", "api"}, `{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}`),
			},
		},
		"a namespace has its name, even against its labels": {
			namespaces: []Namespace{
				{Name: "b", Labels: labels.Set{"kubernetes.io/metadata.name": "c"}, Workloads: []Workload{{Name: "w"}}, Policies: namespaceOf(t, "b", nil, deny).Policies},
				namespaceOf(t, "a", []string{"web"}, deny, webIn),
			},
			want: []string{"b/w to a/web: out nothing by , in TCP 8080 and 9090 by p1, through nothing"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			world := NewWorld()
			for _, namespace := range tc.namespaces {
				world.Set(namespace)
			}
			if diff := cmp.Diff(tc.want, saidOf(slices.Collect(world.Edges()))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWorldKnowsNothingOfStrangers(t *testing.T) {
	world := NewWorld()
	world.Set(namespaceOf(t, "a", []string{"web", "api"}))
	for _, key := range []Key{{"b", "web"}, {"a", "other"}} {
		if edges := append(world.From(key), world.To(key)...); len(edges) > 0 {
			t.Errorf("%s has edges: %s", key, saidOf(edges))
		}
	}
	world.Remove("b")
	for range world.Edges() {
		return // the first is enough: whoever stops is not called again
	}
	t.Error("there are no edges")
}

func TestProof(t *testing.T) {
	const (
		deny = `{podSelector: {}, policyTypes: [Ingress, Egress]}`
		in   = `{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}`
		out  = `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}}}], ports: [{port: 443}]}]}`
	)
	proof := NewProof(Crosses)
	leak := []string{"a/web to b/web: out TCP 443 by p1, in everything by p1, through TCP 443"}
	steps := []struct {
		what    string
		do      func() []string
		changed []string
		against map[string][]string
	}{
		{what: "a namespace alone", do: func() []string { return proof.Set(namespaceOf(t, "a", []string{"web", "api"}, deny)) }},
		{what: "one that lets in, but nobody lets out to it", do: func() []string { return proof.Set(namespaceOf(t, "b", []string{"web"}, deny, in)) }},
		{
			what: "one that lets out to it", do: func() []string { return proof.Set(namespaceOf(t, "a", []string{"web"}, deny, out)) },
			changed: []string{"a", "b"}, against: map[string][]string{"a": leak, "b": leak},
		},
		{
			what: "the same again", do: func() []string { return proof.Set(namespaceOf(t, "a", []string{"web"}, deny, out)) },
			against: map[string][]string{"a": leak, "b": leak},
		},
		{
			what: "a third, which has nothing to do with it", do: func() []string { return proof.Set(namespaceOf(t, "c", []string{"web"}, deny)) },
			against: map[string][]string{"a": leak, "b": leak},
		},
		{what: "the one that let in is gone", do: func() []string { return proof.Remove("b") }, changed: []string{"a", "b"}},
		{what: "one is gone that nobody knows", do: func() []string { return proof.Remove("d") }},
	}
	for _, step := range steps {
		if diff := cmp.Diff(step.changed, step.do()); diff != "" {
			t.Errorf("%s: what changed:\n%s", step.what, diff)
		}
		var against map[string][]string
		for _, name := range proof.Against() {
			if against == nil {
				against = map[string][]string{}
			}
			against[name] = saidOf(proof.Verdict(name))
		}
		if diff := cmp.Diff(step.against, against); diff != "" {
			t.Errorf("%s: what is against the rule:\n%s", step.what, diff)
		}
	}
	if edges := saidOf(proof.World().From(Key{"a", "web"})); len(edges) > 0 {
		t.Errorf("the world of the proof has edges to what is gone: %s", edges)
	}
}
