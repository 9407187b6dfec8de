// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// operatorRun are the figures of one run of the operator. Times are seconds from just before the first
// App was created; requests are the operator's own, by method and answer, unless said otherwise.
type operatorRun struct {
	Apps, Children int // Children of each App
	// Present is when the last child was seen, Settled when that was so and the last App had its last
	// news, Available and Ready when the last Deployment and the last App were so.
	Present, Settled, Available, Ready float64
	// Latency is from an App's own create: until it was settled, or where there are pods Ready.
	Latency quantiles
	// Requests are those of the whole run, Server those the API server answered to anybody.
	Requests, Server tally
	// Passes is how many passes over Apps there were.
	Passes int
	// Idle are the requests of the time of idleness that followed.
	Idle tally
	// Memory is the operator's after the run, MemoryIdle after the idle time.
	Memory, MemoryIdle memory
	// Spent is what it took, until all was there.
	Spent cost
}

// WritesPerApp is what the operator asked the API server to change, for each App.
func (r *operatorRun) WritesPerApp() float64 { return float64(r.Requests.writes()) / float64(r.Apps) }

// ReadsPerApp is what the operator asked the API server to tell, for each App.
func (r *operatorRun) ReadsPerApp() float64 { return float64(r.Requests.reads()) / float64(r.Apps) }

// measureOperator creates the Apps and measures what the operator makes of them. It returns with the
// figures what it made, to be written again.
func (s settings) measureOperator(ctx context.Context, plane plane, name string) (_ *operatorRun, _ []recipe, err error) {
	made, err := newFixture(s.root, s.Owners, s.Apps)
	if err != nil {
		return nil, nil, err
	}
	st, err := s.open(ctx, plane, name+"-operator", "", made)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	seen, err := st.record(ctx, plane)
	if err != nil {
		return nil, nil, err
	}
	defer seen.stop()
	run, err := st.timeOperator(ctx, s, plane, seen)
	if err != nil {
		return nil, nil, err
	}
	recipes, err := st.recipes(ctx, seen)
	if err != nil {
		return nil, nil, err
	}
	run.Children = len(recipes[0].children)
	if err := sleep(ctx, settleFor); err != nil { // reading them back was work too
		return nil, nil, err
	}
	before, err := st.operatorRequests(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := sleep(ctx, s.Idle); err != nil {
		return nil, nil, err
	}
	after, err := st.operatorRequests(ctx)
	run.Idle, run.MemoryIdle = after.minus(before), memoryOf(st.operator.PID())
	return run, recipes, err
}

// timeOperator creates the Apps and waits until they are whole.
func (st *stage) timeOperator(ctx context.Context, s settings, plane plane, seen *recorder) (*operatorRun, error) {
	counted, err := st.counts(ctx)
	if err != nil {
		return nil, err
	}
	if err := st.calm(ctx, s.Calm); err != nil { // controllers, too, have their part to do in a new namespace
		return nil, err
	}
	fmt.Printf("  creating %d Apps\n", s.Apps)
	before := st.usage()
	start := before.at
	if err := st.createApps(ctx, s.Workers, seen); err != nil {
		return nil, err
	}
	if err := st.until(ctx, func(context.Context) error { return seen.missing(plane, s.Apps) }); err != nil {
		return nil, err
	}
	run := &operatorRun{Apps: s.Apps, Spent: spent(before, st.usage())}
	if err := st.until(ctx, func(context.Context) error { return seen.news() }); err != nil {
		return nil, err
	}
	run.Memory = memoryOf(st.operator.PID())
	run.Present = last(start, seen.moments((*sight).complete))
	end := func(s *sight) time.Time { return later(s.last, s.complete()) }
	run.Settled = last(start, seen.moments(end))
	if plane == full {
		end = func(s *sight) time.Time { return s.ready }
		run.Ready = last(start, seen.moments(end))
		run.Available = last(start, seen.moments(func(s *sight) time.Time { return s.available }))
	}
	run.Latency = quantilesOf(seen, end)
	now, err := st.counts(ctx)
	added := now.minus(counted)
	run.Requests, run.Server, run.Passes = added.operator, added.server, added.passes
	return run, err
}

// createApps is the plain client of the operator's run: nothing but creates.
func (st *stage) createApps(ctx context.Context, workers int, seen *recorder) error {
	return st.create(ctx, workers, st.made.apps, seen)
}

func (st *stage) create(ctx context.Context, workers int, apps []*v1alpha1.App, seen *recorder) error {
	return inParallel(ctx, workers, len(apps), func(ctx context.Context, i int) error {
		app := apps[i].DeepCopy()
		seen.begin(client.ObjectKeyFromObject(app), time.Now())
		if err := st.client.Create(ctx, app); err != nil {
			return fmt.Errorf("creating App %s/%s: %w", app.Namespace, app.Name, err)
		}
		return nil
	})
}

// last is the latest moment, in seconds from start.
func last(start time.Time, moments []time.Time) float64 {
	var latest time.Time
	for _, at := range moments {
		latest = later(latest, at)
	}
	return latest.Sub(start).Seconds()
}

// quantiles are of a time, in seconds.
type quantiles struct{ P50, P95, Max float64 }

// quantilesOf are of the time from an App's create to one of its milestones.
func quantilesOf(seen *recorder, end func(*sight) time.Time) quantiles {
	seen.mu.Lock()
	defer seen.mu.Unlock()
	var all []float64
	for _, app := range seen.apps {
		all = append(all, end(app).Sub(app.created).Seconds())
	}
	return quantilesIn(all)
}

func quantilesIn(all []float64) quantiles {
	if len(all) == 0 {
		return quantiles{}
	}
	slices.Sort(all)
	at := func(percent int) float64 { return all[(len(all)-1)*percent/100] }
	return quantiles{P50: at(50), P95: at(95), Max: at(100)}
}
