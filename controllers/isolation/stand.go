// SPDX-License-Identifier: BSD-3-Clause

package isolation

import networkingv1 "k8s.io/api/networking/v1"

// Stand is what stands open for a workload in one direction.
type Stand struct {
	// Closed says that some policy rules the direction for all of the workload's pods, so that only Openings are
	// open. Otherwise Openings is the one of everything, by no policy.
	Closed bool
	// Openings are those of all policies that may select some of its pods, in the order of the policies.
	Openings []Opening
}

// Of says what stands open for a workload under the policies of its namespace; those of other namespaces are passed
// over. A policy that selects by labels which the pods only may have opens what it opens, and closes nothing. Ports
// that policies name are known by number where the workload is the one that is called.
func Of(policies []*Policy, w Workload, direction Direction) Stand {
	var stand Stand
	for _, policy := range policies {
		if !policy.Rules(direction) || !policy.MaySelect(w) {
			continue
		}
		stand.Closed = stand.Closed || policy.selects(w)
		stand.Openings = append(stand.Openings, policy.Openings(direction)...)
	}
	if !stand.Closed {
		return Stand{Openings: []Opening{{Direction: direction, Ports: AllPorts()}}}
	}
	if direction == networkingv1.PolicyTypeIngress {
		for i := range stand.Openings {
			stand.Openings[i].Ports = stand.Openings[i].Ports.learn(w.Ports)
		}
	}
	return stand
}
