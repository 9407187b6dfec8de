// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"cmp"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Key says which workload.
type Key struct{ Namespace, Name string }

// String is namespace/name.
func (k Key) String() string { return k.Namespace + "/" + k.Name }

// compare is the order of keys: by namespace, then by name.
func (k Key) compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Namespace, other.Namespace), cmp.Compare(k.Name, other.Name))
}

// Namespace is one namespace of a World: all that policies see of it. No two of its workloads have the same name.
type Namespace struct {
	Name string
	// Labels are its labels. That with its name is there even when it is left out.
	Labels labels.Set
	// Workloads are those in it; a Workload's own Namespace may be left empty.
	Workloads []Workload
	// Policies are all that stand in it.
	Policies []*Policy
}

// World knows who is there and what policies stand. One who reads it and one who changes it must take turns; many may
// read at a time.
type World struct {
	places map[string]*place
	// peers are all selectors of namespaces that openings have, by their text; and the same by the names they
	// list, or among the broad when they list none.
	peers map[string]*peers
	named map[string]map[*peers]struct{}
	broad map[*peers]struct{}
}

// place is a namespace in a World.
type place struct {
	name   string
	labels labels.Set
	nodes  []*node // sorted by name
	byApp  roster[*node]
	shown  map[entry]struct{} // where its nodes are registered
}

// node is a workload in a World.
type node struct {
	Workload
	key     Key
	place   *place
	ingress []opening
	egress  []opening
}

// opening is one for pods, with the namespaces it names as the World knows them.
type opening struct {
	policy string
	ports  Ports
	pods   labels.Selector
	peers  *peers
}

// NewWorld is a World without namespaces.
func NewWorld() *World {
	return &World{
		places: map[string]*place{},
		peers:  map[string]*peers{},
		named:  map[string]map[*peers]struct{}{},
		broad:  map[*peers]struct{}{},
	}
}

// Set puts a namespace in, in the place of what was known of it. The World keeps what it is given.
func (w *World) Set(namespace Namespace) {
	w.Remove(namespace.Name)
	set := labels.Set{}
	maps.Copy(set, namespace.Labels)
	set[corev1.LabelMetadataName] = namespace.Name
	p := &place{name: namespace.Name, labels: set, byApp: roster[*node]{}, shown: map[entry]struct{}{}}
	w.places[p.name] = p
	w.enter(p)
	policies := roster[*Policy]{}
	for _, policy := range namespace.Policies {
		policies.add(appsFor(policy.selector), policy)
	}
	for _, workload := range namespace.Workloads {
		workload.Namespace = p.name
		n := &node{Workload: workload, key: Key{p.name, workload.Name}, place: p}
		p.nodes = append(p.nodes, n)
		p.byApp.add([]string{n.app()}, n)
		candidates := namespace.Policies
		if app := n.app(); app != anyApp {
			candidates = slices.Concat(policies[app], policies[anyApp])
		}
		n.ingress = w.openings(n, candidates, networkingv1.PolicyTypeIngress)
		n.egress = w.openings(n, candidates, networkingv1.PolicyTypeEgress)
	}
	slices.SortFunc(p.nodes, func(a, b *node) int { return cmp.Compare(a.Name, b.Name) })
}

// Remove takes a namespace out, with all that was in it.
func (w *World) Remove(name string) {
	p, there := w.places[name]
	if !there {
		return
	}
	for e := range p.shown {
		w.unregister(e, name)
	}
	w.leave(p)
	delete(w.places, name)
}

// openings are what stands open for a node towards pods, each registered with the namespaces it names.
func (w *World) openings(n *node, policies []*Policy, direction Direction) []opening {
	var result []opening
	for _, standing := range Of(policies, n.Workload, direction).Openings {
		pods := standing.Peer.Pods
		if standing.Peer.everybody() {
			pods = allPods
		}
		if pods == nil {
			continue
		}
		o := opening{policy: standing.Policy, ports: standing.Ports, pods: pods.Pods, peers: w.peersOf(pods.Namespaces)}
		result = append(result, o)
		w.register(n, o, direction)
	}
	return result
}

var allPods = &PodPeer{Namespaces: labels.Everything(), Pods: labels.Everything()}
