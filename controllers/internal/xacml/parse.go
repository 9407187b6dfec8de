// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Parse reads a policy that Marshal or anybody else wrote, by the order the schema prescribes (XACML 3.0 §5). It fails on
// whatever it does not fully understand. Who compares a policy with the one that is wanted can take a failure for a
// difference, since Marshal writes nothing that Parse does not read.
func Parse(data []byte) (Policy, error) {
	document, err := readXML(data)
	if err != nil {
		return Policy{}, fmt.Errorf("reading the policy: %w", err)
	}
	if err := document.holds(place{"Policy", 1, 1}); err != nil {
		return Policy{}, fmt.Errorf("reading the policy: %w", err)
	}
	read, err := readPolicy(document.children[0])
	if err != nil {
		return Policy{}, fmt.Errorf("reading the policy: %w", err)
	}
	return read, nil
}

func readPolicy(e *element) (Policy, error) {
	err := cmp.Or(
		e.has("PolicyId Version RuleCombiningAlgId"),
		e.says("RuleCombiningAlgId", denyOverrides),
		e.holds(place{"Description", 0, 1}, place{"Target", 1, 1}, place{"Rule", 1, many}, place{"ObligationExpressions", 0, 1}))
	if err != nil {
		return Policy{}, err
	}
	if _, err := every(e, "Target", func(target *element) (any, error) { return nil, target.holds() }); err != nil {
		return Policy{}, fmt.Errorf("the policy's own target: %w", err)
	}
	rules, err := every(e, "Rule", readRule)
	if err != nil {
		return Policy{}, err
	}
	lists, err := every(e, "ObligationExpressions", readObligations)
	if err != nil {
		return Policy{}, err
	}
	read := Policy{Rules: rules}
	for _, list := range lists {
		read.Obligations = append(read.Obligations, list...)
	}
	return read, nil
}

// readRule reads a rule that permits. A rule without a target is read too, as one that lets everybody in.
func readRule(e *element) (Rule, error) {
	err := cmp.Or(
		e.has("RuleId Effect"), e.permits("Effect"),
		e.holds(place{"Description", 0, 1}, place{"Target", 0, 1}))
	if err != nil {
		return nil, err
	}
	targets, err := every(e, "Target", readTarget)
	if err != nil {
		return nil, fmt.Errorf("rule %s: %w", e.attributes["RuleId"], err)
	}
	for _, target := range targets {
		return target, nil
	}
	return nil, nil
}

// permits checks an effect, whose case Altinn's parser does not look at.
func (e *element) permits(name string) error {
	if !strings.EqualFold(e.attributes[name], "Permit") {
		return e.says(name, "Permit")
	}
	return nil
}

func readTarget(e *element) (Rule, error) {
	if err := e.holds(place{"AnyOf", 0, many}); err != nil {
		return nil, err
	}
	return every(e, "AnyOf", readAnyOf)
}

func readAnyOf(e *element) (AnyOf, error) {
	if err := e.holds(place{"AllOf", 1, many}); err != nil {
		return nil, err
	}
	return every(e, "AllOf", readAllOf)
}

func readAllOf(e *element) (AllOf, error) {
	if err := e.holds(place{"Match", 1, many}); err != nil {
		return nil, err
	}
	return every(e, "Match", readMatch)
}

// readMatch reads a match of texts. An attribute that must be present, or that one issuer must have given, would make the
// decision another one (XACML 3.0 §7.3.5), so that it is refused with all else that is not known.
func readMatch(e *element) (Match, error) {
	if err := cmp.Or(e.has("MatchId"), e.holds(place{"AttributeValue", 1, 1}, place{"AttributeDesignator", 1, 1})); err != nil {
		return Match{}, err
	}
	value, designator := e.children[0], e.children[1]
	err := cmp.Or(
		value.has("DataType"), value.says("DataType", typeString), value.isText(),
		designator.has("AttributeId Category DataType MustBePresent"), designator.holds(),
		designator.says("DataType", typeString), designator.says("MustBePresent", "false"))
	return Match{
		Category:  designator.attributes["Category"],
		Attribute: designator.attributes["AttributeId"],
		Function:  e.attributes["MatchId"],
		Value:     value.text.String(),
	}, err
}

func readObligations(e *element) ([]Obligation, error) {
	if err := e.holds(place{"ObligationExpression", 1, many}); err != nil {
		return nil, err
	}
	lists, err := every(e, "ObligationExpression", func(expression *element) ([]Obligation, error) {
		err := cmp.Or(
			expression.has("ObligationId FulfillOn"), expression.permits("FulfillOn"),
			expression.holds(place{"AttributeAssignmentExpression", 1, many}))
		if err != nil {
			return nil, err
		}
		return every(expression, "AttributeAssignmentExpression", readAssignment)
	})
	var all []Obligation
	for _, list := range lists {
		all = append(all, list...)
	}
	return all, err
}

func readAssignment(e *element) (Obligation, error) {
	if err := cmp.Or(e.has("AttributeId Category"), e.holds(place{"AttributeValue", 1, 1})); err != nil {
		return Obligation{}, err
	}
	value := e.children[0]
	if err := cmp.Or(value.has("DataType"), value.says("DataType", typeInteger), value.isText()); err != nil {
		return Obligation{}, err
	}
	level, err := strconv.Atoi(strings.TrimSpace(value.text.String()))
	if err != nil {
		return Obligation{}, fmt.Errorf("%s: the level %q is no number", e.name, value.text.String())
	}
	return Obligation{Category: e.attributes["Category"], Level: level}, nil
}
