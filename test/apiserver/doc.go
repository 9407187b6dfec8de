// SPDX-License-Identifier: BSD-3-Clause

// Package apiserver gives tests a real Kubernetes API server, with no node and no controller beside
// it: what an object is after its creation is what the test or the operator made it.
//
//	apiserver.go  one etcd and one kube-apiserver with the project's CRDs; start and stop
//	policies.go   the policies of config/admission, in force when the call returns
//	defaults.go   a manifest with its CRD's defaults, where a test needs no server
//	view.go       a client like the operator's own, but never behind; counts writes, breaks on demand
//
// Start is for TestMain or Ginkgo's BeforeSuite: a test binary needs one server, seconds at a time.
package apiserver
