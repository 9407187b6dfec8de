// SPDX-License-Identifier: BSD-3-Clause

// Package serviceowner turns a ServiceOwner into a namespace that nothing leaves and nobody else
// enters.
//
//	facts.go     the namespace as it stands, the agreements, where things lie, and what time it is
//	rules.go     is the namespace ours or free, is the owner in service, is an agreement in force
//	render.go    the baseline of config/tenant with name, quota and groups put in
//	storage.go   what the owner's data is kept in, by whatever provider the configuration names; with
//	             rules_storage.go and render_storage.go
//	gitops.go    what Flux deploys the owner's Apps by; with rules_gitops.go and render_gitops.go
//	receipt.go   what a deletion leaves for auditors; with render_receipt.go
//	baseline.go  the kustomize build of the baseline, once at start, with the platform's overlay
//	kind.go      what is watched
//
// Namespace and baseline carry no ownerReference: under deletionPolicy Retain they outlive the
// ServiceOwner, isolation and all; so does storage. Grants that run out are removed at their instant.
package serviceowner
