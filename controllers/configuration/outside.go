// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
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
	case operator.Maskinporten != nil && operator.SelfService == nil:
		wrong = append(wrong, field.Required(registry, "it is what the tokens of maskinporten are for; give both, or leave both out"))
	}
	switch {
	case operator.Maskinporten != nil:
		wrong = append(wrong, validateMaskinporten(maskinporten, *operator.Maskinporten, class)...)
	case operator.Registry != nil || class == Production:
		wrong = append(wrong, field.Required(maskinporten, "the registry takes no change without a token from there"))
	case operator.SelfService != nil:
		wrong = append(wrong, field.Required(maskinporten, "self-service takes no call without a token from there"))
	}
	return append(wrong, validateSelfService(field.NewPath("selfService"), operator.SelfService, class)...)
}

func validateRegistry(path *field.Path, registry Registry, class EnvironmentClass) field.ErrorList {
	const example = "https://platform.altinn.no"
	at := path.Child("url")
	address, wrong := validateURL(at, registry.URL, example, class)
	if address != nil && strings.Trim(address.Path, "/") != "" {
		wrong = append(wrong, field.Invalid(at, registry.URL, "must have no path: it is the address of the whole platform, as "+example))
	}
	return append(wrong, validatePace(path, registry.CallsPerSecond, registry.Resync.Duration)...)
}

// validatePace looks at how often a system is called.
func validatePace(path *field.Path, perSecond float64, resync time.Duration) field.ErrorList {
	var wrong field.ErrorList
	if perSecond <= 0 || perSecond > mostCalls {
		wrong = append(wrong, field.Invalid(path.Child("callsPerSecond"), perSecond, "must be more than 0 and at most 1000"))
	}
	if resync < soonestResync || resync > latestResync {
		wrong = append(wrong, field.Invalid(path.Child("resync"), resync.String(), "must be 1m to 24h"))
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
