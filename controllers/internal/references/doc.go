// SPDX-License-Identifier: BSD-3-Clause

// Package references answers what the Secrets and ConfigMaps that a resource names hold, as a
// digest, so that pods can be rolled when it changes.
//
// They are the users' own objects, so the operator must not keep their content in memory: it
// watches their metadata only, and reads one of them, once per version, when a resource names it.
// Their number elsewhere in the cluster costs next to nothing.
package references
