// SPDX-License-Identifier: BSD-3-Clause

package maskinporten

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

const (
	grantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	// grantLife is less than the 120 seconds allowed (Maskinporten guide), so that rounding cannot make it more.
	grantLife = 100 * time.Second
	// longestLife is the longest that a token is kept. Maskinporten's live minutes, Altinn's half an hour.
	longestLife = 24 * time.Hour
)

// claims are those of a grant (Maskinporten guide).
type claims struct {
	Audience string `json:"aud"`
	Issuer   string `json:"iss"`
	Scope    string `json:"scope"`
	Consumer string `json:"consumer_org,omitempty"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	ID       string `json:"jti"`
}

// form signs a grant that no other is like, and so is called for each attempt.
func (s *Source) form(ctx context.Context, scopes string) ([]byte, error) {
	now := s.config.Clock.Now()
	payload, err := json.Marshal(claims{
		Audience: s.config.Issuer,
		Issuer:   s.config.ClientID,
		Scope:    scopes,
		Consumer: s.config.Consumer,
		IssuedAt: now.Unix(),
		Expires:  now.Add(grantLife).Unix(),
		ID:       rand.Text(),
	})
	if err != nil {
		return nil, fmt.Errorf("writing a grant: %w", err)
	}
	assertion, err := s.config.Signer.Sign(ctx, payload)
	if err != nil {
		return nil, s.unsigned(err)
	}
	return []byte(url.Values{"grant_type": {grantType}, "assertion": {assertion}}.Encode()), nil
}

// unsigned is a person's to mend, unless the signer says that it is not.
func (s *Source) unsigned(err error) error {
	if external.IsTryLater(err) || external.IsRefused(err) {
		return err
	}
	p := s.maskinporten.Problem("sign grant")
	p.Why, p.Cause = err.Error(), err
	return &external.Refused{Problem: p, Actor: v1alpha1.ActorPlatform}
}

// grant gets a token of Maskinporten's. It may be repeated: a token nobody uses does no harm.
func (s *Source) grant(ctx context.Context, scopes string) (string, time.Duration, error) {
	const operation = "get token"
	answer, err := s.maskinporten.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodPost,
		URL:       s.config.Issuer + "token",
		Header:    http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {external.TypeJSON}},
		Body:      func(ctx context.Context) ([]byte, error) { return s.form(ctx, scopes) },
		Want:      []int{http.StatusOK},
		Answers:   []string{external.TypeJSON},
		Repeat:    external.Safe,
		Judge:     s.judge,
	})
	if err != nil {
		return "", 0, err
	}
	var read struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"` // seconds; the token itself is opaque to its client
	}
	p := s.maskinporten.Problem(operation)
	if err := answer.Decode(p, &read); err != nil {
		return "", 0, err
	}
	if read.AccessToken == "" || read.ExpiresIn <= 0 {
		return "", 0, external.Later(p, "the answer has no token, or no lifetime")
	}
	return read.AccessToken, believed(read.ExpiresIn), nil
}

// onlyBearer carries one token, for a call about that token.
type onlyBearer string

// Token implements external.Bearer.
func (b onlyBearer) Token(context.Context) (string, error) { return string(b), nil }

// Rejected implements external.Bearer. The next fetch begins with a new token anyway.
func (onlyBearer) Rejected(string) {}

// exchange gives a token of Maskinporten's for one of Altinn's. The answer is the bare token.
func (s *Source) exchange(ctx context.Context, token string) (string, time.Duration, error) {
	const operation = "exchange token"
	answer, err := s.altinn.Do(ctx, external.Call{
		Operation: operation,
		Method:    http.MethodGet,
		URL:       s.config.ExchangeURL,
		Bearer:    onlyBearer(token),
		Want:      []int{http.StatusOK},
		Answers:   []string{external.TypeText, external.TypeJSON},
		Repeat:    external.Safe,
	})
	if err != nil {
		return "", 0, err
	}
	exchanged := strings.Trim(strings.TrimSpace(string(answer.Body)), `"`)
	lifetime, err := lifetimeOf(exchanged, s.config.Clock.Now())
	if err != nil {
		return "", 0, external.Later(s.altinn.Problem(operation), "the answer is no token that is good for a while")
	}
	return exchanged, lifetime, nil
}

// lifetimeOf reads when a JWT ends; it does not check the signature, which is for those who are shown it. The two instants
// in the token are compared with each other where both are there, so that a clock that differs does no harm.
func lifetimeOf(token string, now time.Time) (time.Duration, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return 0, errors.New("reading a token: it is not in three parts")
	}
	var read struct {
		Expires  int64 `json:"exp"`
		IssuedAt int64 `json:"iat"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &read) != nil {
		return 0, errors.New("reading a token: its claims cannot be read")
	}
	begin := now.Unix()
	if read.IssuedAt != 0 {
		begin = read.IssuedAt
	}
	if read.Expires <= begin {
		return 0, errors.New("reading a token: it has expired")
	}
	return believed(read.Expires - begin), nil
}

// believed is how long a token that says it lives so many seconds is used: no number makes that less than none, also one
// that is too large to count with.
func believed(seconds int64) time.Duration {
	const most = int64(longestLife / time.Second)
	if seconds < 0 || seconds > most {
		seconds = most
	}
	return time.Duration(seconds) * time.Second
}
