// SPDX-License-Identifier: BSD-3-Clause

package oracle

import (
	"fmt"
	"math/rand/v2"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// What is left out, as netpol-analyzer v1.4.4 differs from the API there, or stops:
//
//   - Ranges of ports that overlap in part, where sets of connections are asked for: adding a range that begins in one
//     part of a set and ends in the very next loses what lies in the latter (AugmentedCanonicalSet.AddAugmentedInterval), so
//     that with all open in one policy and TCP 443-37138 in another, TCP 37139 is closed. There, all numbers and ranges
//     are alike or far apart. Where single ports are asked for, they overlap at will.
//   - A protocol without a port, where single ports are asked for: it is taken for all protocols
//     (NetworkPolicy.ruleConnsContain). Sets of connections have it right.
//   - IPv6: its sets of addresses are of IPv4 alone.
//   - Named ports towards addresses: it stops at a rule of egress that has a named port and is for addresses too. In the
//     API such a port opens nothing there. So named ports of egress are only in rules for pods.
//   - Ports out of 1 to 65535, endPort without a number, and peers that name nobody or two things: the API server
//     refuses them, and it stops at them.
//   - Protocols without ports, as ICMP: it knows none. What both let through is compared without them.
//   - Pods of one workload among themselves: it takes them for one pod, which always reaches itself.

// cluster is a small random cluster.
type cluster struct {
	namespaces  []*corev1.Namespace
	deployments []*appsv1.Deployment
	policies    []*networkingv1.NetworkPolicy
}

// dice make clusters: the same of the same seed, with ports for the one question or the other.
type dice struct {
	*rand.Rand
	question question
}

// question is how netpol-analyzer is asked.
type question int

const (
	forSets   question = iota // which connections two ends have
	forPoints                 // whether they have one
)

func (d dice) oneOf(words ...string) string { return words[d.IntN(len(words))] }

func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

// Few keys and values, so that selectors often match.
var (
	podKeys       = []string{"app.kubernetes.io/name", "tier", "team"}
	namespaceKeys = []string{corev1.LabelMetadataName, "owner", "team"}
	values        = []string{"a", "b", "c"}
	portNames     = []string{"http", "dns", "metrics"}
	portNumbers   = []int32{53, 80, 443, 8080, 9090}
	portRanges    = [][2]int32{{100, 300}, {5000, 6000}, {30000, 32767}} // apart from each other and from the numbers
	ranges        = []string{"0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32", "192.168.0.0/16", "203.0.113.0/25"}
)

func (d dice) cluster() cluster {
	var c cluster
	for n := range 2 + d.IntN(3)*d.IntN(2) { // mostly few, as every pair is asked about three times
		namespace := &corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("ns-%d", n), Labels: d.labels(namespaceKeys[1:])},
		}
		namespace.Labels[corev1.LabelMetadataName] = namespace.Name
		c.namespaces = append(c.namespaces, namespace)
		for w := range 1 + d.IntN(3)*d.IntN(2) {
			c.deployments = append(c.deployments, d.deployment(namespace.Name, fmt.Sprintf("w-%d", w)))
		}
		for p := range d.IntN(4) {
			c.policies = append(c.policies, d.policy(namespace.Name, fmt.Sprintf("p-%d", p)))
		}
	}
	return c
}

func (d dice) labels(keys []string) map[string]string {
	set := map[string]string{}
	for _, key := range keys {
		if d.chance(70) {
			set[key] = d.oneOf(values...)
		}
	}
	return set
}

func (d dice) deployment(namespace, name string) *appsv1.Deployment {
	set := d.labels(podKeys)
	deployment := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: set},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: set},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "image"}}},
			},
		},
	}
	for _, port := range portNames {
		if d.chance(60) {
			main := &deployment.Spec.Template.Spec.Containers[0]
			main.Ports = append(main.Ports, corev1.ContainerPort{
				Name: port, ContainerPort: portNumbers[d.IntN(len(portNumbers))], Protocol: corev1.Protocol(d.oneOf("", "TCP", "TCP", "UDP", "SCTP")),
			})
		}
	}
	return deployment
}

func (d dice) policy(namespace, name string) *networkingv1.NetworkPolicy {
	policy := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: networkingv1.NetworkPolicySpec{PodSelector: d.selector(podKeys), PolicyTypes: [][]networkingv1.PolicyType{
			nil, {}, {networkingv1.PolicyTypeIngress}, {networkingv1.PolicyTypeEgress},
			{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		}[d.IntN(5)]},
	}
	for range d.IntN(3) {
		peers := d.peers()
		policy.Spec.Ingress = append(policy.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers, Ports: d.ports(portNames)})
	}
	for range d.IntN(3) {
		peers, names := d.peers(), portNames
		if len(peers) == 0 {
			names = nil // it is for addresses too
		}
		for _, peer := range peers {
			if peer.IPBlock != nil {
				names = nil
			}
		}
		policy.Spec.Egress = append(policy.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: d.ports(names)})
	}
	return policy
}

func (d dice) selector(keys []string) metav1.LabelSelector {
	var selector metav1.LabelSelector
	if d.chance(40) {
		selector.MatchLabels = map[string]string{keys[d.IntN(len(keys))]: d.value(keys)}
	}
	for range d.IntN(3) * d.IntN(2) {
		requirement := metav1.LabelSelectorRequirement{
			Key: keys[d.IntN(len(keys))],
			Operator: metav1.LabelSelectorOperator(d.oneOf(string(metav1.LabelSelectorOpIn), string(metav1.LabelSelectorOpNotIn),
				string(metav1.LabelSelectorOpExists), string(metav1.LabelSelectorOpDoesNotExist))),
		}
		if requirement.Operator == metav1.LabelSelectorOpIn || requirement.Operator == metav1.LabelSelectorOpNotIn {
			for range 1 + d.IntN(2) {
				requirement.Values = append(requirement.Values, d.value(keys))
			}
		}
		selector.MatchExpressions = append(selector.MatchExpressions, requirement)
	}
	return selector
}

// value is one that some label of these keys may have.
func (d dice) value(keys []string) string {
	if keys[0] == corev1.LabelMetadataName && d.chance(40) {
		return d.oneOf("ns-0", "ns-1", "ns-2", "ns-3")
	}
	return d.oneOf(values...)
}

func (d dice) peers() []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for range d.IntN(3) {
		var peer networkingv1.NetworkPolicyPeer
		switch d.IntN(4) {
		case 0:
			peer.PodSelector = ptr.To(d.selector(podKeys))
		case 1:
			peer.NamespaceSelector = ptr.To(d.selector(namespaceKeys))
		case 2:
			peer.PodSelector, peer.NamespaceSelector = ptr.To(d.selector(podKeys)), ptr.To(d.selector(namespaceKeys))
		default:
			peer.IPBlock = d.block()
		}
		peers = append(peers, peer)
	}
	return peers
}

func (d dice) block() *networkingv1.IPBlock {
	block := &networkingv1.IPBlock{CIDR: ranges[d.IntN(len(ranges))]}
	within := map[string][]string{
		"0.0.0.0/0": ranges[1:], "10.0.0.0/8": ranges[2:5], "10.1.0.0/16": ranges[3:5], "10.1.2.0/24": ranges[4:5],
	}[block.CIDR]
	for range d.IntN(3) {
		if len(within) > 0 {
			block.Except = append(block.Except, d.oneOf(within...))
		}
	}
	return block
}

// ports are numbers, ranges, whole protocols, and some of the names.
func (d dice) ports(names []string) []networkingv1.NetworkPolicyPort {
	var ports []networkingv1.NetworkPolicyPort
	for range d.IntN(3) {
		var port networkingv1.NetworkPolicyPort
		if protocol := d.oneOf("", "TCP", "UDP", "SCTP"); protocol != "" {
			port.Protocol = ptr.To(corev1.Protocol(protocol))
		}
		switch kind := d.IntN(4); {
		case kind == 0 && len(names) > 0:
			port.Port = ptr.To(intstr.FromString(d.oneOf(names...)))
		case kind == 1 && d.question == forSets: // all of the protocol
		case kind == 2 && d.question == forSets:
			numbers := portRanges[d.IntN(len(portRanges))]
			port.Port, port.EndPort = ptr.To(intstr.FromInt32(numbers[0])), ptr.To(numbers[1])
		case kind == 2:
			first := 1 + d.Int32N(65535)
			port.Port, port.EndPort = ptr.To(intstr.FromInt32(first)), ptr.To(first+d.Int32N(65535-first+1))
		default:
			port.Port = ptr.To(intstr.FromInt32(portNumbers[d.IntN(len(portNumbers))]))
		}
		ports = append(ports, port)
	}
	return ports
}
