// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fillIn gives an object of the baseline what the API server fills in where an overlay leaves it out.
// In kinds that isolation rests on, whatever we did not write counts as drift: it must all be there
// from the start.
func fillIn(obj client.Object) {
	switch obj := obj.(type) {
	case *corev1.LimitRange:
		for i := range obj.Spec.Limits {
			fillInLimits(&obj.Spec.Limits[i])
		}
	case *networkingv1.NetworkPolicy:
		fillInPolicy(&obj.Spec)
	case *rbacv1.RoleBinding:
		if obj.RoleRef.APIGroup == "" {
			obj.RoleRef.APIGroup = rbacv1.GroupName
		}
		for i := range obj.Subjects {
			if subject := &obj.Subjects[i]; subject.APIGroup == "" && subject.Kind != rbacv1.ServiceAccountKind {
				subject.APIGroup = rbacv1.GroupName
			}
		}
	}
}

// fillInLimits lets a container's limits follow from its greatest, and its requests from its limits and
// then its least.
func fillInLimits(limits *corev1.LimitRangeItem) {
	for _, amounts := range []corev1.ResourceList{limits.Max, limits.Min, limits.Default, limits.DefaultRequest, limits.MaxLimitRequestRatio} {
		maps.Copy(amounts, rounded(amounts))
	}
	if limits.Type != corev1.LimitTypeContainer {
		return
	}
	limits.Default = withMissing(limits.Default, limits.Max)
	limits.DefaultRequest = withMissing(withMissing(limits.DefaultRequest, limits.Default), limits.Min)
}

// withMissing are amounts, and of others those that are not among them.
func withMissing(amounts, others corev1.ResourceList) corev1.ResourceList {
	result := others.DeepCopy()
	if result == nil {
		return amounts
	}
	maps.Copy(result, amounts)
	return result
}

// rounded are amounts as the API server keeps them: in whole thousandths, rounded up.
func rounded(amounts corev1.ResourceList) corev1.ResourceList {
	result := amounts.DeepCopy()
	for name, amount := range result {
		amount.RoundUp(resource.Milli)
		result[name] = amount
	}
	return result
}

// fillInPolicy names the ways a policy guards, and the protocol of its ports.
func fillInPolicy(policy *networkingv1.NetworkPolicySpec) {
	if len(policy.PolicyTypes) == 0 {
		policy.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(policy.Egress) > 0 {
			policy.PolicyTypes = append(policy.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for _, rule := range policy.Ingress {
		fillInPorts(rule.Ports)
	}
	for _, rule := range policy.Egress {
		fillInPorts(rule.Ports)
	}
}

func fillInPorts(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		if ports[i].Protocol == nil {
			ports[i].Protocol = ptr.To(corev1.ProtocolTCP)
		}
	}
}
