// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"slices"

	"k8s.io/apimachinery/pkg/labels"
)

// labelApp is the label that most selectors of pods name.
const labelApp = "app.kubernetes.io/name"

// Peers are registered by the namespaces they name, so that nobody is compared with everybody: an opening finds the
// pods it lets through by peers.places, and pods find the openings that let them through by peers.members.

// peers is one selector of namespaces, and all who have an opening with it.
type peers struct {
	selector labels.Selector
	text     string
	places   map[string]*place // those it matches
	// members are by direction of their opening, by the label of the pods it selects, and by their namespace.
	members map[Direction]map[string]map[string][]member
	entries int // lists in members
}

// member is one who has an opening.
type member struct {
	node *node
	pods labels.Selector
}

// entry is a list of members of one namespace.
type entry struct {
	peers     *peers
	direction Direction
	app       string
}

// anyApp stands for what does not say by the label: no value of a label has such a form.
const anyApp = "*"

var loose = []string{anyApp}

// roster lists by values of the label, and what may have any value under anyApp.
type roster[T any] map[string][]T

func (r roster[T]) add(apps []string, item T) {
	for _, app := range apps {
		r[app] = append(r[app], item)
	}
}

// app is the value of the label that a node's pods have, or anyApp.
func (n *node) app() string {
	if slices.Contains(n.Foreign, labelApp) {
		return anyApp
	}
	return n.Labels[labelApp]
}

// appsFor are the values that a selector lists, or anyApp.
func appsFor(selector labels.Selector) []string {
	if apps, listed := valuesOf(selector, labelApp); listed {
		return apps
	}
	return []string{anyApp}
}

// peersOf is the entry of a selector, made when it is new.
func (w *World) peersOf(selector labels.Selector) *peers {
	text := selector.String()
	if known, there := w.peers[text]; there {
		return known
	}
	g := &peers{selector: selector, text: text, places: map[string]*place{}, members: map[Direction]map[string]map[string][]member{}}
	w.peers[text] = g
	names, listed := namesOf(selector)
	if !listed {
		w.broad[g] = struct{}{}
		for _, p := range w.places {
			g.consider(p)
		}
		return g
	}
	for _, name := range names {
		if w.named[name] == nil {
			w.named[name] = map[*peers]struct{}{}
		}
		w.named[name][g] = struct{}{}
		if p, there := w.places[name]; there {
			g.consider(p)
		}
	}
	return g
}

func (g *peers) consider(p *place) {
	if g.selector.Matches(p.labels) {
		g.places[p.name] = p
	}
}

// enter makes a new place known to the selectors that match it, leave makes it forgotten.
func (w *World) enter(p *place) {
	w.mentions(p.name, func(g *peers) { g.consider(p) })
}

func (w *World) leave(p *place) {
	w.mentions(p.name, func(g *peers) { delete(g.places, p.name) })
}

// mentions calls visit for each selector that may match a namespace of this name.
func (w *World) mentions(name string, visit func(*peers)) {
	for g := range w.named[name] {
		visit(g)
	}
	for g := range w.broad {
		visit(g)
	}
}

func (w *World) register(n *node, o opening, direction Direction) {
	g := o.peers
	if g.members[direction] == nil {
		g.members[direction] = map[string]map[string][]member{}
	}
	for _, app := range appsFor(o.pods) {
		lists := g.members[direction][app]
		if lists == nil {
			lists = map[string][]member{}
			g.members[direction][app] = lists
		}
		if _, there := lists[n.key.Namespace]; !there {
			g.entries++
			n.place.shown[entry{g, direction, app}] = struct{}{}
		}
		lists[n.key.Namespace] = append(lists[n.key.Namespace], member{n, o.pods})
	}
}

// unregister takes out a namespace's list, and the selector with the last one.
func (w *World) unregister(e entry, namespace string) {
	g := e.peers
	lists := g.members[e.direction][e.app]
	delete(lists, namespace)
	if len(lists) == 0 {
		delete(g.members[e.direction], e.app)
	}
	if g.entries--; g.entries > 0 {
		return
	}
	delete(w.peers, g.text)
	delete(w.broad, g)
	names, _ := namesOf(g.selector)
	for _, name := range names {
		delete(w.named[name], g)
		if len(w.named[name]) == 0 {
			delete(w.named, name)
		}
	}
}

// reached calls visit for each node that an opening is for, perhaps more than once.
func (o *opening) reached(visit func(*node)) {
	apps := appsFor(o.pods)
	for _, p := range o.peers.places {
		if slices.Contains(apps, anyApp) {
			for _, n := range p.nodes {
				o.offer(n, visit)
			}
			continue
		}
		for _, app := range slices.Concat(apps, loose) {
			for _, n := range p.byApp[app] {
				o.offer(n, visit)
			}
		}
	}
}

func (o *opening) offer(n *node, visit func(*node)) {
	if mayMatch(o.pods, n.Labels, n.Foreign) {
		visit(n)
	}
}

// welcomed calls visit for each node that has an opening of a direction for n, perhaps more than once.
func (w *World) welcomed(n *node, direction Direction, visit func(*node)) {
	w.mentions(n.key.Namespace, func(g *peers) {
		if _, there := g.places[n.key.Namespace]; !there {
			return
		}
		for _, lists := range g.listsFor(n, direction) {
			for _, members := range lists {
				for _, m := range members {
					if mayMatch(m.pods, n.Labels, n.Foreign) {
						visit(m.node)
					}
				}
			}
		}
	})
}

// listsFor are the lists whose openings may be for n.
func (g *peers) listsFor(n *node, direction Direction) map[string]map[string][]member {
	all := g.members[direction]
	if n.app() == anyApp {
		return all
	}
	some := map[string]map[string][]member{}
	for _, app := range []string{n.app(), anyApp} {
		if lists, there := all[app]; there {
			some[app] = lists
		}
	}
	return some
}
