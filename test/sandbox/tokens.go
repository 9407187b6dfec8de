// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// signingKeys are the keys of the two issuers. They live as long as the process: after a restart old tokens are refused,
// as after a real issuer has changed its keys.
type signingKeys struct {
	maskinporten jose.JSONWebKey
	altinn       jose.JSONWebKey
}

// processKeys makes the keys once, since tests make many servers and RSA keys take time.
var processKeys = sync.OnceValues(func() (*signingKeys, error) {
	keys := &signingKeys{}
	for id, key := range map[string]*jose.JSONWebKey{"maskinporten-1": &keys.maskinporten, "altinn-1": &keys.altinn} {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("generating key %s: %w", id, err)
		}
		*key = jose.JSONWebKey{Key: private, KeyID: id, Algorithm: string(jose.RS256), Use: "sig"}
	}
	return keys, nil
})

// claims are those of all tokens the sandbox issues; each kind uses some.
type claims struct {
	Issuer    string    `json:"iss"`
	Audience  any       `json:"aud,omitempty"`
	Expires   int64     `json:"exp"`
	IssuedAt  int64     `json:"iat"`
	ID        string    `json:"jti"`
	Scope     string    `json:"scope,omitempty"`
	TokenType string    `json:"token_type,omitempty"`
	ClientID  string    `json:"client_id,omitempty"`
	ClientAMR string    `json:"client_amr,omitempty"`
	Consumer  *actor    `json:"consumer,omitempty"`
	Supplier  *actor    `json:"supplier,omitempty"`
	Prefixes  []string  `json:"consumer_prefix,omitempty"`
	Details   []consent `json:"authorization_details,omitempty"`

	Org       string `json:"urn:altinn:org,omitempty"`
	OrgNumber string `json:"urn:altinn:orgNumber,omitempty"`
	Method    string `json:"urn:altinn:authenticatemethod,omitempty"`
	Level     string `json:"urn:altinn:authlevel,omitempty"`
	PartyUUID string `json:"urn:altinn:party:uuid,omitempty"`
}

// actor names an organisation as ISO 6523 does (Altinn's Resource Registry).
type actor struct {
	Authority string `json:"authority"`
	ID        string `json:"ID"`
}

func organisationActor(number string) *actor {
	return &actor{Authority: "iso6523-actorid-upis", ID: "0192:" + number}
}

// number is the organisation's, without the authority's code.
func (a *actor) number() string {
	_, number, _ := strings.Cut(a.ID, ":")
	return number
}

// consumer is the number of the organisation a token speaks for.
func (c *claims) consumer() string {
	if c.Consumer == nil {
		return ""
	}
	return c.Consumer.number()
}

// has says whether a token carries one of the scopes.
func (c *claims) has(scopes ...string) bool {
	held := strings.Fields(c.Scope)
	return slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(held, scope) })
}

// issue signs a token that begins now. Its jti starts with a running number, by which the fault "expireTokens" finds it.
func (s *Server) issue(key jose.JSONWebKey, c claims, now time.Time, lifetime time.Duration) (string, error) {
	s.serial++
	c.IssuedAt = now.Unix()
	c.Expires = now.Add(lifetime).Unix()
	c.ID = strconv.Itoa(s.serial) + "-" + rand.Text()
	payload, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("writing claims: %w", err)
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, options)
	if err != nil {
		return "", fmt.Errorf("making a signer: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed.CompactSerialize()
}

var errNoToken = errors.New("no bearer token")

// bearer reads and checks the token of a call: signed with the key, by the issuer, not expired.
func (s *Server) bearer(c *call, key jose.JSONWebKey, issuer string) (*claims, error) {
	scheme, raw, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" {
		return nil, errNoToken
	}
	signed, err := jose.ParseSignedCompact(strings.TrimSpace(raw), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, errors.New("the token could not be read")
	}
	payload, err := signed.Verify(key.Public())
	if err != nil {
		return nil, errors.New("the signature is invalid")
	}
	read := &claims{}
	if err := json.Unmarshal(payload, read); err != nil || read.Issuer != issuer {
		return nil, fmt.Errorf("the issuer '%s' is invalid", read.Issuer)
	}
	serial, _, _ := strings.Cut(read.ID, "-")
	number, err := strconv.Atoi(serial)
	if err != nil || number <= s.expired || read.Expires <= c.now.Unix() {
		return nil, errors.New("the token expired")
	}
	return read, nil
}

// needs lets only calls through that carry an Altinn token with one of the scopes: 401 without a token, 403 without a scope.
func (s *Server) needs(h handler, scopes ...string) handler {
	return func(c *call) reply {
		token, err := s.bearer(c, s.keys.altinn, altinnIssuer(c.base))
		if errors.Is(err, errNoToken) {
			return unauthorized("")
		}
		if err != nil {
			return unauthorized(err.Error())
		}
		if !token.has(scopes...) {
			return forbidden()
		}
		c.token = token
		return h(c)
	}
}

func maskinportenIssuer(base string) string { return base + "/" }

func altinnIssuer(base string) string { return base + "/authentication/api/v1/openid/" }
