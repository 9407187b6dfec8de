// SPDX-License-Identifier: BSD-3-Clause

// Package external is how the operator calls systems that are not the cluster: one Client per system, errors of four kinds,
// and what all calls have in common. The packages below it say what is called: maskinporten gets tokens, registry is
// Altinn's Resource Registry.
//
//	Call ─► token ─► breaker ─► pause ─► budget ─► one attempt ─► judge ─► Answer, or one of
//
//	NotFound   the system says that it is not there; only the system itself is believed, never a page of something in front
//	Conflict   somebody else was faster, or holds the name: read again, then decide again
//	Refused    it will be refused the next time too: a person must act, and Actor says who
//	TryLater   not known, or not now: keep what is, and let the next pass look. Unknown is not no
//
// What holds for every call:
//
//   - A call that had no answer may have had its effect. Only calls that are Safe are repeated then; others are repeated
//     when nothing was sent at all, such as when the connection was refused. Else the next pass looks at what is there.
//   - Retry-After is obeyed by the whole system's client, not just by the call that was told.
//   - A system that fails again and again is left alone for a while, and a system that is left alone costs the others nothing.
//   - Redirects are not followed, so that no token goes where the configuration did not send it.
//   - An error's text is the same each time the same thing is wrong, since it becomes status. It has no query, no token, no
//     key, and of what the server said only what is left without them and without numbers of persons and addresses.
//
// Nothing here logs: errors and metrics say it all, and the pass that called says it once.
package external
