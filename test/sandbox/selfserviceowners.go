// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"slices"
	"strings"
)

// scopeOwners says who owns which prefixes of scopes, and who is a service owner.
type scopeOwners struct {
	prefixes map[string]string // numbers by prefix
	told     map[string]bool   // prefixes that tokens name
	numbers  map[string]bool   // of organisations with a code
}

func newScopeOwners(organisations []Organisation) *scopeOwners {
	o := &scopeOwners{prefixes: map[string]string{}, told: map[string]bool{}, numbers: map[string]bool{}}
	for _, organisation := range organisations {
		o.add(organisation)
	}
	return o
}

// add makes a prefix the organisation's that came last, as a code is.
func (o *scopeOwners) add(organisation Organisation) {
	if organisation.Code != "" {
		o.numbers[organisation.Number] = true
		o.told[strings.ToLower(organisation.Code)] = true
		for _, code := range slices.Concat([]string{organisation.Code}, organisation.Aliases) {
			o.prefixes[strings.ToLower(code)] = organisation.Number
		}
	}
	for _, prefix := range organisation.Prefixes {
		o.prefixes[prefix] = organisation.Number
		o.told[prefix] = true
	}
}

func (o *scopeOwners) owns(number, prefix string) bool { return o.prefixes[prefix] == number }

// prefixesOf are what a token says of an organisation. Aliases are not told: there can be any number of them.
func (o *scopeOwners) prefixesOf(number string) []string {
	var found []string
	for prefix := range o.told {
		if o.prefixes[prefix] == number {
			found = append(found, prefix)
		}
	}
	slices.Sort(found)
	return found
}
