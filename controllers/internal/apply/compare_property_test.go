// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
)

// The objects are made by chance from a fixed seed: a failure names its number and comes again.
const (
	propertySeed  = 20
	propertyCases = 4000
)

// eachPair calls try for many pairs of a desired and a live object.
func eachPair(t *testing.T, try func(desired, live map[string]any, yields []string) error) {
	t.Helper()
	made := dice{rand.New(rand.NewPCG(propertySeed, propertySeed))}
	for i := range propertyCases {
		desired := made.object()
		live := made.live(desired)
		yields := made.yields(desired["kind"])
		if err := try(desired, live, yields); err != nil {
			t.Fatalf("pair %d: %v\ndesired: %v\nlive: %v\nyields: %v", i, err, desired, live, yields)
		}
	}
}

func TestMergedIsSettledAndStaysAsItIs(t *testing.T) {
	var settledBefore int
	eachPair(t, func(desired, live map[string]any, yields []string) error {
		if settled(desired, live, yields) {
			settledBefore++
		}
		once := merged(desired, live, yields)
		if !settled(desired, once, yields) {
			return fmt.Errorf("merged is not settled: %v", once)
		}
		if diff := cmp.Diff(once, merged(desired, once, yields)); diff != "" {
			return fmt.Errorf("merging again changes something (-once +twice):\n%s", diff)
		}
		return nil
	})
	if settledBefore < propertyCases/20 || settledBefore > propertyCases/2 {
		t.Errorf("%d of %d pairs were settled before: the generator tests too little", settledBefore, propertyCases)
	}
}

func TestMergedKeepsTheMetadataOfOthers(t *testing.T) {
	eachPair(t, func(desired, live map[string]any, yields []string) error {
		got := merged(desired, live, yields)["metadata"].(map[string]any)
		had, wanted := live["metadata"].(map[string]any), desired["metadata"].(map[string]any)
		for _, key := range []string{"uid", "resourceVersion", "finalizers", "name"} {
			if !cmp.Equal(had[key], got[key]) {
				return fmt.Errorf("%s became %v", key, got[key])
			}
		}
		for _, key := range []string{"labels", "annotations"} {
			theirs, _ := had[key].(map[string]any)
			ours, _ := wanted[key].(map[string]any)
			for name, value := range theirs {
				if _, rendered := ours[name]; !rendered && got[key].(map[string]any)[name] != value {
					return fmt.Errorf("%s of others lost %s: %v", key, name, got[key])
				}
			}
		}
		return ownersKept(had, wanted, got)
	})
}

// ownersKept says what is wrong with merged owner references: each UID of either side stands once.
func ownersKept(had, wanted, got map[string]any) error {
	count := map[any]int{}
	references, _ := got["ownerReferences"].([]any)
	for _, owner := range references {
		count[uidOf(owner)]++
	}
	for _, side := range []map[string]any{had, wanted} {
		owners, _ := side["ownerReferences"].([]any)
		for _, owner := range owners {
			if count[uidOf(owner)] != 1 {
				return fmt.Errorf("owner %v stands %d times in %v", uidOf(owner), count[uidOf(owner)], references)
			}
		}
	}
	return nil
}

func TestMergedKeepsTheStatus(t *testing.T) {
	eachPair(t, func(desired, live map[string]any, yields []string) error {
		if diff := cmp.Diff(live["status"], merged(desired, live, yields)["status"]); diff != "" {
			return fmt.Errorf("status (-live +merged):\n%s", diff)
		}
		return nil
	})
}

func TestClosedKindsAreSettledOnlyWhenNothingIsForeign(t *testing.T) {
	eachPair(t, func(desired, live map[string]any, yields []string) error {
		if !slices.Contains(closed, desired["kind"].(string)) || !settled(desired, live, yields) {
			return nil
		}
		for _, key := range []string{"spec", "data", "subjects"} {
			if diff := cmp.Diff(desired[key], live[key]); diff != "" {
				return fmt.Errorf("settled with a foreign %s (-desired +live):\n%s", key, diff)
			}
		}
		return nil
	})
}

func TestComparingChangesNeitherSide(t *testing.T) {
	eachPair(t, func(desired, live map[string]any, yields []string) error {
		desiredBefore, liveBefore := runtime.DeepCopyJSON(desired), runtime.DeepCopyJSON(live)
		settled(desired, live, yields)
		merged(desired, live, yields)
		if diff := cmp.Diff(desiredBefore, desired); diff != "" {
			return fmt.Errorf("desired changed:\n%s", diff)
		}
		if diff := cmp.Diff(liveBefore, live); diff != "" {
			return fmt.Errorf("live changed:\n%s", diff)
		}
		return nil
	})
}

func TestOpenKindsTakeDefaultsButNoElements(t *testing.T) {
	eachPair(t, func(desired, _ map[string]any, _ []string) error {
		if slices.Contains(closed, desired["kind"].(string)) {
			return nil
		}
		live := map[string]any{"kind": desired["kind"], "metadata": desired["metadata"]}
		for key, value := range content(desired) {
			live[key] = defaulted(value)
		}
		if !settled(desired, live, nil) {
			return fmt.Errorf("defaults count as drift: %v", live)
		}
		var lists bool
		for key, value := range content(desired) {
			longer, grown := extended(value)
			live[key], lists = longer, lists || grown
		}
		if lists && settled(desired, live, nil) {
			return fmt.Errorf("a further element is no drift: %v", live)
		}
		return nil
	})
}
