// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"encoding/json"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Word is a text that is known, or not. The empty Word is not known; in JSON it is null.
type Word string

// MarshalJSON writes null for a text that is not known.
func (w Word) MarshalJSON() ([]byte, error) {
	if w == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(w))
}

// Coded is a value of the API and what people call it in the record's language.
type Coded struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Record is the record of processing activities: art. 30(1) for each controller, art. 30(2) for the
// processor. In it a nil list and an empty Word are unknown; an empty list is known to be empty.
type Record struct {
	// ExportedAt is when the resources were read. What runs out is judged by it.
	ExportedAt time.Time `json:"exportedAt"`
	// Language is that of the labels.
	Language Language `json:"language"`
	// Processor is who processes on behalf of the controllers (art. 30(2)(a)).
	Processor Processor `json:"processor"`
	// Overview says how much there is, and what needs somebody to act.
	Overview Overview `json:"overview"`
	// Controllers are the service owners, by code (art. 30(1)(a), 30(2)(a)).
	Controllers []Controller `json:"controllers"`
}

// Processor is the party that processes on behalf of the controllers (art. 30(2)(a)).
type Processor struct {
	Name               string `json:"name"`
	OrganizationNumber string `json:"organizationNumber"`
	Role               Coded  `json:"role"`
}

// Controller is a service owner: the one who decides why and how personal data is processed, and
// what is processed for it (art. 30(1)(a), 30(2)(a)).
type Controller struct {
	// Code is its short name; unknown for resources outside every service owner's namespace.
	Code Word `json:"code"`
	// Namespace is where its Apps and ConsentResources lie.
	Namespace string `json:"namespace"`
	// Name is what people call it, in three languages; nil when there is no such ServiceOwner.
	Name *v1alpha1.LocalizedText `json:"name"`
	// OrganizationNumber identifies it in Enhetsregisteret.
	OrganizationNumber Word `json:"organizationNumber"`
	// Contacts are its role addresses (art. 30(1)(a)).
	Contacts []Contact `json:"contacts"`
	// RegionException says why data may be kept outside Norway; nil when it may not.
	RegionException *RegionException `json:"regionException"`
	// Agreements are those it has with the processor (art. 28(3)).
	Agreements []Agreement `json:"agreements"`
	// Processings are what is done with personal data, one per App and ConsentResource (art. 30(2)(b)).
	Processings []Processing `json:"processings"`
}

// Contact is the address of a role, never a person's.
type Contact struct {
	Role  Coded `json:"role"`
	Email Word  `json:"email"`
	URL   Word  `json:"url"`
}

// RegionException says why, and until when, data may be kept outside Norway.
type RegionException struct {
	Reason  string    `json:"reason"`
	Expires time.Time `json:"expires"`
}

// Agreement is what a controller and the processor agreed (art. 28(3)).
type Agreement struct {
	Name  string `json:"name"`
	Terms Terms  `json:"terms"`
	// From is the first instant it holds; Until the first it no longer does, nil for one without an end.
	From  time.Time  `json:"from"`
	Until *time.Time `json:"until"`
	// State is what the parties have made of it since they signed.
	State     Coded     `json:"state"`
	Signature Signature `json:"signature"`
	// Chapters are the parts of the terms taken into use.
	Chapters []Chapter `json:"chapters"`
	// SubProcessors are all those it names (art. 28(2) and (4)).
	SubProcessors []SubProcessor `json:"subProcessors"`
	// Breach says whom to tell of a breach, and how fast (art. 33(2)).
	Breach Breach `json:"breachNotification"`
	// Audits are the inspections held (art. 28(3)(h)).
	Audits []Audit `json:"audits"`
	// Evidence is what the operator found: in force, current terms, lawful transfers.
	Evidence []Evidence `json:"evidence"`
}

// Terms is the document that was accepted.
type Terms struct {
	Document string `json:"document"`
	Version  string `json:"version"`
	URL      string `json:"url"`
}

// Signature says that, when and in what role the controller signed. It names no person.
type Signature struct {
	Role      string    `json:"role"`
	Reference string    `json:"reference"`
	SignedAt  time.Time `json:"signedAt"`
}

// Chapter is a part of the terms and the day from which it takes effect.
type Chapter struct {
	Name         Coded  `json:"name"`
	TakenIntoUse string `json:"takenIntoUse"`
}

// Breach says whom to tell of a breach, and within how many hours.
type Breach struct {
	Contact     string `json:"contact"`
	WithinHours int32  `json:"withinHours"`
}

// Audit is an inspection held, and when the next one is due.
type Audit struct {
	Date      string `json:"date"`
	Reference string `json:"reference"`
	Next      Word   `json:"next"`
}

// Evidence is what a condition of a resource says; it never says more than the condition does.
type Evidence struct {
	// Resource is the one whose condition it is, as "App so-skd/income"; unknown when there is none.
	Resource Word `json:"resource"`
	// Condition is its type.
	Condition Coded `json:"condition"`
	// Result is what it amounts to.
	Result Coded `json:"result"`
	// Status, Reason and Message are the condition's own; Message is in English.
	Status  Word `json:"status"`
	Reason  Word `json:"reason"`
	Message Word `json:"message"`
	// Since is when the status last changed; nil when no condition shows it.
	Since *time.Time `json:"since"`
}
