// SPDX-License-Identifier: BSD-3-Clause

// Package selfservice calls Digdir's self-service API: clients, their key sets, scopes, and access to scopes.
//
// What a caller must know, since the API does not do it for them:
//
//   - Nothing is ever deleted. What is deactivated is hidden, keeps its name, and a scope of that name can only be activated
//     again; making it anew is a Conflict.
//   - A caller sees what is its own. A client of another organisation, or one that another supplier made, is not found.
//   - A name of a client is not unique. Create without an answer may have made one: List before making another.
//   - There are no versions to write on. Put and Replace replace the whole: read, compare, and write only a difference.
//   - A key set is replaced as a whole, and a key that is left out of it works no more. Each key lives a year from when it was
//     last sent.
//   - The authorization server knows of a change only after a while, up to two minutes. No answer here says that it does.
//   - Lists are sets: they come back in any order. Same and SameScope compare.
//
// The token is Maskinporten's own and speaks for one service owner, so an API value is for that one.
package selfservice
