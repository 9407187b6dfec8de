// SPDX-License-Identifier: BSD-3-Clause

package journey

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxAnswer is more than any answer of these systems.
const maxAnswer = 4 << 20

// call is what is asked. The method is GET unless said; url.Values are sent as a form, any other body as JSON.
type call struct {
	method string
	url    string
	token  string
	body   any
}

// answer is a response that was no refusal, read to its end. A redirect is one, and not followed: the citizen does that.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call makes a call, and learns the time from the answer. The error of a refusal is a *Refusal.
func (w *World) call(ctx context.Context, doing string, c call) (*answer, error) {
	request, err := c.request(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	client := http.Client{}
	if w.HTTP != nil {
		client = *w.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the answer: %w", doing, err)
	}
	w.learn(c.url, response.Header.Get("Date"))
	if response.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s: %w", doing, refusal(response.StatusCode, body))
	}
	return &answer{response.StatusCode, response.Header, body}, nil
}

func (c call) request(ctx context.Context) (*http.Request, error) {
	var content []byte
	contentType := ""
	switch body := c.body.(type) {
	case nil:
	case url.Values:
		content, contentType = []byte(body.Encode()), "application/x-www-form-urlencoded"
	default:
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, err
		}
		contentType = "application/json"
	}
	request, err := http.NewRequestWithContext(ctx, c.method, c.url, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	return request, nil
}

// callFor makes a call, and reads the answer as JSON.
func callFor[T any](ctx context.Context, w *World, doing string, c call) (*T, *answer, error) {
	got, err := w.call(ctx, doing, c)
	if err != nil {
		return nil, nil, err
	}
	read := new(T)
	if err := json.Unmarshal(got.body, read); err != nil {
		return nil, nil, fmt.Errorf("%s: reading the answer: %w", doing, err)
	}
	return read, got, nil
}
