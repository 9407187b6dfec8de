// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

const (
	ingress = networkingv1.PolicyTypeIngress
	egress  = networkingv1.PolicyTypeEgress
)

// policyOf is a policy named p in namespace a, of the YAML of its spec.
func policyOf(t testing.TB, spec string) *networkingv1.NetworkPolicy {
	t.Helper()
	policy := &networkingv1.NetworkPolicy{}
	policy.Namespace, policy.Name = "a", "p"
	if err := yaml.UnmarshalStrict([]byte(spec), &policy.Spec); err != nil {
		t.Fatal(err)
	}
	return policy
}

func compiled(t testing.TB, spec string) *Policy {
	t.Helper()
	return compiledOf(t, policyOf(t, spec))
}

func compiledOf(t testing.TB, policy *networkingv1.NetworkPolicy) *Policy {
	t.Helper()
	p, err := Compile(policy)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func texts(openings []Opening) []string {
	var all []string
	for _, opening := range openings {
		all = append(all, opening.String())
	}
	return all
}

// workload is one of namespace a with a name, which is also its only label.
func workload(name string) Workload {
	return Workload{Namespace: "a", Name: name, Labels: labels.Set{labelApp: name}}
}
