// SPDX-License-Identifier: BSD-3-Clause

package external

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
)

// Media types of answers.
const (
	TypeJSON    = "application/json"
	TypeProblem = "application/problem+json"
	TypeText    = "text/plain"
	typeHTML    = "text/html"
)

// Repeat says what may be done with a call whose outcome is not known.
type Repeat int

const (
	// Once is for calls that do something each time they are made. They are repeated only when nothing was sent.
	Once Repeat = iota
	// Safe is for calls that come to the same however often they are made.
	Safe
)

// Bearer gives the tokens that calls carry.
type Bearer interface {
	// Token gives a token that is good for a while. Refused means that a person must act before there is one, and TryLater
	// that there is none now; either way nothing is known of what the token was wanted for.
	Token(ctx context.Context) (string, error)
	// Rejected says that a token was answered with 401, so that it is not given again.
	Rejected(token string)
}

// Call is one operation on a system.
type Call struct {
	// Operation is constant: it is a label of metrics and stands in errors.
	Operation string
	Method    string
	URL       string
	Header    http.Header
	// Body is made anew for each attempt; nil sends none. Its error is given back as it is.
	Body func(context.Context) ([]byte, error)
	// Bearer gives the token; nil sends none.
	Bearer Bearer
	// Want are the statuses that are success.
	Want []int
	// Answers are the media types a success may have. None means that the body does not matter.
	Answers []string
	// Absent are the media types in which a 404 is believed. None means problem+json alone.
	Absent []string
	Repeat Repeat
	// Judge may know better than the status what an answer that is no success means. Nil, and giving nil, leave it to the
	// status.
	Judge func(*Answer, Problem) error
}

// Answer is what the system said, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Decode reads a JSON body. An answer that is not what it must be is TryLater: something else than the system answered, or
// the system is unwell; it never means that something is not there.
func (a *Answer) Decode(p Problem, into any) error {
	if json.Unmarshal(a.Body, into) != nil { // what it complains about may quote the body
		return Later(p, "the answer is not the JSON it should be")
	}
	return nil
}

func (a *Answer) mediaType() string {
	mediaType, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return mediaType
}

// isPage says whether a page for people came, as from a proxy in trouble. No API gives one.
func (a *Answer) isPage() bool {
	return a.mediaType() == typeHTML || bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<!"))
}

// JSON is a body that is the same for each attempt.
func JSON(value any) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		written, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("writing a body: %w", err)
		}
		return written, nil
	}
}

func (c *Call) request(ctx context.Context, token string) (*http.Request, error) {
	var content []byte
	if c.Body != nil {
		var err error
		if content, err = c.Body(ctx); err != nil {
			return nil, err
		}
	}
	request, err := http.NewRequestWithContext(ctx, c.Method, c.URL, bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("making the request of %s: its method or URL cannot be used", c.Operation)
	}
	request.Header.Set("User-Agent", "serviceowner-operator") // so that whoever runs the system knows whom to ask
	for key, values := range c.Header {
		request.Header[key] = slices.Clone(values)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return request, nil
}
