// SPDX-License-Identifier: BSD-3-Clause

package maskinporten

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// What errors.Is finds in a Refused, where a caller may want to say more than Maskinporten does.
var (
	// ErrClientUnknown: no such client in this environment (MP-100).
	ErrClientUnknown = errors.New("the client is not registered in this environment")
	// ErrKeyExpired: the key must be rotated now (MP-121).
	ErrKeyExpired = errors.New("the signing key has expired")
	// ErrScopeNotOnClient: the client must be given the scope (MP-200, MP-201).
	ErrScopeNotOnClient = errors.New("the client does not have the scope")
	// ErrScopeAccessDenied: the scope's owner must give the client's organisation access (MP-250).
	ErrScopeAccessDenied = errors.New("the scope's owner has given no access to it")
	// ErrDelegationMissing: the service owner must delegate in Altinn (MP-251).
	ErrDelegationMissing = errors.New("the service owner has not delegated in Altinn")
)

const (
	// propagation is how long a client may be unknown because it is new: the Maskinporten guide says up to 2 minutes, and this is some more.
	propagation = 5 * time.Minute
	// slowly is how long to wait for what mends itself, but not within a call: a client that spreads, a clock that is set.
	slowly = time.Minute
)

// verdict is who must act on a code, and how a caller knows it.
type verdict struct {
	actor v1alpha1.Actor
	cause error
	why   string
}

// verdicts is the Maskinporten guide's table. MP-012, MP-100 and MP-130 are not in it, since they pass.
var verdicts = map[string]verdict{
	"MP-011": {v1alpha1.ActorPlatform, nil, "the grant is wrong, which is a fault of the operator"},
	"MP-110": {v1alpha1.ActorPlatform, nil, "the issuer in the configuration is not this server's"},
	"MP-120": {v1alpha1.ActorPlatform, nil, "the signing key is not one of the client's"},
	"MP-121": {v1alpha1.ActorPlatform, ErrKeyExpired, "the signing key has expired"},
	"MP-122": {v1alpha1.ActorPlatform, nil, "the signature is by another key than the one it names"},
	"MP-123": {v1alpha1.ActorPlatform, nil, "the certificate is not accepted"},
	"MP-124": {v1alpha1.ActorPlatform, nil, "the certificate is another organisation's"},
	"MP-200": {v1alpha1.ActorPlatform, ErrScopeNotOnClient, "the client does not have the scope"},
	"MP-201": {v1alpha1.ActorPlatform, ErrScopeNotOnClient, "the client is of a kind that cannot have the scope"},
	"MP-250": {v1alpha1.ActorExternal, ErrScopeAccessDenied, "the scope's owner has given no access to it"},
	"MP-251": {v1alpha1.ActorServiceOwner, ErrDelegationMissing, "the service owner has not delegated in Altinn"},
	"MP-301": {v1alpha1.ActorPlatform, nil, "the authorization_details are of an unknown type"},
	"MP-302": {v1alpha1.ActorPlatform, nil, "the authorization_details lack a field"},
	"MP-303": {v1alpha1.ActorPlatform, nil, "the authorization_details have a wrong value"},
}

// mpNumber is in the description or in the anchor of error_uri; the Maskinporten guide does not say in which.
var mpNumber = regexp.MustCompile(`(?i)\bMP-[0-9]{3}\b`)

// judge says what an error of the token endpoint means.
func (s *Source) judge(a *external.Answer, p external.Problem) error {
	if a.Status != http.StatusBadRequest && a.Status != http.StatusUnauthorized {
		return nil // its own trouble, and not an error of RFC 6749
	}
	p.Code = strings.ToUpper(string(mpNumber.Find(a.Body)))
	p.Said = strings.TrimPrefix(p.Said, p.Code+": ")
	switch p.Code {
	case "MP-012":
		// Each attempt has a jti of its own, so that somebody in between sent this one twice.
		return external.Later(p, "the grant had been used")
	case "MP-100":
		return s.unknownClient(p)
	case "MP-130":
		p.Why = "the clocks of the operator and of Maskinporten differ by more than 10 seconds"
		return external.LaterBy(p, slowly)
	}
	known, ok := verdicts[p.Code]
	if !ok {
		known = verdict{v1alpha1.ActorPlatform, nil, "the grant was refused"}
	}
	p.Why, p.Cause = known.why, known.cause
	return &external.Refused{Problem: p, Actor: known.actor}
}

// unknownClient waits for a new client to be known everywhere, and gives up on one that is not by then.
func (s *Source) unknownClient(p external.Problem) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Clock.Now()
	if s.unknownSince.IsZero() {
		s.unknownSince = now
	}
	if now.Sub(s.unknownSince) < propagation {
		p.Why = "the client is not known yet"
		return external.LaterBy(p, slowly)
	}
	p.Why, p.Cause = "the client is not registered in this environment", ErrClientUnknown
	return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
}
