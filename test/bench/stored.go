// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

const (
	// perStoredOwner and perStoredApp bound the waits for service owners and Apps with storage, beside patience. On a
	// quiet machine they take a fifth of that.
	perStoredOwner, perStoredApp = time.Second, 500 * time.Millisecond
	// drifts is in how many accounts data leaves its region, one after the other.
	drifts = 10
)

// storedRun are the figures of service owners and Apps whose data is kept in an Azure that kwok plays.
type storedRun struct {
	Owners, AppsEach int
	// New are the owners without an App, Apps the Apps, which owners have their share in.
	New, Apps settling
	// Idle are the operator's requests while nothing happened, IdleReads what it read, Memory its memory after it.
	Idle, IdleReads tally
	Memory          memory
	// Drifts are data that left its region, one account after the other; DriftWrites what the operator wrote of all of
	// them, there and back, by kind.
	Drifts      []drift
	DriftWrites tally
	DriftSpent  cost
	// Restart is a pass over all that stands, by another operator in the place of the first.
	Restart passage
}

// settling is what it takes until things that were created have their storage.
type settling struct {
	Count int
	// Children is how many children each has: all have as many.
	Children int
	// Wall is from just before the first create until the last was seen to say StorageReady, in seconds.
	Wall float64
	// Requests are the operator's until it was silent, by method and answer, Writes what it wrote by kind, by what the
	// API server counts, and Reads what it read.
	Requests, Writes, Reads tally
	// Passes are those of each controller.
	Passes tally
	Spent  cost
}

// passage is a pass over all that stands.
type passage struct {
	// Wall is from the start until everything had been passed over, in seconds.
	Wall             float64
	Requests, Passes tally
	Memory           memory
	Spent            cost
}

func (s *settings) storedFlags() {
	flag.IntVar(&s.Stored, "stored", 1000, "how many service owners have storage, in an Azure that is played; 0 leaves it out")
	flag.IntVar(&s.StoredApps, "stored-apps", 5, "how many Apps with a container each of them has")
}

func (s settings) checkStored() error {
	if s.Stored < 0 || s.Stored > maxOwners || s.StoredApps < 1 {
		return fmt.Errorf("-stored must be at least 0 (up to %d), -stored-apps at least 1", maxOwners)
	}
	return nil
}

// newStoredFixture makes service owners whose storage is what it is by default, and Apps with the sample's containers.
func newStoredFixture(root string, owners, appsEach int) (*fixture, error) {
	made, err := newFixture(root, owners, owners*appsEach)
	if err != nil {
		return nil, err
	}
	var sample v1alpha1.App
	if err := readSample(root, "app-income.yaml", &sample); err != nil {
		return nil, err
	}
	for _, owner := range made.owners {
		owner.Spec.Storage = v1alpha1.Storage{}
	}
	for _, app := range made.apps {
		app.Spec.Storage = *sample.Spec.Storage.DeepCopy()
	}
	return made, nil
}

// inAzure is the change that makes an operator keep data in the Azure that is played, and call nobody outside.
func inAzure(config map[string]any) {
	unaided(config)
	config["storage"] = map[string]any{"provider": "Azure", "azure": map[string]any{
		"tenantId": "00000000-0000-0000-0000-000000000001", "oidcIssuer": "https://oidc.local.altinn.cloud/", "addresses": []any{"10.20.0.0/24"},
	}}
	egress, _ := config["egress"].(map[string]any)
	if egress == nil {
		egress = map[string]any{}
	}
	hosts, _ := egress["hosts"].(map[string]any)
	if hosts == nil {
		hosts = map[string]any{}
	}
	hosts["login.microsoftonline.com"] = []any{"20.190.128.0/18"} // where Apps get tokens for their storage
	egress["hosts"], config["egress"] = hosts, egress
}

// storing is a stage whose operator keeps data.
type storing struct {
	*stage
	s    settings
	seen *keepers
}

// measureStored makes service owners and their Apps, leaves them alone, and then lets data leave its region.
func (s settings) measureStored(ctx context.Context) (_ *storedRun, err error) {
	made, err := newStoredFixture(s.root, s.Stored, s.StoredApps)
	if err != nil {
		return nil, err
	}
	s.config = s.storing
	policy, err := s.policyOfReads()
	if err != nil {
		return nil, err
	}
	st, err := s.open(ctx, played, "stored", policy, &fixture{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	st.made = made
	seen := newKeepers()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	if err := st.watch(watching, keeping(), seen); err != nil {
		return nil, err
	}
	if err := st.until(ctx, st.silent); err != nil { // what it asks when it starts is no matter of service owners
		return nil, err
	}
	run := &storedRun{Owners: s.Stored, AppsEach: s.StoredApps}
	m := storing{st, s, seen}
	for _, step := range []func(context.Context, *storedRun) error{m.makeOwners, m.makeApps, m.idleness, m.drift, m.restart} {
		if err := step(ctx, run); err != nil {
			return nil, err
		}
	}
	return run, nil
}

func (m storing) makeOwners(ctx context.Context, run *storedRun) (err error) {
	fmt.Printf("  creating %d service owners\n", run.Owners)
	run.New, err = m.settle(ctx, lot{kindOwner, run.Owners, patience + time.Duration(run.Owners)*perStoredOwner}, func(ctx context.Context, i int) error {
		if err := m.client.Create(ctx, m.made.owners[i].DeepCopy()); err != nil {
			return fmt.Errorf("creating service owner %s: %w", m.made.owners[i].Name, err)
		}
		if err := m.client.Create(ctx, m.made.agreements[i].DeepCopy()); err != nil {
			return fmt.Errorf("creating the agreement of %s: %w", m.made.owners[i].Name, err)
		}
		return nil
	})
	return err
}

func (m storing) makeApps(ctx context.Context, run *storedRun) (err error) {
	count := len(m.made.apps)
	fmt.Printf("  creating %d Apps\n", count)
	run.Apps, err = m.settle(ctx, lot{kindApp, count, patience + time.Duration(count)*perStoredApp}, func(ctx context.Context, i int) error {
		app := m.made.apps[i].DeepCopy()
		if err := m.client.Create(ctx, app); err != nil {
			return fmt.Errorf("creating App %s/%s: %w", app.Namespace, app.Name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Each new container is some work on what its service owner has.
	return m.until(ctx, func(context.Context) error { return m.seen.lacking(kindOwner, run.Owners) })
}

// lot is how many of a kind are to have their storage, and how long that may take.
type lot struct {
	kind    string
	count   int
	longest time.Duration
}

// settle creates things and waits until they have their storage, and the operator is silent.
func (m storing) settle(ctx context.Context, of lot, create func(context.Context, int) error) (settling, error) {
	before, err := m.written(ctx)
	if err != nil {
		return settling{}, err
	}
	used := m.usage()
	if err := inParallel(ctx, m.s.Workers, of.count, create); err != nil {
		return settling{}, err
	}
	if err := m.within(ctx, of.longest, telling(func(context.Context) error { return m.seen.lacking(of.kind, of.count) })); err != nil {
		return settling{}, err
	}
	run := settling{Count: of.count, Spent: spent(used, m.usage()), Wall: m.seen.last(of.kind).Sub(used.at).Seconds()}
	if err := m.within(ctx, of.longest, telling(m.silent)); err != nil {
		return run, err
	}
	now, err := m.written(ctx)
	if err != nil {
		return run, err
	}
	added := now.minus(before)
	run.Requests, run.Writes, run.Passes = added.operator, added.kinds, added.passes
	if run.Reads, err = m.reads(used.at); err != nil {
		return run, err
	}
	run.Children, err = m.seen.children(of.kind)
	fmt.Println(run.line(of.kind))
	return run, err
}

// idleness listens to silence, and looks at the operator's memory after it.
func (m storing) idleness(ctx context.Context, run *storedRun) error {
	before, err := m.operatorRequests(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := sleep(ctx, m.s.Idle); err != nil {
		return err
	}
	after, err := m.operatorRequests(ctx)
	if err != nil {
		return err
	}
	run.Idle = after.minus(before)
	if run.IdleReads, err = m.reads(start); err != nil {
		return err
	}
	run.Memory, err = m.inUse(ctx)
	return err
}

// restart starts another operator in the place of the one that runs, which passes over all that stands.
func (m storing) restart(ctx context.Context, run *storedRun) error {
	fmt.Println("  starting another operator")
	m.operator.Stop()
	if err := m.operator.Start(ctx, m.admin); err != nil {
		return err
	}
	used := m.usage()
	longest := patience + time.Duration(run.Owners*run.AppsEach)*perStoredApp
	if err := m.within(ctx, longest, telling(func(ctx context.Context) error { return m.passed(ctx, run) })); err != nil {
		return err
	}
	run.Restart.Spent, run.Restart.Wall = spent(used, m.usage()), time.Since(used.at).Seconds()
	if err := m.within(ctx, longest, telling(m.silent)); err != nil {
		return err
	}
	var err error
	if run.Restart.Requests, err = m.operatorRequests(ctx); err != nil { // all that this process has made
		return err
	}
	if run.Restart.Passes, err = m.passesBy(ctx); err != nil {
		return err
	}
	run.Restart.Memory, err = m.inUse(ctx)
	fmt.Println(run.Restart.line())
	return err
}

// passed returns nil when an operator has passed over all that stands at least once.
func (m storing) passed(ctx context.Context, run *storedRun) error {
	passes, err := m.passesBy(ctx)
	apps := run.Owners * run.AppsEach
	if err == nil && (passes[ownerController] < run.Owners || passes[appController] < apps) {
		err = fmt.Errorf("%d passes over %d service owners, %d over %d Apps", passes[ownerController], run.Owners, passes[appController], apps)
	}
	return err
}
