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

	// ConditionAgreementInForce says whether an agreement in force lets the resource be: of a service
	// owner, that there is one; of an App or ConsentResource, that it covers what is declared.
	ConditionAgreementInForce = "AgreementInForce"
	// ConditionRegionCompliant says whether data is kept, and pods run, only where the installation
	// allows, and the agreement where there is one.
	ConditionRegionCompliant = "RegionCompliant"

	// ConditionInForce says whether an agreement holds today.
	ConditionInForce = "InForce"
	// ConditionTermsCurrent says whether an agreement accepts the terms that apply now.
	ConditionTermsCurrent = "TermsCurrent"
	// ConditionTransfersLawful says whether each sub-processor's transfer has a ground that holds today
	// (GDPR art. 44 to 47).
	ConditionTransfersLawful = "TransfersLawful"

	// ConditionNamespaceReady says whether a service owner's namespace stands with its baseline:
	// Pod Security, quota, limits, default-deny network policy.
	ConditionNamespaceReady = "NamespaceReady"
	// ConditionAccessReady says whether exactly the grants of spec.access that have not run out are
	// in force.
	ConditionAccessReady = "AccessReady"
	// ConditionAvailable says whether an App's pods run the current revision and serve.
	ConditionAvailable = "Available"

	// ConditionAuthorizationRegistered says whether Altinn's Resource Registry holds an App, and the
	// policy that says who may do what in it, as the revision admitted last declares them.
	ConditionAuthorizationRegistered = "AuthorizationRegistered"
	// ConditionCredentialsReady says whether an App's clients at Maskinporten, ID-porten and Ansattporten,
	// their keys and Secrets, and the scopes it guards its API with, are as declared.
	ConditionCredentialsReady = "CredentialsReady"
	// ConditionStorageReady says whether what a service owner's or an App's data is kept in stands as
	// declared, by what its provider reports.
	ConditionStorageReady = "StorageReady"
	// ConditionRegistered says whether Altinn's Resource Registry holds a consent as declared.
	ConditionRegistered = "Registered"
	// ConditionPolicyUploaded says whether the policy there lets those ask for a consent, and give it,
	// who are declared to.
	ConditionPolicyUploaded = "PolicyUploaded"
	// ConditionRequestersSynced says whether exactly the organisations declared are on the access list
	// of those who may ask for a consent.
	ConditionRequestersSynced = "RequestersSynced"
	// ConditionScopeReady says whether the App that a consent's data is fetched from is there, and guards
	// it with the scope declared.
	ConditionScopeReady = "ScopeReady"
)

// Reasons of Ready and of the conditions it sums up.
const (
	// ReasonReady: everything declared stands and is healthy.
	ReasonReady = "Ready"
	// ReasonProgressing: the operator has done its part, the cluster is still at work.
	ReasonProgressing = "Progressing"
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

// Reasons of the agreement gate, of Ready, AgreementInForce and InForce.
const (
	// ReasonAgreementMissing: the service owner has no agreement.
	ReasonAgreementMissing = "AgreementMissing"
	// ReasonNotYetValid: the agreement begins, or is signed, later.
	ReasonNotYetValid = "NotYetValid"
	// ReasonAgreementExpired: the agreement has run out.
	ReasonAgreementExpired = "AgreementExpired"
	// ReasonAgreementSuspended: nothing new may start under the agreement.
	ReasonAgreementSuspended = "AgreementSuspended"
	// ReasonAgreementStopped: the controller ordered the processing to stop.
	ReasonAgreementStopped = "AgreementStopped"
	// ReasonAgreementTerminated: the agreement was ended.
	ReasonAgreementTerminated = "AgreementTerminated"
	// ReasonAgreementConflict: two agreements of one owner are in force for one chapter.
	ReasonAgreementConflict = "AgreementConflict"
	// ReasonValidityReversed: the agreement ends before it begins.
	ReasonValidityReversed = "ValidityReversed"
	// ReasonNotCovered: the agreement does not cover something declared; the message says what.
	ReasonNotCovered = "NotCovered"
	// ReasonTermsOutdated: the agreement accepts an older version of the terms than applies now.
	ReasonTermsOutdated = "TermsOutdated"
	// ReasonTransferNotLawful: a sub-processor's transfer has no ground that holds today.
	ReasonTransferNotLawful = "TransferNotLawful"
)

// Reasons of the region rule, of Ready and RegionCompliant.
const (
	// ReasonRegionNotAllowed: the installation does not allow the region.
	ReasonRegionNotAllowed = "RegionNotAllowed"
	// ReasonRegionExceptionMissing: the region needs a regionException.
	ReasonRegionExceptionMissing = "RegionExceptionMissing"
	// ReasonRegionExceptionExpired: the regionException has run out.
	ReasonRegionExceptionExpired = "RegionExceptionExpired"
	// ReasonRegionWithoutPair: the redundancy asked for needs a second region, and Azure has none.
	ReasonRegionWithoutPair = "RegionWithoutPair"
	// ReasonRegionNotCovered: the agreement does not name the region.
	ReasonRegionNotCovered = "RegionNotCovered"
	// ReasonRegionDrift: something lies, or runs, in a region that is not allowed.
	ReasonRegionDrift = "RegionDrift"
)

// Reasons of what a ConsentResource refers to, of Ready and ScopeReady.
const (
	// ReasonTemplateUnknown: Altinn has no consent template of the name, or not for this service owner.
	ReasonTemplateUnknown = "TemplateUnknown"
	// ReasonIdentifierTaken: an older ConsentResource has the same identifier.
	ReasonIdentifierTaken = "IdentifierTaken"
	// ReasonScopeNotExposed: the App the data is fetched from is not there, or does not expose the scope.
	ReasonScopeNotExposed = "ScopeNotExposed"
	// ReasonConsentMissing: a ConsentResource that an App names does not exist.
	ReasonConsentMissing = "ConsentMissing"
)

// Reasons of what stands in the way of registering with Altinn's Resource Registry, of Ready,
// AuthorizationRegistered, Registered, PolicyUploaded and RequestersSynced.
const (
	// ReasonRegistryNotConfigured: the operator's configuration names no registry.
	ReasonRegistryNotConfigured = "RegistryNotConfigured"
	// ReasonRegistryUnavailable: the registry, or what gives tokens for it, does not answer or answers
	// nothing that can be used. It is tried again.
	ReasonRegistryUnavailable = "RegistryUnavailable"
	// ReasonRegistryRefused: the registry, or what gives tokens for it, refuses, and will again.
	ReasonRegistryRefused = "RegistryRefused"
	// ReasonDelegationMissing: the service owner has not let the platform act for it in Altinn.
	ReasonDelegationMissing = "DelegationMissing"
	// ReasonRegisteredToAnother: the identifier is registered to another service owner. It is never written.
	ReasonRegisteredToAnother = "RegisteredToAnother"
	// ReasonAlreadyRegistered: the identifier was registered by somebody else than the operator, and
	// spec.adoptExisting does not let the operator take it over.
	ReasonAlreadyRegistered = "AlreadyRegistered"
	// ReasonIdentifierSpent: the identifier was deleted from the registry once, and cannot be used again.
	ReasonIdentifierSpent = "IdentifierSpent"
	// ReasonBreakingChange: a change breaks those who ask for a published consent, and nobody has
	// accepted that.
	ReasonBreakingChange = "BreakingChange"
	// ReasonRequesterUnknown: the register of parties does not know an organisation that may ask.
	ReasonRequesterUnknown = "RequesterUnknown"
	// ReasonRegistrationContested: what was written does not stay as written.
	ReasonRegistrationContested = "RegistrationContested"
)

// Reasons of what stands in the way of an App's credentials, of Ready and CredentialsReady.
const (
	// ReasonSelfServiceUnavailable: Digdir's self-service, or what gives tokens for it, does not answer or
	// answers nothing that can be used. It is tried again; what is in use works on.
	ReasonSelfServiceUnavailable = "SelfServiceUnavailable"
	// ReasonSelfServiceRefused: Digdir's self-service, or what gives tokens for it, refuses, and will again.
	ReasonSelfServiceRefused = "SelfServiceRefused"
	// ReasonScopeNotGranted: the owner of a scope has given the service owner no access to it.
	ReasonScopeNotGranted = "ScopeNotGranted"
	// ReasonScopeNotAllowed: a scope does not belong to the solution it is declared with.
	ReasonScopeNotAllowed = "ScopeNotAllowed"
	// ReasonKeyBorrowed: spec.env or spec.envFrom names a Secret with the key of a client.
	ReasonKeyBorrowed = "KeyBorrowed"
	// ReasonScopeTaken: another, older App of the service owner exposes the scope.
	ReasonScopeTaken = "ScopeTaken"
	// ReasonConsumerUnknown: an organisation that is to have access to a scope is not known.
	ReasonConsumerUnknown = "ConsumerUnknown"
	// ReasonKeySetFull: pods hold on to so many old keys that no further key fits in the key set.
	ReasonKeySetFull = "KeySetFull"
	// ReasonKeyExpiring: a key in use ends soon and could not be replaced so far.
	ReasonKeyExpiring = "KeyExpiring"
)

// Reasons of warnings, which keep nothing from being Ready.
const (
	// ReasonAgreementExpiring: the agreement runs out within 90, 30, 7 or 1 days.
	ReasonAgreementExpiring = "AgreementExpiring"
	// ReasonRegionExceptionExpiring: the regionException runs out within 90, 30, 7 or 1 days.
	ReasonRegionExceptionExpiring = "RegionExceptionExpiring"
	// ReasonChapterOutsideValidity: a chapter was taken into use when the agreement did not hold.
	ReasonChapterOutsideValidity = "ChapterOutsideValidity"
	// ReasonRetentionTooLong: something keeps data for longer than the agreement allows.
	ReasonRetentionTooLong = "RetentionTooLong"
	// ReasonTransferReviewDue: the ground of a transfer was to be checked again by now.
	ReasonTransferReviewDue = "TransferReviewDue"
	// ReasonAuditOverdue: an audit was due.
	ReasonAuditOverdue = "AuditOverdue"
)

// Reasons of events.
const (
	// EventDriftRepaired: a child had been changed or deleted by somebody else and was put right.
	EventDriftRepaired = "DriftRepaired"
	// EventChildPruned: a child no longer wanted was removed.
	EventChildPruned = "ChildPruned"
	// EventRetained: the resource is gone and what it made is kept.
	EventRetained = "Retained"
	// EventRegistrationRepaired: somebody else had changed what is registered, and it was put right.
	EventRegistrationRepaired = "RegistrationRepaired"
	// EventAdopted: something that was registered already was taken over.
	EventAdopted = "Adopted"
	// EventWithdrawn: what was registered was withdrawn.
	EventWithdrawn = "Withdrawn"
	// EventKeyRotated: pods read a new key, and the old one is dropped.
	EventKeyRotated = "KeyRotated"
	// EventKeysRevoked: an App out of service has no keys any longer.
	EventKeysRevoked = "KeysRevoked"
	// EventCredentialsRepaired: somebody else had changed a client, a key or a scope, and it was put right.
	EventCredentialsRepaired = "CredentialsRepaired"
	// EventDeletionRefused: the registry does not delete, and what was registered is withdrawn instead.
	EventDeletionRefused = "DeletionRefused"
	// EventLeftBehind: the resource is gone, and something stays registered that could not be withdrawn.
	EventLeftBehind = "LeftBehind"
)
