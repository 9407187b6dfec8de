// SPDX-License-Identifier: BSD-3-Clause

// Package volumes keeps service owners' data on volumes of the cluster, for those who run one of their own.
//
// A service owner has nothing for itself. An App has one PersistentVolumeClaim for each container it declares, which
// its pods mount, and which goes with the App. What makes volumes is the cluster's StorageClass, and so it says most
// of what a ServiceOwner says of storage elsewhere:
//
//	where data lies            allowedTopologies of the StorageClass, which must name allowed regions
//	whether it outlives claims reclaimPolicy of the StorageClass, which must be Retain
//	copies, keys, soft delete  whatever the StorageClass's provisioner does; the operator cannot tell
//	retention                  nobody but the App itself: a volume deletes nothing in time
//
// The operator reads the StorageClass and never writes it. What it finds there it says of the ServiceOwner, once, and
// not of each App.
// Where a volume really lies is read from the volume itself, by package placement.
package volumes
