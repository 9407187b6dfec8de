// SPDX-License-Identifier: BSD-3-Clause

// Package flux pins the version of Flux whose CRDs the local control plane gets, and holds what plays Flux where there
// is none: stages for kwok.
//
//	apis.go      the packages that the CRDs are generated from
//	stages.yaml  how kwok plays any kind
//	status/      what Flux reports of each kind that stands
//
// hack/build-flux.sh makes bin/flux of it. It is a module of its own, as hack/azure is, so that what Flux is built from
// moves no version that the operator is built from.
package flux
