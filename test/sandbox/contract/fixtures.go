// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
)

// object is a JSON object in the making.
type object map[string]any

const (
	resourcePath   = "/resourceregistry/api/v1/resource"
	accessListPath = "/resourceregistry/api/v1/access-lists/"
	enterprisePath = "/accessmanagement/api/v1/enterprise/consentrequests"
	personPath     = "/accessmanagement/api/v1/bff"

	scopeResourceWrite   = "altinn:resourceregistry/resource.write"
	scopeAccessListRead  = "altinn:resourceregistry/accesslist.read"
	scopeAccessListWrite = "altinn:resourceregistry/accesslist.write"
	scopeConsentRead     = "altinn:consentrequests.read"
	scopeConsentWrite    = "altinn:consentrequests.write"
)

func texts(text string) object { return object{"nb": text, "nn": text, "en": text} }

// resource is a consent resource that is right (Altinn's Resource Registry), with some fields changed; nil takes one out.
func (s *session) resource(id string, changes object) object {
	owner := s.target.Owner
	made := object{
		"identifier": id, "resourceType": "Consent", "status": "Completed", "delegable": true, "visible": true,
		"title": texts("Inntekt"), "description": texts("Inntektsopplysninger"), "rightDescription": texts("Se inntekt"),
		"hasCompetentAuthority": object{"organization": owner.Organisation, "orgcode": owner.Code, "name": texts("Eier")},
		"contactPoints":         []object{{"category": "Support", "email": "support@example.no"}},
		"availableForType":      []string{"PrivatePerson"}, "accessListMode": "Disabled",
		"consentTemplate": "default", "consentText": texts("Inntekt for {year}"),
		"consentMetadata": object{"year": object{"optional": false}}, "isOneTimeConsent": false,
	}
	for key, value := range changes {
		made[key] = value
		if value == nil {
			delete(made, key)
		}
	}
	return made
}

// app is an app's resource that is right.
func (s *session) app(name string, changes object) object {
	code := s.target.Owner.Code
	made := s.resource("app_"+code+"_"+name, object{
		"resourceType": "AltinnApp", "consentTemplate": nil, "consentText": nil, "consentMetadata": nil,
		"resourceReferences": []object{
			{"referenceType": "ApplicationId", "referenceSource": "Altinn3", "reference": code + "/" + name},
		},
	})
	for key, value := range changes {
		made[key] = value
	}
	return made
}

// create registers a resource, and gives its identifier.
func (s *session) create(changes object) string {
	s.t.Helper()
	id := s.fresh()
	s.want(s.owner(http.MethodPost, resourcePath, s.resource(id, changes)), http.StatusCreated)
	return id
}

func (s *session) get(id string) answer {
	s.t.Helper()
	return s.anyone(resourcePath + "/" + id)
}

// attribute is one match of a rule.
type attribute struct{ id, value string }

// Subjects of rules.
var (
	anyOrganisation = attribute{"urn:altinn:partytype", "organization"}
	privatePerson   = attribute{"urn:altinn:rolecode", "PRIV"}
)

// policyRule is written into a policy as one rule.
type policyRule struct {
	subject, action attribute
	resource        []attribute
}

func onResource(id string, subject attribute, action string) policyRule {
	return policyRule{subject, attribute{actionID, action}, []attribute{{"urn:altinn:resource", id}}}
}

const (
	actionID         = "urn:oasis:names:tc:xacml:1.0:action:action-id"
	categorySubject  = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
	categoryResource = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
	categoryAction   = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"
	dataString       = "http://www.w3.org/2001/XMLSchema#string"
)

// consentPolicy is the pair of rules a consent resource needs (Altinn Authorization).
func consentPolicy(id string, requester attribute) string {
	return policyXML(onResource(id, requester, "requestconsent"), onResource(id, privatePerson, "consent"))
}

func policyXML(rules ...policyRule) string {
	var written strings.Builder
	written.WriteString(`<?xml version="1.0" encoding="utf-8"?>
<xacml:Policy xmlns:xacml="urn:oasis:names:tc:xacml:3.0:core:schema:wd-17" PolicyId="urn:altinn:policyid:1" Version="1.0"
 RuleCombiningAlgId="urn:oasis:names:tc:xacml:3.0:rule-combining-algorithm:deny-overrides"><xacml:Target/>`)
	for i, rule := range rules {
		fmt.Fprintf(&written, `<xacml:Rule RuleId="urn:altinn:ruleid:%d" Effect="Permit"><xacml:Target>`, i+1)
		writeAnyOf(&written, categorySubject, rule.subject)
		writeAnyOf(&written, categoryResource, rule.resource...)
		writeAnyOf(&written, categoryAction, rule.action)
		written.WriteString(`</xacml:Target></xacml:Rule>`)
	}
	written.WriteString(`<xacml:ObligationExpressions><xacml:ObligationExpression ObligationId="urn:altinn:obligation:1"` +
		` FulfillOn="Permit"><xacml:AttributeAssignmentExpression AttributeId="urn:altinn:obligation1-assignment1"` +
		` Category="urn:altinn:minimum-authenticationlevel"><xacml:AttributeValue` +
		` DataType="http://www.w3.org/2001/XMLSchema#integer">3</xacml:AttributeValue>` +
		`</xacml:AttributeAssignmentExpression></xacml:ObligationExpression></xacml:ObligationExpressions></xacml:Policy>`)
	return written.String()
}

func writeAnyOf(written *strings.Builder, category string, attributes ...attribute) {
	written.WriteString(`<xacml:AnyOf><xacml:AllOf>`)
	for _, a := range attributes {
		fmt.Fprintf(written, `<xacml:Match MatchId="urn:oasis:names:tc:xacml:3.0:function:string-equal-ignore-case">`+
			`<xacml:AttributeValue DataType="%s">%s</xacml:AttributeValue><xacml:AttributeDesignator AttributeId="%s"`+
			` Category="%s" DataType="%s" MustBePresent="false"/></xacml:Match>`, dataString, a.value, a.id, category, dataString)
	}
	written.WriteString(`</xacml:AllOf></xacml:AnyOf>`)
}

// upload sends a policy as a form with one file.
func (s *session) upload(token, method, id, field, policy string) answer {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile(field, "policy.xml")
	if err == nil {
		_, err = file.Write([]byte(policy))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return s.as(token, method, resourcePath+"/"+id+"/policy", body.Bytes(), header{"Content-Type", form.FormDataContentType()})
}

// policy uploads a policy as the owner.
func (s *session) policy(id, policy string) answer {
	s.t.Helper()
	return s.upload(s.altinn(s.target.Owner), http.MethodPost, id, "policyFile", policy)
}

func (s *session) lists() string { return accessListPath + s.target.Owner.Code }

// list makes an access list, and gives its path.
func (s *session) list() string {
	s.t.Helper()
	path := s.lists() + "/" + s.fresh()
	s.want(s.owner(http.MethodPut, path, object{"name": "Banker", "description": "Godkjente"}), http.StatusOK)
	return path
}

func members(numbers ...string) object {
	urns := []string{}
	for _, number := range numbers {
		urns = append(urns, "urn:altinn:organization:identifier-no:"+number)
	}
	return object{"data": urns}
}

// consentable registers a resource, with a policy that lets a requester ask and persons answer.
func (s *session) consentable(requester attribute, changes object) string {
	s.t.Helper()
	id := s.create(changes)
	s.want(s.policy(id, consentPolicy(id, requester)), http.StatusCreated)
	return id
}

// consentRequest is a request by the bank that is right, with some fields changed.
func (s *session) consentRequest(id string, changes object) object {
	made := object{
		"id": newUUID(), "validTo": s.now().Add(24 * time.Hour).Format(time.RFC3339),
		"from":          "urn:altinn:person:identifier-no:" + s.target.Borrower,
		"to":            "urn:altinn:organization:identifier-no:" + s.target.Bank.Organisation,
		"consentRights": []object{right(id, object{"year": "2025"})},
		"redirectUrl":   "https://bank.example.no/loan", "requestMessage": texts("Lånesøknad"),
	}
	for key, value := range changes {
		made[key] = value
		if value == nil {
			delete(made, key)
		}
	}
	return made
}

func right(id string, metadata object) object {
	return object{"action": []string{"consent"}, "resource": []object{{"type": "urn:altinn:resource", "value": id}}, "metadata": metadata}
}

func newUUID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // cannot fail
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:])
}
