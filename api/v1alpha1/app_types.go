// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// App is one digital service of a service owner, in its namespace so-<code>.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Namespaced,categories=altinn
// +kubebuilder:selectablefield:JSONPath=".spec.processing.purpose"
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=".status.url"
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=".status.conditions[?(@.type=='Ready')].status"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=".status.conditions[?(@.type=='Ready')].reason"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=".metadata.creationTimestamp"
// +kubebuilder:printcolumn:name="Image",type=string,priority=1,JSONPath=".status.image"
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=".status.conditions[?(@.type=='Ready')].message"
// +kubebuilder:validation:XValidation:rule="self.metadata.name.matches('^[a-z][a-z0-9-]{1,28}[a-z0-9]$') && self.metadata.name != 'datamodels'",messageExpression="'app name ' + self.metadata.name + ' must be three to thirty lower-case letters, digits and hyphens, start with a letter, end with a letter or digit, and not be datamodels'"
type App struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the service owner declares.
	Spec AppSpec `json:"spec"`
	// Status is what the operator found and made.
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status AppStatus `json:"status,omitempty"`
}

// GetStatus returns what all kinds report.
func (a *App) GetStatus() *Status { return &a.Status.Status }

// GetRegistration returns what is registered; nil when nothing is.
func (a *App) GetRegistration() *Registration { return a.Status.Registration }

// SetRegistration says what is registered.
func (a *App) SetRegistration(registration *Registration) { a.Status.Registration = registration }

// AppSpec is what a service owner declares of an app.
type AppSpec struct {
	// Image is the container image to run, with a tag or a digest.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?/)?[a-z0-9]+((\\\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\\\.|_|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$') && self.matches('(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$')",messageExpression="'image ' + self + ' must be an OCI reference with a tag or a sha256 digest, as registry.example.no/skd-income:1.4.2'"
	Image string `json:"image"`
	// DisplayName is what people call the app.
	DisplayName LocalizedText `json:"displayName"`
	// Port is the port the container listens on.
	// +optional
	// +kubebuilder:default=5005
	Port Port `json:"port,omitempty"`
	// Health says where the app tells whether it is well.
	// +optional
	// +kubebuilder:default={}
	Health Health `json:"health,omitempty"`
	// Replicas bounds how many pods run.
	// +optional
	// +kubebuilder:default={min: 2, max: 6, cpuPercent: 75}
	Replicas Replicas `json:"replicas,omitempty"`
	// Resources is what each pod asks for and may use.
	// +optional
	// +kubebuilder:default={requests: {cpu: "50m", memory: "256Mi"}, limits: {memory: "512Mi"}}
	Resources Resources `json:"resources,omitempty"`
	// Env are environment variables of the container.
	// +optional
	// +kubebuilder:validation:MaxItems=100
	// +listType=map
	// +listMapKey=name
	Env []EnvVar `json:"env,omitempty"`
	// EnvFrom are ConfigMaps and Secrets whose keys become environment variables.
	// +optional
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a == b))",messageExpression="'envFrom names %s: name each once'.format([self.filter(a, !self.exists_one(b, a == b)).map(a, has(a.configMapRef) ? a.configMapRef.name : has(a.secretRef) ? a.secretRef.name : \"\")])"
	// +listType=atomic
	EnvFrom []EnvSource `json:"envFrom,omitempty"`
	// Config becomes the app's runtime ConfigMap, read as environment variables. A change rolls
	// the pods.
	// +optional
	// +kubebuilder:validation:MaxProperties=200
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^[A-Za-z_][A-Za-z0-9_.-]{0,252}$'))",messageExpression="'the config keys %s must be names of environment variables: letters, digits and _ . -, not starting with a digit'.format([self.filter(k, !k.matches('^[A-Za-z_][A-Za-z0-9_.-]{0,252}$'))])"
	Config map[string]ConfigValue `json:"config,omitempty"`
	// Ingress says where the app is reached from outside.
	// +optional
	// +kubebuilder:default={}
	Ingress Ingress `json:"ingress,omitempty"`
	// Access says whom the app talks to inside and outside the platform. Nothing else is open.
	// +optional
	Access Access `json:"access,omitempty"`
	// Integrations are the shared solutions the app uses.
	// +optional
	// +kubebuilder:validation:MaxItems=25
	// +listType=map
	// +listMapKey=solution
	Integrations []Integration `json:"integrations,omitempty"`
	// Processing is the personal data the app handles.
	Processing Processing `json:"processing"`
	// Storage is what the app stores.
	// +optional
	Storage AppStorage `json:"storage,omitempty"`
	// Authorization says who may do what in the app.
	// +optional
	Authorization *Authorization `json:"authorization,omitempty"`
	// Consents are the names of the ConsentResources the app serves.
	// +optional
	// +kubebuilder:validation:MaxItems=50
	// +listType=set
	Consents []ConsentName `json:"consents,omitempty"`
	// Suspend takes the app out of service.
	// +optional
	Suspend *Suspend `json:"suspend,omitempty"`
}

// ConsentName is the name of a ConsentResource in the app's namespace.
//
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z]([a-z0-9-]*[a-z0-9])?$')",messageExpression="'consent ' + self + ' must be the name of a ConsentResource: lower-case letters, digits and hyphens'"
type ConsentName string

// Port is a TCP port.
//
// +kubebuilder:validation:Minimum=1
// +kubebuilder:validation:Maximum=65535
type Port int32

// Health says where an app tells whether it is well.
type Health struct {
	// Path answers 200 when the app is well.
	// +optional
	// +kubebuilder:default=/health
	Path AbsolutePath `json:"path,omitempty"`
}

// Replicas bounds how many pods of an app run.
//
// +kubebuilder:validation:XValidation:rule="self.min <= self.max",messageExpression="'replicas.min %d is more than replicas.max %d: lower min or raise max'.format([self.min, self.max])"
type Replicas struct {
	// Min is the least number of pods.
	// +optional
	// +kubebuilder:default=2
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Min int32 `json:"min,omitempty"`
	// Max is the greatest number of pods.
	// +optional
	// +kubebuilder:default=6
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Max int32 `json:"max,omitempty"`
	// CPUPercent is the mean use of the CPU asked for, above which pods are added.
	// +optional
	// +kubebuilder:default=75
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	CPUPercent int32 `json:"cpuPercent,omitempty"`
}

// Resources is what a pod asks for and may use.
//
// +kubebuilder:validation:XValidation:rule="!has(self.requests) || !has(self.limits) || ['cpu', 'memory'].all(k, !(k in self.requests) || !(k in self.limits) || quantity(string(self.requests[k])).compareTo(quantity(string(self.limits[k]))) <= 0)",message="resources.requests asks for more cpu or memory than resources.limits allows: lower the request or raise the limit"
type Resources struct {
	// Requests is what is set aside for each pod.
	// +optional
	// +kubebuilder:validation:MaxProperties=10
	// +kubebuilder:validation:XValidation:rule="self.all(k, type(self[k]) == int ? self[k] >= 0 : isQuantity(self[k]) && !self[k].startsWith('-'))",messageExpression="'the amounts of %s must be quantities that are not negative, as 500m or 2Gi'.format([self.filter(k, type(self[k]) == int ? self[k] < 0 : !isQuantity(self[k]) || self[k].startsWith('-'))])"
	Requests corev1.ResourceList `json:"requests,omitempty"`
	// Limits is the most each pod may use.
	// +optional
	// +kubebuilder:validation:MaxProperties=10
	// +kubebuilder:validation:XValidation:rule="self.all(k, type(self[k]) == int ? self[k] >= 0 : isQuantity(self[k]) && !self[k].startsWith('-'))",messageExpression="'the amounts of %s must be quantities that are not negative, as 500m or 2Gi'.format([self.filter(k, type(self[k]) == int ? self[k] < 0 : !isQuantity(self[k]) || self[k].startsWith('-'))])"
	Limits corev1.ResourceList `json:"limits,omitempty"`
}

// AppStatus is what the operator found and made.
type AppStatus struct {
	Status `json:",inline"`
	// Image is the image that runs.
	// +optional
	Image string `json:"image,omitempty"`
	// URL is where the app is reached from outside.
	// +optional
	URL string `json:"url,omitempty"`
	// Network is how what the app may call is opened.
	// +optional
	Network *NetworkStatus `json:"network,omitempty"`
	// Registration is the app in Altinn's Resource Registry.
	// +optional
	Registration *Registration `json:"registration,omitempty"`
	// Credentials are the app's clients at Maskinporten, ID-porten and Ansattporten, and their keys.
	// +optional
	// +listType=map
	// +listMapKey=client
	Credentials []Credential `json:"credentials,omitempty"`
	// Scopes are the scopes the app guards its API with, at Maskinporten.
	// +optional
	// +listType=map
	// +listMapKey=name
	Scopes []ScopeRecord `json:"scopes,omitempty"`
}

// AppList is a list of apps.
//
// +kubebuilder:object:root=true
type AppList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []App `json:"items"`
}
