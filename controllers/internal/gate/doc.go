// SPDX-License-Identifier: BSD-3-Clause

// Package gate says what an agreement means at an instant, and what it lets be: nothing runs that no
// agreement in force covers.
//
//	standing.go   where one agreement stands: not yet valid, in force, in grace, expired, stopped …
//	ladder.go     what each standing does to what is new and to what runs
//	governing.go  which of an owner's agreements governs a chapter
//	coverage.go   what an agreement does not cover of a processing
//	regions.go    where data may be kept
//	transfers.go  whether a sub-processor's transfer has a ground
//	case.go       all of it for a ServiceOwner, an App or a ConsentResource
//	agreement.go  all of it for the agreement itself
//
// It is pure. Time comes in as an instant, and every comparison with it is remembered (instants.go), so
// that the answer comes with the instant at which it may be another.
package gate
