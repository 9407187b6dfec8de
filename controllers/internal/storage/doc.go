// SPDX-License-Identifier: BSD-3-Clause

// Package storage is what the operator asks of whoever keeps data: a Provider declares objects of kinds that
// another engine works on (Azure Service Operator, a volume provisioner), and judges how they are.
//
// The operator declares, observes and judges; it provisions nothing and holds no key to any storage. The flow:
//
//	declared ─► Owner, App     what is asked for, in words that fit any provider
//	         ─► OfOwner, OfApp the objects, pure
//	         ─► apply          as any other child
//	         ─► Standing, Find what the cluster shows of them, from the cache
//	         ─► Judge          what is wrong, what is under way, where the data really lies
//	         ─► Tell           conditions and problems
//
// Deleting an object of a provider's must never take data along that somebody wants kept: whether it does is
// said on the object itself, where the provider's engine reads it, before anybody deletes anything.
package storage
