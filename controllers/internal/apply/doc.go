// SPDX-License-Identifier: BSD-3-Clause

// Package apply is the only writer of children. It makes the cluster hold what a kind rendered, and
// removes what it no longer renders.
//
// The flow for one child:
//
//	read it from the cache ─► absent: create it (one call)
//	                        ─► not ours: ChildConflict, it is not touched
//	                        ─► as desired: no call at all
//	                        ─► different: replace what we render, keep what others may own (one call)
//
// Three rules keep it safe. What is not on record in the owner's status is not created (the engine
// records first). A replacement names the resourceVersion it saw, so a stale cache cannot undo a
// newer write. Nothing is pruned after a pass that failed to apply something.
package apply
