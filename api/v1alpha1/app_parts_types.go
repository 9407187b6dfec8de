// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// EnvName is the name of an environment variable.
//
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z_][A-Za-z0-9_.-]*$')",messageExpression="'environment variable ' + self + ' must be letters, digits and _ . -, not starting with a digit'"
type EnvName string

// ObjectName is the name of a ConfigMap or Secret in the app's namespace.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$')",messageExpression="'name ' + self + ' must be lower-case letters and digits, with single dots and hyphens inside'"
type ObjectName string

// ConfigValue is a value of the app's configuration. Secrets belong in a Secret, named in envFrom.
//
// +kubebuilder:validation:MaxLength=8192
type ConfigValue string

// EnvVar is an environment variable: with a value, or with that of a key of a ConfigMap or Secret.
//
// +kubebuilder:validation:XValidation:rule="[has(self.value), has(self.configMapKeyRef), has(self.secretKeyRef)].filter(x, x).size() <= 1",messageExpression="'environment variable ' + self.name + ' needs one of value, configMapKeyRef and secretKeyRef, not several'"
type EnvVar struct {
	// Name is the variable's name.
	Name EnvName `json:"name"`
	// Value is its value; empty when nothing is given.
	// +optional
	Value *ConfigValue `json:"value,omitempty"`
	// ConfigMapKeyRef takes the value from a ConfigMap.
	// +optional
	ConfigMapKeyRef *KeyRef `json:"configMapKeyRef,omitempty"`
	// SecretKeyRef takes the value from a Secret.
	// +optional
	SecretKeyRef *KeyRef `json:"secretKeyRef,omitempty"`
}

// KeyRef names a key of a ConfigMap or Secret in the app's namespace.
type KeyRef struct {
	// Name is the object's name.
	Name ObjectName `json:"name"`
	// Key is the key in its data.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^([.]?[a-zA-Z0-9_-])[a-zA-Z0-9._-]*$')",messageExpression="'key ' + self + ' must be letters, digits and - _ . as in the data of a ConfigMap or Secret'"
	Key string `json:"key"`
}

// EnvSource is a ConfigMap or Secret whose keys become environment variables.
//
// +kubebuilder:validation:XValidation:rule="has(self.configMapRef) != has(self.secretRef)",message="an entry of envFrom needs either configMapRef or secretRef"
type EnvSource struct {
	// ConfigMapRef names a ConfigMap.
	// +optional
	ConfigMapRef *ObjectRef `json:"configMapRef,omitempty"`
	// SecretRef names a Secret.
	// +optional
	SecretRef *ObjectRef `json:"secretRef,omitempty"`
}

// ObjectRef names an object in the app's namespace.
type ObjectRef struct {
	// Name is the object's name.
	Name ObjectName `json:"name"`
}

// Ingress says where an app is reached from outside.
type Ingress struct {
	// Enabled opens the app to the outside.
	// +optional
	// +kubebuilder:default=true
	Enabled *bool `json:"enabled,omitempty"`
	// Host is the name it is reached by; by default <code>.<appsHost>.
	// +optional
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('*')",messageExpression="'host ' + self + ' must be one name: a wildcard would take in other apps'"
	Host HostName `json:"host,omitempty"`
	// Path is the path it is reached below; by default /<code>/<app>/.
	// +optional
	Path AbsolutePath `json:"path,omitempty"`
}

// Access says whom an app talks to.
type Access struct {
	// Inbound are the apps that may call this one.
	// +optional
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.app == b.app && (has(a.serviceOwner) ? a.serviceOwner : \"\") == (has(b.serviceOwner) ? b.serviceOwner : \"\")))",messageExpression="'the list names the apps %s: name each once'.format([self.filter(a, !self.exists_one(b, a.app == b.app && (has(a.serviceOwner) ? a.serviceOwner : \"\") == (has(b.serviceOwner) ? b.serviceOwner : \"\"))).map(a, a.app)])"
	// +listType=atomic
	Inbound []AppPeer `json:"inbound,omitempty"`
	// Outbound is whom this app may call.
	// +optional
	Outbound Outbound `json:"outbound,omitempty"`
}

// AppPeer is another app.
type AppPeer struct {
	// App is its name.
	App AppName `json:"app"`
	// ServiceOwner is the code of its owner; by default the same as this app's.
	// +optional
	ServiceOwner OrgCode `json:"serviceOwner,omitempty"`
}

// Outbound is whom an app may call.
type Outbound struct {
	// Apps are apps on the platform. Each must name this one in its access.inbound.
	// +optional
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.app == b.app && (has(a.serviceOwner) ? a.serviceOwner : \"\") == (has(b.serviceOwner) ? b.serviceOwner : \"\")))",messageExpression="'the list names the apps %s: name each once'.format([self.filter(a, !self.exists_one(b, a.app == b.app && (has(a.serviceOwner) ? a.serviceOwner : \"\") == (has(b.serviceOwner) ? b.serviceOwner : \"\"))).map(a, a.app)])"
	// +listType=atomic
	Apps []AppPeer `json:"apps,omitempty"`
	// Hosts are places outside the platform.
	// +optional
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, (has(a.host) ? a.host : '') == (has(b.host) ? b.host : '') && (has(a.cidr) ? a.cidr : '') == (has(b.cidr) ? b.cidr : '')))",messageExpression="'access.outbound.hosts names %s: give each host or cidr once, with all its ports'.format([self.map(a, has(a.host) ? a.host : has(a.cidr) ? a.cidr : \"\").filter(x, !self.exists_one(b, (has(b.host) ? b.host : has(b.cidr) ? b.cidr : \"\") == x))])"
	// +listType=atomic
	Hosts []OutboundHost `json:"hosts,omitempty"`
}

// OutboundHost is a place outside the platform, by name or by address.
//
// +kubebuilder:validation:XValidation:rule="has(self.host) != has(self.cidr)",message="an entry of access.outbound.hosts needs either host or cidr, not both and not none"
type OutboundHost struct {
	// Host is a DNS name; a wildcard may stand for the first label.
	// +optional
	Host HostName `json:"host,omitempty"`
	// CIDR is a range of addresses.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).prefixLength() > 0",messageExpression="'cidr ' + self + ' must be a range of addresses, as 139.105.36.164/32; everything (/0) is not allowed'"
	// +kubebuilder:validation:XValidation:rule="self != '169.254.169.254/32'",message="cidr 169.254.169.254/32 is where a cloud tells a machine its secrets: no app may call it"
	CIDR string `json:"cidr,omitempty"`
	// Ports are the TCP ports opened.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	// +listType=set
	Ports []Port `json:"ports"`
}

// Solution is a shared solution of the public sector that apps integrate with.
//
// +kubebuilder:validation:Enum=IDPorten;Ansattporten;Maskinporten;KRR;DigitalMailbox;ESignering;EFormidling;DPV;AltinnStorage;AltinnEvents;AltinnNotifications;AltinnCorrespondence;AltinnBroker;AltinnAuthorization;AltinnConsent;Dialogporten;DataAltinn;ELMA;EInnsyn;Folkeregisteret;Enhetsregisteret;DataNorge
type Solution string

// Integration is the use of one shared solution.
//
// +kubebuilder:validation:XValidation:rule="!has(self.singleSignOn) || self.solution == 'IDPorten'",messageExpression="'singleSignOn is for IDPorten, not for ' + self.solution"
// +kubebuilder:validation:XValidation:rule="!has(self.redirectPaths) || self.solution in ['IDPorten', 'Ansattporten']",messageExpression="'redirectPaths are for IDPorten and Ansattporten, not for ' + self.solution"
// +kubebuilder:validation:XValidation:rule="!has(self.exposes) || self.solution == 'Maskinporten'",messageExpression="'exposes is for Maskinporten, not for ' + self.solution"
type Integration struct {
	// Solution is the shared solution.
	Solution Solution `json:"solution"`
	// Scopes are what the app asks access to.
	// +optional
	// +kubebuilder:validation:MaxItems=50
	// +listType=set
	Scopes []Scope `json:"scopes,omitempty"`
	// RedirectPaths are where users come back to after logging in, on the app's own host.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=set
	RedirectPaths []AbsolutePath `json:"redirectPaths,omitempty"`
	// SingleSignOn says whether users who are logged in elsewhere are logged in here too; true when left
	// out (terms of use v1.8 §3.2: a customer may leave single sign-on out).
	// +optional
	SingleSignOn *bool `json:"singleSignOn,omitempty"`
	// Exposes are the scopes the app guards its own API with.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	Exposes []ExposedScope `json:"exposes,omitempty"`
}

// ExposedScope is a scope an app guards its own API with: <owner's prefix>:<name>.
type ExposedScope struct {
	// Name is the part of the scope after the prefix.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9][a-z0-9/._-]*$')",messageExpression="'exposed scope ' + self + ' must be lower-case letters, digits and / . _ -, without the prefix'"
	Name string `json:"name"`
	// Description says what it gives access to.
	Description Line `json:"description"`
	// Consumers are the organisations that may get tokens for it, beside those that may ask for a published
	// consent whose data is fetched with it. No others may; when left out, only those.
	// +optional
	Consumers *Consumers `json:"consumers,omitempty"`
}

// Consumers are those who may get tokens for a scope: anyone, or the organisations named.
//
// +kubebuilder:validation:XValidation:rule="(has(self.anyOrganization) && self.anyOrganization) != has(self.organizations)",message="consumers needs either anyOrganization: true or organizations, not both and not none"
type Consumers struct {
	// AnyOrganization lets every organisation that is a customer of Maskinporten get tokens.
	// +optional
	AnyOrganization bool `json:"anyOrganization,omitempty"`
	// Organizations are the ones that may, and no others. Their check digits are checked where there is room
	// for it: an API server bounds what rules may cost, and lists in lists cost much.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	// +kubebuilder:validation:items:Pattern=`^[0-9]{9}$`
	// +listType=set
	Organizations []string `json:"organizations,omitempty"`
}

// AppStorage is what an app stores.
type AppStorage struct {
	// Containers are the app's blob containers.
	// +optional
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	Containers []Container `json:"containers,omitempty"`
}

// Container is a blob container of an app.
type Container struct {
	// Name is the container's name.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9](-?[a-z0-9])*$') && self.size() <= 30",messageExpression="'container ' + self + ' must be at most thirty lower-case letters, digits and single hyphens'"
	Name string `json:"name"`
	// RetentionDays is how many days a blob is kept.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=36500
	RetentionDays int32 `json:"retentionDays"`
	// Immutable keeps blobs from being changed or deleted before their time.
	// +optional
	Immutable bool `json:"immutable,omitempty"`
}

// Authorization says who may do what in an app (XACML 3.0, as Altinn Authorization reads it).
type Authorization struct {
	// MinimumAuthenticationLevel is the least level a user must have logged in with.
	// +optional
	// +kubebuilder:default=3
	MinimumAuthenticationLevel *AuthenticationLevel `json:"minimumAuthenticationLevel,omitempty"`
	// Rules say which roles and access packages may do which actions.
	// +optional
	// +kubebuilder:validation:MaxItems=30
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a == b))",message="authorization.rules holds the same rule several times: give it once"
	// +listType=atomic
	Rules []AuthorizationRule `json:"rules,omitempty"`
	// Delegable says whether those who have a right may pass it on.
	// +optional
	// +kubebuilder:default=true
	Delegable *bool `json:"delegable,omitempty"`
	// Visible says whether the app is listed for those who give rights.
	// +optional
	// +kubebuilder:default=true
	Visible *bool `json:"visible,omitempty"`
	// PartyTypes are the kinds of parties the app is for; by default all.
	// +optional
	// +kubebuilder:validation:MaxItems=5
	// +listType=set
	PartyTypes []PartyType `json:"partyTypes,omitempty"`
}

// Action is what a user does in an app, as XACML's action-id.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][a-zA-Z0-9_-]*$')",messageExpression="'action ' + self + ' must start with a lower-case letter and hold only letters, digits, _ and -, as read'"
type Action string

// AuthorizationRule lets roles and access packages do actions.
//
// +kubebuilder:validation:XValidation:rule="has(self.roles) || has(self.accessPackages)",message="a rule needs roles or accessPackages: without either it would let nobody in"
type AuthorizationRule struct {
	// Roles are Altinn roles, as DAGL.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=30
	// +listType=set
	Roles []RoleCode `json:"roles,omitempty"`
	// AccessPackages are Altinn access packages, as skatt-naering.
	// +optional
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=30
	// +listType=set
	AccessPackages []AccessPackage `json:"accessPackages,omitempty"`
	// Actions are what they may do.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +listType=set
	Actions []Action `json:"actions"`
}
