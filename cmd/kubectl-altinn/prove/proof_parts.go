// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"time"

	networkingv1 "k8s.io/api/networking/v1"
)

// NotEvaluated is something in force that the proof cannot say anything about.
type NotEvaluated struct {
	// What it is, as CiliumNetworkPolicy so-skd/open.
	What string `json:"what"`
	// Why it could not be evaluated.
	Why string `json:"why"`
}

// Owner is one tenant.
type Owner struct {
	Code string `json:"code"`
	// Name is what people call it; empty when there is no such ServiceOwner.
	Name      string `json:"name,omitempty"`
	Namespace string `json:"namespace"`
	// Neighbour says that it is shown only for its connections with the one that was asked for.
	Neighbour bool `json:"neighbour,omitempty"`
	// Policies is how many NetworkPolicies its namespace has.
	Policies int   `json:"policies"`
	Apps     []App `json:"apps"`
	// Others are workloads in its namespace that no App declares.
	Others []string `json:"others"`
}

// App is one App, with what the operator itself says of its isolation.
type App struct {
	Name string `json:"name"`
	// NetworkIsolated is the App's condition of that name. The verdict does not rest on it.
	NetworkIsolated *Condition `json:"networkIsolated,omitempty"`
}

// Condition is what the operator says of an App.
type Condition struct {
	Status  string    `json:"status"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Since   time.Time `json:"since"`
	// Older says that it speaks of an earlier revision of the App.
	Older bool `json:"older,omitempty"`
}

// State tells how far a declared connection is open.
type State string

// States of connections.
const (
	// StateOpen: both sides declare it and both are open.
	StateOpen State = "Open"
	// StateHalf: one side declares it and is open. Nothing gets through.
	StateHalf State = "OneSideOnly"
	// StateLeak: a side is open that does not declare it. There is a finding of it.
	StateLeak State = "Undeclared"
)

// Connection is a call from one App to another.
type Connection struct {
	From Ref `json:"from"`
	To   Ref `json:"to"`
	// Out are the ports that the caller may call, In those that the callee lets in, and Through what gets through.
	Out     string `json:"out"`
	In      string `json:"in"`
	Through string `json:"through"`
	// CallerDeclares and CalleeDeclares say which specs name the other.
	CallerDeclares bool  `json:"callerDeclares"`
	CalleeDeclares bool  `json:"calleeDeclares"`
	Across         bool  `json:"acrossServiceOwners"`
	State          State `json:"state"`
	// OutBy and InBy are the policies that open it.
	OutBy []string `json:"outBy"`
	InBy  []string `json:"inBy"`
}

// Point is where traffic enters or leaves the Apps of a service owner by policies that the operator keeps.
type Point struct {
	// Direction is Ingress where traffic enters, and Egress where it leaves.
	Direction    networkingv1.PolicyType `json:"direction"`
	ServiceOwner string                  `json:"serviceOwner"`
	// Peer is what lies outside.
	Peer Peer `json:"peer"`
	// Ports are those of whoever is called.
	Ports string `json:"ports"`
	// All says that it is open to all pods of the namespace; else Workloads are those it is open to.
	All       bool     `json:"all"`
	Workloads []string `json:"workloads"`
	Policies  []string `json:"policies"`
}

// PeerKind tells what lies at the other end of an opening.
type PeerKind string

// Kinds of peers.
const (
	PeerNamespace  PeerKind = "Namespace"
	PeerAddresses  PeerKind = "Addresses"
	PeerEverything PeerKind = "Everything"
	// PeerHost: a host by its name, which the network looks up.
	PeerHost PeerKind = "Host"
	// PeerNobody: it selects no namespace there is.
	PeerNobody PeerKind = "Nobody"
)

// Peer is what lies at the other end of an opening and is no App.
type Peer struct {
	Kind PeerKind `json:"kind"`
	// Name is the namespace, the range of addresses, or the host.
	Name string `json:"name"`
	// Detail narrows it: labels of pods, or the addresses left out.
	Detail string `json:"detail,omitempty"`
}

// String is the peer as people write it.
func (p Peer) String() string {
	text := p.Name
	switch p.Kind {
	case PeerNamespace:
		text = "namespace " + p.Name
	case PeerEverything:
		text = "everything"
	case PeerNobody:
		text = "pods that are not there yet, " + p.Name
	}
	if p.Detail != "" {
		text += " (" + p.Detail + ")"
	}
	return text
}
