// SPDX-License-Identifier: BSD-3-Clause

package catalogue

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// What an installation says of solutions and is not refused leaves each with hosts that can be opened, never for
// everybody, and with scopes of which each is allowed.
func FuzzOverrides(f *testing.F) {
	for _, seed := range []string{
		"Folkeregisteret:\n  hosts: [{host: folkeregisteret.example.no, addresses: [192.0.2.16/32], ports: [443]}]\n",
		"Maskinporten:\n  issuer: https://maskinporten.example.no/\n  scopes: ['a:b']\n  allowed: ['a:*']\n",
		"KRR: {scopes: [openid, openid], allowed: ['*']}\n", "Nobody: {}\n", "IDPorten: {hosts: [{addresses: ['0.0.0.0/0'], ports: [0, 443, 443]}]}\n",
		"Maskinporten: {hosts: [{addresses: ['::ffff:0.0.0.0/96'], ports: [443]}]}\n", "Maskinporten: {hosts: []}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var overrides map[v1alpha1.Solution]Override
		if yaml.UnmarshalStrict(raw, &overrides) != nil || len(Validate(field.NewPath("catalogue"), overrides)) > 0 {
			return
		}
		for solution, override := range overrides {
			entry, known := Of(solution, Environment{PlatformHost: "platform.example.no"})
			if !known {
				t.Fatalf("%q is not refused", solution)
			}
			entry = entry.With(override)
			for _, scope := range entry.Scopes {
				if !entry.Allows(scope) {
					t.Fatalf("%s has %s and allows %v", solution, scope, entry.Allowed)
				}
			}
			for _, host := range override.Hosts {
				checkHost(t, host)
			}
			if entry.Issuer == "" != (entry.WellKnown() == "") {
				t.Fatalf("%s has issuer %q, which describes itself at %q", solution, entry.Issuer, entry.WellKnown())
			}
		}
	})
}

func checkHost(t *testing.T, host Host) {
	t.Helper()
	if host.Host == "" && len(host.Addresses) == 0 || len(host.Ports) == 0 || slices.Contains(host.Ports, 0) {
		t.Fatalf("%+v is not refused", host)
	}
	for _, address := range host.Addresses {
		prefix, err := netip.ParsePrefix(address)
		if err != nil || prefix.Bits() == 0 || prefix.Contains(netip.MustParseAddr("255.255.255.255")) && prefix.Contains(netip.MustParseAddr("0.0.0.0")) {
			t.Fatalf("%s is not refused", address)
		}
	}
}

// A pattern allows what it is, and with * at its end what begins so; and nothing else.
func FuzzAllows(f *testing.F) {
	for _, seed := range [][2]string{{"krr:*", "krr:x"}, {"krr:x", "krr:x"}, {"*", ""}, {"krr:*", "krr"}, {"krr:**", "krr:*"}, {"", ""}, {"a*b", "axb"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, scope string) {
		allows := Entry{Allowed: []string{pattern}}.Allows(v1alpha1.Scope(scope))
		want := pattern == scope && !strings.HasSuffix(pattern, "*")
		if n := len(pattern); n > 0 && pattern[n-1] == '*' {
			want = len(scope) >= n-1 && scope[:n-1] == pattern[:n-1]
		}
		if allows != want {
			t.Fatalf("%q allows %q: %v", pattern, scope, allows)
		}
		if (Entry{}).Allows(v1alpha1.Scope(scope)) {
			t.Fatalf("nothing allows %q", scope)
		}
	})
}

// A catalogue that is read has facts of the same solutions for both kinds of environment, each with where it was read.
func FuzzParse(f *testing.F) {
	f.Add(text)
	f.Add([]byte("KRR: {role: None, source: x, setUp: y}\n"))
	f.Add([]byte("null\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		read, err := parse(raw)
		if err != nil {
			return
		}
		if len(read.test) != len(read.production) {
			t.Fatalf("%d solutions in test, %d in production", len(read.test), len(read.production))
		}
		for solution, entry := range read.test {
			other, both := read.production[solution]
			if !both || entry.Source == "" || entry.Solution != solution || other.Client != entry.Client || !slices.Equal(other.Scopes, entry.Scopes) {
				t.Fatalf("%s: %+v in test, %+v in production", solution, entry, other)
			}
		}
	})
}
