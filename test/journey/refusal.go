// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
)

// Refusal is an answer that says no.
type Refusal struct {
	Status int
	// Codes are the numbers the answer gives, such as AM-00006 or MP-303, in its order.
	Codes []string
	Body  string
}

// codePattern finds the numbers of Altinn's problems and of Maskinporten's errors wherever in a body they stand.
var codePattern = regexp.MustCompile(`\b(?:STD|AM|RR|MP)(?:\.VLD)?-[0-9]{3,5}\b`)

func refusal(status int, body []byte) *Refusal {
	return &Refusal{Status: status, Codes: codePattern.FindAllString(string(body), -1), Body: string(body)}
}

// Error implements error.
func (r *Refusal) Error() string {
	return fmt.Sprintf("the answer was %d %s: %q", r.Status, http.StatusText(r.Status), r.Body)
}

// Has says whether the answer gives a number.
func (r *Refusal) Has(code string) bool { return slices.Contains(r.Codes, code) }

// Refused finds the refusal an error comes from. Nil means that nobody said no: it worked, or there was no answer at all.
func Refused(err error) *Refusal {
	var found *Refusal
	if errors.As(err, &found) {
		return found
	}
	return nil
}
