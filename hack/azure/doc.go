// SPDX-License-Identifier: BSD-3-Clause

// Package azure pins the version of Azure Service Operator whose CRDs the local control plane gets, and holds what
// plays that operator, and Azure behind it, where there is neither: stages for kwok.
//
//	apis.go      the packages that the CRDs are generated from
//	stages.yaml  how kwok plays any kind
//	status/      what Azure reports of each kind that stands
//
// hack/build-azure.sh makes bin/azure of it. It is a module of its own, as hack/kwok is, so that what Azure Service
// Operator is built from moves no version that the operator is built from.
package azure
