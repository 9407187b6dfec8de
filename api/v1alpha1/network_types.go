// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// NetworkStatus is how what an app may call is opened.
type NetworkStatus struct {
	// Provider is what enforces it: NetworkPolicy, which knows addresses alone, or Cilium, which knows names too.
	Provider string `json:"provider"`
	// ClosedHosts are the hosts that the app, its shared solutions or its storage call by name and that stay closed,
	// since the provider has no way to open them here; problems say why. Sorted.
	// +optional
	// +listType=atomic
	ClosedHosts []string `json:"closedHosts,omitempty"`
}
