// SPDX-License-Identifier: BSD-3-Clause

package rotation

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	// grantLife is within the 120 seconds Maskinporten allows (Maskinporten guide).
	grantLife = 100 * time.Second
	// maxAnswer is more than any answer of these systems has.
	maxAnswer = 1 << 20
)

// code finds Maskinporten's own code of an error (Maskinporten guide).
var code = regexp.MustCompile(`MP-\d+`)

// grant takes a token for all scopes. The keys that a pod has take turns: they must be as good as one another.
func (p *player) grant(ctx context.Context, read *identity, round int) (string, error) {
	key := read.keys[round%len(read.keys)]
	now := time.Now()
	assertion, err := sign(key, map[string]any{
		"aud": read.issuer, "iss": read.clientID, "scope": strings.Join(read.scopes, " "), "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(grantLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {jwtBearer}, "assertion": {assertion}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, read.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", because("a token endpoint is no address")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := p.send(request, "the token endpoint", &answer); err != nil {
		return "", err
	}
	if answer.Token == "" {
		return "", because("the token endpoint gave no token")
	}
	return answer.Token, nil
}

// call calls the API behind a scope.
func (p *player) call(ctx context.Context, scope, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.API+scope, nil)
	if err != nil {
		return because("the API of a scope is no address")
	}
	request.Header.Set("Authorization", "Bearer "+token)
	var answer struct {
		Consumer string `json:"consumer"`
	}
	if err := p.send(request, "the API", &answer); err != nil {
		return err
	}
	if answer.Consumer == "" {
		return because("the API does not know who calls")
	}
	return nil
}

// send makes a call and reads a good answer.
func (p *player) send(request *http.Request, to string, into any) error {
	response, err := p.HTTP.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", cause(to+" does not answer"), err)
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%w: %w", cause(to+" breaks off"), err)
	}
	if response.StatusCode != http.StatusOK {
		return because("%s answers %d %s", to, response.StatusCode, code.Find(body))
	}
	if json.Unmarshal(body, into) != nil {
		return because("%s gives an answer that cannot be read", to)
	}
	return nil
}

func sign(key jose.JSONWebKey, claims map[string]any) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", because("a pod's key cannot sign")
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", because("claims cannot be written")
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", because("a pod's key cannot sign")
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		return "", because("a grant cannot be written")
	}
	return compact, nil
}
