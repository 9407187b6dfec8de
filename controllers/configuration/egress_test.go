// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

const (
	egressBlock = "egress:\n  hosts:"
	lies        = "stays closed: it lies in "
	ours        = ", the platform's own, by egress.internal"
)

// egressing is the valid file with keys added to its egress.
func egressing(keys ...string) string {
	return edited(egressBlock, "egress:\n  "+strings.Join(keys, "\n  ")+"\n  hosts:")
}

func TestLoadReadsEgress(t *testing.T) {
	hosts := map[string][]string{"maskinporten.no": {"139.105.36.164/32", "139.105.36.165/32"}, "idporten.no": {"139.105.36.167/32"}}
	for name, tc := range map[string]struct {
		file   string
		want   Egress
		force  EgressProvider
		byName bool
	}{
		"with the usual provider when none is named": {file: valid, want: Egress{Hosts: hosts}, force: EgressNetworkPolicy},
		"with NetworkPolicies": {
			file: egressing("provider: NetworkPolicy", "internal: []"), want: Egress{Provider: EgressNetworkPolicy, Hosts: hosts, Internal: []string{}},
			force: EgressNetworkPolicy,
		},
		"with Cilium": {
			file:  egressing("provider: Cilium", `internal: [10.244.0.0/16, "fd00:10::/32"]`),
			want:  Egress{Provider: EgressCilium, Hosts: hosts, Internal: []string{"10.244.0.0/16", "fd00:10::/32"}},
			force: EgressCilium, byName: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, tc.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, operator.Egress); diff != "" {
				t.Errorf("egress (-want +got):\n%s", diff)
			}
			if got := operator.Egress.InForce(); got != tc.force || operator.Egress.ByName() != tc.byName {
				t.Errorf("in force: %s, by name: %v", got, operator.Egress.ByName())
			}
		})
	}
}

func TestLoadRefusesEgress(t *testing.T) {
	tryLoad(t, map[string]loadCase{
		"by an unknown provider": {
			file: egressing("provider: Istio"), want: []string{`12: egress.provider: Unsupported value: "Istio": supported values: "NetworkPolicy", "Cilium"`},
		},
		"by Cilium without the platform's own ranges": {
			file: egressing("provider: Cilium"),
			want: []string{"11: egress.internal: Required value: with provider Cilium a name may lead anywhere: name the ranges of pods, Services, nodes and the API server, which none may lead to"},
		},
		"with an internal range that is none": {
			file: egressing("internal: [10.244.0.0/16, 10.244.0.1, here]"),
			want: []string{`12: egress.internal[1]: Invalid value: "10.244.0.1": ` + notARange, `12: egress.internal[2]: Invalid value: "here": ` + notARange},
		},
		"with everything internal": {
			file: egressing("internal: [\"::/0\"]"),
			want: []string{`12: egress.internal[0]: Invalid value: "::/0": would close everything: name the ranges of pods, Services, nodes and the API server`},
		},
		"with IPv4 addresses written as IPv6": {
			file: strings.Replace(egressing(`internal: ["::ffff:10.0.0.0/104"]`), "[139.105.36.167/32]", `["::ffff:139.105.36.167/128"]`, 1),
			want: []string{
				`12: egress.internal[0]: Invalid value: "::ffff:10.0.0.0/104": ` + notARange,
				`17: egress.hosts[idporten.no][0]: Invalid value: "::ffff:139.105.36.167/128": ` + notARange,
			},
		},
		"to a host where a cloud tells secrets": {
			file: edited("[139.105.36.167/32]", `[139.105.36.167/32, 169.254.169.254/32, "fe80::/64", 168.63.129.16/32]`),
			want: []string{
				`16: egress.hosts[idporten.no][1]: Invalid value: "169.254.169.254/32": ` + lies + "169.254.0.0/16, " + secrets,
				`16: egress.hosts[idporten.no][2]: Invalid value: "fe80::/64": ` + lies + "fe80::/10, " + secrets,
				`16: egress.hosts[idporten.no][3]: Invalid value: "168.63.129.16/32": ` + lies + "168.63.129.16/32, where Azure's host answers its machines",
			},
		},
		"to a host within what is internal": {
			file: strings.Replace(egressing("internal: [139.105.36.160/28]"), "[139.105.36.167/32]", "[139.105.36.0/24, 139.105.36.176/32]", 1),
			want: []string{
				`15: egress.hosts[maskinporten.no][0]: Invalid value: "139.105.36.164/32": ` + lies + "139.105.36.160/28" + ours,
				`16: egress.hosts[maskinporten.no][1]: Invalid value: "139.105.36.165/32": ` + lies + "139.105.36.160/28" + ours,
			},
		},
		"to storage, or a solution, within what is internal": {
			file: egressing("internal: [10.0.0.0/16]") + storageOf(`    addresses: [10.1.0.4/32, 10.0.0.4/32]`) +
				"catalogue: {KRR: {hosts: [{host: a.example.no, ports: [443], addresses: [10.1.0.4/32, 10.0.0.4/32]}]}}\n",
			want: []string{
				`29: storage.azure.addresses[1]: Invalid value: "10.0.0.4/32": ` + lies + "10.0.0.0/16" + ours,
				`30: catalogue[KRR].hosts[0].addresses[1]: Invalid value: "10.0.0.4/32": ` + lies + "10.0.0.0/16" + ours,
			},
		},
	})
}

// storageOf is storage in Azure with keys of its block.
func storageOf(keys string) string {
	return "storage:\n  provider: Azure\n  azure: \n    tenantId: 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9\n    oidcIssuer: https://issuer.example.no/\n" + keys + "\n"
}

// TestOpen compares what is opened of a range, and by what it is cut.
func TestOpen(t *testing.T) {
	clusters := Egress{Internal: []string{"10.244.0.0/16", "10.0.0.0/17", "10.0.128.0/17", "10.0.7.0/24", "fd00:10::/32"}}
	type opening struct {
		CIDR   string
		Except []string
		By     []string
	}
	for name, tc := range map[string]struct {
		from Barred
		cidr string
		want opening
	}{
		"a range that meets nothing barred":         {clusters.Barred(), "139.105.36.164/32", opening{CIDR: "139.105.36.164/32"}},
		"a range with bits beyond its length":       {clusters.Barred(), "10.1.7.9/16", opening{CIDR: "10.1.0.0/16"}},
		"a range beside an internal one":            {clusters.Barred(), "10.245.0.0/16", opening{CIDR: "10.245.0.0/16"}},
		"a range that is internal":                  {clusters.Barred(), "10.244.0.0/16", opening{By: []string{"10.244.0.0/16"}}},
		"an address that is internal":               {clusters.Barred(), "10.244.255.255/32", opening{By: []string{"10.244.0.0/16"}}},
		"a range within internal ones, both halves": {clusters.Barred(), "10.0.0.0/16", opening{By: []string{"10.0.0.0/17", "10.0.128.0/17", "10.0.7.0/24"}}},
		"a range that holds internal ones": {clusters.Barred(), "10.0.0.0/8", opening{
			CIDR: "10.0.0.0/8", Except: []string{"10.0.0.0/16", "10.244.0.0/16"}, By: []string{"10.244.0.0/16", "10.0.0.0/17", "10.0.128.0/17", "10.0.7.0/24"},
		}},
		"a range of IPv6 that holds internal ones": {clusters.Barred(), "fd00:10::/31", opening{CIDR: "fd00:10::/31", Except: []string{"fd00:10::/32"}, By: []string{"fd00:10::/32"}}},
		"everything of IPv4": {Egress{}.Barred(), "0.0.0.0/0", opening{
			CIDR: "0.0.0.0/0", Except: []string{"168.63.129.16/32", "169.254.0.0/16"}, By: []string{"169.254.0.0/16", "168.63.129.16/32"},
		}},
		"everything of IPv6": {Egress{}.Barred(), "::/0", opening{
			CIDR: "::/0", Except: []string{"fd00:ec2::/32", "fd20:ce::/32", "fe80::/10"}, By: []string{"fe80::/10", "fd00:ec2::/32", "fd20:ce::/32"},
		}},
		"where clouds tell secrets":                           {Egress{}.Barred(), "169.254.169.254/32", opening{By: []string{"169.254.0.0/16"}}},
		"where AWS tells secrets over IPv6":                   {Egress{}.Barred(), "fd00:ec2::254/128", opening{By: []string{"fd00:ec2::/32"}}},
		"where Google tells secrets over IPv6":                {Egress{}.Barred(), "fd20:ce::254/128", opening{By: []string{"fd20:ce::/32"}}},
		"where Azure's host answers":                          {Egress{}.Barred(), "168.63.129.16/32", opening{By: []string{"168.63.129.16/32"}}},
		"an IPv4 address written as IPv6":                     {Egress{}.Barred(), "::ffff:169.254.169.254/128", opening{By: []string{"::ffff:0.0.0.0/96"}}},
		"what is no range":                                    {Egress{}.Barred(), "here", opening{}},
		"a private range, of the configuration":               {Egress{}.Barred(), "10.1.0.0/16", opening{CIDR: "10.1.0.0/16"}},
		"a private range, of an App's":                        {Egress{}.BarredToApps(), "10.1.0.0/16", opening{By: []string{"10.0.0.0/8"}}},
		"a private range, of an App's, of IPv6":               {Egress{}.BarredToApps(), "fd12::/16", opening{By: []string{"fc00::/7"}}},
		"a private range, of an App's, none of the cluster's": {clusters.BarredToApps(), "10.1.0.0/16", opening{CIDR: "10.1.0.0/16"}},
		"what is barred to all, of an App's":                  {clusters.BarredToApps(), "169.254.0.0/16", opening{By: []string{"169.254.0.0/16"}}},
	} {
		t.Run(name, func(t *testing.T) {
			found := tc.from.Open(tc.cidr)
			var got opening
			if found.CIDR.IsValid() {
				got.CIDR = found.CIDR.String()
			}
			for _, except := range found.Except {
				got.Except = append(got.Except, except.String())
			}
			for _, by := range found.By {
				got.By = append(got.By, by.CIDR.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("opening of %s (-want +got):\n%s", tc.cidr, diff)
			}
		})
	}
}

// TestOpenLeavesOutExactlyWhatIsBarred holds for any ranges: an address of the range asked for is open if, and only if,
// no barred range holds it. Addresses are tried where something begins or ends, and in between.
func TestOpenLeavesOutExactlyWhatIsBarred(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		egress := Egress{}
		for range rapid.IntRange(0, 6).Draw(t, "internal") {
			egress.Internal = append(egress.Internal, drawRange(t, "internal", 1).String())
		}
		asked := drawRange(t, "asked", 0)
		barred := rapid.SampledFrom([]Barred{egress.Barred(), egress.BarredToApps()}).Draw(t, "barred")
		opening := barred.Open(asked.String())
		for _, except := range opening.Except {
			if !asked.Contains(except.Addr()) || except.Bits() <= asked.Bits() {
				t.Fatalf("%s is left out of %s, and is no part of it", except, asked)
			}
		}
		for _, address := range addressesAt(t, asked, barred) {
			if got, want := opens(opening, address), asked.Contains(address) && !barred.set.Contains(address); got != want {
				t.Fatalf("of %s, %s is open: %v, to be: %v (by %v)", asked, address, got, want, opening)
			}
			if inAny(never, address) && opens(opening, address) {
				t.Fatalf("of %s, %s is open, which never may be", asked, address)
			}
		}
	})
}

func opens(opening Opening, address netip.Addr) bool {
	if !opening.CIDR.IsValid() || !opening.CIDR.Contains(address) {
		return false
	}
	for _, except := range opening.Except {
		if except.Contains(address) {
			return false
		}
	}
	return true
}

func inAny(ranges []Range, address netip.Addr) bool {
	for _, one := range ranges {
		if one.CIDR.Contains(address) {
			return true
		}
	}
	return false
}

// drawRange draws a range that is likely to meet others: near those that are barred, or anywhere.
func drawRange(t *rapid.T, label string, least int) netip.Prefix {
	near := []string{"10.0.0.0", "10.244.0.0", "169.254.169.254", "168.63.129.16", "172.16.0.0", "fd00:ec2::254", "fe80::1", "fd00:10::"}
	address := netip.MustParseAddr(rapid.SampledFrom(near).Draw(t, label))
	if rapid.Bool().Draw(t, label+" anywhere") {
		raw := rapid.SliceOfN(rapid.Byte(), address.BitLen()/8, address.BitLen()/8).Draw(t, label+" address")
		anywhere, _ := netip.AddrFromSlice(raw)
		if !anywhere.Is4In6() {
			address = anywhere
		}
	}
	return netip.PrefixFrom(address, rapid.IntRange(least, address.BitLen()).Draw(t, label+" bits")).Masked()
}

// addressesAt are the first and the last address of each range, those beside them, and some of the range asked for.
func addressesAt(t *rapid.T, asked netip.Prefix, barred Barred) []netip.Addr {
	var all []netip.Addr
	add := func(first, last netip.Addr) {
		for _, address := range []netip.Addr{first.Prev(), first, first.Next(), last.Prev(), last, last.Next()} {
			if address.IsValid() {
				all = append(all, address)
			}
		}
	}
	add(asked.Addr(), lastOf(asked))
	for _, one := range barred.ranges {
		add(one.CIDR.Addr(), lastOf(one.CIDR))
	}
	for range 8 {
		raw := asked.Addr().AsSlice()
		noise := rapid.SliceOfN(rapid.Byte(), len(raw), len(raw)).Draw(t, "noise")
		for bit := asked.Bits(); bit < len(raw)*8; bit++ {
			raw[bit/8] |= noise[bit/8] & (0x80 >> (bit % 8))
		}
		address, _ := netip.AddrFromSlice(raw)
		all = append(all, address)
	}
	return all
}

func lastOf(prefix netip.Prefix) netip.Addr {
	raw := prefix.Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(raw)*8; bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	address, _ := netip.AddrFromSlice(raw)
	return address
}

func TestBarredPrefixesAreTheirOwn(t *testing.T) {
	var got []string
	for _, prefix := range (Egress{Internal: []string{"10.0.0.0/17", "10.0.128.0/17", "10.0.3.0/24"}}).Barred().Prefixes() {
		got = append(got, prefix.String())
	}
	want := []string{"10.0.0.0/16", "168.63.129.16/32", "169.254.0.0/16", "fd00:ec2::/32", "fd20:ce::/32", "fe80::/10"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("barred (-want +got):\n%s", diff)
	}
}

// TestNoSolutionOfTheCatalogueIsBarred holds that what the operator knows by itself opens.
func TestNoSolutionOfTheCatalogueIsBarred(t *testing.T) {
	barred := Egress{}.Barred()
	for _, class := range []EnvironmentClass{Test, Production} {
		operator := &Operator{Environment: Environment{Class: class}}
		for _, solution := range []v1alpha1.Solution{"Maskinporten", "IDPorten", "Ansattporten", "KRR", "EFormidling", "ESignering", "DigitalMailbox"} {
			for _, host := range operator.Solution(solution).Hosts {
				for _, cidr := range host.Addresses {
					if opening := barred.Open(cidr); !opening.CIDR.IsValid() || len(opening.Except) > 0 {
						t.Errorf("%s of %s: %v", cidr, solution, opening)
					}
				}
			}
		}
	}
}
