// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
)

// providedRun are the figures of new Apps that each get a client and a key. Times are seconds from just before
// the first of them was created.
type providedRun struct {
	Apps, Bits int
	// First, Half and Wall are when the first, half and the last of the Apps were seen to have their client.
	First, Half, Wall float64
	// Calls are those to self-service until then, and Others all others, for tokens and metadata.
	Calls  tally
	Others int
	// Requests are the operator's to the API server until all had settled, those for the bystanders among them.
	Requests tally
	// Memory is the operator's after that.
	Memory memory
	// Spent is what it took, until the last App was seen.
	Spent cost
	// Alone are Apps without a client that were created before all this, Beside as many that were created when
	// half of the Apps had their client: until they have their Deployment.
	Alone, Beside bystanderRun
}

// bystanderRun are Apps that wait for nobody outside. Wall is from just before the first was created until the
// last one's Deployment was seen, Latency from each one's own create.
type bystanderRun struct {
	Apps    int
	Wall    float64
	Latency quantiles
}

// provision is a stage whose operator gets Apps clients.
type provision struct {
	*stage
	s       settings
	outside *local.Outside
	seen    *recorder
	digdir  digdir
}

// measureCredentials gives Apps clients with a key that is there for each, and keeps them for a while.
func (s settings) measureCredentials(ctx context.Context) (_ *credentialsRun, err error) {
	made, err := newProvidedFixture(s.root, s.Owners, s.Credentials)
	if err != nil {
		return nil, err
	}
	as := digdir{perSecond: s.ClientCalls, resync: late, bits: strong, ready: max(s.Credentials, fewReady), latency: latency}
	outside, err := s.startDigdir(ctx, made, as)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, outside.Stop()) }()
	s.config = outside.Config
	st, err := s.open(ctx, bare, "credentials", "", made)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	seen, err := st.record(ctx, bare)
	if err != nil {
		return nil, err
	}
	defer seen.stop()
	p := &provision{stage: st, s: s, outside: outside, seen: seen, digdir: as}
	run := &credentialsRun{PerSecond: s.ClientCalls}
	if run.New, err = p.timeProvided(ctx); err != nil {
		return nil, err
	}
	fmt.Println(run.New.line(s.ClientCalls))
	run.Kept, err = p.keep(ctx)
	return run, err
}

// timeProvided creates Apps without clients, then those with, and then as many without again.
func (p *provision) timeProvided(ctx context.Context) (*providedRun, error) {
	if err := p.awaitKeys(ctx); err != nil { // as in an installation that stands
		return nil, err
	}
	if err := p.calm(ctx, p.s.Calm); err != nil {
		return nil, err
	}
	run := &providedRun{Apps: p.s.Credentials, Bits: p.digdir.bits}
	var err error
	if run.Alone, err = p.timeBystanders(ctx, "alone"); err != nil {
		return nil, err
	}
	if err := p.until(ctx, p.idle); err != nil {
		return nil, err
	}
	counted, err := p.operatorRequests(ctx)
	if err != nil {
		return nil, err
	}
	p.outside.Sandbox.ClearRequests()
	fmt.Printf("  creating %d Apps with a client each and keys of %d bits, with %v calls a second\n", run.Apps, run.Bits, p.s.ClientCalls)
	if err := p.provide(ctx, run); err != nil {
		return nil, err
	}
	if err := p.until(ctx, p.idle); err != nil {
		return nil, err
	}
	run.Memory = memoryOf(p.operator.PID())
	now, err := p.operatorRequests(ctx)
	run.Requests = now.minus(counted)
	return run, err
}

// provide creates the Apps, others when half have their client, and waits until all have.
func (p *provision) provide(ctx context.Context, run *providedRun) (err error) {
	before := p.usage()
	if err := p.createApps(ctx, p.s.Workers, p.seen); err != nil {
		return err
	}
	if err := p.until(ctx, func(context.Context) error { return p.seen.lacking(p.made.apps, (run.Apps+1)/2, provided) }); err != nil {
		return err
	}
	run.Half = time.Since(before.at).Seconds()
	if run.Beside, err = p.timeBystanders(ctx, "beside"); err != nil {
		return err
	}
	if err := p.until(ctx, func(context.Context) error { return p.seen.lacking(p.made.apps, run.Apps, provided) }); err != nil {
		return err
	}
	run.Spent = spent(before, p.usage())
	run.Calls, run.Others = clientCallsOf(p.outside.Sandbox.Counts())
	run.First, run.Wall = span(before.at, p.seen.when(p.made.apps, provided))
	return nil
}

// timeBystanders creates Apps without a client and waits for their Deployments.
func (p *provision) timeBystanders(ctx context.Context, name string) (bystanderRun, error) {
	apps, err := bystanders(p.s.root, name, p.s.Owners, p.s.Bystanders)
	if err != nil {
		return bystanderRun{}, err
	}
	start := time.Now()
	if err := p.create(ctx, p.s.Workers, apps, p.seen); err != nil {
		return bystanderRun{}, err
	}
	if err := p.until(ctx, func(context.Context) error { return p.seen.lacking(apps, len(apps), deployed) }); err != nil {
		return bystanderRun{}, err
	}
	run := bystanderRun{Apps: len(apps)}
	_, run.Wall = span(start, p.seen.when(apps, deployed))
	created, there := p.seen.when(apps, begun), p.seen.when(apps, deployed)
	var took []float64
	for i := range created {
		took = append(took, there[i].Sub(created[i]).Seconds())
	}
	run.Latency = quantilesIn(took)
	return run, nil
}

// perKey bounds the wait for keys that are made ahead, beside patience: a thousand may take 20 minutes. On a quiet machine
// they take eight and a half, since the operator makes them with half a processor.
const perKey = 600 * time.Millisecond

// awaitKeys waits until the operator has made all the keys it makes ahead.
func (p *provision) awaitKeys(ctx context.Context) error {
	fmt.Printf("  making %d keys ahead\n", p.digdir.ready)
	return p.within(ctx, patience+time.Duration(p.digdir.ready)*perKey, p.keysReady)
}

// keysReady returns nil when the operator has made all the keys it makes ahead.
func (p *provision) keysReady(ctx context.Context) error {
	ready, err := scrape(ctx, http.DefaultClient, "http://"+p.operator.Metrics+"/metrics", "serviceowner_operator_keys_ready",
		func(map[string]string) string { return "keys" })
	if err == nil && ready["keys"] < p.digdir.ready {
		err = fmt.Errorf("%d of %d keys are made ahead", ready["keys"], p.digdir.ready)
	}
	return err
}

// What the watches have shown of an App.
func begun(s *sight, _ string) time.Time       { return s.created }
func provided(s *sight, _ string) time.Time    { return s.provided }
func deployed(s *sight, name string) time.Time { return s.children["Deployment "+name] }

// lacking returns nil when so many of some Apps have been seen to have reached a milestone.
func (r *recorder) lacking(apps []*v1alpha1.App, count int, of func(*sight, string) time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	reached, example := 0, ""
	for _, app := range apps {
		key := client.ObjectKeyFromObject(app)
		seen := r.of(key)
		if !of(seen, app.Name).IsZero() {
			reached++
		} else if seen.app != nil {
			example = fmt.Sprintf("%s: %v %v", key, seen.app.Status.Conditions, seen.app.Status.Credentials)
		}
	}
	if r.lost == nil && reached < count {
		return fmt.Errorf("%d of %d Apps are so far; one that is not: %s", reached, count, example)
	}
	return r.lost
}

// when are the times of one milestone of some Apps, in their order.
func (r *recorder) when(apps []*v1alpha1.App, of func(*sight, string) time.Time) []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	times := make([]time.Time, 0, len(apps))
	for _, app := range apps {
		times = append(times, of(r.of(client.ObjectKeyFromObject(app)), app.Name))
	}
	return times
}
