// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// errKilled is what a killed operator would have been told, had it lived.
var errKilled = errors.New("the operator is gone")

// wire writes down what is called outside, and does to a call what it is told.
type wire struct {
	transport *http.Transport
	close     func()
	// cluster dies with the wire.
	cluster *cluster

	mu     sync.Mutex
	calls  []call
	killed bool
	// at is the number of the call, from 1 on, that hit is done to; 0 for none.
	at  int
	hit func(*http.Request) (*http.Response, error)
}

// call is a call outside.
type call struct{ method, path string }

func (c call) String() string { return c.method + " " + c.path }

// writes says whether a call is to change something in the registry.
func (c call) writes() bool { return c.method != http.MethodGet && c.path != "/token" }

func newWire() *wire { return &wire{transport: &http.Transport{MaxIdleConnsPerHost: 4}} }

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	w.mu.Lock()
	if w.killed {
		w.mu.Unlock()
		return nil, errKilled
	}
	made := call{request.Method, request.URL.Path}
	w.calls = append(w.calls, made)
	hit := w.at == len(w.calls)
	w.mu.Unlock()
	if hit {
		return w.hit(request)
	}
	return w.send(request)
}

func (w *wire) send(request *http.Request) (*http.Response, error) {
	return w.transport.RoundTrip(request)
}

// lose sends a call whose answer nobody hears.
func (w *wire) lose(request *http.Request) {
	if response, err := w.send(request); err == nil {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// kill ends the operator: nothing more is sent, and nothing more is written.
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

func (w *wire) wrote() []string {
	var written []string
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
	writes []string
	// breaks is the number of the write, from 1 on, with which it breaks, and landed whether that one is done.
	breaks int
	landed bool
	dead   bool
}

func (c *cluster) write(verb string, object client.Object, do func() error) error {
	c.writes = append(c.writes, verb+" "+object.GetName())
	if c.dead {
		return errKilled
	}
	if c.breaks != len(c.writes) {
		return do()
	}
	c.dead = true
	if c.landed {
		_ = do() // nobody hears how it went
	}
	return errKilled
}

// Patch implements client.Client.
func (c *cluster) Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.PatchOption) error {
	return c.write("patch", object, func() error { return c.Client.Patch(ctx, object, patch, options...) })
}

// Update implements client.Client.
func (c *cluster) Update(ctx context.Context, object client.Object, options ...client.UpdateOption) error {
	return c.write("update", object, func() error { return c.Client.Update(ctx, object, options...) })
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

// Update implements client.SubResourceWriter.
func (s *statusOfCluster) Update(ctx context.Context, object client.Object, options ...client.SubResourceUpdateOption) error {
	return s.cluster.write("update status of", object, func() error { return s.SubResourceWriter.Update(ctx, object, options...) })
}
