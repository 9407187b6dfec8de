// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// grantAlgorithms are those of RSA keys, which is what all parties have.
var grantAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512}

// clockSkew is how far a token's beginning may lie ahead.
const clockSkew = 10 * time.Second

// Claims are what a data source reads of a token.
type Claims struct {
	Issuer   string    `json:"iss"`
	Expires  int64     `json:"exp"`
	IssuedAt int64     `json:"iat"`
	Scope    string    `json:"scope"`
	Consumer Party     `json:"consumer"`
	Details  []Granted `json:"authorization_details"`
}

// Granted is a consent in a token: all that has to be known of it.
type Granted struct {
	Type      string    `json:"type"`
	ID        string    `json:"id"`
	From      string    `json:"from"`
	To        Party     `json:"to"`
	Consented time.Time `json:"consented"`
	ValidTo   time.Time `json:"validTo"`
	Rights    []Right   `json:"consentRights"`
}

// Party is an organisation's URN. Tokens name it in one of two ways: so, or as ISO 6523 does, by an authority and an ID that
// begins with 0192. Maskinporten's guide shows the second also for whom a consent is to; Altinn's lookup gives the first.
type Party string

// UnmarshalJSON reads either way.
func (p *Party) UnmarshalJSON(data []byte) error {
	var urn string
	if json.Unmarshal(data, &urn) == nil {
		*p = Party(urn)
		return nil
	}
	var actor struct {
		Authority string `json:"authority"`
		ID        string `json:"ID"`
	}
	if err := json.Unmarshal(data, &actor); err != nil {
		return err
	}
	number, norwegian := strings.CutPrefix(actor.ID, "0192:")
	if actor.Authority != "iso6523-actorid-upis" || !norwegian {
		return fmt.Errorf("reading a party: %q of %q is no Norwegian organisation", actor.ID, actor.Authority)
	}
	*p = Party(OrganisationURN(number))
	return nil
}

// ReadToken reads a token without holding it to anything: what its bearer may do before it shows it to who verifies.
func ReadToken(token string) (*Claims, error) {
	signed, err := jose.ParseSignedCompact(token, grantAlgorithms)
	if err != nil {
		return nil, fmt.Errorf("reading a token: %w", err)
	}
	read := &Claims{}
	if err := json.Unmarshal(signed.UnsafePayloadWithoutVerification(), read); err != nil {
		return nil, fmt.Errorf("reading a token: %w", err)
	}
	return read, nil
}

func unauthenticated(why string) *denial { return &denial{http.StatusUnauthorized, why} }

func notPermitted(why string) *denial { return &denial{http.StatusForbidden, why} }

// verify asks whether a token is Maskinporten's, and good now.
func (s *DataSource) verify(r *http.Request) (*Claims, *denial) {
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return nil, unauthenticated("there is no token")
	}
	signed, err := jose.ParseSignedCompact(strings.TrimSpace(raw), grantAlgorithms)
	if err != nil {
		return nil, unauthenticated("the token is not one that is signed with an RSA key")
	}
	key, err := s.keys.find(r.Context(), s.HTTP, s.Issuer, signed.Signatures[0].Protected.KeyID)
	if err != nil {
		return nil, &denial{http.StatusServiceUnavailable, "the issuer's keys cannot be had"}
	}
	if key == nil {
		return nil, unauthenticated("the issuer has no such key")
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return nil, unauthenticated("the signature is not the issuer's")
	}
	read := &Claims{}
	if err := json.Unmarshal(payload, read); err != nil {
		return nil, unauthenticated("the claims cannot be read")
	}
	now := s.now()
	switch {
	case read.Issuer != s.Issuer:
		return nil, unauthenticated("the token is of another issuer")
	case read.Expires <= now.Unix():
		return nil, unauthenticated("the token has expired")
	case read.IssuedAt > now.Add(clockSkew).Unix():
		return nil, unauthenticated("the token is not valid yet")
	}
	return read, nil
}

// permit asks whether a token lets its bearer have what is asked for: one of its consents must.
func (s *DataSource) permit(token *Claims, question Question) *denial {
	if !slices.Contains(strings.Fields(token.Scope), s.Scope) {
		return notPermitted("the token lacks the scope " + s.Scope)
	}
	refused := notPermitted("the token carries no consent")
	for _, consent := range token.Details {
		if consent.Type != consentType {
			continue
		}
		if refused = s.covers(consent, token, question); refused == nil {
			return nil
		}
	}
	return refused
}

// covers asks whether a consent is given to the bearer, by the person in question, for this and for now.
func (s *DataSource) covers(consent Granted, token *Claims, question Question) *denial {
	now := s.now()
	switch {
	case consent.To == "" || consent.To != token.Consumer:
		return notPermitted("the consent is given to another")
	case consent.From != question.From:
		return notPermitted("the consent is given by another")
	case consent.Consented.IsZero() || consent.Consented.After(now.Add(clockSkew)):
		return notPermitted("the consent is not given yet")
	case !consent.ValidTo.After(now):
		return notPermitted("the consent has ended")
	}
	refused := notPermitted("the consent is for something else")
	for _, right := range consent.Rights {
		if !slices.Contains(right.Action, consentAction) || !slices.ContainsFunc(right.Resource, s.isMine) {
			continue
		}
		if maps.Equal(right.Metadata, question.Metadata) {
			return nil
		}
		refused = notPermitted("the consent is for other values")
	}
	return refused
}

func (s *DataSource) isMine(named Resource) bool {
	return named.Type == urnResource && named.Value == s.Resource
}
