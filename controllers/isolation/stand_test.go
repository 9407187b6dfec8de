// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOf(t *testing.T) {
	const (
		deny     = `{podSelector: {}, policyTypes: [Ingress, Egress]}`
		openWeb  = `{podSelector: {matchLabels: {app.kubernetes.io/name: web}}, ingress: [{ports: [{port: 80}]}]}`
		openAPI  = `{podSelector: {matchLabels: {app.kubernetes.io/name: api}}, ingress: [{ports: [{port: 81}]}]}`
		openName = `{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ports: [{port: http}, {port: dns, protocol: UDP}, {port: other}]}], egress: [{ports: [{port: http}]}]}`
		openHash = `{podSelector: {matchLabels: {hash: x}}, policyTypes: [Ingress], ingress: [{ports: [{port: 82}]}]}`
	)
	type stand struct {
		Closed   bool
		Openings []string
	}
	open := stand{Openings: []string{"everything from everywhere"}}
	cases := map[string]struct {
		policies  []string
		direction Direction
		foreign   []string
		want      stand
	}{
		"without policies everything is open": {direction: ingress, want: open},
		"a policy that selects others closes nothing": {
			policies: []string{openAPI}, direction: ingress, want: open,
		},
		"a policy of one direction does not close the other": {
			policies: []string{openWeb}, direction: egress, want: stand{Openings: []string{"everything to everywhere"}},
		},
		"a policy without rules closes": {
			policies: []string{deny}, direction: egress, want: stand{Closed: true},
		},
		"policies add up": {
			policies: []string{deny, openWeb, openAPI, openWeb}, direction: ingress,
			want: stand{Closed: true, Openings: []string{"TCP 80 from everywhere", "TCP 80 from everywhere"}},
		},
		"a name is known by number where the workload is called, if it has it with that protocol": {
			policies: []string{openName}, direction: ingress,
			want: stand{Closed: true, Openings: []string{"TCP http (8080) and other, UDP dns from everywhere"}},
		},
		"a name stays a name where others are called": {
			policies: []string{openName}, direction: egress,
			want: stand{Closed: true, Openings: []string{"TCP http to everywhere"}},
		},
		"a policy that may select its pods closes nothing by itself": {
			policies: []string{openHash}, direction: ingress, foreign: []string{"hash"}, want: open,
		},
		"a policy that may select its pods opens, when another closes": {
			policies: []string{openHash, deny}, direction: ingress, foreign: []string{"hash"},
			want: stand{Closed: true, Openings: []string{"TCP 82 from everywhere"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var policies []*Policy
			for _, spec := range tc.policies {
				policies = append(policies, compiled(t, spec))
			}
			w := workload("web")
			w.Foreign = tc.foreign
			w.Ports = map[string]NamedPort{"http": {Protocol: "TCP", Number: 8080}, "dns": {Protocol: "TCP", Number: 53}}
			got := Of(policies, w, tc.direction)
			if diff := cmp.Diff(tc.want, stand{got.Closed, texts(got.Openings)}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPolicyKeepsNamesThatAStandHasLearned(t *testing.T) {
	policy := compiled(t, `{podSelector: {}, ingress: [{ports: [{port: http}]}]}`)
	w := workload("web")
	w.Ports = map[string]NamedPort{"http": {Protocol: "TCP", Number: 8080}}
	Of([]*Policy{policy}, w, ingress)
	if diff := cmp.Diff([]string{"TCP http from everywhere"}, texts(policy.Openings(ingress))); diff != "" {
		t.Error(diff)
	}
}
