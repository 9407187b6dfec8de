// SPDX-License-Identifier: BSD-3-Clause

package external

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"
	"k8s.io/utils/clock"
)

// maxRetryAfter is the longest a system is believed to want to be left alone. A mistaken header must not stop us for days.
const maxRetryAfter = time.Hour

// limits hold calls back: while the system asked to be left alone, and when its budget is used up.
type limits struct {
	clock    clock.Clock
	budget   *rate.Limiter
	patience time.Duration

	mu     sync.Mutex
	paused time.Time // until when
}

// wait returns when a call may go out. What it says instead is always Unsent.
func (l *limits) wait(ctx context.Context, p Problem) error {
	if pause := l.pause(); pause > l.patience {
		p.Why = "it asked to be left alone for a while"
		return &TryLater{Problem: p, RetryAfter: pause, Unsent: true, outcome: outcomeHeld}
	} else if err := l.sleep(ctx, p, pause); err != nil {
		return err
	}
	now := l.clock.Now()
	reservation := l.budget.ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if err := l.sleep(ctx, p, delay); err != nil {
		reservation.CancelAt(l.clock.Now())
		return err
	}
	return nil
}

// sleep waits on the client's clock, and ends with the context.
func (l *limits) sleep(ctx context.Context, p Problem, wait time.Duration) error {
	if wait <= 0 {
		return canceled(ctx, p)
	}
	timer := l.clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return canceled(ctx, p)
	}
}

func canceled(ctx context.Context, p Problem) error {
	if ctx.Err() == nil {
		return nil
	}
	p.Why, p.Cause = "we stopped waiting", ctx.Err()
	return &TryLater{Problem: p, Unsent: true, outcome: outcomeCanceled}
}

func (l *limits) pause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.paused.Sub(l.clock.Now())
}

// heed remembers how long the system wants to be left alone.
func (l *limits) heed(wish time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := l.clock.Now().Add(wish); until.After(l.paused) {
		l.paused = until
	}
}

// retryAfter reads the header in both of its forms (RFC 9110 §10.2.3). What cannot be read is no wish.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	wish := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		wish = time.Duration(min(max(seconds, 0), int(maxRetryAfter/time.Second))) * time.Second
	} else if date, err := http.ParseTime(text); err == nil {
		wish = date.Sub(now)
	}
	return min(max(wish, 0), maxRetryAfter)
}

// newBreaker opens after failures in a row, lets one call through when its time is over, and closes when that succeeds.
func newBreaker(config Config) *gobreaker.CircuitBreaker[*Answer] {
	open := breakerOpen.WithLabelValues(config.System)
	open.Set(0)
	return gobreaker.NewCircuitBreaker[*Answer](gobreaker.Settings{
		Name:        config.System,
		MaxRequests: 1,
		Timeout:     config.Breaker.Open,
		ReadyToTrip: func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= config.Breaker.Failures },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			open.Set(0)
			if to != gobreaker.StateClosed {
				open.Set(1)
			}
		},
		// A refusal is an answer: whoever refuses is well.
		IsSuccessful: func(err error) bool { return !IsTryLater(err) },
		IsExcluded:   saysNothing,
	})
}

// unmade is about a call that we could not even make.
type unmade struct{ cause error }

func (u *unmade) Error() string { return u.cause.Error() }

// saysNothing is true for what tells neither that the system is well nor that it is not.
func saysNothing(err error) bool {
	if _, ours := errors.AsType[*unmade](err); ours {
		return true
	}
	later, ok := errors.AsType[*TryLater](err)
	return ok && !later.blame
}
