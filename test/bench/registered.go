// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
)

const (
	// maxRegistered is how many Apps the sandbox's log tells apart: it keeps the latest 10,000 calls, and five
	// for each App are made before all have been looked at at the most.
	maxRegistered = 2000
	// resyncs is how often all that is registered is looked at again while the memory is watched.
	resyncs = 2
)

// registeredRun are the figures of Apps that are registered, and then looked at again. Times are seconds from
// just before the first App was created.
type registeredRun struct {
	Apps int
	// PerSecond is the budget: the most calls to the registry.
	PerSecond float64
	// First and Wall are when the first and the last App was seen to be registered.
	First, Wall float64
	// Calls are those to the registry until then, and Tokens those for tokens.
	Calls  tally
	Tokens int
	// Requests are the operator's to the API server until all had settled.
	Requests tally
	// Memory is the operator's after that.
	Memory memory
	// Spent is what it took, until the last App was seen.
	Spent cost
	// Restart is the look at all of them that a new process begins with, Resyncs those that come by the clock.
	Restart *look
	Resyncs []*look
}

// look is one look at all that is registered, with nothing to be put right.
type look struct {
	// Wall is from the first call until the last App had been looked at, in seconds.
	Wall float64
	// Calls are those to the registry, Tokens those for tokens, Requests the operator's to the API server.
	Calls    tally
	Tokens   int
	Requests tally
	// Memory is the operator's after it.
	Memory memory
	Spent  cost
}

// allowed is how long the budget makes so many calls take.
func allowed(calls tally, perSecond float64) float64 {
	return float64(calls.reads()+calls.writes()) / perSecond
}

// measureRegistered registers Apps of some service owners, and then looks at what that costs to keep: once
// with a new process, which looks at all of them at once, and then by the clock.
func (s settings) measureRegistered(ctx context.Context) (_ *registeredRun, err error) {
	made, err := newRegisteredFixture(s.root, s.Owners, s.Registered)
	if err != nil {
		return nil, err
	}
	outside, err := s.startOutside(ctx, made)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, outside.Stop()) }()
	s.config = outside.Config
	st, err := s.open(ctx, bare, "registered", "", made)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	seen, err := st.record(ctx, bare)
	if err != nil {
		return nil, err
	}
	defer seen.stop()
	run, err := st.timeRegistered(ctx, s, outside, seen)
	if err != nil {
		return nil, err
	}
	fmt.Println(run.line())
	again := filepath.Join(filepath.Dir(outside.Config), "resync.yaml")
	if err := rewrite(outside.Config, again, called(s.Calls, soonest)); err != nil {
		return nil, err
	}
	if run.Restart, err = st.lookAfterRestart(ctx, again, outside); err != nil {
		return nil, err
	}
	fmt.Println(run.Restart.line("after a restart"))
	for range resyncs {
		resync, err := st.lookByTheClock(ctx, outside)
		if err != nil {
			return nil, err
		}
		fmt.Println(resync.line("resync"))
		run.Resyncs = append(run.Resyncs, resync)
	}
	return run, nil
}

// timeRegistered creates the Apps and waits until all are registered.
func (st *stage) timeRegistered(ctx context.Context, s settings, outside *local.Outside, seen *recorder) (*registeredRun, error) {
	counted, err := st.operatorRequests(ctx)
	if err != nil {
		return nil, err
	}
	if err := st.calm(ctx, s.Calm); err != nil {
		return nil, err
	}
	outside.Sandbox.ClearRequests()
	fmt.Printf("  creating %d Apps, to be registered with %v calls a second\n", s.Registered, s.Calls)
	before := st.usage()
	if err := st.createApps(ctx, s.Workers, seen); err != nil {
		return nil, err
	}
	if err := st.until(ctx, func(context.Context) error { return seen.unregistered(s.Registered) }); err != nil {
		return nil, err
	}
	run := &registeredRun{Apps: s.Registered, PerSecond: s.Calls, Spent: spent(before, st.usage())}
	run.Calls, run.Tokens = callsOf(outside.Sandbox.Counts())
	run.First, run.Wall = span(before.at, seen.moments(func(s *sight) time.Time { return s.registered }))
	if err := st.until(ctx, st.idle); err != nil {
		return nil, err
	}
	run.Memory = memoryOf(st.operator.PID())
	now, err := st.operatorRequests(ctx)
	run.Requests = now.minus(counted)
	return run, err
}

// lookAfterRestart starts another operator in the place of the one that runs.
func (st *stage) lookAfterRestart(ctx context.Context, config string, outside *local.Outside) (*look, error) {
	fmt.Println("  starting another operator")
	st.operator.Stop()
	outside.Sandbox.ClearRequests()
	st.operator.Config = config
	if err := st.operator.Start(ctx, st.admin); err != nil {
		return nil, err
	}
	seen, err := st.lookAtAll(ctx, outside)
	if err != nil {
		return nil, err
	}
	if err := st.until(ctx, st.idle); err != nil { // what it has to write may come last
		return nil, err
	}
	seen.Memory = memoryOf(st.operator.PID())
	seen.Requests, err = st.operatorRequests(ctx) // all that this process has made
	return seen, err
}

// lookByTheClock waits until all have been looked at once more.
func (st *stage) lookByTheClock(ctx context.Context, outside *local.Outside) (*look, error) {
	before, err := st.operatorRequests(ctx)
	if err != nil {
		return nil, err
	}
	outside.Sandbox.ClearRequests()
	seen, err := st.lookAtAll(ctx, outside)
	if err != nil {
		return nil, err
	}
	after, err := st.operatorRequests(ctx)
	seen.Memory, seen.Requests = memoryOf(st.operator.PID()), after.minus(before)
	return seen, err
}

// lookAtAll waits until all Apps have been looked at since the log was cleared.
func (st *stage) lookAtAll(ctx context.Context, outside *local.Outside) (*look, error) {
	before := st.usage()
	all := len(st.made.apps)
	var seen look
	err := st.until(ctx, func(context.Context) error {
		apps, first, last := lookedAt(outside.Sandbox.Requests())
		seen.Wall = last.Sub(first).Seconds()
		if apps < all {
			return fmt.Errorf("%d of %d Apps have been looked at", apps, all)
		}
		return nil
	})
	seen.Calls, seen.Tokens = callsOf(outside.Sandbox.Counts())
	seen.Spent = spent(before, st.usage())
	return &seen, err
}

// newRegisteredFixture makes Apps that say who may do what, so that they have a policy in the registry.
func newRegisteredFixture(root string, owners, apps int) (*fixture, error) {
	made, err := newFixture(root, owners, apps)
	if err != nil {
		return nil, err
	}
	var sample v1alpha1.App
	if err := readSample(root, "app-income.yaml", &sample); err != nil {
		return nil, err
	}
	for _, app := range made.apps {
		app.Spec.Authorization = sample.Spec.Authorization.DeepCopy()
	}
	return made, nil
}

func isRegistered(app *v1alpha1.App) bool {
	return meta.IsStatusConditionTrue(app.Status.Conditions, v1alpha1.ConditionAuthorizationRegistered)
}

// unregistered returns nil when so many Apps have been seen to be registered.
func (r *recorder) unregistered(apps int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	registered, example := 0, ""
	for key, seen := range r.apps {
		if !seen.registered.IsZero() {
			registered++
		} else if seen.app != nil {
			example = fmt.Sprintf("%s: %v", key, seen.app.Status.Conditions)
		}
	}
	if r.lost == nil && registered < apps {
		return fmt.Errorf("%d of %d Apps are registered; one that is not: %s", registered, apps, example)
	}
	return r.lost
}

// span is when the first and the last of some moments came, in seconds from start.
func span(start time.Time, moments []time.Time) (first, last float64) {
	for i, at := range moments {
		after := at.Sub(start).Seconds()
		if i == 0 || after < first {
			first = after
		}
		last = max(last, after)
	}
	return first, last
}
