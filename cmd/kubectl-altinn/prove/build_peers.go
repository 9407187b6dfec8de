// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// judgePeers looks at what each policy opens towards others than Apps. What the operator keeps is told as a
// point of entry or exit; what anybody else opens is a finding.
func (b *builder) judgePeers(others []OtherPolicy) {
	points := map[string]*Point{}
	for _, t := range b.tenants {
		if !b.in(t.code) {
			continue
		}
		for _, p := range t.policies {
			if p.compiled == nil {
				continue
			}
			for _, direction := range directions {
				b.judgeOpenings(t, p, direction, points)
			}
		}
	}
	for _, other := range others {
		if !b.judgeOther(other, points) {
			b.others = append(b.others, other)
		}
	}
	for _, point := range points {
		slices.Sort(point.Workloads)
		point.Workloads = slices.Compact(point.Workloads)
		slices.Sort(point.Policies)
		point.Policies = slices.Compact(point.Policies)
		b.proof.Points = append(b.proof.Points, *point)
	}
	slices.SortFunc(b.proof.Points, comparePoints)
}

func (b *builder) judgeOpenings(t *tenant, p *policy, direction isolation.Direction, points map[string]*Point) {
	var peers []string
	for _, opening := range p.compiled.Openings(direction) {
		for _, peer := range b.peers(opening.Peer, p.stray != "") {
			if p.stray != "" {
				peers = append(peers, peer.String()+" on "+portsText(opening.Ports))
				continue
			}
			addPoint(points, Point{
				Direction: direction, ServiceOwner: t.code, Peer: peer, Ports: portsText(opening.Ports), All: selectsAll(p.object.Spec.PodSelector),
				Workloads: t.selected(p), Policies: []string{p.object.Name},
			})
		}
	}
	if len(peers) > 0 {
		slices.Sort(peers)
		b.foreign(t, p, direction, slices.Compact(peers))
	}
}

// addPoint adds a point of entry or exit; one that several policies open is told once.
func addPoint(points map[string]*Point, point Point) {
	id := strings.Join([]string{
		point.ServiceOwner, string(point.Direction), string(point.Peer.Kind), point.Peer.Name, point.Peer.Detail, point.Ports, fmt.Sprint(point.All),
	}, "\x00")
	known := points[id]
	if known == nil {
		point.Workloads = append([]string{}, point.Workloads...)
		points[id] = &point
		return
	}
	known.Policies = append(known.Policies, point.Policies...)
	known.Workloads = append(known.Workloads, point.Workloads...)
}

// selected are the names of the workloads that a policy selects.
func (t *tenant) selected(p *policy) []string {
	var names []string
	for _, w := range t.workloads {
		if p.compiled.MaySelect(w.Workload) {
			names = append(names, w.ref.Name)
		}
	}
	return slices.Compact(names)
}

// peers are those at the other end of an opening that are no Apps. Whom it selects that is not there yet is told
// only when asked for: what the operator opens to an App that does not exist is declared, and closed by the
// namespace that is missing.
func (b *builder) peers(peer isolation.Peer, absent bool) []Peer {
	switch {
	case peer.Pods != nil:
		return b.podPeers(peer.Pods, absent)
	case peer.Addresses != nil:
		return []Peer{addressPeer(peer.Addresses)}
	}
	return []Peer{{Kind: PeerEverything, Name: "everything"}}
}

func addressPeer(addresses *isolation.Addresses) Peer {
	peer := Peer{Kind: PeerAddresses, Name: addresses.CIDR.String()}
	if without, found := strings.CutPrefix(addresses.String(), peer.Name+" "); found {
		peer.Detail = without
	}
	return peer
}

func (b *builder) podPeers(pods *isolation.PodPeer, absent bool) []Peer { //nolint:revive // As peers.
	var found []Peer
	detail := strings.ReplaceAll(pods.Pods.String(), ",", ", ")
	for _, namespace := range b.outside {
		if pods.Namespaces.Matches(labelsOf(namespace)) {
			found = append(found, Peer{Kind: PeerNamespace, Name: namespace.Name, Detail: detail})
		}
	}
	if len(found) > 0 || !absent || b.someWorkload(pods) {
		return found
	}
	text := pods.String()
	return []Peer{{Kind: PeerNobody, Name: text}}
}

// someWorkload says whether some workload of a tenant is selected: then its connections are judged.
func (b *builder) someWorkload(pods *isolation.PodPeer) bool {
	return slices.ContainsFunc(b.tenants, func(t *tenant) bool {
		return pods.Namespaces.Matches(labelsOf(t.object)) &&
			slices.ContainsFunc(t.workloads, func(w *workload) bool { return pods.Pods.Matches(w.Labels) })
	})
}

// labelsOf are a namespace's labels, with that of its name, which the API server sets.
func labelsOf(namespace *corev1.Namespace) labels.Set {
	if namespace.Labels[corev1.LabelMetadataName] == namespace.Name {
		return namespace.Labels
	}
	set := maps.Clone(namespace.Labels)
	if set == nil {
		set = map[string]string{}
	}
	set[corev1.LabelMetadataName] = namespace.Name
	return set
}

// comparePoints sorts entries before exits, and then by whom and where to.
func comparePoints(a, b Point) int {
	if a.Direction != b.Direction {
		if a.Direction == networkingv1.PolicyTypeIngress {
			return -1
		}
		return 1
	}
	key := func(p Point) []string {
		return append([]string{p.ServiceOwner, string(p.Peer.Kind), p.Peer.Name, p.Peer.Detail, p.Ports, fmt.Sprint(p.All)}, p.Policies...)
	}
	return slices.Compare(key(a), key(b))
}
