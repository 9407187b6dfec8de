// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// values are some that a rule lets through and some that it refuses.
type values struct{ right, wrong []string }

// nothing but zeros: 64 of them, and a digest.
var (
	zeros  = strings.Repeat("0", 64)
	digest = "@sha256:" + zeros
)

// ruleValues holds values for every rule on a text, by words of the rule's message.
var ruleValues = map[string]values{
	"must be nine digits without spaces": {
		right: []string{"974761076", "889640782", "971526920"},
		wrong: []string{"974 761 076", "97476107", "9747610760", "97476107x", "NO974761076", ""},
	},
	"has a wrong check digit": {
		right: []string{"974761076", "889640782", "123456785"},
		// The last four have no check digit at all: it would have to be ten.
		wrong: []string{"974761077", "947761076", "123456789", "400000000", "400000001", "400000005", "400000009"},
	},
	"must be two to twelve lower-case letters and digits": {
		right: []string{"skd", "ab", "a12345678901"},
		wrong: []string{"s", "Skd", "1skd", "sk-d", "skd.nav", "a123456789012", ""},
	},
	"and not be datamodels": {
		right: []string{"abc", "tax-return-2026", "a23456789012345678901234567890"},
		wrong: []string{"ab", "Tax", "1tax", "tax-", "ta_x", "datamodels", "a234567890123456789012345678901", ""},
	},
	"must be a full DNS name in lower case": {
		right: []string{"data.brreg.no", "*.brreg.no", "xn--bcher-kva.example"},
		wrong: []string{"*", "*.no", "a.*.no", "brreg", "Data.Brreg.no", "https://brreg.no", "brreg.no:443", "10.0.0.1", "a..no", ""},
	},
	"a wildcard would take in other apps": {
		right: []string{"skatt.example.no"},
		wrong: []string{"*.example.no"},
	},
	"must be a range of addresses": {
		right: []string{"139.105.36.164/32", "10.0.0.0/8", "2001:db8::/32"},
		wrong: []string{"139.105.36.164", "0.0.0.0/0", "::/0", "300.1.1.1/8", "10.0.0.0/33", "data.brreg.no", ""},
	},
	"where a cloud tells a machine its secrets": {
		right: []string{"169.254.169.253/32", "169.254.0.0/16"},
		wrong: []string{"169.254.169.254/32"},
	},
	"must start with /, hold only": {
		right: []string{"/", "/health", "/skd/income/", "/a/..b", "/~x"},
		wrong: []string{"", "health", "/a b", "//", "/a//b", "/../nav", "/a/..", "/a/./b", "/a?b=c", "/%2e%2e", "https://a.no/"},
	},
	"must be lower-case letters, digits and hyphens, as skatt-naering": {
		right: []string{"skatt-naering", "a"},
		wrong: []string{"Skatt", "skatt naering", "-skatt", "skatt_naering", ""},
	},
	"must start with a lower-case letter and hold only letters": {
		right: []string{"read", "requestConsent", "sign_2"},
		wrong: []string{"Read", "1read", "read it", "lés", ""},
	},
	"must be a role code": {
		right: []string{"PRIV", "DAGL", "A0212"},
		wrong: []string{"daglig leder", "PRIV!", ""},
	},
	"must be the name of a ConsentResource": {
		right: []string{"income", "a", "debt-2026"},
		wrong: []string{"Income", "income-", "in come", "in_come", "2026", ""},
	},
	"with single dots and hyphens inside": {
		right: []string{"tax-settings", "kube-root-ca.crt", "1"},
		wrong: []string{"Tax", "so-nav/tax", "a..b", "a.-b", ".a", "a.", "tax_settings"},
	},
	"as in the data of a ConfigMap or Secret": {
		right: []string{"api-key", "tls.crt", ".dockerconfigjson", "A_1"},
		wrong: []string{"api key", "a/b", "..data", "..", "."},
	},
	"must be letters, digits and _ . -, not starting": {
		right: []string{"LOG_LEVEL", "Logging.Level", "_x", "a-b"},
		wrong: []string{"1X", "LOG LEVEL", "A=B", "ÆØÅ", ""},
	},
	"must be an OCI reference with a tag or a sha256 digest": {
		right: []string{
			"income:1", "skd/income:1.4.2", "registry:5000/skd/income:v1", "r.no/a__b/c-d.e:1",
			"income" + digest, "r.no/income:1.0" + digest,
		},
		wrong: []string{
			"", "r.no/income", "income:", "r.no/Income:1", "r.no/skd income:1", "income:1@sha256:abc",
			"https://r.no/income:1", "income@sha512:" + zeros, "/income:1", "income:-1",
		},
	},
	"without the prefix": {
		right: []string{"inntekt", "skatt/melding.read"},
		wrong: []string{"skd:inntekt", "Inntekt", "/inntekt", "inn tekt", ""},
	},
	"must be openid, profile, or of the form prefix:subscope": {
		right: []string{"openid", "profile", "skd:inntekt", "altinn:serviceowner/instances.read"},
		wrong: []string{"email", "inntekt", "skd:", "Skd:inntekt", "skd:inn tekt", "skd:a skd:b"},
	},
	"must be lower-case letters, digits and hyphens, as income-information": {
		right: []string{"income-information", "a"},
		wrong: []string{"Income", "income_information", "-income", "income-", ""},
	},
	"must be at most thirty lower-case letters, digits and single hyphens": {
		right: []string{"responses", "a-b", "a23456789012345678901234567890"},
		wrong: []string{"Responses", "a--b", "-a", "a-", "a_b", "", "a234567890123456789012345678901"},
	},
	"must be a URL that starts with https://": {
		right: []string{"https://skd.example.no", "https://skd.example.no:8443/kontakt?x=1"},
		wrong: []string{"http://skd.example.no", "skd.example.no", "https://", "https:///x", "https://a b.no", "ftp://skd.example.no", ""},
	},
	"must be of the form role@organisation.no": {
		right: []string{"support@skd.example.no", "post+altinn@skd.no"},
		wrong: []string{"support", "support@skd", "sup port@skd.no", "@skd.no", "a@b@skd.no", "support@skd.no ", ""},
	},
	"must be digits and spaces, with + before a country code": {
		right: []string{"+47 22 33 44 55", "800 80 000", "02800"},
		wrong: []string{"call us", "12", "+47-22334455", "22334455x", ""},
	},
	"the telephone is an eleven-digit number": {
		right: []string{"+46701234567", "22334455", "004722334455"},
		wrong: []string{"01019012345", "010190 12345"},
	},
	"must be at least four lower-case letters, digits, _ and -": {
		right: []string{"skd-debt_2026", "skd-a"},
		wrong: []string{"skd", "SKD-debt", "skd debt", "skd.debt", "skd-gjæld", ""},
	},
	"must be lower-case letters, digits and _, starting with a letter": {
		right: []string{"aar", "year_2"},
		wrong: []string{"Aar", "1aar", "aar-2", "_aar", "år", ""},
	},
	"must be lower-case letters, digits, _ and -": {
		right: []string{"default", "samtykkemal_simpleconsent"},
		wrong: []string{"Default", "default template", "default/2", ""},
	},
	"must be a two-letter ISO 3166-1 code": {
		right: []string{"NO", "US"},
		wrong: []string{"no", "NOR", "Norway", "N", ""},
	},
	"must be 64 hexadecimal digits in lower case": {
		right: []string{zeros, strings.Repeat("a", 64)},
		wrong: []string{"abc", strings.Repeat("A", 64), zeros + "0", ""},
	},
	"must be numbers with dots between": {
		right: []string{"1", "1.8", "2.0.1"},
		wrong: []string{"v1.8", "1.8.", "1..8", "latest", ""},
	},
	"is not an Azure region in the EEA": {
		right: regionNames(),
		wrong: []string{"eastus", "uksouth", "switzerlandnorth", "NorwayEast", "norway east", "global", ""},
	},
	"the instant must be written as 2027-06-30T00:00:00Z": {
		right: []string{"2027-06-30T00:00:00Z", "2027-06-30T02:00:00+02:00", "2027-06-30T00:00:00.123456Z"},
		// The API server alone would take these in; the operator could not read them.
		wrong: []string{"2027-06-30t00:00:00z", "2027-06-30T00:00:00x5Z", "2027-06-30T00:00:00+99:99", "1999-12-31T23:59:59Z"},
	},
	"must be a duration between 10s and 24h": {
		right: []string{"10s", "5m", "1h30m", "1h1m1s", "24h"},
		wrong: []string{"5", "0s", "9s", "25h", "5 m", "1d", "-5m", "999999999999999h", ""},
	},
	"must be an address without credentials, query and fragment": {
		right: []string{"oci://registry.example.no/apps", "https://git.example.no/apps", "ssh://git@git.example.no/apps", "ssh://git.example.no:22/apps"},
		wrong: []string{
			"https://user:secret@git.example.no/apps", "https://token@git.example.no/apps", "ssh://git:secret@git.example.no/apps", "https://git.example.no/apps?token=x",
			"https://git.example.no/apps#x", "https://git.example.no/a b",
		},
	},
	"must be the name of a Secret": {
		right: []string{"deploy-key", "a.b", "1"},
		wrong: []string{"Deploy-key", "-a", "a_b", "so-nav/key", ""},
	},
	"must start with ./ and hold no ..": {
		right: []string{"./", "./tt02/apps"},
		wrong: []string{"tt02", "/tt02", "../tt02", "./../nav", ""},
	},
	"must not be blank, nor begin or end with a space": {
		right: []string{"skd-admins", "Skatt Åpen", "5f0c9a1e-0000-4000-8000-000000000000", "x"},
		wrong: []string{" ", " x", "x ", "x\ty", "\u00a0", ""},
	},
	"belongs to Kubernetes itself": {
		right: []string{"skd-system:admins", "systems"},
		wrong: []string{"system:masters", "system:serviceaccounts:so-nav"},
	},
	"the text is blank": {
		right: []string{"x", "Ü"},
		wrong: []string{" ", "   ", "\t", "\u00a0"},
	},
	"the text holds a control character": {
		right: []string{"two\nlines", "a\tb", "æøå", "שלום"},
		wrong: []string{"a\x1b[2Jb", "a\x00b", "a\x7fb", "a\u0085b", "a\u202eb", "a\u2066b"},
	},
	"the text must be one line": {
		right: []string{"archive/2026/00417"},
		wrong: []string{"a\nb", "a\tb", "a\r"},
	},
	"the text holds an eleven-digit number": identityNumbers,
}

// Every rule on a text is tried with right and wrong values in every place it stands. Where the
// message is made for the value, it names it.
func TestEveryTextRuleIsHeld(t *testing.T) {
	used := map[string]bool{}
	for _, r := range allResources {
		objects := r.fullOrFail(t)
		r.walkSpec(t, func(path string, node apiextensionsv1.JSONSchemaProps) {
			object, at := place(objects, path)
			for _, rule := range node.XValidations {
				if node.Type != "string" || strings.Contains(rule.Rule, "oldSelf") || object == nil {
					continue
				}
				key, ok := keyOf(rule)
				if !ok {
					t.Errorf("%s %s: ruleValues has no values for %q", r.kind, path, words(rule))
					continue
				}
				used[key] = true
				for _, right := range ruleValues[key].right {
					t.Run(fmt.Sprintf("%s %s may be %q", r.kind, path, right), func(t *testing.T) {
						r.checkRight(t, object, at, right, words(rule))
					})
				}
				for _, wrong := range ruleValues[key].wrong {
					t.Run(fmt.Sprintf("%s %s may not be %q", r.kind, path, wrong), func(t *testing.T) {
						r.checkWrong(t, object, at, wrong, rule)
					})
				}
			}
		})
	}
	for key := range ruleValues {
		if !used[key] {
			t.Errorf("no rule says %q: take its values out", key)
		}
	}
}

func (r resource) checkRight(t *testing.T, object *unstructured.Unstructured, at, right, refusal string) {
	t.Helper()
	changed, err := changed(object, set(at, right))
	if err != nil {
		t.Fatal(err)
	}
	// Rules on other fields may mind the value; this one must not.
	err = r.dryRunOf(t.Context(), changed)
	if hasCause(err, at, refusal) || errors.Is(err, errUnreadable) {
		t.Errorf("must not be refused, got: %v", err)
	}
}

func (r resource) checkWrong(t *testing.T, object *unstructured.Unstructured, at, wrong string, rule apiextensionsv1.ValidationRule) {
	t.Helper()
	broken, err := changed(object, set(at, wrong))
	if err != nil {
		t.Fatal(err)
	}
	answer := r.dryRunOf(t.Context(), broken)
	switch {
	case !hasCause(answer, at, words(rule)):
		t.Errorf("must be refused at %s with %q, got: %v", at, words(rule), answer)
	case rule.MessageExpression != "" && !hasCause(answer, at, literal.FindStringSubmatch(rule.MessageExpression)[1]+wrong):
		t.Errorf("the message must name %q, got: %v", wrong, answer)
	case rule.Reason != nil && strings.Contains(answer.Error(), wrong):
		t.Errorf("the answer must not repeat %q, got: %v", wrong, answer)
	default:
		r.note(answer)
	}
}

func keyOf(rule apiextensionsv1.ValidationRule) (string, bool) {
	for key := range ruleValues {
		if strings.Contains(words(rule), key) {
			return key, true
		}
	}
	return "", false
}

func regionNames() []string {
	var names []string
	for _, region := range v1alpha1.Regions {
		names = append(names, string(region.Name))
	}
	return names
}
