// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Direction is one of the two a NetworkPolicy rules: networkingv1.PolicyTypeIngress or PolicyTypeEgress.
type Direction = networkingv1.PolicyType

// Opening is what one rule of a policy lets through to or from one peer.
type Opening struct {
	// Direction is that of the rule.
	Direction Direction
	// Policy is the name of the policy, in the namespace of the pods it selects; empty when no policy rules the
	// direction, and so everything is open.
	Policy string
	// Peer is who is let in, or let out to.
	Peer Peer
	// Ports are those of the pod that is called.
	Ports Ports
}

// Peer is pods, addresses, or everything: all of what is not nil, and everything when both are.
type Peer struct {
	// Pods are pods of some namespaces.
	Pods *PodPeer
	// Addresses are ranges of addresses.
	Addresses *Addresses
}

// PodPeer selects pods by their labels and those of their namespaces. A peer without a namespace selector
// has that of its policy's own namespace, by the label kubernetes.io/metadata.name.
type PodPeer struct {
	Namespaces labels.Selector
	Pods       labels.Selector
}

// Addresses is a range of addresses without some parts of it.
type Addresses struct {
	CIDR   netip.Prefix
	Except []netip.Prefix
}

// Workload is what policies see of some pods that are all alike: an App's, or others'.
type Workload struct {
	// Namespace and Name say which; Name is that of the App.
	Namespace, Name string
	// Labels are those all its pods have.
	Labels labels.Set
	// Ports are its container ports by name; a policy can name them.
	Ports map[string]NamedPort
	// Foreign are keys of labels that pods may have beside Labels, with any value, as pod-template-hash. A policy
	// that asks for such a label counts as selecting them.
	Foreign []string
}

// NamedPort is a container port.
type NamedPort struct {
	Protocol string
	Number   int32
}
