// SPDX-License-Identifier: BSD-3-Clause

// Package registration makes Altinn's Resource Registry hold what Apps and ConsentResources declare: a
// controller of its own beside each kind's, so that an outage of the registry delays no rollout.
//
//	load ─► deleting? leave by the deletion policy
//	     ─► plan       register, withdraw, or leave alone: the kind's own decision, from its own facts
//	     ─► hold       a finalizer, before anything is made outside
//	     ─► look       all that the registry holds of it; absent is nil, unreadable is an error
//	     ─► refuse     what is another's is never touched, what is somebody's only if we may adopt it
//	     ─► note       on record in status, before it is made
//	     ─► write      what differs, in order, and only that
//	     ─► look again when anything was written: it must stand now
//	     ─► record     what stands, or what stands in the way, in status.registration
//
// In order is resource, policy, access list, members, connection; on the way out it is the reverse. A
// pass can stop or crash after any line and the next one converges: what is there is looked at, never
// remembered, and what a call without an answer has done shows when it is looked at.
//
// status.registration is written here alone, and conditions are not: the kind's own controller reads it
// as a fact and says by Judge what it means. A needless PUT would make a new version that later consents
// point to, so nothing is written without a difference.
package registration
