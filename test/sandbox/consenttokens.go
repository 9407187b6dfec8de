// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// consentDetail is the only type of authorization_details that Maskinporten takes to Altinn for a consent (Altinn consent).
const consentDetail = "urn:altinn:consent"

// consentLookup is what a grant says of a consent.
type consentLookup struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	From string `json:"from"`
	To   string `json:"to"`
}

// consent is what a token says of a consent: all a data source needs, without asking anybody (Altinn consent).
type consent struct {
	Type string `json:"type,omitempty"`
	ID   string `json:"id"`
	From string `json:"from"`
	// To is an URN in Altinn's own answers, and an actor as in the claim consumer in Maskinporten's tokens
	// (Maskinporten guide).
	To            any            `json:"to"`
	Consented     time.Time      `json:"consented"`
	ValidTo       time.Time      `json:"validTo"`
	ConsentRights []consentRight `json:"consentRights"`
}

// lookUpConsent is the call Maskinporten makes before it issues a token.
func (s *Server) lookUpConsent(c *call) reply {
	var asked consentLookup
	if err := json.Unmarshal(c.body, &asked); err != nil || asked.ID == "" || asked.From == "" || asked.To == "" {
		return modelError("$", "The JSON value could not be converted, or lacks required properties.")
	}
	found, problems := s.usableConsent(asked, c.now)
	if len(problems) > 0 {
		return combined(problems)
	}
	return jsonReply(http.StatusOK, s.consentShownInToken(found))
}

// usableConsent finds a consent that gives a right to data now. All that is wrong with it is told (AM).
func (s *Server) usableConsent(asked consentLookup, now time.Time) (*storedConsent, []problem) {
	stored := s.state.Consents[strings.ToLower(asked.ID)]
	if stored == nil {
		return nil, []problem{problemConsentNotFound}
	}
	var problems []problem
	if asked.To != s.urnOf(stored.To) && (stored.HandledBy == "" || asked.To != s.urnOf(stored.HandledBy)) {
		problems = append(problems, problemConsentNotFound)
	}
	if asked.From != s.urnOf(stored.From) {
		problems = append(problems, problemConsentPartyMismatch)
	}
	if stored.ValidTo.Before(now) {
		problems = append(problems, problemConsentExpired)
	}
	switch stored.Status {
	case consentAccepted:
	case consentRevoked:
		problems = append(problems, problemConsentRevoked)
	case consentExpired:
		problems = append(problems, problemConsentExpired)
	default:
		problems = append(problems, problemConsentNotAccepted)
	}
	return stored, problems
}

func (s *Server) consentShownInToken(stored *storedConsent) consent {
	return consent{
		ID:            stored.ID,
		From:          s.urnOf(stored.From),
		To:            s.urnOf(stored.To),
		Consented:     stored.Consented,
		ValidTo:       stored.ValidTo,
		ConsentRights: withoutVersions(stored.Rights),
	}
}

// checkDetails answers a grant that asks for a consent: it puts the consent into the token, and writes down that it was used.
// A one-time consent ends there, whatever its period (the consent log); it is not documented which system ends it.
func (s *Server) checkDetails(g *grant, now time.Time) *oauthError {
	refuse := func(number, why string) *oauthError {
		return &oauthError{"invalid_request", number, "Invalid authorization_details. " + why}
	}
	var found []*storedConsent
	for _, asked := range g.Details {
		if asked.Type != consentDetail {
			return refuse("MP-301", "Unknown type.")
		}
		if asked.ID == "" || asked.From == "" {
			return refuse("MP-302", "A field is missing.")
		}
		asked.To = urnOrganisation + ":" + cmp.Or(g.ConsumerOrg, g.client.Organisation)
		stored, problems := s.usableConsent(asked, now)
		if len(problems) > 0 {
			return refuse("MP-303", problems[0].Code+": "+problems[0].Detail)
		}
		found = append(found, stored)
	}
	for _, stored := range found {
		shown := s.consentShownInToken(stored)
		shown.Type, shown.To = consentDetail, organisationActor(stored.To)
		g.consents = append(g.consents, shown)
		s.addConsentEvent(stored, consentUsed, stored.To, now)
		if s.isOneTime(stored) {
			stored.Status = consentExpired
			s.addConsentEvent(stored, consentExpired, stored.To, now)
		}
	}
	return nil
}

// isOneTime goes by the version the consent was asked under.
func (s *Server) isOneTime(stored *storedConsent) bool {
	return slices.ContainsFunc(stored.Rights, func(right consentRight) bool {
		resource := s.state.Resources[right.Resource[0].Value].version(right.Resource[0].Version)
		return resource != nil && resource.IsOneTimeConsent
	})
}
