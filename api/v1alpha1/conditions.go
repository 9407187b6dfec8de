// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// Condition types. Each is True when all is well, except Reconciling and Stalled, which are only
// there while true, as kstatus wants it, and never both.
const (
	// ConditionReady sums up all others and always stands last.
	ConditionReady = "Ready"
	// ConditionReconciling is there while the operator, or the cluster for it, is still at work.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is there while only an edit by a person can help.
	ConditionStalled = "Stalled"

	// ConditionNamespaceReady says whether a service owner's namespace stands with its baseline:
	// Pod Security, quota, limits, default-deny network policy.
	ConditionNamespaceReady = "NamespaceReady"
	// ConditionAccessReady says whether exactly the grants of spec.access that have not run out are
	// in force.
	ConditionAccessReady = "AccessReady"
	// ConditionAvailable says whether an App's pods run the current revision and serve.
	ConditionAvailable = "Available"
)

// Reasons of Ready and of the conditions it sums up.
const (
	// ReasonReady: everything declared stands and is healthy.
	ReasonReady = "Ready"
	// ReasonProgressing: the operator has done its part, the cluster is still at work.
	ReasonProgressing = "Progressing"
	// ReasonNotImplemented: this version of the operator does not act on the kind yet.
	ReasonNotImplemented = "NotImplemented"
	// ReasonSuspended: spec.suspend, here or on the service owner, takes it out of service.
	ReasonSuspended = "Suspended"
	// ReasonFactsUnavailable: something the decision rests on could not be read. Nothing is changed.
	ReasonFactsUnavailable = "FactsUnavailable"
	// ReasonBuildFailed: the desired objects could not be built from the spec.
	ReasonBuildFailed = "BuildFailed"
	// ReasonApplyFailed: the cluster refused or failed a write; it is tried again.
	ReasonApplyFailed = "ApplyFailed"
	// ReasonPruneFailed: something no longer wanted could not be removed; it is tried again.
	ReasonPruneFailed = "PruneFailed"
	// ReasonUnhealthy: a child reports that it failed.
	ReasonUnhealthy = "Unhealthy"
	// ReasonDeleting: the resource is being removed.
	ReasonDeleting = "Deleting"
	// ReasonProviderMissing: the cluster does not know a kind this resource needs.
	ReasonProviderMissing = "ProviderMissing"

	// ReasonChildConflict: an object of a name this resource needs belongs to somebody else.
	ReasonChildConflict = "ChildConflict"
	// ReasonChildContested: somebody else keeps changing a child back.
	ReasonChildContested = "ChildContested"
	// ReasonNamespaceConflict: the namespace exists and was not made by the operator.
	ReasonNamespaceConflict = "NamespaceConflict"
	// ReasonServiceOwnerMissing: the service owner of the namespace does not exist or is not ready.
	ReasonServiceOwnerMissing = "ServiceOwnerMissing"
	// ReasonReferenceMissing: a Secret or ConfigMap the App reads does not exist.
	ReasonReferenceMissing = "ReferenceMissing"
	// ReasonHostNotOwned: the host of an App lies in another service owner's domain.
	ReasonHostNotOwned = "HostNotOwned"
	// ReasonHostTaken: another App serves the same host and path already.
	ReasonHostTaken = "HostTaken"
)

// Reasons of events.
const (
	// EventDriftRepaired: a child had been changed or deleted by somebody else and was put right.
	EventDriftRepaired = "DriftRepaired"
	// EventChildPruned: a child no longer wanted was removed.
	EventChildPruned = "ChildPruned"
	// EventRetained: the resource is gone and what it made is kept.
	EventRetained = "Retained"
)
