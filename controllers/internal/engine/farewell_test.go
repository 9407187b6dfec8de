// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

// aFarewell lists what it is told, and answers as a test says.
type aFarewell struct {
	cluster    *cluster
	begin, end error
}

func (f *aFarewell) Begin(context.Context, *v1alpha1.ServiceOwner) error {
	f.cluster.calls = append(f.cluster.calls, "begin")
	return f.begin
}

func (f *aFarewell) End(context.Context, *v1alpha1.ServiceOwner) error {
	f.cluster.calls = append(f.cluster.calls, "end")
	return f.end
}

// theReceipt is what a deletion needs and is not there.
var theReceipt = &NeedError{Message: "There is no place for the receipt", Remedy: "Make one"}

func TestReconcileTellsAFarewellBeforeAnythingIsDeletedAndAfterAllIs(t *testing.T) {
	const release, record, remove = "patch ServiceOwner skd", "record ServiceOwner skd", "delete Namespace so-skd"
	for name, tc := range map[string]struct {
		policy   v1alpha1.DeletionPolicy
		farewell aFarewell
		// passes are the calls of each pass.
		passes  [][]string
		events  []string
		ready   string
		failure string
		left    []string
		again   time.Duration
	}{
		"under Delete": {
			policy: v1alpha1.DeletionDelete, passes: [][]string{{"begin", remove, record}, {"begin", "end", release}},
			events: []string{"Warning Deleting Waiting until these are gone: Namespace so-skd"},
		},
		"under Retain": {
			policy: v1alpha1.DeletionRetain, passes: [][]string{{"begin", "end", release}}, left: []string{"a"},
			events: []string{"Normal Retained deletionPolicy is Retain: 2 objects made for skd stay as they are"},
		},
		"one that fails is tried again, and nothing is deleted": {
			policy: v1alpha1.DeletionDelete, farewell: aFarewell{begin: errors.New("lost")}, passes: [][]string{{"begin", record}, {"begin"}},
			events: []string{"Warning Deleting lost"}, ready: "False Deleting", failure: "lost", left: []string{"a"},
		},
		"one that needs somebody says what to do, and is looked at again": {
			policy: v1alpha1.DeletionDelete, farewell: aFarewell{begin: theReceipt}, passes: [][]string{{"begin", record}, {"begin"}},
			events: []string{"Warning Deleting There is no place for the receipt"}, ready: "False Deleting", left: []string{"a"}, again: needed,
		},
		"one that fails in the end holds what is left, the resource itself": {
			policy: v1alpha1.DeletionRetain, farewell: aFarewell{end: errors.New("lost")}, passes: [][]string{{"begin", "end", record}, {"begin", "end"}},
			events: []string{"Warning Deleting lost"}, ready: "False Deleting", failure: "lost", left: []string{"a"},
		},
		"one that needs somebody in the end too": {
			policy: v1alpha1.DeletionRetain, farewell: aFarewell{end: theReceipt}, passes: [][]string{{"begin", "end", record}},
			events: []string{"Warning Deleting There is no place for the receipt"}, ready: "False Deleting", left: []string{"a"}, again: needed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, aServiceOwner())
			passes(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") }), aServiceOwner())
			c.delete(tc.policy)
			tc.farewell.cluster = c
			for n, want := range tc.passes {
				c.calls = nil
				engine := newEngine(c, anUnaskedKind(t))
				engine.Farewell = &tc.farewell
				result, err := engine.Reconcile(t.Context(), object(c, aServiceOwner()))
				if textOf(err) != tc.failure || result.RequeueAfter != tc.again {
					t.Errorf("pass %d: %v, again after %v", n, err, result.RequeueAfter)
				}
				if diff := cmp.Diff(want, c.calls); diff != "" {
					t.Errorf("pass %d: calls (-want +got):\n%s", n, diff)
				}
			}
			if diff := cmp.Diff(tc.events, c.heard()); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.left, c.configs()); diff != "" {
				t.Errorf("ConfigMaps (-want +got):\n%s", diff)
			}
			if owner := object(c, aServiceOwner()); (owner == nil) != (tc.ready == "") || owner != nil && readyOf(owner) != tc.ready {
				t.Errorf("owner: %v", owner)
			}
		})
	}
}

func TestReconcileSaysWhatADeletionNeeds(t *testing.T) {
	c := newCluster(t, aServiceOwner())
	passes(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") }), aServiceOwner())
	c.delete(v1alpha1.DeletionDelete)
	engine := newEngine(c, anUnaskedKind(t))
	engine.Farewell = &aFarewell{cluster: c, begin: theReceipt}
	if _, err := engine.Reconcile(t.Context(), object(c, aServiceOwner())); err != nil {
		t.Fatal(err)
	}
	want := []v1alpha1.Problem{{Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionReady,
		Message: "There is no place for the receipt", Actor: v1alpha1.ActorPlatform, Remedy: "Make one"}}
	if diff := cmp.Diff(want, object(c, aServiceOwner()).Status.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestReconcileTellsNoFarewellWhereNothingWasMade(t *testing.T) {
	owner := aDeletedServiceOwner(v1alpha1.DeletionDelete, "theirs/finalizer")
	c := newCluster(t, owner)
	engine := newEngine(c, anUnaskedKind(t))
	engine.Farewell = &aFarewell{cluster: c}
	if _, err := engine.Reconcile(t.Context(), object(c, aServiceOwner())); err != nil || len(c.calls) > 0 {
		t.Errorf("%v, calls %v", err, c.calls)
	}
}

// textOf is an error's text; empty for none.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
