// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// GitOps says where a service owner's Apps are deployed from. Flux applies what lies there, in the owner's namespace
// and with no more rights than the ServiceAccount deployer has there. Taking it away deletes no App.
type GitOps struct {
	// Source is the repository Flux reads.
	Source GitOpsSource `json:"source"`
	// Path is the folder in the source.
	// +optional
	// +kubebuilder:default="./"
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.startsWith('./') && !self.contains('..')",messageExpression="'path ' + self + ' must start with ./ and hold no ..'"
	Path string `json:"path,omitempty"`
	// Interval is how often the source is read, and what it holds is applied again.
	// +optional
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}(s|m|h)){1,3}$') && duration(self) >= duration('10s') && duration(self) <= duration('24h')",messageExpression="'interval ' + self + ' must be a duration between 10s and 24h, as 5m'"
	Interval *metav1.Duration `json:"interval,omitempty"`
}

// GitOpsSourceKind is the kind of a Flux source.
//
// +kubebuilder:validation:Enum=OCIRepository;GitRepository
type GitOpsSourceKind string

// Kinds of sources.
const (
	SourceOCIRepository GitOpsSourceKind = "OCIRepository"
	SourceGitRepository GitOpsSourceKind = "GitRepository"
)

// GitOpsSource is a repository Flux reads.
//
// +kubebuilder:validation:XValidation:rule="self.kind == 'OCIRepository' ? self.url.startsWith('oci://') : (self.url.startsWith('https://') || self.url.startsWith('ssh://'))",messageExpression="'a url ' + (self.url.contains('://') ? 'that starts with ' + self.url.split('://')[0] + '://' : 'without a scheme') + ' does not fit ' + self.kind + ': an OCIRepository starts with oci://, a GitRepository with https:// or ssh://'"
// +kubebuilder:validation:XValidation:rule="!has(self.ref) || (self.kind == 'OCIRepository' ? !(has(self.ref.branch) || has(self.ref.commit)) : !has(self.ref.digest))",message="an OCIRepository's ref is a tag, semver or digest; a GitRepository's is a branch, tag, semver or commit"
type GitOpsSource struct {
	// Kind is the kind of the Flux source.
	Kind GitOpsSourceKind `json:"kind"`
	// URL is where the repository lies. It holds no credentials: many may read it, here and in what Flux says of it.
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.matches('^(ssh://[^/@:?#]+@|[a-z]+://)[^/@?#[:space:]]+(/[^?#[:space:]]*)?$')",message="the url must be an address without credentials, query and fragment, as oci://registry.example.no/apps; only ssh:// may name a user, without a password: put credentials into a Secret and name it in secretName",reason=FieldValueForbidden
	URL string `json:"url"`
	// Ref is what of the repository is read; without it, the tag latest of an OCIRepository and the branch master of
	// a GitRepository.
	// +optional
	Ref *GitOpsRef `json:"ref,omitempty"`
	// SecretName names the Secret in the owner's namespace that Flux logs in with: of type
	// kubernetes.io/dockerconfigjson for an OCIRepository; for a GitRepository with username and password, or with
	// identity and known_hosts over ssh. Without it, the source is public, or the identity of Flux may read it.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",messageExpression="'secretName ' + self + ' must be the name of a Secret: small letters, digits, - and .'"
	SecretName string `json:"secretName,omitempty"`
}

// GitOpsRef names one state of a repository.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
type GitOpsRef struct {
	// Branch of a GitRepository.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Branch string `json:"branch,omitempty"`
	// Tag of either kind.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Tag string `json:"tag,omitempty"`
	// SemVer is a range of versions of either kind.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	SemVer string `json:"semver,omitempty"`
	// Digest of an OCIRepository.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Digest string `json:"digest,omitempty"`
	// Commit of a GitRepository.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit,omitempty"`
}
