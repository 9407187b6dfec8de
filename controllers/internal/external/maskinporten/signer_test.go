// SPDX-License-Identifier: BSD-3-Clause

package maskinporten_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestKeysThatMaskinportenWouldNotTake(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for sentence, tc := range map[string]struct {
		key  jose.JSONWebKey
		want string
	}{
		"an elliptic curve": {jose.JSONWebKey{Key: curve, KeyID: "k"}, "not a private RSA key"},
		"a public key":      {jose.JSONWebKey{Key: privateKey().Public(), KeyID: "k"}, "not a private RSA key"},
		"no key":            {jose.JSONWebKey{KeyID: "k"}, "not a private RSA key"},
		"a short key":       {jose.JSONWebKey{Key: short, KeyID: "k"}, "fewer than 2048 bits"},
		"a nameless key":    {jose.JSONWebKey{Key: privateKey()}, "no kid"},
	} {
		t.Run(sentence, func(t *testing.T) {
			if _, err := maskinporten.NewKeySigner(tc.key); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("want %q, got %v", tc.want, err)
			}
		})
	}
}

func TestAKeyInAFileIsReadForEachGrant(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.json")
	write := func(content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put := func(kid string) {
		t.Helper()
		key := jwk(kid)
		content, err := key.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		write(content)
	}
	w := begin(t, func(_ *world, c *maskinporten.Config) { c.Signer = maskinporten.NewFileSigner(path) })
	secret := base64.RawURLEncoding.EncodeToString(privateKey().D.Bytes())
	for sentence, spoil := range map[string]func(){
		"missing":        func() {},
		"not JSON":       func() { write([]byte("canary " + secret)) },
		"not a JWK":      func() { write([]byte(`{"kty":"RSA","d":"` + secret + `"}`)) },
		"of no use":      func() { write([]byte(`{"kty":"oct","k":"` + secret + `","kid":"k"}`)) },
		"an expired key": func() { put("key-old") },
	} {
		spoil()
		_, err := w.token(scope)
		refused, ok := errors.AsType[*external.Refused](err)
		if !ok || refused.Actor != v1alpha1.ActorPlatform || strings.Contains(fmt.Sprintf("%+v %v", err, refused.Cause), secret) {
			t.Errorf("%s: want a refusal for the platform, without the key, got %v", sentence, err)
		}
		w.clock.Step(61e9)
		_ = os.Remove(path)
	}
	put("key-1")
	w.mustToken(scope)
}

// unwell is a key vault that is away.
type unwell struct{ err error }

func (u unwell) Sign(context.Context, []byte) (string, error) { return "", u.err }

func TestASignerMaySayThatItIsAwayForAWhile(t *testing.T) {
	w := begin(t, func(_ *world, c *maskinporten.Config) {
		c.Signer = unwell{external.LaterBy(external.Problem{System: "vault"}, 0)}
	})
	if _, err := w.token(scope); !external.IsTryLater(err) {
		t.Errorf("want to try later, got %v", err)
	}
	w.wantCalls(0, 0)
}

func TestErrorsOnTheWayToATokenHoldNoTokenAndNoGrant(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Path: "/exchange/", Kind: sandbox.FaultStatus, Status: 500},
		{Path: "/exchange/", Kind: sandbox.FaultDrop},
		{Path: "/exchange/", Kind: sandbox.FaultExpireTokens},
		{Path: "^/token$", Kind: sandbox.FaultTruncate},
		{Path: "^/token$", Kind: sandbox.FaultContentType},
	} {
		w := begin(t)
		w.fault(fault)
		_, err := w.token(scope)
		if err == nil || strings.Contains(err.Error(), "eyJ") || strings.Contains(err.Error(), "assertion") {
			t.Errorf("%v: want an error without a token, got %v", fault.Kind, err)
		}
	}
}

func TestAConfigurationThatLacksSomethingIsRefused(t *testing.T) {
	w := begin(t)
	right := maskinporten.Config{Clock: w.clock, Issuer: "https://maskinporten.no", ClientID: "x", Signer: w.signer}
	client := w.client("x")
	if _, err := maskinporten.NewSource(right, client, nil); err != nil {
		t.Fatal(err)
	}
	for sentence, spoil := range map[string]func(*maskinporten.Config){
		"no issuer":   func(c *maskinporten.Config) { c.Issuer = "" },
		"no client":   func(c *maskinporten.Config) { c.ClientID = "" },
		"no signer":   func(c *maskinporten.Config) { c.Signer = nil },
		"no clock":    func(c *maskinporten.Config) { c.Clock = nil },
		"no exchange": func(c *maskinporten.Config) { c.ExchangeURL = "https://platform.altinn.no" },
	} {
		wrong := right
		spoil(&wrong)
		if _, err := maskinporten.NewSource(wrong, client, nil); err == nil {
			t.Errorf("%s: want an error", sentence)
		}
	}
}
