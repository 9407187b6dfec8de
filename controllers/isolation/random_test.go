// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"
)

// Few keys and values, so that selectors often match and contain each other.
var (
	someKeys   = []string{labelApp, "tier"}
	someValues = []string{"a", "b", "c"}
	someNames  = []string{"http", "dns"}
	somePlaces = []string{"a", "b", "c"}
	someRanges = []string{"0.0.0.0/0", "::/0", "10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9", "10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32"}
)

func randomLabels(t *rapid.T, keys []string) labels.Set {
	set := labels.Set{}
	for _, key := range keys {
		if value := rapid.SampledFrom(append([]string{""}, someValues...)).Draw(t, key); value != "" {
			set[key] = value
		}
	}
	return set
}

func randomSelector(t *rapid.T, keys []string) metav1.LabelSelector {
	var selector metav1.LabelSelector
	for range rapid.SampledFrom([]int{0, 1, 1, 2, 3}).Draw(t, "requirements") {
		key := rapid.SampledFrom(keys).Draw(t, "key")
		operators := []metav1.LabelSelectorOperator{"=", metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist}
		requirement := metav1.LabelSelectorRequirement{Key: key, Operator: rapid.SampledFrom(operators).Draw(t, "operator")}
		switch requirement.Operator {
		case "=":
			selector.MatchLabels = map[string]string{key: rapid.SampledFrom(someValues).Draw(t, "value")}
			continue
		case metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn:
			requirement.Values = rapid.SliceOfN(rapid.SampledFrom(someValues), 1, 3).Draw(t, "values")
		}
		selector.MatchExpressions = append(selector.MatchExpressions, requirement)
	}
	return selector
}

func randomPeer(t *rapid.T) networkingv1.NetworkPolicyPeer {
	var peer networkingv1.NetworkPolicyPeer
	pods := func() { peer.PodSelector = ptr.To(randomSelector(t, someKeys)) }
	namespaces := func() {
		peer.NamespaceSelector = ptr.To(randomSelector(t, []string{corev1.LabelMetadataName, corev1.LabelMetadataName, "tier"}))
	}
	switch rapid.IntRange(0, 3).Draw(t, "kind of peer") {
	case 0:
		pods()
	case 1:
		namespaces()
	case 2:
		pods()
		namespaces()
	default:
		peer.IPBlock = &networkingv1.IPBlock{
			CIDR:   rapid.SampledFrom(someRanges).Draw(t, "range"),
			Except: rapid.SliceOfN(rapid.SampledFrom(someRanges), 0, 2).Draw(t, "exceptions"),
		}
	}
	return peer
}

func randomPort(t *rapid.T) networkingv1.NetworkPolicyPort {
	var port networkingv1.NetworkPolicyPort
	if protocol := rapid.SampledFrom([]corev1.Protocol{"", "TCP", "UDP"}).Draw(t, "protocol"); protocol != "" {
		port.Protocol = &protocol
	}
	switch rapid.IntRange(0, 3).Draw(t, "kind of port") {
	case 0:
	case 1:
		port.Port = ptr.To(intstr.FromString(rapid.SampledFrom(someNames).Draw(t, "name")))
	default:
		first := rapid.Int32Range(1, 6).Draw(t, "number")
		port.Port = ptr.To(intstr.FromInt32(first))
		if rapid.Bool().Draw(t, "a range") {
			port.EndPort = ptr.To(rapid.Int32Range(first, 6).Draw(t, "last number"))
		}
	}
	return port
}

// randomPolicy has up to as many rules in each direction, with up to as many peers.
func randomPolicy(t *rapid.T, namespace, name string, most int) *networkingv1.NetworkPolicy {
	policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	policy.Spec.PodSelector = randomSelector(t, someKeys)
	policy.Spec.PolicyTypes = rapid.SampledFrom([][]networkingv1.PolicyType{nil, {ingress}, {egress}, {ingress, egress}}).Draw(t, "policyTypes")
	peers := rapid.SliceOfN(rapid.Custom(randomPeer), 0, most)
	ports := rapid.SliceOfN(rapid.Custom(randomPort), 0, 2)
	for range rapid.IntRange(0, most).Draw(t, "rules of ingress") {
		policy.Spec.Ingress = append(policy.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers.Draw(t, "from"), Ports: ports.Draw(t, "ports")})
	}
	for range rapid.IntRange(0, most).Draw(t, "rules of egress") {
		policy.Spec.Egress = append(policy.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers.Draw(t, "to"), Ports: ports.Draw(t, "ports")})
	}
	return policy
}

func randomWorkload(t *rapid.T, namespace, name string) Workload {
	w := Workload{Namespace: namespace, Name: name, Labels: randomLabels(t, someKeys), Ports: map[string]NamedPort{}}
	for _, name := range someNames {
		if number := rapid.Int32Range(0, 6).Draw(t, name); number > 0 {
			w.Ports[name] = NamedPort{Protocol: rapid.SampledFrom([]string{"", "TCP", "UDP"}).Draw(t, "its protocol"), Number: number}
		}
	}
	return w
}

// part is a namespace of a random cluster, as the API has it.
type part struct {
	name      string
	labels    labels.Set
	workloads []Workload
	policies  []*networkingv1.NetworkPolicy
}

func randomPart(t *rapid.T, name string) part {
	p := part{name: name, labels: randomLabels(t, []string{"tier"})}
	p.labels[corev1.LabelMetadataName] = name
	for i := range rapid.IntRange(0, 3).Draw(t, "workloads") {
		p.workloads = append(p.workloads, randomWorkload(t, name, fmt.Sprintf("w%d", i)))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "policies") {
		p.policies = append(p.policies, randomPolicy(t, name, fmt.Sprintf("p%d", i), 2))
	}
	return p
}

func (p part) namespace(t *rapid.T) Namespace {
	n := Namespace{Name: p.name, Labels: p.labels, Workloads: slices.Clone(p.workloads)}
	for _, policy := range p.policies {
		n.Policies = append(n.Policies, compiledIn(t, policy))
	}
	return n
}

func compiledIn(t *rapid.T, policy *networkingv1.NetworkPolicy) *Policy {
	compiled, err := Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}
