// SPDX-License-Identifier: BSD-3-Clause

// Package azure keeps service owners' data in Azure, through the objects of Azure Service Operator (ASO) 2.20.0.
//
// A service owner has a resource group with one storage account and one key vault, an App an identity of its own,
// a container for each it declares, and the right to what is in those:
//
//	ResourceGroup ─┬─ StorageAccount ─┬─ BlobService ─── Container ─── RoleAssignment ─┐
//	               │                  └─ ManagementPolicy (when blobs are deleted)     │
//	               ├─ Vault ── RoleAssignment ── UserAssignedIdentity (of the account) │
//	               └─ UserAssignedIdentity (of an App) ◄───────────────────────────────┘
//	                  └─ FederatedIdentityCredential (for exactly the App's ServiceAccount)
//
// There is no key and no secret in any of it: shared keys are switched off, pods show a token of the cluster.
//
// The folder base holds what is the same for everybody, as an auditor wants to read it. What differs from owner to
// owner is filled in; each file says in its head what that is.
//
// ASO's kinds are written and read as plain fields. Its Go packages are not imported: they would bring Azure's SDKs
// of all services along, and tie the operator to the version of ASO that a cluster runs.
//
// ASO gives each object an ownerReference to what it lies in, beside the one to its App: the cluster collects it when
// both are gone and not before. Whoever lets go of an App has to delete its objects.
//
// ASO's identity needs the roles Contributor and Role Based Access Control Administrator on its subscription, the
// latter for no more than the roles in base; and Network Contributor on the subnets of storage.azure.subnets.
//
// Whether data is deleted with its object is the annotation serviceoperator.azure.com/reconcile-policy: what holds
// data is detached unless the ServiceOwner's deletionPolicy says Delete, what gives access always goes.
package azure
