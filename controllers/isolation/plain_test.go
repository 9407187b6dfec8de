// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"cmp"
	"net"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The plainest reading of networking.k8s.io/v1 there is: one call at a time, straight from the API's objects. It
// shares nothing with what it is held against.

// call is one port of one end, called from or by another.
type call struct {
	protocol corev1.Protocol
	number   int32
	called   map[string]NamedPort // container ports of the called end
	pods     *podEnd              // the other end, if it is pods
	address  net.IP               // the other end, if it is not
}

type podEnd struct{ labels, namespace labels.Set }

func plainlySelected(selector *metav1.LabelSelector, set labels.Set) bool {
	for key, value := range selector.MatchLabels {
		if has, there := set[key]; !there || has != value {
			return false
		}
	}
	for _, requirement := range selector.MatchExpressions {
		value, there := set[requirement.Key]
		listed := there && slices.Contains(requirement.Values, value)
		met := map[metav1.LabelSelectorOperator]bool{
			metav1.LabelSelectorOpIn: listed, metav1.LabelSelectorOpNotIn: !listed,
			metav1.LabelSelectorOpExists: there, metav1.LabelSelectorOpDoesNotExist: !there,
		}
		if !met[requirement.Operator] {
			return false
		}
	}
	return true
}

func (c call) isFor(own string, peers []networkingv1.NetworkPolicyPeer) bool {
	for _, peer := range peers {
		switch {
		case peer.IPBlock != nil:
			if c.address != nil && inside(c.address, peer.IPBlock.CIDR) &&
				!slices.ContainsFunc(peer.IPBlock.Except, func(cidr string) bool { return inside(c.address, cidr) }) {
				return true
			}
		case c.pods == nil:
		case peer.NamespaceSelector == nil && c.pods.namespace[corev1.LabelMetadataName] != own:
		case peer.NamespaceSelector != nil && !plainlySelected(peer.NamespaceSelector, c.pods.namespace):
		case peer.PodSelector == nil || plainlySelected(peer.PodSelector, c.pods.labels):
			return true
		}
	}
	return len(peers) == 0
}

func inside(address net.IP, cidr string) bool {
	_, block, err := net.ParseCIDR(cidr)
	return err == nil && block.Contains(address) && (address.To4() == nil) == (block.IP.To4() == nil)
}

func (c call) isOn(ports []networkingv1.NetworkPolicyPort) bool {
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		if protocol != c.protocol {
			continue
		}
		switch {
		case port.Port == nil:
			return true
		case port.Port.Type == intstr.String:
			container, there := c.called[port.Port.StrVal]
			if there && corev1.Protocol(cmp.Or(container.Protocol, "TCP")) == protocol && container.Number == c.number {
				return true
			}
		case port.EndPort != nil:
			if c.number >= port.Port.IntVal && c.number <= *port.EndPort {
				return true
			}
		case port.Port.IntVal == c.number:
			return true
		}
	}
	return len(ports) == 0
}

// isOpened says whether some rule of the policy opens the call, whoever the policy selects.
func (c call) isOpened(policy *networkingv1.NetworkPolicy, direction Direction) bool {
	if direction == ingress {
		return slices.ContainsFunc(policy.Spec.Ingress, func(rule networkingv1.NetworkPolicyIngressRule) bool {
			return c.isFor(policy.Namespace, rule.From) && c.isOn(rule.Ports)
		})
	}
	return slices.ContainsFunc(policy.Spec.Egress, func(rule networkingv1.NetworkPolicyEgressRule) bool {
		return c.isFor(policy.Namespace, rule.To) && c.isOn(rule.Ports)
	})
}

// isLet says whether the policies of a namespace let the call through, from or to pods with these labels.
func (c call) isLet(policies []*networkingv1.NetworkPolicy, own labels.Set, direction Direction) bool {
	ruled := false
	for _, policy := range policies {
		rules := slices.Contains(policy.Spec.PolicyTypes, direction)
		if len(policy.Spec.PolicyTypes) == 0 {
			rules = direction == ingress || len(policy.Spec.Egress) > 0
		}
		if !rules || !plainlySelected(&policy.Spec.PodSelector, own) {
			continue
		}
		if ruled = true; c.isOpened(policy, direction) {
			return true
		}
	}
	return !ruled
}
