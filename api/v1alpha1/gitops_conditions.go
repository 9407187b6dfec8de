// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// ConditionGitOpsReady says whether Flux reads the source that a service owner's Apps are deployed from, and has applied
// what it holds. It is there while spec.gitops is, and says nothing of how the Apps are: they do so themselves.
const ConditionGitOpsReady = "GitOpsReady"

// Reasons of what stands in the way of deploying from a source, of Ready and GitOpsReady. What runs goes on.
const (
	// ReasonSourceUnreadable: Flux cannot read the source; the message says what it was told. It is tried again.
	ReasonSourceUnreadable = "SourceUnreadable"
	// ReasonSyncFailed: Flux cannot build what the source holds, or the cluster refuses it. It is tried again.
	ReasonSyncFailed = "SyncFailed"
	// ReasonSyncPaused: somebody of the platform team has told Flux to leave the source, or what it holds, alone.
	ReasonSyncPaused = "SyncPaused"
)
