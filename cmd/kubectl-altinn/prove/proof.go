// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"time"

	networkingv1 "k8s.io/api/networking/v1"
)

// What a proof says it is, so that programs know which fields to expect.
const (
	APIVersion = "tenancy.altinn.cloud/v1alpha1"
	Kind       = "IsolationProof"
)

// Proof is what a cluster's policies let through, judged by what its Apps declare. Every list is sorted and
// none is nil.
type Proof struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// CheckedAt is when the cluster was read.
	CheckedAt time.Time `json:"checkedAt"`
	// ServiceOwner is the code of the one that was looked at, with its neighbours; empty for all.
	ServiceOwner string `json:"serviceOwner,omitempty"`
	// Verdict sums everything up.
	Verdict Verdict `json:"verdict"`
	// Counts say how much was looked at.
	Counts Counts `json:"counts"`
	// Findings are what keeps isolation from being proven, the gravest first.
	Findings []Finding `json:"findings"`
	// NotEvaluated is what the proof cannot say anything about.
	NotEvaluated []NotEvaluated `json:"notEvaluated"`
	// ServiceOwners are the tenants, with their Apps.
	ServiceOwners []Owner `json:"serviceOwners"`
	// Connections are those between Apps that at least one of both declares and that stand open on its side.
	Connections []Connection `json:"connections"`
	// Points are where traffic may enter or leave by policies that the operator keeps.
	Points []Point `json:"points"`
}

// Result is the outcome of a proof.
type Result string

// Results.
const (
	// ResultProven: everything was evaluated, and nothing was found.
	ResultProven Result = "Proven"
	// ResultFindings: something is open that nobody declared, or not closed as it must be.
	ResultFindings Result = "Findings"
	// ResultIncomplete: nothing was found, but not everything could be evaluated.
	ResultIncomplete Result = "NotEvaluated"
)

// Verdict is the outcome, as a word and as a sentence.
type Verdict struct {
	Result   Result `json:"result"`
	Sentence string `json:"sentence"`
}

// Counts say how much was looked at.
type Counts struct {
	ServiceOwners int `json:"serviceOwners"`
	Namespaces    int `json:"namespaces"`
	Apps          int `json:"apps"`
	// Policies are the NetworkPolicies in the tenants' namespaces.
	Policies int `json:"policies"`
	// Edges are the pairs of workloads between which at least one side is open. All others are closed.
	Edges int `json:"edges"`
	// Points are the places where traffic may enter or leave by policies that the operator keeps.
	Points       int `json:"points"`
	Findings     int `json:"findings"`
	NotEvaluated int `json:"notEvaluated"`
}

// Severity tells how grave a finding is.
type Severity string

// Severities, the gravest first.
const (
	// SeverityCritical: another service owner is concerned.
	SeverityCritical Severity = "Critical"
	// SeverityHigh: something outside the tenants is concerned, or nothing rules at all.
	SeverityHigh Severity = "High"
	// SeverityMedium: one service owner's own workloads are concerned.
	SeverityMedium Severity = "Medium"
)

// FindingKind is the rule that something breaks.
type FindingKind string

// Kinds of findings.
const (
	// FindingUndeclared: a policy opens a connection between Apps that its side does not declare.
	FindingUndeclared FindingKind = "UndeclaredConnection"
	// FindingForeign: a policy that the operator does not keep opens to or from what is no App.
	FindingForeign FindingKind = "ForeignOpening"
	// FindingNotClosed: no policy rules a direction of pods, so that everything is open.
	FindingNotClosed FindingKind = "DirectionNotClosed"
	// FindingNoDefault: a tenant's namespace has no policy that closes a direction for all its pods.
	FindingNoDefault FindingKind = "DefaultDenyMissing"
	// FindingUnknown: pods run in a tenant's namespace that no App declares.
	FindingUnknown FindingKind = "UnknownWorkload"
)

// Finding is one thing that keeps isolation from being proven.
type Finding struct {
	Severity Severity    `json:"severity"`
	Kind     FindingKind `json:"kind"`
	// ServiceOwner and Namespace are where it is.
	ServiceOwner string `json:"serviceOwner"`
	Namespace    string `json:"namespace"`
	// Policy is the name of what opens it; empty when no policy does.
	Policy string `json:"policy,omitempty"`
	// KeptByOperator says whether the operator keeps the policy in place.
	KeptByOperator bool `json:"keptByOperator"`
	// Direction is that of the open side: Ingress lets in, Egress lets out.
	Direction networkingv1.PolicyType `json:"direction,omitempty"`
	// Workloads are those whose side is open, or that are concerned.
	Workloads []string `json:"workloads"`
	// Peers are what is reached that is no App.
	Peers []string `json:"peers"`
	// Pairs are the connections it opens between workloads, those across service owners first; at most MaxPairs.
	Pairs []Pair `json:"pairs"`
	// PairsTotal is how many there are, PairsAcross how many of them across service owners, and PairsThrough
	// how many that get through, since the other side is open too.
	PairsTotal   int `json:"pairsTotal"`
	PairsAcross  int `json:"pairsAcross"`
	PairsThrough int `json:"pairsThrough"`
	// Message says what is wrong, and Remedy what to do.
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// MaxPairs is how many connections a finding lists.
const MaxPairs = 100

// Pair is one connection that is open on a side that does not declare it.
type Pair struct {
	From Ref `json:"from"`
	To   Ref `json:"to"`
	// Ports are those open on that side.
	Ports string `json:"ports"`
	// Across says that both have different owners.
	Across bool `json:"acrossServiceOwners"`
	// Through says that the other side is open as well, so that it gets through now.
	Through bool `json:"getsThrough"`
}

// Ref names a workload.
type Ref struct {
	ServiceOwner string `json:"serviceOwner"`
	Name         string `json:"name"`
}

// String is the workload as people write it.
func (r Ref) String() string { return r.ServiceOwner + "/" + r.Name }
