// SPDX-License-Identifier: BSD-3-Clause

// Package rotation plays the pods of Apps that use their credentials, while their keys are replaced.
//
// Simulated nodes run nothing. Players stand in for what would run in the pods: of each pod that is placed on
// a node one reads what the pod's spec lets it read, as a kubelet would, once. Until the pod is gone it then
// does what an app does, over and over: it signs a grant with its key, takes the token, and calls an API
// behind a scope with it. What fails is counted, and told by its kind.
//
//	players, err := rotation.Start(ctx, rotation.Options{Cluster: admin, API: outside.BaseURL + "/protected/"})
//	…                      // rotate the keys of as many Apps as you like
//	tally := players.Stop() // tally.Failed() is what no user should ever see
//
// One Players plays all pods of all Apps that have a key for Maskinporten, or of those in some namespaces.
package rotation
