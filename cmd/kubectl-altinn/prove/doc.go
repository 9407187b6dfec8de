// SPDX-License-Identifier: BSD-3-Clause

// Package prove shows from a cluster's NetworkPolicies, as they stand, that nothing between service owners,
// and nothing to or from the outside, is open that nobody declared; or names what is.
//
//	gather*.go   every read: lists, and no more however many resources there are
//	proof*.go    what a Proof holds
//	build*.go    from the lists to a Proof, pure: the same lists give the same Proof in any order
//	picture*.go  from a Proof to where boxes and lines lie, pure
//	json.go      ┐
//	text.go      │ the same Proof for programs, for a terminal, for Graphviz and for people
//	dot.go       │
//	html.go      ┘
//
// It trusts neither the operator's rendering nor its conditions: what is declared is read from the specs of
// Apps, and what is open from the policies, by package isolation. Of the operator it takes one thing, its
// inventory, and only together with the label on the policy itself: what is open towards others than Apps
// must be opened by policies that the operator keeps in place.
package prove
