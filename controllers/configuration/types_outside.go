// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Registry is Altinn's Resource Registry, and how often it is called.
type Registry struct {
	// URL is the address of Altinn's platform, as https://platform.altinn.no.
	URL string `json:"url"`
	// CallsPerSecond is the most calls a second, in the long run; 20 when left out.
	CallsPerSecond float64 `json:"callsPerSecond,omitempty"`
	// Resync is after how long what is registered is looked at again, so that a change made by somebody
	// else is found and put right; 1h when left out.
	Resync metav1.Duration `json:"resync,omitempty"`
}

// Maskinporten is the client the operator gets tokens with.
type Maskinporten struct {
	// Issuer is Maskinporten's address, as https://maskinporten.no/.
	Issuer string `json:"issuer"`
	// ClientID is the client's id there.
	ClientID string `json:"clientId"`
	// OrganizationNumber is that of the organisation the client belongs to. For every other service owner
	// the operator asks as its supplier, which the service owner delegates in Altinn.
	OrganizationNumber v1alpha1.OrganizationNumber `json:"organizationNumber"`
	// KeyFile is a file with the client's private key, as a JWK with a kid. It is read for each grant.
	KeyFile string `json:"keyFile,omitempty"`
	// KeyVault is where the private key lies when it is not in a file: one of the two is needed.
	KeyVault *KeyVault `json:"keyVault,omitempty"`
}

// KeyVault is a key in an Azure Key Vault, which signs and never gives the key away.
type KeyVault struct {
	// URL is the vault's address, as https://my-vault.vault.azure.net.
	URL string `json:"url"`
	// Key is the key's name in the vault.
	Key string `json:"key"`
	// Version is which version of the key signs: the one that KeyID is the kid of.
	Version string `json:"version"`
	// KeyID is the kid that Maskinporten knows the public half by.
	KeyID string `json:"keyId"`
}

// SelfService is Digdir's self-service API, where Apps' clients and scopes are registered, and what
// is registered there.
type SelfService struct {
	// URL is its address, as https://api.samarbeid.digdir.no.
	URL string `json:"url"`
	// CallsPerSecond is the most calls a second, in the long run; 10 when left out.
	CallsPerSecond float64 `json:"callsPerSecond,omitempty"`
	// Resync is after how long what is registered is looked at again, so that a change made by somebody
	// else is found and put right; 1h when left out.
	Resync metav1.Duration `json:"resync,omitempty"`
	// Propagation is how long it takes until a change is known where tokens are given; 2m when left out,
	// the longest that Digdir tells of (Digdir self-service API).
	Propagation metav1.Duration `json:"propagation,omitempty"`
	// Keys are the keys of Apps' clients.
	Keys Keys `json:"keys,omitempty"`
}

// KeyAlgorithm is what a client signs with (RFC 7518 §3.3).
type KeyAlgorithm string

// Algorithms, all that Digdir's self-service API takes.
const (
	RS256 KeyAlgorithm = "RS256"
	RS384 KeyAlgorithm = "RS384"
	RS512 KeyAlgorithm = "RS512"
)

// Keys are the keys of Apps' clients: RSA, made by the operator.
type Keys struct {
	// Algorithm is what they sign with; RS256 when left out.
	Algorithm KeyAlgorithm `json:"algorithm,omitempty"`
	// Bits are how long they are: 2048, 3072 or 4096; 3072 when left out.
	Bits int `json:"bits,omitempty"`
	// RotateAfter is after how long a key is replaced by a new one; 720h, thirty days, when left out.
	RotateAfter metav1.Duration `json:"rotateAfter,omitempty"`
	// Ready is how many are made ahead for new clients, so that a burst of so many new Apps waits for none;
	// 1000 when left out. Each takes about 6 kB of memory, in the replica that works.
	Ready int `json:"ready,omitempty"`
}

// Consents is what is asked of ConsentResources.
type Consents struct {
	// Templates are the consent templates Altinn knows. Those that Altinn publishes when left out.
	Templates []ConsentTemplate `json:"templates,omitempty"`
}

// ConsentTemplate is a layout that Altinn shows consents in.
type ConsentTemplate struct {
	// Name is its id.
	Name string `json:"name"`
	// ServiceOwners are those that may use it; everyone when left out.
	ServiceOwners []v1alpha1.OrgCode `json:"serviceOwners,omitempty"`
}
