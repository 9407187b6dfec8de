// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// States and events of a consent (Altinn consent).
const (
	consentCreated  = "created"
	consentRejected = "rejected"
	consentAccepted = "accepted"
	consentRevoked  = "revoked"
	consentExpired  = "expired"
	consentUsed     = "used"
)

// consentRight is an action on one resource, with the values its texts need.
type consentRight struct {
	Action   []string           `json:"action"`
	Resource []consentResource  `json:"resource"`
	Metadata *map[string]string `json:"metadata,omitempty"`
}

// consentResource names a resource. The version is the one the consent was asked under; enterprises are not shown it (AM).
type consentResource struct {
	Type    string `json:"type"`
	Value   string `json:"value"`
	Version int    `json:"version,omitempty"`
}

func (r consentRight) metadata() map[string]string {
	if r.Metadata == nil {
		return nil
	}
	return *r.Metadata
}

// storedConsent is a request for consent and what became of it. Parties are kept by number.
type storedConsent struct {
	ID                string            `json:"id"`
	From              string            `json:"from"`
	To                string            `json:"to"`
	RequiredDelegator string            `json:"requiredDelegator,omitempty"`
	HandledBy         string            `json:"handledBy,omitempty"`
	ValidTo           time.Time         `json:"validTo"`
	Rights            []consentRight    `json:"consentRights"`
	Message           map[string]string `json:"requestMessage,omitempty"`
	RedirectURL       string            `json:"redirectUrl"`
	PortalViewMode    string            `json:"portalViewMode"`
	Template          string            `json:"template"`
	Status            string            `json:"status"`
	Consented         time.Time         `json:"consented,omitzero"`
	Language          string            `json:"language,omitempty"`
	Events            []consentEvent    `json:"events"`
}

// consentEvent is a line of the consent log. Its id grows with time, as a version 7 UUID does.
type consentEvent struct {
	ID          string    `json:"consentEventID"`
	Created     time.Time `json:"created"`
	PerformedBy string    `json:"performedBy"`
	Type        string    `json:"eventType"`
	Request     string    `json:"consentRequestID"`
}

// status is what is stored, unless time has overtaken it.
func (s *storedConsent) status(now time.Time) string {
	open := s.Status == consentCreated || s.Status == consentAccepted
	if open && s.ValidTo.Before(now) {
		return consentExpired
	}
	return s.Status
}

// log are the events; a consent that has run out shows so, though nobody wrote it down (AM).
func (s *storedConsent) log(now time.Time) []consentEvent {
	events := append([]consentEvent{}, s.Events...)
	if s.ValidTo.Before(now) && s.lastEvent() != consentExpired {
		events = append(events, consentEvent{Created: s.ValidTo, PerformedBy: s.To, Type: consentExpired, Request: s.ID})
	}
	return events
}

func (s *storedConsent) lastEvent() string {
	if len(s.Events) == 0 {
		return ""
	}
	return s.Events[len(s.Events)-1].Type
}

func (s *Server) addConsentEvent(to *storedConsent, kind, by string, now time.Time) {
	s.state.ConsentEvents++
	millis, n := now.UnixMilli(), s.state.ConsentEvents
	to.Events = append(to.Events, consentEvent{
		ID:          fmt.Sprintf("%08x-%04x-7%03x-8000-%012x", millis>>16, millis&0xffff, n&0xfff, n),
		Created:     now,
		PerformedBy: by,
		Type:        kind,
		Request:     to.ID,
	})
	s.changed()
}

// consentSubmission is the body of a request for consent (Altinn consent). A pointer tells what is missing from what is empty.
type consentSubmission struct {
	ID                string            `json:"id"`
	From              string            `json:"from"`
	To                string            `json:"to"`
	RequiredDelegator string            `json:"requiredDelegator"`
	ValidTo           *time.Time        `json:"validTo"`
	ConsentRights     *[]consentRight   `json:"consentRights"`
	RequestMessage    map[string]string `json:"requestMessage"`
	RedirectURL       *string           `json:"redirectUrl"`
	PortalViewMode    string            `json:"portalViewMode"`
}

func readSubmission(body []byte) (*consentSubmission, *reply) {
	read := &consentSubmission{}
	err := json.Unmarshal(body, read)
	complete := uuidPattern.MatchString(read.ID) && read.From != "" && read.To != "" && read.ValidTo != nil &&
		read.ConsentRights != nil && read.RedirectURL != nil
	if err != nil || !complete {
		refusal := modelError("$", "The JSON value could not be converted, or lacks required properties.")
		return nil, &refusal
	}
	mode := enumField{value: &read.PortalViewMode, values: []string{"hide", "show"}}
	if !mode.canonical() {
		refusal := modelError("$.portalViewMode", "The JSON value could not be converted to the expected type.")
		return nil, &refusal
	}
	if read.PortalViewMode == "" {
		read.PortalViewMode = "hide"
	}
	read.ID = strings.ToLower(read.ID)
	return read, nil
}

var customScheme = regexp.MustCompile(`^[a-z][a-z0-9+\-.]*$`)

// validRedirect takes http, https and the schemes of apps on telephones (Altinn consent).
func validRedirect(text string) bool {
	read, err := url.Parse(text)
	return err == nil && customScheme.MatchString(strings.ToLower(read.Scheme)) && text != ""
}

// consentShown is a request as it is shown to the enterprise or to the person.
type consentShown struct {
	ID                string            `json:"id"`
	From              string            `json:"from"`
	To                string            `json:"to"`
	RequiredDelegator string            `json:"requiredDelegator,omitempty"`
	HandledBy         string            `json:"handledBy,omitempty"`
	ValidTo           time.Time         `json:"validTo"`
	ConsentRights     []consentRight    `json:"consentRights"`
	RequestMessage    map[string]string `json:"requestMessage,omitempty"`
	TemplateID        string            `json:"templateId,omitempty"`
	Status            string            `json:"status"`
	Consented         time.Time         `json:"consented,omitzero"`
	RedirectURL       string            `json:"redirectUrl"`
	Events            []consentEvent    `json:"consentRequestEvents"`
	ViewURI           string            `json:"viewUri"`
	PortalViewMode    string            `json:"portalViewMode"`
}

// shownToPerson has everything, the version of each resource too.
func (s *Server) shownToPerson(stored *storedConsent, c *call) consentShown {
	shown := consentShown{
		ID:                stored.ID,
		From:              s.urnOf(stored.From),
		To:                s.urnOf(stored.To),
		RequiredDelegator: s.urnOf(stored.RequiredDelegator),
		HandledBy:         s.urnOf(stored.HandledBy),
		ValidTo:           stored.ValidTo,
		ConsentRights:     stored.Rights,
		RequestMessage:    stored.Message,
		TemplateID:        stored.Template,
		Status:            stored.status(c.now),
		Consented:         stored.Consented,
		RedirectURL:       stored.RedirectURL,
		Events:            stored.log(c.now),
		ViewURI:           c.base + consentPage + "?id=" + stored.ID,
		PortalViewMode:    stored.PortalViewMode,
	}
	for i := range shown.Events {
		shown.Events[i].PerformedBy = s.urnOf(shown.Events[i].PerformedBy)
	}
	return shown
}

// shownToEnterprise leaves out what is between the person and the owner.
func (s *Server) shownToEnterprise(stored *storedConsent, c *call) consentShown {
	shown := s.shownToPerson(stored, c)
	shown.TemplateID = ""
	shown.ConsentRights = withoutVersions(stored.Rights)
	return shown
}

func withoutVersions(rights []consentRight) []consentRight {
	bare := make([]consentRight, len(rights))
	for i, right := range rights {
		bare[i] = right
		bare[i].Resource = []consentResource{{Type: right.Resource[0].Type, Value: right.Resource[0].Value}}
	}
	return bare
}

func (s *Server) urnOf(number string) string {
	if found := s.people.byNumber[number]; found != nil {
		return found.urn()
	}
	return ""
}

// Problems of Access Management (Altinn consent).
var (
	problemConsentForbidden     = amProblem(http.StatusForbidden, 0, "Not authorized for consent")
	problemConsentNotFound      = amProblem(http.StatusNotFound, 1, "Consent not found")
	problemConsentCantAccept    = amProblem(http.StatusBadRequest, 2, "Consent have wrong status to be consented")
	problemUnknownOrganisation  = amProblem(http.StatusBadRequest, 3, "Invalid organization identifier")
	problemUnknownPerson        = amProblem(http.StatusBadRequest, 4, "Invalid person identifier")
	problemConsentResource      = amProblem(http.StatusBadRequest, 5, "Invalid consent resource")
	problemUnknownMetadata      = amProblem(http.StatusBadRequest, 6, "Invalid consent metadata")
	problemMetadataValue        = amProblem(http.StatusBadRequest, 7, "Missing metadata value")
	problemMissingMetadata      = amProblem(http.StatusBadRequest, 8, "Missing metadata")
	problemResourceCombination  = amProblem(http.StatusBadRequest, 9, "Invalid resource combination")
	problemConsentCantRevoke    = amProblem(http.StatusBadRequest, 10, "Consent cant be revoked. Wrong status")
	problemConsentRevoked       = amProblem(http.StatusBadRequest, 11, "Consent is revoked")
	problemConsentPartyMismatch = amProblem(http.StatusBadRequest, 12, "The consented party does not match the party requested")
	problemConsentExpired       = amProblem(http.StatusBadRequest, 13, "Consent is expired")
	problemConsentNotAccepted   = amProblem(http.StatusBadRequest, 14, "Consent is not accepted")
	problemConsentCantReject    = amProblem(http.StatusBadRequest, 15, "Consent cant be rejected. Wrong status")
	problemConsentExists        = amProblem(http.StatusBadRequest, 16, "Consent with id already exist")
)
