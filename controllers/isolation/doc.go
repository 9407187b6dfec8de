// SPDX-License-Identifier: BSD-3-Clause

// Package isolation says what NetworkPolicies, as they stand, let through: the proof behind the condition
// NetworkIsolated and behind kubectl altinn prove isolation.
//
// A policy is compiled once. What it opens for the pods it selects is a list of Openings, each in one
// direction: a one-sided leak is an opening too, though nothing gets through yet. Two questions are asked:
//
//   - Excess: is everything that stands open contained in what is declared? It is answered by selectors and
//     ranges alone, never by which pods happen to be there, so a pod that comes later opens nothing new.
//   - World: who reaches whom now? It knows namespaces, workloads and policies, one namespace at a time, so
//     that a change costs what it touches. A Proof keeps one, and of each namespace what is against a rule.
//
// Semantics are those of networking.k8s.io/v1: policies only ever add, a pod that no policy of a direction
// selects is open in that direction, and a connection needs both ends. Where it leaves something open, or the
// question asks for more than it says:
//
//   - Addresses are those outside of the cluster, and pods are no addresses. Some networks let a range open what
//     pods have in it. Excess holds under both readings, as a range contains ranges alone; a World has no edges of it.
//   - A workload has no edge with itself. A pod always reaches itself, and what the pods of one workload say to each
//     other leaves nobody's hands; they need an opening for it all the same, and Excess judges that.
//   - Labels that pods may have beside those known make a policy open what it opens, and close nothing.
//   - Protocols without ports, as ICMP, are open where a rule says nothing of ports, and closed by all others.
//
// Out of scope is what NetworkPolicies do not bound: pods in the network of their node, the node itself, which
// always reaches its pods, and policies of other kinds.
package isolation
