// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// errKilled is what a killed operator would have been told, had it lived.
var errKilled = errors.New("the operator is gone")

// road is what all worlds of these tests call over.
var road = &http.Transport{MaxIdleConnsPerHost: 4}

// wire writes down what is called outside, and does to a call what it is told.
type wire struct {
	// cluster dies with the wire.
	cluster *cluster
	// called is who looks after each call.
	called func(string)

	mu     sync.Mutex
	calls  []call
	killed bool
	// tokens are those that were sent.
	tokens map[string]bool
	// at is the number of the call, from 1 on, that hit is done to; 0 for none.
	at  int
	hit func(*http.Request) (*http.Response, error)
	// down says which calls are not answered at all; nil for none.
	down func(call) bool
}

// call is a call outside.
type call struct{ method, path string }

func (c call) String() string { return c.method + " " + c.path }

// writes says whether a call is to change something at the self-service.
func (c call) writes() bool { return c.method != http.MethodGet && c.path != "/token" }

func newWire() *wire { return &wire{tokens: map[string]bool{}} }

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	made := call{request.Method, request.URL.Path}
	w.mu.Lock()
	if w.killed {
		w.mu.Unlock()
		return nil, errKilled
	}
	w.calls = append(w.calls, made)
	if _, token, found := strings.Cut(request.Header.Get("Authorization"), " "); found {
		w.tokens[token] = true
	}
	hit, down := w.at == len(w.calls), w.down != nil && w.down(made)
	w.mu.Unlock()
	if down {
		return nil, errors.New("connection refused")
	}
	if made.writes() {
		defer w.called(made.String())
	}
	if hit {
		return w.hit(request)
	}
	return road.RoundTrip(request)
}

// lose sends a call whose answer nobody hears.
func (w *wire) lose(request *http.Request) {
	if response, err := road.RoundTrip(request); err == nil {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// kill ends the operator: nothing more is sent.
func (w *wire) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.killed = true
}

// begin forgets what was called.
func (w *wire) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls, w.at, w.hit = nil, 0, nil
}

// made gives what was called since begin, and wrote what of it was to change something.
func (w *wire) made() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]call(nil), w.calls...)
}

func (w *wire) wrote() (written []string) {
	for _, made := range w.made() {
		if made.writes() {
			written = append(written, made.String())
		}
	}
	return written
}

// cluster is a client of the cluster that writes its writes down, and breaks when it is told.
type cluster struct {
	client.Client
	clock clock.PassiveClock
	// wrote is who looks after each write.
	wrote  func(string)
	writes []string
	// breaks is the number of the write, from 1 on, with which it breaks, and landed whether that one is done.
	breaks int
	landed bool
	dead   bool
}

func (c *cluster) write(verb string, object client.Object, do func() error) error {
	what := verb + " " + object.GetName()
	c.writes = append(c.writes, what)
	if c.dead {
		return errKilled
	}
	defer c.wrote(what)
	if c.breaks != len(c.writes) {
		return do()
	}
	c.dead = true
	if c.landed {
		_ = do() // nobody hears how it went
	}
	return errKilled
}

// Create implements client.Client.
func (c *cluster) Create(ctx context.Context, object client.Object, options ...client.CreateOption) error {
	object.SetCreationTimestamp(metav1.NewTime(c.clock.Now()))
	return c.write("create", object, func() error { return c.Client.Create(ctx, object, options...) })
}

// Delete implements client.Client.
func (c *cluster) Delete(ctx context.Context, object client.Object, options ...client.DeleteOption) error {
	return c.write("delete", object, func() error { return c.Client.Delete(ctx, object, options...) })
}

// Patch implements client.Client.
func (c *cluster) Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.PatchOption) error {
	return c.write("patch", object, func() error { return c.Client.Patch(ctx, object, patch, options...) })
}

// Status implements client.Client.
func (c *cluster) Status() client.SubResourceWriter { return &statusOfCluster{c.Client.Status(), c} }

type statusOfCluster struct {
	client.SubResourceWriter
	cluster *cluster
}

// Patch implements client.SubResourceWriter.
func (s *statusOfCluster) Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.SubResourcePatchOption) error {
	return s.cluster.write("patch status of", object, func() error { return s.SubResourceWriter.Patch(ctx, object, patch, options...) })
}
