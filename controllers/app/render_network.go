// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"cmp"
	"maps"
	"net/netip"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// metadataEndpoint is where a cloud tells a machine its secrets. No pod may ever ask it.
var metadataEndpoint = netip.MustParseAddr("169.254.169.254")

// networkPolicy opens, for this App's pods alone, what the App declares, on top of the namespace's
// default deny. A call between Apps passes only when both declare it: the caller's egress and the
// callee's ingress are two policies. A withdrawn App opens nothing.
func networkPolicy(app *v1alpha1.App, facts Facts, action decide.Action) *networkingv1.NetworkPolicy {
	policy := &networkingv1.NetworkPolicy{
		ObjectMeta: meta(app, app.Name),
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: selector(app.Name, codeOf(app))},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		},
	}
	if action != decide.ActionWithdraw {
		policy.Spec.Ingress = ingressRules(app, facts)
		policy.Spec.Egress = egressRules(app, facts)
	}
	return policy
}

// ingressRules let in the gateway, if the App is published, and the Apps it names, on its port.
func ingressRules(app *v1alpha1.App, facts Facts) []networkingv1.NetworkPolicyIngressRule {
	var peers []networkingv1.NetworkPolicyPeer
	if published(app) {
		peers = append(peers, networkingv1.NetworkPolicyPeer{NamespaceSelector: namespaceNamed(facts.Operator.Gateway.Namespace)})
	}
	for _, peer := range app.Spec.Access.Inbound {
		peers = append(peers, podsOf(app, peer))
	}
	if len(peers) == 0 {
		return nil
	}
	return []networkingv1.NetworkPolicyIngressRule{{From: peers, Ports: ports(app.Spec.Port)}}
}

// egressRules let out to the Apps named, whose own policies bound the port, to the addresses of the hosts
// named, and to what the shared solutions need that the App integrates with, and its storage.
func egressRules(app *v1alpha1.App, facts Facts) []networkingv1.NetworkPolicyEgressRule {
	var rules []networkingv1.NetworkPolicyEgressRule
	for _, peer := range app.Spec.Access.Outbound.Apps {
		rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{podsOf(app, peer)}})
	}
	for _, host := range app.Spec.Access.Outbound.Hosts {
		cidrs := facts.Operator.Egress.Hosts[string(host.Host)]
		if host.CIDR != "" {
			cidrs = []string{host.CIDR}
		}
		if peers := blocks(cidrs); len(peers) > 0 { // a rule without peers would let out to everywhere
			rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports(host.Ports...)})
		}
	}
	for _, rule := range needRules(app, facts) {
		if !slices.ContainsFunc(rules, func(other networkingv1.NetworkPolicyEgressRule) bool { return reflect.DeepEqual(other, rule) }) {
			rules = append(rules, rule)
		}
	}
	return rules
}

// needRules let out to the hosts of solutions and storage: one rule for all that is called on the same ports. They
// are the same in whatever order the App names its solutions.
func needRules(app *v1alpha1.App, facts Facts) []networkingv1.NetworkPolicyEgressRule {
	portsOf := map[string][]v1alpha1.Port{} // by address
	for _, destination := range destinations(app, facts) {
		for _, cidr := range facts.Operator.Addresses(destination.Host) {
			portsOf[cidr] = append(portsOf[cidr], destination.Ports...)
		}
	}
	var rules []networkingv1.NetworkPolicyEgressRule
	var open [][]v1alpha1.Port // those of rules
	for _, cidr := range slices.Sorted(maps.Keys(portsOf)) {
		slices.Sort(portsOf[cidr])
		numbers, peers := slices.Compact(portsOf[cidr]), blocks([]string{cidr})
		same := slices.IndexFunc(open, func(other []v1alpha1.Port) bool { return slices.Equal(other, numbers) })
		switch {
		case len(peers) == 0:
		case same >= 0:
			rules[same].To = append(rules[same].To, peers...)
		default:
			open = append(open, numbers)
			rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports(numbers...)})
		}
	}
	return rules
}

// destination is a host that an App needs, and what it needs it for, as people read it.
type destination struct {
	catalogue.Host
	needs []string
}

// destinations are the hosts of the solutions an App integrates with, Maskinporten's where its tokens come from
// there, and those of its storage. Each host is there once, with the ports of all who need it.
func destinations(app *v1alpha1.App, facts Facts) []destination {
	var found []destination
	add := func(need string, hosts []catalogue.Host) {
		for _, host := range hosts {
			i := slices.IndexFunc(found, func(d destination) bool { return d.Host.Host == host.Host && slices.Equal(d.Addresses, host.Addresses) })
			if i < 0 {
				i = len(found)
				found = append(found, destination{Host: catalogue.Host{Host: host.Host, Addresses: host.Addresses}})
			}
			found[i].Ports = append(found[i].Ports, host.Ports...)
			if !slices.Contains(found[i].needs, need) {
				found[i].needs = append(found[i].needs, need)
			}
		}
	}
	for _, integration := range app.Spec.Integrations {
		entry := facts.Operator.Solution(integration.Solution)
		add(string(integration.Solution), entry.Hosts)
		if entry.Client == v1alpha1.ClientMaskinporten {
			add(string(integration.Solution), facts.Operator.Solution(v1alpha1.Solution(entry.Client)).Hosts)
		}
	}
	if share, err := facts.share(app, storage.Granted); err == nil { // else nothing of it is made
		add("its storage", share.Hosts)
	}
	return found
}

// podsOf selects the pods of another App, in the same namespace or in that of its owner.
func podsOf(app *v1alpha1.App, peer v1alpha1.AppPeer) networkingv1.NetworkPolicyPeer {
	code := cmp.Or(string(peer.ServiceOwner), codeOf(app))
	pods := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: selector(string(peer.App), code)}}
	if code != codeOf(app) {
		pods.NamespaceSelector = namespaceNamed(v1alpha1.NamespacePrefix + code)
	}
	return pods
}

// namespaceNamed selects by the label that the API server itself sets and nobody can change.
func namespaceNamed(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}}
}

// blocks are ranges of addresses as peers.
func blocks(cidrs []string) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, cidr := range cidrs {
		if addresses := block(cidr); addresses != nil {
			peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: addresses})
		}
	}
	return peers
}

// block is a range of addresses without the metadata endpoint; nil when nothing else is in it.
func block(cidr string) *networkingv1.IPBlock {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || !prefix.Contains(metadataEndpoint) {
		return &networkingv1.IPBlock{CIDR: cidr}
	}
	if prefix.IsSingleIP() {
		return nil
	}
	return &networkingv1.IPBlock{CIDR: cidr, Except: []string{netip.PrefixFrom(metadataEndpoint, metadataEndpoint.BitLen()).String()}}
}

func ports(numbers ...v1alpha1.Port) []networkingv1.NetworkPolicyPort {
	result := make([]networkingv1.NetworkPolicyPort, 0, len(numbers))
	for _, number := range numbers {
		result = append(result, networkingv1.NetworkPolicyPort{
			Protocol: ptr.To(corev1.ProtocolTCP), Port: ptr.To(intstr.FromInt32(int32(number))),
		})
	}
	return result
}
