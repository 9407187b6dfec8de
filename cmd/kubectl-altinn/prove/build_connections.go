// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// maxEdges is how many open connections are judged. Where so much is open, more would tell nothing new.
const maxEdges = 2_000_000

// opener is what opens a direction: a policy of a namespace, or its lack.
type opener struct {
	namespace, policy string
	direction         isolation.Direction
}

// openedBy is what one opener opens that nobody declared.
type openedBy struct {
	tenant    *tenant
	workloads map[string]bool
	across    []Pair // at most MaxPairs
	within    []Pair // at most MaxPairs
	counts    struct{ pairs, across, through int }
}

// side is one end of an open connection.
type side struct {
	direction isolation.Direction
	of        *workload // whose side it is
	open      isolation.Ports
	by        []string
	declared  bool
}

// judgeConnections compares what is open between workloads with what is declared.
func (b *builder) judgeConnections(world *isolation.World) {
	for edge := range world.Edges() {
		from, to := b.workloads[edge.From], b.workloads[edge.To]
		if !b.in(from.tenant.code) && !b.in(to.tenant.code) {
			continue
		}
		if b.proof.Counts.Edges == maxEdges {
			b.notEvaluated("Connections beyond the first 2000000", "so many are open that the others were not looked at")
			return
		}
		b.proof.Counts.Edges++
		b.judge(edge, from, to)
	}
}

func (b *builder) judge(edge isolation.Edge, from, to *workload) {
	call := connection{from.key(), to.key()}
	known := from.app != nil && to.app != nil
	sides := []side{
		{networkingv1.PolicyTypeEgress, from, edge.Out, edge.By[0], known && b.declared[call]},
		{networkingv1.PolicyTypeIngress, to, edge.In, edge.By[1], known && b.welcome[call]},
	}
	pair := Pair{From: from.ref, To: to.ref, Across: from.tenant != to.tenant, Through: !edge.Through().IsEmpty()}
	leaks := false
	for _, s := range sides {
		if undeclared := s.undeclared(); !undeclared.IsEmpty() {
			leaks = true
			pair.Ports = portsText(undeclared)
			b.blame(s, undeclared, pair)
		}
	}
	if declared := sides[0].counts() || sides[1].counts(); !declared {
		return // told by its findings alone
	}
	state := StateHalf
	switch {
	case leaks:
		state = StateLeak
	case pair.Through:
		state = StateOpen
	}
	b.proof.Connections = append(b.proof.Connections, Connection{
		From: from.ref, To: to.ref, Out: portsText(edge.Out), In: portsText(edge.In), Through: portsText(edge.Through()),
		CallerDeclares: sides[0].declared, CalleeDeclares: sides[1].declared, Across: pair.Across, State: state,
		OutBy: named(edge.By[0]), InBy: named(edge.By[1]),
	})
}

// counts says that a side is declared, and open.
func (s side) counts() bool { return s.declared && !s.open.IsEmpty() }

// undeclared is what is open on a side that its spec does not declare. Who is called declares its port with it;
// who calls declares no ports.
func (s side) undeclared() isolation.Ports {
	switch {
	case !s.declared:
		return s.open
	case s.direction == networkingv1.PolicyTypeIngress:
		return s.open.Without(declaredPort(s.of))
	}
	return isolation.Ports{}
}

// declaredPort is the one port that an App's spec names.
func declaredPort(w *workload) isolation.Ports {
	ports, err := isolation.PortsOf([]networkingv1.NetworkPolicyPort{{
		Protocol: ptr.To(corev1.ProtocolTCP), Port: ptr.To(intstr.FromInt32(int32(w.app.Spec.Port))),
	}})
	if err != nil {
		return isolation.Ports{}
	}
	return ports
}

// blame puts a connection down to what opens a side of it.
func (b *builder) blame(s side, undeclared isolation.Ports, pair Pair) {
	names := slices.DeleteFunc(slices.Clone(s.by), func(name string) bool { return !b.opens(s, name, undeclared) })
	if len(s.by) == 0 {
		names = []string{""}
	}
	for _, name := range names {
		by := opener{s.of.tenant.namespace, name, s.direction}
		found := b.opened[by]
		if found == nil {
			found = &openedBy{tenant: s.of.tenant, workloads: map[string]bool{}}
			b.opened[by] = found
		}
		found.add(s.of.ref.Name, pair)
	}
}

// opens says whether a policy opens some of the ports to somebody at all: where several policies open one side,
// those that open only what is declared are not to blame.
func (b *builder) opens(s side, name string, ports isolation.Ports) bool {
	p := b.policies[isolation.Key{Namespace: s.of.Namespace, Name: name}]
	return slices.ContainsFunc(p.compiled.Openings(s.direction), func(o isolation.Opening) bool {
		open := o.Ports
		if s.direction == networkingv1.PolicyTypeIngress {
			open = open.Resolve(s.of.Ports)
		}
		return !open.Intersect(ports).IsEmpty()
	})
}

func (o *openedBy) add(name string, pair Pair) {
	o.workloads[name] = true
	o.counts.pairs++
	if pair.Through {
		o.counts.through++
	}
	list := &o.within
	if pair.Across {
		o.counts.across++
		list = &o.across
	}
	if len(*list) < MaxPairs {
		*list = append(*list, pair)
	}
}

// pairs are the connections to list, those across service owners first.
func (o *openedBy) pairs() []Pair {
	all := slices.Concat(o.across, o.within)
	return all[:min(len(all), MaxPairs)]
}

func named(policies []string) []string {
	if policies == nil {
		return []string{}
	}
	return policies
}

// portsText says which ports; all of them in words that do not read as if they were somebody.
func portsText(ports isolation.Ports) string {
	if ports.Equal(isolation.AllPorts()) {
		return "all ports"
	}
	return ports.String()
}
