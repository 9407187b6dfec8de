// SPDX-License-Identifier: BSD-3-Clause

// Package consentresource makes a declared consent one that can be asked for and given in Altinn, and says
// in its status how far that has come.
//
//	facts.go   the service owner and its agreements, the App that has the data, who else has the identifier
//	rules.go   owner there, agreement covers, identifier free, template known, scope exposed
//	render_registration.go  what Altinn's Resource Registry is to hold: resource, policy, access list
//	registration.go  the controller that makes it hold that, by the same decision
//	kind.go    what is watched, for the status
//	watches.go indexes, and whom an event concerns
package consentresource
