// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"strings"
	"time"
)

// States of a consent, which are also events of its log.
const (
	Created  = "created"
	Rejected = "rejected"
	Accepted = "accepted"
	Revoked  = "revoked"
	Expired  = "expired"
	// Used is an event only.
	Used = "used"
)

// Request is what a bank asks of a citizen.
type Request struct {
	// ID is a UUID of the bank's choice; empty makes one. The same ID between the same parties is the same request.
	ID string
	// From is the number of the person.
	From string
	// Resource is the identifier of the consent resource, Metadata the values its texts need.
	Resource string
	Metadata map[string]string
	// Message is what the bank says itself, by language.
	Message map[string]string
	// ValidFor is how long the consent is to last; zero is a day.
	ValidFor time.Duration
	// RedirectURL is where the citizen comes back to.
	RedirectURL string
}

// Consent is what Altinn tells of a request and what became of it.
type Consent struct {
	ID          string            `json:"id"`
	From        string            `json:"from"`
	To          string            `json:"to"`
	ValidTo     time.Time         `json:"validTo"`
	Rights      []Right           `json:"consentRights"`
	Message     map[string]string `json:"requestMessage"`
	Status      string            `json:"status"`
	Consented   time.Time         `json:"consented"`
	RedirectURL string            `json:"redirectUrl"`
	ViewURI     string            `json:"viewUri"`
	Events      []Event           `json:"consentRequestEvents"`
	// Known is true on the answer to a request that had been made before.
	Known bool `json:"-"`
}

// Right is what a consent lets somebody do, and with which values.
type Right struct {
	Action   []string          `json:"action"`
	Resource []Resource        `json:"resource"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Resource names a resource. Only the citizen is told under which version she was asked.
type Resource struct {
	Type    string `json:"type"`
	Value   string `json:"value"`
	Version int    `json:"version,omitempty"`
}

// Event is a line of the log a consent carries.
type Event struct {
	Type        string    `json:"eventType"`
	Created     time.Time `json:"created"`
	PerformedBy string    `json:"performedBy"`
}

// Change is a line of the feed a bank follows.
type Change struct {
	ID      string    `json:"consentRequestId"`
	Type    string    `json:"eventType"`
	Changed time.Time `json:"changedDate"`
}

// Log names the events of a consent, oldest first.
func (c *Consent) Log() []string {
	log := make([]string, 0, len(c.Events))
	for _, event := range c.Events {
		log = append(log, strings.ToLower(event.Type))
	}
	return log
}

// Page is what the citizen reads, in one language.
type Page struct {
	Heading string      `json:"heading"`
	From    string      `json:"from"`
	To      string      `json:"to"`
	ValidTo time.Time   `json:"validTo"`
	Message string      `json:"message"`
	Rights  []RightText `json:"rights"`
	Status  string      `json:"status"`
}

// RightText is what the page says of one right: the texts of the version it was asked under, with the values filled in.
type RightText struct {
	Resource string `json:"resource"`
	Version  int    `json:"version"`
	Title    string `json:"title"`
	Text     string `json:"text"`
	OneTime  bool   `json:"oneTime"`
}
