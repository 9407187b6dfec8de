// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// chapters is the one table of which part of the agreement governs a shared solution. Solutions that
// are not here need none: they have terms of their own (eInnsyn, Folkeregisteret), or handle no
// personal data on the owner's behalf (ELMA, Enhetsregisteret, data.norge.no).
var chapters = map[Solution]ChapterName{
	"IDPorten":       "IDPorten",
	"Ansattporten":   "Ansattporten",
	"Maskinporten":   "Maskinporten",
	"KRR":            "KRR",
	"DigitalMailbox": "DigitalMailbox",
	"ESignering":     "ESignering",
	"EFormidling":    "EFormidling",
	"DPV":            "DPV",

	"AltinnStorage":        ChapterAltinn,
	"AltinnEvents":         ChapterAltinn,
	"AltinnNotifications":  ChapterAltinn,
	"AltinnCorrespondence": ChapterAltinn,
	"AltinnBroker":         ChapterAltinn,
	"AltinnAuthorization":  ChapterAltinn,
	"AltinnConsent":        ChapterAltinn,
	"Dialogporten":         ChapterAltinn,
	"DataAltinn":           ChapterAltinn,
}

// Chapter returns the part of the agreement that takes effect when the solution is taken into use
// (terms of use v1.8, introduction); ok is false for a solution that needs none.
func (s Solution) Chapter() (chapter ChapterName, ok bool) {
	chapter, ok = chapters[s]
	return chapter, ok
}
