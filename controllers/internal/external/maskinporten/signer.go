// SPDX-License-Identifier: BSD-3-Clause

package maskinporten

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"

	"github.com/go-jose/go-jose/v4"
)

// minKeyBits is the least RFC 7518 §3.3 lets RS256 be used with.
const minKeyBits = 2048

// Signer signs grants. A key vault can be one as well as a file.
type Signer interface {
	// Sign gives claims as a compact JWS by RS256, with the kid under which Maskinporten knows the key. Its errors say
	// nothing of the key, and mean that a person must act unless they are one of package external's kinds.
	Sign(ctx context.Context, claims []byte) (string, error)
}

// keySigner signs with a key in memory.
type keySigner struct{ signer jose.Signer }

// NewKeySigner signs with a private RSA key that has a kid. Maskinporten takes no other kind (Maskinporten guide).
func NewKeySigner(key jose.JSONWebKey) (Signer, error) {
	private, ok := key.Key.(*rsa.PrivateKey)
	switch {
	case !ok:
		return nil, errors.New("preparing the signing key: it is not a private RSA key, and Maskinporten takes no other")
	case private.N.BitLen() < minKeyBits:
		return nil, fmt.Errorf("preparing the signing key: it has fewer than %d bits", minKeyBits)
	case key.KeyID == "":
		return nil, errors.New("preparing the signing key: it has no kid, by which Maskinporten would know it")
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: private, KeyID: key.KeyID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, errors.New("preparing the signing key: it cannot be used")
	}
	return keySigner{signer}, nil
}

// Sign implements Signer.
func (s keySigner) Sign(_ context.Context, claims []byte) (string, error) {
	signed, err := s.signer.Sign(claims)
	if err != nil {
		return "", errors.New("signing a grant: the key cannot be used")
	}
	return signed.CompactSerialize()
}

// fileSigner signs with the key a file holds at that moment.
type fileSigner struct{ path string }

// NewFileSigner signs with a private JWK in a file. The file is read for each grant, which is every few minutes, so that a
// Secret that was changed in its place is used at once.
func NewFileSigner(path string) Signer { return fileSigner{path} }

// Sign implements Signer.
func (s fileSigner) Sign(ctx context.Context, claims []byte) (string, error) {
	content, err := os.ReadFile(s.path)
	if err != nil {
		return "", fmt.Errorf("reading the signing key: %w", err)
	}
	var key jose.JSONWebKey
	if key.UnmarshalJSON(content) != nil { // what it complains about may quote the key
		return "", fmt.Errorf("reading the signing key: %s holds no JWK", s.path)
	}
	signer, err := NewKeySigner(key)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", s.path, err)
	}
	return signer.Sign(ctx, claims)
}
