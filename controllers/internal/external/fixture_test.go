// SPDX-License-Identifier: BSD-3-Clause

package external_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/altinn/serviceowner-operator/controllers/internal/external"
)

// hurried is a clock on which waiting takes no time: whoever waits moves it.
type hurried struct{ *clocktesting.FakeClock }

func (h hurried) NewTimer(wait time.Duration) clock.Timer {
	timer := h.FakeClock.NewTimer(wait)
	h.Step(wait)
	return timer
}

var begin = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func newClock() hurried { return hurried{clocktesting.NewFakeClock(begin)} }

// rig is a client, a server that answers as told, and how often it was asked.
type rig struct {
	t      *testing.T
	clock  hurried
	client *external.Client
	url    string
	asked  atomic.Int32
}

// serve makes a rig. Changes are made to a configuration in which no limit is in the way.
func serve(t *testing.T, answer http.HandlerFunc, changes ...func(*external.Config)) *rig {
	t.Helper()
	r := &rig{t: t, clock: newClock()}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.asked.Add(1)
		answer(w, request)
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	config := external.Defaults("test", r.clock)
	config.Timeout = 20 * time.Second
	config.Budget = external.Budget{PerSecond: 1e6, Burst: 1e6}
	config.Breaker.Failures = 1e6
	for _, change := range changes {
		change(&config)
	}
	r.client = newClient(t, config)
	return r
}

func newClient(t *testing.T, config external.Config) *external.Client {
	t.Helper()
	client, err := external.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// get is a call that may be repeated, with changes.
func (r *rig) get(changes ...func(*external.Call)) (*external.Answer, error) {
	call := external.Call{
		Operation: "get thing", Method: http.MethodGet, URL: r.url + "/thing",
		Want: []int{http.StatusOK}, Answers: []string{external.TypeJSON}, Repeat: external.Safe,
	}
	for _, change := range changes {
		change(&call)
	}
	return r.client.Do(r.t.Context(), call)
}

func once(call *external.Call) { call.Repeat, call.Method = external.Once, http.MethodPost }

// reply writes an answer of a type.
func reply(w http.ResponseWriter, status int, contentType, body string) {
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func replyWith(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, status, contentType, body) }
}

// kind names what an error is.
func kind(err error) string {
	switch {
	case err == nil:
		return "ok"
	case external.IsNotFound(err):
		return "not found"
	case external.IsConflict(err):
		return "conflict"
	case external.IsRefused(err):
		return "refused"
	case external.IsTryLater(err):
		return "try later"
	}
	return "none of ours: " + err.Error()
}

func (r *rig) wantKind(err error, want string) {
	r.t.Helper()
	if got := kind(err); got != want {
		r.t.Errorf("want %s, got %s: %v", want, got, err)
	}
}

func (r *rig) wantAsked(want int32) {
	r.t.Helper()
	if got := r.asked.Load(); got != want {
		r.t.Errorf("want %d calls, got %d", want, got)
	}
}
