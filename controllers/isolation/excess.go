// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"net/netip"
	"slices"

	"go4.org/netipx"
	"k8s.io/apimachinery/pkg/labels"
)

// mostParts bounds into how many parts a peer is taken apart that lists values.
const mostParts = 64

// Excess is what of the first openings is not contained in the second, whole and in order: all that an opening lets
// through must be let through by some of the declared ones of its direction. It is decided by selectors, ports and
// ranges alone, so it holds for pods and addresses that nobody knows of yet. It never leaves out what is not contained.
// It may give more: openings that only several declared selectors contain together, unless they list values one
// by one.
func Excess(stands, declared []Opening) []Opening {
	var excess []Opening
	for _, opening := range stands {
		if !contained(opening, declared) {
			excess = append(excess, opening)
		}
	}
	return excess
}

func contained(opening Opening, declared []Opening) bool {
	same := slices.DeleteFunc(slices.Clone(declared), func(other Opening) bool { return other.Direction != opening.Direction })
	peer := opening.Peer
	if peer.everybody() {
		return containedPods(&PodPeer{Namespaces: labels.Everything(), Pods: labels.Everything()}, opening.Ports, same) &&
			containedAddresses(everywhere, opening.Ports, same)
	}
	if peer.Pods != nil && !containedPods(peer.Pods, opening.Ports, same) {
		return false
	}
	if peer.Addresses == nil {
		return true
	}
	set, err := peer.Addresses.set()
	return err == nil && containedAddresses(set, opening.Ports, same)
}

func (p Peer) everybody() bool { return p.Pods == nil && p.Addresses == nil }

// containedPods takes from what the peer may reach what the declared openings let it, part by part.
func containedPods(peer *PodPeer, ports Ports, declared []Opening) bool {
	namespaces, some := choicesOf(peer.Namespaces.Add(hasName...))
	if !some {
		return true
	}
	pods, some := choicesOf(peer.Pods)
	if !some {
		return true
	}
	for _, outer := range parts(namespaces) {
		for _, inner := range parts(pods) {
			left := ports
			for _, other := range declared {
				if other.Peer.covers(outer, inner) {
					left = left.Without(other.Ports)
				}
			}
			if !left.IsEmpty() {
				return false
			}
		}
	}
	return true
}

// covers says whether all pods with the one choices, in namespaces with the other, are within the peer.
func (p Peer) covers(namespaces, pods choices) bool {
	if p.everybody() {
		return true
	}
	return p.Pods != nil && covers(p.Pods.Namespaces, namespaces) && covers(p.Pods.Pods, pods)
}

// parts takes choices apart, one for each combination of the values they list: together they are the same.
func parts(whole choices) []choices {
	result := []choices{whole}
	for key, chosen := range whole {
		if chosen.but || len(chosen.values) < 2 || len(result)*len(chosen.values) > mostParts {
			continue
		}
		var next []choices
		for _, part := range result {
			for _, value := range chosen.values {
				one := choices{}
				for k, v := range part {
					one[k] = v
				}
				one[key] = choice{values: []string{value}}
				next = append(next, one)
			}
		}
		result = next
	}
	return result
}

// reach is ports at addresses.
type reach struct {
	at    *netipx.IPSet
	ports Ports
}

// containedAddresses takes from the addresses and ports what each of the declared openings lets through.
func containedAddresses(at *netipx.IPSet, ports Ports, declared []Opening) bool {
	left := []reach{{at, ports}}
	for _, other := range declared {
		set, ok := other.Peer.addresses()
		if !ok {
			continue
		}
		var next []reach
		for _, r := range left {
			next = append(next, r.without(set, other.Ports)...)
		}
		left = next
	}
	return !slices.ContainsFunc(left, func(r reach) bool { return !r.isEmpty() })
}

func (r reach) isEmpty() bool { return r.ports.IsEmpty() || len(r.at.Ranges()) == 0 }

// without is all ports at the other addresses, and the other ports at these.
func (r reach) without(at *netipx.IPSet, ports Ports) []reach {
	if !r.at.Overlaps(at) {
		return []reach{r}
	}
	var elsewhere, here netipx.IPSetBuilder
	elsewhere.AddSet(r.at)
	elsewhere.RemoveSet(at)
	here.AddSet(r.at)
	here.Intersect(at)
	var left []reach
	for _, rest := range []struct {
		at    *netipx.IPSetBuilder
		ports Ports
	}{{&elsewhere, r.ports}, {&here, r.ports.Without(ports)}} {
		set, err := rest.at.IPSet()
		if err != nil { // ranges of a set are in order, so there is none
			return []reach{r}
		}
		if next := (reach{set, rest.ports}); !next.isEmpty() {
			left = append(left, next)
		}
	}
	return left
}

// addresses are those of the peer; false when it has none, or none that can be read.
func (p Peer) addresses() (*netipx.IPSet, bool) {
	if p.everybody() {
		return everywhere, true
	}
	if p.Addresses == nil {
		return nil, false
	}
	set, err := p.Addresses.set()
	return set, err == nil
}

func (a *Addresses) set() (*netipx.IPSet, error) {
	var builder netipx.IPSetBuilder
	builder.AddPrefix(a.CIDR)
	for _, part := range a.Except {
		builder.RemovePrefix(part)
	}
	return builder.IPSet()
}

// everywhere is every address there is.
var everywhere = func() *netipx.IPSet {
	var builder netipx.IPSetBuilder
	builder.AddPrefix(netip.MustParsePrefix("0.0.0.0/0"))
	builder.AddPrefix(netip.MustParsePrefix("::/0"))
	set, err := builder.IPSet()
	if err != nil {
		panic(err)
	}
	return set
}()
