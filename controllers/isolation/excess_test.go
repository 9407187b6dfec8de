// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExcess(t *testing.T) {
	from := func(peers string) string { return `{podSelector: {}, ingress: [{from: [` + peers + `]}]}` }
	to := func(peers, ports string) string {
		return `{podSelector: {}, policyTypes: [Egress], egress: [{to: [` + peers + `], ports: [` + ports + `]}]}`
	}
	matching := func(requirements string) string {
		return from(`{namespaceSelector: {}, podSelector: {matchExpressions: [` + requirements + `]}}`)
	}
	cases := map[string]struct {
		stands, declared []string
		want             []string
	}{
		"what is declared is no excess": {
			stands:   []string{from(`{podSelector: {matchLabels: {app: web}}}`)},
			declared: []string{from(`{podSelector: {matchLabels: {app: web}}}`)},
		},
		"what stands and is not declared is": {
			stands:   []string{from(`{podSelector: {matchLabels: {app: web}}}, {podSelector: {matchLabels: {app: api}}}`)},
			declared: []string{from(`{podSelector: {matchLabels: {app: web}}}`)},
			want:     []string{"everything from pods with app=api of namespace a"},
		},
		"more labels are fewer pods": {
			stands:   []string{from(`{podSelector: {matchLabels: {app: web, tier: front}}}`)},
			declared: []string{from(`{podSelector: {matchLabels: {app: web}}}`)},
		},
		"fewer labels are more pods": {
			stands:   []string{from(`{podSelector: {matchLabels: {app: web}}}`)},
			declared: []string{from(`{podSelector: {matchLabels: {app: web, tier: front}}}`)},
			want:     []string{"everything from pods with app=web of namespace a"},
		},
		"the own namespace by its name is the own namespace": {
			stands:   []string{from(`{podSelector: {}, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: a}}}`)},
			declared: []string{from(`{podSelector: {}}`)},
		},
		"all pods of all namespaces are more than one's": {
			stands:   []string{from(`{namespaceSelector: {}}`)},
			declared: []string{from(`{podSelector: {}}`)},
			want:     []string{"everything from all pods of all namespaces"},
		},
		"every namespace has a name": {
			stands:   []string{from(`{namespaceSelector: {}}`)},
			declared: []string{from(`{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}}`)},
		},
		"no namespace is without a name": {
			stands: []string{from(`{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: DoesNotExist}]}}`)},
		},
		"a list of values is contained in a longer one": {
			stands:   []string{matching(`{key: app, operator: In, values: [web]}`), matching(`{key: app, operator: In, values: [web, api]}`)},
			declared: []string{matching(`{key: app, operator: In, values: [api, web, db]}`)},
		},
		"and in several that have all of it": {
			stands:   []string{matching(`{key: app, operator: In, values: [web, api]}`)},
			declared: []string{matching(`{key: app, operator: In, values: [api]}`), matching(`{key: app, operator: In, values: [web]}`)},
		},
		"but not in several that lack one": {
			stands:   []string{matching(`{key: app, operator: In, values: [web, api, db]}`)},
			declared: []string{matching(`{key: app, operator: In, values: [api]}`), matching(`{key: app, operator: In, values: [web]}`)},
			want:     []string{"everything from pods with app=api or db or web of all namespaces"},
		},
		"a value is not among others": {
			stands:   []string{matching(`{key: app, operator: In, values: [web]}`)},
			declared: []string{matching(`{key: app, operator: NotIn, values: [api, db]}`)},
		},
		"without a label is without any of its values": {
			stands:   []string{matching(`{key: app, operator: DoesNotExist}`)},
			declared: []string{matching(`{key: app, operator: NotIn, values: [api]}`)},
		},
		"a value that must not be is no other": {
			stands:   []string{matching(`{key: app, operator: In, values: [web]}`)},
			declared: []string{matching(`{key: app, operator: NotIn, values: [web]}`)},
			want:     []string{"everything from pods with app=web of all namespaces"},
		},
		"a label that must be missing is not there with any value": {
			stands:   []string{matching(`{key: app, operator: DoesNotExist}`)},
			declared: []string{matching(`{key: app, operator: Exists}`)},
			want:     []string{"everything from pods with no app of all namespaces"},
		},
		"a label that is in no list may be missing": {
			stands:   []string{matching(`{key: app, operator: NotIn, values: [api]}`)},
			declared: []string{matching(`{key: app, operator: Exists}`)},
			want:     []string{"everything from pods with app not api of all namespaces"},
		},
		"a longer list of what must not be is fewer pods": {
			stands:   []string{matching(`{key: app, operator: NotIn, values: [api, db]}`), matching(`{key: app, operator: NotIn, values: [api]}`)},
			declared: []string{matching(`{key: app, operator: NotIn, values: [api, db]}`)},
			want:     []string{"everything from pods with app not api of all namespaces"},
		},
		"requirements on one label count together": {
			stands:   []string{matching(`{key: app, operator: Exists}, {key: app, operator: NotIn, values: [api]}`), matching(`{key: app, operator: In, values: [api, web]}, {key: app, operator: NotIn, values: [api]}`)},
			declared: []string{matching(`{key: app, operator: Exists}`)},
		},
		"what no pod can match is contained in nothing": {
			stands: []string{matching(`{key: app, operator: Exists}, {key: app, operator: DoesNotExist}`), matching(`{key: app, operator: In, values: [web]}, {key: app, operator: In, values: [api]}`)},
		},
		"ports of several openings count together": {
			stands:   []string{to(`{podSelector: {}}`, `{port: 80, endPort: 90}`)},
			declared: []string{to(`{podSelector: {}}`, `{port: 80, endPort: 85}`), to(`{namespaceSelector: {}}`, `{port: 86, endPort: 99}`)},
		},
		"a port between them is missed": {
			stands:   []string{to(`{podSelector: {}}`, `{port: 80, endPort: 90}`)},
			declared: []string{to(`{podSelector: {}}`, `{port: 80, endPort: 85}`), to(`{podSelector: {}}`, `{port: 87, endPort: 99}`)},
			want:     []string{"TCP 80-90 to all pods of namespace a"},
		},
		"everybody is pods and addresses": {
			stands:   []string{to(``, `{port: 80}`)},
			declared: []string{to(`{namespaceSelector: {}}, {ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}, {ipBlock: {cidr: "::/0"}}`, `{port: 80}`)},
		},
		"everybody is more than all pods": {
			stands:   []string{to(``, `{port: 80}`)},
			declared: []string{to(`{namespaceSelector: {}}`, `{port: 80}`)},
			want:     []string{"TCP 80 to everywhere"},
		},
		"everybody is more than all of IPv4": {
			stands:   []string{to(``, `{port: 80}`)},
			declared: []string{to(`{namespaceSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}`, `{port: 80}`)},
			want:     []string{"TCP 80 to everywhere"},
		},
		"pods are no addresses and addresses no pods": {
			stands:   []string{to(`{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}`, `{port: 80}`)},
			declared: []string{to(`{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: "::/0"}}`, `{port: 80}`)},
			want:     []string{"TCP 80 to all pods of namespace a"},
		},
		"everything is contained in everything": {
			stands:   []string{to(`{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}`, ``), to(``, ``)},
			declared: []string{to(``, ``)},
		},
		"a range is contained in those that have all of it": {
			stands:   []string{to(`{ipBlock: {cidr: 10.0.0.0/8}}`, `{port: 443}`)},
			declared: []string{to(`{ipBlock: {cidr: 10.0.0.0/9}}, {ipBlock: {cidr: 10.128.0.0/9}}`, `{port: 443}`)},
		},
		"an exception that is not declared": {
			stands:   []string{to(`{ipBlock: {cidr: 10.0.0.0/8}}`, `{port: 443}`)},
			declared: []string{to(`{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.2.3/32]}}`, `{port: 443}`)},
			want:     []string{"TCP 443 to 10.0.0.0/8"},
		},
		"what one excepts another may have": {
			stands:   []string{to(`{ipBlock: {cidr: 10.0.0.0/8}}`, `{port: 443}`)},
			declared: []string{to(`{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.2.3/32]}}, {ipBlock: {cidr: 10.1.0.0/16}}`, `{port: 443}`)},
		},
		"but not for other ports": {
			stands: []string{to(`{ipBlock: {cidr: 10.0.0.0/8}}`, `{port: 443}`)},
			declared: []string{
				to(`{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.2.3/32]}}`, `{port: 443}`),
				to(`{ipBlock: {cidr: 10.1.0.0/16}}`, `{port: 444}`),
			},
			want: []string{"TCP 443 to 10.0.0.0/8"},
		},
		"a range with nothing left of it is nothing": {
			stands: []string{to(`{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}`, `{port: 443}`)},
		},
		"the other direction declares nothing": {
			stands:   []string{from(`{podSelector: {}}`)},
			declared: []string{to(`{podSelector: {}}`, ``)},
			want:     []string{"everything from all pods of namespace a"},
		},
		"a name is not a number that nobody knows it to be": {
			stands:   []string{to(`{podSelector: {}}`, `{port: http}`)},
			declared: []string{to(`{podSelector: {}}`, `{port: 8080}`)},
			want:     []string{"TCP http to all pods of namespace a"},
		},
		"a name is itself": {
			stands:   []string{to(`{podSelector: {}}`, `{port: http}`)},
			declared: []string{to(`{podSelector: {}}`, `{port: http}`)},
		},
		"what has no ports is part of everything alone": {
			stands:   []string{to(`{podSelector: {}}`, ``)},
			declared: []string{to(`{podSelector: {}}`, `{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}`)},
			want:     []string{"everything to all pods of namespace a"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Excess(openingsOf(t, tc.stands), openingsOf(t, tc.declared))
			if diff := cmp.Diff(tc.want, texts(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func openingsOf(t *testing.T, specs []string) []Opening {
	t.Helper()
	var openings []Opening
	for _, spec := range specs {
		policy := compiled(t, spec)
		openings = append(append(openings, policy.Openings(ingress)...), policy.Openings(egress)...)
	}
	return openings
}

func TestExcessKnowsNamesByNumber(t *testing.T) {
	named := compiled(t, `{podSelector: {}, ingress: [{ports: [{port: http}]}]}`)
	declared := compiled(t, `{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}`).Openings(ingress)
	w := workload("web")
	for number, want := range map[int32][]string{8080: nil, 8081: {"TCP http (8081) from everywhere"}} {
		w.Ports = map[string]NamedPort{"http": {Protocol: "TCP", Number: number}}
		stand := Of([]*Policy{named}, w, ingress)
		if diff := cmp.Diff(want, texts(Excess(stand.Openings, declared))); diff != "" {
			t.Error(diff)
		}
		if left := Excess(stand.Openings, named.Openings(ingress)); len(left) > 0 {
			t.Errorf("a name whose number is known is no longer itself: %s", texts(left))
		}
	}
}

func TestPeerOfBothKinds(t *testing.T) {
	both := compiled(t, `{podSelector: {}, ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8}}]}]}`).Openings(ingress)
	one := Opening{Direction: ingress, Ports: AllPorts(), Peer: Peer{Pods: both[0].Peer.Pods, Addresses: both[1].Peer.Addresses}}
	if left := Excess([]Opening{one}, both); len(left) > 0 {
		t.Errorf("it is more than its parts: %s", texts(left))
	}
	if left := Excess(both, []Opening{one}); len(left) > 0 {
		t.Errorf("it is less than its parts: %s", texts(left))
	}
	for _, part := range both {
		if left := Excess([]Opening{one}, []Opening{part}); len(left) != 1 {
			t.Errorf("it is no more than %s", part)
		}
	}
	if want := "everything from all pods of namespace a and 10.0.0.0/8"; one.String() != want {
		t.Errorf("%s, not %s", one, want)
	}
}
