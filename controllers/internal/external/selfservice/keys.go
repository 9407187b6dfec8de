// SPDX-License-Identifier: BSD-3-Clause

package selfservice

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// MaxKeys is how many keys a set may have (Digdir self-service API).
const MaxKeys = 5

// KeySet is the set of public keys by which a client is known (RFC 7517).
type KeySet struct {
	Keys []Key `json:"keys"`
}

// IDs are the kids, sorted.
func (s *KeySet) IDs() []string {
	ids := make([]string, 0, len(s.Keys))
	for _, key := range s.Keys {
		ids = append(ids, key.JWK.KeyID)
	}
	slices.Sort(ids)
	return ids
}

// Key is a public key with what the API knows about it.
type Key struct {
	JWK jose.JSONWebKey
	// Expires is from when on it is refused: at most a year after it was last sent. The zero instant is not told.
	Expires time.Time
	// Created is when it came into the set. The zero instant is not told.
	Created time.Time
}

// afterAllYears is the first second of the year 10000, which no instant in a status can tell (RFC 3339): whoever says so has
// counted in something else than seconds.
const afterAllYears = 253402300800

// UnmarshalJSON reads a JWK and what lies beside it. Should a private key come, its private part is dropped.
func (k *Key) UnmarshalJSON(raw []byte) error {
	var beside struct {
		Expires int64     `json:"exp"`
		Created time.Time `json:"created"`
	}
	if err := json.Unmarshal(raw, &beside); err != nil {
		return err
	}
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(raw, &jwk); err != nil {
		return err
	}
	*k = Key{JWK: jwk.Public(), Created: beside.Created}
	if beside.Expires > 0 && beside.Expires < afterAllYears {
		k.Expires = time.Unix(beside.Expires, 0)
	}
	return nil
}

// Keys are the key sets of clients. For all three: NotFound means that there is no such active client of ours.
type Keys interface {
	// Keys reads the set of a client, which may be empty. TryLater: unknown, which is not "none".
	Keys(ctx context.Context, clientID string) (*KeySet, error)
	// Replace makes a set of these keys and no others, and gives it as it is then. Each lives a year from now on.
	// Refused with ErrNoKeys, ErrTooManyKeys, ErrNotPublic or ErrKeyIDs, and without a call: the set is not valid. Refused: the
	// API does not take a key. TryLater: it may be so now, unless Unsent.
	Replace(ctx context.Context, clientID string, keys []jose.JSONWebKey) (*KeySet, error)
	// Clear empties the set, so that the client can no more prove who it is. TryLater: it may be so now, unless Unsent.
	Clear(ctx context.Context, clientID string) error
}

// Keys implements Keys.
func (c *API) Keys(ctx context.Context, clientID string) (*KeySet, error) {
	const operation = "get keys"
	address, err := c.below(operation, c.clients, clientID, "jwks")
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(ctx, reading(operation, address, c.clientToken))
	if err != nil {
		return nil, err
	}
	return c.keySet(operation, answer)
}

// Replace implements Keys.
func (c *API) Replace(ctx context.Context, clientID string, keys []jose.JSONWebKey) (*KeySet, error) {
	const operation = "replace keys"
	address, err := c.below(operation, c.clients, clientID, "jwks")
	if err != nil {
		return nil, err
	}
	wanted, err := checked(keys)
	if err != nil {
		return nil, c.refused(operation, err)
	}
	call := sending(operation, http.MethodPost, address, jose.JSONWebKeySet{Keys: keys})
	call.Want = []int{http.StatusCreated, http.StatusOK}
	call.Bearer = c.clientToken
	call.Judge = judgeKeys
	answer, err := c.http.Do(ctx, call)
	if err != nil {
		return nil, err
	}
	got, err := c.keySet(operation, answer)
	if err == nil && !slices.Equal(got.IDs(), wanted) {
		return nil, external.Later(c.http.Problem(operation), "the answer has other keys than were sent")
	}
	return got, err
}

// checked gives the kids of a set that may be sent, sorted.
func checked(keys []jose.JSONWebKey) ([]string, error) {
	switch {
	case len(keys) == 0:
		return nil, ErrNoKeys
	case len(keys) > MaxKeys:
		return nil, ErrTooManyKeys
	}
	var ids []string
	for _, key := range keys {
		if _, public := key.Key.(*rsa.PublicKey); !public {
			return nil, ErrNotPublic
		}
		if key.KeyID == "" || slices.Contains(ids, key.KeyID) {
			return nil, ErrKeyIDs
		}
		ids = append(ids, key.KeyID)
	}
	slices.Sort(ids)
	return ids, nil
}

// Clear implements Keys.
func (c *API) Clear(ctx context.Context, clientID string) error {
	const operation = "clear keys"
	address, err := c.below(operation, c.clients, clientID, "jwks")
	if err != nil {
		return err
	}
	_, err = c.http.Do(ctx, removing(operation, address, c.clientToken))
	return err
}

// keySet reads one. An answer without a list of keys is not an empty set.
func (c *API) keySet(operation string, answer *external.Answer) (*KeySet, error) {
	var got KeySet
	p := c.http.Problem(operation)
	if err := answer.Decode(p, &got); err != nil {
		return nil, err
	}
	if got.Keys == nil {
		return nil, external.Later(p, "the answer has no keys")
	}
	return &got, nil
}
