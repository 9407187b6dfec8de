// SPDX-License-Identifier: BSD-3-Clause

// Package controllers wires the operator: setup.go is the only place where kinds, engine and cluster
// meet. What each kind does stands in its own package; how a pass goes stands in internal/engine.
package controllers
