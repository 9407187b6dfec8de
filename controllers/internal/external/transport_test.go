// SPDX-License-Identifier: BSD-3-Clause

package external_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	clockpkg "k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

const problem404 = `{"title":"Not Found","status":404}`

func TestWhatAnAnswerMeans(t *testing.T) {
	const (
		html    = "text/html; charset=utf-8"
		page    = "<!DOCTYPE html><title>Sorry</title>"
		problem = "application/problem+json; charset=utf-8"
	)
	for sentence, tc := range map[string]struct {
		status            int
		contentType, body string
		want              string
		attempts          int32
	}{
		"JSON with 200 is what was asked for":                {200, "application/json; charset=utf-8", `{}`, "ok", 1},
		"a page with 200 is from somebody in between":        {200, html, page, "try later", 3},
		"a page that says it is JSON is still a page":        {200, "application/json", page, "try later", 3},
		"text where JSON was asked for is not the answer":    {200, "text/plain", "fine", "try later", 3},
		"another success than was asked for is not believed": {202, "application/json", `{}`, "try later", 3},
		"a 404 with a problem is the system's":               {404, problem, problem404, "not found", 1},
		"a 404 in a page is not":                             {404, html, page, "try later", 3},
		"a 404 in plain text is a router's":                  {404, "text/plain", "default backend - 404", "try later", 3},
		"a 404 without a body is nobody's":                   {404, "", "", "try later", 3},
		"409 is a conflict":                                  {409, "application/json", `"The Resource already exist"`, "conflict", 1},
		"412 is a conflict":                                  {412, "", "", "conflict", 1},
		"400 is refused":                                     {400, problem, `{"title":"x"}`, "refused", 1},
		"403 is refused":                                     {403, "", "", "refused", 1},
		"a page with 403 is not the system's refusal":        {403, html, page, "try later", 3},
		"415 is refused":                                     {415, problem, `{}`, "refused", 1},
		"501 is refused":                                     {501, problem, `{}`, "refused", 1},
		"a redirect is not followed":                         {302, "", "", "refused", 1},
		"401 without a token is for later":                   {401, "", "", "try later", 3},
		"401 about rights is refused":                        {401, problem, `{"title":"Unauthorized","detail":"Not authorized for scopes"}`, "refused", 1},
		"408 is for later":                                   {408, "", "", "try later", 3},
		"429 is for later":                                   {429, problem, `{}`, "try later", 3},
		"500 is for later":                                   {500, problem, `{}`, "try later", 3},
		"503 is for later":                                   {503, "", "", "try later", 3},
	} {
		t.Run(sentence, func(t *testing.T) {
			r := serve(t, func(w http.ResponseWriter, request *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				reply(w, tc.status, tc.contentType, tc.body)
			})
			_, err := r.get()
			r.wantKind(err, tc.want)
			r.wantAsked(tc.attempts)
		})
		t.Run(sentence+", and asked once when it must not be repeated", func(t *testing.T) {
			r := serve(t, replyWith(tc.status, tc.contentType, tc.body))
			_, err := r.get(once)
			r.wantKind(err, tc.want)
			r.wantAsked(1)
			var later *external.TryLater
			if errors.As(err, &later) && later.Unsent {
				t.Error("want the outcome unknown, since it was sent")
			}
		})
	}
}

func TestASafeCallIsRepeatedUntilItSucceeds(t *testing.T) {
	count := 0
	r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if count++; count < 3 {
			reply(w, 502, "", "")
			return
		}
		reply(w, 200, "application/json", `{}`)
	})
	_, err := r.get()
	r.wantKind(err, "ok")
	r.wantAsked(3)
	waited := r.clock.Since(begin)
	if waited < 600*time.Millisecond || waited > 1200*time.Millisecond {
		t.Errorf("want waits of 200 and 400 ms, each up to doubled by chance; got %v", waited)
	}
}

func TestAnswersThatBreak(t *testing.T) {
	const silence = "an answer that does not come"
	for sentence, answer := range map[string]http.HandlerFunc{
		"a connection that is closed without a word": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"a body that ends too early": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			reply(w, 200, "application/json", `{`)
			panic(http.ErrAbortHandler)
		},
		"a body that is too long": func(w http.ResponseWriter, _ *http.Request) {
			reply(w, 200, "application/json", strings.Repeat(" ", 2000)+"{}")
		},
		silence: func(_ http.ResponseWriter, request *http.Request) { <-request.Context().Done() },
	} {
		t.Run(sentence, func(t *testing.T) {
			r := serve(t, answer, func(config *external.Config) {
				config.MaxBody = 1000
				if sentence == silence {
					config.Timeout = 500 * time.Millisecond
				}
			})
			_, err := r.get(once)
			r.wantKind(err, "try later")
			r.wantAsked(1)
			r.asked.Store(0)
			_, err = r.get()
			r.wantKind(err, "try later")
			if got := r.asked.Load(); got < 3 { // Go's own transport may add one where a kept connection was dead
				t.Errorf("want it repeated, got %d calls", got)
			}
		})
	}
}

// counted counts attempts to call; the calls are real.
type counted struct{ attempts atomic.Int32 }

func (c *counted) RoundTrip(request *http.Request) (*http.Response, error) {
	c.attempts.Add(1)
	return http.DefaultTransport.RoundTrip(request)
}

func TestACallThatWasNotSentIsRepeatedWhateverItDoes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	transport := &counted{}
	r := serve(t, replyWith(200, "application/json", "{}"), func(config *external.Config) { config.RoundTripper = transport })
	r.url = "http://" + listener.Addr().String()
	_, err = r.get(once)
	r.wantKind(err, "try later")
	var later *external.TryLater
	if !errors.As(err, &later) || !later.Unsent || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("want it said that nothing was sent and why, got %#v", err)
	}
	if got := transport.attempts.Load(); got != 3 {
		t.Errorf("want 3 attempts, got %d", got)
	}
}

func TestRetryAfter(t *testing.T) {
	for sentence, tc := range map[string]struct {
		header string
		want   time.Duration
	}{
		"in seconds":                     {"60", time.Minute},
		"as a date":                      {begin.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second},
		"as a date that is past":         {begin.Add(-time.Hour).Format(http.TimeFormat), 0},
		"below nothing":                  {"-5", 0},
		"as nonsense":                    {"soon", 0},
		"of years is taken for an hour":  {"999999999", time.Hour},
		"of a far date is an hour too":   {begin.AddDate(10, 0, 0).Format(http.TimeFormat), time.Hour},
		"that is missing leaves it open": {"", 0},
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, status := range []int{429, 503} {
				r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", tc.header)
					w.WriteHeader(status)
				})
				_, err := r.get(once)
				var later *external.TryLater
				if !errors.As(err, &later) || later.RetryAfter != tc.want {
					t.Errorf("want %v, got %#v", tc.want, err)
				}
			}
		})
	}
}

func TestAShortRetryAfterIsWaitedFor(t *testing.T) {
	count := 0
	r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if count++; count == 1 {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(429)
			return
		}
		reply(w, 200, "application/json", `{}`)
	})
	_, err := r.get()
	r.wantKind(err, "ok")
	if waited := r.clock.Since(begin); waited != 2*time.Second {
		t.Errorf("want 2 s, got %v", waited)
	}
}

func TestALongRetryAfterHoldsAllCallsToTheSystem(t *testing.T) {
	angry := true
	r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if angry {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(503)
			return
		}
		reply(w, 200, "application/json", `{}`)
	})
	_, err := r.get()
	r.wantKind(err, "try later")
	r.wantAsked(1)
	angry = false
	r.clock.Step(10 * time.Second)
	_, err = r.get()
	var later *external.TryLater
	if !errors.As(err, &later) || later.RetryAfter != 50*time.Second || !later.Unsent {
		t.Errorf("want to be told to come back in 50 s, got %#v", err)
	}
	r.wantAsked(1)
	r.clock.Step(50 * time.Second)
	_, err = r.get()
	r.wantKind(err, "ok")
}

func TestTwoHundredCallsTakeAsLongAsTheBudgetSays(t *testing.T) {
	r := serve(t, replyWith(200, "application/json", `{}`),
		func(config *external.Config) { config.Budget = external.Budget{PerSecond: 50, Burst: 10} })
	for range 200 {
		if _, err := r.get(); err != nil {
			t.Fatal(err)
		}
	}
	// The first ten go at once, and each of the others 20 ms after the one before it.
	if took := r.clock.Since(begin).Round(time.Millisecond); took != 3800*time.Millisecond {
		t.Errorf("want 3.8 s on the clock, got %v", took)
	}
	r.wantAsked(200)
}

func TestRepetitionsAreWithinTheBudget(t *testing.T) {
	r := serve(t, replyWith(500, "", ""),
		func(config *external.Config) { config.Budget = external.Budget{PerSecond: 0.1, Burst: 1} })
	_, err := r.get()
	r.wantKind(err, "try later")
	r.wantAsked(3)
	if took := r.clock.Since(begin).Round(time.Second); took != 20*time.Second {
		t.Errorf("want 20 s on the clock, got %v", took)
	}
}

func TestAContextThatEndsEndsTheCall(t *testing.T) {
	r := serve(t, replyWith(200, "application/json", `{}`))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.client.Do(ctx, external.Call{Operation: "get thing", Method: http.MethodGet, URL: r.url, Want: []int{200}})
	r.wantKind(err, "try later")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want the context's end as the cause, got %v", err)
	}
	r.wantAsked(0)
}

// flaky answers without a network, so that a bubble of synctest can hold it.
type flaky struct {
	status atomic.Int32
	asked  atomic.Int32
}

func (f *flaky) RoundTrip(request *http.Request) (*http.Response, error) {
	f.asked.Add(1)
	return &http.Response{
		StatusCode: int(f.status.Load()), Header: http.Header{"Content-Type": {"application/problem+json"}},
		Body: http.NoBody, Request: request,
	}, nil
}

func TestTheBreakerOpensLetsOneThroughAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &flaky{}
		config := external.Defaults("breaker", clockpkg.RealClock{})
		config.RoundTripper = server
		config.Breaker = external.Breaker{Failures: 5, Open: 30 * time.Second}
		client := newClient(t, config)
		call := func() error {
			_, err := client.Do(t.Context(), external.Call{
				Operation: "put", Method: http.MethodPut, URL: "http://x.test/", Want: []int{200},
			})
			return err
		}
		expect := func(when string, err error, want string, asked int32) {
			t.Helper()
			if got := kind(err); got != want || server.asked.Load() != asked {
				t.Errorf("%s: want %s after %d calls, got %s after %d: %v", when, want, asked, got, server.asked.Load(), err)
			}
		}
		server.status.Store(400)
		for i := range int32(20) {
			expect("refusals do not open it", call(), "refused", i+1)
		}
		server.asked.Store(0)
		server.status.Store(500)
		for i := range int32(5) {
			expect("closed", call(), "try later", i+1)
		}
		err := call()
		expect("open", err, "try later", 5)
		var later *external.TryLater
		if !errors.As(err, &later) || !later.Unsent || later.RetryAfter != 30*time.Second {
			t.Errorf("want to be told when to come back, got %#v", err)
		}
		if got := gauge(t, "breaker"); got != 1 {
			t.Errorf("want the metric to say open, got %v", got)
		}
		time.Sleep(31 * time.Second)
		expect("half open, and it fails", call(), "try later", 6)
		expect("open again", call(), "try later", 6)
		server.status.Store(200)
		expect("still open", call(), "try later", 6)
		time.Sleep(31 * time.Second)
		expect("half open, and it is well", call(), "ok", 7)
		expect("closed", call(), "ok", 8)
		if got := gauge(t, "breaker"); got != 0 {
			t.Errorf("want the metric to say closed, got %v", got)
		}
	})
}

func gauge(t *testing.T, system string) float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "serviceowner_operator_external_breaker_open" && metric.GetLabel()[0].GetValue() == system {
				return metric.GetGauge().GetValue()
			}
		}
	}
	return -1
}

func TestThrottlingDoesNotOpenTheBreaker(t *testing.T) {
	r := serve(t, replyWith(429, "", ""), func(config *external.Config) { config.Breaker.Failures = 2 })
	for range 10 {
		_, err := r.get(once)
		r.wantKind(err, "try later")
	}
	r.wantAsked(10)
}

func TestCallsAreCountedBySystemOperationAndOutcome(t *testing.T) {
	system := "counted-" + rand.Text() // metrics outlive a test
	statuses := []int{200, 404, 409, 400, 429, 401, 500}
	i := -1
	r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		i++
		body := `{}`
		if statuses[i] == 401 {
			body = ""
		}
		reply(w, statuses[i], "application/problem+json", body)
	}, func(config *external.Config) { config.System = system })
	for range statuses {
		_, _ = r.get(once, func(call *external.Call) { call.Answers, call.Operation = nil, "op" })
	}
	expected := map[string]bool{}
	for _, outcome := range []string{"ok", "not_found", "conflict", "refused", "throttled", "unauthorized", "failed"} {
		expected[outcome] = true
	}
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "serviceowner_operator_external_call_duration_seconds" {
			continue
		}
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			if labels["system"] == system && labels["operation"] == "op" && metric.GetHistogram().GetSampleCount() == 1 {
				delete(expected, labels["outcome"])
			}
		}
	}
	if len(expected) > 0 {
		t.Errorf("want one of each outcome, missing %v", expected)
	}
}

func TestAConfigurationWithoutALimitIsRefused(t *testing.T) {
	for sentence, spoil := range map[string]func(*external.Config){
		"no name":            func(c *external.Config) { c.System = "" },
		"no clock":           func(c *external.Config) { c.Clock = nil },
		"no timeout":         func(c *external.Config) { c.Timeout = 0 },
		"no attempts":        func(c *external.Config) { c.Attempts = 0 },
		"no backoff":         func(c *external.Config) { c.Backoff.Duration = 0 },
		"no budget":          func(c *external.Config) { c.Budget = external.Budget{} },
		"no breaker":         func(c *external.Config) { c.Breaker = external.Breaker{} },
		"no limit of a body": func(c *external.Config) { c.MaxBody = 0 },
	} {
		t.Run(sentence, func(t *testing.T) {
			config := external.Defaults("test", newClock())
			spoil(&config)
			if _, err := external.New(config); err == nil {
				t.Error("want an error")
			}
		})
	}
}

// failing is a source of tokens that has none.
type failing struct{ err error }

func (f failing) Token(context.Context) (string, error) { return "", f.err }
func (failing) Rejected(string)                         {}

func TestWithoutATokenNothingIsKnownOfWhatItWasFor(t *testing.T) {
	for sentence, tc := range map[string]struct {
		err  error
		want string
	}{
		"a refusal stays one":               {&external.Refused{}, "refused"},
		"later stays later":                 {&external.TryLater{RetryAfter: time.Minute}, "try later"},
		"not found is about the token":      {&external.NotFound{}, "try later"},
		"a conflict is about the token":     {&external.Conflict{}, "try later"},
		"anything else is not known either": {fmt.Errorf("reading a file"), "try later"},
	} {
		t.Run(sentence, func(t *testing.T) {
			r := serve(t, replyWith(200, "application/json", `{}`))
			_, err := r.get(func(call *external.Call) { call.Bearer = failing{tc.err} })
			r.wantKind(err, tc.want)
			r.wantAsked(0)
			var later *external.TryLater
			if errors.As(err, &later) && !later.Unsent {
				t.Error("want it said that nothing was sent")
			}
		})
	}
}

// renewing gives another token after each rejection.
type renewing struct{ rejected []string }

func (n *renewing) Token(context.Context) (string, error) {
	return fmt.Sprintf("token-%d", len(n.rejected)), nil
}
func (n *renewing) Rejected(token string) { n.rejected = append(n.rejected, token) }

func TestATokenThatIsNotAcceptedIsReplaced(t *testing.T) {
	handler := func(w http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "Bearer token-1" {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="the token expired"`)
			w.WriteHeader(401)
			return
		}
		reply(w, 200, "application/json", `{}`)
	}
	tokens := &renewing{}
	r := serve(t, handler)
	_, err := r.get(func(call *external.Call) { call.Bearer = tokens })
	r.wantKind(err, "ok")
	if fmt.Sprint(tokens.rejected) != "[token-0]" {
		t.Errorf("want the old token rejected, got %v", tokens.rejected)
	}
	tokens = &renewing{}
	_, err = r.get(once, func(call *external.Call) { call.Bearer = tokens })
	r.wantKind(err, "try later")
	_, err = r.get(once, func(call *external.Call) { call.Bearer = tokens })
	r.wantKind(err, "ok")
}
