// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

const (
	clouds  = "169.254.0.0/16 (where a cloud tells machines their secrets)"
	inApps  = "Name Apps in access.outbound.apps, and not their addresses; for anything else there, ask the platform team"
	correct = "Correct its addresses, or egress.internal, in the operator's configuration"
)

func cut(actor v1alpha1.Actor, message, remedy string) decide.Finding {
	return decide.Finding{Effect: decide.Warn, Part: "Network", Message: message, Actor: actor, Remedy: remedy}
}

func namesUnknown(hosts string) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: "Network", Reason: v1alpha1.ReasonProviderMissing, Actor: v1alpha1.ActorPlatform,
		Message: "The cluster does not know CiliumNetworkPolicy (cilium.io/v2), which opens hosts by their names: the App runs, and closed to it stay " + hosts,
		Remedy:  "Install Cilium with its CRDs, or name another egress.provider in the operator's configuration; the App follows by itself",
	}
}

func wildcard(host string) decide.Finding {
	return cut(v1alpha1.ActorServiceOwner, "Host "+host+" stays closed: a NetworkPolicy knows no wildcards",
		"Name each host by itself, or a cidr; with egress.provider Cilium wildcards are opened")
}

// named and ranged are entries of access.outbound.hosts.
func named(host v1alpha1.HostName) v1alpha1.OutboundHost {
	return v1alpha1.OutboundHost{Host: host, Ports: []v1alpha1.Port{443}}
}

func ranged(cidr string) v1alpha1.OutboundHost {
	return v1alpha1.OutboundHost{CIDR: cidr, Ports: []v1alpha1.Port{443}}
}

// networkCase is an App that calls hosts, and what is said of it.
type networkCase struct {
	hosts     []v1alpha1.OutboundHost
	solutions []v1alpha1.Solution
	egress    configuration.Egress
	// unknown says that the cluster does not know CiliumNetworkPolicy.
	unknown bool
	// change is what else is otherwise.
	change func(*app.Facts)
	want   []decide.Finding
	status v1alpha1.NetworkStatus
}

func (c networkCase) facts(t testing.TB) app.Facts {
	facts := integrating(t, c.solutions...)
	facts.App.Spec.Access.Outbound.Hosts = c.hosts
	facts.Operator.Egress, facts.NamesKnown = c.egress, !c.unknown
	if c.change != nil {
		c.change(&facts)
	}
	return facts
}

var byNetworkPolicy = map[string]networkCase{
	"nothing is called": {status: v1alpha1.NetworkStatus{Provider: "NetworkPolicy"}},
	"hosts with and without addresses, and a wildcard": {
		hosts: []v1alpha1.OutboundHost{named("b.example.no"), named("a.example.no"), named("*.example.no")}, solutions: []v1alpha1.Solution{"KRR", "AltinnStorage"},
		egress: configuration.Egress{Provider: configuration.EgressNetworkPolicy, Hosts: map[string][]string{"b.example.no": {"192.0.2.1/32"}, "platform.tt02.altinn.no": {"192.0.2.2/32"}}},
		want:   []decide.Finding{closedHost("a.example.no"), wildcard("*.example.no")},
		status: v1alpha1.NetworkStatus{Provider: "NetworkPolicy", ClosedHosts: []string{"*.example.no", "a.example.no"}},
	},
	"a host that a solution needs and the App names, told of for each": {
		hosts: []v1alpha1.OutboundHost{named("data.brreg.no")}, solutions: []v1alpha1.Solution{"Enhetsregisteret"},
		want: []decide.Finding{closedHost("data.brreg.no"), cut(v1alpha1.ActorPlatform,
			"Host data.brreg.no, which the App needs for Enhetsregisteret, stays closed: a NetworkPolicy needs its addresses, and the configuration gives none",
			"Add egress.hosts[data.brreg.no] to the operator's configuration")},
		status: v1alpha1.NetworkStatus{Provider: "NetworkPolicy", ClosedHosts: []string{"data.brreg.no"}},
	},
	"ranges in, around and beside what is internal": {
		hosts:  []v1alpha1.OutboundHost{ranged("10.244.7.0/24"), ranged("10.0.0.0/8"), ranged("192.0.2.0/24"), ranged("169.254.169.0/24"), ranged("fe80::/10")},
		egress: configuration.Egress{Internal: []string{"10.244.0.0/16", "10.0.0.0/16"}},
		want: []decide.Finding{
			cut(v1alpha1.ActorServiceOwner, "Range 10.244.7.0/24 stays closed: it lies in 10.244.0.0/16 (the platform's own)", inApps),
			cut(v1alpha1.ActorServiceOwner, "Range 10.0.0.0/8 is opened without 10.244.0.0/16, 10.0.0.0/16 (the platform's own)", inApps),
			cut(v1alpha1.ActorServiceOwner, "Range 169.254.169.0/24 stays closed: it lies in "+clouds, inApps),
			cut(v1alpha1.ActorServiceOwner, "Range fe80::/10 stays closed: it lies in fe80::/10 (where a cloud tells machines their secrets)", inApps),
		},
		status: v1alpha1.NetworkStatus{Provider: "NetworkPolicy"},
	},
	"a private range where nothing is told to be internal": {
		hosts: []v1alpha1.OutboundHost{ranged("10.1.0.0/16")},
		want: []decide.Finding{cut(v1alpha1.ActorServiceOwner, "Range 10.1.0.0/16 stays closed: it lies in 10.0.0.0/8 (private, and so taken for the platform's own)",
			inApps+", which can tell in egress.internal of the operator's configuration what the platform's own ranges are")},
		status: v1alpha1.NetworkStatus{Provider: "NetworkPolicy"},
	},
	"a range that admission would have refused": {
		hosts:  []v1alpha1.OutboundHost{ranged("::ffff:169.254.169.254/128"), ranged("here")},
		egress: configuration.Egress{Internal: []string{"10.244.0.0/16"}},
		want: []decide.Finding{
			cut(v1alpha1.ActorServiceOwner, "Range ::ffff:169.254.169.254/128 stays closed: it lies in ::ffff:0.0.0.0/96 (IPv4 addresses written as IPv6)", inApps),
			cut(v1alpha1.ActorServiceOwner, "Range here stays closed: it lies in no range that can be read", inApps),
		},
		status: v1alpha1.NetworkStatus{Provider: "NetworkPolicy"},
	},
	"addresses of the configuration in and around what is barred": {
		hosts: []v1alpha1.OutboundHost{named("in.example.no"), named("around.example.no"), named("some.example.no")}, solutions: []v1alpha1.Solution{"KRR", "IDPorten"},
		egress: configuration.Egress{Internal: []string{"10.244.0.0/16", "139.105.36.132/32"}, Hosts: map[string][]string{
			"in.example.no": {"169.254.169.254/32"}, "around.example.no": {"10.0.0.0/8"}, "some.example.no": {"10.244.0.1/32", "192.0.2.1/32"},
		}},
		want: []decide.Finding{
			cut(v1alpha1.ActorPlatform, "Host in.example.no is not opened at 169.254.169.254/32: it lies in "+clouds, correct),
			cut(v1alpha1.ActorPlatform, "Host around.example.no is opened at 10.0.0.0/8 without 10.244.0.0/16 (the platform's own)", correct),
			cut(v1alpha1.ActorPlatform, "Host some.example.no is not opened at 10.244.0.1/32: it lies in 10.244.0.0/16 (the platform's own)", correct),
			cut(v1alpha1.ActorPlatform, "Host test.maskinporten.no, which the App needs for KRR, is not opened at 139.105.36.132/32: it lies in 139.105.36.132/32 (the platform's own)", correct),
		},
		status: v1alpha1.NetworkStatus{Provider: "NetworkPolicy", ClosedHosts: []string{"in.example.no", "test.maskinporten.no"}},
	},
	"a solution without names, in what is internal": {
		solutions: []v1alpha1.Solution{"ESignering"}, egress: configuration.Egress{Internal: []string{"51.124.140.176/28"}},
		want:   []decide.Finding{cut(v1alpha1.ActorPlatform, "What is called, which the App needs for ESignering, is not opened at 51.124.140.176/28: it lies in 51.124.140.176/28 (the platform's own)", correct)},
		status: v1alpha1.NetworkStatus{Provider: "NetworkPolicy"},
	},
}

var throughCilium = map[string]networkCase{
	"all that has a name": {
		hosts: []v1alpha1.OutboundHost{named("a.example.no"), named("*.example.no")}, solutions: []v1alpha1.Solution{"KRR", "AltinnStorage", "ESignering"},
		egress: byCilium(), status: v1alpha1.NetworkStatus{Provider: "Cilium"},
	},
	"a host that the App names, whatever addresses it has": {
		hosts: []v1alpha1.OutboundHost{named("a.example.no")}, egress: cilium("a.example.no", "169.254.169.254/32"),
		status: v1alpha1.NetworkStatus{Provider: "Cilium"},
	},
	"a solution at the configuration's own addresses": {
		solutions: []v1alpha1.Solution{"Enhetsregisteret"}, egress: cilium("data.brreg.no", "10.244.0.1/32"),
		want: []decide.Finding{cut(v1alpha1.ActorPlatform,
			"Host data.brreg.no, which the App needs for Enhetsregisteret, is not opened at 10.244.0.1/32: it lies in 10.244.0.0/16 (the platform's own)", correct)},
		status: v1alpha1.NetworkStatus{Provider: "Cilium", ClosedHosts: []string{"data.brreg.no"}},
	},
	"ranges as without Cilium": {
		hosts: []v1alpha1.OutboundHost{ranged("10.244.7.0/24")}, egress: byCilium(),
		want:   []decide.Finding{cut(v1alpha1.ActorServiceOwner, "Range 10.244.7.0/24 stays closed: it lies in 10.244.0.0/16 (the platform's own)", inApps)},
		status: v1alpha1.NetworkStatus{Provider: "Cilium"},
	},
	"names in a cluster that does not know the kind": {
		hosts: []v1alpha1.OutboundHost{named("b.example.no"), named("data.brreg.no")}, solutions: []v1alpha1.Solution{"Enhetsregisteret", "IDPorten"},
		egress: cilium("b.example.no", "192.0.2.1/32"), unknown: true,
		want:   []decide.Finding{namesUnknown("b.example.no, data.brreg.no, test.idporten.no")},
		status: v1alpha1.NetworkStatus{Provider: "Cilium", ClosedHosts: []string{"b.example.no", "data.brreg.no", "test.idporten.no"}},
	},
	"no names in a cluster that does not know the kind": {
		hosts: []v1alpha1.OutboundHost{ranged("192.0.2.0/24")}, solutions: []v1alpha1.Solution{"ESignering"}, egress: byCilium(), unknown: true,
		status: v1alpha1.NetworkStatus{Provider: "Cilium"},
	},
}

// cilium is egress by names, with the addresses of one host.
func cilium(host string, addresses ...string) configuration.Egress {
	egress := byCilium()
	egress.Hosts = map[string][]string{host: addresses}
	return egress
}

func TestWhatStaysClosedIsToldOf(t *testing.T) {
	for provider, cases := range map[string]map[string]networkCase{"NetworkPolicy": byNetworkPolicy, "Cilium": throughCilium} {
		for name, tc := range cases {
			t.Run(provider+", "+name, func(t *testing.T) {
				facts := tc.facts(t)
				verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
				got := slices.DeleteFunc(verdict.Findings, func(finding decide.Finding) bool { return finding.Part != "Network" })
				if len(got) == 0 {
					got = nil
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
				(&app.Kind{}).Describe(facts.App, facts, []observe.Health{})
				if diff := cmp.Diff(&tc.status, facts.App.Status.Network); diff != "" {
					t.Errorf("status.network (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestNoOpeningHoldsWhatIsBarred holds whatever is declared, by the App and by the configuration: of all that its
// NetworkPolicy opens, no address is internal, or one where clouds tell secrets; and no name opens one with Cilium,
// since it is denied.
func TestNoOpeningHoldsWhatIsBarred(t *testing.T) {
	forbidden := []netip.Prefix{
		netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("168.63.129.16/32"),
		netip.MustParsePrefix("fd00:ec2::254/128"), netip.MustParsePrefix("fd20:ce::254/128"),
	}
	base := integrating(t, "Enhetsregisteret", "KRR", "ESignering")
	rapid.Check(t, func(t *rapid.T) {
		facts := base
		operator, subject := *base.Operator, base.App.DeepCopy()
		closed := slices.Clone(forbidden)
		operator.Egress = configuration.Egress{Provider: rapid.SampledFrom([]configuration.EgressProvider{"", "NetworkPolicy", "Cilium"}).Draw(t, "provider")}
		for range rapid.IntRange(0, 5).Draw(t, "internal") {
			internal := anyRange(t, "internal", 1)
			operator.Egress.Internal = append(operator.Egress.Internal, internal.String())
			closed = append(closed, internal)
		}
		operator.Egress.Hosts = map[string][]string{"data.brreg.no": {anyRange(t, "of a solution", 0).String()}, "a.example.no": {anyRange(t, "of a host", 0).String()}}
		operator.Catalogue = map[v1alpha1.Solution]catalogue.Override{"KRR": {Hosts: []catalogue.Host{{Host: "krr.example.no", Addresses: []string{anyRange(t, "of the catalogue", 0).String()}, Ports: []v1alpha1.Port{443}}}}}
		subject.Spec.Access.Outbound.Hosts = []v1alpha1.OutboundHost{named("a.example.no")}
		for range rapid.IntRange(0, 4).Draw(t, "declared") {
			subject.Spec.Access.Outbound.Hosts = append(subject.Spec.Access.Outbound.Hosts, ranged(anyRange(t, "declared", 1).String()))
		}
		facts.Operator, facts.App, facts.NamesKnown = &operator, subject, true
		children, err := (&app.Kind{Operator: &operator}).Render(subject, facts, decide.ActionAdmit)
		if err != nil {
			t.Fatal(err)
		}
		for _, child := range children {
			for _, address := range edgesOf(closed) {
				switch policy := child.Object.(type) {
				case *networkingv1.NetworkPolicy:
					if block := openTo(policy, address); block != nil {
						t.Fatalf("%s is open by %v", address, block)
					}
				case *unstructured.Unstructured:
					if !denies(policy, address) {
						t.Fatalf("%s is open to names that lead there", address)
					}
				}
			}
		}
	})
}

// openTo is the block of a policy's egress that opens an address; nil when none does.
func openTo(policy *networkingv1.NetworkPolicy, address netip.Addr) *networkingv1.IPBlock {
	within := func(cidr string) bool { return netip.MustParsePrefix(cidr).Contains(address) }
	for _, rule := range policy.Spec.Egress {
		for _, peer := range rule.To {
			if peer.IPBlock != nil && within(peer.IPBlock.CIDR) && !slices.ContainsFunc(peer.IPBlock.Except, within) {
				return peer.IPBlock
			}
		}
	}
	return nil
}

// denies says whether a policy denies an address, whatever else opens it.
func denies(policy *unstructured.Unstructured, address netip.Addr) bool {
	for _, rule := range policy.Object["spec"].(map[string]any)["egressDeny"].([]any) {
		for _, cidr := range rule.(map[string]any)["toCIDR"].([]any) {
			if netip.MustParsePrefix(cidr.(string)).Contains(address) {
				return true
			}
		}
	}
	return false
}

// edgesOf are addresses at both ends of ranges, and in their middle.
func edgesOf(ranges []netip.Prefix) []netip.Addr {
	var all []netip.Addr
	for _, one := range ranges {
		for _, fill := range []byte{0, 0x55, 0xff} {
			raw := one.Addr().AsSlice()
			for bit := one.Bits(); bit < len(raw)*8; bit++ {
				raw[bit/8] |= fill & (0x80 >> (bit % 8))
			}
			address, _ := netip.AddrFromSlice(raw)
			all = append(all, address)
		}
	}
	return all
}

// anyRange draws a range that is likely to meet another.
func anyRange(t *rapid.T, label string, least int) netip.Prefix {
	near := []string{"10.0.0.0", "10.244.3.0", "169.254.169.254", "168.63.129.16", "139.105.36.132", "51.124.140.180", "192.0.2.1", "fd00:ec2::254", "fe80::1", "fd20:ce::1", "2001:db8::1"}
	address := netip.MustParseAddr(rapid.SampledFrom(near).Draw(t, label))
	return netip.PrefixFrom(address, rapid.IntRange(least, address.BitLen()).Draw(t, label+" bits")).Masked()
}
