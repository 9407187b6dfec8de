// SPDX-License-Identifier: BSD-3-Clause

// Package records makes the record of processing activities (GDPR art. 30) from the resources of a
// cluster, so that the record says what is declared and enforced and nothing else.
//
//	gather.go      every read: four lists, and no more however many resources there are
//	record*.go     what a record holds, and which letter of art. 30 asks for it
//	build*.go      from the lists to a Record, pure: the same lists give the same Record in any order
//	json.go        ┐
//	csv.go         │ the same Record for programs, for spreadsheets and for people
//	html.go        ┘
//	languages*.go  every value and label in Norwegian bokmål and English
//
// What the resources do not say is never taken for "none". In a Record an unknown list is nil (JSON
// null) and one known to be empty is empty; an unknown text is an empty Word (JSON null). Where people
// read, each has its own word: unknown, none, not given, not shown by a condition.
package records
