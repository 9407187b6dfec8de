// SPDX-License-Identifier: BSD-3-Clause

// Package contract says what the systems around the operator accept and refuse, as tests that run against any base URL. In
// this repository they run against the sandbox, so that it stays as strict as it claims; pointed at a test environment they
// say where the sandbox is wrong.
//
//	contract.go    what is needed to run it, and the list of chapters
//	session.go     calls, tokens and comparisons
//	fixtures.go    a resource, a policy, a request for consent that are right, to be made wrong in one place
//	grants.go …    the rules, by subject
//
// A rule uses nothing that only the sandbox has. Where one needs a person who logs in or time that passes, the target brings
// the means, and the rule is skipped without them.
package contract
