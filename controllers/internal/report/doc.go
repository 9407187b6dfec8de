// SPDX-License-Identifier: BSD-3-Clause

// Package report is the only writer of status. A pass returns an Outcome, a plain value; Publish
// turns it into conditions, problems, events, metrics and a result for the queue, and writes the
// status once, if it differs.
//
// Conditions are computed from the outcome alone, never from what a condition said before, so that
// a pass can be repeated at any point. Texts are the same each time the same thing is wrong: a
// status that flaps is noise to people and load to everyone who watches.
package report
