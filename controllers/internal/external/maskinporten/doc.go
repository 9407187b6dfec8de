// SPDX-License-Identifier: BSD-3-Clause

// Package maskinporten gets tokens: a signed grant for a token of Maskinporten's, and that for one of Altinn's.
//
// The rules of grants are the Maskinporten guide's: RS256, the issuer with its slash as audience, at most 120 seconds, iat within 10 seconds
// of the server's clock, a jti that no other grant has, and the key's kid in the header. What the errors mean is the Maskinporten guide's
// table, retold in codes.go.
//
// A token is kept per set of scopes until four fifths of its life are over, and then fetched anew by the first who asks
// while the others wait for that one. When that fails the old one serves as long as it lives. A refusal is remembered for a
// minute, so that a thousand resources that need the same token do not ask a thousand times for what only a person can
// mend.
package maskinporten
