// SPDX-License-Identifier: BSD-3-Clause

// Package consentresource reports on ConsentResources: whether an agreement in force covers what is
// shared. A consent is not registered with the Resource Registry yet, and the status says so.
//
//	facts.go  the service owner and its agreements
//	rules.go  owner there, agreement covers
//	kind.go   what is watched
package consentresource
