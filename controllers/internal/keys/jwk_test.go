// SPDX-License-Identifier: BSD-3-Clause

package keys_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/controllers/internal/keys"
)

func fields(t *testing.T, key jose.JSONWebKey) map[string]string {
	t.Helper()
	written, err := key.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]string
	if err := json.Unmarshal(written, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

func TestBothHalvesOfAKeyAreKnownByOneKid(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	public, private := keys.Public(key, jose.RS384), keys.Private(key, jose.RS384)
	shown := fields(t, public)
	if got := slices.Sorted(maps.Keys(shown)); !slices.Equal(got, []string{"alg", "e", "kid", "kty", "n", "use"}) {
		t.Errorf("want the public members alone, got %v", got)
	}
	// RFC 7638 §3.1: the required members in the order of their names, without white space.
	encode := func(number []byte) string { return base64.RawURLEncoding.EncodeToString(number) }
	e := encode(big.NewInt(int64(key.E)).Bytes())
	digest := sha256.Sum256([]byte(`{"e":"` + e + `","kty":"RSA","n":"` + encode(key.N.Bytes()) + `"}`))
	want := map[string]string{
		"alg": "RS384", "e": e, "kid": hex.EncodeToString(digest[:16]), "kty": "RSA", "n": encode(key.N.Bytes()), "use": "sig",
	}
	if !maps.Equal(shown, want) {
		t.Errorf("want %v, got %v", want, shown)
	}
	whole := fields(t, private)
	if whole["kid"] != want["kid"] || whole["alg"] != "RS384" || whole["use"] != "sig" || whole["d"] != encode(key.D.Bytes()) {
		t.Error("the private half differs in its kid, alg or use, or lacks its secret")
	}
	if keys.KeyID(public) != want["kid"] || keys.KeyID(private) != want["kid"] {
		t.Error("the kid depends on which half is asked")
	}
}

func TestWhatIsNoAsymmetricKeyHasNoKid(t *testing.T) {
	for sentence, key := range map[string]any{"nothing": nil, "a shared secret": []byte("shared")} {
		if kid := keys.KeyID(jose.JSONWebKey{Key: key}); kid != "" {
			t.Errorf("%s: want no kid, got %s", sentence, kid)
		}
	}
}
