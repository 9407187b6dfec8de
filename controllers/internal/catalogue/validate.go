// SPDX-License-Identifier: BSD-3-Clause

package catalogue

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// What scopes, and patterns of scopes, look like. The API says the same of the scopes an App declares.
var (
	scopeForm   = regexp.MustCompile(`^(openid|profile|[a-z0-9_-]+:[A-Za-z0-9_/.:*-]+)$`)
	patternForm = regexp.MustCompile(`^([*]|openid|profile|[a-z0-9_-]+:[A-Za-z0-9_/.:-]*[*]?)$`)
)

// The roles, and the kinds of clients, that there are.
var (
	roles   = []Role{Controller, ControllerAndProcessor, None, Processor}
	clients = []v1alpha1.ClientType{v1alpha1.ClientAnsattporten, v1alpha1.ClientIDPorten, v1alpha1.ClientMaskinporten}
)

// Validate returns what cannot be in what an installation says of solutions, but for whether an issuer's
// address is one: that is asked of all addresses alike.
func Validate(path *field.Path, overrides map[v1alpha1.Solution]Override) field.ErrorList {
	var wrong field.ErrorList
	for _, solution := range slices.Sorted(maps.Keys(overrides)) {
		at, override := path.Key(string(solution)), overrides[solution]
		entry, known := Of(solution, Environment{})
		if !known {
			wrong = append(wrong, field.NotSupported(at, solution, Solutions()))
			continue
		}
		if override.Issuer != "" && entry.Issuer == "" {
			wrong = append(wrong, field.Forbidden(at.Child("issuer"), string(solution)+" gives no tokens and logs nobody in"))
		}
		for i, host := range override.Hosts {
			wrong = append(wrong, validateHost(at.Child("hosts").Index(i), host)...)
		}
		wrong = append(wrong, validateScopes(at, entry.With(override))...)
	}
	return wrong
}

// validateEntry returns what cannot be in an entry of our own.
func validateEntry(path *field.Path, entry Entry) field.ErrorList {
	var wrong field.ErrorList
	if entry.Client != "" && !slices.Contains(clients, entry.Client) {
		wrong = append(wrong, field.NotSupported(path.Child("client"), entry.Client, clients))
	}
	if !slices.Contains(roles, entry.Role) {
		wrong = append(wrong, field.NotSupported(path.Child("role"), entry.Role, roles))
	}
	if entry.Source == "" {
		wrong = append(wrong, field.Required(path.Child("source"), "where the facts were read"))
	}
	if len(entry.Hosts) == 0 && entry.SetUp == "" {
		wrong = append(wrong, field.Required(path.Child("setUp"), "what people must declare themselves, since no host is known"))
	}
	for i, host := range entry.Hosts {
		if host.Host == platformHost {
			host.Host = "platform.example.no"
		}
		wrong = append(wrong, validateHost(path.Child("hosts").Index(i), host)...)
	}
	return append(wrong, validateScopes(path, entry)...)
}

// validateScopes holds that whoever declares no scopes gets only such as may be declared.
func validateScopes(path *field.Path, entry Entry) field.ErrorList {
	var wrong field.ErrorList
	if entry.Client == "" && len(entry.Scopes)+len(entry.Allowed) > 0 {
		return append(wrong, field.Forbidden(path.Child("scopes"), string(entry.Solution)+" asks for no client, which alone could have scopes"))
	}
	for i, pattern := range entry.Allowed {
		if !patternForm.MatchString(pattern) {
			wrong = append(wrong, field.Invalid(path.Child("allowed").Index(i), pattern, "must be a scope, or the beginning of scopes with * at its end, as krr:*"))
		}
	}
	for i, scope := range entry.Scopes {
		at := path.Child("scopes").Index(i)
		switch {
		case !scopeForm.MatchString(string(scope)):
			wrong = append(wrong, field.Invalid(at, scope, "must be openid, profile, or of the form prefix:subscope"))
		case !entry.Allows(scope):
			wrong = append(wrong, field.Invalid(at, scope, "must be one of those allowed: "+strings.Join(entry.Allowed, ", ")))
		case slices.Index(entry.Scopes, scope) != i:
			wrong = append(wrong, field.Duplicate(at, scope))
		}
	}
	return wrong
}

func validateHost(path *field.Path, host Host) field.ErrorList {
	var wrong field.ErrorList
	if host.Host != "" {
		for _, message := range validation.IsDNS1123Subdomain(host.Host) {
			wrong = append(wrong, field.Invalid(path.Child("host"), host.Host, message))
		}
	} else if len(host.Addresses) == 0 {
		wrong = append(wrong, field.Required(path.Child("host"), "its name; one that is left out needs addresses"))
	}
	for i, address := range host.Addresses {
		if prefix, err := netip.ParsePrefix(address); err != nil || prefix.Bits() == 0 {
			wrong = append(wrong, field.Invalid(path.Child("addresses").Index(i), address, "must be a range of addresses, as 139.105.36.164/32; everything (/0) is not allowed"))
		}
	}
	if len(host.Ports) == 0 {
		wrong = append(wrong, field.Required(path.Child("ports"), "the TCP ports that are called, as [443]"))
	}
	for i, port := range host.Ports {
		for _, message := range validation.IsValidPortNum(int(port)) {
			wrong = append(wrong, field.Invalid(path.Child("ports").Index(i), port, message))
		}
		if slices.Index(host.Ports, port) != i {
			wrong = append(wrong, field.Duplicate(path.Child("ports").Index(i), port))
		}
	}
	return wrong
}
