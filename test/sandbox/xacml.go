// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Names in policies (Altinn Authorization).
const (
	categorySubject  = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
	categoryResource = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
	categoryAction   = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"

	attributeResource   = "urn:altinn:resource"
	attributeOrg        = "urn:altinn:org"
	attributeApp        = "urn:altinn:app"
	attributeAction     = "urn:oasis:names:tc:xacml:1.0:action:action-id"
	attributeRole       = "urn:altinn:rolecode"
	attributePartyType  = "urn:altinn:partytype"
	attributeAccessList = "urn:altinn:access-list"
)

// policy is what decisions need of an XACML policy: effects and targets. Conditions are not read; Altinn's policies have none.
type policy struct {
	rules []policyRule
}

type policyRule struct {
	id     string
	effect string
	anyOfs [][]allOf
}

// allOf is one alternative: all of its matches must hold.
type allOf []match

type match struct {
	attribute string
	category  string
	value     string
	function  string
}

// parsePolicy reads an XACML 3.0 policy, in the order its schema prescribes.
func parsePolicy(data []byte) (*policy, error) {
	root, err := readXML(data)
	if err != nil {
		return nil, err
	}
	if !root.isOneOf("Policy") {
		return nil, fmt.Errorf("reading the policy: the root is %s, not Policy in %s", root.name, xacmlNamespace)
	}
	if err := root.shape("PolicyId RuleCombiningAlgId",
		part{"Description", 0, 1}, part{"PolicyIssuer", 0, 1}, part{"PolicyDefaults", 0, 1}, part{"Target", 1, 1},
		part{"CombinerParameters RuleCombinerParameters VariableDefinition Rule", 1, 0},
		part{"ObligationExpressions", 0, 1}, part{"AdviceExpressions", 0, 1}); err != nil {
		return nil, fmt.Errorf("reading the policy: %w", err)
	}
	read := &policy{}
	if err := root.each("Target", func(e *element) error { _, err := readTarget(e); return err }); err != nil {
		return nil, err
	}
	if err := root.each("Rule", read.addRule); err != nil {
		return nil, fmt.Errorf("reading the policy: %w", err)
	}
	if err := root.each("ObligationExpressions", checkObligations); err != nil {
		return nil, fmt.Errorf("reading the policy: %w", err)
	}
	return read, nil
}

func (p *policy) addRule(e *element) error {
	if err := e.shape("RuleId Effect", part{"Description", 0, 1}, part{"Target", 0, 1}, part{"Condition", 0, 1},
		part{"ObligationExpressions", 0, 1}, part{"AdviceExpressions", 0, 1}); err != nil {
		return err
	}
	read := policyRule{id: e.attrs["RuleId"], effect: e.attrs["Effect"]}
	if !strings.EqualFold(read.effect, "Permit") && !strings.EqualFold(read.effect, "Deny") {
		return fmt.Errorf("rule %s: the effect is %s", read.id, read.effect)
	}
	if err := e.each("Target", func(target *element) (err error) {
		read.anyOfs, err = readTarget(target)
		return err
	}); err != nil {
		return fmt.Errorf("rule %s: %w", read.id, err)
	}
	p.rules = append(p.rules, read)
	return nil
}

func readTarget(e *element) ([][]allOf, error) {
	if err := e.shape("", part{"AnyOf", 0, 0}); err != nil {
		return nil, err
	}
	var read [][]allOf
	err := e.each("AnyOf", func(anyOf *element) error {
		if err := anyOf.shape("", part{"AllOf", 1, 0}); err != nil {
			return err
		}
		var alternatives []allOf
		err := anyOf.each("AllOf", func(child *element) error {
			matches, err := readAllOf(child)
			alternatives = append(alternatives, matches)
			return err
		})
		read = append(read, alternatives)
		return err
	})
	return read, err
}

func readAllOf(e *element) (allOf, error) {
	if err := e.shape("", part{"Match", 1, 0}); err != nil {
		return nil, err
	}
	var read allOf
	err := e.each("Match", func(m *element) error {
		err := m.shape("MatchId", part{"AttributeValue", 1, 1}, part{"AttributeDesignator AttributeSelector", 1, 1})
		if err != nil {
			return err
		}
		value, designator := m.children[0], m.children[1]
		if err := value.shape("DataType"); err != nil {
			return err
		}
		if designator.name == "AttributeDesignator" {
			err = designator.shape("AttributeId Category DataType MustBePresent")
		}
		read = append(read, match{
			attribute: designator.attrs["AttributeId"],
			category:  designator.attrs["Category"],
			value:     strings.TrimSpace(value.text),
			function:  m.attrs["MatchId"],
		})
		return err
	})
	return read, err
}

func checkObligations(e *element) error {
	if err := e.shape("", part{"ObligationExpression", 1, 0}); err != nil {
		return err
	}
	return e.each("ObligationExpression", func(obligation *element) error {
		if err := obligation.shape("ObligationId FulfillOn", part{"AttributeAssignmentExpression", 0, 0}); err != nil {
			return err
		}
		return obligation.each("AttributeAssignmentExpression", func(assignment *element) error {
			if assignment.attrs["AttributeId"] == "" || len(assignment.children) != 1 {
				return errors.New("AttributeAssignmentExpression: an attribute id and one expression are needed")
			}
			return nil
		})
	})
}

// checkResource is the registry's own check on upload: each rule names this resource, or the app it is, and no other (Altinn's Resource Registry).
func (p *policy) checkResource(id string) (complaint string) {
	org, app, isApp := appIdentifier(id)
	for _, rule := range p.rules {
		named := rule.values(categoryResource)
		for _, m := range named {
			if m.attribute == attributeResource && m.value != id {
				return "Policy not accepted: Contains rules for a different registry resource"
			}
		}
		names := func(attribute, value string) bool {
			return slices.ContainsFunc(named, func(m match) bool {
				return m.attribute == attribute && strings.EqualFold(m.value, value)
			})
		}
		ok := names(attributeResource, id) || isApp && names(attributeOrg, org) && names(attributeApp, app)
		if !ok {
			return "Policy not accepted: Contains rule without reference to registry resource id"
		}
	}
	return ""
}

// values are all matches of a rule in a category.
func (r policyRule) values(category string) []match {
	var found []match
	for _, anyOf := range r.anyOfs {
		for _, alternative := range anyOf {
			for _, m := range alternative {
				if m.category == category {
					found = append(found, m)
				}
			}
		}
	}
	return found
}
