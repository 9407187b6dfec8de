// SPDX-License-Identifier: BSD-3-Clause

// Package written lets a pass read what the pass before it wrote.
//
// The cache follows the API server by a few milliseconds. A pass that starts within them would make
// again what is made already, or write status on a version that is gone: calls that can only fail.
// Client remembers the API server's answer to a write for at most a second, and gives it in the
// place of what the cache still holds. It never answers for longer, so that an object somebody
// deletes in that second is missed no longer than that: the engine looks again at children that the
// cache does not show.
package written
