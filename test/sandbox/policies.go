// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// policyField is the name of the multipart field (Altinn's Resource Registry).
const policyField = "policyFile"

func (s *Server) getPolicy(c *call) reply {
	stored := s.state.Resources[c.PathValue("id")]
	if stored.current() == nil {
		return textReply(http.StatusNotFound, "Unable to find resource")
	}
	if stored.Policy == nil {
		return textReply(http.StatusNotFound, "Unable to find requested policy")
	}
	return bodyReply(http.StatusOK, typeXML, stored.Policy).with("Content-Disposition", "attachment; filename=policy.xml")
}

// writePolicy stores a policy for a resource that exists; the owner that counts is the stored one here (RR).
func (s *Server) writePolicy(c *call) reply {
	contentType, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || contentType != "multipart/form-data" {
		return problemReply(http.StatusUnsupportedMediaType, "")
	}
	uploaded, err := policyFile(c)
	if err != nil {
		return jsonReply(http.StatusBadRequest, "The policy file can not be null")
	}
	id := c.PathValue("id")
	stored := s.state.Resources[id]
	current := stored.current()
	if current == nil {
		return jsonReply(http.StatusBadRequest, "Unknown resource")
	}
	if !c.token.has(scopeResourceAdmin) && current.ownerNumber() != c.token.consumer() {
		return forbidden()
	}
	read, err := parsePolicy(uploaded)
	if err != nil {
		// The registry catches what its own rules say, and a parser's complaint is not among it.
		return problemReply(http.StatusInternalServerError, "")
	}
	if complaint := read.checkResource(id); complaint != "" {
		return jsonReply(http.StatusBadRequest, complaint)
	}
	s.storePolicy(c, id, uploaded, read)
	return emptyReply(http.StatusCreated).with("Location", id+"/policy")
}

func policyFile(c *call) ([]byte, error) {
	file, _, err := c.FormFile(policyField)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(file)
	return data, errors.Join(err, file.Close())
}

// storePolicy keeps the policy, and computes its subjects anew.
func (s *Server) storePolicy(c *call, id string, raw []byte, read *policy) {
	stored := s.state.Resources[id]
	stored.Policy, stored.PolicyUploaded = raw, true
	s.setSubjects(id, read, c.now)
	s.changedNow(stored, c.now)
}

// attributeValue is how the registry shows an attribute of a policy.
type attributeValue struct {
	Type  string `json:"type"`
	Value string `json:"value"`
	URN   string `json:"urn,omitempty"`
}

type flatRule struct {
	Subject  []attributeValue `json:"subject"`
	Action   attributeValue   `json:"action"`
	Resource []attributeValue `json:"resource"`
}

// policyRules takes every rule apart into one subject, one action and one resource each.
func (s *Server) policyRules(c *call) reply {
	flat, refusal := s.flatRules(c)
	if refusal != nil {
		return *refusal
	}
	return jsonReply(http.StatusOK, flat)
}

// policyRights groups the same by action and resource.
func (s *Server) policyRights(c *call) reply {
	flat, refusal := s.flatRules(c)
	if refusal != nil {
		return *refusal
	}
	type subject struct {
		Attributes []attributeValue `json:"subjectAttributes"`
	}
	type right struct {
		Action   attributeValue   `json:"action"`
		Resource []attributeValue `json:"resource"`
		Subjects []subject        `json:"subjects"`
	}
	rights := []*right{}
	byKey := map[string]*right{}
	for _, rule := range flat {
		key := rule.Action.Value
		for _, resource := range rule.Resource {
			key += ";" + resource.Type + "=" + resource.Value
		}
		known := byKey[key]
		if known == nil {
			known = &right{Action: rule.Action, Resource: rule.Resource}
			byKey[key] = known
			rights = append(rights, known)
		}
		known.Subjects = append(known.Subjects, subject{rule.Subject})
	}
	return jsonReply(http.StatusOK, rights)
}

func (s *Server) flatRules(c *call) ([]flatRule, *reply) {
	stored := s.state.Resources[c.PathValue("id")]
	if stored.current() == nil || stored.Policy == nil {
		refusal := problemReply(http.StatusNotFound, "")
		return nil, &refusal
	}
	read, err := parsePolicy(stored.Policy)
	if err != nil {
		refusal := problemReply(http.StatusInternalServerError, "")
		return nil, &refusal
	}
	flat := []flatRule{}
	for _, rule := range read.rules {
		parts, err := rule.byCategory()
		if err != nil {
			refusal := problemReply(http.StatusInternalServerError, "")
			return nil, &refusal
		}
		flat = append(flat, parts.flatten()...)
	}
	return flat, nil
}

// ruleParts are the alternatives of a rule for each category.
type ruleParts map[string][]allOf

// byCategory fails on what the registry cannot take apart: a mixed AnyOf, a missing part, several actions in one AllOf (Altinn Authorization).
func (r policyRule) byCategory() (ruleParts, error) {
	parts := ruleParts{}
	for _, anyOf := range r.anyOfs {
		category := anyOf[0][0].category
		for _, alternative := range anyOf {
			for _, m := range alternative {
				if m.category != category {
					return nil, errors.New("taking a rule apart: an AnyOf mixes categories")
				}
			}
			if category == categoryAction && len(alternative) > 1 {
				return nil, errors.New("taking a rule apart: an AllOf has several actions")
			}
		}
		parts[category] = anyOf
	}
	if parts[categorySubject] == nil || parts[categoryAction] == nil || parts[categoryResource] == nil {
		return nil, errors.New("taking a rule apart: subject, action or resource is missing")
	}
	return parts, nil
}

func (p ruleParts) flatten() []flatRule {
	var flat []flatRule
	for _, subject := range p[categorySubject] {
		for _, action := range p[categoryAction] {
			for _, resource := range p[categoryResource] {
				flat = append(flat, flatRule{
					Subject:  subject.shown(),
					Action:   action.shown()[0],
					Resource: resource.shown(),
				})
			}
		}
	}
	return flat
}

func (a allOf) shown() []attributeValue {
	shown := make([]attributeValue, 0, len(a))
	for _, m := range a {
		shown = append(shown, attributeValue{Type: m.attribute, Value: m.value})
	}
	return shown
}

// subjects are the distinct subjects of all rules, in lower case as the registry keeps them.
func (p *policy) subjects() []attributeValue {
	var found []attributeValue
	seen := map[string]bool{}
	for _, rule := range p.rules {
		for _, m := range rule.values(categorySubject) {
			value := strings.ToLower(m.value)
			urn := m.attribute + ":" + value
			if !seen[urn] {
				seen[urn] = true
				found = append(found, attributeValue{Type: m.attribute, Value: value, URN: urn})
			}
		}
	}
	return found
}
