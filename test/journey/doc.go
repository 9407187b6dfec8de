// SPDX-License-Identifier: BSD-3-Clause

// Package journey plays the people and programs of a consent, from a bank's page to the data source: each is a small type that
// speaks HTTP only and knows nothing of the operator, so that the same journey can be walked wherever a World points to.
//
//	1  the citizen opens the bank's page
//	2  she confirms, the bank asks Altinn for a consent, and she is sent there
//	3  she logs in, reads what is asked in her language, and answers
//	4  Altinn keeps the answer
//	5  she is sent back to the bank, which looks up how it went
//	6  the bank asks Maskinporten for a token by the consent
//	7  and is given one that is signed and says all
//	8  the bank shows it to the data source
//	9  which verifies it without asking anybody, and tells what it knows
//
// Walk takes all nine. Whoever wants another way takes them one by one, with a Bank, a Citizen and a DataSource.
//
// What must be there before: the consent resource with its policy and access list, and the bank's client at Maskinporten.
// A journey registers nothing but, at a sandbox, that client (Enrol).
//
// Where today's Altinn differs from what was drawn for Altinn 2: there is no authorization code, the consent's id takes its
// place; and Altinn adds nothing to the bank's URL, so the bank puts the id there itself and asks for the status. Nor does a
// data source report the use of a one-time consent: it is the token that is issued once.
//
//	world.go call.go refusal.go   where it takes place, and how calls are made
//	consent.go                    what is told of a consent
//	bank.go grant.go loans.go     the bank: its calls, its tokens, its pages
//	citizen.go
//	datasource.go verify.go keys.go
//	walk.go
//	sandbox.go                    what only a sandbox has: logging in by number, a clock to move, clients at will
package journey
