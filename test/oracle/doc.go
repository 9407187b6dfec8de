// SPDX-License-Identifier: BSD-3-Clause

// Package oracle holds what package isolation says against what another evaluator of NetworkPolicies says, netpol-analyzer
// of np-guard, on random clusters. It is a module of its own: the other's dependencies are no business of the operator.
//
// Where the other one is known to differ from networking.k8s.io/v1, the generator leaves the construct out and
// says so; generate_test.go has the list.
package oracle
