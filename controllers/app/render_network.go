// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// policies open what the App's pods may reach, and be reached by. That by names comes first: what it opens was mostly
// open by addresses until then, when an installation changes to it.
func policies(app *v1alpha1.App, facts Facts, action decide.Action) []apply.Child {
	var opened []apply.Child
	if facts.Operator.Egress.ByName() && facts.NamesKnown {
		opened = append(opened, apply.Child{Object: namePolicy(app, facts, action)})
	}
	return append(opened, apply.Child{Object: networkPolicy(app, facts, action)})
}

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
// named, and to what the shared solutions need that the App integrates with, and its storage. What is barred is
// never among it. Hosts that are opened by their names are not either: namePolicy opens those.
func egressRules(app *v1alpha1.App, facts Facts) []networkingv1.NetworkPolicyEgressRule {
	var rules []networkingv1.NetworkPolicyEgressRule
	for _, peer := range app.Spec.Access.Outbound.Apps {
		rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{podsOf(app, peer)}})
	}
	egress := facts.Operator.Egress
	toApps, toAll := egress.BarredToApps(), egress.Barred()
	for _, host := range app.Spec.Access.Outbound.Hosts {
		var peers []networkingv1.NetworkPolicyPeer
		switch {
		case host.CIDR != "":
			peers = blocks([]string{host.CIDR}, toApps)
		case !egress.ByName():
			peers = blocks(egress.Hosts[string(host.Host)], toAll)
		}
		if len(peers) > 0 { // a rule without peers would let out to everywhere
			rules = append(rules, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: ports(host.Ports...)})
		}
	}
	for _, rule := range needRules(app, facts, toAll) {
		if !slices.ContainsFunc(rules, func(other networkingv1.NetworkPolicyEgressRule) bool { return reflect.DeepEqual(other, rule) }) {
			rules = append(rules, rule)
		}
	}
	return rules
}

// needRules let out to the hosts of solutions and storage: one rule for all that is called on the same ports. They
// are the same in whatever order the App names its solutions.
func needRules(app *v1alpha1.App, facts Facts, barred configuration.Barred) []networkingv1.NetworkPolicyEgressRule {
	portsOf := map[string][]v1alpha1.Port{} // by address
	for _, destination := range destinations(app, facts) {
		for _, cidr := range facts.Operator.Addresses(destination.Host) {
			portsOf[cidr] = append(portsOf[cidr], destination.Ports...)
		}
	}
	var rules []networkingv1.NetworkPolicyEgressRule
	var open [][]v1alpha1.Port // those of rules
	for _, cidr := range slices.Sorted(maps.Keys(portsOf)) {
		numbers, peers := sorted(portsOf[cidr]), blocks([]string{cidr}, barred)
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
// there, and those of its storage. Each host is there once, with the ports of all who need it. Those that have no
// addresses here are opened by their names, or stay closed.
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
		add(string(integration.Solution), hostsOf(integration.Solution, facts.Operator))
		if client := facts.Operator.Solution(integration.Solution).Client; client == v1alpha1.ClientMaskinporten {
			add(string(integration.Solution), hostsOf(v1alpha1.Solution(client), facts.Operator))
		}
	}
	if share, err := facts.share(app, storage.Granted); err == nil { // else nothing of it is made
		add("its storage", share.Hosts)
	}
	return found
}

// hostsOf are those of a solution. Where hosts are opened by their names, only the configuration's own addresses
// count: those that the operator knows by itself were published once, and names are never out of date.
func hostsOf(solution v1alpha1.Solution, operator *configuration.Operator) []catalogue.Host {
	hosts := operator.Solution(solution).Hosts
	if !operator.Egress.ByName() || operator.Catalogue[solution].Hosts != nil {
		return hosts
	}
	hosts = slices.Clone(hosts) // they are the catalogue's
	for i := range hosts {
		if hosts[i].Host != "" {
			hosts[i].Addresses = nil
		}
	}
	return hosts
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

// blocks are ranges of addresses as peers, without what is barred.
func blocks(cidrs []string, barred configuration.Barred) []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, cidr := range cidrs {
		opening := barred.Open(cidr)
		if !opening.CIDR.IsValid() {
			continue
		}
		addresses := &networkingv1.IPBlock{CIDR: opening.CIDR.String()}
		for _, closed := range opening.Except {
			addresses.Except = append(addresses.Except, closed.String())
		}
		peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: addresses})
	}
	return peers
}

// sorted are ports in order, each once.
func sorted(numbers []v1alpha1.Port) []v1alpha1.Port {
	return slices.Compact(slices.Sorted(slices.Values(numbers)))
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
