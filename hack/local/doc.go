// SPDX-License-Identifier: BSD-3-Clause

// Package local puts the operator onto a control plane of this machine, as an installation would:
// the objects of config/, and the operator's own binary as a process that calls the API server as
// its ServiceAccount, so that it has the rights an installation gives it and no others. Outside the
// cluster it finds a sandbox in the place of Altinn and Maskinporten.
//
// make run and the black-box suite both stand on it.
package local
