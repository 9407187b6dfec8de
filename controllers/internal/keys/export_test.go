// SPDX-License-Identifier: BSD-3-Clause

package keys

// What the metrics are, for tests.
var (
	ReadyKeys = readyKeys
	MadeKeys  = madeKeys
)
