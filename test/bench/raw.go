// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// rawRun are the figures of the plain client that writes what the operator wrote. Times are seconds
// from just before its first request.
type rawRun struct {
	// Writes is how many requests it made.
	Writes int
	// Wall is when the last was answered, Available when the last Deployment was available.
	Wall, Available float64
	// Spent is what it took, until all was there.
	Spent cost
}

// measureRaw writes what the operator made once more, on a control plane of its own. The operator
// makes the namespaces there and is then stopped.
func (s settings) measureRaw(ctx context.Context, plane plane, name string, recipes []recipe) (_ *rawRun, err error) {
	made, err := newFixture(s.root, s.Owners, s.Apps)
	if err != nil {
		return nil, err
	}
	st, err := s.open(ctx, plane, name+"-raw", "", made)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	st.stopOperator()
	seen, err := st.record(ctx, plane)
	if err != nil {
		return nil, err
	}
	defer seen.stop()
	if _, err := st.serverRequests(ctx); err != nil { // as before the operator's run
		return nil, err
	}
	if err := st.calm(ctx, s.Calm); err != nil {
		return nil, err
	}
	fmt.Printf("  writing %d Apps and their children\n", len(recipes))
	before := st.usage()
	err = inParallel(ctx, s.Workers, len(recipes), func(ctx context.Context, i int) error {
		return st.replay(ctx, recipes[i])
	})
	if err != nil {
		return nil, err
	}
	run := &rawRun{Wall: time.Since(before.at).Seconds()}
	for _, recipe := range recipes {
		run.Writes += len(recipe.children) + 2 // the App and its status
	}
	if plane == full {
		if err := st.until(ctx, func(context.Context) error { return seen.deployed(s.Apps) }); err != nil {
			return nil, err
		}
		run.Available = last(before.at, seen.moments(func(s *sight) time.Time { return s.available }))
	}
	run.Spent = spent(before, st.usage())
	return run, nil
}

// replay creates one App and its children, which are the new App's, and writes its status.
func (st *stage) replay(ctx context.Context, recipe recipe) error {
	app := recipe.app.DeepCopy()
	if err := st.client.Create(ctx, app); err != nil {
		return fmt.Errorf("creating App %s/%s: %w", app.Namespace, app.Name, err)
	}
	for _, child := range recipe.children {
		child, ok := child.DeepCopyObject().(client.Object)
		if !ok {
			return fmt.Errorf("copying %T: not an object with metadata", child)
		}
		owners := child.GetOwnerReferences()
		for i := range owners {
			owners[i].UID = app.UID
		}
		child.SetOwnerReferences(owners)
		if err := st.client.Create(ctx, child); err != nil {
			return fmt.Errorf("creating %T %s/%s: %w", child, child.GetNamespace(), child.GetName(), err)
		}
	}
	app.Status = *recipe.status.DeepCopy()
	if err := st.client.Status().Update(ctx, app); err != nil {
		return fmt.Errorf("writing the status of App %s/%s: %w", app.Namespace, app.Name, err)
	}
	return nil
}
