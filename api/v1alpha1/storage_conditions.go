// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// Reasons of what stands in the way of keeping data, of Ready and StorageReady.
const (
	// ReasonStorageRefused: the provider refuses what is declared, and will again until somebody acts.
	ReasonStorageRefused = "StorageRefused"
	// ReasonStorageUnavailable: the provider does not answer, fails, or asks for patience. It is tried again.
	ReasonStorageUnavailable = "StorageUnavailable"
	// ReasonStorageForbidden: the provider's engine lacks a right that it needs.
	ReasonStorageForbidden = "StorageForbidden"
	// ReasonStorageNameTaken: a name that must be the only one of its kind in the world is somebody else's.
	ReasonStorageNameTaken = "StorageNameTaken"
	// ReasonStorageImmovable: what is declared differs in something that can never change, as where data lies.
	ReasonStorageImmovable = "StorageImmovable"
	// ReasonStorageKeyMissing: the key that data is to be encrypted with is not there or cannot be used.
	ReasonStorageKeyMissing = "StorageKeyMissing"
	// ReasonStorageSoftDeleted: something of the name was deleted and is kept for its time.
	ReasonStorageSoftDeleted = "StorageSoftDeleted"
	// ReasonStorageDeleting: something is being deleted, and is not gone.
	ReasonStorageDeleting = "StorageDeleting"
)
