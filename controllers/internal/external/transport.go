// SPDX-License-Identifier: BSD-3-Clause

package external

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
)

// Config is how one system is called.
type Config struct {
	// System names it in errors and metrics.
	System string
	Clock  clock.Clock
	// Timeout is how long one attempt may take, with reading the answer.
	Timeout time.Duration
	// Attempts is how often a call is made at most when it may be repeated, the first time included.
	Attempts int
	// Backoff is how long to wait between them; its Steps do not matter.
	Backoff wait.Backoff
	// Patience is the longest wait between attempts. Who wants a longer one gets TryLater, so that no worker sleeps long.
	Patience time.Duration
	Budget   Budget
	Breaker  Breaker
	// MaxBody is how many bytes of an answer are read. A longer one is not believed.
	MaxBody int64
	// RoundTripper is for tests; nil is one made for this system alone.
	RoundTripper http.RoundTripper
}

// Budget is how often a system is called: so many a second in the long run, so many at once.
type Budget struct {
	PerSecond float64
	Burst     int
}

// Breaker is after how many failures in a row a system is left alone, and for how long.
type Breaker struct {
	Failures uint32
	Open     time.Duration
}

// Defaults are right for an API that answers within a second. The budget is ours: none of the systems says what it bears.
func Defaults(system string, clk clock.Clock) Config {
	return Config{
		System:   system,
		Clock:    clk,
		Timeout:  10 * time.Second,
		Attempts: 3,
		Backoff:  wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 1},
		Patience: 2 * time.Second,
		Budget:   Budget{PerSecond: 20, Burst: 10},
		Breaker:  Breaker{Failures: 5, Open: 30 * time.Second},
		MaxBody:  4 << 20,
	}
}

func (c Config) check() error {
	for _, part := range []struct {
		name  string
		right bool
	}{
		{"system", c.System != ""},
		{"clock", c.Clock != nil},
		{"timeout", c.Timeout > 0},
		{"attempts", c.Attempts > 0},
		{"backoff", c.Backoff.Duration > 0},
		{"budget", c.Budget.PerSecond > 0 && c.Budget.Burst > 0},
		{"breaker", c.Breaker.Failures > 0 && c.Breaker.Open > 0},
		{"maximum of a body", c.MaxBody > 0},
	} {
		if !part.right {
			return fmt.Errorf("configuring calls to %q: the %s is missing or not above 0", c.System, part.name)
		}
	}
	return nil
}

// Client calls one system. It is made once and shared by all that call the system, since it keeps the system's budget.
type Client struct {
	config  Config
	http    *http.Client
	limits  *limits
	breaker *gobreaker.CircuitBreaker[*Answer]
}

// New makes the client of a system.
func New(config Config) (*Client, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	if config.RoundTripper == nil {
		config.RoundTripper = ownTransport()
	}
	config.Backoff.Steps = config.Attempts
	return &Client{
		config: config,
		http: &http.Client{
			Transport:     config.RoundTripper,
			Timeout:       config.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		limits: &limits{
			clock:    config.Clock,
			budget:   rate.NewLimiter(rate.Limit(config.Budget.PerSecond), config.Budget.Burst),
			patience: config.Patience,
		},
		breaker: newBreaker(config),
	}, nil
}

// ownTransport is apart from the one all others in the process share, so that what one system does to its connections
// touches no other. It keeps the environment's proxy and Go's own TLS settings.
func ownTransport() http.RoundTripper {
	shared, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := shared.Clone()
	own.MaxIdleConnsPerHost = 10
	return own
}

// Problem begins an error about an answer, for callers that find out more than the status says.
func (c *Client) Problem(operation string) Problem {
	return Problem{System: c.config.System, Operation: operation}
}

// Do makes a call. Every error but one of the call's own body is, or wraps, one of this package's kinds.
func (c *Client) Do(ctx context.Context, call Call) (*Answer, error) {
	backoff := c.config.Backoff
	for attempt := 1; ; attempt++ {
		answer, err := c.withToken(ctx, call)
		later, ok := errors.AsType[*TryLater](err)
		if !ok {
			return answer, err
		}
		pause := max(later.RetryAfter, backoff.Step())
		mayRepeat := later.again && (call.Repeat == Safe || later.Unsent)
		if !mayRepeat || attempt >= c.config.Attempts || pause > c.config.Patience {
			return nil, err
		}
		if c.limits.sleep(ctx, later.Problem, pause) != nil {
			return nil, err // what went wrong says more than that we stopped waiting
		}
	}
}

// withToken makes an attempt with the token that is good now.
func (c *Client) withToken(ctx context.Context, call Call) (*Answer, error) {
	if call.Bearer == nil {
		return c.attempt(ctx, call, "")
	}
	token, err := call.Bearer.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("getting a token to %s: %w", call.Operation, c.withoutToken(call, err))
	}
	answer, err := c.attempt(ctx, call, token)
	if later, ok := errors.AsType[*TryLater](err); ok && later.outcome == outcomeUnauthorized {
		call.Bearer.Rejected(token)
	}
	return answer, err
}

// withoutToken says of a call that got no token that it was not made, and is not to be tried again within it: whoever gives
// tokens has tried. What is not found or in conflict there must not look as if it were so here.
func (c *Client) withoutToken(call Call, err error) error {
	observe(c.config.System, call.Operation, 0, &TryLater{outcome: outcomeHeld})
	if IsRefused(err) {
		return err
	}
	unsent := TryLater{Problem: c.Problem(call.Operation), outcome: outcomeHeld}
	if later, ok := errors.AsType[*TryLater](err); ok {
		unsent = *later
	} else {
		unsent.Why = harmless(err.Error())
	}
	unsent.Unsent, unsent.again = true, false
	return &unsent
}

// attempt is one try, measured.
func (c *Client) attempt(ctx context.Context, call Call, token string) (*Answer, error) {
	begun := c.config.Clock.Now()
	answer, err := c.breaker.Execute(func() (*Answer, error) {
		if err := c.limits.wait(ctx, c.Problem(call.Operation)); err != nil {
			return nil, err
		}
		return c.send(ctx, call, token)
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		p := c.Problem(call.Operation)
		p.Why = "it failed again and again, and is left alone for a while"
		err = &TryLater{Problem: p, RetryAfter: c.config.Breaker.Open, Unsent: true, outcome: outcomeHeld}
	}
	if ours, ok := errors.AsType[*unmade](err); ok {
		err = ours.cause
	}
	observe(c.config.System, call.Operation, c.config.Clock.Since(begun), err)
	return answer, err
}
