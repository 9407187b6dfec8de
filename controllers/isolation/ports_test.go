// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

func portsIn(t testing.TB, text string) Ports {
	t.Helper()
	if text == "" {
		return Ports{}
	}
	var list []networkingv1.NetworkPolicyPort
	if err := yaml.UnmarshalStrict([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	ports, err := PortsOf(list)
	if err != nil {
		t.Fatal(err)
	}
	return ports
}

func TestPorts(t *testing.T) {
	const every = `[{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}]`
	cases := map[string]struct {
		a, b                       string
		union, intersect, without  string
		contains, containsTheOther bool
	}{
		"ranges that overlap are one": {
			a: `[{port: 80, endPort: 90}]`, b: `[{port: 85, endPort: 100}]`,
			union: "TCP 80-100", intersect: "TCP 85-90", without: "TCP 80-84",
		},
		"ranges that touch are one": {
			a: `[{port: 80}, {port: 82}]`, b: `[{port: 81}]`,
			union: "TCP 80-82", intersect: "nothing", without: "TCP 80 and 82",
		},
		"a range within another": {
			a: `[{port: 1, endPort: 100}]`, b: `[{port: 50, endPort: 60}]`,
			union: "TCP 1-100", intersect: "TCP 50-60", without: "TCP 1-49 and 61-100", contains: true,
		},
		"protocols have nothing to do with each other": {
			a: `[{port: 53}]`, b: `[{port: 53, protocol: UDP}]`,
			union: "TCP 53, UDP 53", intersect: "nothing", without: "TCP 53",
		},
		"all is more than all numbers of all protocols": {
			a: `[]`, b: every,
			union: "everything", intersect: "TCP on all ports, UDP on all ports, SCTP on all ports", without: "protocols without ports", contains: true,
		},
		"nothing is within nothing": {
			union: "nothing", intersect: "nothing", without: "nothing", contains: true, containsTheOther: true,
		},
		"a name is within itself and all of its protocol": {
			a: every, b: `[{port: http}]`,
			union: "TCP on all ports and http, UDP on all ports, SCTP on all ports", intersect: "TCP http",
			without: "TCP on all ports, UDP on all ports, SCTP on all ports", contains: true,
		},
		"a name whose number nobody knows is within no numbers": {
			a: `[{port: http}, {port: dns, protocol: UDP}]`, b: `[{port: 1, endPort: 65534}, {port: http}]`,
			union: "TCP 1-65534 and http, UDP dns", intersect: "TCP http", without: "UDP dns",
		},
		"a name is of one protocol": {
			a: `[{port: dns, protocol: UDP}]`, b: `[{port: dns}]`,
			union: "TCP dns, UDP dns", intersect: "nothing", without: "UDP dns",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			a, b := portsIn(t, tc.a), portsIn(t, tc.b)
			for _, got := range []struct{ name, got, want string }{
				{"union", a.Union(b).String(), tc.union},
				{"union, the other way round", b.Union(a).String(), tc.union},
				{"intersection", a.Intersect(b).String(), tc.intersect},
				{"intersection, the other way round", b.Intersect(a).String(), tc.intersect},
				{"difference", a.Without(b).String(), tc.without},
			} {
				if got.got != got.want {
					t.Errorf("%s: %s, not %s", got.name, got.got, got.want)
				}
			}
			if a.Contains(b) != tc.contains || b.Contains(a) != tc.containsTheOther {
				t.Errorf("contained: %t, and the other way round %t", a.Contains(b), b.Contains(a))
			}
			if !a.Union(b).Contains(a) || !a.Contains(a.Intersect(b)) || !a.Union(b).Equal(b.Union(a)) {
				t.Error("sets that must contain each other do not")
			}
		})
	}
}

func TestPortsAreEqual(t *testing.T) {
	all := []string{"", `[]`, `[{port: 80}]`, `[{port: 81}]`, `[{protocol: UDP, port: 80}]`, `[{port: http}]`, `[{port: dns}]`, `[{protocol: TCP}, {protocol: UDP}, {protocol: SCTP}]`}
	for i := range all {
		for j := range all {
			if got := portsIn(t, all[i]).Equal(portsIn(t, all[j])); got != (i == j) {
				t.Errorf("%q and %q are equal: %t", all[i], all[j], got)
			}
		}
	}
}

func TestResolve(t *testing.T) {
	containers := map[string]NamedPort{"http": {Number: 8080}, "dns": {Protocol: "UDP", Number: 53}}
	cases := map[string]struct{ ports, want string }{
		"numbers stay":                           {`[{port: 80}]`, "TCP 80"},
		"all stays":                              {`[]`, "everything"},
		"a name is the number that the pod has":  {`[{port: http}, {port: 8081}, {protocol: UDP, port: dns}]`, "TCP 8080-8081, UDP 53"},
		"a name that the pod has not is nothing": {`[{port: metrics}]`, "nothing"},
		"a name of another protocol is nothing":  {`[{protocol: SCTP, port: http}]`, "nothing"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := portsIn(t, tc.ports).Resolve(containers).String(); got != tc.want {
				t.Errorf("%s, not %s", got, tc.want)
			}
		})
	}
}

func TestNamesThatAreKnownByNumber(t *testing.T) {
	name := portsIn(t, `[{port: http}]`).learn(map[string]NamedPort{"http": {Number: 8080}})
	number := portsIn(t, `[{port: 8080}]`)
	if !number.Contains(name) || !name.Contains(number) || !name.Has("TCP", 8080) || name.Has("TCP", 80) || name.Has("ICMP", 8080) {
		t.Error("the name is not taken for its number")
	}
	if other := portsIn(t, `[{port: 8081}]`); other.Contains(name) || name.Contains(other) {
		t.Error("the name is taken for another number")
	}
}
