// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"net/http"
	"strings"
)

// person is who is logged in.
func (s *Server) person(c *call) *party { return s.people.byUUID[c.token.PartyUUID] }

// answerable finds a request that the person may see and answer.
func (s *Server) answerable(c *call) (*storedConsent, *reply) {
	stored := s.state.Consents[strings.ToLower(c.PathValue("id"))]
	if stored == nil {
		refusal := problemConsentNotFound.reply()
		return nil, &refusal
	}
	person := s.person(c)
	if person == nil || person.person == nil || !s.mayAnswerConsent(stored, person) {
		refusal := problemConsentForbidden.reply()
		return nil, &refusal
	}
	return stored, nil
}

func (s *Server) showConsentRequest(c *call) reply {
	stored, refusal := s.answerable(c)
	if refusal != nil {
		return *refusal
	}
	return jsonReply(http.StatusOK, s.shownToPerson(stored, c))
}

// acceptConsent gives consent. The language is the one the person read the texts in; a second acceptance changes nothing.
func (s *Server) acceptConsent(c *call) reply {
	var context *struct {
		Language *string `json:"language"`
	}
	if err := json.Unmarshal(c.body, &context); err != nil || context == nil || context.Language == nil {
		return modelError("$", "The JSON value could not be converted, or lacks required properties.")
	}
	stored, refusal := s.answerable(c)
	if refusal != nil {
		return *refusal
	}
	if stored.ValidTo.Before(c.now) {
		return amInvalid(22, "The time need to be in the future", "ValidTo").reply()
	}
	switch stored.Status {
	case consentAccepted:
	case consentCreated:
		stored.Status, stored.Consented, stored.Language = consentAccepted, c.now, *context.Language
		s.addConsentEvent(stored, consentAccepted, s.person(c).number, c.now)
	default:
		return problemConsentCantAccept.reply()
	}
	return jsonReply(http.StatusOK, s.shownToPerson(stored, c))
}

func (s *Server) rejectConsent(c *call) reply {
	return s.end(c, consentCreated, consentRejected, problemConsentCantReject)
}

func (s *Server) revokeConsent(c *call) reply {
	return s.end(c, consentAccepted, consentRevoked, problemConsentCantRevoke)
}

// end moves a consent from one state to its end. At the end already is no fault (AM).
func (s *Server) end(c *call, from, to string, otherwise problem) reply {
	stored, refusal := s.answerable(c)
	if refusal != nil {
		return *refusal
	}
	switch stored.Status {
	case to:
	case from:
		stored.Status = to
		s.addConsentEvent(stored, to, s.person(c).number, c.now)
	default:
		return otherwise.reply()
	}
	return jsonReply(http.StatusOK, s.shownToPerson(stored, c))
}

// consentText is what the person reads of one right.
type consentText struct {
	Resource string `json:"resource"`
	Version  int    `json:"version"`
	Title    string `json:"title"`
	Text     string `json:"text"`
	OneTime  bool   `json:"oneTime"`
}

// consentTexts is the page behind viewUri: the template's heading and the texts of the version that was asked under, with the
// values in the places of their keys, in one language (Altinn consent). The real page is for browsers; this one is JSON.
func (s *Server) consentTexts(c *call) reply {
	query := c.URL.Query()
	c.SetPathValue("id", query.Get("id"))
	stored, refusal := s.answerable(c)
	if refusal != nil {
		return *refusal
	}
	language := query.Get("lang")
	if language == "" {
		language = "nb"
	}
	from, to := s.people.byNumber[stored.From], s.people.byNumber[stored.To]
	texts := []consentText{}
	for _, right := range stored.Rights {
		asked := right.Resource[0]
		resource := s.state.Resources[asked.Value].version(asked.Version)
		if resource == nil {
			return problemConsentResource.reply()
		}
		text := resource.ConsentText[language]
		for key, value := range right.metadata() {
			text = strings.ReplaceAll(text, "{"+key+"}", value)
		}
		texts = append(texts, consentText{
			Resource: asked.Value,
			Version:  asked.Version,
			Title:    resource.Title[language],
			Text:     text,
			OneTime:  resource.IsOneTimeConsent,
		})
	}
	heading := ""
	for _, template := range s.options.Templates {
		if template.ID == stored.Template {
			heading = template.Heading[language]
		}
	}
	return jsonReply(http.StatusOK, map[string]any{
		"heading": heading,
		"from":    from.name[language],
		"to":      to.name[language],
		"validTo": stored.ValidTo,
		"message": stored.Message[language],
		"rights":  texts,
		"status":  stored.status(c.now),
	})
}

// listConsents is a party's consent log: every request with its events.
func (s *Server) listConsents(c *call) reply {
	asked, person := s.people.byUUID[c.PathValue("party")], s.person(c)
	if asked == nil || person == nil || person.person == nil ||
		asked != person && len(person.person.Roles[asked.number]) == 0 {
		return emptyReply(http.StatusUnauthorized)
	}
	list := []consentShown{}
	for _, stored := range s.consentsInOrder() {
		if stored.From == asked.number {
			list = append(list, s.shownToPerson(stored, c))
		}
	}
	return jsonReply(http.StatusOK, list)
}
