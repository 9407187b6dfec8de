// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Policy is a NetworkPolicy, read. Nothing changes it, and it holds nothing of the object it was made of.
type Policy struct {
	name, namespace string
	selector        labels.Selector
	ingress, egress *side // nil when the direction is not ruled
}

// side is what a policy says of one direction.
type side struct{ openings []Opening }

// Compile reads a policy as networking.k8s.io/v1 says. The error is a sentence that names the policy and what in it
// cannot be read; such a policy must not be taken for one that opens nothing.
func Compile(policy *networkingv1.NetworkPolicy) (*Policy, error) {
	compiled, err := compile(policy)
	if err != nil {
		return nil, fmt.Errorf("NetworkPolicy %s/%s cannot be read: %w", policy.Namespace, policy.Name, err)
	}
	return compiled, nil
}

func compile(policy *networkingv1.NetworkPolicy) (*Policy, error) {
	if policy.Namespace == "" {
		return nil, errors.New("it has no namespace")
	}
	selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
	if err != nil {
		return nil, fmt.Errorf("podSelector: %w", err)
	}
	compiled := &Policy{name: policy.Name, namespace: policy.Namespace, selector: selector}
	for _, direction := range policy.Spec.PolicyTypes {
		if direction != networkingv1.PolicyTypeIngress && direction != networkingv1.PolicyTypeEgress {
			return nil, fmt.Errorf("policyTypes: %q is neither Ingress nor Egress", direction)
		}
	}
	if rules(&policy.Spec, networkingv1.PolicyTypeIngress) {
		compiled.ingress = &side{}
		for i, rule := range policy.Spec.Ingress {
			if err := compiled.open(networkingv1.PolicyTypeIngress, rule.From, rule.Ports); err != nil {
				return nil, fmt.Errorf("ingress[%d]: %w", i, err)
			}
		}
	}
	if rules(&policy.Spec, networkingv1.PolicyTypeEgress) {
		compiled.egress = &side{}
		for i, rule := range policy.Spec.Egress {
			if err := compiled.open(networkingv1.PolicyTypeEgress, rule.To, rule.Ports); err != nil {
				return nil, fmt.Errorf("egress[%d]: %w", i, err)
			}
		}
	}
	return compiled, nil
}

// rules says whether a policy rules a direction. One without policyTypes rules ingress, and egress when it has rules
// for it, as the API server itself fills policyTypes in.
func rules(spec *networkingv1.NetworkPolicySpec, direction Direction) bool {
	if len(spec.PolicyTypes) == 0 {
		return direction == networkingv1.PolicyTypeIngress || len(spec.Egress) > 0
	}
	return slices.Contains(spec.PolicyTypes, direction)
}

// open adds what one rule opens: to everybody when it names no peer.
func (p *Policy) open(direction Direction, list []networkingv1.NetworkPolicyPeer, numbers []networkingv1.NetworkPolicyPort) error {
	ports, err := PortsOf(numbers)
	if err != nil {
		return fmt.Errorf("ports: %w", err)
	}
	side := p.side(direction)
	if len(list) == 0 {
		side.openings = append(side.openings, Opening{Direction: direction, Policy: p.name, Ports: ports})
	}
	for i := range list {
		peer, err := p.peer(&list[i])
		if err != nil {
			return fmt.Errorf("peer %d: %w", i, err)
		}
		side.openings = append(side.openings, Opening{Direction: direction, Policy: p.name, Peer: peer, Ports: ports})
	}
	return nil
}

func (p *Policy) peer(peer *networkingv1.NetworkPolicyPeer) (Peer, error) {
	switch {
	case peer.IPBlock != nil && (peer.PodSelector != nil || peer.NamespaceSelector != nil):
		return Peer{}, errors.New("it has both addresses and a selector")
	case peer.IPBlock != nil:
		addresses, err := addressesOf(peer.IPBlock)
		return Peer{Addresses: addresses}, err
	case peer.PodSelector == nil && peer.NamespaceSelector == nil:
		return Peer{}, errors.New("it names nobody")
	}
	pods := &PodPeer{Namespaces: namespaceNamed(p.namespace), Pods: labels.Everything()}
	var err error
	if peer.NamespaceSelector != nil {
		if pods.Namespaces, err = metav1.LabelSelectorAsSelector(peer.NamespaceSelector); err != nil {
			return Peer{}, fmt.Errorf("namespaceSelector: %w", err)
		}
	}
	if peer.PodSelector != nil {
		if pods.Pods, err = metav1.LabelSelectorAsSelector(peer.PodSelector); err != nil {
			return Peer{}, fmt.Errorf("podSelector: %w", err)
		}
	}
	return Peer{Pods: pods}, nil
}

func namespaceNamed(name string) labels.Selector {
	return labels.SelectorFromSet(labels.Set{corev1.LabelMetadataName: name})
}

func addressesOf(block *networkingv1.IPBlock) (*Addresses, error) {
	cidr, err := prefixOf(block.CIDR)
	if err != nil {
		return nil, fmt.Errorf("cidr: %w", err)
	}
	addresses := &Addresses{CIDR: cidr}
	for _, text := range block.Except {
		except, err := prefixOf(text)
		if err != nil {
			return nil, fmt.Errorf("except: %w", err)
		}
		addresses.Except = append(addresses.Except, except)
	}
	return addresses, nil
}

// prefixOf reads a range. Forms that networks do not all read alike are refused: zeros before a number, and IPv4
// written as IPv6.
func prefixOf(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is no range of addresses, as 10.0.0.0/8 or 2001:db8::/32", text)
	}
	return prefix.Masked(), nil
}

// Name is the policy's name in its namespace.
func (p *Policy) Name() string { return p.name }

// Rules says whether the policy rules a direction: what it does not open is then closed for the pods it selects.
func (p *Policy) Rules(direction Direction) bool { return p.side(direction) != nil }

// Openings are what the policy opens in a direction, in the order of its rules; none when it does not rule it. They
// are shared: callers must not change them.
func (p *Policy) Openings(direction Direction) []Opening {
	if side := p.side(direction); side != nil {
		return side.openings
	}
	return nil
}

func (p *Policy) side(direction Direction) *side {
	if direction == networkingv1.PolicyTypeEgress {
		return p.egress
	}
	return p.ingress
}

// MaySelect says whether the policy selects some of the workload's pods, by what is known of them: a requirement
// on a label that they may have besides counts as met.
func (p *Policy) MaySelect(w Workload) bool {
	return p.namespace == w.Namespace && mayMatch(p.selector, w.Labels, w.Foreign)
}

// selects says whether the policy selects all of the workload's pods, whatever labels they have besides.
func (p *Policy) selects(w Workload) bool {
	return p.namespace == w.Namespace && mustMatch(p.selector, w.Labels, w.Foreign)
}
