// SPDX-License-Identifier: BSD-3-Clause

// Package engine is one pass over one resource, the same for all four kinds:
//
//	load ─► deleting? remove by inventory, and tell a farewell before and after
//	     ─► gather facts       every read of the pass; absent is nil, unreadable is an error
//	     ─► decide             admit, hold, keep or withdraw; pure
//	     ─► render             the children wanted, as a list; pure
//	     ─► record             inventory old ∪ new goes into status before anything is made
//	     ─► apply              what differs, and only that
//	     ─► prune              old − new, only after a clean apply; what is spared stays
//	     ─► observe            how the children are, from the cache, never waiting
//	     ─► report             once: conditions, problems, events, metrics, what the queue needs
//
// A pass can stop or crash after any line and the next one converges: nothing is made that is not on
// record, and nothing is forgotten that may still be there.
package engine
