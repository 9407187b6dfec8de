// SPDX-License-Identifier: BSD-3-Clause

package maskinporten_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestGrantsAreAsMaskinportenWantsThem(t *testing.T) {
	w := begin(t)
	w.mustToken(scope)
	grant := w.signer.grants[0]
	if grant["aud"] != w.url+"/" {
		t.Errorf("want the issuer with a slash, got %v", grant["aud"])
	}
	if life := grant["exp"].(float64) - grant["iat"].(float64); life > 120 {
		t.Errorf("want at most 120 s, got %v", life)
	}
}

func TestOneCallServesAllWhoAskAtOnce(t *testing.T) {
	w := begin(t)
	w.fault(sandbox.Fault{Path: "/token$", Kind: sandbox.FaultLatency, LatencyMillis: 50})
	tokens := sync.Map{}
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			token, err := w.token(scope)
			if err != nil {
				t.Error(err)
			}
			tokens.Store(token, true)
		})
	}
	group.Wait()
	w.wantCalls(1, 1)
	count := 0
	tokens.Range(func(any, any) bool { count++; return true })
	if count != 1 {
		t.Errorf("want one token, got %d", count)
	}
}

func TestTokensAreKeptBySetOfScopes(t *testing.T) {
	w := begin(t)
	both := w.mustToken(scope, listScope)
	if again := w.mustToken(listScope, scope, scope); again != both {
		t.Error("want the same token for the same set in another order")
	}
	if other := w.mustToken(scope); other == both {
		t.Error("want another token for another set")
	}
	w.wantCalls(2, 2)
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	for sentence, tc := range map[string]struct {
		exchange func(*world, *maskinporten.Config)
		lifetime time.Duration // the sandbox's
	}{
		"of Altinn's, whose end is read in it": {func(*world, *maskinporten.Config) {}, 30 * time.Minute},
		"of Maskinporten's, whose end is told": {func(_ *world, c *maskinporten.Config) { c.ExchangeURL = "" }, 2 * time.Minute},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t, tc.exchange)
			first := w.mustToken(scope)
			w.clock.Step(tc.lifetime/5*4 - time.Second)
			if w.mustToken(scope) != first {
				t.Error("want it kept for four fifths of its life")
			}
			w.clock.Step(2 * time.Second)
			if w.mustToken(scope) == first {
				t.Error("want another one then")
			}
			w.wantUniqueGrants()
		})
	}
}

func TestAnOldTokenServesWhileThereIsNoNewOne(t *testing.T) {
	w := begin(t)
	first := w.mustToken(scope)
	w.fault(sandbox.Fault{Path: "/token$", Kind: sandbox.FaultStatus, Status: 503})
	w.clock.Step(25 * time.Minute)
	if got, err := w.token(scope); err != nil || got != first {
		t.Errorf("want the old token, got %v", err)
	}
	w.clock.Step(6 * time.Minute)
	if _, err := w.token(scope); !external.IsTryLater(err) {
		t.Errorf("want none after its end, got %v", err)
	}
	w.heal()
	if w.mustToken(scope) == first {
		t.Error("want a new one when the trouble is over")
	}
}

func TestARejectedTokenIsNotGivenAgain(t *testing.T) {
	w := begin(t)
	bearer := w.source.For(scope)
	first := w.mustToken(scope)
	bearer.Rejected("somebody else's")
	if w.mustToken(scope) != first {
		t.Error("want the token kept that was not rejected")
	}
	bearer.Rejected(first)
	second := w.mustToken(scope)
	if second == first {
		t.Error("want another token")
	}
	bearer.Rejected(first) // by one who was slow
	if w.mustToken(scope) != second {
		t.Error("want the newer token kept")
	}
}

func TestWhoStopsWaitingStopsNobodyElse(t *testing.T) {
	w := begin(t)
	w.fault(sandbox.Fault{Path: "/token$", Kind: sandbox.FaultLatency, LatencyMillis: 1000})
	impatient, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := w.source.For(scope).Token(impatient)
		done <- err
	}()
	for len(w.signerGrants()) == 0 { // the flight has begun
		time.Sleep(time.Millisecond)
	}
	other := make(chan error)
	go func() {
		_, err := w.token(scope)
		other <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || !external.IsTryLater(err) {
		t.Errorf("want to hear that we stopped waiting, got %v", err)
	}
	if err := <-other; err != nil {
		t.Errorf("want the other served, got %v", err)
	}
	w.wantCalls(1, 1)
}

func (w *world) signerGrants() []map[string]any {
	w.signer.mu.Lock()
	defer w.signer.mu.Unlock()
	return w.signer.grants
}

// Every way in which the two calls can go wrong, while it lasts and after.
func TestFaultsOnTheWayToAToken(t *testing.T) {
	kinds := map[string]sandbox.Fault{
		"500":                      {Kind: sandbox.FaultStatus, Status: 500},
		"502":                      {Kind: sandbox.FaultStatus, Status: 502},
		"503 with Retry-After":     {Kind: sandbox.FaultStatus, Status: 503, RetryAfterSeconds: 30},
		"500 after the work":       {Kind: sandbox.FaultStatus, Status: 500, AfterEffect: true},
		"429":                      {Kind: sandbox.FaultThrottle, RetryAfterSeconds: 7},
		"429 after the work":       {Kind: sandbox.FaultThrottle, RetryAfterSeconds: 7, AfterEffect: true},
		"a dropped connection":     {Kind: sandbox.FaultDrop},
		"dropped after the work":   {Kind: sandbox.FaultDrop, AfterEffect: true},
		"a truncated answer":       {Kind: sandbox.FaultTruncate},
		"a page for people":        {Kind: sandbox.FaultContentType},
		"latency beyond the limit": {Kind: sandbox.FaultLatency, LatencyMillis: 300},
	}
	for call, path := range map[string]string{"the token": "^/token$", "the exchange": "/exchange/"} {
		for sentence, fault := range kinds {
			fault.Path = path
			t.Run(call+" with "+sentence, func(t *testing.T) {
				w := begin(t)
				short := external.Defaults("short", w.clock)
				short.Breaker.Failures = 1e6
				if fault.Kind == sandbox.FaultLatency {
					short.Timeout = 50 * time.Millisecond
				}
				client, err := external.New(short)
				if err != nil {
					t.Fatal(err)
				}
				w.source, err = maskinporten.NewSource(maskinporten.Config{
					Clock: w.clock, Issuer: w.url, ClientID: "operator", Signer: w.signer,
					ExchangeURL: w.url + "/authentication/api/v1/exchange/maskinporten",
				}, client, client)
				if err != nil {
					t.Fatal(err)
				}
				w.fault(fault)
				_, err = w.token(scope)
				later, ok := errors.AsType[*external.TryLater](err)
				if !ok || later.RetryAfter != time.Duration(fault.RetryAfterSeconds)*time.Second {
					t.Errorf("want to try later, after what was asked for, got %#v", err)
				}
				w.heal()
				w.clock.Step(time.Minute)
				w.wantUniqueGrants()
				if fault.Kind == sandbox.FaultLatency {
					return // an impatient client may not get its token at all on a machine with much else to do
				}
				w.mustToken(scope)
				fault.Count = 1
				if fault.Kind != sandbox.FaultThrottle && fault.RetryAfterSeconds == 0 {
					w.fault(fault)
					w.mustToken(listScope)
				}
				w.wantUniqueGrants()
			})
		}
	}
}

func TestWhatMaskinportensErrorsMean(t *testing.T) {
	change := func(change func(*maskinporten.Config)) func(*world, *maskinporten.Config) {
		return func(_ *world, c *maskinporten.Config) { change(c) }
	}
	key := func(kid string) func(*world, *maskinporten.Config) {
		return func(w *world, c *maskinporten.Config) { c.Signer = w.signWith(kid) }
	}
	nothing := change(func(*maskinporten.Config) {})
	for sentence, tc := range map[string]struct {
		change func(*world, *maskinporten.Config)
		scope  string
		code   string
		actor  v1alpha1.Actor // empty is try later
		cause  error
	}{
		"an unknown client may yet become known": {
			change(func(c *maskinporten.Config) { c.ClientID = "nobody" }), scope, "MP-100", "", nil},
		"an unknown key is the platform's":  {key("nobody's"), scope, "MP-120", v1alpha1.ActorPlatform, nil},
		"an expired key must be rotated":    {key("key-old"), scope, "MP-121", v1alpha1.ActorPlatform, maskinporten.ErrKeyExpired},
		"a scope that is not on the client": {nothing, "other:scope", "MP-200", v1alpha1.ActorPlatform, maskinporten.ErrScopeNotOnClient},
		"a scope that was not granted":      {nothing, closed, "MP-250", v1alpha1.ActorExternal, maskinporten.ErrScopeAccessDenied},
		"a delegation that is missing":      {change(func(c *maskinporten.Config) { c.Consumer = sandbox.DigdirNumber }), scope, "MP-251", v1alpha1.ActorServiceOwner, maskinporten.ErrDelegationMissing},
		"clocks that differ": {
			func(w *world, _ *maskinporten.Config) { w.server.Advance(time.Minute) }, scope, "MP-130", "", nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t, tc.change)
			_, err := w.token(tc.scope)
			if tc.actor == "" {
				later, ok := errors.AsType[*external.TryLater](err)
				if !ok || later.Code != tc.code || later.RetryAfter != time.Minute {
					t.Errorf("want to try later for %s, got %#v", tc.code, err)
				}
			} else if refused, ok := errors.AsType[*external.Refused](err); !ok || refused.Code != tc.code || refused.Actor != tc.actor {
				t.Errorf("want %s to be refused for %s, got %#v", tc.code, tc.actor, err)
			}
			if tc.cause != nil && !errors.Is(err, tc.cause) {
				t.Errorf("want %v as the cause, got %v", tc.cause, err)
			}
			w.wantCalls(1, 0)
			if _, again := w.token(tc.scope); again == nil || again.Error() != err.Error() {
				t.Errorf("want the same words again, got %v", again)
			}
			w.wantCalls(1, 0) // it is remembered
			w.clock.Step(61 * time.Second)
			_, _ = w.token(tc.scope)
			w.wantCalls(2, 0)
		})
	}
}

func TestAClientThatStaysUnknownIsAPersonsToMend(t *testing.T) {
	w := begin(t, func(_ *world, c *maskinporten.Config) { c.ClientID = "late" })
	var err error
	for range 4 {
		if _, err = w.token(scope); !external.IsTryLater(err) {
			t.Fatalf("want to wait for a new client, got %v", err)
		}
		w.clock.Step(61 * time.Second)
	}
	w.clock.Step(time.Minute)
	if _, err = w.token(scope); !errors.Is(err, maskinporten.ErrClientUnknown) || !external.IsRefused(err) {
		t.Fatalf("want a refusal after five minutes, got %v", err)
	}
	key := jwk("key-1")
	w.server.RegisterClient(sandbox.Client{
		ID: "late", Organisation: sandbox.SkatteetatenNumber, Scopes: []string{scope},
		Keys: []sandbox.Key{{JWK: key.Public()}},
	})
	w.clock.Step(61 * time.Second)
	w.mustToken(scope)
}

func TestTokensMayBeForSomebodyWhoDelegated(t *testing.T) {
	w := begin(t, func(_ *world, c *maskinporten.Config) { c.Consumer = sandbox.NAVNumber })
	w.mustToken(scope)
}

// The codes that the sandbox has no occasion for, and answers that are no error of the protocol.
func TestOtherAnswersOfTheTokenEndpoint(t *testing.T) {
	oauth := func(code string) string {
		return `{"error":"invalid_grant","error_description":"something","error_uri":"https://docs.example/feilsoking#` + strings.ToLower(code) + `"}`
	}
	for sentence, tc := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"MP-011 is a fault of ours":               {400, oauth("MP-011"), "Refused Platform"},
		"MP-012 passes with the next grant":       {400, oauth("MP-012"), "TryLater"},
		"MP-110 is the configuration":             {400, oauth("MP-110"), "Refused Platform"},
		"MP-122 is the key":                       {400, oauth("MP-122"), "Refused Platform"},
		"MP-123 is the certificate":               {400, oauth("MP-123"), "Refused Platform"},
		"MP-124 is the certificate":               {400, oauth("MP-124"), "Refused Platform"},
		"MP-201 is the client":                    {401, oauth("MP-201"), "Refused Platform"},
		"MP-301 is ours":                          {400, oauth("MP-301"), "Refused Platform"},
		"MP-302 is ours":                          {400, oauth("MP-302"), "Refused Platform"},
		"MP-303 is ours":                          {400, oauth("MP-303"), "Refused Platform"},
		"a number we do not know needs a person":  {400, oauth("MP-999"), "Refused Platform"},
		"an error without a number needs one too": {400, `{"error":"invalid_client"}`, "Refused Platform"},
		"a missing endpoint is no answer":         {404, `{}`, "TryLater"},
		"its own trouble passes":                  {500, oauth("MP-100"), "TryLater"},
		"a token without a lifetime is none":      {200, `{"access_token":"x"}`, "TryLater"},
		"a lifetime without a token is none":      {200, `{"expires_in":120}`, "TryLater"},
		"what is no JSON is none":                 {200, `access_token`, "TryLater"},
	} {
		t.Run(sentence, func(t *testing.T) {
			w := begin(t)
			stub := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
				out.Header().Set("Content-Type", "application/json")
				if tc.status == 404 {
					out.Header().Set("Content-Type", "application/problem+json")
				}
				out.WriteHeader(tc.status)
				_, _ = out.Write([]byte(tc.body))
			}))
			defer stub.Close()
			source, err := maskinporten.NewSource(maskinporten.Config{
				Clock: w.clock, Issuer: stub.URL, ClientID: "operator", Signer: w.signer,
			}, w.client("stub"), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = source.For(scope).Token(t.Context())
			if got := named(err); got != tc.want {
				t.Errorf("want %s, got %s: %v", tc.want, got, err)
			}
			w.wantUniqueGrants()
		})
	}
}

func named(err error) string {
	if refused, ok := errors.AsType[*external.Refused](err); ok {
		return fmt.Sprintf("Refused %s", refused.Actor)
	}
	if external.IsTryLater(err) {
		return "TryLater"
	}
	return fmt.Sprint(err)
}

func TestAnExchangeThatGivesNoTokenIsNotBelieved(t *testing.T) {
	for sentence, body := range map[string]string{
		"an empty answer":       "",
		"a word":                "canary",
		"three parts of noise":  "a.b.c",
		"a token without end":   "e30.e30.e30",
		"a token that is over":  "e30.eyJleHAiOjF9.e30",
		"a token that never is": "e30.eyJleHAiOjEwLCJpYXQiOjIwfQ.e30",
	} {
		t.Run(sentence, func(t *testing.T) {
			stub := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
				out.Header().Set("Content-Type", "text/plain")
				_, _ = out.Write([]byte(body))
			}))
			defer stub.Close()
			w := begin(t, func(_ *world, c *maskinporten.Config) { c.ExchangeURL = stub.URL })
			if _, err := w.token(scope); !external.IsTryLater(err) || body != "" && strings.Contains(err.Error(), body) {
				t.Errorf("want to try later, without the answer's words, got %v", err)
			}
		})
	}
}

// A server whose clock is elsewhere still says how long its token lives.
func TestATokensLifeIsReadByItsOwnClock(t *testing.T) {
	stub := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "text/plain")
		_, _ = out.Write([]byte("e30.eyJpYXQiOjEwMDAsImV4cCI6MjAwMH0.e30")) // iat 1000, exp 2000
	}))
	defer stub.Close()
	w := begin(t, func(_ *world, c *maskinporten.Config) { c.ExchangeURL = stub.URL })
	w.mustToken(scope)
	w.clock.Step(799 * time.Second)
	w.mustToken(scope)
	w.wantCalls(1, 0)
	w.clock.Step(2 * time.Second)
	w.mustToken(scope)
	w.wantCalls(2, 0)
}
