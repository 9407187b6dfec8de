// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// outside is what the outside systems need, to stand behind valid, in lines 23 to 29.
const outside = `registry:
  url: https://platform.tt02.altinn.no
maskinporten:
  issuer: https://test.maskinporten.no/
  clientId: operator
  organizationNumber: "991825827"
  keyFile: /etc/key/key.json
`

// changed is a valid file with the outside systems, and with pairs of places and what stands there
// instead.
func changed(pairs ...string) string {
	file := valid + outside
	for i := 0; i < len(pairs); i += 2 {
		if strings.Count(file, pairs[i]) != 1 {
			panic(pairs[i] + " does not stand once in the file")
		}
		file = strings.Replace(file, pairs[i], pairs[i+1], 1)
	}
	return file
}

// The places that most cases change.
const (
	class   = "class: Test"
	address = "url: https://platform.tt02.altinn.no"
	issuer  = "issuer: https://test.maskinporten.no/"
	number  = `organizationNumber: "991825827"`
	keyFile = "keyFile: /etc/key/key.json"
)

func TestLoadTheOutsideSystems(t *testing.T) {
	usual := func(url string) *Registry {
		return &Registry{URL: url, CallsPerSecond: 20, Resync: metav1.Duration{Duration: time.Hour}}
	}
	const tt02 = "https://platform.tt02.altinn.no"
	paced := usual(tt02)
	paced.CallsPerSecond, paced.Resync.Duration = 0.5, 24*time.Hour
	quick := usual(tt02)
	quick.CallsPerSecond, quick.Resync.Duration = 1000, time.Minute
	for name, tc := range map[string]struct {
		file string
		want *Registry
	}{
		"left out, are none":                            {valid, nil},
		"without a value, are none":                     {valid + "registry:\nmaskinporten:\n", nil},
		"given by their addresses, are paced as usual":  {changed(), usual(tt02)},
		"may be called slowly and looked at seldom":     {changed(address, address+"\n  callsPerSecond: 0.5\n  resync: 24h"), paced},
		"may be called fast and looked at often":        {changed(address, address+"\n  callsPerSecond: 1000\n  resync: 60s"), quick},
		"take a pace without a value as the usual one":  {changed(address, address+"\n  callsPerSecond:"), usual(tt02)},
		"may have a slash at the end":                   {changed(address, address+"/"), usual(tt02 + "/")},
		"may have a port":                               {changed(address, address+":8443"), usual(tt02 + ":8443")},
		"may be on this machine, by name":               {changed(address, "url: http://localhost:8080"), usual("http://localhost:8080")},
		"may be on this machine, by address":            {changed(address, "url: http://127.1.2.3:8080/"), usual("http://127.1.2.3:8080/")},
		"may be on this machine, by the newer protocol": {changed(address, "url: http://[::1]:8080"), usual("http://[::1]:8080")},
		"may be on this machine in development": {
			changed(class, "class: Development", address, "url: http://127.0.0.1:1", issuer, "issuer: http://127.0.0.1:1/"), usual("http://127.0.0.1:1"),
		},
		"may be production's in class Production": {
			changed(class, "class: Production", address, "url: https://platform.altinn.no", issuer, "issuer: https://maskinporten.no/") + selfServiceOfProduction + storageOfProduction,
			usual("https://platform.altinn.no"),
		},
		"may have an issuer with a path":        {changed(issuer, "issuer: https://localhost/maskinporten/"), usual(tt02)},
		"may have a client of another's number": {changed(number, `organizationNumber: "974761076"`), usual(tt02)},
		"may have a check digit of nought":      {changed(number, `organizationNumber: "100000040"`), usual(tt02)},
	} {
		t.Run(name, func(t *testing.T) {
			operator, err := Load(fileOf(t, tc.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, operator.Registry); diff != "" {
				t.Errorf("registry (-want +got):\n%s", diff)
			}
			if (operator.Maskinporten == nil) != (tc.want == nil) {
				t.Errorf("Maskinporten is %v", operator.Maskinporten)
			}
		})
	}
}

func TestLoadRefusesOutsideSystemsThatDoNotBelongTogether(t *testing.T) {
	registryOf, maskinportenOf, _ := strings.Cut(outside, "maskinporten:")
	maskinportenOf = "maskinporten:" + maskinportenOf
	const (
		unregistered = "1: registry: Required value: in class Production nothing would be registered without it, and Apps would be called Ready all the same"
		tokenless    = "1: maskinporten: Required value: the registry takes no change without a token from there"
		keyless      = "1: selfService: Required value: in class Production Apps would run without the credentials they declare"
		production   = ": is for tests, and class Production must keep apart from them: use https://maskinporten.no/"
		test         = `Invalid value: "https://maskinporten.no/": is production's, whose keys and certificates are not for class `
	)
	tryLoad(t, map[string]loadCase{
		"a registry without tokens":            {file: valid + registryOf, want: []string{tokenless}},
		"a registry with tokens of nobody":     {file: valid + registryOf + "maskinporten:\n", want: []string{strings.Replace(tokenless, "1:", "25:", 1)}},
		"tokens without a registry":            {file: valid + maskinportenOf, want: []string{"1: registry: Required value: it is what the tokens of maskinporten are for; give both, or leave both out"}},
		"production without either":            {file: edited(class, "class: Production") + storageOfProduction, want: []string{unregistered, tokenless, keyless}},
		"production with tokens alone":         {file: edited(class, "class: Production") + strings.Replace(maskinportenOf, "test.", "", 1) + storageOfProduction, want: []string{unregistered, keyless}},
		"production with a registry alone":     {file: edited(class, "class: Production") + registryOf + storageOfProduction, want: []string{tokenless, keyless}},
		"production with an issuer of tests":   {file: changed(class, "class: Production") + storageOfProduction, want: []string{`26: maskinporten.issuer: Invalid value: "https://test.maskinporten.no/"` + production, keyless}},
		"a test with production's issuer":      {file: changed("test.", ""), want: []string{"26: maskinporten.issuer: " + test + "Test: use https://test.maskinporten.no/"}},
		"development with production's issuer": {file: changed("test.", "", class, "class: Development"), want: []string{"26: maskinporten.issuer: " + test + "Development: use https://test.maskinporten.no/"}},
	})
}

func TestLoadRefusesImpossibleAddresses(t *testing.T) {
	const (
		none     = ": must be a whole URL with its host in lower case, as https://platform.altinn.no"
		insecure = ": must begin with https://; http:// is for a host on this machine only, as localhost, and never in class Production"
		more     = ": must have no query and no fragment"
		path     = ": must have no path: it is the address of the whole platform, as https://platform.altinn.no"
		secret   = ": Forbidden: must have no @: a user name or a password does not belong there"
	)
	invalid := func(url, why string) loadCase {
		return loadCase{file: changed(address, "url: \""+url+"\""), want: []string{`24: registry.url: Invalid value: "` + url + `"` + why}}
	}
	const alsoInsecure = `26: maskinporten.issuer: Invalid value: "http://localhost/"` + insecure
	tryLoad(t, map[string]loadCase{
		"left out":                      {file: changed(address, "resync: 1h"), want: []string{"23: registry.url: Required value: its address, as https://platform.altinn.no"}},
		"left out, with all else":       {file: changed("registry:\n  "+address+"\n", "registry: {}\n"), want: []string{"23: registry.url: Required value: its address, as https://platform.altinn.no"}},
		"a host alone":                  invalid("platform.altinn.no", none),
		"a path alone":                  invalid("/resourceregistry", none),
		"a scheme alone":                invalid("https://", none),
		"a scheme without slashes":      invalid("https:platform.altinn.no", none),
		"a host with capitals":          invalid("https://Platform.altinn.no", none),
		"a host with a dot at the end":  invalid("https://platform.altinn.no.", none),
		"a host with a space":           invalid("https://platform altinn.no", none),
		"a port that is a word":         invalid("https://platform.altinn.no:https", none),
		"a port that is too large":      invalid("https://platform.altinn.no:65536", none),
		"a port of nought":              invalid("https://platform.altinn.no:0", none),
		"insecure":                      invalid("http://platform.altinn.no", insecure),
		"of another protocol":           invalid("ftp://platform.altinn.no", insecure),
		"of this machine's name within": invalid("http://localhost.altinn.no", insecure),
		"of all of this machine":        invalid("http://0.0.0.0:8080", insecure),
		"with a query":                  invalid("https://platform.altinn.no?a=b", more),
		"with an empty query":           invalid("https://platform.altinn.no/?", more),
		"with a fragment":               invalid("https://platform.altinn.no/#", more),
		"with a path":                   invalid("https://platform.altinn.no/resourceregistry", path),
		"of this machine in production": {
			file: changed(class, "class: Production", address, "url: http://localhost", issuer, "issuer: http://localhost/") + selfServiceOfProduction + storageOfProduction,
			want: []string{`24: registry.url: Invalid value: "http://localhost"` + insecure, alsoInsecure},
		},
		"with a password, which is not told": {
			file: changed(address, "url: https://me:hush@platform.altinn.no", issuer, "issuer: https://me:%hush@test.maskinporten.no/"),
			want: []string{"24: registry.url" + secret, "26: maskinporten.issuer" + secret},
		},
		"of the issuer, left out": {file: changed("  "+issuer+"\n", ""), want: []string{"25: maskinporten.issuer: Required value: its address, as https://test.maskinporten.no/"}},
		"of the issuer, a host alone": {
			file: changed(issuer, "issuer: test.maskinporten.no"),
			want: []string{`26: maskinporten.issuer: Invalid value: "test.maskinporten.no": must be a whole URL with its host in lower case, as https://test.maskinporten.no/`},
		},
	})
}

func TestLoadRefusesImpossibleOutsideSystems(t *testing.T) {
	const (
		calls   = ": must be more than 0 and at most 1000"
		resync  = ": must be 1m to 24h"
		digits  = ": must be nine digits without spaces"
		check   = ": has a wrong check digit (modulus 11): compare it with Enhetsregisteret"
		timed   = " must be a duration with its unit, as 30m or 1h"
		client  = "27: maskinporten.clientId: Required value: the id the client has at Maskinporten"
		keyless = "maskinporten.keyFile: Required value: the file with the client's private key, as /etc/serviceowner-operator/maskinporten/key.json; or give keyVault"
	)
	pace := func(line, want string) loadCase {
		return loadCase{file: changed(address, address+"\n  "+line), want: []string{"25: registry." + want}}
	}
	organisation := func(value, want string) loadCase {
		return loadCase{file: changed(number, "organizationNumber: "+value), want: []string{"28: maskinporten.organizationNumber: " + want}}
	}
	tryLoad(t, map[string]loadCase{
		"of no calls":                      pace("callsPerSecond: 0", "callsPerSecond: Invalid value: 0"+calls),
		"of calls below nought":            pace("callsPerSecond: -1", "callsPerSecond: Invalid value: -1"+calls),
		"of too many calls":                pace("callsPerSecond: 1000.5", "callsPerSecond: Invalid value: 1000.5"+calls),
		"of calls in words":                pace("callsPerSecond: many", "callsPerSecond: must be a number, not string"),
		"of calls in quotes":               pace(`callsPerSecond: "20"`, "callsPerSecond: must be a number, not string"),
		"of calls in a list":               pace("callsPerSecond: [20]", "callsPerSecond: must be a number, not array"),
		"looked at again too soon":         pace("resync: 59s", `resync: Invalid value: "59s"`+resync),
		"looked at again at once":          pace("resync: 0s", `resync: Invalid value: "0s"`+resync),
		"looked at again before":           pace("resync: -1h", `resync: Invalid value: "-1h0m0s"`+resync),
		"looked at again too late":         pace("resync: 24h1s", `resync: Invalid value: "24h0m1s"`+resync),
		"looked at again in words":         pace("resync: soon", `resync: "soon"`+timed),
		"looked at again in days":          pace("resync: 1d", `resync: "1d"`+timed),
		"looked at again without a unit":   pace("resync: 5", "resync: 5"+timed),
		"looked at again without a value":  pace("resync:", "resync: null"+timed),
		"looked at again in a list":        pace("resync: [1h]", `resync: ["1h"]`+timed),
		"of an unknown key":                pace("host: a", "host: "+unknown),
		"of a registry that is a text":     {file: changed("registry:\n  "+address, "registry: here"), want: []string{"23: registry: must be a map, not string"}},
		"of a Maskinporten that is a list": {file: valid + "maskinporten: []\n", want: []string{"23: maskinporten: must be a map, not array"}},
		"of a duration and a quantity, each one": {
			file: strings.Replace(changed(address, address+"\n  resync: soon"), `pods: "200"`, "pods: many", 1),
			want: []string{`20: quotaProfiles.Medium.pods: "many" must be a quantity, as 500m or 2Gi`, `25: registry.resync: "soon"` + timed},
		},
		"of a duration, beside a quantity without a value": {
			file: strings.Replace(changed(address, address+"\n  resync: 5"), `pods: "200"`, "pods:", 1), want: []string{"25: registry.resync: 5" + timed},
		},
		"of a client without an id":             {file: changed("clientId: operator", `clientId: ""`), want: []string{client}},
		"of a client of spaces":                 {file: changed("clientId: operator", `clientId: "  "`), want: []string{client}},
		"of a client that is a number":          {file: changed("clientId: operator", "clientId: 5"), want: []string{"27: maskinporten.clientId: must be a text, not number: put it in quotes"}},
		"of a client under another key":         {file: changed("clientId", "clientID"), want: []string{"27: maskinporten.clientID: " + unknown, strings.Replace(client, "27", "25", 1)}},
		"of a number without quotes":            organisation("991825827", "must be a text, not number: put it in quotes"),
		"of a number with spaces":               organisation(`"991 825 827"`, `Invalid value: "991 825 827"`+digits),
		"of a number that is too short":         organisation(`"99182582"`, `Invalid value: "99182582"`+digits),
		"of a number that is too long":          organisation(`"9918258270"`, `Invalid value: "9918258270"`+digits),
		"of a number in Arabic digits":          organisation(`"٩٩١٨٢٥٨٢٧"`, `Invalid value: "٩٩١٨٢٥٨٢٧"`+digits),
		"of a number with a wrong check digit":  organisation(`"991825828"`, `Invalid value: "991825828"`+check),
		"of a number with two digits exchanged": organisation(`"991852827"`, `Invalid value: "991852827"`+check),
		"of a number that no check digit fits":  organisation(`"100000300"`, `Invalid value: "100000300"`+check),
		"of a number that is left out":          {file: changed("  "+number+"\n", ""), want: []string{`25: maskinporten.organizationNumber: Invalid value: ""` + digits}},
		"of a key that is left out":             {file: changed("  "+keyFile+"\n", ""), want: []string{"25: " + keyless}},
		"of a key without a name":               {file: changed(keyFile, `keyFile: ""`), want: []string{"29: " + keyless}},
		"of a key by a relative path":           {file: changed(keyFile, "keyFile: key.json"), want: []string{`29: maskinporten.keyFile: Invalid value: "key.json": must be an absolute path: what a relative one leads to depends on where the operator is started`}},
	})
}
