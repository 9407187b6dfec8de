// SPDX-License-Identifier: BSD-3-Clause

package local

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"os"

	"github.com/go-jose/go-jose/v4"
)

// keyBits makes a key as strong as a cipher of 128 bits.
const keyBits = 3072

// writeKey makes a key of the operator's, writes it to a file as a JWK and returns its public half. Each key has a
// name of its own, so that one of an earlier start cannot be taken for it.
func writeKey(path string) (jose.JSONWebKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("making the operator's key: %w", err)
	}
	key := jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: string(jose.RS256), Use: "sig"}
	text, err := key.MarshalJSON()
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("writing the operator's key: %w", err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("writing the operator's key: %w", err)
	}
	return key.Public(), nil
}
