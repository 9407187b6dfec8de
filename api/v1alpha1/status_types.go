// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Status is what all four kinds report.
type Status struct {
	// ObservedGeneration is the generation of the spec that the status speaks of; -1 before the
	// operator has seen the resource, so that nobody takes a new resource for a finished one.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions are the parts of the resource's state; Ready sums them up and stands last.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// Problems say what is wrong, who must act and how: read this first.
	// +optional
	// +listType=atomic
	Problems []Problem `json:"problems,omitempty"`
	// Admitted is the revision of the spec that was admitted last: what runs, or would if it were not
	// withdrawn.
	// +optional
	Admitted *AdmittedRevision `json:"admitted,omitempty"`
	// Children are the objects made for this resource.
	// +optional
	// +listType=atomic
	Children []Child `json:"children,omitempty"`
}

// AdmittedRevision is a revision of a spec that an agreement in force covered when it was admitted.
type AdmittedRevision struct {
	// Generation is the generation of the spec.
	Generation int64 `json:"generation"`
	// Agreement is the name of the DataProcessingAgreement that covered it.
	Agreement string `json:"agreement"`
	// Withdrawn is the reason for which an agreement took it out of service; empty when none did. It comes
	// back when an agreement in force covers it.
	// +optional
	Withdrawn string `json:"withdrawn,omitempty"`
}

// Severity tells how much a problem matters.
//
// +kubebuilder:validation:Enum=Error;Warning
type Severity string

// Severities of problems.
const (
	// SeverityError keeps the resource from being Ready.
	SeverityError Severity = "Error"
	// SeverityWarning will hurt later, or hurts a part only.
	SeverityWarning Severity = "Warning"
)

// Actor is who must act on a problem.
//
// +kubebuilder:validation:Enum=ServiceOwner;Platform;External
type Actor string

// Actors of problems.
const (
	// ActorServiceOwner is the public body that owns the service.
	ActorServiceOwner Actor = "ServiceOwner"
	// ActorPlatform is the team that runs the cluster and keeps agreements.
	ActorPlatform Actor = "Platform"
	// ActorExternal is somebody outside both, such as the owner of a scope.
	ActorExternal Actor = "External"
)

// Problem is one thing that is wrong. It holds no personal data and no secrets.
type Problem struct {
	// Severity tells whether the resource can be Ready with it.
	Severity Severity `json:"severity"`
	// Component is the part it concerns, as Network or Namespace.
	Component string `json:"component"`
	// Message says what is wrong.
	Message string `json:"message"`
	// Actor is who must act.
	Actor Actor `json:"actor"`
	// Remedy says what to do.
	Remedy string `json:"remedy"`
}

// Child names one object made for a resource.
type Child struct {
	// APIVersion is the object's group and version.
	APIVersion string `json:"apiVersion"`
	// Kind is the object's kind.
	Kind string `json:"kind"`
	// Namespace is the object's namespace; empty for cluster-scoped objects.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// Name is the object's name.
	Name string `json:"name"`
}
