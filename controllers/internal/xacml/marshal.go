// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Marshal writes a policy in its one canonical form: sorted, nothing twice, rules numbered in their order. Policies that are
// Equal give the same bytes, but for the case of letters that no decision goes by. What Validate finds fault with is not
// written.
func Marshal(p Policy) ([]byte, error) {
	if faults := Validate(p); len(faults) > 0 {
		return nil, fmt.Errorf("writing the policy: %w", errors.Join(faults...))
	}
	p = p.canonical()
	id := "urn:altinn:resource:" + p.resources()[0]
	w := &writer{}
	w.WriteString(xml.Header)
	w.open("Policy", "xmlns:xacml", namespace, "PolicyId", id+":policyid:1", "Version", "1.0", "RuleCombiningAlgId", denyOverrides)
	// Altinn's parser takes a target without AnyOf only when it is one tag.
	w.line("<xacml:Target/>")
	for i, rule := range p.Rules {
		w.open("Rule", "RuleId", id+":ruleid:"+strconv.Itoa(i+1), "Effect", "Permit")
		w.target(rule)
		w.close("Rule")
	}
	w.obligations(p.Obligations)
	w.close("Policy")
	return w.Bytes(), nil
}

// writer writes XML, one element a line.
type writer struct {
	bytes.Buffer
	depth int
}

func (w *writer) line(text string) { w.WriteString(strings.Repeat("  ", w.depth) + text + "\n") }

// open begins an element; attributes are names and values in turn.
func (w *writer) open(name string, attributes ...string) {
	w.line("<xacml:" + name + written(attributes) + ">")
	w.depth++
}

func (w *writer) close(name string) {
	w.depth--
	w.line("</xacml:" + name + ">")
}

func (w *writer) target(rule Rule) {
	w.open("Target")
	for _, anyOf := range rule {
		w.open("AnyOf")
		for _, allOf := range anyOf {
			w.open("AllOf")
			for _, match := range allOf {
				w.match(match)
			}
			w.close("AllOf")
		}
		w.close("AnyOf")
	}
	w.close("Target")
}

func (w *writer) match(m Match) {
	w.open("Match", "MatchId", m.Function)
	w.value(typeString, m.Value)
	w.line("<xacml:AttributeDesignator" + written([]string{
		"AttributeId", m.Attribute, "Category", m.Category, "DataType", typeString, "MustBePresent", "false",
	}) + "/>")
	w.close("Match")
}

// obligations are numbered as in Altinn's own policies.
func (w *writer) obligations(all []Obligation) {
	w.open("ObligationExpressions")
	for i, obligation := range all {
		number := strconv.Itoa(i + 1)
		w.open("ObligationExpression", "ObligationId", "urn:altinn:obligation:authenticationLevel"+number, "FulfillOn", "Permit")
		w.open("AttributeAssignmentExpression",
			"AttributeId", "urn:altinn:obligation"+number+"-assignment"+number, "Category", obligation.Category)
		w.value(typeInteger, strconv.Itoa(obligation.Level))
		w.close("AttributeAssignmentExpression")
		w.close("ObligationExpression")
	}
	w.close("ObligationExpressions")
}

func (w *writer) value(dataType, text string) {
	w.line("<xacml:AttributeValue" + written([]string{"DataType", dataType}) + ">" + escaped(text) + "</xacml:AttributeValue>")
}

func written(attributes []string) string {
	var all strings.Builder
	for pair := range slices.Chunk(attributes, 2) {
		all.WriteString(" " + pair[0] + `="` + escaped(pair[1]) + `"`)
	}
	return all.String()
}

func escaped(text string) string {
	var safe bytes.Buffer
	_ = xml.EscapeText(&safe, []byte(text)) // a buffer takes everything
	return safe.String()
}
