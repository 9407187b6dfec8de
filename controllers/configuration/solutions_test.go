// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
)

// replaced is a text with one place changed.
func replaced(text, place, replacement string) string {
	if strings.Count(text, place) != 1 {
		panic(place + " does not stand once in the text")
	}
	return strings.Replace(text, place, replacement, 1)
}

func TestASolutionIsWhatHoldsHere(t *testing.T) {
	load := func(t *testing.T, file string) *Operator {
		t.Helper()
		operator, err := Load(fileOf(t, file))
		if err != nil {
			t.Fatal(err)
		}
		return operator
	}
	hosts := func(operator *Operator, solution v1alpha1.Solution) string {
		var names []string
		for _, host := range operator.Solution(solution).Hosts {
			names = append(names, host.Host+" "+strings.Join(operator.Addresses(host), " "))
		}
		return strings.Join(names, ", ")
	}
	issuerOf := func(operator *Operator, solution v1alpha1.Solution) string { return operator.Solution(solution).Issuer }

	plain := load(t, edited(class, "class: Development"))
	production := load(t, changed(ofProduction...)+selfServiceOfProduction+storageOfProduction)
	standIn := load(t, changed(issuer, "issuer: http://127.0.0.1:8080/"))
	otherwise := load(t, changed()+`catalogue:
  KRR:
    hosts: [{host: krr.example.no, ports: [8443]}]
    scopes: []
  Maskinporten: {issuer: "https://localhost/"}
  IDPorten: {hosts: []}
`)
	for _, tc := range []struct{ what, got, want string }{
		{"a test's host in development", hosts(plain, "KRR"), "test.kontaktregisteret.no 139.105.36.137/32"},
		{"production's host in production", hosts(production, "KRR"), "kontaktregisteret.no 139.105.36.169/32"},
		{"the platform's host", hosts(plain, "AltinnStorage"), "platform.tt02.altinn.no "},
		{"an address that the configuration gives", hosts(production, "IDPorten"), "idporten.no 139.105.36.167/32"},
		{"another host", hosts(otherwise, "KRR"), "krr.example.no "},
		{"no host", hosts(otherwise, "IDPorten"), ""},
		{"the issuer of tests", issuerOf(plain, "Maskinporten"), "https://test.maskinporten.no/"},
		{"the issuer of production", issuerOf(production, "IDPorten"), "https://idporten.no"},
		{"the issuer of the operator's own tokens", issuerOf(standIn, "Maskinporten"), "http://127.0.0.1:8080/"},
		{"the issuer that the catalogue gives", issuerOf(otherwise, "Maskinporten"), "https://localhost/"},
		{"no issuer of what gives no tokens", issuerOf(plain, "KRR"), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: want %q, got %q", tc.what, tc.want, tc.got)
		}
	}
	if scopes := otherwise.Solution("KRR").Scopes; len(scopes) > 0 {
		t.Errorf("want the scopes taken away, got %q", scopes)
	}
	if scopes := plain.Solution("KRR").Scopes; len(scopes) != 1 {
		t.Errorf("want the scopes that are built in, got %q", scopes)
	}
}

func TestAConfigurationThatIsNotLoadedKnowsSolutionsToo(t *testing.T) {
	if got := (&Operator{}).Solution("Maskinporten").Issuer; got != "https://test.maskinporten.no/" {
		t.Errorf("want the issuer of tests, got %q", got)
	}
	if diff := cmp.Diff(catalogue.Entry{Solution: "Telex"}, (&Operator{}).Solution("Telex")); diff != "" {
		t.Errorf("a solution that is not known (-want +got):\n%s", diff)
	}
}

func TestTheAddressesThatAreConfiguredWin(t *testing.T) {
	operator := &Operator{Egress: Egress{Hosts: map[string][]string{"a.example.no": {"192.0.2.1/32"}, "b.example.no": {}}}}
	for host, want := range map[string]string{"a.example.no": "192.0.2.1/32", "b.example.no": "192.0.2.9/32", "c.example.no": "192.0.2.9/32"} {
		got := operator.Addresses(catalogue.Host{Host: host, Addresses: []string{"192.0.2.9/32"}})
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: want %s, got %q", host, want, got)
		}
	}
}

func TestLoadRefusesACatalogueThatCannotBe(t *testing.T) {
	const (
		production = `catalogue[IDPorten].issuer: Invalid value: "https://idporten.no": is production's, whose keys and certificates are not for class Test: use https://test.idporten.no`
		notAllowed = `catalogue[KRR].scopes[0]: Invalid value: "altinn:a": must be one of those allowed: krr:*`
	)
	with := func(line string, want ...string) loadCase {
		for i := range want {
			want[i] = "24: " + want[i]
		}
		return loadCase{file: valid + "catalogue:\n  " + line + "\n", want: want}
	}
	known := `"` + strings.Join(names(catalogue.Solutions()), `", "`) + `"`
	tryLoad(t, map[string]loadCase{
		"of an unknown solution":      with("Telex: {setUp: Write.}", `catalogue[Telex]: Unsupported value: "Telex": supported values: `+known),
		"of an unknown key":           with("KRR: {client: IDPorten}", "catalogue.KRR.client: "+unknown),
		"of an unknown key of a host": with("KRR: {hosts: [{host: a.no, ports: [443], cidr: a}]}", "catalogue.KRR.hosts[0].cidr: "+unknown),
		"of an issuer that is none":   with("KRR: {issuer: \"https://a.no\"}", "catalogue[KRR].issuer: Forbidden: KRR gives no tokens and logs nobody in"),
		"of production's issuer":      with("IDPorten: {issuer: \"https://idporten.no\"}", production),
		"of an issuer that is no URL": with("IDPorten: {issuer: idporten}",
			`catalogue[IDPorten].issuer: Invalid value: "idporten": must be a whole URL with its host in lower case, as https://test.idporten.no`),
		"of a host that is none": with("KRR: {hosts: [{host: \"*.a.no\", ports: [443]}]}", `catalogue[KRR].hosts[0].host: Invalid value: "*.a.no": `+notAName),
		"of the file's own mark": with("KRR: {hosts: [{host: \"{platformHost}\", ports: [443]}]}", `catalogue[KRR].hosts[0].host: Invalid value: "{platformHost}": `+notAName),
		"of a host without name or addresses": with("KRR: {hosts: [{ports: [443]}]}",
			"catalogue[KRR].hosts[0].host: Required value: its name; one that is left out needs addresses"),
		"of a host without ports": with("KRR: {hosts: [{host: a.no}]}", "catalogue[KRR].hosts[0].ports: Required value: the TCP ports that are called, as [443]"),
		"of a port that cannot be": with("KRR: {hosts: [{host: a.no, ports: [0, 443, 443]}]}",
			"catalogue[KRR].hosts[0].ports[0]: Invalid value: 0: must be between 1 and 65535, inclusive", "catalogue[KRR].hosts[0].ports[2]: Duplicate value: 443"),
		"of a port in words": { // the decoder does not tell the key of a map
			file: valid + "catalogue:\n  KRR: {hosts: [{host: a.no, ports: [https]}]}\n", want: []string{"23: catalogue.hosts.ports: must be a whole number, not string"},
		},
		"of an address without its range": with("KRR: {hosts: [{host: a.no, ports: [443], addresses: [192.0.2.1]}]}",
			`catalogue[KRR].hosts[0].addresses[0]: Invalid value: "192.0.2.1": must be a range of addresses, as 139.105.36.164/32; everything (/0) is not allowed`),
		"of everywhere": with("KRR: {hosts: [{host: a.no, ports: [443], addresses: [0.0.0.0/0]}]}",
			`catalogue[KRR].hosts[0].addresses[0]: Invalid value: "0.0.0.0/0": must be a range of addresses, as 139.105.36.164/32; everything (/0) is not allowed`),
		"of a scope that is not allowed": with("KRR: {scopes: [\"altinn:a\"]}", notAllowed),
		"of a scope twice":               with("KRR: {scopes: [\"krr:a\", \"krr:a\"]}", `catalogue[KRR].scopes[1]: Duplicate value: "krr:a"`),
		"of a scope that is none":        with("KRR: {scopes: [krr]}", `catalogue[KRR].scopes[0]: Invalid value: "krr": must be openid, profile, or of the form prefix:subscope`),
		"of a pattern with a star within": with("KRR: {allowed: [\"krr:*\", \"krr:*.read\"]}",
			`catalogue[KRR].allowed[1]: Invalid value: "krr:*.read": must be a scope, or the beginning of scopes with * at its end, as krr:*`),
		"of scopes where there is no client": with("ELMA: {allowed: [\"krr:*\"]}", "catalogue[ELMA].scopes: Forbidden: ELMA asks for no client, which alone could have scopes"),
	})
}

func names(solutions []v1alpha1.Solution) []string {
	var texts []string
	for _, solution := range solutions {
		texts = append(texts, string(solution))
	}
	return texts
}

func BenchmarkSolution(b *testing.B) {
	operator := &Operator{Environment: Environment{PlatformHost: "platform.tt02.altinn.no"}}
	for b.Loop() {
		if operator.Solution("AltinnStorage").Client == "" {
			b.Fatal("no client")
		}
	}
}
