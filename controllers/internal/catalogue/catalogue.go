// SPDX-License-Identifier: BSD-3-Clause

package catalogue

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Entry is what is known of one shared solution in one environment. It is shared: do not change it.
type Entry struct {
	// Solution is the shared solution.
	Solution v1alpha1.Solution
	// Client is what an App must be registered as to use it; empty when it asks for no client.
	Client v1alpha1.ClientType
	// Scopes are those that an App gets when it declares none.
	Scopes []v1alpha1.Scope
	// Allowed are those that an App may declare; a * at the end of one stands for anything.
	Allowed []string
	// Hosts are the places that are called.
	Hosts []Host
	// Issuer is who gives tokens or logs users in; empty when the solution does neither.
	Issuer string
	// Role is that of Digdir, or of whoever else provides it.
	Role Role
	// Availability is what is promised of it, LogRetention how long its log is kept; empty when nothing is
	// stated.
	Availability, LogRetention string
	// SetUp is what people must do that the operator cannot; empty for nothing.
	SetUp string
	// Source is where all this was read.
	Source string
}

// Host is a place that is called.
type Host struct {
	// Host is its name; empty for a range of addresses that is published without one.
	Host string `json:"host,omitempty"`
	// Addresses are its addresses, as CIDRs; none when they are not published or change too often.
	Addresses []string `json:"addresses,omitempty"`
	// Ports are the TCP ports called.
	Ports []v1alpha1.Port `json:"ports"`
}

// Role is the role of a solution's provider under the GDPR (art. 4(7) and 4(8)).
type Role string

// Roles.
const (
	// Controller: it decides itself what the data are for.
	Controller Role = "Controller"
	// Processor: it handles the data for the service owner only.
	Processor Role = "Processor"
	// ControllerAndProcessor: each for a part.
	ControllerAndProcessor Role = "ControllerAndProcessor"
	// None: it handles no personal data for the service owner, or does so under terms of its own.
	None Role = "None"
)

// Environment is where entries are asked for.
type Environment struct {
	// Production says that it serves real people.
	Production bool
	// PlatformHost is the host of Altinn's platform services.
	PlatformHost string
}

// platformHost stands in a Host for Environment.PlatformHost.
const platformHost = "{platformHost}"

// Override is what an installation says of a solution, for its own environment. Each field that is given
// replaces the whole of what is built in; a list that is given empty leaves nothing.
type Override struct {
	Hosts        []Host           `json:"hosts,omitempty"`
	Issuer       string           `json:"issuer,omitempty"`
	Scopes       []v1alpha1.Scope `json:"scopes,omitempty"`
	Allowed      []string         `json:"allowed,omitempty"`
	Availability string           `json:"availability,omitempty"`
	LogRetention string           `json:"logRetention,omitempty"`
	SetUp        string           `json:"setUp,omitempty"`
}

// Of gives what is built in of a solution; ok is false for one that is not in the catalogue.
func Of(solution v1alpha1.Solution, environment Environment) (entry Entry, ok bool) {
	facts, ok := builtIn().of(environment)[solution]
	if !ok {
		return Entry{}, false
	}
	if placed := func(host Host) bool { return host.Host == platformHost }; slices.ContainsFunc(facts.Hosts, placed) {
		facts.Hosts = slices.Clone(facts.Hosts)
		facts.Hosts[slices.IndexFunc(facts.Hosts, placed)].Host = environment.PlatformHost
	}
	return facts, true
}

// With is the entry with what an installation says otherwise.
func (e Entry) With(override Override) Entry {
	if override.Hosts != nil {
		e.Hosts = override.Hosts
	}
	if override.Scopes != nil {
		e.Scopes = override.Scopes
	}
	if override.Allowed != nil {
		e.Allowed = override.Allowed
	}
	for _, text := range []struct {
		here *string
		by   string
	}{
		{&e.Issuer, override.Issuer}, {&e.Availability, override.Availability},
		{&e.LogRetention, override.LogRetention}, {&e.SetUp, override.SetUp},
	} {
		if text.by != "" {
			*text.here = text.by
		}
	}
	return e
}

// Allows says whether an App may declare a scope for the solution.
func (e Entry) Allows(scope v1alpha1.Scope) bool {
	return slices.ContainsFunc(e.Allowed, func(pattern string) bool {
		if beginning, open := strings.CutSuffix(pattern, "*"); open {
			return strings.HasPrefix(string(scope), beginning)
		}
		return string(scope) == pattern
	})
}

// WellKnown is where the issuer describes itself: by RFC 8414 for Maskinporten, by OpenID Connect Discovery
// for those that log users in. It is empty when there is no issuer.
func (e Entry) WellKnown() string {
	switch {
	case e.Issuer == "":
		return ""
	case e.Client == v1alpha1.ClientMaskinporten:
		return strings.TrimSuffix(e.Issuer, "/") + "/.well-known/oauth-authorization-server"
	default:
		return strings.TrimSuffix(e.Issuer, "/") + "/.well-known/openid-configuration"
	}
}

// Solutions are those in the catalogue, in the order of their names.
func Solutions() []v1alpha1.Solution {
	return slices.Sorted(maps.Keys(builtIn().test))
}

// file is the catalogue, ready to be asked.
type file struct{ test, production map[v1alpha1.Solution]Entry }

func (f file) of(environment Environment) map[v1alpha1.Solution]Entry {
	if environment.Production {
		return f.production
	}
	return f.test
}

//go:embed catalogue.yaml
var text []byte

// builtIn reads the catalogue once. It is a part of the program: one that cannot be read is a mistake of
// ours, which the tests find.
var builtIn = sync.OnceValue(func() file {
	read, err := parse(text)
	if err != nil {
		panic("catalogue.yaml: " + err.Error())
	}
	return read
})

// written is an entry as the file has it, for both kinds of environment.
type written struct {
	Client       v1alpha1.ClientType `json:"client,omitempty"`
	Scopes       []v1alpha1.Scope    `json:"scopes,omitempty"`
	Allowed      []string            `json:"allowed,omitempty"`
	Hosts        each[[]Host]        `json:"hosts,omitempty"`
	Issuer       each[string]        `json:"issuer,omitempty"`
	Role         Role                `json:"role"`
	Availability string              `json:"availability,omitempty"`
	LogRetention string              `json:"logRetention,omitempty"`
	SetUp        string              `json:"setUp,omitempty"`
	Source       string              `json:"source"`
}

// each is a fact that is another in test than in production.
type each[T any] struct {
	Test       T `json:"test,omitempty"`
	Production T `json:"production,omitempty"`
}

// parse reads a catalogue strictly.
func parse(raw []byte) (file, error) {
	var entries map[v1alpha1.Solution]written
	if err := yaml.UnmarshalStrict(raw, &entries); err != nil {
		return file{}, fmt.Errorf("reading the catalogue: %w", err)
	}
	read := file{test: make(map[v1alpha1.Solution]Entry, len(entries)), production: make(map[v1alpha1.Solution]Entry, len(entries))}
	var wrong field.ErrorList
	for _, solution := range slices.Sorted(maps.Keys(entries)) {
		said := entries[solution]
		read.test[solution] = said.in(solution, said.Hosts.Test, said.Issuer.Test)
		read.production[solution] = said.in(solution, said.Hosts.Production, said.Issuer.Production)
		path := field.NewPath(string(solution))
		wrong = append(wrong, validateEntry(path.Child("test"), read.test[solution])...)
		wrong = append(wrong, validateEntry(path.Child("production"), read.production[solution])...)
	}
	return read, wrong.ToAggregate()
}

// in is the entry of one kind of environment.
func (w written) in(solution v1alpha1.Solution, hosts []Host, issuer string) Entry {
	return Entry{
		Solution: solution, Client: w.Client, Scopes: w.Scopes, Allowed: w.Allowed, Hosts: hosts, Issuer: issuer, Role: w.Role,
		Availability: w.Availability, LogRetention: w.LogRetention, SetUp: w.SetUp, Source: w.Source,
	}
}
