// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Options is what the sandbox knows before the first call. The zero value is a server that knows nobody.
type Options struct {
	// Clock tells the time; nil is the system's clock. The admin endpoint can move it forward.
	Clock func() time.Time `json:"-"`
	// BaseURL is where the server is reached, without a slash at the end. Empty takes it from each request's Host.
	BaseURL string `json:"baseUrl,omitempty"`
	// Production refuses DELETE of resources, as every environment but the test ones does (Altinn's Resource Registry).
	Production bool `json:"production,omitempty"`
	// StateFile is loaded at start when it exists, and written after changes. Empty keeps everything in memory.
	StateFile string `json:"stateFile,omitempty"`

	// Propagation is how long the token endpoint is behind Digdir's self-service API: until then it knows clients, their scopes
	// and their keys as they were before. Really up to two minutes (Digdir self-service API); zero is at once.
	Propagation time.Duration `json:"propagation,omitempty"`

	Organisations []Organisation `json:"organisations,omitempty"`
	Persons       []Person       `json:"persons,omitempty"`
	Clients       []Client       `json:"clients,omitempty"`
	Scopes        []Scope        `json:"scopes,omitempty"`
	Templates     []Template     `json:"templates,omitempty"`
}

// Organisation is a party of the register. Only service owners have a code; a bank has none.
type Organisation struct {
	Code string `json:"code,omitempty"`
	// Aliases are further codes that a token of Code's speaks for as well. No real service owner has any: they are for tests in
	// which many service owners have one number.
	Aliases []string          `json:"aliases,omitempty"`
	Number  string            `json:"number"`
	Names   map[string]string `json:"names,omitempty"`
	// Prefixes are those of scopes that it owns, beside its code and aliases.
	Prefixes []string `json:"prefixes,omitempty"`
}

// Person is somebody who can log in and answer a request for consent.
type Person struct {
	// Number is eleven digits. Test persons only.
	Number string `json:"number"`
	Name   string `json:"name"`
	// Roles are role codes by the number of the party they are held for. For oneself PRIV is always there.
	Roles map[string][]string `json:"roles,omitempty"`
}

// Scope is there from the start. Its owner always has access.
type Scope struct {
	Name  string `json:"name"`
	Owner string `json:"owner"` // a number
	// AccessibleForAll lets everybody use it.
	AccessibleForAll bool `json:"accessibleForAll,omitempty"`
	// AllServiceOwners gives access to every organisation with a code, also to those that come later.
	AllServiceOwners bool `json:"allServiceOwners,omitempty"`
	// Access are the numbers of further organisations that have access.
	Access []string `json:"access,omitempty"`
}

// Client is registered at Maskinporten (Maskinporten guide). Those made through self-service are kept beside; a client that is
// registered here needs no access to its scopes but what it says itself.
type Client struct {
	ID           string   `json:"id"`
	Organisation string   `json:"organisation"`
	Keys         []Key    `json:"keys"`
	Scopes       []string `json:"scopes"`
	// Ungranted are scopes that are on the client, but whose owner has given its organisation no access (MP-250).
	Ungranted []string `json:"ungranted,omitempty"`
	// Prefixes are the scope prefixes its organisation owns; they become the claim consumer_prefix.
	Prefixes []string `json:"prefixes,omitempty"`
	// Represents are organisations that delegated to this one in Altinn, and may be named as consumer_org.
	Represents []string `json:"represents,omitempty"`
}

// Key is a public key of a client, valid for at most a year from its upload (Maskinporten guide).
type Key struct {
	JWK     jose.JSONWebKey `json:"jwk"`
	Expires time.Time       `json:"expires,omitzero"`
}

// Template is a consent template (Altinn consent). The text may name {from}, {to} and a right's metadata.
type Template struct {
	ID      string            `json:"id"`
	Version int               `json:"version"`
	Heading map[string]string `json:"heading,omitempty"`
}

// DefaultTemplates are the templates seen in the public file of consent templates (Altinn consent), with texts of our own.
func DefaultTemplates() []Template {
	heading := map[string]string{
		"nb": "Samtykke til bruk av dine data",
		"nn": "Samtykke til bruk av dine data",
		"en": "Consent to the use of your data",
	}
	power := map[string]string{"nb": "Fullmakt", "nn": "Fullmakt", "en": "Power of attorney"}
	return []Template{
		{ID: "default", Version: 1, Heading: heading},
		{ID: "poa", Version: 1, Heading: power},
		{ID: "samtykkemal_simpleconsent", Version: 1, Heading: heading},
		{ID: "bst_krav", Version: 1, Heading: heading},
		{ID: "sblanesoknad", Version: 1, Heading: heading},
	}
}
