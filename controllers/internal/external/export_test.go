// SPDX-License-Identifier: BSD-3-Clause

package external

// Harmless is harmless, for tests.
var Harmless = harmless
