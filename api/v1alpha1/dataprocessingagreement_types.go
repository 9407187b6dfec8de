// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DataProcessingAgreement is the agreement by which a service owner, as controller, lets the
// platform process personal data on its behalf (GDPR art. 28(3); terms of use v1.8 §1.7).
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=dpa,categories=altinn
// +kubebuilder:selectablefield:JSONPath=".spec.serviceOwner"
// +kubebuilder:selectablefield:JSONPath=".spec.state"
// +kubebuilder:printcolumn:name="Owner",type=string,JSONPath=".spec.serviceOwner"
// +kubebuilder:printcolumn:name="Terms",type=string,JSONPath=".spec.terms.version"
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=".spec.state"
// +kubebuilder:printcolumn:name="Days left",type=integer,JSONPath=".status.daysLeft"
// +kubebuilder:printcolumn:name="Apps",type=integer,JSONPath=".status.covered.apps.count"
// +kubebuilder:printcolumn:name="Held",type=integer,JSONPath=".status.held.apps.count"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=".metadata.creationTimestamp"
// +kubebuilder:printcolumn:name="Until",type=string,priority=1,JSONPath=".spec.validity.until"
// +kubebuilder:printcolumn:name="Consents",type=integer,priority=1,JSONPath=".status.covered.consentResources.count"
// +kubebuilder:printcolumn:name="Consents held",type=integer,priority=1,JSONPath=".status.held.consentResources.count"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=".status.conditions[?(@.type=='Ready')].message"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",messageExpression="'name %s must be at most 63 characters, not %d'.format([self.metadata.name, self.metadata.name.size()])"
type DataProcessingAgreement struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is the agreement.
	Spec DataProcessingAgreementSpec `json:"spec"`
	// Status is what the agreement means today.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status DataProcessingAgreementStatus `json:"status,omitempty"`
}

// GetStatus returns what all kinds report.
func (a *DataProcessingAgreement) GetStatus() *Status { return &a.Status.Status }

// DataProcessingAgreementSpec is what GDPR art. 28(3) asks an agreement to set out.
type DataProcessingAgreementSpec struct {
	// ServiceOwner is the code of the controller. It never changes: an agreement with another
	// controller is another agreement.
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",messageExpression="'serviceOwner cannot change from ' + oldSelf + ': an agreement with another controller is another DataProcessingAgreement'"
	ServiceOwner OrgCode `json:"serviceOwner"`
	// Terms is the document that was accepted.
	Terms Terms `json:"terms"`
	// Validity is when the agreement holds.
	Validity Validity `json:"validity"`
	// Signature says that, when and in what role the controller signed.
	Signature Signature `json:"signature"`
	// State is what the parties have made of the agreement since.
	// +optional
	// +kubebuilder:default=Active
	State AgreementState `json:"state,omitempty"`
	// Chapters are the parts of the terms the controller has taken into use (terms of use, intro).
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=9
	// +listType=map
	// +listMapKey=name
	Chapters []Chapter `json:"chapters"`
	// Purposes are what the data may be processed for (GDPR art. 5(1)(b)).
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +listType=map
	// +listMapKey=name
	Purposes []Purpose `json:"purposes"`
	// DataCategories are the kinds of personal data that may be processed.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=13
	// +listType=set
	DataCategories []DataCategory `json:"dataCategories"`
	// DataSubjects are the groups of people the data may be about.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +listType=set
	DataSubjects []DataSubject `json:"dataSubjects"`
	// Regions are where the data may be kept.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=set
	Regions []Region `json:"regions"`
	// SubProcessors are those the platform engages in turn (GDPR art. 28(2) and (4)).
	// +optional
	// +kubebuilder:validation:MaxItems=30
	// +listType=map
	// +listMapKey=name
	// +listMapKey=service
	SubProcessors []SubProcessor `json:"subProcessors,omitempty"`
	// Retention bounds how long data is kept, by category.
	// +optional
	// +kubebuilder:validation:MaxItems=13
	// +listType=map
	// +listMapKey=category
	Retention []RetentionLimit `json:"retention,omitempty"`
	// BreachNotification says whom to tell of a breach, and how fast (GDPR art. 33(2)).
	BreachNotification BreachNotification `json:"breachNotification"`
	// Audits are the inspections held (GDPR art. 28(3)(h)).
	// +optional
	// +kubebuilder:validation:MaxItems=50
	// +listType=map
	// +listMapKey=date
	// +listMapKey=reference
	Audits []Audit `json:"audits,omitempty"`
}

// Terms is the document that was accepted.
type Terms struct {
	// Document is its title.
	Document Line `json:"document"`
	// Version is its version, as 1.8.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]+([.][0-9]+)*$')",messageExpression="'version ' + self + ' must be numbers with dots between, as 1.8'"
	Version string `json:"version"`
	// URL is where it can be read.
	URL WebAddress `json:"url"`
	// SHA256 is the digest of the document that was accepted, in hexadecimal.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-f]{64}$')",messageExpression="'sha256 ' + self + ' must be 64 hexadecimal digits in lower case'"
	SHA256 string `json:"sha256,omitempty"`
}

// Validity is a span of time: from included, until excluded.
//
// +kubebuilder:validation:XValidation:rule="!has(self.until) || self.until > self.from",messageExpression="'validity.until %s must be after validity.from %s'.format([self.until, self.from])",message="validity.until must be after validity.from"
type Validity struct {
	// From is the first instant the agreement holds.
	// +kubebuilder:validation:XValidation:rule="self > timestamp('2000-01-01T00:00:00Z')",message="the instant must be written as 2027-06-30T00:00:00Z and lie after the year 2000"
	From metav1.Time `json:"from"`
	// Until is the first instant it no longer holds; without it, it holds until it is ended.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self > timestamp('2000-01-01T00:00:00Z')",message="the instant must be written as 2027-06-30T00:00:00Z and lie after the year 2000"
	Until *metav1.Time `json:"until,omitempty"`
}

// Signature says that the controller signed. It refers to the archive and names no person.
type Signature struct {
	// SignedAt is when it was signed.
	// +kubebuilder:validation:XValidation:rule="self > timestamp('2000-01-01T00:00:00Z')",message="the instant must be written as 2027-06-30T00:00:00Z and lie after the year 2000"
	SignedAt metav1.Time `json:"signedAt"`
	// Role is the position of the one who signed; never a name.
	Role Line `json:"role"`
	// Reference is where the signed document is archived.
	Reference Line `json:"reference"`
}

// AgreementState is what the parties have made of an agreement since they signed it.
//
// +kubebuilder:validation:Enum=Active;Suspended;Stopped;Terminated
type AgreementState string

// Agreement states.
const (
	// AgreementActive: it holds within its validity.
	AgreementActive AgreementState = "Active"
	// AgreementSuspended: nothing new may start under it.
	AgreementSuspended AgreementState = "Suspended"
	// AgreementStopped: the controller ordered the processing to stop (terms of use §6.4.1).
	AgreementStopped AgreementState = "Stopped"
	// AgreementTerminated: it has ended.
	AgreementTerminated AgreementState = "Terminated"
)

// ChapterName is a part of the terms of use that takes effect when its solution is taken into use.
//
// +kubebuilder:validation:Enum=Altinn;IDPorten;Ansattporten;Maskinporten;KRR;DigitalMailbox;ESignering;EFormidling;DPV
type ChapterName string

// ChapterAltinn governs the platform that every App and ConsentResource lives on.
const ChapterAltinn ChapterName = "Altinn"

// Chapter is a part of the terms that the controller has taken into use.
type Chapter struct {
	// Name is the chapter.
	Name ChapterName `json:"name"`
	// TakenIntoUse is the day from which it takes effect.
	TakenIntoUse Date `json:"takenIntoUse"`
}

// Purpose is what data may be processed for.
type Purpose struct {
	// Name is what Apps and ConsentResources refer to it by.
	Name PurposeName `json:"name"`
	// Description says it in a sentence a data subject understands (GDPR art. 13(1)(c)).
	Description Text `json:"description"`
	// LegalBasis is what makes it lawful.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=17
	// +listType=set
	LegalBasis []LegalBasis `json:"legalBasis"`
}

// RetentionLimit bounds how long data of a category is kept.
type RetentionLimit struct {
	// Category is the kind of data.
	Category DataCategory `json:"category"`
	// MaxDays is the most days it may be kept.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=36500
	MaxDays int32 `json:"maxDays"`
}

// BreachNotification says whom to tell of a breach, and how fast.
type BreachNotification struct {
	// Contact is the controller's role address.
	Contact EmailAddress `json:"contact"`
	// WithinHours is how many hours the processor has, at most the 72 the controller itself has
	// towards the authority (GDPR art. 33(1)).
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=72
	WithinHours int32 `json:"withinHours"`
}

// Audit is an inspection held under the agreement.
//
// +kubebuilder:validation:XValidation:rule="!has(self.next) || self.next > self.date",messageExpression="'next %s must come after date %s'.format([self.next, self.date])"
type Audit struct {
	// Date is when it was held.
	Date Date `json:"date"`
	// Reference is where its report is archived.
	Reference Line `json:"reference"`
	// Next is when the next one is due.
	// +optional
	Next Date `json:"next,omitempty"`
}

// DataProcessingAgreementStatus is what the agreement means today.
type DataProcessingAgreementStatus struct {
	Status `json:",inline"`
	// DaysLeft is how many days remain until the agreement runs out, a day that has begun as one; 0 or
	// less when it has. It is left out of an agreement without an end, and of one that no longer is.
	// +optional
	DaysLeft *int32 `json:"daysLeft,omitempty"`
	// Covered are what the agreement covers, as it is declared now.
	// +optional
	Covered Coverage `json:"covered,omitempty"`
	// InUse are what runs under the agreement, whether it covers what is declared now or not. As long as
	// there is any, the agreement cannot be deleted.
	// +optional
	InUse Coverage `json:"inUse,omitempty"`
	// Held are what the agreement ought to cover, being that of their service owner, and does not.
	// +optional
	Held Coverage `json:"held,omitempty"`
	// NextCheck is the next instant at which something that is said here may change by itself.
	// +optional
	NextCheck *metav1.Time `json:"nextCheck,omitempty"`
}

// Coverage counts and names the resources of an agreement's service owner.
type Coverage struct {
	// Apps are the owner's Apps.
	// +optional
	Apps Named `json:"apps,omitempty"`
	// ConsentResources are the owner's ConsentResources.
	// +optional
	ConsentResources Named `json:"consentResources,omitempty"`
}

// Named counts and names resources.
type Named struct {
	// Count is how many they are.
	// +optional
	Count int32 `json:"count"`
	// Names are their names, sorted; the first thousand of more.
	// +optional
	// +listType=atomic
	Names []string `json:"names,omitempty"`
}

// DataProcessingAgreementList is a list of agreements.
//
// +kubebuilder:object:root=true
type DataProcessingAgreementList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []DataProcessingAgreement `json:"items"`
}
