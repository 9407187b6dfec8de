// SPDX-License-Identifier: BSD-3-Clause

// Package xacml renders the XACML 3.0 policies Altinn Authorization decides by, from typed fields, and compares them with
// those the Resource Registry holds.
//
//	ForApp, ForConsent   a policy from what a service owner declares
//	Validate             what must hold of a policy before anybody may go by it
//	Marshal, Parse       its one canonical form, and any form of it that is fully understood
//	Equal, Hash          whether two policies say the same, however they are written
//
// The package is pure: policies come in and go out as values, nothing is read or sent.
//
// What is known of policies is XACML 3.0 (OASIS, 22 January 2013) narrowed to what Altinn uses: one Policy with an empty
// target, rules that permit, each with one AnyOf for subjects, one for resources and one for actions, and obligations whose
// category says which least level of authentication they mean. Parse refuses all else, conditions, denials and selectors
// among it: a policy that is half understood could be taken for another one, and be left in force.
//
// Marshal writes nothing that Validate finds fault with. So a field that is empty by mistake can lead to an error, but never
// to a rule that lets everybody in.
package xacml
