// SPDX-License-Identifier: BSD-3-Clause

// Package discovery reads where an authorization server's endpoints are: its metadata, as RFC 8414 has it for Maskinporten and
// OpenID Connect Discovery 1.0 for ID-porten and Ansattporten. The two differ in the address and not in the fields used here.
//
// What is read is kept for an hour, and longer when it cannot be read anew: endpoints hardly ever move, and an outage of the
// document is none of the endpoints. An answer is believed only when it is about the issuer that the configuration names, so
// that nobody is sent elsewhere to prove who it is.
package discovery

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

const (
	// fresh is how long what was read is given without asking.
	fresh = time.Hour
	// pause is how long nothing is asked after a failure that asking again at once cannot change.
	pause = time.Minute

	operation = "get metadata"
)

// What errors.Is finds in a Refused.
var (
	// ErrOtherIssuer: the document is another server's than the configuration says.
	ErrOtherIssuer = errors.New("the metadata is another issuer's than the configured one")
	// ErrUnsafe: an address is missing, or leads over an open line although the issuer's does not.
	ErrUnsafe = errors.New("an endpoint of the metadata is missing or not https")
)

// Metadata is where an authorization server is. Maskinporten has no AuthorizationEndpoint.
type Metadata struct {
	// WellKnown is where the rest was read.
	WellKnown string `json:"-"`
	// Issuer is as the server writes it, which is how the audience of a grant must be written.
	Issuer                string `json:"issuer"`
	TokenEndpoint         string `json:"token_endpoint"`
	JWKSURI               string `json:"jwks_uri"`
	AuthorizationEndpoint string `json:"authorization_endpoint"`
}

// Source reads metadata, and keeps it.
type Source struct {
	config  external.Config
	flights singleflight.Group

	mu      sync.Mutex
	clients map[string]*external.Client // by host, so that one server's outage costs the others nothing
	kept    map[question]kept
}

type question struct{ wellKnown, issuer string }

// kept is what the last answer was.
type kept struct {
	metadata Metadata
	found    bool
	refusal  error
	renew    time.Time // from when on it is asked again
}

// New makes a source. The configuration is that of the calls to each server; its System begins the names of all of them.
func New(config external.Config) (*Source, error) {
	if _, err := external.New(config); err != nil { // so that it fails now, and not at the first question
		return nil, err
	}
	return &Source{config: config, clients: map[string]*external.Client{}, kept: map[question]kept{}}, nil
}

// Get gives the metadata at an address, such as https://maskinporten.no/.well-known/oauth-authorization-server, of an issuer.
// What was read before is given when it cannot be read anew.
// Refused with ErrOtherIssuer or ErrUnsafe: the configuration, or whatever answers there, is wrong. TryLater: not known now.
func (s *Source) Get(ctx context.Context, wellKnown, issuer string) (Metadata, error) {
	asked := question{wellKnown, issuer}
	if metadata, ok, err := s.fromKept(asked); ok {
		return metadata, err
	}
	flight := s.flights.DoChan(wellKnown+" "+issuer, func() (any, error) {
		if metadata, ok, err := s.fromKept(asked); ok { // read between our look and this flight
			return metadata, err
		}
		// Whoever began may stop waiting while others still do. The client's time limits end it anyway.
		return s.renew(context.WithoutCancel(ctx), asked)
	})
	select {
	case landed := <-flight:
		metadata, _ := landed.Val.(Metadata)
		return metadata, landed.Err
	case <-ctx.Done():
		p := s.problem()
		p.Why, p.Cause = "we stopped waiting", ctx.Err()
		return Metadata{}, external.LaterBy(p, 0)
	}
}

func (s *Source) problem() external.Problem {
	return external.Problem{System: s.config.System, Operation: operation}
}

func (s *Source) fromKept(asked question) (Metadata, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.kept[asked]
	return known.metadata, s.config.Clock.Now().Before(known.renew), known.refusal
}

// renew reads it anew, and falls back on what was read before.
func (s *Source) renew(ctx context.Context, asked question) (Metadata, error) {
	metadata, err := s.read(ctx, asked)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Clock.Now()
	known := s.kept[asked]
	switch {
	case err == nil:
		known = kept{metadata: metadata, found: true, renew: now.Add(fresh)}
	case known.found:
		known.renew = now.Add(pause)
	case external.IsRefused(err):
		known = kept{refusal: err, renew: now.Add(pause)}
	default: // the client's own limits keep us from asking too often
		return Metadata{}, err
	}
	s.kept[asked] = known
	return known.metadata, known.refusal
}

func (s *Source) read(ctx context.Context, asked question) (Metadata, error) {
	client, err := s.client(asked)
	if err != nil {
		return Metadata{}, err
	}
	p := client.Problem(operation)
	answer, err := client.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodGet,
		URL:       asked.wellKnown,
		Header:    http.Header{"Accept": {external.TypeJSON}},
		Want:      []int{http.StatusOK},
		Answers:   []string{external.TypeJSON},
		Repeat:    external.Safe,
	})
	if external.IsNotFound(err) || external.IsConflict(err) {
		return Metadata{}, external.Later(p, "there is no metadata at the address")
	}
	if err != nil {
		return Metadata{}, err
	}
	var metadata Metadata
	if err := answer.Decode(p, &metadata); err != nil {
		return Metadata{}, err
	}
	metadata.WellKnown = asked.wellKnown
	return metadata, metadata.check(p, asked)
}

// client gives the one for the server that is asked.
func (s *Source) client(asked question) (*external.Client, error) {
	address, err := url.Parse(asked.wellKnown)
	if err != nil || !safe(asked.wellKnown, asked.issuer) {
		return nil, refused(s.problem(), ErrUnsafe)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if client, ok := s.clients[address.Host]; ok {
		return client, nil
	}
	config := s.config
	config.System += " of " + address.Host
	client, err := external.New(config)
	if err != nil {
		return nil, err
	}
	s.clients[address.Host] = client
	return client, nil
}

// check wants the configured issuer, with or without a slash at its end: servers differ in that, and so do those who write
// configurations. Endpoints need not be on the issuer's host.
func (m *Metadata) check(p external.Problem, asked question) error {
	if strings.TrimSuffix(m.Issuer, "/") != strings.TrimSuffix(asked.issuer, "/") {
		return refused(p, ErrOtherIssuer)
	}
	for _, endpoint := range []string{m.TokenEndpoint, m.JWKSURI} {
		if !safe(endpoint, asked.issuer) {
			return refused(p, ErrUnsafe)
		}
	}
	if m.AuthorizationEndpoint != "" && !safe(m.AuthorizationEndpoint, asked.issuer) {
		return refused(p, ErrUnsafe)
	}
	return nil
}

// safe says whether an address is https, as it must be unless the issuer itself is http, which is for trials.
func safe(address, issuer string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return false
	}
	return parsed.Scheme == "https" || parsed.Scheme == "http" && strings.HasPrefix(issuer, "http:")
}

func refused(p external.Problem, cause error) error {
	p.Why, p.Cause = cause.Error(), cause
	return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
}
