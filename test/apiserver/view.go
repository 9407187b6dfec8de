// SPDX-License-Identifier: BSD-3-Clause

package apiserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// ErrBroken is what a broken View answers each write with.
var ErrBroken = errors.New("the connection to the API server is gone")

// View is a client that sees what the operator's own client sees: of kinds its cache selects by label
// only those objects, and lists by its indexes. It has no cache, so it is never behind, and a test
// that calls a reconciler need not wait for anything.
//
// It writes down every write, and breaks when told to, as if the operator had been killed.
type View struct {
	client.Client

	selected map[schema.GroupVersionKind]labels.Selector
	others   labels.Selector // of kinds that are not selected by themselves; nil for all objects
	indexes  map[index]client.IndexerFunc

	mu     sync.Mutex
	writes []string
	left   int
	broken Break
}

type index struct {
	kind  schema.GroupVersionKind
	field string
}

// Break is how a View breaks.
type Break int

// Ways to break.
const (
	// Never is the way of a whole View.
	Never Break = iota
	// BeforeWrite: the write after the last allowed does not reach the API server.
	BeforeWrite
	// BeforeAnswer: the write after the last allowed is done, but nobody hears of it.
	BeforeAnswer
)

// View returns a View of the server through the options of the operator's cache.
func (s *Server) View(options cache.Options) (*View, error) {
	view := &View{
		selected: map[schema.GroupVersionKind]labels.Selector{}, others: options.DefaultLabelSelector,
		indexes: map[index]client.IndexerFunc{},
	}
	for object, by := range options.ByObject {
		kind, err := apiutil.GVKForObject(object, options.Scheme)
		if err != nil {
			return nil, err
		}
		view.selected[kind] = by.Label
	}
	cluster, err := client.NewWithWatch(s.Config, client.Options{Scheme: options.Scheme, HTTPClient: s.connections, Mapper: s.kinds})
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	view.Client = interceptor.NewClient(cluster, interceptor.Funcs{
		Get:               view.get,
		List:              view.list,
		Create:            view.create,
		Update:            view.update,
		Patch:             view.patch,
		Delete:            view.delete,
		SubResourceUpdate: view.updateSubResource,
	})
	return view, nil
}

// IndexField implements client.FieldIndexer.
func (v *View) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	kind, err := apiutil.GVKForObject(object, v.Scheme())
	if err == nil {
		v.indexes[index{kind, field}] = values
	}
	return err
}

// Writes returns what was tried to be written since the last call, one line each, in order.
func (v *View) Writes() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	writes := v.writes
	v.writes = nil
	return writes
}

// BreakAfter lets a number of writes through and then breaks.
func (v *View) BreakAfter(writes int, how Break) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.left, v.broken = writes, how
}

// Mend makes a View whole again.
func (v *View) Mend() { v.BreakAfter(0, Never) }

// write writes a write down and does it, unless the View is broken.
func (v *View) write(verb string, object client.Object, do func() error) error {
	kind, err := apiutil.GVKForObject(object, v.Scheme())
	if err != nil {
		return err
	}
	v.mu.Lock()
	v.writes = append(v.writes, fmt.Sprintf("%s %s %s", verb, kind.Kind, object.GetName()))
	v.left--
	left, broken := v.left, v.broken
	v.mu.Unlock()
	switch {
	case broken == Never || left >= 0:
		return do()
	case broken == BeforeAnswer && left == -1:
		_ = do() // its answer is what nobody hears of
		return ErrBroken
	default:
		return ErrBroken
	}
}

func (v *View) get(ctx context.Context, cluster client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	if err := cluster.Get(ctx, key, object, options...); err != nil {
		return err
	}
	kind, err := apiutil.GVKForObject(object, v.Scheme())
	if err != nil {
		return err
	}
	selector := v.others
	if own := v.selected[kind]; own != nil {
		selector = own
	}
	if selector != nil && !selector.Matches(labels.Set(object.GetLabels())) {
		return apierrors.NewNotFound(schema.GroupResource{Group: kind.Group, Resource: kind.Kind}, key.Name)
	}
	return nil
}

func (v *View) list(ctx context.Context, cluster client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
	var all client.ListOptions
	all.ApplyOptions(options)
	fields := all.FieldSelector
	all.FieldSelector = nil
	if err := cluster.List(ctx, list, &all); err != nil {
		return err
	}
	if fields == nil {
		return nil
	}
	kind, err := apiutil.GVKForObject(list, v.Scheme())
	if err != nil {
		return err
	}
	kind.Kind = kind.Kind[:len(kind.Kind)-len("List")]
	items, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	for _, wanted := range fields.Requirements() {
		values, ok := v.indexes[index{kind, wanted.Field}]
		if !ok {
			return fmt.Errorf("there is no index %s of %s", wanted.Field, kind.Kind)
		}
		items = slices.DeleteFunc(items, func(item runtime.Object) bool {
			object, ok := item.(client.Object)
			return !ok || !slices.Contains(values(object), wanted.Value)
		})
	}
	return meta.SetList(list, items)
}

func (v *View) create(ctx context.Context, cluster client.WithWatch, object client.Object, options ...client.CreateOption) error {
	return v.write("create", object, func() error { return cluster.Create(ctx, object, options...) })
}

func (v *View) update(ctx context.Context, cluster client.WithWatch, object client.Object, options ...client.UpdateOption) error {
	return v.write("update", object, func() error { return cluster.Update(ctx, object, options...) })
}

func (v *View) patch(ctx context.Context, cluster client.WithWatch, object client.Object, patch client.Patch, options ...client.PatchOption) error {
	return v.write("patch", object, func() error { return cluster.Patch(ctx, object, patch, options...) })
}

func (v *View) delete(ctx context.Context, cluster client.WithWatch, object client.Object, options ...client.DeleteOption) error {
	return v.write("delete", object, func() error { return cluster.Delete(ctx, object, options...) })
}

func (v *View) updateSubResource(ctx context.Context, cluster client.Client, name string, object client.Object, options ...client.SubResourceUpdateOption) error {
	return v.write("update "+name+" of", object, func() error { return cluster.SubResource(name).Update(ctx, object, options...) })
}
