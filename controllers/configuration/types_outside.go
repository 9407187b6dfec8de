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
	KeyFile string `json:"keyFile"`
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
