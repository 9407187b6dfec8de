// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Scopes of consents (Altinn consent).
const (
	scopeConsentRead   = "altinn:consentrequests.read"
	scopeConsentWrite  = "altinn:consentrequests.write"
	scopeConsentOrg    = "altinn:consentrequests.org"
	scopeConsentLookup = "altinn:maskinporten/consent.read"
	scopePortal        = "altinn:portal/enduser"
)

const (
	enterpriseBase = "/accessmanagement/api/v1/enterprise/consentrequests"
	personBase     = "/accessmanagement/api/v1/bff"
	consentPage    = "/accessmanagement/ui/consent/request"
)

func (s *Server) consentRoutes() {
	read := func(h handler) handler { return s.needs(h, scopeConsentOrg, scopeConsentRead, scopeConsentWrite) }
	person := func(h handler) handler { return s.needs(h, scopePortal) }
	s.route("POST "+enterpriseBase, s.needs(onlyJSON(s.requestConsent), scopeConsentOrg, scopeConsentWrite))
	s.route("GET "+enterpriseBase+"/events", read(s.consentEvents))
	s.route("GET "+enterpriseBase+"/{id}", read(s.getConsentRequest))
	s.route("POST /accessmanagement/api/v1/maskinporten/consent/lookup", s.needs(onlyJSON(s.lookUpConsent), scopeConsentLookup))
	s.route("GET "+personBase+"/consentrequests/{id}", person(s.showConsentRequest))
	s.route("GET "+personBase+"/consentrequests/list/{party}", person(s.listConsents))
	s.route("POST "+personBase+"/consentrequests/{id}/accept", person(onlyJSON(s.acceptConsent)))
	s.route("POST "+personBase+"/consentrequests/{id}/reject", person(s.rejectConsent))
	s.route("GET "+personBase+"/consents/{id}", person(s.showConsentRequest))
	s.route("POST "+personBase+"/consents/{id}/revoke", person(s.revokeConsent))
	s.route("GET "+consentPage, person(s.consentTexts))
}

// requestConsent takes a request in the order the service does: who asks, whether the policies let it, then what is asked.
func (s *Server) requestConsent(c *call) reply {
	submitted, refusal := readSubmission(c.body)
	if refusal != nil {
		return *refusal
	}
	handledBy := ""
	if submitted.To != urnOrganisation+":"+c.token.consumer() {
		if !c.token.has(scopeConsentOrg) {
			return forbidden()
		}
		handledBy = c.token.consumer()
	}
	if !s.mayRequestAll(*submitted.ConsentRights, c.token) {
		return forbidden()
	}
	request, problem := s.consentParties(submitted)
	if problem != nil {
		return problem.reply()
	}
	request.HandledBy = handledBy
	if problems := s.checkSubmission(submitted, request, c); len(problems) > 0 {
		return combined(problems)
	}
	if !s.knowsTemplate(request.Template) {
		return problemReply(http.StatusInternalServerError, "")
	}
	if stored := s.state.Consents[request.ID]; stored != nil {
		// The same id between the same parties is the same request, whatever else it says (Altinn consent).
		if stored.From != request.From || stored.To != request.To {
			return problemConsentExists.reply()
		}
		return jsonReply(http.StatusOK, s.shownToEnterprise(stored, c))
	}
	request.Status = consentCreated
	s.state.Consents[request.ID] = request
	s.addConsentEvent(request, consentCreated, c.token.consumer(), c.now)
	return jsonReply(http.StatusCreated, s.shownToEnterprise(request, c)).
		with("Location", c.base+enterpriseBase+"/"+request.ID)
}

// mayRequestAll asks the decision point about each resource that is named; what is not named is a fault for later.
func (s *Server) mayRequestAll(rights []consentRight, token *claims) bool {
	return !slices.ContainsFunc(rights, func(right consentRight) bool {
		return len(right.Resource) > 0 && !s.mayRequestConsent(right.Resource[0].Value, token)
	})
}

// consentParties finds who is named; the first that nobody knows ends the search.
func (s *Server) consentParties(submitted *consentSubmission) (*storedConsent, *problem) {
	request := &storedConsent{
		ID:             submitted.ID,
		ValidTo:        submitted.ValidTo.UTC(),
		Rights:         *submitted.ConsentRights,
		Message:        submitted.RequestMessage,
		RedirectURL:    *submitted.RedirectURL,
		PortalViewMode: submitted.PortalViewMode,
	}
	for _, named := range []struct {
		urn    string
		number *string
	}{
		{submitted.From, &request.From},
		{submitted.To, &request.To},
		{submitted.RequiredDelegator, &request.RequiredDelegator},
	} {
		if named.urn == "" {
			continue
		}
		found, err := s.people.partyURN(named.urn)
		if err != nil || found == nil {
			if strings.HasPrefix(named.urn, urnPerson) {
				return nil, &problemUnknownPerson
			}
			return nil, &problemUnknownOrganisation
		}
		*named.number = found.number
	}
	return request, nil
}

// checkSubmission collects all that is wrong, and notes template and versions on the way.
func (s *Server) checkSubmission(submitted *consentSubmission, request *storedConsent, c *call) []problem {
	var errors []validationError
	if submitted.ValidTo.Before(c.now) {
		errors = append(errors, amInvalid(22, "The time need to be in the future", "/validTo").ValidationErrors...)
	}
	if len(request.Rights) == 0 {
		errors = append(errors, amInvalid(23, "The list cant be empty", "/consentRight").ValidationErrors...)
	}
	if !validRedirect(request.RedirectURL) {
		errors = append(errors, validationError{Code: "AM.VLD-00050", Detail: "Invalid redirect url", Paths: []string{"/redirectUrl"}})
	}
	var problems []problem
	for i := range request.Rights {
		problems = append(problems, s.checkRight(&request.Rights[i], request)...)
	}
	if len(errors) > 0 {
		problems = append(problems, invalid(errors...))
	}
	return problems
}

// checkRight asks for one resource of type Consent, of the same template as the others, and for its metadata (Altinn consent).
func (s *Server) checkRight(right *consentRight, request *storedConsent) []problem {
	var problems []problem
	if len(right.Action) == 0 {
		problems = append(problems, invalid(validationError{Code: "STD.VLD-00001", Detail: "The field is required."}))
	}
	if len(right.Resource) != 1 {
		return append(problems, problemConsentResource)
	}
	resource := s.state.Resources[right.Resource[0].Value].current()
	if resource == nil {
		return append(problems, problemConsentResource)
	}
	if resource.ResourceType != "Consent" {
		problems = append(problems, problemConsentResource)
	} else {
		problems = append(problems, checkMetadata(right, resource)...)
		right.Resource[0].Version = resource.VersionID
	}
	if request.Template == "" {
		request.Template = resource.ConsentTemplate
	} else if !strings.EqualFold(request.Template, resource.ConsentTemplate) {
		problems = append(problems, problemResourceCombination)
	}
	return problems
}

// checkMetadata compares keys in lower case with the keys of the resource as they are, so a resource with a capital letter in
// a key cannot be satisfied; and it wants every key, whatever "optional" says (Altinn consent).
func checkMetadata(right *consentRight, resource *ServiceResource) []problem {
	var problems []problem
	given := map[string]string{}
	for key, value := range right.metadata() {
		given[strings.ToLower(key)] = value
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if _, known := resource.ConsentMetadata[key]; !known {
			problems = append(problems, problemUnknownMetadata)
		}
		if given[key] == "" {
			problems = append(problems, problemMetadataValue)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(resource.ConsentMetadata)) {
		if _, there := given[key]; !there {
			problems = append(problems, problemMissingMetadata)
		}
	}
	if right.Metadata != nil {
		right.Metadata = &given
	}
	return problems
}

func (s *Server) knowsTemplate(id string) bool {
	return slices.ContainsFunc(s.options.Templates, func(template Template) bool { return template.ID == id })
}

func (s *Server) getConsentRequest(c *call) reply {
	stored := s.state.Consents[strings.ToLower(c.PathValue("id"))]
	if stored == nil {
		return problemConsentNotFound.reply()
	}
	if stored.To != c.token.consumer() {
		return problemConsentForbidden.reply()
	}
	return jsonReply(http.StatusOK, s.shownToEnterprise(stored, c))
}
