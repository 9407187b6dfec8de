// SPDX-License-Identifier: BSD-3-Clause

package configuration

// EgressProvider is what enforces whom apps may call.
type EgressProvider string

// Providers of egress.
const (
	// EgressNetworkPolicy: NetworkPolicies alone, which know addresses and no names.
	EgressNetworkPolicy EgressProvider = "NetworkPolicy"
	// EgressCilium: CiliumNetworkPolicies beside them, which know names.
	EgressCilium EgressProvider = "Cilium"
)

// Egress is how apps reach places outside the platform.
type Egress struct {
	// Provider is NetworkPolicy or Cilium; NetworkPolicy when left out.
	Provider EgressProvider `json:"provider,omitempty"`
	// Hosts gives the addresses of host names, as CIDRs: a NetworkPolicy knows no names.
	Hosts map[string][]string `json:"hosts,omitempty"`
	// Internal are the ranges of the cluster and the platform themselves, as CIDRs: of pods, Services, nodes and
	// the API server. No range of addresses opens what lies in one, and with provider Cilium no name does. When
	// none is given, Apps can open no private range. Provider Cilium needs it.
	Internal []string `json:"internal,omitempty"`
}
