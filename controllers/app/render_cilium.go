// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// NamePolicy is the kind that hosts are opened by their names with, and NamePolicyCRD its CustomResourceDefinition.
var NamePolicy = schema.GroupVersionKind{Group: "cilium.io", Version: "v2", Kind: "CiliumNetworkPolicy"}

// NamePolicyCRD is the name of the CustomResourceDefinition of NamePolicy.
const NamePolicyCRD = "ciliumnetworkpolicies.cilium.io"

// kubernetesLabel begins the labels that Cilium has from Kubernetes: without it, one of any origin would do.
const kubernetesLabel = "k8s:"

// namePolicy opens, beside networkPolicy and for the same pods, the hosts that are called by name. Policies add up,
// but for what is denied: a name can be made to lead anywhere by whoever has it, so what is barred is denied here,
// whatever else opens it. A withdrawn App opens nothing, and is denied the same.
func namePolicy(app *v1alpha1.App, facts Facts, action decide.Action) *unstructured.Unstructured {
	var denied []any
	for _, prefix := range facts.Operator.Egress.Barred().Prefixes() {
		denied = append(denied, prefix.String())
	}
	spec := map[string]any{
		"endpointSelector": map[string]any{"matchLabels": fromKubernetes(selector(app.Name, codeOf(app)))},
		"egressDeny":       []any{map[string]any{"toCIDR": denied}},
	}
	if names := namesOf(app, facts); len(names) > 0 && action != decide.ActionWithdraw {
		spec["egress"] = append([]any{lookUps(names)}, nameRules(names)...)
	}
	policy := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	policy.SetGroupVersionKind(NamePolicy)
	policy.SetNamespace(app.Namespace)
	policy.SetName(app.Name)
	policy.SetLabels(labels(app))
	return policy
}

// fromKubernetes are labels as Cilium knows those of Kubernetes.
func fromKubernetes(labels map[string]string) map[string]any {
	known := map[string]any{}
	for key, value := range labels {
		known[kubernetesLabel+key] = value
	}
	return known
}

// named is a host that is opened by its name.
type named struct {
	name  string
	ports []v1alpha1.Port
}

// namesOf are the hosts that an App calls by name, sorted, each once with the ports of all who need it: those it
// names, and those of its solutions and storage that the configuration gives no addresses of.
func namesOf(app *v1alpha1.App, facts Facts) []named {
	portsOf := map[string][]v1alpha1.Port{}
	for _, host := range app.Spec.Access.Outbound.Hosts {
		if host.Host != "" {
			portsOf[string(host.Host)] = append(portsOf[string(host.Host)], host.Ports...)
		}
	}
	for _, destination := range destinations(app, facts) {
		if name := destination.Host.Host; len(facts.Operator.Addresses(destination.Host)) == 0 {
			portsOf[name] = append(portsOf[name], destination.Ports...)
		}
	}
	var names []named
	for _, name := range slices.Sorted(maps.Keys(portsOf)) {
		names = append(names, named{name, sorted(portsOf[name])})
	}
	return names
}

// selects is a name as Cilium selects by it. A wildcard stands for one label, as in a certificate.
func (n named) selects() map[string]any {
	if strings.HasPrefix(n.name, "*.") {
		return map[string]any{"matchPattern": n.name}
	}
	return map[string]any{"matchName": n.name}
}

// lookUps let Cilium see what names lead to: it opens the addresses that it has seen in an answer of the cluster's
// DNS, and it looks at answers only where a rule speaks of names.
func lookUps(names []named) map[string]any {
	var wanted []any
	for _, name := range names {
		wanted = append(wanted, name.selects())
	}
	return map[string]any{
		"toEndpoints": []any{map[string]any{"matchLabels": map[string]any{
			kubernetesLabel + "io.kubernetes.pod.namespace": "kube-system", kubernetesLabel + "k8s-app": "kube-dns",
		}}},
		"toPorts": []any{map[string]any{
			"ports": []any{map[string]any{"port": "53", "protocol": "UDP"}, map[string]any{"port": "53", "protocol": "TCP"}},
			"rules": map[string]any{"dns": wanted},
		}},
	}
}

// nameRules let out to hosts by their names: one rule for all that are called on the same ports.
func nameRules(names []named) []any {
	var rules []any
	for len(names) > 0 {
		var hosts, open []any
		var others []named
		for _, name := range names {
			if slices.Equal(name.ports, names[0].ports) {
				hosts = append(hosts, name.selects())
			} else {
				others = append(others, name)
			}
		}
		for _, port := range names[0].ports {
			open = append(open, map[string]any{"port": strconv.Itoa(int(port)), "protocol": "TCP"})
		}
		rules = append(rules, map[string]any{"toFQDNs": hosts, "toPorts": []any{map[string]any{"ports": open}}})
		names = others
	}
	return rules
}
