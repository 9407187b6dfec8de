// SPDX-License-Identifier: BSD-3-Clause

package sandbox

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Bounds of a key set (Digdir self-service API; the size of keys is what its documentation recommends and what others accept).
const (
	maxKeys    = 5
	minKeyBits = 2048
	maxKeyBits = 4096
)

var keyIDPattern = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// RegisteredKey is a public RSA key as Digdir's self-service API shows it: a JWK with what it knows about it beside.
type RegisteredKey struct {
	Type      string `json:"kty"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"`
	ID        string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
	// Expires is seconds since 1970.
	Expires     int64     `json:"exp"`
	Created     time.Time `json:"created"`
	LastUpdated time.Time `json:"last_updated"`
}

type keySet struct {
	Keys []RegisteredKey `json:"keys"`
}

func (v *clientVersion) keySet() keySet {
	if v.Keys == nil {
		return keySet{Keys: []RegisteredKey{}}
	}
	return keySet{Keys: v.Keys}
}

// public is the key as the token endpoint uses it; nil when it is none.
func (k *RegisteredKey) public() *rsa.PublicKey {
	modulus, err := base64.RawURLEncoding.DecodeString(k.Modulus)
	if err != nil {
		return nil
	}
	exponent, err := base64.RawURLEncoding.DecodeString(k.Exponent)
	if err != nil {
		return nil
	}
	e := new(big.Int).SetBytes(exponent)
	if !e.IsInt64() || e.Int64() < 3 || e.Int64() > math.MaxInt32 || e.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(e.Int64())}
}

// key is what a grant is checked with.
func (k *RegisteredKey) key() Key {
	return Key{
		JWK:     jose.JSONWebKey{Key: k.public(), KeyID: k.ID, Algorithm: k.Algorithm, Use: k.Use},
		Expires: time.Unix(k.Expires, 0),
	}
}

func (s *Server) getKeys(c *call) reply {
	stored := s.activeClient(c)
	if stored == nil {
		return notFound(c, "client")
	}
	return jsonReply(http.StatusOK, stored.keySet())
}

// replaceKeys takes the whole set. A key that is sent again lives anew.
func (s *Server) replaceKeys(c *call) reply {
	stored := s.activeClient(c)
	if stored == nil {
		return notFound(c, "client")
	}
	var sent struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if refused := readBody(c, &sent); refused != nil {
		return *refused
	}
	faults := &faultsFound{object: "jwks"}
	if len(sent.Keys) > maxKeys {
		faults.add("keys", "a set has at most %d keys", maxKeys)
	}
	made := make([]RegisteredKey, 0, len(sent.Keys))
	for _, raw := range sent.Keys {
		made = append(made, readKey(raw, c.now, faults))
	}
	checkKeyIDs(made, faults)
	if len(faults.list) > 0 {
		return faults.reply(c)
	}
	s.setKeys(stored, made, c.now)
	return jsonReply(http.StatusCreated, stored.keySet())
}

// setKeys replaces a set. A key that was there keeps the instant it came.
func (s *Server) setKeys(stored *storedClient, keys []RegisteredKey, now time.Time) {
	for i := range keys {
		keys[i].Created, keys[i].LastUpdated = now, now
		for _, old := range stored.Keys {
			if old.ID == keys[i].ID && old.Modulus == keys[i].Modulus {
				keys[i].Created = old.Created
			}
		}
	}
	s.revise(stored, now, func(v *clientVersion) { v.Keys = keys })
}

func (s *Server) clearKeys(c *call) reply {
	stored := s.activeClient(c)
	if stored == nil {
		return notFound(c, "client")
	}
	s.revise(stored, c.now, func(v *clientVersion) { v.Keys = nil })
	return emptyReply(http.StatusNoContent)
}

// readKey reads one key and finds what is wrong with it. No fault repeats what was sent: it may be a private key.
func readKey(raw json.RawMessage, now time.Time, faults *faultsFound) RegisteredKey {
	var key RegisteredKey
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &key) != nil || json.Unmarshal(raw, &fields) != nil {
		faults.add("keys", "a key cannot be read")
		return key
	}
	for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, sent := fields[private]; sent {
			faults.add("keys", "a key must not have private parts")
		}
	}
	faults.oneOf("kty", key.Type, "RSA")
	faults.oneOf("use", key.Use, "sig")
	faults.oneOf("alg", key.Algorithm, string(jose.RS256), string(jose.RS384), string(jose.RS512))
	if !keyIDPattern.MatchString(key.ID) {
		faults.add("kid", "must be letters, digits and . _ -")
	}
	if public := key.public(); public == nil {
		faults.add("n", "n and e must be an RSA key in base64url")
	} else if bits := public.N.BitLen(); bits < minKeyBits || bits > maxKeyBits {
		faults.add("n", "must have %d to %d bits", minKeyBits, maxKeyBits)
	}
	longest := now.AddDate(1, 0, 0).Unix()
	if _, sent := fields["exp"]; !sent {
		key.Expires = longest
	}
	if key.Expires <= now.Unix() || key.Expires > longest {
		faults.add("exp", "must be ahead, by at most a year")
	}
	return key
}

func checkKeyIDs(keys []RegisteredKey, faults *faultsFound) {
	var seen []string
	for _, key := range keys {
		if slices.Contains(seen, key.ID) {
			faults.add("kid", "must be unique in the set")
		}
		seen = append(seen, key.ID)
	}
}
