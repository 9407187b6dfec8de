// SPDX-License-Identifier: BSD-3-Clause

package external

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"sync/atomic"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// send makes one request, and reads and judges the answer.
func (c *Client) send(ctx context.Context, call Call, token string) (*Answer, error) {
	// Until a connection is there, nothing has been sent: names, dialling and TLS come before.
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	request, err := call.request(traced, token)
	if err != nil {
		return nil, &unmade{err}
	}
	p := c.Problem(call.Operation)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.broken(ctx, p, err, connected.Load())
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	p.Status = response.StatusCode
	body, err := io.ReadAll(io.LimitReader(response.Body, c.config.MaxBody+1))
	if err != nil {
		return nil, c.broken(ctx, p, err, true)
	}
	if int64(len(body)) > c.config.MaxBody {
		return nil, Later(p, "the answer is longer than is believed")
	}
	return c.judge(call, p, &Answer{Status: response.StatusCode, Header: response.Header, Body: body})
}

// broken is about a call without a whole answer. Go's words for it are left out: they have the query in them, and ports that
// differ each time.
func (c *Client) broken(ctx context.Context, p Problem, err error, sent bool) error {
	if ctx.Err() != nil {
		p.Why, p.Cause = "we stopped waiting", ctx.Err()
		return &TryLater{Problem: p, Unsent: !sent, outcome: outcomeCanceled}
	}
	failed := Later(p, "the connection broke before the answer was whole")
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		failed.Why, failed.outcome = "no answer in time", outcomeTimeout
	case !sent:
		failed.Why, failed.outcome = "no connection", outcomeUnreachable
	}
	failed.Unsent = !sent
	failed.Cause = systemError(err)
	return failed
}

// systemError keeps what errors.Is may be asked about, which says nothing but itself: the number of a system call's error.
func systemError(err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	var call *net.OpError
	if errors.As(err, &call) {
		return errors.Unwrap(call.Err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// judge says what an answer means.
func (c *Client) judge(call Call, p Problem, a *Answer) (*Answer, error) {
	if a.isPage() {
		return nil, c.later(p, a, "a page for people came instead of the system's answer")
	}
	if slices.Contains(call.Want, a.Status) {
		if call.Answers != nil && !slices.Contains(call.Answers, a.mediaType()) {
			return nil, c.later(p, a, "the answer is of another type than it should be")
		}
		return a, nil
	}
	p.Code, p.Said = said(a)
	if call.Judge != nil {
		if err := call.Judge(a, p); err != nil {
			return nil, err
		}
	}
	return nil, c.byStatus(call, p, a)
}

// byStatus is what a status means where nobody knows better (RFC 9110).
func (c *Client) byStatus(call Call, p Problem, a *Answer) error {
	switch a.Status {
	case http.StatusNotFound, http.StatusGone:
		if !believable(call, a) {
			return c.later(p, a, "a 404 came that is not the system's own")
		}
		return &NotFound{p}
	case http.StatusConflict, http.StatusPreconditionFailed:
		return &Conflict{p}
	case http.StatusUnauthorized:
		return c.unauthorized(p, a)
	case http.StatusTooManyRequests:
		return c.later(p, a, "too many calls")
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return c.later(p, a, "")
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		return &Refused{p, v1alpha1.ActorServiceOwner}
	case http.StatusNotImplemented:
		return &Refused{p, v1alpha1.ActorPlatform}
	}
	switch {
	case a.Status >= 500:
		return c.later(p, a, "")
	case a.Status < 300:
		return c.later(p, a, "a success that was not expected")
	}
	return &Refused{p, v1alpha1.ActorPlatform}
}

// believable is false for a 404 that a proxy or a gateway without a route may have given: to take it for the system's own
// would mean that something is not there, and be acted upon.
func believable(call Call, a *Answer) bool {
	if call.Absent == nil {
		return a.mediaType() == TypeProblem
	}
	return slices.Contains(call.Absent, a.mediaType())
}

// unauthorized tells a token that was not accepted, which a new one may help, from a person's rights (Altinn's Resource Registry: 401 with a
// problem for scopes of somebody else's prefix).
func (c *Client) unauthorized(p Problem, a *Answer) error {
	if a.Header.Get("WWW-Authenticate") == "" && len(a.Body) > 0 && p.Said != "" && p.Said != http.StatusText(a.Status) {
		return &Refused{p, v1alpha1.ActorPlatform}
	}
	p.Why = "the token was not accepted"
	return &TryLater{Problem: p, outcome: outcomeUnauthorized, again: true}
}

// later heeds the system's wish to be left alone, where it has one.
func (c *Client) later(p Problem, a *Answer, why string) error {
	later := Later(p, why)
	later.RetryAfter = retryAfter(a.Header, c.config.Clock.Now())
	if later.RetryAfter > 0 {
		c.limits.heed(later.RetryAfter)
	}
	if a.Status == http.StatusTooManyRequests {
		later.outcome, later.blame = outcomeThrottled, false // it is well, and we are too fast
	}
	return later
}
