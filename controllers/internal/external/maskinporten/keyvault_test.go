// SPDX-License-Identifier: BSD-3-Clause

package maskinporten_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/go-jose/go-jose/v4"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
)

const someClaims = `{"iss":"operator","jti":"canary"}`

func TestAVaultSignsWhatTheOperatorCannot(t *testing.T) {
	for sentence, tc := range map[string]struct {
		change func(*maskinporten.KeyVault)
		want   jose.SignatureAlgorithm
	}{
		"by RS256 where nothing else is said": {func(*maskinporten.KeyVault) {}, jose.RS256},
		"by RS384":                            {func(c *maskinporten.KeyVault) { c.Algorithm = jose.RS384 }, jose.RS384},
		"by RS512":                            {func(c *maskinporten.KeyVault) { c.Algorithm = jose.RS512 }, jose.RS512},
		"by the newest version of the key":    {func(c *maskinporten.KeyVault) { c.Version = "" }, jose.RS256},
		"under a URL without a slash":         {func(c *maskinporten.KeyVault) { c.URL = "https://" + vaultHost }, jose.RS256},
	} {
		t.Run(sentence, func(t *testing.T) {
			v := newVault(t)
			signer := v.signer(tc.change)
			for range 2 {
				grant, err := signer.Sign(t.Context(), []byte(someClaims))
				if err != nil {
					t.Fatal(err)
				}
				header, claims := verified(t, grant, tc.want)
				if header.KeyID != "key-1" || header.ExtraHeaders["typ"] != "JWT" || header.Algorithm != string(tc.want) || claims != someClaims {
					t.Errorf("want the kid, the type, the algorithm and the claims, got %+v and %s", header, claims)
				}
			}
			if v.asked.Load() != 2 || v.unasked.Load() != 1 || v.logins.Load() != 1 {
				t.Errorf("want 2 signatures by one token after one challenge, got %d, %d, %d", v.asked.Load(), v.logins.Load(), v.unasked.Load())
			}
		})
	}
}

func TestMaskinportenTakesAGrantThatAVaultSigned(t *testing.T) {
	v := newVault(t)
	w := begin(t, func(_ *world, c *maskinporten.Config) { c.Signer = v.signer() })
	w.mustToken(scope)
	if v.asked.Load() != 1 {
		t.Errorf("want one signature, got %d", v.asked.Load())
	}
	w.wantCalls(1, 1)
}

// kindOf names an error, with who must act.
func kindOf(err error) string {
	if refused, ok := errors.AsType[*external.Refused](err); ok {
		return "refused, for " + string(refused.Actor)
	}
	if external.IsTryLater(err) {
		return "try later"
	}
	return fmt.Sprintf("none of ours: %v", err)
}

func answer(status int, code, inner string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		fault(w, status, code, inner)
		return true
	}
}

func TestWhatAVaultsErrorsMean(t *testing.T) {
	const refused, later = "refused, for " + string(v1alpha1.ActorPlatform), "try later"
	set := func(change func(*maskinporten.KeyVault)) func(*vault, *maskinporten.KeyVault) {
		return func(_ *vault, c *maskinporten.KeyVault) { change(c) }
	}
	says := func(status int, code, inner string) func(*vault, *maskinporten.KeyVault) {
		return func(v *vault, _ *maskinporten.KeyVault) { v.before = answer(status, code, inner) }
	}
	for sentence, tc := range map[string]struct {
		spoil      func(*vault, *maskinporten.KeyVault)
		kind, text string
		asked      int32
	}{
		"an unknown key":     {set(func(c *maskinporten.KeyVault) { c.Key = "other" }), refused, "no such key", 1},
		"an unknown version": {set(func(c *maskinporten.KeyVault) { c.Version = strings.Repeat("f", 32) }), refused, "no such version", 1},
		"a disabled key":     {func(v *vault, _ *maskinporten.KeyVault) { v.disabled = true }, refused, "the key is disabled: KeyDisabled", 1},
		"no right to sign":   {says(403, "Forbidden", "ForbiddenByRbac"), refused, "may not sign with the key, or the key is out of its time: ForbiddenByRbac", 1},
		"a key of another kind, for which the algorithm is wrong": {says(400, "BadParameter", ""), refused, "does not sign like that", 1},
		"an error that is no JSON": {func(v *vault, _ *maskinporten.KeyVault) {
			v.before = func(w http.ResponseWriter, _ *http.Request) bool {
				http.Error(w, "canary", http.StatusForbidden)
				return true
			}
		}, refused, "status 403", 1},
		"a code that is a sentence": {says(403, "canary is no code", ""), refused, "status 403", 1},
		"its own trouble":           {says(500, "InternalServerError", ""), later, "status 500", 3},
		"trouble in front of it":    {says(503, "ServiceUnavailable", ""), later, "status 503", 3},
		"throttling without a wish": {says(429, "Throttled", ""), later, "status 429: Throttled", 3},
		"a signature by another key": {func(v *vault, _ *maskinporten.KeyVault) {
			v.spoil = func(a map[string]string) { a["kid"] = strings.ReplaceAll(a["kid"], vaultKey, "canary") }
		}, later, "no signature by the key", 1},
		"one by another version": {func(v *vault, _ *maskinporten.KeyVault) {
			v.spoil = func(a map[string]string) { a["kid"] = a["kid"][:len(a["kid"])-1] + "0" }
		}, later, "no signature by the key", 1},
		"a key that is named by no URL": {func(v *vault, _ *maskinporten.KeyVault) { v.spoil = func(a map[string]string) { a["kid"] = "canary" } }, later, "no signature by the key", 1},
		"half a signature": {func(v *vault, _ *maskinporten.KeyVault) {
			v.spoil = func(a map[string]string) { a["value"] = a["value"][:40] }
		}, later, "no signature by the key", 1},
		"no signature": {func(v *vault, _ *maskinporten.KeyVault) { v.spoil = func(a map[string]string) { clear(a) } }, later, "no signature by the key", 1},
		"a page": {func(v *vault, _ *maskinporten.KeyVault) {
			v.before = func(w http.ResponseWriter, _ *http.Request) bool {
				_, _ = w.Write([]byte("<!doctype html><p>canary"))
				return true
			}
		}, later, "try later", 1},
		"a redirect, which might take the token elsewhere": {func(v *vault, _ *maskinporten.KeyVault) {
			v.before = func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, "https://canary.example.com/", http.StatusTemporaryRedirect)
				return true
			}
		}, refused, "status 307", 1},
		"a connection that breaks": {func(v *vault, _ *maskinporten.KeyVault) {
			v.before = func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
		}, later, "no connection", 3},
		"nobody there": {func(v *vault, c *maskinporten.KeyVault) { v.server.Close() }, later, "no connection", 0},
		"silence": {func(v *vault, c *maskinporten.KeyVault) {
			c.Timeout = 50 * time.Millisecond
			v.before = func(_ http.ResponseWriter, r *http.Request) bool {
				return wait(r)
			}
		}, later, "try later: no answer in time", -1},
		"a challenge of another vault": {func(v *vault, _ *maskinporten.KeyVault) {
			v.challenge = strings.ReplaceAll(challenge, "resource=\"https://example.com", "resource=\"https://canary.net")
		}, refused, "does not ask for a token", 0},
		"a challenge that cannot be read": {func(v *vault, _ *maskinporten.KeyVault) {
			v.challenge = `Bearer authorization="canary", resource="https://example.com"`
		}, later, "no signature by the key", 0},
		"a credential that has no token now": {func(v *vault, _ *maskinporten.KeyVault) {
			v.login = errors.New("canary")
		}, later, "gave no token", 0},
		"a directory that knows no such identity": {func(v *vault, _ *maskinporten.KeyVault) {
			v.login = directory(http.StatusUnauthorized)
		}, refused, "the directory gives the operator's identity no token", 0},
		"a directory that is busy": {func(v *vault, _ *maskinporten.KeyVault) {
			v.login = directory(http.StatusTooManyRequests)
		}, later, "gave no token", 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			v := newVault(t)
			config := v.config()
			tc.spoil(v, &config)
			signer, err := maskinporten.NewKeyVaultSigner(config, v, v.clock)
			if err != nil {
				t.Fatal(err)
			}
			_, err = signer.Sign(t.Context(), []byte(someClaims))
			if got := kindOf(err); got != tc.kind || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("want %s with %q, got %s: %v", tc.kind, tc.text, got, err)
			}
			wantHarmless(t, fmt.Sprintf("%v %+v", err, errors.Unwrap(err)))
			if got := v.asked.Load(); tc.asked >= 0 && got != tc.asked {
				t.Errorf("want %d attempts, got %d", tc.asked, got)
			}
		})
	}
}

// wait ends with the call. The server sees that a caller is gone only when it has read what the caller sent.
func wait(r *http.Request) bool {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
	return true
}

// directory is an error of azidentity's with an answer in it.
func directory(status int) error {
	return fmt.Errorf("canary: %w", &azidentity.AuthenticationFailedError{
		RawResponse: &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"9"}}, Body: http.NoBody},
	})
}

func TestAVaultThatAskedToBeLeftAloneIs(t *testing.T) {
	v := newVault(t)
	v.before = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "40")
		fault(w, http.StatusTooManyRequests, "Throttled", "")
		return true
	}
	signer := v.signer()
	want := func(after time.Duration, asked int32) {
		t.Helper()
		_, err := signer.Sign(t.Context(), []byte(someClaims))
		later, ok := errors.AsType[*external.TryLater](err)
		if !ok || later.RetryAfter != after || v.asked.Load() != asked {
			t.Errorf("want to come back after %v and %d calls, got %v after %d", after, asked, err, v.asked.Load())
		}
	}
	want(40*time.Second, 1)
	v.clock.Step(30 * time.Second)
	want(10*time.Second, 1)
	v.clock.Step(10 * time.Second)
	v.before = nil
	if _, err := signer.Sign(t.Context(), []byte(someClaims)); err != nil {
		t.Error(err)
	}
}

func TestAVaultThatRecoversWithinACallIsAskedAgain(t *testing.T) {
	v := newVault(t)
	var failed atomic.Bool
	v.before = func(w http.ResponseWriter, _ *http.Request) bool {
		if failed.Swap(true) {
			return false
		}
		fault(w, http.StatusServiceUnavailable, "ServiceUnavailable", "")
		return true
	}
	grant, err := v.signer().Sign(t.Context(), []byte(someClaims))
	if err != nil {
		t.Fatal(err)
	}
	verified(t, grant, jose.RS256)
	if v.asked.Load() != 2 {
		t.Errorf("want 2 attempts, got %d", v.asked.Load())
	}
}

func TestWhoeverStopsWaitingForAVaultIsToldSo(t *testing.T) {
	v := newVault(t)
	ctx, stop := context.WithCancel(t.Context())
	v.before = func(_ http.ResponseWriter, r *http.Request) bool {
		stop()
		return wait(r)
	}
	_, err := v.signer().Sign(ctx, []byte(someClaims))
	if !external.IsTryLater(err) || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "we stopped waiting") {
		t.Errorf("want that we stopped waiting, got %v", err)
	}
}

func TestARefusalOfAVaultReachesWhoeverNeedsTheToken(t *testing.T) {
	v := newVault(t)
	v.disabled = true
	w := begin(t, func(_ *world, c *maskinporten.Config) { c.Signer = v.signer() })
	for range 2 {
		_, err := w.token(scope)
		if got := kindOf(err); got != "refused, for "+string(v1alpha1.ActorPlatform) || !strings.Contains(err.Error(), "the key is disabled") {
			t.Errorf("want a refusal for the platform, got %v", err)
		}
	}
	if v.asked.Load() != 1 {
		t.Errorf("want the refusal to be remembered, got %d calls", v.asked.Load())
	}
	w.wantCalls(0, 0)
}

func TestAVaultThatIsNotWhollyConfiguredIsRefused(t *testing.T) {
	v := newVault(t)
	for sentence, spoil := range map[string]func(*maskinporten.KeyVault){
		"no URL":               func(c *maskinporten.KeyVault) { c.URL = "" },
		"no TLS":               func(c *maskinporten.KeyVault) { c.URL = "http://operator.example.com" },
		"a path":               func(c *maskinporten.KeyVault) { c.URL += "keys" },
		"a query":              func(c *maskinporten.KeyVault) { c.URL += "?canary=1" },
		"a user":               func(c *maskinporten.KeyVault) { c.URL = "https://canary@operator.example.com" },
		"no key":               func(c *maskinporten.KeyVault) { c.Key = "" },
		"no kid":               func(c *maskinporten.KeyVault) { c.KeyID = "" },
		"an elliptic curve":    func(c *maskinporten.KeyVault) { c.Algorithm = jose.ES256 },
		"a symmetric one":      func(c *maskinporten.KeyVault) { c.Algorithm = jose.HS256 },
		"one with random salt": func(c *maskinporten.KeyVault) { c.Algorithm = jose.PS256 },
	} {
		config := v.config()
		spoil(&config)
		if _, err := maskinporten.NewKeyVaultSigner(config, v, v.clock); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: want an error without what was configured, got %v", sentence, err)
		}
	}
	if _, err := maskinporten.NewKeyVaultSigner(v.config(), nil, v.clock); err == nil {
		t.Error("no credential: want an error")
	}
	if _, err := maskinporten.NewKeyVaultSigner(v.config(), v, nil); err == nil {
		t.Error("no clock: want an error")
	}
}

func TestAPodWithoutAWorkloadIdentityIsTold(t *testing.T) {
	for _, name := range []string{"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"} {
		t.Setenv(name, "")
	}
	_, err := maskinporten.WorkloadIdentity()
	if err == nil || !strings.Contains(err.Error(), "AZURE_FEDERATED_TOKEN_FILE") {
		t.Errorf("want what is missing, got %v", err)
	}
	t.Setenv("AZURE_CLIENT_ID", "11111111-2222-3333-4444-555555555555")
	t.Setenv("AZURE_TENANT_ID", "11111111-2222-3333-4444-555555555555")
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", "/var/run/secrets/azure/tokens/azure-identity-token")
	if _, err := maskinporten.WorkloadIdentity(); err != nil {
		t.Error(err)
	}
}
