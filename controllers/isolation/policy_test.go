// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func TestCompile(t *testing.T) {
	cases := map[string]struct {
		spec            string
		ingress, egress []string // what is open; not ruled when nil
	}{
		"a policy without rules and policyTypes closes ingress and does not rule egress": {
			spec:    `podSelector: {}`,
			ingress: []string{},
		},
		"an empty list of egress rules without policyTypes does not rule egress, as the API server fills policyTypes in": {
			spec:    `{podSelector: {}, egress: []}`,
			ingress: []string{},
		},
		"a rule of egress without policyTypes rules both": {
			spec:    `{podSelector: {}, egress: [{}]}`,
			ingress: []string{},
			egress:  []string{"everything to everywhere"},
		},
		"rules of a direction that policyTypes leave out open nothing": {
			spec:    `{podSelector: {}, policyTypes: [Ingress], egress: [{}]}`,
			ingress: []string{},
		},
		"both directions closed": {
			spec:    `{podSelector: {}, policyTypes: [Ingress, Egress]}`,
			ingress: []string{},
			egress:  []string{},
		},
		"a rule without peers is for everybody, one with an empty list too": {
			spec:    `{podSelector: {}, ingress: [{}, {from: []}, {from: [], ports: [{port: 80}]}]}`,
			ingress: []string{"everything from everywhere", "everything from everywhere", "TCP 80 from everywhere"},
		},
		"an empty namespace selector is all namespaces, an empty pod selector is the policy's own": {
			spec: `{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}, {podSelector: {}}, {podSelector: {}, namespaceSelector: {}}]}]}`,
			ingress: []string{
				"everything from all pods of all namespaces",
				"everything from all pods of namespace a",
				"everything from all pods of all namespaces",
			},
		},
		"both selectors of one peer must match, two peers are two openings": {
			spec: `
podSelector: {}
ingress:
- from:
  - namespaceSelector: {matchLabels: {team: x}}
    podSelector: {matchLabels: {app: web, tier: front}}
  - namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [c, b]}]}
  - podSelector:
      matchExpressions:
      - {key: app, operator: In, values: [web, api]}
      - {key: tier, operator: NotIn, values: [back]}
      - {key: old, operator: DoesNotExist}
      - {key: new, operator: Exists}
  ports: [{port: 5005}]`,
			ingress: []string{
				"TCP 5005 from pods with app=web and tier=front of namespaces with team=x",
				"TCP 5005 from all pods of namespaces b and c",
				"TCP 5005 from pods with any new, app=api or web, no old and tier not back of namespace a",
			},
		},
		"ports have a protocol, TCP when they do not say, and may be all of it, a range or a name": {
			spec: `
podSelector: {}
policyTypes: [Egress]
egress:
- to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.2.0.0/16, 10.1.0.0/16]}}]
  ports: [{port: 443}, {port: 80}, {port: 8000, endPort: 8080}, {port: 8081}, {port: http}, {protocol: UDP}, {protocol: SCTP, port: 1, endPort: 65535}, {protocol: UDP, port: 53}]`,
			egress: []string{"TCP 80, 443, 8000-8081 and http, UDP on all ports, SCTP on all ports to 10.0.0.0/8 without 10.1.0.0/16 and 10.2.0.0/16"},
		},
		"an empty list of ports is all of them": {
			spec:    `{podSelector: {}, ingress: [{ports: [], from: [{ipBlock: {cidr: "2001:db8::/32"}}]}]}`,
			ingress: []string{"everything from 2001:db8::/32"},
		},
		"a range that is not written from its first address is the same range": {
			spec:    `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]}`,
			ingress: []string{"everything from 10.0.0.0/8"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			policy := compiled(t, tc.spec)
			for direction, want := range map[Direction][]string{ingress: tc.ingress, egress: tc.egress} {
				if policy.Rules(direction) != (want != nil) {
					t.Errorf("%s: Rules() = %t", direction, policy.Rules(direction))
				}
				got := append([]string{}, texts(policy.Openings(direction))...)
				if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
					t.Errorf("%s:\n%s", direction, diff)
				}
			}
		})
	}
}

func TestCompileGivesOpeningsWhole(t *testing.T) {
	policy := compiled(t, `
podSelector: {}
policyTypes: [Egress]
egress:
- to:
  - podSelector: {matchLabels: {app: web}}
  - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}`)
	want := []Opening{
		{Direction: egress, Policy: "p", Ports: AllPorts(), Peer: Peer{Pods: &PodPeer{
			Namespaces: labels.SelectorFromSet(labels.Set{"kubernetes.io/metadata.name": "a"}),
			Pods:       labels.SelectorFromSet(labels.Set{"app": "web"}),
		}}},
		{Direction: egress, Policy: "p", Ports: AllPorts(), Peer: Peer{Addresses: &Addresses{
			CIDR: netip.MustParsePrefix("10.0.0.0/8"), Except: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")},
		}}},
	}
	bySelector := cmp.Comparer(func(a, b labels.Selector) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, policy.Openings(egress), bySelector, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if policy.Name() != "p" {
		t.Errorf("Name() = %q", policy.Name())
	}
}

func TestCompileSaysWhatItCannotRead(t *testing.T) {
	cases := map[string]struct{ spec, want string }{
		"a direction that there is not": {
			`{podSelector: {}, policyTypes: [Sideways]}`,
			`policyTypes: "Sideways" is neither Ingress nor Egress`,
		},
		"an operator that there is not": {
			`{podSelector: {matchExpressions: [{key: app, operator: Like, values: [web]}]}}`,
			`podSelector: "Like" is not a valid label selector operator`,
		},
		"a list of values that is empty": {
			`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: app, operator: In}]}}]}]}`,
			`ingress[0]: peer 0: namespaceSelector: values: Invalid value: null: for 'in', 'notin' operators, values set can't be empty`,
		},
		"a label that cannot be one": {
			`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: "a b"}}}]}]}`,
			`ingress[0]: peer 0: podSelector: values[0][app]: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, ` +
				`'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is ` +
				`'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
		},
		"a range of addresses with zeros before a number, which not all read alike": {
			`{podSelector: {}, egress: [{}, {to: [{podSelector: {}}, {ipBlock: {cidr: 010.0.0.0/8}}]}]}`,
			`egress[1]: peer 1: cidr: "010.0.0.0/8" is no range of addresses, as 10.0.0.0/8 or 2001:db8::/32`,
		},
		"IPv4 written as IPv6": {
			`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: "::/0", except: ["::ffff:10.0.0.0/104"]}}]}]}`,
			`egress[0]: peer 0: except: "::ffff:10.0.0.0/104" is no range of addresses, as 10.0.0.0/8 or 2001:db8::/32`,
		},
		"a peer that is nobody": {
			`{podSelector: {}, ingress: [{from: [{}]}]}`,
			`ingress[0]: peer 0: it names nobody`,
		},
		"a peer that is two things": {
			`{podSelector: {}, ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}`,
			`ingress[0]: peer 0: it has both addresses and a selector`,
		},
		"a protocol that no policy can name": {
			`{podSelector: {}, ingress: [{ports: [{protocol: ICMP}]}]}`,
			`ingress[0]: ports: protocol "ICMP" is none of TCP, UDP and SCTP`,
		},
		"a port that there is not": {
			`{podSelector: {}, ingress: [{ports: [{port: 65536}]}]}`,
			`ingress[0]: ports: ports 65536 to 65536 are not within 1 to 65535, the lower first`,
		},
		"a range of ports that ends before it begins": {
			`{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 79}]}]}`,
			`ingress[0]: ports: ports 80 to 79 are not within 1 to 65535, the lower first`,
		},
		"a range of ports that begins with a name": {
			`{podSelector: {}, ingress: [{ports: [{port: http, endPort: 90}]}]}`,
			`ingress[0]: ports: endPort 90 has no number to begin from`,
		},
		"a name that no port can have": {
			`{podSelector: {}, ingress: [{ports: [{port: "no name"}]}]}`,
			`ingress[0]: ports: port "no name" is no name of a port: must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			policy, err := Compile(policyOf(t, tc.spec))
			if policy != nil || err == nil {
				t.Fatalf("it can be read: %v", policy)
			}
			if diff := cmp.Diff("NetworkPolicy a/p cannot be read: "+tc.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("a policy that is nowhere", func(t *testing.T) {
		_, err := Compile(&networkingv1.NetworkPolicy{})
		if err == nil || err.Error() != "NetworkPolicy / cannot be read: it has no namespace" {
			t.Error(err)
		}
	})
}

func TestMaySelect(t *testing.T) {
	cases := map[string]struct {
		spec    string
		foreign []string
		want    bool
		always  bool // it selects all of its pods
	}{
		"a selector that is empty selects all":               {spec: `podSelector: {}`, want: true, always: true},
		"a label that it has":                                {spec: `podSelector: {matchLabels: {app.kubernetes.io/name: web}}`, want: true, always: true},
		"a label with another value":                         {spec: `podSelector: {matchLabels: {app.kubernetes.io/name: api}}`},
		"a label that it has not":                            {spec: `podSelector: {matchLabels: {hash: x}}`},
		"a label that it may have counts as met":             {spec: `podSelector: {matchLabels: {hash: x}}`, foreign: []string{"hash"}, want: true},
		"one that it must not have but may counts as met":    {spec: `podSelector: {matchExpressions: [{key: hash, operator: DoesNotExist}]}`, foreign: []string{"hash"}, want: true},
		"a label that it has is asked for all the same":      {spec: `podSelector: {matchLabels: {hash: x, app.kubernetes.io/name: api}}`, foreign: []string{"hash"}},
		"a label that is in no list because it is not there": {spec: `podSelector: {matchExpressions: [{key: hash, operator: NotIn, values: [x]}]}`, want: true, always: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := workload("web")
			w.Foreign = tc.foreign
			policy := compiled(t, tc.spec)
			if got := policy.MaySelect(w); got != tc.want {
				t.Errorf("MaySelect() = %t", got)
			}
			if got := policy.selects(w); got != tc.always {
				t.Errorf("selects() = %t", got)
			}
			w.Namespace = "b"
			if policy.MaySelect(w) {
				t.Error("it selects pods of another namespace")
			}
		})
	}
}
