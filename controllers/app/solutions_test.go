// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// integrating are the facts of an App that integrates with solutions.
func integrating(t testing.TB, solutions ...v1alpha1.Solution) app.Facts {
	facts := usualFacts(t)
	for _, solution := range solutions {
		facts.App.Spec.Integrations = append(facts.App.Spec.Integrations, v1alpha1.Integration{Solution: solution})
	}
	return facts
}

// openedFor renders what the App may call, one line per rule: its addresses and its ports.
func openedFor(t *testing.T, facts app.Facts, action decide.Action) []string {
	t.Helper()
	children, err := (&app.Kind{Operator: facts.Operator}).Render(facts.App, facts, action)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, child := range children {
		policy, ok := child.Object.(*networkingv1.NetworkPolicy)
		if !ok {
			continue
		}
		for _, rule := range policy.Spec.Egress {
			var words []string
			for _, peer := range rule.To {
				words = append(words, peer.IPBlock.CIDR)
			}
			for _, port := range rule.Ports {
				words = append(words, fmt.Sprintf("%s:%d", *port.Protocol, port.Port.IntValue()))
			}
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return lines
}

func TestAnAppMayCallWhatItsSolutionsNeed(t *testing.T) {
	for name, tc := range map[string]struct {
		solutions []v1alpha1.Solution
		change    func(*app.Facts)
		want      []string
	}{
		"and nothing without any": {},
		"and nothing for one that calls nothing": {
			solutions: []v1alpha1.Solution{"DataNorge"},
		},
		"and no Maskinporten for one that needs no tokens of its": {
			solutions: []v1alpha1.Solution{"IDPorten"}, want: []string{"139.105.36.135/32 TCP:443"},
		},
		"and Maskinporten for one that does, though its own host is not known": {
			solutions: []v1alpha1.Solution{"Folkeregisteret"}, want: []string{"139.105.36.132/32 TCP:443"},
		},
		"on each port, also those of mail queues and of lists of revoked certificates": {
			solutions: []v1alpha1.Solution{"EFormidling"},
			change: func(f *app.Facts) {
				f.Operator.Egress.Hosts = map[string][]string{"efm-dpe-qa.servicebus.windows.net": {"192.0.2.1/32"}}
			},
			want: []string{
				"137.221.25.65/32 137.221.28.65/32 139.105.36.132/32 139.105.36.137/32 TCP:443",
				"185.62.163.191/32 185.62.163.56/32 TCP:80",
				"192.0.2.1/32 TCP:443 TCP:5671",
			},
		},
		"with one rule for an address that several need on other ports": {
			solutions: []v1alpha1.Solution{"ESignering", "Enhetsregisteret"},
			change: func(f *app.Facts) {
				f.Operator.Egress.Hosts = map[string][]string{"data.brreg.no": {"51.124.140.176/28"}}
			},
			want: []string{"51.124.140.176/28 TCP:80 TCP:443"},
		},
		"in production at production's addresses": {
			solutions: []v1alpha1.Solution{"KRR", "Ansattporten"},
			change:    func(f *app.Facts) { f.Operator.Environment.Class = configuration.Production },
			want:      []string{"139.105.36.164/32 139.105.36.165/32 139.105.36.169/32 TCP:443"},
		},
		"at the hosts that the configuration puts in the place of those built in": {
			solutions: []v1alpha1.Solution{"IDPorten"},
			change: func(f *app.Facts) {
				f.Operator.Catalogue = map[v1alpha1.Solution]catalogue.Override{"IDPorten": {Hosts: []catalogue.Host{
					{Host: "login.example.no", Addresses: []string{"192.0.2.7/32"}, Ports: []v1alpha1.Port{8443}},
				}}}
			},
			want: []string{"192.0.2.7/32 TCP:8443"},
		},
		"but never the metadata endpoint": {
			solutions: []v1alpha1.Solution{"Enhetsregisteret"},
			change: func(f *app.Facts) {
				f.Operator.Egress.Hosts = map[string][]string{"data.brreg.no": {"169.254.169.254/32"}}
			},
		},
		"beside what it names itself, and the same thing once": {
			solutions: []v1alpha1.Solution{"Maskinporten"},
			change: func(f *app.Facts) {
				f.App.Spec.Access.Outbound.Hosts = []v1alpha1.OutboundHost{
					{CIDR: "192.0.2.3/32", Ports: []v1alpha1.Port{443}}, {CIDR: "139.105.36.132/32", Ports: []v1alpha1.Port{443}},
				}
			},
			want: []string{"192.0.2.3/32 TCP:443", "139.105.36.132/32 TCP:443"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := integrating(t, tc.solutions...)
			if tc.change != nil {
				tc.change(&facts)
			}
			if diff := cmp.Diff(tc.want, openedFor(t, facts, decide.ActionAdmit)); diff != "" {
				t.Errorf("what it may call (-want +got):\n%s", diff)
			}
			if closed := openedFor(t, facts, decide.ActionWithdraw); len(closed) > 0 {
				t.Errorf("it may call this though it is withdrawn: %q", closed)
			}
		})
	}
}

func TestTheOrderOfSolutionsOpensNothingElse(t *testing.T) {
	solutions := catalogue.Solutions()
	want := openedFor(t, integrating(t, solutions...), decide.ActionAdmit)
	slices.Reverse(solutions)
	if diff := cmp.Diff(want, openedFor(t, integrating(t, solutions...), decide.ActionAdmit)); diff != "" {
		t.Errorf("what it may call (-as listed +the other way round):\n%s", diff)
	}
}

func TestHostsOfSolutionsThatStayClosedAreToldOf(t *testing.T) {
	closedFor := func(host, solutions string) decide.Finding {
		finding := closedHost(host)
		finding.Message = strings.Replace(finding.Message, host, host+", which the App needs for "+solutions+",", 1)
		finding.Remedy = "Add egress.hosts[" + host + "] to the operator's configuration"
		return finding
	}
	for name, tc := range map[string]struct {
		solutions []v1alpha1.Solution
		hosts     map[string][]string
		want      decide.Verdict
	}{
		"not those that an address is published of": {
			solutions: []v1alpha1.Solution{"Maskinporten", "IDPorten", "KRR"}, want: admitted(),
		},
		"each once, with all who need it": {
			solutions: []v1alpha1.Solution{"AltinnStorage", "Enhetsregisteret", "Dialogporten"},
			want: decide.Verdict{Action: decide.ActionAdmit, Findings: []decide.Finding{
				closedFor("platform.tt02.altinn.no", "AltinnStorage, Dialogporten"), closedFor("data.brreg.no", "Enhetsregisteret"),
			}},
		},
		"not those that the configuration gives the addresses of": {
			solutions: []v1alpha1.Solution{"AltinnStorage"}, hosts: map[string][]string{"platform.tt02.altinn.no": {"192.0.2.1/32"}},
			want: admitted(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := integrating(t, tc.solutions...)
			facts.Operator.Egress.Hosts = tc.hosts
			got := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			if diff := cmp.Diff(tc.want.Findings, got.Findings); diff != "" || got.Action != tc.want.Action {
				t.Errorf("%v, findings (-want +got):\n%s", got.Action, diff)
			}
		})
	}
}
