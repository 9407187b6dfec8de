// SPDX-License-Identifier: BSD-3-Clause

package keys

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha256" // the thumbprint's
	"encoding/hex"

	"github.com/go-jose/go-jose/v4"
)

// idDigits is how many hexadecimal digits of the thumbprint a kid has: 128 bits, so that no two keys ever share one.
const idDigits = 32

// use is what Digdir's clients use keys for: they sign grants, and nothing is encrypted for them.
const use = "sig"

// Public is the half of a key that is shown in a client's key set.
func Public(key *rsa.PrivateKey, algorithm jose.SignatureAlgorithm) jose.JSONWebKey {
	return named(&key.PublicKey, algorithm)
}

// Private is the whole key, under the same kid. Whoever holds it can speak for the client.
func Private(key *rsa.PrivateKey, algorithm jose.SignatureAlgorithm) jose.JSONWebKey {
	return named(key, algorithm)
}

func named(key any, algorithm jose.SignatureAlgorithm) jose.JSONWebKey {
	jwk := jose.JSONWebKey{Key: key, Algorithm: string(algorithm), Use: use}
	jwk.KeyID = KeyID(jwk)
	return jwk
}

// KeyID is the kid that follows from a key alone: the first 32 lower-case hexadecimal digits of its SHA-256 thumbprint
// (RFC 7638). It is the same for both halves of a key, and empty for what is no asymmetric key.
func KeyID(key jose.JSONWebKey) string {
	digest, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(digest)[:idDigits]
}
