// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Registration is what was last found, and made, of a resource in Altinn's Resource Registry.
type Registration struct {
	// Identifier is the resource's id there.
	Identifier string `json:"identifier"`
	// OrganizationNumber is that of the service owner it is registered to.
	// +optional
	OrganizationNumber string `json:"organizationNumber,omitempty"`
	// State is where in its life it stands.
	State RegistrationState `json:"state"`
	// VersionID is the registry's number of the newest version. Consents keep the version they were asked
	// under.
	// +optional
	VersionID int64 `json:"versionId,omitempty"`
	// PolicyHash is the SHA-256 of what its policy says, however that is written.
	// +optional
	PolicyHash string `json:"policyHash,omitempty"`
	// AccessList is the list of those who may ask for a consent; empty when there is none.
	// +optional
	AccessList string `json:"accessList,omitempty"`
	// Revision is a digest of what was declared when the registry was last found to hold just that.
	// +optional
	Revision string `json:"revision,omitempty"`
	// Obstacle is what keeps the registry from holding what is declared; none when nothing does.
	// +optional
	Obstacle *Obstacle `json:"obstacle,omitempty"`
}

// RegistrationState is where in its life something registered stands.
//
// +kubebuilder:validation:Enum=Absent;Pending;Registered;Withdrawn
type RegistrationState string

// Registration states.
const (
	// RegistrationAbsent: nothing of ours is there.
	RegistrationAbsent RegistrationState = "Absent"
	// RegistrationPending: it may be there from now on.
	RegistrationPending RegistrationState = "Pending"
	// RegistrationRegistered: it is there.
	RegistrationRegistered RegistrationState = "Registered"
	// RegistrationWithdrawn: it is there, and nobody can find or use it.
	RegistrationWithdrawn RegistrationState = "Withdrawn"
)

// Obstacle is what stands in the way of registering something. It holds no personal data and no secrets.
type Obstacle struct {
	// Condition is the condition it keeps from being True.
	Condition string `json:"condition"`
	// Status is what that condition becomes: False, or Unknown when nothing is known.
	Status metav1.ConditionStatus `json:"status"`
	// Reason is the reason it gets.
	Reason string `json:"reason"`
	// Message says what is wrong.
	Message string `json:"message"`
	// Actor is who must act.
	Actor Actor `json:"actor"`
	// Remedy says what to do.
	Remedy string `json:"remedy"`
	// Stands are the conditions that are True all the same: what they stand for was done before.
	// +optional
	// +listType=atomic
	Stands []string `json:"stands,omitempty"`
}
