// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// LegalBasis names the provision of the GDPR that makes a processing lawful.
//
// +kubebuilder:validation:Enum=Article6-1-a;Article6-1-b;Article6-1-c;Article6-1-d;Article6-1-e;Article6-1-f;Article9-2-a;Article9-2-b;Article9-2-c;Article9-2-d;Article9-2-e;Article9-2-f;Article9-2-g;Article9-2-h;Article9-2-i;Article9-2-j;Article10
type LegalBasis string

// DataCategory is a kind of personal data (GDPR art. 28(3), 30(1)(c)).
//
// +kubebuilder:validation:Enum=Identity;NationalIdentityNumber;Contact;Economic;Property;Employment;Education;Family;Location;Health;Criminal;SpecialCategory;TechnicalLog
type DataCategory string

// DataSubject is a group of people the data is about (GDPR art. 28(3), 30(1)(c)).
//
// +kubebuilder:validation:Enum=Citizens;Children;Employees;BusinessRepresentatives;Representatives;CaseWorkers
type DataSubject string

// PurposeName is the short name an agreement gives a purpose and an App or ConsentResource refers to.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9-]*[a-z0-9])?$')",messageExpression="'purpose ' + self + ' must be lower-case letters, digits and hyphens, as income-information'"
type PurposeName string

// Processing says what personal data is handled, why, and for how long. It must lie within the
// owner's agreement.
type Processing struct {
	// Purpose is the name of a purpose of the owner's agreement (GDPR art. 5(1)(b)).
	Purpose PurposeName `json:"purpose"`
	// LegalBasis is what makes the processing lawful (GDPR art. 6, 9 and 10).
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=17
	// +listType=set
	LegalBasis []LegalBasis `json:"legalBasis"`
	// DataCategories are the kinds of personal data handled.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=13
	// +listType=set
	DataCategories []DataCategory `json:"dataCategories"`
	// DataSubjects are the groups of people the data is about.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=6
	// +listType=set
	DataSubjects []DataSubject `json:"dataSubjects"`
	// RetentionDays is how many days the data is kept (GDPR art. 5(1)(e)).
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=36500
	RetentionDays int32 `json:"retentionDays"`
}

// AuthenticationLevel is the least level of assurance a user must have logged in with, 0 to 4 as in
// ID-porten (0 = none, 3 = substantial, 4 = high).
//
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=4
type AuthenticationLevel int32

// RoleCode is a role in Altinn, as PRIV or DAGL.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",messageExpression="'role ' + self + ' must be a role code of letters, digits, _ and -, as PRIV'"
type RoleCode string

// AccessPackage is an access package in Altinn, as skatt-naering.
//
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",messageExpression="'access package ' + self + ' must be lower-case letters, digits and hyphens, as skatt-naering'"
type AccessPackage string

// PartyType is a kind of party a service is offered to, as the Resource Registry names it.
//
// +kubebuilder:validation:Enum=PrivatePerson;LegalEntityEnterprise;Company;BankruptcyEstate;SelfRegisteredUser
type PartyType string
