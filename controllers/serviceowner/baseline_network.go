// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// NetworkPolicies are those of the baseline, as they are made for the service owner of a code. They are the caller's.
func (b Baseline) NetworkPolicies(code string) []*networkingv1.NetworkPolicy {
	owner := &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: code}}
	var policies []*networkingv1.NetworkPolicy
	for _, part := range b {
		if policy, is := part.(*networkingv1.NetworkPolicy); is {
			policy = policy.DeepCopy()
			place(policy, owner)
			policies = append(policies, policy)
		}
	}
	return policies
}
