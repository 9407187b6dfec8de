// SPDX-License-Identifier: BSD-3-Clause

// Package agreement says of a DataProcessingAgreement whether it holds today, what it covers and what
// it ought to and does not. What follows for an App or a ConsentResource, each works out for itself, by
// the same rules (controllers/internal/gate).
//
//	facts.go  the service owner, its agreements, its Apps and ConsentResources
//	rules.go  in force, terms current, transfers lawful; what is warned of
//	tally.go  what is covered, and what is held
//	kind.go   what is watched
package agreement
