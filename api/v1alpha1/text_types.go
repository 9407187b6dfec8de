// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// Text is free text that anyone who may read the resource may read. It holds no personal data:
// an eleven-digit number is refused because it may be a national identity number. Digits inside a
// longer hexadecimal number, such as a digest, are let through. The refusal is a Forbidden, since an
// Invalid would repeat the number to everyone who reads the answer. Control characters, and those that turn the
// direction of writing, are refused because texts are shown in terminals: they could hide what follows.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=1000
// +kubebuilder:validation:XValidation:rule="!self.matches('[\\\\x00-\\\\x08\\\\x0b\\\\x0c\\\\x0e-\\\\x1f\\\\x7f-\\\\x9f\\\\x{202a}-\\\\x{202e}\\\\x{2066}-\\\\x{2069}]')",message="the text holds a control character, or one that turns the direction of writing: only line breaks and tabs are allowed",reason=FieldValueForbidden
// +kubebuilder:validation:XValidation:rule="self.matches('[^\\\\s\\\\pZ]')",message="the text is blank: write something or leave the field out"
// +kubebuilder:validation:XValidation:rule="!self.matches('(^|[^0-9A-Fa-f])[0-9]{6}[\\\\s\\\\pZ]?[0-9]{5}($|[^0-9A-Fa-f])')",message="the text holds an eleven-digit number, which may be a national identity number; resources are readable by many: remove it and refer to the archive instead",reason=FieldValueForbidden
type Text string

// Line is a Text of one short line.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=200
// +kubebuilder:validation:XValidation:rule="!self.matches('\\\\p{Cc}')",message="the text must be one line, without line breaks and tabs"
// +kubebuilder:validation:XValidation:rule="self.matches('[^\\\\s\\\\pZ]')",message="the text is blank: write something or leave the field out"
// +kubebuilder:validation:XValidation:rule="!self.matches('(^|[^0-9A-Fa-f])[0-9]{6}[\\\\s\\\\pZ]?[0-9]{5}($|[^0-9A-Fa-f])')",message="the text holds an eleven-digit number, which may be a national identity number; resources are readable by many: remove it and refer to the archive instead",reason=FieldValueForbidden
type Line string

// LocalizedText is one text in the three languages Altinn's users read: Norwegian bokmål, Norwegian
// nynorsk and English. All three are needed (Resource Registry refuses a resource that lacks one).
//
// +kubebuilder:validation:XValidation:rule="has(self.nb) && has(self.nn) && has(self.en)",messageExpression="'the text is needed in all three languages; missing: ' + (has(self.nb) ? \"\" : 'nb ') + (has(self.nn) ? \"\" : 'nn ') + (has(self.en) ? \"\" : 'en ')"
type LocalizedText struct {
	// NB is the text in Norwegian bokmål.
	// +optional
	NB Text `json:"nb,omitempty"`
	// NN is the text in Norwegian nynorsk.
	// +optional
	NN Text `json:"nn,omitempty"`
	// EN is the text in English.
	// +optional
	EN Text `json:"en,omitempty"`
}

// OrganizationNumber is a number of the Norwegian Enhetsregister: nine digits, the last of which is
// a check digit by modulus 11 with the weights 3 2 7 6 5 4 3 2.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9]{9}$')",messageExpression="'organisation number ' + self + ' must be nine digits without spaces'"
// +kubebuilder:validation:XValidation:rule="!self.matches('^[0-9]{9}$') || (int(self.substring(0,1))*3 + int(self.substring(1,2))*2 + int(self.substring(2,3))*7 + int(self.substring(3,4))*6 + int(self.substring(4,5))*5 + int(self.substring(5,6))*4 + int(self.substring(6,7))*3 + int(self.substring(7,8))*2 + int(self.substring(8,9))) % 11 == 0",messageExpression="'organisation number ' + self + ' has a wrong check digit (modulus 11): compare it with Enhetsregisteret'"
type OrganizationNumber string

// OrgCode is the short code of a service owner, as in altinn-orgs.json: lower-case letters and
// digits, at most twelve, so that names made from it stay within Kubernetes' and Azure's limits.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][a-z0-9]{1,11}$')",messageExpression="'service owner code ' + self + ' must be two to twelve lower-case letters and digits and start with a letter, as skd'"
type OrgCode string

// AppName is the name of an App.
//
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z][a-z0-9-]{1,28}[a-z0-9]$') && self != 'datamodels'",messageExpression="'app name ' + self + ' must be three to thirty lower-case letters, digits and hyphens, start with a letter, end with a letter or digit, and not be datamodels'"
type AppName string

// EmailAddress is the address of a role, such as a service desk; never a person's own.
//
// +kubebuilder:validation:MaxLength=254
// +kubebuilder:validation:XValidation:rule="self.matches('^[^@[:space:]]+@[^@[:space:]]+[.][^@[:space:].]+$')",messageExpression="'e-mail address ' + self + ' must be of the form role@organisation.no'"
type EmailAddress string

// WebAddress is a link a person can follow over an encrypted connection.
//
// +kubebuilder:validation:MaxLength=1024
// +kubebuilder:validation:XValidation:rule="self.matches('^https://[^/?#[:space:]]+') && isURL(self)",messageExpression="'address ' + self + ' must be a URL that starts with https://'"
type WebAddress string

// HostName is a DNS name. A wildcard is allowed as the whole first label (*.example.no), never alone.
//
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^([*][.])?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z][a-z0-9-]{0,61}[a-z0-9]$')",messageExpression="'host ' + self + ' must be a full DNS name in lower case, as data.brreg.no; a bare * is not allowed'"
type HostName string

// AbsolutePath is the path of a URL below its host.
//
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule="self.matches('^/[A-Za-z0-9/._~-]*$') && !self.matches('//|/[.][.]?(/|$)')",messageExpression="'path ' + self + ' must start with /, hold only letters, digits and / . _ ~ - and have no empty, . or .. part'"
type AbsolutePath string

// Date is a day, YYYY-MM-DD.
//
// +kubebuilder:validation:MaxLength=10
// +kubebuilder:validation:Format=date
type Date string

// Scope is the name of an OAuth 2.0 scope in Maskinporten or ID-porten: prefix:subscope, or one of
// the standard scopes of OpenID Connect.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=128
// +kubebuilder:validation:XValidation:rule="self.matches('^(openid|profile|[a-z0-9_-]+:[A-Za-z0-9_/.:*-]+)$')",messageExpression="'scope ' + self + ' must be openid, profile, or of the form prefix:subscope'"
type Scope string

// Suspend takes a resource out of service without losing anything it holds: traffic is cut and pods
// are scaled to zero, data and names stay. Removing it brings everything back (terms of use §1.6.5).
type Suspend struct {
	// Reason says why, for those who find the service gone.
	Reason Text `json:"reason"`
}
