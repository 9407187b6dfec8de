// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ServiceOwner is a public body that runs services on the platform. It is the controller of the
// personal data its services handle (GDPR art. 4(7)) and gets a namespace of its own, so-<name>.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=so,categories=altinn
// +kubebuilder:selectablefield:JSONPath=".spec.region"
// +kubebuilder:selectablefield:JSONPath=".spec.organizationNumber"
// +kubebuilder:printcolumn:name="Display name",type=string,JSONPath=".spec.displayName.nb"
// +kubebuilder:printcolumn:name="Org number",type=string,JSONPath=".spec.organizationNumber"
// +kubebuilder:printcolumn:name="Region",type=string,JSONPath=".spec.region"
// +kubebuilder:printcolumn:name="Namespace",type=string,JSONPath=".status.namespace"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=".metadata.creationTimestamp"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=".status.conditions[?(@.type=='Ready')].message"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z][a-z0-9]{1,11}$')",messageExpression="'name ' + self.metadata.name + ' must be a service owner code: two to twelve lower-case letters and digits that start with a letter, as skd'"
type ServiceOwner struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the platform team declares.
	Spec ServiceOwnerSpec `json:"spec"`
	// Status is what the operator found and made.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status ServiceOwnerStatus `json:"status,omitempty"`
}

// GetStatus returns what all kinds report.
func (o *ServiceOwner) GetStatus() *Status { return &o.Status.Status }

// Milestone is what others wait for before the owner is Ready: its Apps need no more than its namespace.
func (o *ServiceOwner) Milestone() string { return o.Status.Namespace }

// ServiceOwnerSpec is what the platform team declares of a service owner.
//
// +kubebuilder:validation:XValidation:rule="self.region in ['norwayeast', 'norwaywest'] || has(self.regionException)",messageExpression="'region ' + self.region + ' lies outside Norway: use norwayeast, or another region of the EEA with a regionException (reason and expires)'"
type ServiceOwnerSpec struct {
	// OrganizationNumber identifies the public body in Enhetsregisteret. It never changes: another
	// number is another controller.
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",messageExpression="'organizationNumber cannot change from ' + oldSelf + ': another number is another controller, and needs a ServiceOwner of its own'"
	OrganizationNumber OrganizationNumber `json:"organizationNumber"`
	// DisplayName is what people call the public body.
	DisplayName LocalizedText `json:"displayName"`
	// Contacts are role addresses; never a person's.
	Contacts Contacts `json:"contacts"`
	// Region is where the owner's data is kept.
	// +optional
	// +kubebuilder:default=norwayeast
	Region Region `json:"region,omitempty"`
	// RegionException allows a region outside Norway for a time.
	// +optional
	RegionException *RegionException `json:"regionException,omitempty"`
	// Access grants roles in the owner's namespace to groups.
	// +optional
	// +listType=map
	// +listMapKey=role
	// +listMapKey=group
	// +kubebuilder:validation:MaxItems=50
	Access []AccessGrant `json:"access,omitempty"`
	// Quota bounds what the owner's namespace may use.
	// +optional
	// +kubebuilder:default={profile: Small}
	Quota Quota `json:"quota,omitempty"`
	// Storage says how the owner's data is stored.
	// +optional
	// +kubebuilder:default={}
	Storage Storage `json:"storage,omitempty"`
	// GitOps says where the owner's Apps are deployed from.
	// +optional
	GitOps *GitOps `json:"gitops,omitempty"`
	// Suspend takes all of the owner's Apps out of service.
	// +optional
	Suspend *Suspend `json:"suspend,omitempty"`
	// AdoptNamespace lets the operator take over a namespace so-<name> that it did not make.
	// +optional
	AdoptNamespace bool `json:"adoptNamespace,omitempty"`
	// DeletionPolicy says what becomes of namespace and storage when the ServiceOwner is deleted.
	// +optional
	// +kubebuilder:default=Retain
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// Contacts are the addresses of a service owner's roles.
type Contacts struct {
	// Support answers users.
	Support Contact `json:"support"`
	// Privacy answers data subjects and the data protection authority (GDPR art. 13(1)(b)).
	Privacy Contact `json:"privacy"`
	// Incident is reached day and night when personal data may have been breached (GDPR art. 33).
	Incident Contact `json:"incident"`
}

// Contact is where a role is reached.
//
// +kubebuilder:validation:XValidation:rule="has(self.email) || has(self.url)",message="a contact needs an email or a url"
type Contact struct {
	// Email is the role's address.
	// +optional
	Email EmailAddress `json:"email,omitempty"`
	// URL is the role's page.
	// +optional
	URL WebAddress `json:"url,omitempty"`
}

// RegionException says why data may be kept outside Norway, and until when.
type RegionException struct {
	// Reason names what Norway lacks.
	Reason Text `json:"reason"`
	// Expires is the instant the exception ends.
	// +kubebuilder:validation:XValidation:rule="self > timestamp('2000-01-01T00:00:00Z')",message="the instant must be written as 2027-06-30T00:00:00Z and lie after the year 2000"
	Expires metav1.Time `json:"expires"`
}

// AccessRole is what a group may do in a service owner's namespace.
//
// +kubebuilder:validation:Enum=Admin;Deployer;Viewer
type AccessRole string

// Access roles.
const (
	// RoleAdmin may see all but Secrets, deploy, and delete pods.
	RoleAdmin AccessRole = "Admin"
	// RoleDeployer may deploy Apps and ConsentResources, their configuration and their Secrets.
	RoleDeployer AccessRole = "Deployer"
	// RoleViewer may look, but not at Secrets.
	RoleViewer AccessRole = "Viewer"
)

// AccessGrant gives a group a role, for ever or until an instant.
type AccessGrant struct {
	// Role is what the group may do.
	Role AccessRole `json:"role"`
	// Group is the group's name or id with the cluster's identity provider.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^\\\\s\\\\pZ]([^\\\\pC]*[^\\\\s\\\\pZ])?$')",messageExpression="'group \"' + self + '\" must not be blank, nor begin or end with a space'"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('system:')",messageExpression="'group ' + self + ' belongs to Kubernetes itself: name a group of the identity provider'"
	Group string `json:"group"`
	// Until is the instant the grant ends; without it, it stands until it is removed.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self > timestamp('2000-01-01T00:00:00Z')",message="the instant must be written as 2027-06-30T00:00:00Z and lie after the year 2000"
	Until *metav1.Time `json:"until,omitempty"`
}

// QuotaProfile names a quota of the operator's configuration.
//
// +kubebuilder:validation:Enum=Small;Medium;Large
type QuotaProfile string

// Quota profiles.
const (
	QuotaSmall  QuotaProfile = "Small"
	QuotaMedium QuotaProfile = "Medium"
	QuotaLarge  QuotaProfile = "Large"
)

// Quota bounds what a namespace may use: by a profile, or by figures of its own.
//
// +kubebuilder:validation:XValidation:rule="has(self.profile) != has(self.hard)",message="quota needs either profile (Small, Medium or Large) or hard, not both and not none"
type Quota struct {
	// Profile names a quota of the operator's configuration.
	// +optional
	Profile QuotaProfile `json:"profile,omitempty"`
	// Hard is the quota itself, as in a ResourceQuota.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=24
	// +kubebuilder:validation:XValidation:rule="self.all(k, type(self[k]) == int ? self[k] >= 0 : isQuantity(self[k]) && !self[k].startsWith('-'))",messageExpression="'the amounts of %s must be quantities that are not negative, as 500m or 2Gi'.format([self.filter(k, type(self[k]) == int ? self[k] < 0 : !isQuantity(self[k]) || self[k].startsWith('-'))])"
	Hard corev1.ResourceList `json:"hard,omitempty"`
}

// Redundancy is how often and how far apart storage is copied.
//
// +kubebuilder:validation:Enum=LRS;ZRS;GRS;GZRS
type Redundancy string

// KeyManagement says who holds the key that storage is encrypted with.
//
// +kubebuilder:validation:Enum=Platform;Customer
type KeyManagement string

// Storage says how a service owner's data is stored.
type Storage struct {
	// Redundancy is how often and how far apart storage is copied.
	// +optional
	// +kubebuilder:default=ZRS
	Redundancy Redundancy `json:"redundancy,omitempty"`
	// KeyManagement says who holds the encryption key.
	// +optional
	// +kubebuilder:default=Platform
	KeyManagement KeyManagement `json:"keyManagement,omitempty"`
	// SoftDeleteDays is how many days deleted data can be brought back.
	// +optional
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=7
	// +kubebuilder:validation:Maximum=365
	SoftDeleteDays int32 `json:"softDeleteDays,omitempty"`
}

// DeletionPolicy says what becomes of what a resource made when it is deleted.
//
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

// Deletion policies.
const (
	DeletionRetain DeletionPolicy = "Retain"
	DeletionDelete DeletionPolicy = "Delete"
)

// ServiceOwnerStatus is what the operator found and made.
type ServiceOwnerStatus struct {
	Status `json:",inline"`
	// Namespace is the owner's namespace, once it stands.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// Storage is what the owner's data is kept in; absent where the operator's configuration names no storage.
	// +optional
	Storage *StorageStatus `json:"storage,omitempty"`
}

// ServiceOwnerList is a list of service owners.
//
// +kubebuilder:object:root=true
type ServiceOwnerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ServiceOwner `json:"items"`
}
