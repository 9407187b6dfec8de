// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// usualRegistry is what holds for keys that are left out of a registry.
func usualRegistry() *Registry {
	return &Registry{CallsPerSecond: 20, Resync: metav1.Duration{Duration: time.Hour}}
}

// The most calls a second, and how soon and how late what is registered may be looked at again.
const (
	mostCalls     = 1000
	soonestResync = time.Minute
	latestResync  = 24 * time.Hour
)

// validateOutside looks at the outside systems: those that belong together, and each by itself.
func validateOutside(operator *Operator) field.ErrorList {
	registry, maskinporten := field.NewPath("registry"), field.NewPath("maskinporten")
	class := operator.Environment.Class
	var wrong field.ErrorList
	switch {
	case operator.Registry != nil:
		wrong = append(wrong, validateRegistry(registry, *operator.Registry, class)...)
	case class == Production:
		wrong = append(wrong, field.Required(registry, "in class Production nothing would be registered without it, and Apps would be called Ready all the same"))
	case operator.Maskinporten != nil:
		wrong = append(wrong, field.Required(registry, "it is what the tokens of maskinporten are for; give both, or leave both out"))
	}
	switch {
	case operator.Maskinporten != nil:
		wrong = append(wrong, validateMaskinporten(maskinporten, *operator.Maskinporten, class)...)
	case operator.Registry != nil || class == Production:
		wrong = append(wrong, field.Required(maskinporten, "the registry takes no change without a token from there"))
	}
	return wrong
}

func validateRegistry(path *field.Path, registry Registry, class EnvironmentClass) field.ErrorList {
	const example = "https://platform.altinn.no"
	at := path.Child("url")
	address, wrong := validateURL(at, registry.URL, example, class)
	if address != nil && strings.Trim(address.Path, "/") != "" {
		wrong = append(wrong, field.Invalid(at, registry.URL, "must have no path: it is the address of the whole platform, as "+example))
	}
	if registry.CallsPerSecond <= 0 || registry.CallsPerSecond > mostCalls {
		wrong = append(wrong, field.Invalid(path.Child("callsPerSecond"), registry.CallsPerSecond, "must be more than 0 and at most 1000"))
	}
	if resync := registry.Resync.Duration; resync < soonestResync || resync > latestResync {
		wrong = append(wrong, field.Invalid(path.Child("resync"), resync.String(), "must be 1m to 24h"))
	}
	return wrong
}

func validateMaskinporten(path *field.Path, maskinporten Maskinporten, class EnvironmentClass) field.ErrorList {
	wrong := validateIssuer(path.Child("issuer"), maskinporten.Issuer, class)
	if strings.TrimSpace(maskinporten.ClientID) == "" {
		wrong = append(wrong, field.Required(path.Child("clientId"), "the id the client has at Maskinporten"))
	}
	wrong = append(wrong, validateOrganizationNumber(path.Child("organizationNumber"), maskinporten.OrganizationNumber)...)
	at := path.Child("keyFile")
	switch {
	case maskinporten.KeyFile == "":
		wrong = append(wrong, field.Required(at, "the file with the client's private key, as /etc/serviceowner-operator/maskinporten/key.json"))
	case !filepath.IsAbs(maskinporten.KeyFile):
		wrong = append(wrong, field.Invalid(at, maskinporten.KeyFile, "must be an absolute path: what a relative one leads to depends on where the operator is started"))
	}
	return wrong
}

// validateIssuer keeps test and production apart: production's keys and certificates are not for
// tests, and what a test is given is no proof of anything in production.
func validateIssuer(path *field.Path, issuer string, class EnvironmentClass) field.ErrorList {
	const production, test = "https://maskinporten.no/", "https://test.maskinporten.no/"
	example := test
	if class == Production {
		example = production
	}
	address, wrong := validateURL(path, issuer, example, class)
	if address == nil {
		return wrong
	}
	host := address.Hostname()
	if class == Production && strings.HasPrefix(host, "test.") {
		wrong = append(wrong, field.Invalid(path, issuer, "is for tests, and class Production must keep apart from them: use "+production))
	}
	if (class == Development || class == Test) && host == "maskinporten.no" {
		wrong = append(wrong, field.Invalid(path, issuer, "is production's, whose keys and certificates are not for class "+string(class)+": use "+test))
	}
	return wrong
}

// validateURL gives the URL of an outside system, nil when the text is none.
func validateURL(path *field.Path, text, example string, class EnvironmentClass) (*url.URL, field.ErrorList) {
	if text == "" {
		return nil, field.ErrorList{field.Required(path, "its address, as "+example)}
	}
	if strings.Contains(text, "@") { // the text is not told: there may be a password in it
		return nil, field.ErrorList{field.Forbidden(path, "must have no @: a user name or a password does not belong there")}
	}
	address, err := url.Parse(text)
	if err != nil || !hasHost(address) {
		return nil, field.ErrorList{field.Invalid(path, text, "must be a whole URL with its host in lower case, as "+example)}
	}
	var wrong field.ErrorList
	if address.Scheme != "https" && (address.Scheme != "http" || class == Production || !isThisMachine(address.Hostname())) {
		wrong = append(wrong, field.Invalid(path, text, "must begin with https://; http:// is for a host on this machine only, as localhost, and never in class Production"))
	}
	if strings.ContainsAny(text, "?#") {
		wrong = append(wrong, field.Invalid(path, text, "must have no query and no fragment"))
	}
	return address, wrong
}

// hasHost tells that there is a host that can be, and a port that can be if there is one.
func hasHost(address *url.URL) bool {
	if text := address.Port(); text != "" {
		if port, err := strconv.ParseUint(text, 10, 16); err != nil || port == 0 {
			return false
		}
	}
	host := address.Hostname()
	_, err := netip.ParseAddr(host)
	return err == nil || len(validation.IsDNS1123Subdomain(host)) == 0
}

func isThisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// nineDigits is what organisation numbers look like.
var nineDigits = regexp.MustCompile(`^[0-9]{9}$`)

// validateOrganizationNumber says what the API says of a ServiceOwner's number.
func validateOrganizationNumber(path *field.Path, number v1alpha1.OrganizationNumber) field.ErrorList {
	if !nineDigits.MatchString(string(number)) {
		return field.ErrorList{field.Invalid(path, number, "must be nine digits without spaces")}
	}
	// With the check digit itself weighed 1, the sum of a right number is a multiple of 11. No digit
	// does that for a number whose check digit would be 10.
	sum := 0
	for i, weight := range []int{3, 2, 7, 6, 5, 4, 3, 2, 1} {
		sum += weight * int(number[i]-'0')
	}
	if sum%11 != 0 {
		return field.ErrorList{field.Invalid(path, number, "has a wrong check digit (modulus 11): compare it with Enhetsregisteret")}
	}
	return nil
}
