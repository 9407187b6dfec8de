// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// Edge is what two workloads let through from one to the other. Only what both let through gets through; an edge
// with one side empty is a half-open door.
type Edge struct {
	From, To Key
	// Out is what From's side lets out to To, In what To's side lets in from From.
	Out, In Ports
	// By are the policies that open out, and in, sorted. A side that no policy rules is open by none.
	By [2][]string
}

// Through is what gets through.
func (e Edge) Through() Ports { return e.Out.Intersect(e.In) }

// Equal says whether both are the same, to the last name.
func (e Edge) Equal(other Edge) bool {
	return e.From == other.From && e.To == other.To && e.Out.Equal(other.Out) && e.In.Equal(other.In) &&
		slices.Equal(e.By[0], other.By[0]) && slices.Equal(e.By[1], other.By[1])
}

// compare is the order of edges: by From, then by To.
func (e Edge) compare(other Edge) int {
	return cmp.Or(e.From.compare(other.From), e.To.compare(other.To))
}

// Edges are all there are, by From and then To. A workload has none with itself. The World must not change until the
// last one was taken.
func (w *World) Edges() iter.Seq[Edge] {
	return func(yield func(Edge) bool) {
		for _, name := range slices.Sorted(maps.Keys(w.places)) {
			for _, n := range w.places[name].nodes {
				if !w.from(n, yield) {
					return
				}
			}
		}
	}
}

// From are the edges from a workload, by To; none when it is not known.
func (w *World) From(key Key) []Edge { return w.collect(key, w.from) }

// To are the edges to a workload, by From; none when it is not known.
func (w *World) To(key Key) []Edge { return w.collect(key, w.to) }

func (w *World) collect(key Key, edges func(*node, func(Edge) bool) bool) []Edge {
	n := w.find(key)
	if n == nil {
		return nil
	}
	var all []Edge
	edges(n, func(e Edge) bool {
		all = append(all, e)
		return true
	})
	return all
}

func (w *World) find(key Key) *node {
	p, there := w.places[key.Namespace]
	if !there {
		return nil
	}
	i := slices.IndexFunc(p.nodes, func(n *node) bool { return n.Name == key.Name })
	if i < 0 {
		return nil
	}
	return p.nodes[i]
}

// from yields the edges from a node, and says whether more are wanted.
func (w *World) from(n *node, yield func(Edge) bool) bool {
	for _, other := range w.partners(n, networkingv1.PolicyTypeEgress) {
		if e, some := edge(n, other); some && !yield(e) {
			return false
		}
	}
	return true
}

func (w *World) to(n *node, yield func(Edge) bool) bool {
	for _, other := range w.partners(n, networkingv1.PolicyTypeIngress) {
		if e, some := edge(other, n); some && !yield(e) {
			return false
		}
	}
	return true
}

// partners are those that n has an opening of a direction for, and those that have one of the other direction for
// n: all that there can be an edge with. They are sorted.
func (w *World) partners(n *node, direction Direction) []*node {
	found := map[*node]struct{}{}
	visit := func(other *node) { found[other] = struct{}{} }
	own, others := n.egress, networkingv1.PolicyTypeIngress
	if direction == networkingv1.PolicyTypeIngress {
		own, others = n.ingress, networkingv1.PolicyTypeEgress
	}
	for i := range own {
		own[i].reached(visit)
	}
	w.welcomed(n, others, visit)
	delete(found, n)
	return slices.SortedFunc(maps.Keys(found), func(a, b *node) int { return a.key.compare(b.key) })
}

// edge is that between two nodes; false when neither side lets anything through.
func edge(from, to *node) (Edge, bool) {
	e := Edge{From: from.key, To: to.key}
	e.Out, e.By[0] = lets(from.egress, to, to)
	e.In, e.By[1] = lets(to.ingress, from, to)
	return e, !e.Out.IsEmpty() || !e.In.IsEmpty()
}

// lets is what openings let through for another node, on ports of the one that is called, and the policies they are of.
func lets(openings []opening, other, called *node) (Ports, []string) {
	var ports Ports
	var policies []string
	for i := range openings {
		o := &openings[i]
		if _, there := o.peers.places[other.key.Namespace]; !there || !mayMatch(o.pods, other.Labels, other.Foreign) {
			continue
		}
		open := o.ports.Resolve(called.Ports)
		if open.IsEmpty() {
			continue
		}
		ports = ports.Union(open)
		if o.policy != "" {
			policies = append(policies, o.policy)
		}
	}
	slices.Sort(policies)
	return ports, slices.Compact(policies)
}
