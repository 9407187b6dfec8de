// SPDX-License-Identifier: BSD-3-Clause

package external

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Problem is what errors of all kinds know. None of its texts has a token, a key, a query or anything personal in it.
type Problem struct {
	// System and Operation are what was called, in constant words.
	System    string
	Operation string
	// Status is the answer's, and 0 where there was none.
	Status int
	// Code is the system's own name for the error, such as RR-00002 or MP-250. Often there is none.
	Code string
	// Why is in our words, and Said in the system's, made short and harmless.
	Why  string
	Said string
	// Cause is what errors.Is finds: a sentinel of ours, or the end of a context.
	Cause error
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// text is stable: nothing in it counts, dates or numbers the attempt.
func (p *Problem) text(kind string) string {
	words := []string{p.System + ": " + p.Operation + ": " + kind}
	if p.Status != 0 {
		words[0] += " with status " + strconv.Itoa(p.Status)
	}
	for _, more := range []string{p.Why, p.Code, p.Said} {
		if more != "" && !strings.Contains(strings.Join(words, ": "), more) {
			words = append(words, more)
		}
	}
	return strings.Join(words, ": ")
}

// NotFound says that the system knows no such thing.
type NotFound struct{ Problem }

func (e *NotFound) Error() string { return e.text("not found") }

// Conflict says that what was read is no longer so, or that the name is taken.
type Conflict struct{ Problem }

func (e *Conflict) Error() string { return e.text("conflict") }

// Refused says that the same call will be refused again until a person has acted.
type Refused struct {
	Problem
	// Actor is who must act.
	Actor v1alpha1.Actor
}

func (e *Refused) Error() string { return e.text("refused") }

// TryLater says that the outcome is not known, or that the system cannot answer now.
type TryLater struct {
	Problem
	// RetryAfter is when to look again: the system's own wish, or the time it is left alone. 0 leaves it to the caller.
	RetryAfter time.Duration
	// Unsent is true when nothing reached the system, so that the call had certainly no effect.
	Unsent bool

	outcome string // for metrics
	again   bool   // whether a repetition within the same call may help
	blame   bool   // whether it says that the system is unwell
}

func (e *TryLater) Error() string { return e.text("try later") }

// IsNotFound says whether the system said that it is not there.
func IsNotFound(err error) bool {
	_, ok := errors.AsType[*NotFound](err)
	return ok
}

// IsConflict says whether to read again.
func IsConflict(err error) bool {
	_, ok := errors.AsType[*Conflict](err)
	return ok
}

// IsRefused says whether a person must act.
func IsRefused(err error) bool {
	_, ok := errors.AsType[*Refused](err)
	return ok
}

// IsTryLater says whether the next pass should look again.
func IsTryLater(err error) bool {
	_, ok := errors.AsType[*TryLater](err)
	return ok
}

// Later makes a TryLater of an answer that cannot be used although it came: the system is blamed for it.
func Later(p Problem, why string) *TryLater {
	p.Why = why
	return &TryLater{Problem: p, outcome: outcomeFailed, again: true, blame: true}
}

// LaterBy makes a TryLater that a repetition cannot help, and for which the system is not to blame.
func LaterBy(p Problem, after time.Duration) *TryLater {
	return &TryLater{Problem: p, RetryAfter: after, outcome: outcomeDeferred}
}
