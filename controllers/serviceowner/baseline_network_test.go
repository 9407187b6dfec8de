// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// TestTheBaselinesNetworkPoliciesAreThoseThatAreMade holds what Apps are judged by to what stands in their namespace.
func TestTheBaselinesNetworkPoliciesAreThoseThatAreMade(t *testing.T) {
	kind := newKind(t, atNow())
	for _, code := range []string{"skd", "nav"} {
		t.Run(code, func(t *testing.T) {
			facts := usual(t, kind.Operator)
			facts.Owner.Name = code
			children, err := kind.Render(facts.Owner, facts, decide.ActionAdmit)
			if err != nil {
				t.Fatal(err)
			}
			var made []*networkingv1.NetworkPolicy
			for _, child := range children {
				if policy, is := child.Object.(*networkingv1.NetworkPolicy); is {
					made = append(made, policy)
				}
			}
			told := kind.Baseline.NetworkPolicies(code)
			if diff := cmp.Diff(made, told); diff != "" || len(made) == 0 {
				t.Fatalf("%d are made; told (-want +got):\n%s", len(made), diff)
			}
			told[0].Spec.PolicyTypes = nil
			if diff := cmp.Diff(made, kind.Baseline.NetworkPolicies(code)); diff != "" {
				t.Errorf("who changes what it is told changes the baseline (-want +got):\n%s", diff)
			}
		})
	}
}
