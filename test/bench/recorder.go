// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
)

// sight is what the watches have shown of one App. Times are when an event came in.
type sight struct {
	created   time.Time            // just before the create
	children  map[string]time.Time // by kind and name
	available time.Time            // its Deployment
	ready     time.Time
	refused   time.Time // by its owner's agreement
	// registered is when Altinn's registry was said to hold it.
	registered time.Time
	// provided is when it was said to have its client, with a key that pods read.
	provided time.Time
	last     time.Time // of its own events
	app      *v1alpha1.App
}

// recorder holds what the watches have shown. The watches are the same in all runs of a plane, since
// they cost the API server time.
type recorder struct {
	mu   sync.Mutex
	apps map[client.ObjectKey]*sight
	lost error
	stop context.CancelFunc
}

// record starts the watches: children by their metadata, Apps in full, and where there are pods also
// Deployments in full.
func (st *stage) record(ctx context.Context, plane plane) (*recorder, error) {
	ctx, stop := context.WithCancel(ctx)
	r := &recorder{apps: map[client.ObjectKey]*sight{}, stop: stop}
	lists := map[string]client.ObjectList{"App": &v1alpha1.AppList{}}
	if plane == full {
		lists["Deployment in full"] = &appsv1.DeploymentList{}
	}
	for _, kind := range app.Children() {
		gvk, err := apiutil.GVKForObject(kind, st.client.Scheme())
		if err != nil {
			stop()
			return nil, err
		}
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
		lists[gvk.Kind] = list
	}
	if err := st.watch(ctx, lists, r); err != nil {
		stop()
		return nil, err
	}
	return r, nil
}

// watcher is told what watches show, and that one is lost for good.
type watcher interface {
	see(kind string, obj client.Object, now time.Time)
	lose(err error)
}

// watch tells somebody of what there is, and what changes, until ctx ends.
func (st *stage) watch(ctx context.Context, lists map[string]client.ObjectList, tell watcher) error {
	for kind, list := range lists {
		events, err := st.client.Watch(ctx, list)
		if err != nil {
			return fmt.Errorf("watching %s: %w", kind, err)
		}
		go func() {
			for err == nil {
				follow(kind, events, tell)
				events, err = st.client.Watch(ctx, list)
			}
			if ctx.Err() == nil {
				tell.lose(fmt.Errorf("%w: a watch of %s could not be opened anew: %w", errFinal, kind, err))
			}
		}()
	}
	return nil
}

// follow takes in one watch until it ends: the API server ends those it has no time for. A new one
// starts with all that is there. An event that holds metadata alone does not tell the kind.
func follow(kind string, events watch.Interface, tell watcher) {
	defer events.Stop()
	for event := range events.ResultChan() {
		now := time.Now()
		obj, ok := event.Object.(client.Object)
		if !ok {
			return // what is wrong, the next watch is told as well
		}
		if event.Type != watch.Deleted {
			tell.see(kind, obj, now)
		}
	}
}

func (r *recorder) lose(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = err
}

func (r *recorder) see(kind string, obj client.Object, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if app, ok := obj.(*v1alpha1.App); ok {
		r.of(client.ObjectKeyFromObject(app)).see(app, now)
		return
	}
	owner := metav1.GetControllerOf(obj)
	if owner == nil || owner.Kind != "App" {
		return
	}
	seen := r.of(client.ObjectKey{Namespace: obj.GetNamespace(), Name: owner.Name})
	if deployment, ok := obj.(*appsv1.Deployment); ok {
		if seen.available.IsZero() && isAvailable(deployment) {
			seen.available = now
		}
		return
	}
	child := kind + " " + obj.GetName()
	if _, known := seen.children[child]; !known {
		seen.children[child] = now
	}
}

// see takes in the App itself.
func (s *sight) see(app *v1alpha1.App, now time.Time) {
	if s.app != nil && s.app.ResourceVersion == app.ResourceVersion {
		return // shown again by a new watch
	}
	s.app, s.last = app, now
	if s.ready.IsZero() && isReady(app.Status.Conditions) {
		s.ready = now
	}
	if s.refused.IsZero() && isUncovered(app) {
		s.refused = now
	}
	if s.registered.IsZero() && isRegistered(app) {
		s.registered = now
	}
	if s.provided.IsZero() && hasClient(app) {
		s.provided = now
	}
}

// of returns the sight of an App; the caller has the lock.
func (r *recorder) of(key client.ObjectKey) *sight {
	if r.apps[key] == nil {
		r.apps[key] = &sight{children: map[string]time.Time{}}
	}
	return r.apps[key]
}

// begin notes that an App is about to be created.
func (r *recorder) begin(key client.ObjectKey, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of(key).created = now
}

func isAvailable(deployment *appsv1.Deployment) bool {
	return deployment.Status.ObservedGeneration >= deployment.Generation &&
		deployment.Status.AvailableReplicas >= ptr.Deref(deployment.Spec.Replicas, 1)
}

// whole says whether all there is to see of an App on a plane has been seen.
func (s *sight) whole(plane plane) bool {
	if s.app == nil || s.app.Status.ObservedGeneration != s.app.Generation || len(s.app.Status.Children) == 0 {
		return false
	}
	for _, child := range s.app.Status.Children {
		if _, seen := s.children[child.Kind+" "+child.Name]; !seen {
			return false
		}
	}
	return plane == bare || !s.ready.IsZero() && !s.available.IsZero()
}

// missing returns nil when so many Apps are whole.
func (r *recorder) missing(plane plane, apps int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost != nil {
		return r.lost
	}
	whole, example := 0, ""
	for key, seen := range r.apps {
		if seen.whole(plane) {
			whole++
		} else if seen.app != nil {
			example = fmt.Sprintf("%s: %v", key, seen.app.Status.Conditions)
		}
	}
	if whole < apps {
		return fmt.Errorf("%d of %d Apps are whole; one that is not: %s", whole, apps, example)
	}
	return nil
}

// news returns nil when no App has had news for a while.
func (r *recorder) news() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var last time.Time
	for _, seen := range r.apps {
		last = later(last, seen.last)
	}
	if r.lost == nil && time.Since(last) < settleFor {
		return fmt.Errorf("the last news was %v ago", time.Since(last))
	}
	return r.lost
}

// deployed returns nil when so many Deployments are available.
func (r *recorder) deployed(apps int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	available := 0
	for _, seen := range r.apps {
		if !seen.available.IsZero() {
			available++
		}
	}
	if r.lost == nil && available < apps {
		return fmt.Errorf("%d of %d Deployments are available", available, apps)
	}
	return r.lost
}

// moments are the times of one kind of milestone, one for each App.
func (r *recorder) moments(of func(*sight) time.Time) []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	times := make([]time.Time, 0, len(r.apps))
	for _, seen := range r.apps {
		times = append(times, of(seen))
	}
	return times
}

// complete is when the last child of an App was first seen.
func (s *sight) complete() time.Time {
	var last time.Time
	for _, at := range s.children {
		last = later(last, at)
	}
	return last
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
