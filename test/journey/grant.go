// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	metadataPath = ".well-known/oauth-authorization-server"
	exchangePath = "/authentication/api/v1/exchange/maskinporten"
	jwtBearer    = "urn:ietf:params:oauth:grant-type:jwt-bearer"

	// consentType is the type of authorization_details, and consentAction what a consent lets do.
	consentType   = "urn:altinn:consent"
	consentAction = "consent"

	// grantLife is within the 120 seconds Maskinporten allows.
	grantLife = 100 * time.Second
)

// Token asks Maskinporten for a token by a consent the person gave. The scope is the data source's.
func (b *Bank) Token(ctx context.Context, consent, person, scope string) (string, error) {
	return b.grant(ctx, "asking for a consent token", map[string]any{
		"scope":                 scope,
		"authorization_details": []map[string]string{{"type": consentType, "id": consent, "from": PersonURN(person)}},
	})
}

// PlainToken asks Maskinporten for a token without any consent in it.
func (b *Bank) PlainToken(ctx context.Context, scope string) (string, error) {
	return b.grant(ctx, "asking for a token", map[string]any{"scope": scope})
}

// altinnToken is what Altinn's own APIs want: a token of Maskinporten, exchanged.
func (b *Bank) altinnToken(ctx context.Context) (string, error) {
	token, err := b.PlainToken(ctx, ConsentScopes)
	if err != nil {
		return "", err
	}
	got, err := b.World.call(ctx, "exchanging a token", call{url: b.World.Altinn + exchangePath, token: token})
	if err != nil {
		return "", err
	}
	return string(got.body), nil
}

// grant gives Maskinporten a signed grant with some claims, and takes the token.
func (b *Bank) grant(ctx context.Context, doing string, claims map[string]any) (string, error) {
	if err := b.World.askTime(ctx); err != nil {
		return "", err
	}
	now := b.World.Now()
	all := map[string]any{
		"aud": b.World.issuer(), "iss": b.ClientID, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(grantLife).Unix(),
	}
	maps.Copy(all, claims)
	assertion, err := sign(b.Key, all)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	type granted struct {
		Token string `json:"access_token"`
	}
	got, _, err := callFor[granted](ctx, b.World, doing, call{
		method: http.MethodPost, url: b.World.Maskinporten + "/token",
		body: url.Values{"grant_type": {jwtBearer}, "assertion": {assertion}},
	})
	if err != nil {
		return "", err
	}
	return got.Token, nil
}

func sign(key jose.JSONWebKey, claims map[string]any) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("preparing to sign: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("writing claims: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing claims: %w", err)
	}
	return signed.CompactSerialize()
}
