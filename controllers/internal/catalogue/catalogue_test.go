// SPDX-License-Identifier: BSD-3-Clause

package catalogue

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// environments are both kinds there are.
var environments = map[string]Environment{
	"test": {PlatformHost: "platform.tt02.altinn.no"}, "production": {Production: true, PlatformHost: "platform.altinn.no"},
}

// declared are the solutions an App may name, as the API's source says it.
func declared(t *testing.T) []v1alpha1.Solution {
	t.Helper()
	source, err := os.ReadFile("../../../api/v1alpha1/app_parts_types.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`\+kubebuilder:validation:Enum=([A-Za-z;]+)\ntype Solution string`).FindSubmatch(source)
	if found == nil {
		t.Fatal("the API does not list the solutions where they were")
	}
	var solutions []v1alpha1.Solution
	for name := range strings.SplitSeq(string(found[1]), ";") {
		solutions = append(solutions, v1alpha1.Solution(name))
	}
	return solutions
}

func TestTheCatalogueHasTheSolutionsThatAppsMayNameAndNoOthers(t *testing.T) {
	if diff := cmp.Diff(slices.Sorted(slices.Values(declared(t))), Solutions()); diff != "" {
		t.Errorf("solutions (-of the API +of the catalogue):\n%s", diff)
	}
}

// Whoever asks for nothing but the solution gets what it takes, or is told what to do.
func TestEachSolutionWorksOrSaysWhatIsLeftToPeople(t *testing.T) {
	for name, environment := range environments {
		for _, solution := range Solutions() {
			entry, ok := Of(solution, environment)
			if !ok || entry.Solution != solution {
				t.Errorf("%s is not known in %s: %+v", solution, name, entry)
			}
			if len(entry.Hosts) == 0 && solution != "DataNorge" && !strings.Contains(entry.SetUp, "access.outbound.hosts") {
				t.Errorf("%s calls no host in %s, and does not say where to declare one: %q", solution, name, entry.SetUp)
			}
			if entry.Client == v1alpha1.ClientMaskinporten && len(entry.Scopes) == 0 && !strings.Contains(entry.SetUp, "scope") {
				t.Errorf("%s has no scopes in %s, and does not say that they must be declared: %q", solution, name, entry.SetUp)
			}
			if _, needed := solution.Chapter(); needed && entry.Role == None {
				t.Errorf("%s needs a chapter of the agreement, though its provider has no role", solution)
			}
			for _, host := range entry.Hosts {
				if strings.ContainsAny(host.Host, "{}") {
					t.Errorf("%s: host %s is no name in %s", solution, host.Host, name)
				}
			}
		}
	}
}

// There is one client of each kind, and one solution of its name, which says who gives the tokens.
func TestEachKindOfClientHasItsIssuer(t *testing.T) {
	for name, environment := range environments {
		for _, solution := range Solutions() {
			entry, _ := Of(solution, environment)
			if own := solution == v1alpha1.Solution(entry.Client); own != (entry.Issuer != "") {
				t.Errorf("%s in %s: its issuer is %q", solution, name, entry.Issuer)
			}
			if entry.Client == "" {
				continue
			}
			if issuer, _ := Of(v1alpha1.Solution(entry.Client), environment); issuer.Issuer == "" {
				t.Errorf("%s in %s: nobody gives tokens to client %s", solution, name, entry.Client)
			}
		}
	}
	for solution, want := range map[v1alpha1.Solution]string{
		"Maskinporten": "https://test.maskinporten.no/.well-known/oauth-authorization-server",
		"IDPorten":     "https://test.idporten.no/.well-known/openid-configuration",
		"Ansattporten": "https://test.ansattporten.no/.well-known/openid-configuration",
		"KRR":          "",
	} {
		if entry, _ := Of(solution, environments["test"]); entry.WellKnown() != want {
			t.Errorf("%s describes itself at %q, want %q", solution, entry.WellKnown(), want)
		}
	}
}

// Test and production keep apart: no name is called in both but those of open registers.
func TestNoHostServesBothTestAndProduction(t *testing.T) {
	for _, solution := range Solutions() {
		test, _ := Of(solution, environments["test"])
		production, _ := Of(solution, environments["production"])
		for _, host := range test.Hosts {
			if host.Host != "" && host.Host != "data.brreg.no" && slices.ContainsFunc(production.Hosts, func(other Host) bool { return other.Host == host.Host }) {
				t.Errorf("%s calls %s in both", solution, host.Host)
			}
		}
	}
}

func TestEntriesAreSharedButNotChanged(t *testing.T) {
	first, _ := Of("AltinnStorage", environments["test"])
	second, _ := Of("AltinnStorage", Environment{PlatformHost: "platform.at22.altinn.cloud"})
	if first.Hosts[0].Host != "platform.tt02.altinn.no" || second.Hosts[0].Host != "platform.at22.altinn.cloud" {
		t.Errorf("the hosts are %s and %s", first.Hosts[0].Host, second.Hosts[0].Host)
	}
	if _, ok := Of("Telex", environments["test"]); ok {
		t.Error("a solution is known that is not in the catalogue")
	}
}

func TestAllows(t *testing.T) {
	for _, tc := range []struct {
		allowed []string
		scope   v1alpha1.Scope
		want    bool
	}{
		{nil, "krr:a", false},
		{[]string{"krr:a"}, "krr:a", true},
		{[]string{"krr:a"}, "krr:ab", false},
		{[]string{"altinn:a", "krr:*"}, "krr:global/kontaktinformasjon.read", true},
		{[]string{"krr:*"}, "altinn:krr:a", false},
		{[]string{"*"}, "openid", true},
		{[]string{"digdir:dialogporten*"}, "digdir:dialogporten", true},
	} {
		if got := (Entry{Allowed: tc.allowed}).Allows(tc.scope); got != tc.want {
			t.Errorf("%q allow %s: want %v, got %v", tc.allowed, tc.scope, tc.want, got)
		}
	}
}

func TestAnOverrideReplacesWhatItGivesAndNothingElse(t *testing.T) {
	entry := Entry{
		Solution: "IDPorten", Client: "IDPorten", Scopes: []v1alpha1.Scope{"openid"}, Allowed: []string{"openid"}, Hosts: []Host{{Host: "a.no"}},
		Issuer: "https://a.no", Role: Processor, Availability: "now and then", LogRetention: "1 year", SetUp: "Wait.", Source: "hearsay",
	}
	changed := func(change func(*Entry)) Entry { other := entry; change(&other); return other }
	for name, tc := range map[string]struct {
		override Override
		want     Entry
	}{
		"nothing":           {Override{}, entry},
		"hosts":             {Override{Hosts: []Host{{Host: "b.no"}}}, changed(func(e *Entry) { e.Hosts = []Host{{Host: "b.no"}} })},
		"no hosts":          {Override{Hosts: []Host{}}, changed(func(e *Entry) { e.Hosts = []Host{} })},
		"scopes":            {Override{Scopes: []v1alpha1.Scope{"profile"}}, changed(func(e *Entry) { e.Scopes = []v1alpha1.Scope{"profile"} })},
		"scopes to declare": {Override{Allowed: []string{"*"}}, changed(func(e *Entry) { e.Allowed = []string{"*"} })},
		"an issuer":         {Override{Issuer: "https://b.no"}, changed(func(e *Entry) { e.Issuer = "https://b.no" })},
		"promises and all": {Override{Availability: "always", LogRetention: "no time", SetUp: "Go."}, changed(func(e *Entry) {
			e.Availability, e.LogRetention, e.SetUp = "always", "no time", "Go."
		})},
	} {
		if diff := cmp.Diff(tc.want, entry.With(tc.override)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestACatalogueIsReadStrictly(t *testing.T) {
	const fine = "KRR: {client: Maskinporten, allowed: ['krr:*'], role: Controller, source: a guide, setUp: Declare it.}\n"
	if _, err := parse([]byte(fine)); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ place, replacement, want string }{
		"an unknown key":          {"setUp", "colour", `unknown field "colour"`},
		"an entry twice":          {fine, fine + fine, "already set in map"},
		"an unknown client":       {"Maskinporten", "Feide", `KRR.test.client: Unsupported value: "Feide": supported values: "Ansattporten", "IDPorten", "Maskinporten"`},
		"an unknown role":         {"role: Controller", "role: Guest", `KRR.production.role: Unsupported value: "Guest": supported values: "Controller", "ControllerAndProcessor", "None", "Processor"`},
		"no source":               {"a guide", "''", "KRR.test.source: Required value: where the facts were read"},
		"neither host nor set-up": {"Declare it.", "''", "KRR.production.setUp: Required value: what people must declare themselves, since no host is known"},
		"an impossible host":      {"role", "hosts: {test: [{host: A, ports: [443]}]}, role", `KRR.test.hosts[0].host: Invalid value: "A"`},
		"scopes without a client": {"client: Maskinporten, ", "", "KRR.test.scopes: Forbidden: KRR asks for no client, which alone could have scopes"},
	} {
		if strings.Count(fine, tc.place) != 1 {
			t.Fatalf("%s does not stand once in the file", tc.place)
		}
		if _, err := parse([]byte(strings.Replace(fine, tc.place, tc.replacement, 1))); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: want %q in the error, got %v", name, tc.want, err)
		}
	}
}
