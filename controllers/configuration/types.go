// SPDX-License-Identifier: BSD-3-Clause

package configuration

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
)

// APIVersion and Kind head the file.
const (
	APIVersion = "config." + v1alpha1.Group + "/v1alpha1"
	Kind       = "OperatorConfiguration"
)

// Operator is the operator's configuration.
type Operator struct {
	metav1.TypeMeta `json:",inline"`

	// Environment is the Altinn environment the operator runs in. One installation serves one.
	Environment Environment `json:"environment"`
	// Gateway is how apps are reached from outside.
	Gateway Gateway `json:"gateway"`
	// Egress is how apps reach places outside the platform.
	Egress Egress `json:"egress,omitempty"`
	// Regions are where data may be kept.
	Regions Regions `json:"regions,omitempty"`
	// Agreements is what is asked of data processing agreements.
	Agreements Agreements `json:"agreements,omitempty"`
	// QuotaProfiles are the quotas that a ServiceOwner names by profile. All three are needed.
	QuotaProfiles map[v1alpha1.QuotaProfile]corev1.ResourceList `json:"quotaProfiles"`
	// Tenant says how service owners' namespaces are made up.
	Tenant Tenant `json:"tenant,omitempty"`
	// Registry is Altinn's Resource Registry, where Apps and consents are registered. When it is left out
	// nothing is, which no production may do.
	Registry *Registry `json:"registry,omitempty"`
	// Maskinporten is where the operator gets its tokens; needed with Registry and with SelfService.
	Maskinporten *Maskinporten `json:"maskinporten,omitempty"`
	// SelfService is Digdir's self-service API, where Apps' clients and scopes are registered. When it is
	// left out Apps get no credentials, which no production may do.
	SelfService *SelfService `json:"selfService,omitempty"`
	// Catalogue says of shared solutions what is otherwise here than the operator knows by itself. Solution
	// gives what holds.
	Catalogue map[v1alpha1.Solution]catalogue.Override `json:"catalogue,omitempty"`
	// Storage is where service owners' data is kept. When it is left out nothing is kept anywhere, which no
	// production may do.
	Storage *Storage `json:"storage,omitempty"`
	// Receipts says where it is kept what became of deleted service owners' data.
	Receipts Receipts `json:"receipts,omitempty"`
	// Consents is what is asked of ConsentResources.
	Consents Consents `json:"consents,omitempty"`
	// Isolation says how it is found out whether Apps are isolated.
	Isolation Isolation `json:"isolation,omitempty"`
	// Images says which images may run; any when left out.
	Images Images `json:"images,omitempty"`
	// Concurrency is how many resources of a kind are worked on at once; 10 when left out.
	Concurrency int `json:"concurrency,omitempty"`
}

// EnvironmentClass tells what an environment is for.
type EnvironmentClass string

// Environment classes.
const (
	Development EnvironmentClass = "Development"
	Test        EnvironmentClass = "Test"
	Production  EnvironmentClass = "Production"
)

// Environment is an Altinn environment.
type Environment struct {
	// Name is its short name, as tt02 or prod.
	Name string `json:"name"`
	// Class tells what it is for: Development, Test or Production.
	Class EnvironmentClass `json:"class"`
	// AppsHost is the domain of apps; an owner's apps live at <code>.<appsHost>.
	AppsHost string `json:"appsHost"`
	// PlatformHost is the host of Altinn's platform services.
	PlatformHost string `json:"platformHost"`
}

// GatewayKind is the API that routes are written in.
type GatewayKind string

// Gateway kinds.
const (
	// GatewayIngress: routes are Ingress objects.
	GatewayIngress GatewayKind = "Ingress"
	// GatewayAPI: routes are HTTPRoute objects of the Gateway API.
	GatewayAPI GatewayKind = "GatewayAPI"
)

// Gateway is how apps are reached from outside.
type Gateway struct {
	// Kind is Ingress or GatewayAPI.
	Kind GatewayKind `json:"kind"`
	// Namespace is where the gateway's pods run: the only one that may call apps.
	Namespace string `json:"namespace"`
	// IngressClassName is the class of Ingress objects; the cluster's default when left out.
	IngressClassName string `json:"ingressClassName,omitempty"`
	// Name is the Gateway that HTTPRoutes attach to, in Namespace.
	Name string `json:"name,omitempty"`
}

// Tenant says how service owners' namespaces are made up.
type Tenant struct {
	// Overlay is a folder with a kustomization that patches the built-in baseline, which it names
	// as its resource ../base. None when left out.
	Overlay string `json:"overlay,omitempty"`
}

// Receipts says where the receipts of deleted service owners are kept: they outlive the service owner and its
// namespace.
type Receipts struct {
	// Namespace is the namespace they are kept in; serviceowner-system, where the operator is installed, when
	// left out.
	Namespace string `json:"namespace,omitempty"`
}

// Regions are where data may be kept. Only regions of the EEA can be named at all.
type Regions struct {
	// Allowed are open to every service owner; norwayeast and norwaywest when left out.
	Allowed []v1alpha1.Region `json:"allowed,omitempty"`
	// Exceptional are open to service owners with a regionException that has not run out; northeurope
	// and westeurope when left out.
	Exceptional []v1alpha1.Region `json:"exceptional,omitempty"`
}

// Agreements is what is asked of data processing agreements.
type Agreements struct {
	// Terms are the terms of use that apply now; any are good when left out.
	Terms Terms `json:"terms,omitempty"`
	// GraceDays is how many days after its end an agreement counts as in grace; 30 when left out.
	GraceDays int `json:"graceDays,omitempty"`
	// AfterGrace is what becomes of running Apps after that: KeepRunning when left out, since to keep
	// a service available is a duty too (GDPR art. 32(1)(b)).
	AfterGrace AfterGrace `json:"afterGrace,omitempty"`
}

// Terms are the terms of use that apply now.
type Terms struct {
	// Version is their version, as 1.8. An agreement that accepts a later one is good too.
	Version string `json:"version,omitempty"`
	// ValidFrom is the day from which they apply.
	ValidFrom v1alpha1.Date `json:"validFrom,omitempty"`
	// GraceDays is how many days after that an agreement with earlier terms is only warned of.
	GraceDays int `json:"graceDays,omitempty"`
}

// AfterGrace is what becomes of running Apps whose agreement has run out, grace and all.
type AfterGrace string

// What becomes of them.
const (
	// KeepRunning: what runs goes on, nothing new starts.
	KeepRunning AfterGrace = "KeepRunning"
	// SuspendAfterGrace: what runs is withdrawn until there is an agreement.
	SuspendAfterGrace AfterGrace = "Suspend"
)
