// SPDX-License-Identifier: BSD-3-Clause

package written

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Trust is how long an answer to a write is remembered.
const Trust = time.Second

// Client is a client that reads its own writes.
type Client struct {
	client.Client

	clock   clock.PassiveClock
	mu      sync.Mutex
	answers map[key]answer
	queue   []due // in the order of time, so that forgetting costs nothing
}

type key struct {
	kind string
	name client.ObjectKey
}

// kindOf tells kinds apart: by their Go type, and those that have none by what the object says of itself.
func kindOf(obj client.Object) string {
	if _, foreign := obj.(runtime.Unstructured); foreign {
		return obj.GetObjectKind().GroupVersionKind().String()
	}
	return fmt.Sprintf("%T", obj)
}

// answer is what the API server said to a write.
type answer struct {
	object  client.Object
	created bool
	until   time.Time
}

type due struct {
	key   key
	until time.Time
}

// New returns a client that reads and writes through another.
func New(through client.Client, clk clock.PassiveClock) *Client {
	return &Client{Client: through, clock: clk, answers: map[key]answer{}}
}

// Get implements client.Reader: the cache's object, or a newer one that we know of from writing it.
func (c *Client) Get(ctx context.Context, name client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	err := c.Client.Get(ctx, name, obj, opts...)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := key{kindOf(obj), name}
	known, ok := c.answers[at]
	switch {
	case !ok:
		return err
	case c.clock.Now().After(known.until) || err == nil && !older(obj, known.object):
		delete(c.answers, at)
		return err
	case apierrors.IsNotFound(err) && !known.created:
		return err // it was there before our write, and is gone since
	}
	reflect.ValueOf(obj).Elem().Set(reflect.ValueOf(known.object.DeepCopyObject()).Elem())
	return nil
}

// older says whether a stands before b in the API server's history. Versions of the same object can
// be compared as numbers; what cannot be compared is taken for current.
func older(a, b client.Object) bool {
	order, err := resourceversion.CompareResourceVersion(a.GetResourceVersion(), b.GetResourceVersion())
	return err == nil && order < 0
}

// Create implements client.Writer.
func (c *Client) Create(ctx context.Context, obj client.Object, opts ...client.CreateOption) error {
	return c.note(obj, true, c.Client.Create(ctx, obj, opts...))
}

// Update implements client.Writer.
func (c *Client) Update(ctx context.Context, obj client.Object, opts ...client.UpdateOption) error {
	return c.note(obj, false, c.Client.Update(ctx, obj, opts...))
}

// Patch implements client.Writer.
func (c *Client) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
	return c.note(obj, false, c.Client.Patch(ctx, obj, patch, opts...))
}

// Delete implements client.Writer. What is deleted is read from the cache again.
func (c *Client) Delete(ctx context.Context, obj client.Object, opts ...client.DeleteOption) error {
	c.mu.Lock()
	delete(c.answers, key{kindOf(obj), client.ObjectKeyFromObject(obj)})
	c.mu.Unlock()
	return c.Client.Delete(ctx, obj, opts...)
}

// Status implements client.StatusClient.
func (c *Client) Status() client.SubResourceWriter {
	return statusWriter{SubResourceWriter: c.Client.Status(), of: c}
}

type statusWriter struct {
	client.SubResourceWriter
	of *Client
}

// Update implements client.SubResourceWriter.
func (w statusWriter) Update(ctx context.Context, obj client.Object, opts ...client.SubResourceUpdateOption) error {
	return w.of.note(obj, false, w.SubResourceWriter.Update(ctx, obj, opts...))
}

// Patch implements client.SubResourceWriter.
func (w statusWriter) Patch(ctx context.Context, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
	return w.of.note(obj, false, w.SubResourceWriter.Patch(ctx, obj, patch, opts...))
}

// note remembers the answer to a write that went well, and forgets those that have had their time.
func (c *Client) note(obj client.Object, created bool, err error) error {
	if err != nil {
		return err
	}
	known, ok := obj.DeepCopyObject().(client.Object)
	if !ok {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	for len(c.queue) > 0 && now.After(c.queue[0].until) {
		if old := c.queue[0]; c.answers[old.key].until.Equal(old.until) {
			delete(c.answers, old.key)
		}
		c.queue = c.queue[1:]
	}
	at, until := key{kindOf(obj), client.ObjectKeyFromObject(obj)}, now.Add(Trust)
	c.answers[at] = answer{object: known, created: created || c.answers[at].created, until: until}
	c.queue = append(c.queue, due{at, until})
	return nil
}
