// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

// A kind that is not known for a while, or not configured any longer, makes no child unwanted.
func TestReconcileSparesWhatItCannotJudge(t *testing.T) {
	spared := func(ref v1alpha1.Child) bool { return ref.Name == "b" }
	for name, tc := range map[string]struct {
		kind     *tinyKind[*v1alpha1.App]
		spares   func(v1alpha1.Child) bool
		calls    []string
		configs  []string
		recorded []string
		observed []string
	}{
		"what is not wanted and spared stays, on record and unobserved": {
			kind: admitting[*v1alpha1.App](func() []apply.Child { return configs("a") }), spares: spared,
			configs: []string{"a", "b"}, recorded: []string{"a", "b"}, observed: []string{"a"},
		},
		"beside what is pruned": {
			kind: admitting[*v1alpha1.App](func() []apply.Child { return configs("c") }), spares: spared,
			calls:   []string{"record App income", "create ConfigMap c", "delete ConfigMap a", "record App income"},
			configs: []string{"b", "c"}, recorded: []string{"b", "c"}, observed: []string{"c"},
		},
		"of what is held it is not looked at either": {
			kind: &tinyKind[*v1alpha1.App]{verdict: hold}, spares: spared, calls: []string{"record App income"},
			configs: []string{"a", "b"}, recorded: []string{"a", "b"}, observed: []string{"a"},
		},
		"nothing is spared where nobody says so": {
			kind:  admitting[*v1alpha1.App](func() []apply.Child { return configs("a") }),
			calls: []string{"delete ConfigMap b", "record App income"}, configs: []string{"a"}, recorded: []string{"a"}, observed: []string{"a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, anApp())
			passes(c, admitting[*v1alpha1.App](func() []apply.Child { return configs("a", "b") }), anApp())
			engine := newEngine(c, tc.kind)
			engine.Spares = tc.spares
			if _, err := engine.Reconcile(t.Context(), object(c, anApp())); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.calls, c.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.configs, c.configs()); diff != "" {
				t.Errorf("ConfigMaps (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.recorded, recorded(object(c, anApp()))); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			var observed []string
			for _, health := range tc.kind.described {
				observed = append(observed, health.Child.Name)
			}
			if diff := cmp.Diff(tc.observed, observed); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
		})
	}
}

// What becomes known while a pass is under way was not there to be read when it began.
func TestReconcileSparesWhatItCouldNotJudgeAtTheStart(t *testing.T) {
	c := newCluster(t, anApp())
	passes(c, admitting[*v1alpha1.App](func() []apply.Child { return configs("a", "b") }), anApp())
	known := false
	engine := newEngine(c, admitting[*v1alpha1.App](func() []apply.Child { known = true; return configs("a") }))
	engine.Spares = func(ref v1alpha1.Child) bool { return !known && ref.Name == "b" }
	if _, err := engine.Reconcile(t.Context(), object(c, anApp())); err != nil || len(c.calls) > 0 {
		t.Errorf("%v, calls %v", err, c.calls)
	}
}
