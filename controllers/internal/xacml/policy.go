// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Policy says who may do what with one resource: what one of its rules permits, to those who meet its obligations
// (XACML 3.0 §5.14). Ids and descriptions are left out, since no decision goes by them.
type Policy struct {
	Rules       []Rule
	Obligations []Obligation
}

// Rule permits what matches each of its AnyOf. A rule without any would permit everything to everybody (XACML 3.0 §5.6).
type Rule []AnyOf

// AnyOf matches when one of its alternatives does (XACML 3.0 §5.7).
type AnyOf []AllOf

// AllOf matches when all of its matches do (XACML 3.0 §5.8).
type AllOf []Match

// Match compares an attribute of a request with a text (XACML 3.0 §5.9).
type Match struct {
	Category  string
	Attribute string
	Function  string
	Value     string
}

// Obligation is a least level of authentication; its category says whose (XACML 3.0 §5.38).
type Obligation struct {
	Category string
	Level    int
}

// Equal says whether two policies permit the same by the same rules. The order and repetition of rules, targets and
// obligations does not matter, nor does the case of letters where the function does not look at it.
func Equal(a, b Policy) bool { return a.canonical().meaning() == b.canonical().meaning() }

// Hash is the SHA-256 of what a policy says, in hexadecimal. Policies that are Equal have the same.
func Hash(p Policy) string {
	sum := sha256.Sum256([]byte(p.canonical().meaning()))
	return hex.EncodeToString(sum[:])
}

// canonical is the policy with everything in order and nothing twice.
func (p Policy) canonical() Policy {
	return Policy{Rules: distinct(each(p.Rules, Rule.canonical)), Obligations: distinct(p.Obligations)}
}

func (r Rule) canonical() Rule   { return distinct(each(r, AnyOf.canonical)) }
func (a AnyOf) canonical() AnyOf { return distinct(each(a, AllOf.canonical)) }
func (a AllOf) canonical() AllOf { return distinct(a) }

// part is a piece of a policy: meaning is its text as decisions go by it, and text as it is spelled.
type part interface {
	meaning() string
	text() string
}

// distinct sorts pieces and keeps one of each meaning. Of several spellings it is always the same one that stays, whatever
// order they came in.
func distinct[P part](parts []P) []P {
	type known struct {
		part          P
		meaning, text string
	}
	sorted := make([]known, 0, len(parts))
	for _, p := range parts {
		sorted = append(sorted, known{p, p.meaning(), p.text()})
	}
	slices.SortFunc(sorted, func(a, b known) int {
		return cmp.Or(cmp.Compare(a.meaning, b.meaning), cmp.Compare(a.text, b.text))
	})
	kept := make([]P, 0, len(parts))
	for i, p := range sorted {
		if i == 0 || p.meaning != sorted[i-1].meaning {
			kept = append(kept, p.part)
		}
	}
	return kept
}

func each[P any](parts []P, made func(P) P) []P {
	all := make([]P, 0, len(parts))
	for _, part := range parts {
		all = append(all, made(part))
	}
	return all
}

// joined puts the texts of pieces in brackets, so that no two lists have the same.
func joined[P any](parts []P, shown func(P) string) string {
	texts := make([]string, 0, len(parts))
	for _, part := range parts {
		texts = append(texts, shown(part))
	}
	return "[" + strings.Join(texts, " ") + "]"
}

func (p Policy) meaning() string {
	return joined(p.Rules, Rule.meaning) + joined(p.Obligations, Obligation.meaning)
}

func (r Rule) meaning() string  { return joined(r, AnyOf.meaning) }
func (r Rule) text() string     { return joined(r, AnyOf.text) }
func (a AnyOf) meaning() string { return joined(a, AllOf.meaning) }
func (a AnyOf) text() string    { return joined(a, AllOf.text) }
func (a AllOf) meaning() string { return joined(a, Match.meaning) }
func (a AllOf) text() string    { return joined(a, Match.text) }

// meaning is the same for texts that differ in case only, where the function does not look at it (XACML 3.0 annex A.3.1).
// Letters beyond ASCII keep their case: whether two of them are one is told differently by different evaluators, and to
// take two policies for different costs one write, but to take them for the same would leave a wrong one in force.
func (m Match) meaning() string {
	if m.Function == functionIgnoreCase {
		m.Value = lowerASCII(m.Value)
	}
	return m.text()
}

// text begins with the place of the category, so that subjects come before resources and these before actions.
func (m Match) text() string {
	return fmt.Sprintf("%d%q%q%q%q", slices.Index(inOrder, m.Category), m.Category, m.Attribute, m.Function, m.Value)
}

func lowerASCII(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + ('a' - 'A')
		}
	}
	return string(lower)
}

func (o Obligation) meaning() string { return o.text() }
func (o Obligation) text() string    { return fmt.Sprintf("%q%d", o.Category, o.Level) }
