// SPDX-License-Identifier: BSD-3-Clause

// Package e2e looks at the operator from outside, as its users do: the real binary with the rights
// an installation gives it, on a whole control plane with simulated nodes. Nothing of the operator's
// own code is called; what counts is what the API server holds, and who asked it for what.
//
// The API server writes down every request of the operator (audit), which the specs on silence and
// on cost are judged by. Altinn and Maskinporten are played by a sandbox, which counts its calls.
package e2e
