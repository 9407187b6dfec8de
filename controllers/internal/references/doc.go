// SPDX-License-Identifier: BSD-3-Clause

// Package references answers what the Secrets and ConfigMaps that a resource names hold, as a
// digest, so that pods can be rolled when it changes.
//
// They are the users' own objects, so the operator must not keep their content in memory: it hears of
// changes by their metadata, of which it keeps nothing either, and reads one of them, once per version,
// when a resource names it. However many there are that nobody names, they cost nothing.
package references
