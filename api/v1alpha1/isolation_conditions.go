// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// ConditionNetworkIsolated says whether the NetworkPolicies, as they stand in the cluster, let an App's pods reach, and
// be reached by, no more than is declared. It speaks of policies; that the network enforces them is what a probe shows.
const ConditionNetworkIsolated = "NetworkIsolated"

// Reasons of what isolates an App's pods, of Ready and NetworkIsolated.
const (
	// ReasonPolicyOpensMore: a NetworkPolicy lets through what neither the App nor its service owner's baseline declares.
	ReasonPolicyOpensMore = "NetworkPolicyOpensMore"
	// ReasonNetworkOpen: no NetworkPolicy closes what comes in to the pods, or what goes out.
	ReasonNetworkOpen = "NetworkOpen"
	// ReasonNetworkNotProven: a NetworkPolicy cannot be judged, so that nobody knows what it lets through.
	ReasonNetworkNotProven = "NetworkNotProven"
	// ReasonNotEnforced: the probe got through to what no NetworkPolicy opens.
	ReasonNotEnforced = "NotEnforced"
)
