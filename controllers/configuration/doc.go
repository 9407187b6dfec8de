// SPDX-License-Identifier: BSD-3-Clause

// Package configuration reads the operator's one configuration file, OperatorConfiguration.
//
// It is strict: an unknown key or an impossible value stops the start and says in which line. What
// the field calls volatile (hosts, addresses, sizes) stands in this file and nowhere in the code.
package configuration
