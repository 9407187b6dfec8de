// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"maps"
	"slices"
)

// Proof keeps a World, and of each namespace the edges that are against a rule. A change costs what it touches: the
// edges of the namespace that is set, and of those no more than one end elsewhere.
type Proof struct {
	world   *World
	against func(Edge) bool
	// held are edges against the rule, by one of their namespaces and then by the other: each edge between two
	// namespaces is there twice.
	held map[string]map[string][]Edge
}

// Crosses is the plainest rule that edges are against: something gets from one namespace to another.
func Crosses(e Edge) bool {
	return e.From.Namespace != e.To.Namespace && !e.Through().IsEmpty()
}

// NewProof is one of a World without namespaces. The rule must say the same of an edge each time.
func NewProof(against func(Edge) bool) *Proof {
	return &Proof{world: NewWorld(), against: against, held: map[string]map[string][]Edge{}}
}

// World is what the proof is of. Only the proof may change it.
func (p *Proof) World() *World { return p.world }

// Set puts a namespace in, in the place of what was known of it, and returns the names of the namespaces whose
// verdict is another now, sorted.
func (p *Proof) Set(namespace Namespace) []string {
	p.world.Set(namespace)
	return p.update(namespace.Name)
}

// Remove takes a namespace out, and returns the same as Set.
func (p *Proof) Remove(name string) []string {
	p.world.Remove(name)
	return p.update(name)
}

// Verdict is the edges from or to a namespace's workloads that are against the rule, by From and To; none when all
// is well or nobody knows the namespace.
func (p *Proof) Verdict(name string) []Edge {
	var edges []Edge
	for _, some := range p.held[name] {
		edges = append(edges, some...)
	}
	slices.SortFunc(edges, Edge.compare)
	return edges
}

// Against are the names of the namespaces with edges against the rule, sorted.
func (p *Proof) Against() []string { return slices.Sorted(maps.Keys(p.held)) }

// update judges all edges of one namespace again, and tells the verdicts of those at their other ends.
func (p *Proof) update(name string) []string {
	fresh := p.judge(name)
	old := p.held[name]
	changed := map[string]struct{}{}
	for _, others := range []map[string][]Edge{old, fresh} {
		for other := range others {
			slices.SortFunc(fresh[other], Edge.compare)
			if !slices.EqualFunc(old[other], fresh[other], Edge.Equal) {
				changed[other], changed[name] = struct{}{}, struct{}{}
			}
		}
	}
	for other := range changed {
		p.hold(name, other, fresh[other])
		p.hold(other, name, fresh[other])
	}
	return slices.Sorted(maps.Keys(changed))
}

func (p *Proof) hold(name, other string, edges []Edge) {
	if len(edges) > 0 {
		if p.held[name] == nil {
			p.held[name] = map[string][]Edge{}
		}
		p.held[name][other] = edges
		return
	}
	delete(p.held[name], other)
	if len(p.held[name]) == 0 {
		delete(p.held, name)
	}
}

// judge finds the edges with an end in a namespace that are against the rule, by the namespace at the other end.
func (p *Proof) judge(name string) map[string][]Edge {
	found := map[string][]Edge{}
	place, there := p.world.places[name]
	if !there {
		return found
	}
	for _, n := range place.nodes {
		p.world.from(n, func(e Edge) bool {
			if p.against(e) {
				found[e.To.Namespace] = append(found[e.To.Namespace], e)
			}
			return true
		})
		p.world.to(n, func(e Edge) bool {
			if e.From.Namespace != name && p.against(e) { // else it is one of those from here
				found[e.From.Namespace] = append(found[e.From.Namespace], e)
			}
			return true
		})
	}
	return found
}
