// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// World is where a journey takes place.
type World struct {
	// Altinn is the platform's address and Maskinporten the token server's; both without a slash at the end.
	Altinn       string
	Maskinporten string
	// HTTP makes the calls; nil is the default client.
	HTTP *http.Client
	// LogIn gives the token a person has in Altinn's portal.
	LogIn func(ctx context.Context, person string) (string, error)
	// MoveClock moves the world's clock forward. Nil where nobody can.
	MoveClock func(ctx context.Context, by time.Duration) error

	ahead atomic.Int64 // how far the world's clock is ahead of ours, by the date of its latest answer
}

// Now is the world's time, as far as its answers tell: the clocks of test environments are theirs to set. It is up to a second
// late, since that is all a date says.
func (w *World) Now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// Advance lets time pass. Where it cannot, the error is errors.ErrUnsupported.
func (w *World) Advance(ctx context.Context, by time.Duration) error {
	if w.MoveClock == nil {
		return fmt.Errorf("moving the clock: %w", errors.ErrUnsupported)
	}
	if err := w.MoveClock(ctx, by); err != nil {
		return fmt.Errorf("moving the clock: %w", err)
	}
	return w.askTime(ctx)
}

// askTime makes a call for the sake of its date: somebody else may have moved the clock.
func (w *World) askTime(ctx context.Context) error {
	_, err := w.call(ctx, "asking for the time", call{url: w.issuer() + metadataPath})
	return err
}

// learn takes the time from an answer, if it is the world's own.
func (w *World) learn(url, date string) {
	if !strings.HasPrefix(url, w.Altinn+"/") && !strings.HasPrefix(url, w.Maskinporten+"/") {
		return
	}
	if told, err := http.ParseTime(date); err == nil {
		w.ahead.Store(int64(time.Until(told)))
	}
}

// issuer is how Maskinporten names itself in tokens, and wants to be named in grants.
func (w *World) issuer() string { return w.Maskinporten + "/" }

// URNs of parties and of resources in consents.
const (
	urnPerson       = "urn:altinn:person:identifier-no:"
	urnOrganisation = "urn:altinn:organization:identifier-no:"
	urnResource     = "urn:altinn:resource"
)

// PersonURN names a person by the national identity number.
func PersonURN(number string) string { return urnPerson + number }

// OrganisationURN names an organisation by its number.
func OrganisationURN(number string) string { return urnOrganisation + number }
