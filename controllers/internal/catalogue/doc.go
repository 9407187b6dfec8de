// SPDX-License-Identifier: BSD-3-Clause

// Package catalogue is what the operator knows of each shared solution: how an App gets access to it,
// where it is called, what it promises, and what people must do themselves.
//
// It is data, in catalogue.yaml, since hosts, addresses and promises change more often than programs.
// An installation replaces single facts in its own configuration (Override). Which chapter of the
// agreement governs a solution is a matter of the terms of use and stands in the API.
package catalogue
