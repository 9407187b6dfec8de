// SPDX-License-Identifier: BSD-3-Clause

// Package enforcement tells whether the network does what NetworkPolicies say, by two pods of config/probe: a caller
// that may reach one port of a listener and not two others, one of which is closed by the listener's policy and one by
// the caller's own.
//
// Each answer has evidence of its own, and none is drawn from silence. The caller is Ready when the open port answers
// and the closed ones do not. It ends with the exit code Leaks when a closed one answers again and again. Anything else
// shows nothing: a pod that starts, moves or is gone says nothing of the network.
//
//	judge.go  what the pods show, as a function
//	probe.go  what holds by that, and who is woken when it changes
package enforcement
