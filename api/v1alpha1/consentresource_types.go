// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ConsentResource is data that a citizen or company can consent to having shared, in the
// namespace of the service owner that holds the data.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,shortName=consent,categories=altinn
// +kubebuilder:selectablefield:JSONPath=".spec.state"
// +kubebuilder:selectablefield:JSONPath=".spec.dataSource.app"
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=".spec.title.nb"
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=".spec.state"
// +kubebuilder:printcolumn:name="App",type=string,JSONPath=".spec.dataSource.app"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=".metadata.creationTimestamp"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=".status.conditions[?(@.type=='Ready')].message"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$')",messageExpression="'name ' + self.metadata.name + ' must be one to sixty-three lower-case letters, digits and hyphens that start with a letter and end with a letter or digit'"
type ConsentResource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the service owner declares.
	Spec ConsentResourceSpec `json:"spec"`
	// Status is what the operator found and made.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status ConsentResourceStatus `json:"status,omitempty"`
}

// GetStatus returns what all kinds report.
func (c *ConsentResource) GetStatus() *Status { return &c.Status.Status }

// GetRegistration returns what is registered; nil when nothing is.
func (c *ConsentResource) GetRegistration() *Registration { return c.Status.Registration }

// SetRegistration says what is registered.
func (c *ConsentResource) SetRegistration(registration *Registration) {
	c.Status.Registration = registration
}

// ConsentResourceSpec is what a service owner declares of a consent.
//
// +kubebuilder:validation:XValidation:rule="has(self.identifier) == has(oldSelf.identifier) && (!has(self.identifier) || self.identifier == oldSelf.identifier)",message="identifier cannot change, be added or be removed: consents already given refer to it; make a new ConsentResource"
// +kubebuilder:validation:XValidation:rule="[self.title.?nb.orValue(\"\"), self.title.?nn.orValue(\"\"), self.title.?en.orValue(\"\"), self.description.?nb.orValue(\"\"), self.description.?nn.orValue(\"\"), self.description.?en.orValue(\"\"), self.rightDescription.?nb.orValue(\"\"), self.rightDescription.?nn.orValue(\"\"), self.rightDescription.?en.orValue(\"\"), self.consentText.?nb.orValue(\"\"), self.consentText.?nn.orValue(\"\"), self.consentText.?en.orValue(\"\")].all(text, text.findAll('[{][^}]*[}]').all(p, has(self.metadata) && self.metadata.exists(m, '{' + m.key + '}' == p)))",messageExpression="'the texts hold placeholders that are no key of metadata: %s; declare the key, or take the placeholder out'.format([[self.title.?nb.orValue(\"\"), self.title.?nn.orValue(\"\"), self.title.?en.orValue(\"\"), self.description.?nb.orValue(\"\"), self.description.?nn.orValue(\"\"), self.description.?en.orValue(\"\"), self.rightDescription.?nb.orValue(\"\"), self.rightDescription.?nn.orValue(\"\"), self.rightDescription.?en.orValue(\"\"), self.consentText.?nb.orValue(\"\"), self.consentText.?nn.orValue(\"\"), self.consentText.?en.orValue(\"\")].map(text, text.findAll('[{][^}]*[}]').filter(p, !has(self.metadata) || !self.metadata.exists(m, '{' + m.key + '}' == p))).filter(found, found.size() > 0)])"
// +kubebuilder:validation:XValidation:rule="!has(self.metadata) || self.metadata.all(m, [self.consentText.?nb.orValue(\"\"), self.consentText.?nn.orValue(\"\"), self.consentText.?en.orValue(\"\")].all(text, text.contains('{' + m.key + '}')))",messageExpression="'consentText must use each key of metadata as {key} in all three languages, and does not so use %s: use it, or take the key out of metadata'.format([self.metadata.filter(m, ![self.consentText.?nb.orValue(\"\"), self.consentText.?nn.orValue(\"\"), self.consentText.?en.orValue(\"\")].all(text, text.contains('{' + m.key + '}'))).map(m, m.key)])"
type ConsentResourceSpec struct {
	// Identifier is the resource's id in the Resource Registry; by default <code>-<name>. It starts
	// with the owner's code and a hyphen, and never changes.
	// +optional
	// +kubebuilder:validation:MaxLength=120
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9_-]{4,}$')",messageExpression="'identifier ' + self + ' must be at least four lower-case letters, digits, _ and -'"
	Identifier string `json:"identifier,omitempty"`
	// Title is the consent's name.
	Title LocalizedText `json:"title"`
	// Description says what is shared, with whom and for what.
	Description LocalizedText `json:"description"`
	// RightDescription says what the one who gets the consent may do.
	RightDescription LocalizedText `json:"rightDescription"`
	// ConsentText is what the citizen reads before consenting. A {placeholder} is a key of metadata.
	ConsentText LocalizedText `json:"consentText"`
	// Template is the layout Altinn shows the consent in.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9_-]+$')",messageExpression="'template ' + self + ' must be lower-case letters, digits, _ and -'"
	Template string `json:"template"`
	// Metadata are the values a consent request must give for the text's placeholders.
	// +optional
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=key
	Metadata []ConsentMetadata `json:"metadata,omitempty"`
	// OneTime says that a consent can be used once only. It never changes.
	// +optional
	// +kubebuilder:default=false
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="oneTime cannot change: consents already given were given on that condition; make a new ConsentResource"
	OneTime bool `json:"oneTime"`
	// Requesters are those who may ask for the consent.
	Requesters Requesters `json:"requesters"`
	// Givers are those who may give it.
	Givers Givers `json:"givers"`
	// AvailableFor are the kinds of parties that can be asked.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	// +listType=set
	AvailableFor []PartyType `json:"availableFor"`
	// MinimumAuthenticationLevel is the least level the giver must have logged in with.
	// +optional
	// +kubebuilder:default=3
	MinimumAuthenticationLevel *AuthenticationLevel `json:"minimumAuthenticationLevel,omitempty"`
	// Processing is the personal data that is shared.
	Processing Processing `json:"processing"`
	// DataSource is the API the data is fetched from.
	DataSource DataSource `json:"dataSource"`
	// ContactPoints are where people ask about the consent.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a == b))",message="contactPoints holds the same contact point several times: give it once"
	// +listType=atomic
	ContactPoints []ContactPoint `json:"contactPoints"`
	// State is where in its life the consent stands.
	// +optional
	// +kubebuilder:default=Draft
	// +kubebuilder:validation:XValidation:rule="oldSelf == 'Draft' || self != 'Draft'",messageExpression="'state cannot go back from ' + oldSelf + ' to Draft: people may have been asked for the consent; set it to Withdrawn'"
	State ConsentState `json:"state,omitempty"`
	// AdoptExisting lets the operator take over what the service owner has registered under the identifier
	// by other means. What is registered to another service owner is never taken over.
	// +optional
	AdoptExisting bool `json:"adoptExisting,omitempty"`
	// DeletionPolicy says what becomes of the registered resource when this one is deleted.
	// +optional
	// +kubebuilder:default=Withdraw
	DeletionPolicy ConsentDeletionPolicy `json:"deletionPolicy,omitempty"`
}

// ConsentMetadata is a value a consent request must give.
type ConsentMetadata struct {
	// Key is the placeholder's name.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][a-z0-9_]*$')",messageExpression="'metadata key ' + self + ' must be lower-case letters, digits and _, starting with a letter'"
	Key string `json:"key"`
	// Description says what the value is.
	Description Line `json:"description"`
}

// Requesters are those who may ask for a consent: anyone, or the organisations named.
//
// +kubebuilder:validation:XValidation:rule="(has(self.anyOrganization) && self.anyOrganization) != has(self.organizations)",message="requesters needs either anyOrganization: true or organizations, not both and not none"
type Requesters struct {
	// AnyOrganization lets every organisation ask.
	// +optional
	AnyOrganization bool `json:"anyOrganization,omitempty"`
	// Organizations are the ones that may ask, and no others.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +listType=set
	Organizations []OrganizationNumber `json:"organizations,omitempty"`
}

// Givers are those who may give a consent on behalf of the party asked.
//
// +kubebuilder:validation:XValidation:rule="has(self.roles) || has(self.accessPackages)",message="givers needs roles or accessPackages: without either nobody could consent"
type Givers struct {
	// Roles are Altinn roles, as PRIV for a person's own.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=set
	Roles []RoleCode `json:"roles,omitempty"`
	// AccessPackages are Altinn access packages.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +listType=set
	AccessPackages []AccessPackage `json:"accessPackages,omitempty"`
}

// DataSource is the API consented data is fetched from.
type DataSource struct {
	// App is the App that serves it.
	App AppName `json:"app"`
	// Scope is the Maskinporten scope that guards it.
	Scope Scope `json:"scope"`
}

// ContactPoint is where people ask about a consent.
//
// +kubebuilder:validation:XValidation:rule="has(self.email) || has(self.telephone) || has(self.contactPage)",message="a contact point needs an email, a telephone or a contactPage"
type ContactPoint struct {
	// Category is what it is for, as Support.
	Category Line `json:"category"`
	// Email is a role's address.
	// +optional
	Email EmailAddress `json:"email,omitempty"`
	// Telephone is a switchboard's number.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[+]?[0-9 ]{3,19}$')",messageExpression="'telephone ' + self + ' must be digits and spaces, with + before a country code'"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]{6} ?[0-9]{5}$')",message="the telephone is an eleven-digit number, which may be a national identity number: write + before a country code",reason=FieldValueForbidden
	Telephone string `json:"telephone,omitempty"`
	// ContactPage is a page to ask on.
	// +optional
	ContactPage WebAddress `json:"contactPage,omitempty"`
}

// ConsentState is where in its life a consent stands.
//
// +kubebuilder:validation:Enum=Draft;Published;Withdrawn
type ConsentState string

// Consent states.
const (
	// ConsentDraft: nobody can ask for it yet.
	ConsentDraft ConsentState = "Draft"
	// ConsentPublished: it can be asked for and given.
	ConsentPublished ConsentState = "Published"
	// ConsentWithdrawn: it can no longer be asked for.
	ConsentWithdrawn ConsentState = "Withdrawn"
)

// ConsentDeletionPolicy says what becomes of a registered resource.
//
// +kubebuilder:validation:Enum=Withdraw;Delete;Retain
type ConsentDeletionPolicy string

// Consent deletion policies.
const (
	// ConsentWithdraw: it stays registered, and nobody can ask for it or give it.
	ConsentWithdraw ConsentDeletionPolicy = "Withdraw"
	// ConsentDelete: it is deleted where the registry allows that, which production does not, and else
	// withdrawn. The identifier can never be used again.
	ConsentDelete ConsentDeletionPolicy = "Delete"
	// ConsentRetain: it stays as it is.
	ConsentRetain ConsentDeletionPolicy = "Retain"
)

// ConsentResourceStatus is what the operator found and made.
type ConsentResourceStatus struct {
	Status `json:",inline"`
	// Registration is the consent in Altinn's Resource Registry.
	// +optional
	Registration *Registration `json:"registration,omitempty"`
}

// ConsentResourceList is a list of consent resources.
//
// +kubebuilder:object:root=true
type ConsentResourceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ConsentResource `json:"items"`
}
