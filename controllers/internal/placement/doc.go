// SPDX-License-Identifier: BSD-3-Clause

// Package placement tells where what runs for a service owner really is, by the topology labels of the
// nodes its pods run on and of the volumes bound in its namespace. What has no such label is of unknown
// place, and is not told of.
package placement
