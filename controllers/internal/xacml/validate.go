// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// highestLevel is the highest level of assurance ID-porten gives.
const highestLevel = 4

// Validate says what is wrong with a policy, in the same words each time: whatever would make Altinn Authorization decide
// otherwise than meant, or not at all. Rules are counted in the order Marshal writes them.
func Validate(p Policy) []error {
	p = p.canonical()
	var faults []error
	if len(p.Rules) == 0 {
		faults = append(faults, errors.New("the policy has no rule: it would let nobody in"))
	}
	for i, rule := range p.Rules {
		for _, fault := range rule.faults() {
			faults = append(faults, fmt.Errorf("rule %d: %w", i+1, fault))
		}
	}
	if named := p.resources(); len(named) > 1 {
		faults = append(faults, fmt.Errorf("the policy names %d resources and must name one: %s", len(named), strings.Join(named, ", ")))
	}
	return append(faults, p.obligationFaults()...)
}

// faults holds a rule to the form in which the registry takes rules apart: one AnyOf for the subjects, one for the resources
// and one for the actions, none of them mixed. One that is left out would match everything.
func (r Rule) faults() []error {
	var faults []error
	count := map[string]int{}
	for _, anyOf := range r {
		category := anyOf.category()
		count[category]++
		faults = append(faults, anyOf.faults(category)...)
	}
	for _, category := range inOrder {
		switch {
		case count[category] == 0:
			faults = append(faults, fmt.Errorf("there is no AnyOf for the %s: the rule would hold for all of them", nameOf[category]))
		case count[category] > 1:
			faults = append(faults, fmt.Errorf("there are %d AnyOf for the %s: the registry reads only one", count[category], nameOf[category]))
		}
	}
	return faults
}

// category is that of the first match; empty where there is none.
func (a AnyOf) category() string {
	for _, allOf := range a {
		for _, match := range allOf {
			return match.Category
		}
	}
	return ""
}

func (a AnyOf) faults(category string) []error {
	if len(a) == 0 {
		return []error{errors.New("an AnyOf is empty: it would hold for everybody")}
	}
	var faults []error
	for _, allOf := range a {
		if len(allOf) == 0 {
			faults = append(faults, errors.New("an AllOf is empty: it would hold for everybody"))
		}
		if category == categoryAction && len(allOf) > 1 {
			faults = append(faults, fmt.Errorf("an AllOf asks for %d actions at once", len(allOf)))
		}
		for _, match := range allOf {
			if match.Category != category {
				faults = append(faults, errors.New("an AnyOf mixes categories: the registry cannot take it apart"))
			}
			faults = append(faults, match.faults()...)
		}
		if category == categoryResource && allOf.resource() == "" {
			faults = append(faults, errors.New("a resource is named neither by its identifier nor by org and app"))
		}
	}
	return faults
}

func (m Match) faults() []error {
	var faults []error
	if known, ok := attributesOf[m.Category]; !ok {
		faults = append(faults, fmt.Errorf("the category %q is not known", m.Category))
	} else if !slices.Contains(known, m.Attribute) {
		faults = append(faults, fmt.Errorf("the attribute %q is not known among %s", m.Attribute, nameOf[m.Category]))
	}
	if m.Function != functionEqual && m.Function != functionIgnoreCase {
		faults = append(faults, fmt.Errorf("the function %q is not known", m.Function))
	}
	if fault := m.valueFault(); fault != "" {
		faults = append(faults, fmt.Errorf("the value %q of %s %s", m.Value, m.Attribute, fault))
	}
	return faults
}

// valueFault says what is wrong with a value. Spaces around it would be part of it for one evaluator and not for another.
func (m Match) valueFault() string {
	owner, list, _ := strings.Cut(m.Value, ":")
	switch {
	case m.Value == "":
		return "is empty"
	case m.Value != strings.TrimSpace(m.Value):
		return "has spaces around it"
	case !utf8.ValidString(m.Value) || strings.ContainsFunc(m.Value, notXML):
		return "has characters that XML has no place for"
	case m.Attribute == attributeAccessList && (owner == "" || list == ""):
		return "is no access list, as <org>:<list>"
	}
	return ""
}

// notXML holds for characters outside XML 1.0's Char (§2.2).
func notXML(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff'
}

// resources are the identifiers of the resources that rules are about, each once.
func (p Policy) resources() []string {
	named := map[string]bool{}
	for _, rule := range p.Rules {
		for _, anyOf := range rule {
			for _, allOf := range anyOf {
				named[allOf.resource()] = true
			}
		}
	}
	delete(named, "")
	return slices.Sorted(maps.Keys(named))
}

// resource is the identifier of the one resource that an alternative names: as it stands, or as org and app, of which the
// registry makes app_<org>_<app>. It is empty where none is named, or where several are, of which no request has all.
func (a AllOf) resource() string {
	values := map[string]string{}
	for _, match := range a {
		if match.Category != categoryResource {
			continue
		}
		if other, given := values[match.Attribute]; given && other != match.Value {
			return ""
		}
		values[match.Attribute] = match.Value
	}
	identifier, org, app := values[attributeResource], values[attributeOrg], values[attributeApp]
	asApp := "app_" + org + "_" + app
	switch {
	case org == "" && app == "":
		return identifier
	case org == "" || app == "" || identifier != "" && identifier != asApp:
		return ""
	}
	return asApp
}

func (p Policy) obligationFaults() []error {
	var faults []error
	count := map[string]int{}
	for _, obligation := range p.Obligations {
		count[obligation.Category]++
		if obligation.Category != obligationLevel && obligation.Category != obligationOrgLevel {
			faults = append(faults, fmt.Errorf("the obligation %q is not known", obligation.Category))
		}
		if obligation.Level < 0 || obligation.Level > highestLevel {
			faults = append(faults, fmt.Errorf("the level %d of %s is not between 0 and %d", obligation.Level, obligation.Category, highestLevel))
		}
	}
	if count[obligationLevel] == 0 {
		faults = append(faults, errors.New("the policy has no least level of authentication"))
	}
	for _, category := range []string{obligationLevel, obligationOrgLevel} {
		if count[category] > 1 {
			faults = append(faults, fmt.Errorf("the policy has %d different levels of %s", count[category], category))
		}
	}
	return faults
}
