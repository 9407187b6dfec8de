// SPDX-License-Identifier: BSD-3-Clause

// Package observe tells how children are, from the cache, by the rules of kstatus that kubectl, Flux
// and Helm go by. It never waits: what is not finished yet is in progress, and the watch that brings
// the news starts the next pass.
package observe
