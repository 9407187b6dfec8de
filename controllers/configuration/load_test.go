// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// valid is a file with nothing wrong in it. The cases below name its lines.
const valid = `apiVersion: config.tenancy.altinn.cloud/v1alpha1
kind: OperatorConfiguration
environment:
  name: tt02
  class: Test
  appsHost: apps.tt02.altinn.no
  platformHost: platform.tt02.altinn.no
gateway:
  kind: Ingress
  namespace: traefik
egress:
  hosts:
    maskinporten.no:
      - 139.105.36.164/32
      - 139.105.36.165/32
    idporten.no: [139.105.36.167/32]
quotaProfiles:
  Small: {pods: "50"}
  Medium:
    pods: "200"
    requests.cpu: "32"
  Large: {pods: "1000"}
`

func TestTheShippedConfigurationLoads(t *testing.T) {
	operator, err := Load("../../config/manager/operator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range []v1alpha1.QuotaProfile{v1alpha1.QuotaSmall, v1alpha1.QuotaMedium, v1alpha1.QuotaLarge} {
		if len(operator.QuotaProfiles[profile]) == 0 {
			t.Errorf("profile %s is empty", profile)
		}
	}
	if operator.Registry == nil || operator.Maskinporten == nil || operator.SelfService == nil {
		t.Error("nothing would be registered")
	}
	if diff := cmp.Diff(usualSelfService().Keys, operator.SelfService.Keys); diff != "" {
		t.Errorf("it shows other keys than are usual (-usual +shown):\n%s", diff)
	}
	if operator.Storage == nil || operator.Storage.Provider != StorageAzure {
		t.Error("data would not be kept in Azure")
	}
}

func TestLoadDefaults(t *testing.T) {
	operator, err := Load(fileOf(t, valid))
	if err != nil {
		t.Fatal(err)
	}
	if operator.Concurrency != 10 || operator.Tenant.Overlay != "" || operator.Gateway.IngressClassName != "" {
		t.Errorf("concurrency %d, overlay %q, ingress class %q", operator.Concurrency, operator.Tenant.Overlay, operator.Gateway.IngressClassName)
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"))
	if err == nil || !strings.HasPrefix(err.Error(), "reading the configuration: open ") {
		t.Errorf("error: %v", err)
	}
}

// edited is the valid file with one place changed.
func edited(place, replacement string) string {
	if strings.Count(valid, place) != 1 {
		panic(place + " does not stand once in the valid file")
	}
	return strings.Replace(valid, place, replacement, 1)
}

// fileOf writes a file and returns its path.
func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "operator.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	notALabel = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
		"alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
	notAName = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
		"alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
	notARange = "must be a range of addresses, as 139.105.36.164/32"
	unknown   = "unknown key; remove it or correct its spelling"
)

// loadCase is a file and the lines of the error it gives, without the name of the file.
type loadCase struct {
	file string
	want []string
}

func TestLoadRefusesUnknownKeys(t *testing.T) {
	tryLoad(t, map[string]loadCase{
		"at the top":                          {file: valid + "colour: red\n", want: []string{"23: colour: " + unknown}},
		"further in":                          {file: edited("class: Test", "class: Test\n  colour: red"), want: []string{"6: environment.colour: " + unknown}},
		"with a dot in it":                    {file: edited("class: Test", "class: Test\n  \"a.b\": red"), want: []string{"6: environment.a.b: " + unknown}},
		"holding more keys, which go with it": {file: edited("gateway:", "extra:\n  a: [1]\ngateway:"), want: []string{"8: extra: " + unknown}},
		"in another case": {
			file: edited("namespace: traefik", "Namespace: traefik"),
			want: []string{"10: gateway.Namespace: " + unknown, `8: gateway.namespace: Invalid value: "": ` + notALabel},
		},
		"of a later version, each one": {
			file: edited("  namespace: traefik", "  namespace: traefik\n  port: 1\n  tls: 2"),
			want: []string{"11: gateway.port: " + unknown, "12: gateway.tls: " + unknown},
		},
		"in a map of names": {
			file: edited("  Large:", "  Huge: {pods: \"1\"}\n  Large:"),
			want: []string{`22: quotaProfiles[Huge]: Unsupported value: "Huge": supported values: "Small", "Medium", "Large"`},
		},
		"in a list": {
			file: edited("- 139.105.36.165/32", "- {cidr: 139.105.36.165/32}"),
			want: []string{"12: egress.hosts: must be a text, not object"},
		},
	})
}

func TestLoadRefusesImpossibleValues(t *testing.T) {
	tryLoad(t, map[string]loadCase{
		"of the file's version": {
			file: edited("apiVersion: config.tenancy.altinn.cloud/v1alpha1", "apiVersion: v2"),
			want: []string{`1: apiVersion: Unsupported value: "v2": supported values: "config.tenancy.altinn.cloud/v1alpha1"`},
		},
		"of the file's kind": {
			file: edited("kind: OperatorConfiguration", "kind: Operator"),
			want: []string{`2: kind: Unsupported value: "Operator": supported values: "OperatorConfiguration"`},
		},
		"of the environment's name": {
			file: edited("name: tt02", "name: TT02"), want: []string{`4: environment.name: Invalid value: "TT02": ` + notALabel},
		},
		"of the environment's class": {
			file: edited("class: Test", "class: Staging"),
			want: []string{`5: environment.class: Unsupported value: "Staging": supported values: "Development", "Test", "Production"`},
		},
		"of the domain of apps": {
			file: edited("appsHost: apps.tt02.altinn.no", "appsHost: https://apps.tt02.altinn.no"),
			want: []string{`6: environment.appsHost: Invalid value: "https://apps.tt02.altinn.no": ` + notAName},
		},
		"of the platform's host, left out": {
			file: edited("  platformHost: platform.tt02.altinn.no\n", ""), want: []string{`3: environment.platformHost: Invalid value: "": ` + notAName},
		},
		"of the gateway's kind": {
			file: edited("kind: Ingress", "kind: Route"), want: []string{`9: gateway.kind: Unsupported value: "Route": supported values: "Ingress", "GatewayAPI"`},
		},
		"of the gateway's namespace": {
			file: edited("namespace: traefik", "namespace: Traefik"), want: []string{`10: gateway.namespace: Invalid value: "Traefik": ` + notALabel},
		},
		"of the gateway's name, needed for the Gateway API": {
			file: edited("kind: Ingress", "kind: GatewayAPI"), want: []string{"8: gateway.name: Required value: HTTPRoutes need the Gateway they attach to"},
		},
		"of the gateway's name, with Ingress": {
			file: edited("kind: Ingress", "kind: Ingress\n  name: public"), want: []string{"10: gateway.name: Forbidden: only with kind GatewayAPI"},
		},
		"of the ingress class, with the Gateway API": {
			file: edited("kind: Ingress", "kind: GatewayAPI\n  name: public\n  ingressClassName: x"),
			want: []string{"11: gateway.ingressClassName: Forbidden: only with kind Ingress"},
		},
		"of an address without its range": {
			file: edited("139.105.36.165/32", "139.105.36.165"), want: []string{`15: egress.hosts[maskinporten.no][1]: Invalid value: "139.105.36.165": ` + notARange},
		},
		"of an address in a list on one line": {
			file: edited("[139.105.36.167/32]", "[here]"), want: []string{`16: egress.hosts[idporten.no][0]: Invalid value: "here": ` + notARange},
		},
		"of a host": {
			file: edited("idporten.no", "'*.idporten.no'"), want: []string{`16: egress.hosts[*.idporten.no]: Invalid value: "*.idporten.no": ` + notAName},
		},
		"of a quota that is negative": {
			file: edited(`pods: "200"`, "pods: -1"), want: []string{`20: quotaProfiles.Medium.pods: Invalid value: "-1": must not be negative`},
		},
		"of quotas that are no quantities, each one": {
			file: strings.Replace(edited(`pods: "200"`, "pods: many"), `"32"`, "32 cores", 1),
			want: []string{`20: quotaProfiles.Medium.pods: "many" must be a quantity, as 500m or 2Gi`,
				`21: quotaProfiles.Medium.requests.cpu: "32 cores" must be a quantity, as 500m or 2Gi`},
		},
		"of a profile that is empty": {
			file: edited("Large: {pods: \"1000\"}", "Large: {}"), want: []string{"22: quotaProfiles.Large: Required value: a ServiceOwner may name it"},
		},
		"of a profile that is left out": {
			file: edited("  Large: {pods: \"1000\"}\n", ""), want: []string{"17: quotaProfiles.Large: Required value: a ServiceOwner may name it"},
		},
		"of the concurrency, nought":   {file: valid + "concurrency: 0\n", want: []string{"23: concurrency: Invalid value: 0: must be 1 to 100"}},
		"of the concurrency, too many": {file: valid + "concurrency: 101\n", want: []string{"23: concurrency: Invalid value: 101: must be 1 to 100"}},
		"of the concurrency, in words": {file: valid + "concurrency: many\n", want: []string{"23: concurrency: must be a whole number, not string"}},
		"of a text that is a list":     {file: edited("name: tt02", "name: [tt02]"), want: []string{"4: environment.name: must be a text, not array"}},
		"of a choice that is a map":    {file: edited("kind: Ingress", "kind: {a: b}"), want: []string{"9: gateway.kind: must be a text, not object"}},
		"of a list that is a text":     {file: edited("[139.105.36.167/32]", "139.105.36.167/32"), want: []string{"12: egress.hosts: must be a list, not string"}},
		"of a map that is a list":      {file: edited("  hosts:", "  hosts: []\n  x:"), want: []string{"12: egress.hosts: must be a map, not array"}},
		"of a part that is a text":     {file: edited("egress:\n  hosts:", "tenant: none\negress:\n  hosts:"), want: []string{"11: tenant: must be a map, not string"}},
	})
}

func TestLoadListsAllThatIsWrongAtOnce(t *testing.T) {
	file := strings.NewReplacer("name: tt02", "name: TT02", "kind: Ingress", "colour: red", "[139.105.36.167/32]", "[here]").Replace(valid)
	tryLoad(t, map[string]loadCase{
		"in the parts of one file": {file: file + "concurrency: -1\n", want: []string{
			"9: gateway.colour: " + unknown,
			"23: concurrency: Invalid value: -1: must be 1 to 100",
			`4: environment.name: Invalid value: "TT02": ` + notALabel,
			`8: gateway.kind: Unsupported value: "": supported values: "Ingress", "GatewayAPI"`,
			`16: egress.hosts[idporten.no][0]: Invalid value: "here": ` + notARange,
		}},
		"in a file that says nothing": {file: "# nothing\n", want: []string{
			`1: apiVersion: Unsupported value: "": supported values: "config.tenancy.altinn.cloud/v1alpha1"`,
			`1: kind: Unsupported value: "": supported values: "OperatorConfiguration"`,
			`1: environment.name: Invalid value: "": ` + notALabel,
			`1: environment.class: Unsupported value: "": supported values: "Development", "Test", "Production"`,
			`1: environment.appsHost: Invalid value: "": ` + notAName,
			`1: environment.platformHost: Invalid value: "": ` + notAName,
			`1: gateway.kind: Unsupported value: "": supported values: "Ingress", "GatewayAPI"`,
			`1: gateway.namespace: Invalid value: "": ` + notALabel,
			"1: quotaProfiles.Small: Required value: a ServiceOwner may name it",
			"1: quotaProfiles.Medium: Required value: a ServiceOwner may name it",
			"1: quotaProfiles.Large: Required value: a ServiceOwner may name it",
		}},
	})
}

// tryLoad loads each file and compares the lines of the error.
func tryLoad(t *testing.T, cases map[string]loadCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			path := fileOf(t, tc.file)
			operator, err := Load(path)
			if err == nil || operator != nil {
				t.Fatalf("it was loaded: %v, %v", operator, err)
			}
			got := strings.Split(strings.ReplaceAll(err.Error(), path+":", ""), "\n")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefusesWhatIsNoConfiguration(t *testing.T) {
	for name, tc := range map[string]struct{ file, want string }{
		"a key that stands twice":           {file: edited("class: Test", "class: Test\n  class: Test"), want: " is not valid YAML: yaml: unmarshal errors:\n  line 6: key \"class\" already set in map"},
		"a list that does not end":          {file: "a: [b\n", want: " is not valid YAML: yaml: line 1: did not find expected ',' or ']'"},
		"a tab":                             {file: "a:\n\t- b\n", want: " is not valid YAML: yaml: line 2: found character that cannot start any token"},
		"a list":                            {file: "- a\n", want: ": json: cannot unmarshal array into Go value of type configuration.Operator"},
		"a second document":                 {file: valid + "---\nconcurrency: 3\n", want: ": there is a second document, which nobody would read; remove it"},
		"a second document that is no YAML": {file: valid + "---\na: [b\n", want: ": there is a second document, which nobody would read; remove it"},
	} {
		t.Run(name, func(t *testing.T) {
			path := fileOf(t, tc.file)
			if _, err := Load(path); err == nil || err.Error() != path+tc.want {
				t.Errorf("error:\nwant %s\ngot  %v", path+tc.want, err)
			}
		})
	}
}

func TestLoadTakesDocumentMarks(t *testing.T) {
	for name, file := range map[string]string{"before it": "---\n" + valid, "after it": valid + "...\n"} {
		if _, err := Load(fileOf(t, file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
