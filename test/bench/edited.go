// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// neighbours is how many Apps the other service owner has, whom the edit does not concern.
const neighbours = 10

// editedRun are the figures of one edit of an agreement that takes a data category from under all Apps
// of its service owner. Times are seconds from just before the edit.
type editedRun struct {
	// Apps are those the agreement covered, Neighbours those of the other service owner.
	Apps, Neighbours int
	// First and Wall are when the first and the last App was seen to say that it is not covered.
	First, Wall float64
	// Passes is how many passes over Apps there were.
	Passes int
	// Woken is how many of the neighbours had their status written.
	Woken int
	// Requests are the operator's until all had settled, Server those the API server answered to anybody.
	Requests, Server tally
	// Spent is what it took, until the last App was seen.
	Spent cost
	// Raw is the plain client that writes the same statuses.
	Raw *rawRun
}

// Statuses is how many statuses of Apps were written.
func (r *editedRun) Statuses() int { return r.Server["PUT apps/status"] }

// Events is how many events were written. They are not among what the plain client writes.
func (r *editedRun) Events() int { return r.Server["POST events"] + r.Server["PATCH events"] }

// measureEdited makes Apps of two service owners, edits the agreement of one, and measures how long
// the edit takes to reach the last status; then a plain client writes the same statuses.
func (s settings) measureEdited(ctx context.Context, name string) (_ *editedRun, err error) {
	made, err := newUnevenFixture(s.root, s.Edited, neighbours)
	if err != nil {
		return nil, err
	}
	st, err := s.open(ctx, bare, name, "", made)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	seen, err := st.record(ctx, bare)
	if err != nil {
		return nil, err
	}
	defer seen.stop()
	fmt.Printf("  creating %d Apps of one service owner, and %d of another\n", s.Edited, neighbours)
	if err := st.createApps(ctx, s.Workers, seen); err != nil {
		return nil, err
	}
	if err := st.until(ctx, func(ctx context.Context) error { return st.admitted(ctx, seen) }); err != nil {
		return nil, err
	}
	covered := seen.inNamespace(namespaceOf(0))
	run, err := st.timeEdit(ctx, s, seen)
	if err != nil {
		return nil, err
	}
	fmt.Println(run.line())
	st.stopOperator()
	if run.Raw, err = st.timeStatuses(ctx, s, covered, seen.inNamespace(namespaceOf(0))); err != nil {
		return nil, err
	}
	fmt.Println(run.Raw.line())
	return run, nil
}

// admitted returns nil when all Apps are whole and have had no news for a while, and the agreements
// have counted them all.
func (st *stage) admitted(ctx context.Context, seen *recorder) error {
	if err := errors.Join(seen.missing(bare, len(st.made.apps)), seen.news()); err != nil {
		return err
	}
	var agreements v1alpha1.DataProcessingAgreementList
	if err := st.client.List(ctx, &agreements); err != nil {
		return err
	}
	covered := 0
	for i := range agreements.Items {
		covered += int(agreements.Items[i].Status.Covered.Apps.Count)
	}
	if covered < len(st.made.apps) {
		return fmt.Errorf("the agreements cover %d of %d Apps", covered, len(st.made.apps))
	}
	return nil
}

// idle returns nil when the operator has made no pass over an App for a while.
func (st *stage) idle(ctx context.Context) error {
	before, err := st.passes(ctx)
	if err != nil {
		return err
	}
	if err := sleep(ctx, settleFor); err != nil {
		return err
	}
	after, err := st.passes(ctx)
	if err == nil && after > before {
		err = fmt.Errorf("%d passes over Apps in %v", after-before, settleFor)
	}
	return err
}

// timeEdit edits the first service owner's agreement and waits until all its Apps say what that means.
func (st *stage) timeEdit(ctx context.Context, s settings, seen *recorder) (*editedRun, error) {
	if err := st.until(ctx, st.idle); err != nil { // passes that write nothing may still follow the last news
		return nil, err
	}
	counted, err := st.counts(ctx)
	if err != nil {
		return nil, err
	}
	agreement := st.made.agreements[0]
	narrower := narrowed(agreement, st.made.apps[0].Spec.Processing.DataCategories)
	if err := st.calm(ctx, s.Calm); err != nil {
		return nil, err
	}
	fmt.Printf("  editing the agreement of %d Apps\n", s.Edited)
	before := st.usage()
	start := before.at
	if err := st.client.Patch(ctx, narrower, client.MergeFrom(agreement)); err != nil {
		return nil, fmt.Errorf("editing agreement %s: %w", agreement.Name, err)
	}
	if err := st.until(ctx, func(context.Context) error { return seen.covered(s.Edited) }); err != nil {
		return nil, err
	}
	run := &editedRun{Apps: s.Edited, Neighbours: neighbours, Spent: spent(before, st.usage())}
	if err := st.until(ctx, st.idle); err != nil {
		return nil, err
	}
	run.First, run.Wall, run.Woken = seen.refusals(start, namespaceOf(0))
	now, err := st.counts(ctx)
	added := now.minus(counted)
	run.Requests, run.Server, run.Passes = added.operator, added.server, added.passes
	return run, err
}

// narrowed is an agreement without the last of some data categories.
func narrowed(agreement *v1alpha1.DataProcessingAgreement, used []v1alpha1.DataCategory) *v1alpha1.DataProcessingAgreement {
	less := agreement.DeepCopy()
	gone := used[len(used)-1]
	less.Spec.DataCategories = slices.DeleteFunc(less.Spec.DataCategories, func(c v1alpha1.DataCategory) bool { return c == gone })
	less.Spec.Retention = slices.DeleteFunc(less.Spec.Retention, func(r v1alpha1.RetentionLimit) bool { return r.Category == gone })
	return less
}

// timeStatuses writes the statuses that the operator wrote once more. What they were before is written
// first, untimed, so that each write changes something and its version is known beforehand.
func (st *stage) timeStatuses(ctx context.Context, s settings, before, after map[client.ObjectKey]*v1alpha1.App) (*rawRun, error) {
	var bodies []*v1alpha1.App
	for _, app := range after {
		body := app.DeepCopy()
		body.ManagedFields = nil // the operator's client does not send them either
		bodies = append(bodies, body)
	}
	slices.SortFunc(bodies, func(a, b *v1alpha1.App) int { return strings.Compare(a.Name, b.Name) })
	write := func(ctx context.Context, i int) error {
		version := bodies[i].ResourceVersion
		if err := st.client.Status().Update(ctx, bodies[i]); err != nil {
			return fmt.Errorf("writing the status of App %s: %w", bodies[i].Name, err)
		}
		if bodies[i].ResourceVersion == version {
			return fmt.Errorf("%w: writing the status of App %s changed nothing", errFinal, bodies[i].Name)
		}
		return nil
	}
	for _, body := range bodies {
		body.Status = *before[client.ObjectKeyFromObject(body)].Status.DeepCopy()
	}
	if err := inParallel(ctx, s.Workers, len(bodies), write); err != nil {
		return nil, err
	}
	for _, body := range bodies {
		body.ManagedFields = nil
		body.Status = *after[client.ObjectKeyFromObject(body)].Status.DeepCopy()
	}
	if err := st.calm(ctx, s.Calm); err != nil {
		return nil, err
	}
	fmt.Printf("  writing %d statuses\n", len(bodies))
	used := st.usage()
	if err := inParallel(ctx, s.Workers, len(bodies), write); err != nil {
		return nil, err
	}
	run := &rawRun{Writes: len(bodies), Wall: time.Since(used.at).Seconds()}
	run.Spent = spent(used, st.usage())
	return run, nil
}

// isUncovered says whether an App is kept from being Ready by what its owner's agreement lacks.
func isUncovered(app *v1alpha1.App) bool {
	ready := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Reason == v1alpha1.ReasonNotCovered
}

// inNamespace returns the Apps of a namespace as they were last seen.
func (r *recorder) inNamespace(namespace string) map[client.ObjectKey]*v1alpha1.App {
	r.mu.Lock()
	defer r.mu.Unlock()
	apps := map[client.ObjectKey]*v1alpha1.App{}
	for key, seen := range r.apps {
		if key.Namespace == namespace {
			apps[key] = seen.app
		}
	}
	return apps
}

// covered returns nil when so many Apps have been seen to say that they no longer are.
func (r *recorder) covered(apps int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	refused := 0
	for _, seen := range r.apps {
		if !seen.refused.IsZero() {
			refused++
		}
	}
	if r.lost == nil && refused < apps {
		return fmt.Errorf("%d of %d Apps say that they are not covered", refused, apps)
	}
	return r.lost
}

// refusals are when the first and the last App of a namespace were seen to be refused, in seconds from
// start, and how many Apps of other namespaces have had news since.
func (r *recorder) refusals(start time.Time, namespace string) (first, last float64, others int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, seen := range r.apps {
		if key.Namespace != namespace {
			if seen.last.After(start) {
				others++
			}
			continue
		}
		after := seen.refused.Sub(start).Seconds()
		if first == 0 || after < first {
			first = after
		}
		last = max(last, after)
	}
	return first, last, others
}
