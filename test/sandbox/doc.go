// SPDX-License-Identifier: BSD-3-Clause

// Package sandbox is one real HTTP server that plays the systems around the operator, as strict as they are:
// what it accepts they would accept, and what they refuse it refuses with the same status, code and shape of body.
//
//	/token, /jwk, /.well-known/…            Maskinporten: signed grants, each used once, at most 120 seconds long
//	/authentication/…/exchange/maskinporten Altinn: a Maskinporten token becomes an Altinn token
//	/resourceregistry/api/v1/resource       resources, policies and their feeds
//	/resourceregistry/api/v1/access-lists   access lists, members, connections, with weak ETags
//	/accessmanagement/api/v1                consents: asked for by an enterprise, answered by a person, looked up for a token
//	/accessmanagement/ui/consent            what a person reads before answering
//	/api/v1/clients, /api/v1/scopes         Digdir's self-service: clients of Maskinporten, ID-porten and Ansattporten, their keys,
//	                                        scopes and who has access to them
//	/idporten, /ansattporten                what these issuers publish; nobody can log in there
//	/protected/{scope}                      somebody's API, which a token with the scope opens
//	/sandbox                                faults, log, clock, drift, log-in: nothing here exists in the real systems
//
// Where the rules come from is said beside each. Where the documentation is silent, the rule is what the source code of
// Altinn's services does, "RR" for the Resource Registry and "AM" for Access Management; it is retold here, not copied.
//
// Quirks kept on purpose, because a client must live with them:
//
//   - PUT of a resource compares the caller with the owner in the submitted body, not with the stored owner (Altinn's Resource Registry).
//
//   - PUT gives 200 without a body and a new versionId, also when nothing differs (Altinn's Resource Registry).
//
//   - A deleted identifier is burnt: GET and PUT give 404, and POST gives 409 for ever (RR keeps its identifier row).
//
//   - A policy that cannot be parsed gives 500, one that names another resource gives 400 (RR).
//
//   - Two or more faults in one consent request come as one problem STD-00001 with status 500 (AM).
//
//   - With accessListMode Enabled nobody may ask for consent: the decision point then looks for the giver on the list, and a
//     request has none (AM). Who may ask belongs into the policy.
//
//   - Self-service gives the scopes of a client back in another order than it got them (Digdir self-service API promises none).
//
//   - Nothing is ever deleted in self-service: a client that is deactivated can be seen by who asks for it, a scope can be taken
//     into use again by PUT alone, and its name is taken (Digdir self-service API).
//
//   - The token endpoint is behind self-service by Options.Propagation: for new clients, for scopes and keys that came, and for
//     those that went. Whether an organisation has access to a scope is known at once.
//
// The files, by subject:
//
//	server.go reply.go problems.go           calls, answers, bodies of errors
//	options.go demo.go parties.go            who exists
//	maskinporten.go grants.go tokens.go exchange.go
//	selfservice.go selfserviceclients.go selfservicerules.go selfservicekeys.go selfservicescopes.go selfserviceaccess.go
//	selfserviceowners.go selfserviceissuers.go selfserviceadmin.go
//	resource.go validate.go resources.go     a resource, its rules, its calls
//	xml.go xacml.go policies.go feeds.go     a policy, what is read out of it, what changed
//	accesslists.go members.go connections.go conditions.go
//	consent.go consentrequests.go consentanswers.go consenttokens.go consentevents.go
//	pdp.go                                   who may ask for a consent, and who may give it
//	faults.go requests.go admin.go state.go  what no real system has
//
// Everything is held in memory behind one mutex; with a state file it is written there, whole, within a second of a change.
package sandbox
