// SPDX-License-Identifier: BSD-3-Clause

package maskinporten

import (
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// However large the numbers of a token are, it lives longer than none and not longer than it says, nor than is believed;
// and one that has ended lives no longer.
func FuzzLifetime(f *testing.F) {
	for _, seed := range [][2]int64{{1800, 0}, {0, 0}, {-1, 0}, {math.MaxInt64, 0}, {math.MaxInt64, -1}, {9223372037, 1}, {1767614400, 1767612600}, {math.MinInt64, math.MaxInt64}} {
		f.Add(seed[0], seed[1])
	}
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, expires, issued int64) {
		payload := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"exp":%d,"iat":%d}`, expires, issued))
		lifetime, err := lifetimeOf("e30."+payload+".e30", now)
		begin := issued
		if issued == 0 {
			begin = now.Unix()
		}
		if (err == nil) != (expires > begin) {
			t.Fatalf("from %d to %d: %s, %v", begin, expires, lifetime, err)
		}
		if err != nil {
			return
		}
		if lifetime < time.Second || lifetime > longestLife {
			t.Fatalf("from %d to %d are %s", begin, expires, lifetime)
		}
		if said := uint64(expires) - uint64(begin); uint64(lifetime/time.Second) > said {
			t.Fatalf("%d seconds became %s", said, lifetime)
		}
	})
}

// A text that is no token has no lifetime.
func FuzzLifetimeOfAText(f *testing.F) {
	for _, seed := range []string{"", "..", "a.b.c", "e30.e30.e30", "e30.eyJleHAiOjF9.", "e30.eyJleHAiOiIxIn0.x", "e30.bnVsbA.x", "e30.W10.x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lifetime, err := lifetimeOf(text, time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC))
		if (err == nil) != (lifetime > 0) || err == nil && strings.Count(text, ".") != 2 {
			t.Fatalf("%q lives %s, %v", text, lifetime, err)
		}
	})
}

// Whatever the vault answers, it is to be tried later, when that is its own trouble, or a person's to mend; and of its
// words none is told but a code.
func FuzzVaultAnswers(f *testing.F) {
	for _, seed := range []struct {
		status           int
		code, body, wish string
	}{
		{403, "Forbidden", `{"error":{"code":"Forbidden","innererror":{"code":"KeyDisabled"}}}`, ""}, {404, "KeyNotFound", "", ""}, {429, "Throttled", "{}", "7"},
		{503, "", "<html>", "99999999999"}, {401, "Unauthorized", `{"error":{"innererror":null}}`, "-9223372037"}, {0, "", "", ""},
		{400, "https://vault/keys?token=secret", `{"error":{"innererror":{"code":"a code with words"}}}`, "x"},
	} {
		f.Add(seed.status, seed.code, []byte(seed.body), seed.wish)
	}
	f.Fuzz(func(t *testing.T, status int, code string, body []byte, wish string) {
		signer := &vaultSigner{clock: clocktesting.NewFakePassiveClock(time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC))}
		answer := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {wish}}, Body: http.NoBody}
		answer.Body = readable{strings.NewReader(string(body))}
		err := signer.judge(t.Context(), &azcore.ResponseError{StatusCode: status, ErrorCode: code, RawResponse: answer})
		later, isLater := err.(*external.TryLater)    //nolint:errorlint // judge gives it as it is
		refused, isRefused := err.(*external.Refused) //nolint:errorlint // judge gives it as it is
		if isLater == isRefused || isLater != passes(status) {
			t.Fatalf("%d is %T: %v", status, err, err)
		}
		told := ""
		if isLater {
			told = later.Code
			if later.RetryAfter < 0 || later.RetryAfter > maxPause || signer.pause() > maxPause {
				t.Fatalf("%q is a wish of %s, and a pause of %s", wish, later.RetryAfter, signer.pause())
			}
		} else {
			told = refused.Code
		}
		if told != "" && !plainCode.MatchString(told) {
			t.Fatalf("%q is told", told)
		}
	})
}

// readable is a body.
type readable struct{ *strings.Reader }

// Close implements io.Closer.
func (readable) Close() error { return nil }
