// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// borrower makes a call as the person, or skips the rule.
func (s *session) borrower(method, path string, body any) answer {
	s.t.Helper()
	if s.target.LogIn == nil {
		s.t.Skip("nobody can log in at the target")
	}
	return s.as(s.target.LogIn(s.t, s.target.Borrower), method, path, body)
}

func (s *session) answerTo(id, what string) answer {
	s.t.Helper()
	var body any
	kind := "/consentrequests/"
	switch what {
	case "accept":
		body = object{"language": "nb"}
	case "revoke":
		kind = "/consents/"
	}
	return s.borrower(http.MethodPost, personPath+kind+id+"/"+what, body)
}

// accepted makes a consent that was given, and gives its id.
func (s *session) accepted(resource string) string {
	s.t.Helper()
	id := s.asked(resource)
	s.want(s.answerTo(id, "accept"), http.StatusOK)
	return id
}

func (s *session) statusOf(id string) any {
	s.t.Helper()
	return s.want(s.bank(http.MethodGet, enterprisePath+"/"+id, nil), http.StatusOK).object()["status"]
}

// consentAnswerRules are about the person (Altinn consent).
var consentAnswerRules = []rule{
	{"a person accepts, and a second time changes nothing", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, nil))
		s.want(s.answerTo(id, "accept"), http.StatusOK)
		s.equal("accepted", s.statusOf(id))
	}},
	{"a person rejects, and cannot accept afterwards", func(s *session) {
		id := s.asked(s.consentable(anyOrganisation, nil))
		s.want(s.answerTo(id, "reject"), http.StatusOK)
		s.want(s.answerTo(id, "reject"), http.StatusOK)
		s.equal("rejected", s.statusOf(id))
		s.wantCode(s.answerTo(id, "accept"), http.StatusBadRequest, "AM-00002")
	}},
	{"what was accepted cannot be rejected, but revoked", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, nil))
		s.wantCode(s.answerTo(id, "reject"), http.StatusBadRequest, "AM-00015")
		s.want(s.answerTo(id, "revoke"), http.StatusOK)
		s.equal("revoked", s.statusOf(id))
		s.wantCode(s.answerTo(id, "accept"), http.StatusBadRequest, "AM-00002")
	}},
	{"what was not accepted cannot be revoked", func(s *session) {
		s.wantCode(s.answerTo(s.asked(s.consentable(anyOrganisation, nil)), "revoke"), http.StatusBadRequest, "AM-00010")
	}},
	{"accepting says in which language the texts were read", func(s *session) {
		id := s.asked(s.consentable(anyOrganisation, nil))
		s.want(s.borrower(http.MethodPost, personPath+"/consentrequests/"+id+"/accept", object{}), http.StatusBadRequest)
	}},
	{"a person without a role in the policy cannot answer", func(s *session) {
		id := s.create(nil)
		manager := attribute{"urn:altinn:rolecode", "DAGL"}
		s.want(s.policy(id, policyXML(onResource(id, anyOrganisation, "requestconsent"), onResource(id, manager, "consent"))), http.StatusCreated)
		s.wantCode(s.answerTo(s.asked(id), "accept"), http.StatusForbidden, "AM-00000")
	}},
	{"a request nobody made cannot be answered", func(s *session) {
		s.wantCode(s.answerTo(newUUID(), "accept"), http.StatusNotFound, "AM-00001")
	}},
	{"the page shows the texts of the version that was asked under, in three languages", func(s *session) {
		text := object{"nb": "Inntekt for {year}", "nn": "Inntekta for {year}", "en": "Income for {year}"}
		resource := s.consentable(anyOrganisation, object{"consentText": text})
		id := s.asked(resource)
		s.want(s.replace(resource, object{"consentText": texts("Noe annet")}), http.StatusOK)
		for language, want := range map[string]string{"nb": "Inntekt for 2025", "nn": "Inntekta for 2025", "en": "Income for 2025"} {
			page := s.borrower(http.MethodGet, "/accessmanagement/ui/consent/request?lang="+language+"&id="+url.QueryEscape(id), nil)
			s.wantText(page, http.StatusOK, want)
		}
	}},
	{"a request keeps the version of its resource, and shows it to the person only", func(s *session) {
		resource := s.consentable(anyOrganisation, nil)
		before := s.versionOf(resource)
		id := s.asked(resource)
		s.want(s.replace(resource, nil), http.StatusOK)
		shown := s.want(s.borrower(http.MethodGet, personPath+"/consentrequests/"+id, nil), http.StatusOK).object()
		rights, _ := shown["consentRights"].([]any)
		first, _ := rights[0].(map[string]any)
		resources, _ := first["resource"].([]any)
		named, _ := resources[0].(map[string]any)
		s.equal(before, named["version"])
		enterprise := string(s.bank(http.MethodGet, enterprisePath+"/"+id, nil).body)
		s.equal(false, strings.Contains(enterprise, `"version"`))
	}},
	{"a request that has run out cannot be accepted", func(s *session) {
		id := s.asked(s.consentable(anyOrganisation, nil))
		s.advance(25 * time.Hour)
		s.equal("expired", s.statusOf(id))
		s.wantCode(s.answerTo(id, "accept"), http.StatusBadRequest, "AM.VLD-00022")
	}},
}

// withConsent asks Maskinporten for a token by a consent.
func (s *session) withConsent(who Credentials, detail object) answer {
	s.t.Helper()
	return s.grant(who, claims{"scope": scopeConsentRead, "authorization_details": []object{detail}})
}

func (s *session) detail(id string) object {
	return object{"type": "urn:altinn:consent", "id": id, "from": "urn:altinn:person:identifier-no:" + s.target.Borrower}
}

// consentTokenRules are about using a consent (Altinn consent).
var consentTokenRules = []rule{
	{"a consent that was given comes with the token, signed, with all a data source needs", func(s *session) {
		resource := s.consentable(anyOrganisation, nil)
		id := s.accepted(resource)
		granted := s.want(s.withConsent(s.target.Bank, s.detail(id)), http.StatusOK)
		token, _ := granted.object()["access_token"].(string)
		details, _ := s.verified(token, s.target.MaskinportenURL+"/jwk")["authorization_details"].([]any)
		consent, _ := details[0].(map[string]any)
		s.equal(id, consent["id"])
		s.equal(s.detail(id)["from"], consent["from"])
		s.equal(object{"authority": "iso6523-actorid-upis", "ID": "0192:" + s.target.Bank.Organisation}, consent["to"])
		rights, _ := consent["consentRights"].([]any)
		right, _ := rights[0].(map[string]any)
		s.equal("map[year:2025]", right["metadata"])
		s.equal("[map[type:urn:altinn:resource value:"+resource+"]]", right["resource"])
	}},
	{"without an answer there is no token", func(s *session) {
		s.wantMP(s.withConsent(s.target.Bank, s.detail(s.asked(s.consentable(anyOrganisation, nil)))), "MP-303")
	}},
	{"after a revocation there is no token", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, nil))
		s.want(s.answerTo(id, "revoke"), http.StatusOK)
		s.wantText(s.withConsent(s.target.Bank, s.detail(id)), http.StatusBadRequest, "AM-00011")
	}},
	{"after its end there is no token", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, nil))
		s.advance(25 * time.Hour)
		s.wantText(s.withConsent(s.target.Bank, s.detail(id)), http.StatusBadRequest, "AM-00013")
	}},
	{"another enterprise gets no token by it", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, nil))
		s.wantText(s.withConsent(s.target.Outsider, s.detail(id)), http.StatusBadRequest, "AM-00001")
	}},
	{"the giver must be the one who gave it", func(s *session) {
		detail := s.detail(s.accepted(s.consentable(anyOrganisation, nil)))
		detail["from"] = "urn:altinn:organization:identifier-no:" + s.target.Outsider.Organisation
		s.wantText(s.withConsent(s.target.Bank, detail), http.StatusBadRequest, "AM-00012")
	}},
	{"details of another type, or with a field missing, are refused", func(s *session) {
		detail := s.detail(newUUID())
		detail["type"] = "urn:altinn:other"
		s.wantMP(s.withConsent(s.target.Bank, detail), "MP-301")
		s.wantMP(s.withConsent(s.target.Bank, object{"type": "urn:altinn:consent"}), "MP-302")
		s.wantMP(s.withConsent(s.target.Bank, s.detail(newUUID())), "MP-303")
	}},
	{"a consent serves as often as it is asked for", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, nil))
		s.want(s.withConsent(s.target.Bank, s.detail(id)), http.StatusOK)
		s.want(s.withConsent(s.target.Bank, s.detail(id)), http.StatusOK)
	}},
	{"a one-time consent serves once", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, object{"isOneTimeConsent": true}))
		s.want(s.withConsent(s.target.Bank, s.detail(id)), http.StatusOK)
		s.wantText(s.withConsent(s.target.Bank, s.detail(id)), http.StatusBadRequest, "AM-00013")
		s.equal("expired", s.statusOf(id))
	}},
}

// consentLogRules are about who can read what happened (Altinn consent).
var consentLogRules = []rule{
	{"the feed tells what happened, oldest first, once it is five minutes old", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, nil))
		s.want(s.withConsent(s.target.Bank, s.detail(id)), http.StatusOK)
		path := enterprisePath + "/events?consentRequestId=" + id
		s.equal(0, len(s.want(s.bank(http.MethodGet, path, nil), http.StatusOK).data()))
		s.advance(6 * time.Minute)
		s.equal([]any{"created", "accepted", "used"}, eventTypes(s.bank(http.MethodGet, path, nil)))
		s.equal([]any{"used"}, eventTypes(s.bank(http.MethodGet, path+"&eventType=used", nil)))
	}},
	{"the feed of one enterprise is closed to another", func(s *session) {
		id := s.asked(s.consentable(anyOrganisation, nil))
		s.advance(6 * time.Minute)
		got := s.as(s.altinn(s.target.Outsider), http.MethodGet, enterprisePath+"/events?consentRequestId="+id, nil)
		s.equal(0, len(s.want(got, http.StatusOK).data()))
	}},
	{"queries that make no sense are refused", func(s *session) {
		for query, code := range map[string]string{
			"createdAfter=2026-02-01T00:00:00Z&createdBefore=2026-01-01T00:00:00Z": "AM.VLD-00051",
			"eventType=created":         "AM.VLD-00052",
			"continuationToken=nowhere": "AM.VLD-00053",
		} {
			s.wantCode(s.bank(http.MethodGet, enterprisePath+"/events?"+query, nil), http.StatusBadRequest, code)
		}
	}},
	{"a person's own log has every request and what became of it", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, nil))
		s.want(s.answerTo(id, "revoke"), http.StatusOK)
		uuid, _ := s.verified(s.target.LogIn(s.t, s.target.Borrower), s.altinnKeys())["urn:altinn:party:uuid"].(string)
		for _, entry := range s.want(s.borrower(http.MethodGet, personPath+"/consentrequests/list/"+uuid, nil), http.StatusOK).list() {
			request, _ := entry.(map[string]any)
			if request["id"] == id {
				events, _ := request["consentRequestEvents"].([]any)
				s.equal([]any{"created", "accepted", "revoked"}, typesOf(events))
				return
			}
		}
		s.t.Errorf("want %s in the log", id)
	}},
	{"the log of a party one has no role for is closed", func(s *session) {
		s.want(s.borrower(http.MethodGet, personPath+"/consentrequests/list/"+newUUID(), nil), http.StatusUnauthorized)
	}},
	{"a request carries its log, and a one-time consent's ends with its use", func(s *session) {
		id := s.accepted(s.consentable(anyOrganisation, object{"isOneTimeConsent": true}))
		s.want(s.withConsent(s.target.Bank, s.detail(id)), http.StatusOK)
		events, _ := s.bank(http.MethodGet, enterprisePath+"/"+id, nil).object()["consentRequestEvents"].([]any)
		s.equal([]any{"created", "accepted", "used", "expired"}, typesOf(events))
	}},
}

func eventTypes(got answer) []any { return typesOf(got.data()) }

func typesOf(events []any) []any {
	types := []any{}
	for _, event := range events {
		read, _ := event.(map[string]any)
		types = append(types, read["eventType"])
	}
	return types
}
