// SPDX-License-Identifier: BSD-3-Clause

// Package credentials gives Apps their clients at Maskinporten, ID-porten and Ansattporten, with the keys
// of these, and registers the scopes Apps guard their APIs with: a controller of its own beside the App's,
// so that an outage of Digdir's self-service delays no rollout of what has its credentials.
//
//	load ─► deleting? wait until no pod reads a key, then deactivate
//	     ─► plan      provide, revoke, or leave alone: the App's own decision, from its own facts
//	     ─► hold      a finalizer, before anything is made outside
//	     ─► note      on record in status, before it is made
//	     ─► client    look at it, write what differs
//	     ─► keys      Secret, then key set, then use, then drop: see rules_keys.go
//	     ─► scopes    look at them and who has access, write what differs
//	     ─► record    what stands, or what stands in the way, in status.credentials and status.scopes
//
// A key's life, and why nothing can break on the way:
//
//	Secret written ─► public key in the key set ─► known everywhere ─► pods are rolled to it ─► no pod reads the old ─► old dropped
//
// The Secret comes first, so that a crash loses no private key: what is not in the key set yet is put there
// by the next pass. A Secret holds one key and never changes; a new key is a new Secret, and a pod's
// template names the one it reads. So which key a pod has is written in the pod, and nobody has to guess
// what a kubelet had in its cache when the pod started.
//
// The private key is in that Secret and nowhere else. status.credentials and status.scopes are written here
// alone, and conditions are not: the App's own controller says by Judge what they mean.
package credentials
