// SPDX-License-Identifier: BSD-3-Clause

// Package keys makes the RSA keys that clients at Maskinporten and ID-porten are known by, and says what they are called.
//
// A key takes from tenths of a second to several seconds to make, and how long is a matter of luck. So a Pool makes them
// ahead, and who needs one takes one, or waits a few seconds for the next.
package keys
