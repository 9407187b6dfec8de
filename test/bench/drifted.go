// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// drift is data of one service owner that turned up in another region, and came back. Times are seconds from just before
// Azure reported it.
type drift struct {
	// Owner is when the service owner was seen to say so, Apps when the last of its Apps was.
	Owner, Apps float64
	// Back is when the last of them was seen to say that the data is back, from just before that was reported.
	Back float64
}

// home is where the fixture's data belongs, elsewhere a region that nobody may keep data in.
const home, elsewhere = "norwayeast", "eastus"

var accountKind = schema.GroupVersionKind{Group: "storage.azure.com", Version: "v20250601", Kind: "StorageAccount"}

// drift lets data leave its region in some of the accounts, one after the other, spread over all of them.
func (m storing) drift(ctx context.Context, run *storedRun) error {
	if err := m.calm(ctx, m.s.Calm); err != nil {
		return err
	}
	before, err := m.written(ctx)
	if err != nil {
		return err
	}
	used := m.usage()
	count := min(drifts, run.Owners)
	fmt.Printf("  letting the data of %d service owners leave its region\n", count)
	for i := range count {
		one, err := m.leave(ctx, ownerCode(i*run.Owners/count))
		if err != nil {
			return err
		}
		run.Drifts = append(run.Drifts, one)
	}
	run.DriftSpent = spent(used, m.usage())
	if err := m.until(ctx, m.silent); err != nil {
		return err
	}
	now, err := m.written(ctx)
	run.DriftWrites = now.kinds.minus(before.kinds)
	fmt.Println(run.driftLine())
	return err
}

// leave lets the data of one service owner leave, and come back.
func (m storing) leave(ctx context.Context, code string) (one drift, err error) {
	start := time.Now()
	at, err := m.moved(ctx, code, elsewhere, metav1.ConditionFalse)
	if err != nil {
		return one, err
	}
	one.Owner, one.Apps = at.owner.Sub(start).Seconds(), at.apps.Sub(start).Seconds()
	start = time.Now()
	at, err = m.moved(ctx, code, home, metav1.ConditionTrue)
	one.Back = later(at.owner, at.apps).Sub(start).Seconds()
	return one, err
}

// moved lets Azure report where an account lies, and waits until its service owner and all Apps say what follows.
func (m storing) moved(ctx context.Context, code, region string, follows metav1.ConditionStatus) (at place, err error) {
	account := &unstructured.Unstructured{}
	account.SetGroupVersionKind(accountKind)
	account.SetNamespace(v1alpha1.NamespacePrefix + code)
	account.SetName(code)
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"status": {"primaryLocation": %q}}`, region))
	if err := m.client.Status().Patch(ctx, account, patch); err != nil {
		return at, fmt.Errorf("reporting that the account of %s lies in %s: %w", code, region, err)
	}
	err = m.until(ctx, func(context.Context) (lacks error) { at, lacks = m.seen.lying(code, follows); return lacks })
	return at, err
}
