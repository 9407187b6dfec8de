// SPDX-License-Identifier: BSD-3-Clause

package maskinporten

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"k8s.io/utils/clock"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// remembered is how long a refusal is given again without asking.
const remembered = time.Minute

// Config is a client at Maskinporten.
type Config struct {
	Clock clock.Clock
	// Issuer is Maskinporten's, such as https://maskinporten.no/; tokens are asked for at /token below it.
	Issuer string
	// ExchangeURL is where Altinn takes Maskinporten's tokens for its own (Maskinporten guide). Empty gives Maskinporten's own tokens.
	ExchangeURL string
	ClientID    string
	// Consumer is the number of the organisation that delegated to the client's; empty speaks for the client's own.
	Consumer string
	Signer   Signer
}

// Source gives tokens for one client.
type Source struct {
	config       Config
	maskinporten *external.Client
	altinn       *external.Client
	flights      singleflight.Group

	mu           sync.Mutex
	kept         map[string]kept // by scopes
	unknownSince time.Time       // since when the client is answered with MP-100
}

// kept is what the last answer was, and for how long.
type kept struct {
	token   string
	renew   time.Time // from when another is wanted
	expires time.Time
	refusal error
	until   time.Time // until when the refusal is given again
}

// NewSource makes a source. The clients are those of the two systems; altinn is not needed without an ExchangeURL.
func NewSource(config Config, maskinporten, altinn *external.Client) (*Source, error) {
	config.Issuer = strings.TrimRight(config.Issuer, "/") + "/" // the audience has the slash (Maskinporten guide)
	issuer, err := url.Parse(config.Issuer)
	switch {
	case err != nil || issuer.Host == "":
		return nil, errors.New("configuring Maskinporten: the issuer is no URL")
	case config.ClientID == "" || config.Signer == nil || config.Clock == nil || maskinporten == nil:
		return nil, errors.New("configuring Maskinporten: the client's ID, its signer, a clock or the HTTP client is missing")
	case config.ExchangeURL != "" && altinn == nil:
		return nil, errors.New("configuring Maskinporten: there is no HTTP client to exchange tokens with")
	}
	return &Source{config: config, maskinporten: maskinporten, altinn: altinn, kept: map[string]kept{}}, nil
}

// For gives the tokens for a set of scopes. Their order does not matter.
func (s *Source) For(scopes ...string) external.Bearer {
	sorted := slices.Compact(slices.Sorted(slices.Values(scopes)))
	return &bearer{source: s, scopes: strings.Join(sorted, " ")}
}

type bearer struct {
	source *Source
	scopes string
}

// Token implements external.Bearer.
func (b *bearer) Token(ctx context.Context) (string, error) { return b.source.token(ctx, b.scopes) }

// Rejected implements external.Bearer.
func (b *bearer) Rejected(token string) {
	b.source.mu.Lock()
	defer b.source.mu.Unlock()
	if b.source.kept[b.scopes].token == token { // else somebody has fetched another already
		delete(b.source.kept, b.scopes)
	}
}

// token gives what is kept, or has it fetched by one for all who wait.
func (s *Source) token(ctx context.Context, scopes string) (string, error) {
	if token, ok, err := s.fromKept(scopes); ok {
		return token, err
	}
	flight := s.flights.DoChan(scopes, func() (any, error) {
		if token, ok, err := s.fromKept(scopes); ok { // fetched between our look and this flight
			return token, err
		}
		// Whoever began may stop waiting while others still do. The client's time limits end it anyway.
		return s.renew(context.WithoutCancel(ctx), scopes)
	})
	select {
	case landed := <-flight:
		token, _ := landed.Val.(string)
		return token, landed.Err
	case <-ctx.Done():
		p := s.maskinporten.Problem("get token")
		p.Why, p.Cause = "we stopped waiting", ctx.Err()
		return "", external.LaterBy(p, 0)
	}
}

// fromKept gives a token that is not due yet, or a refusal that is still fresh.
func (s *Source) fromKept(scopes string) (string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Clock.Now()
	known := s.kept[scopes]
	switch {
	case known.token != "" && now.Before(known.renew):
		return known.token, true, nil
	case known.refusal != nil && now.Before(known.until):
		token, err := known.serve(now, known.refusal)
		return token, true, err
	}
	return "", false, nil
}

// serve gives the old token as long as it lives, and then the error.
func (k kept) serve(now time.Time, err error) (string, error) {
	if k.token != "" && now.Before(k.expires) {
		return k.token, nil
	}
	return "", err
}

func (s *Source) renew(ctx context.Context, scopes string) (string, error) {
	asked := s.config.Clock.Now() // before the call, so that a token is never thought to live longer than it does
	token, lifetime, err := s.fetch(ctx, scopes)
	if external.IsNotFound(err) || external.IsConflict(err) {
		p := s.maskinporten.Problem("get token")
		p.Why = "an address in the configuration leads to something that gives no tokens"
		err = external.LaterBy(p, slowly)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Clock.Now()
	if err == nil {
		s.kept[scopes] = kept{token: token, renew: asked.Add(lifetime / 5 * 4), expires: asked.Add(lifetime)}
		s.unknownSince = time.Time{}
		return token, nil
	}
	known := s.kept[scopes]
	if lasts(err) {
		known.refusal, known.until = err, now.Add(remembered)
		s.kept[scopes] = known
	}
	return known.serve(now, err)
}

// lasts is true for what asking again at once cannot change: a refusal, or an error of Maskinporten's with a number, such as
// for a client that is not known yet.
func lasts(err error) bool {
	later, ok := errors.AsType[*external.TryLater](err)
	return external.IsRefused(err) || ok && later.Code != "" && later.RetryAfter > 0
}

// fetch gets a token, and says how long it lives.
func (s *Source) fetch(ctx context.Context, scopes string) (string, time.Duration, error) {
	token, lifetime, err := s.grant(ctx, scopes)
	if err != nil || s.config.ExchangeURL == "" {
		return token, lifetime, err
	}
	return s.exchange(ctx, token)
}
