// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"net/http"
	"time"
)

func (s *session) bank(method, path string, body any) answer {
	s.t.Helper()
	return s.as(s.altinn(s.target.Bank), method, path, body)
}

// ask makes a request by the bank.
func (s *session) ask(id string, changes object) answer {
	s.t.Helper()
	return s.bank(http.MethodPost, enterprisePath, s.consentRequest(id, changes))
}

// asked makes a request that is right, and gives its id.
func (s *session) asked(resource string) string {
	s.t.Helper()
	id, _ := s.want(s.ask(resource, nil), http.StatusCreated).object()["id"].(string)
	return id
}

// consentRequestRules are about who may ask, and for what (Altinn consent).
var consentRequestRules = []rule{
	{"a request is created, with a place for the person to read it", func(s *session) {
		got := s.want(s.ask(s.consentable(anyOrganisation, nil), nil), http.StatusCreated)
		s.equal("created", got.object()["status"])
		s.wantText(got, http.StatusCreated, "/accessmanagement/ui/consent/request?id=")
		s.equal("hide", got.object()["portalViewMode"])
	}},
	{"a bank on the access list may ask, and one that is not may not", func(s *session) {
		path := s.list()
		list := path[len(s.lists())+1:]
		s.want(s.owner(http.MethodPut, path+"/members", members(s.target.Bank.Organisation)), http.StatusOK)
		id := s.consentable(attribute{"urn:altinn:access-list", s.target.Owner.Code + ":" + list}, nil)
		s.want(s.ask(id, nil), http.StatusCreated)
		outsider := s.consentRequest(id, object{"to": "urn:altinn:organization:identifier-no:" + s.target.Outsider.Organisation})
		s.want(s.as(s.altinn(s.target.Outsider), http.MethodPost, enterprisePath, outsider), http.StatusForbidden)
		s.want(s.owner(http.MethodDelete, path+"/members", members(s.target.Bank.Organisation)), http.StatusOK)
		s.want(s.ask(id, nil), http.StatusForbidden)
	}},
	{"a resource without a policy, or without the right action, cannot be asked for", func(s *session) {
		id := s.create(nil)
		s.want(s.ask(id, nil), http.StatusForbidden)
		s.want(s.policy(id, policyXML(onResource(id, anyOrganisation, "read"))), http.StatusCreated)
		s.want(s.ask(id, nil), http.StatusForbidden)
	}},
	{"with access list mode Enabled nobody can ask: the list belongs into the policy", func(s *session) {
		s.want(s.ask(s.consentable(anyOrganisation, object{"accessListMode": "Enabled"}), nil), http.StatusForbidden)
	}},
	{"nobody asks in another's name", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		to := object{"to": "urn:altinn:organization:identifier-no:" + s.target.Outsider.Organisation}
		s.want(s.ask(id, to), http.StatusForbidden)
	}},
	{"every key of the resource is needed, with a value", func(s *session) {
		id := s.consentable(anyOrganisation, object{"consentMetadata": object{"year": object{"optional": true}}})
		s.wantCode(s.ask(id, object{"consentRights": []object{right(id, nil)}}), http.StatusBadRequest, "AM-00008")
		s.wantCode(s.ask(id, object{"consentRights": []object{right(id, object{"year": ""})}}), http.StatusBadRequest, "AM-00007")
		s.want(s.ask(id, object{"consentRights": []object{right(id, object{"YEAR": "2025"})}}), http.StatusCreated)
	}},
	{"a key with a capital letter cannot be satisfied", func(s *session) {
		id := s.consentable(anyOrganisation, object{"consentMetadata": object{"Year": object{"optional": false}}})
		got := s.ask(id, object{"consentRights": []object{right(id, object{"Year": "2025"})}})
		s.wantCode(got, http.StatusInternalServerError, "AM-00008")
	}},
	{"a key the resource does not have is refused", func(s *session) {
		id := s.consentable(anyOrganisation, object{"consentMetadata": nil})
		s.wantCode(s.ask(id, nil), http.StatusBadRequest, "AM-00006")
	}},
	{"several faults come as one, with status 500", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		got := s.ask(id, object{"consentRights": []object{right(id, object{"month": "1"})}})
		s.wantCode(got, http.StatusInternalServerError, "STD-00001")
		s.wantCode(got, http.StatusInternalServerError, "AM-00006")
		s.wantCode(got, http.StatusInternalServerError, "AM-00008")
	}},
	{"only resources of the type Consent can be consented to", func(s *session) {
		id := s.consentable(anyOrganisation, object{"resourceType": "GenericAccessResource"})
		s.wantCode(s.ask(id, nil), http.StatusBadRequest, "AM-00005")
	}},
	{"a right names one resource", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		both := right(id, object{"year": "2025"})
		both["resource"] = []object{{"type": "urn:altinn:resource", "value": id}, {"type": "urn:altinn:resource", "value": id}}
		s.wantCode(s.ask(id, object{"consentRights": []object{both}}), http.StatusBadRequest, "AM-00005")
	}},
	{"all rights of a request share a template", func(s *session) {
		one, other := s.consentable(anyOrganisation, nil), s.consentable(anyOrganisation, object{"consentTemplate": "poa"})
		year := object{"year": "2025"}
		s.wantCode(s.ask(one, object{"consentRights": []object{right(one, year), right(other, year)}}), http.StatusBadRequest, "AM-00009")
	}},
	{"a template nobody knows breaks the request", func(s *session) {
		s.want(s.ask(s.consentable(anyOrganisation, object{"consentTemplate": "none"}), nil), http.StatusInternalServerError)
	}},
	{"a request has rights, and an end that is still to come", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		s.wantCode(s.ask(id, object{"consentRights": []object{}}), http.StatusBadRequest, "AM.VLD-00023")
		past := s.now().Add(-time.Hour).Format(time.RFC3339)
		s.wantCode(s.ask(id, object{"validTo": past}), http.StatusBadRequest, "AM.VLD-00022")
	}},
	{"a field that is required cannot be left out", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		for _, field := range []string{"id", "from", "to", "validTo", "consentRights", "redirectUrl"} {
			if got := s.ask(id, object{field: nil}); got.status != http.StatusBadRequest {
				s.t.Errorf("without %s: want 400, got %s", field, got)
			}
		}
		s.want(s.ask(id, object{"id": "one"}), http.StatusBadRequest)
		s.want(s.ask(id, object{"portalViewMode": "perhaps"}), http.StatusBadRequest)
	}},
	{"a redirect is a URL, of an app too", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		s.want(s.ask(id, object{"redirectUrl": "no-bank://loan"}), http.StatusCreated)
		s.want(s.ask(id, object{"redirectUrl": "bank.example.no"}), http.StatusBadRequest)
	}},
	{"persons and organisations nobody knows are refused", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		s.wantCode(s.ask(id, object{"from": "urn:altinn:person:identifier-no:00000000000"}), http.StatusBadRequest, "AM-00004")
		s.wantCode(s.ask(id, object{"from": "urn:altinn:organization:identifier-no:" + s.target.Unknown}), http.StatusBadRequest, "AM-00003")
	}},
	{"the same id between the same parties is the same request", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		request := s.consentRequest(id, nil)
		s.want(s.bank(http.MethodPost, enterprisePath, request), http.StatusCreated)
		s.want(s.bank(http.MethodPost, enterprisePath, request), http.StatusOK)
		request["from"] = "urn:altinn:organization:identifier-no:" + s.target.Outsider.Organisation
		s.wantCode(s.bank(http.MethodPost, enterprisePath, request), http.StatusBadRequest, "AM-00016")
	}},
	{"a request is shown to who asked, and to no other enterprise", func(s *session) {
		path := enterprisePath + "/" + s.asked(s.consentable(anyOrganisation, nil))
		s.want(s.bank(http.MethodGet, path, nil), http.StatusOK)
		s.wantCode(s.as(s.altinn(s.target.Outsider), http.MethodGet, path, nil), http.StatusForbidden, "AM-00000")
		s.wantCode(s.bank(http.MethodGet, enterprisePath+"/"+newUUID(), nil), http.StatusNotFound, "AM-00001")
	}},
}
