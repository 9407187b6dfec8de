// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClientType is where an App's client is registered to log users in or to get tokens (OAuth 2.0 client,
// RFC 6749 §2).
//
// +kubebuilder:validation:Enum=Maskinporten;IDPorten;Ansattporten
type ClientType string

// Client types. All shared solutions that are called with a token of Maskinporten's share one client.
const (
	ClientMaskinporten ClientType = "Maskinporten"
	ClientIDPorten     ClientType = "IDPorten"
	ClientAnsattporten ClientType = "Ansattporten"
)

// Credential is what was last found, and made, of one of an App's clients. It holds no key material.
type Credential struct {
	// Client is where the client is registered.
	Client ClientType `json:"client"`
	// ClientID is its id there; empty until it is there.
	// +optional
	ClientID string `json:"clientId,omitempty"`
	// ReplacedClientID is the id of the client it takes the place of, until no pod uses that one.
	// +optional
	ReplacedClientID string `json:"replacedClientId,omitempty"`
	// OrganizationNumber is that of the service owner it is registered to.
	// +optional
	OrganizationNumber string `json:"organizationNumber,omitempty"`
	// State is where in its life it stands.
	State CredentialState `json:"state"`
	// Secret is the name of the Secret the app's pods read; empty until there is one.
	// +optional
	Secret string `json:"secret,omitempty"`
	// Keys are the keys in the client's key set, the one in use first.
	// +optional
	// +listType=map
	// +listMapKey=keyId
	Keys []CredentialKey `json:"keys,omitempty"`
	// Scopes are the scopes the client has.
	// +optional
	// +listType=set
	Scopes []string `json:"scopes,omitempty"`
	// MissingScopes are those declared that their owner has given no access to.
	// +optional
	// +listType=set
	MissingScopes []string `json:"missingScopes,omitempty"`
	// Revoked is the value of the annotation tenancy.altinn.cloud/revoke-keys that was last acted on.
	// +optional
	Revoked string `json:"revoked,omitempty"`
	// Revision is a digest of what was declared when the client was last found to be just that.
	// +optional
	Revision string `json:"revision,omitempty"`
	// Obstacle is what keeps the client from being what is declared; none when nothing does.
	// +optional
	Obstacle *Obstacle `json:"obstacle,omitempty"`
}

// CredentialState is where in its life a client, or a scope, stands.
//
// +kubebuilder:validation:Enum=Pending;Registered;Revoked
type CredentialState string

// Credential states.
const (
	// CredentialPending: it may be there from now on.
	CredentialPending CredentialState = "Pending"
	// CredentialRegistered: it is there.
	CredentialRegistered CredentialState = "Registered"
	// CredentialRevoked: it is there, and nobody can get a token with it.
	CredentialRevoked CredentialState = "Revoked"
)

// CredentialKey is a key in a client's key set, by its public part.
type CredentialKey struct {
	// KeyID is its kid: the beginning of the thumbprint of the public key (RFC 7638).
	KeyID string `json:"keyId"`
	// Use says what it is for now.
	Use KeyUse `json:"use"`
	// Registered is when it was put into the key set.
	Registered metav1.Time `json:"registered"`
	// Expires is when it ends by itself: at most a year after it was registered (Digdir self-service API).
	Expires metav1.Time `json:"expires"`
}

// KeyUse says what a key is for.
//
// +kubebuilder:validation:Enum=InUse;Next;Retiring
type KeyUse string

// Key uses.
const (
	// KeyInUse: pods that start read it.
	KeyInUse KeyUse = "InUse"
	// KeyNext: it comes into use when it is known everywhere.
	KeyNext KeyUse = "Next"
	// KeyRetiring: it is dropped when no pod reads it any longer.
	KeyRetiring KeyUse = "Retiring"
)

// ScopeRecord is what was last found, and made, of a scope an App guards its API with.
type ScopeRecord struct {
	// Name is the whole name of the scope.
	Name string `json:"name"`
	// OrganizationNumber is that of the service owner it is registered to.
	// +optional
	OrganizationNumber string `json:"organizationNumber,omitempty"`
	// State is where in its life it stands.
	State CredentialState `json:"state"`
	// Consumers is how many organisations have been given access by name.
	// +optional
	Consumers int32 `json:"consumers,omitempty"`
	// AnyOrganization says that every organisation has access.
	// +optional
	AnyOrganization bool `json:"anyOrganization,omitempty"`
	// Revision is a digest of what was declared when the scope was last found to be just that.
	// +optional
	Revision string `json:"revision,omitempty"`
	// Obstacle is what keeps the scope from being what is declared; none when nothing does.
	// +optional
	Obstacle *Obstacle `json:"obstacle,omitempty"`
}
