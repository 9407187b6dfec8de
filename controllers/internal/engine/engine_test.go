// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

var hold = decide.Verdict{Action: decide.ActionHold, Findings: []decide.Finding{{Effect: decide.Hold, Reason: v1alpha1.ReasonHostTaken, Message: "The host is taken"}}}

// aPass is one pass over an App that has the ConfigMaps a and b, after what others did.
type aPass struct {
	kind   *tinyKind[*v1alpha1.App]
	meddle func(*cluster)

	calls    []string
	ready    string
	configs  []string
	recorded []string
	failure  string
}

func TestReconcileKeepsChildrenWhenItMayNotAct(t *testing.T) {
	neverRendered := func() ([]apply.Child, error) { return nil, errors.New("rendered all the same") }
	for name, tc := range map[string]aPass{
		"unknown facts change nothing": {
			kind:  &tinyKind[*v1alpha1.App]{unknown: errors.New("no answer"), verdict: decide.Verdict{Action: decide.ActionAdmit}, children: neverRendered},
			ready: "Unknown FactsUnavailable", failure: "no answer",
		},
		"a hold changes nothing": {
			kind: &tinyKind[*v1alpha1.App]{verdict: hold, children: neverRendered}, ready: "False HostTaken",
		},
		"a verdict that decides nothing is no admission": {
			kind:  &tinyKind[*v1alpha1.App]{children: func() ([]apply.Child, error) { return nil, nil }},
			ready: "Unknown FactsUnavailable", failure: "nothing was decided",
		},
		"a spec that cannot be rendered changes nothing": {
			kind: &tinyKind[*v1alpha1.App]{verdict: decide.Verdict{Action: decide.ActionAdmit},
				children: func() ([]apply.Child, error) { return nil, errors.New("no such size") }},
			ready: "False BuildFailed",
		},
		"a child of a kind nobody knows changes nothing, not even for the children before it": {
			kind: admitting[*v1alpha1.App](func() []apply.Child {
				return append(configs("c"), apply.Child{Object: &metav1.PartialObjectMetadata{}})
			}),
			ready: "False BuildFailed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.calls, tc.configs, tc.recorded = []string{"record App income"}, []string{"a", "b"}, []string{"a", "b"}
			tc.try(t)
		})
	}
}

func TestReconcileDoesNotRepairWhatIsHeld(t *testing.T) {
	aPass{
		kind:   &tinyKind[*v1alpha1.App]{verdict: hold, children: func() ([]apply.Child, error) { return nil, errors.New("rendered all the same") }},
		meddle: func(c *cluster) { deleteConfig(c, "a") },
		calls:  []string{"record App income"}, ready: "False HostTaken", configs: []string{"b"}, recorded: []string{"a", "b"},
	}.try(t)
}

func TestReconcileAsksWhatToDoBeforeItRenders(t *testing.T) {
	for name, action := range map[string]decide.Action{
		"an admission": decide.ActionAdmit, "what was admitted last": decide.ActionKeep, "a withdrawal": decide.ActionWithdraw,
	} {
		t.Run(name+" is rendered as one", func(t *testing.T) {
			kind := admitting[*v1alpha1.App](func() []apply.Child { return configs("a", "b") })
			kind.verdict.Action = action
			aPass{kind: kind, configs: []string{"a", "b"}, recorded: []string{"a", "b"}, ready: "True Ready"}.try(t)
			if kind.action != action {
				t.Errorf("rendered for action %d instead of %d", kind.action, action)
			}
		})
	}
}

func TestReconcileOrder(t *testing.T) {
	want := func(specs ...string) *tinyKind[*v1alpha1.App] {
		return admitting[*v1alpha1.App](func() []apply.Child { return configs(specs...) })
	}
	refused := apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "c", errors.New("no room"))
	for name, tc := range map[string]aPass{
		"nothing to do is no write": {
			kind: want("a", "b"), ready: "True Ready", configs: []string{"a", "b"}, recorded: []string{"a", "b"},
		},
		"a further child is recorded before it is made": {
			kind: want("a", "b", "c"), ready: "True Ready", configs: []string{"a", "b", "c"}, recorded: []string{"a", "b", "c"},
			calls: []string{"record App income", "create ConfigMap c"},
		},
		"a child less is pruned before it is forgotten": {
			kind: want("a"), ready: "True Ready", configs: []string{"a"}, recorded: []string{"a"},
			calls: []string{"delete ConfigMap b", "record App income"},
		},
		"a renamed child is recorded, made, and the old one pruned and forgotten": {
			kind: want("a", "c"), ready: "True Ready", configs: []string{"a", "c"}, recorded: []string{"a", "c"},
			calls: []string{"record App income", "create ConfigMap c", "delete ConfigMap b", "record App income"},
		},
		"children wanted no more are all pruned when an admission says so": {
			kind: want(), ready: "True Ready", calls: []string{"delete ConfigMap a", "delete ConfigMap b", "record App income"},
		},
		"a changed child is not recorded again": {
			kind: want("a=2", "b"), ready: "True Ready", configs: []string{"a", "b"}, recorded: []string{"a", "b"},
			calls: []string{"update ConfigMap a"},
		},
		"nothing is made that could not be recorded": {
			kind: want("a", "c"), ready: "True Ready", configs: []string{"a", "b"}, recorded: []string{"a", "b"},
			meddle:  func(c *cluster) { c.failing["record App income"] = errors.New("lost") },
			calls:   []string{"record App income", "record App income"},
			failure: "writing status: lost",
		},
		"nothing is pruned when something could not be made": {
			kind: want("a=2", "c"), ready: "False ApplyFailed", configs: []string{"a", "b"}, recorded: []string{"a", "b", "c"},
			meddle:  func(c *cluster) { c.failing["create ConfigMap c"] = refused },
			calls:   []string{"record App income", "update ConfigMap a", "create ConfigMap c", "record App income"},
			failure: `cannot create ConfigMap c: configmaps "c" is forbidden: no room`,
		},
		"nothing is pruned when a child is somebody else's": {
			kind: want("a", "c"), ready: "False ChildConflict", configs: []string{"a", "b", "c"}, recorded: []string{"a", "b", "c"},
			meddle: func(c *cluster) {
				if err := c.server.Create(c.t.Context(), configs("c=theirs")[0].Object); err != nil {
					c.t.Fatal(err)
				}
			},
			calls: []string{"record App income", "record App income"},
		},
		"what could not be pruned stays on record": {
			kind: want("a"), ready: "False PruneFailed", configs: []string{"a", "b"}, recorded: []string{"a", "b"},
			meddle:  func(c *cluster) { c.failing["delete ConfigMap b"] = refused },
			calls:   []string{"delete ConfigMap b", "record App income"},
			failure: `cannot delete ConfigMap b: configmaps "c" is forbidden: no room`,
		},
		"a child that somebody deleted is made again without a record": {
			kind: want("a", "b"), ready: "True Ready", configs: []string{"a", "b"}, recorded: []string{"a", "b"},
			meddle: func(c *cluster) { deleteConfig(c, "b") }, calls: []string{"create ConfigMap b"},
		},
	} {
		t.Run(name, func(t *testing.T) { tc.try(t) })
	}
}

// try makes an App with the ConfigMaps a and b, meddles, runs the pass and compares.
func (p aPass) try(t *testing.T) {
	t.Helper()
	c := newCluster(t, anApp())
	passes(c, admitting[*v1alpha1.App](func() []apply.Child { return configs("a", "b") }), anApp())
	if p.meddle != nil {
		p.meddle(c)
	}
	_, err := pass(c, p.kind, anApp())
	if (err == nil) != (p.failure == "") || err != nil && err.Error() != p.failure {
		t.Errorf("error: want %q, got %v", p.failure, err)
	}
	app := object(c, anApp())
	for _, diff := range []struct{ what, diff string }{
		{"calls", cmp.Diff(p.calls, c.calls)}, {"ConfigMaps", cmp.Diff(p.configs, c.configs())},
		{"record", cmp.Diff(p.recorded, recorded(app))}, {"Ready", cmp.Diff(p.ready, readyOf(app))},
	} {
		if diff.diff != "" {
			t.Errorf("%s (-want +got):\n%s", diff.what, diff.diff)
		}
	}
	if len(app.Finalizers) > 0 {
		t.Errorf("an App got finalizers: %v", app.Finalizers)
	}
}

// deleteConfig deletes a ConfigMap as somebody would.
func deleteConfig(c *cluster, name string) {
	c.t.Helper()
	if err := c.server.Delete(c.t.Context(), configs(name)[0].Object); err != nil {
		c.t.Fatal(err)
	}
}

func TestReconcileHeldAppShowsWhatRuns(t *testing.T) {
	c := newCluster(t, anApp())
	passes(c, admitting[*v1alpha1.App](func() []apply.Child { return configs("a", "b") }), anApp())
	kind := &tinyKind[*v1alpha1.App]{verdict: hold}
	passes(c, kind, anApp())
	app := object(c, anApp())
	if got := app.Status.Conditions[0]; got.Type != v1alpha1.ConditionAvailable || got.Status != metav1.ConditionTrue {
		t.Errorf("first condition: %v", got)
	}
	if readyOf(app) != "False HostTaken" || len(kind.described) != 2 || kind.facts != "facts" {
		t.Errorf("Ready is %q, %d children were described by %q", readyOf(app), len(kind.described), kind.facts)
	}
}

// What was admitted last is made and repaired like what is admitted, while the refusal of what is
// declared now is told.
func TestReconcileKeepsWhatWasAdmittedLast(t *testing.T) {
	kept := func() *tinyKind[*v1alpha1.App] {
		kind := admitting[*v1alpha1.App](func() []apply.Child { return configs("a", "b") })
		kind.verdict = decide.Verdict{Action: decide.ActionKeep, Findings: hold.Findings}
		return kind
	}
	for name, tc := range map[string]aPass{
		"nothing is written but the refusal": {calls: []string{"record App income"}},
		"a child that somebody deleted is made again": {
			meddle: func(c *cluster) { deleteConfig(c, "a") }, calls: []string{"create ConfigMap a", "record App income"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.kind, tc.ready, tc.configs, tc.recorded = kept(), "False HostTaken", []string{"a", "b"}, []string{"a", "b"}
			tc.try(t)
			if tc.kind.action != decide.ActionKeep || len(tc.kind.described) != 2 || tc.kind.facts != "facts" {
				t.Errorf("rendered for action %d; %d children described by %q", tc.kind.action, len(tc.kind.described), tc.kind.facts)
			}
		})
	}
}

func TestReconcileTellsAFindingOnce(t *testing.T) {
	c := newCluster(t, anApp())
	kind := admitting[*v1alpha1.App](func() []apply.Child { return configs("a") })
	passes(c, kind, anApp())
	kind.verdict.Findings = []decide.Finding{{Effect: decide.Warn, Reason: v1alpha1.ReasonAgreementExpiring, Message: "It runs out soon"}}
	for n, want := range [][]string{{"Warning AgreementExpiring It runs out soon"}, nil, nil} {
		if _, err := pass(c, kind, anApp()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, c.heard()); diff != "" {
			t.Errorf("pass %d: events (-want +got):\n%s", n+1, diff)
		}
	}
}

func TestReconcileNextCheck(t *testing.T) {
	c := newCluster(t, anApp())
	kind := admitting[*v1alpha1.App](func() []apply.Child { return configs("a") })
	kind.verdict.NextCheck = noon.Add(40 * time.Minute)
	result, err := pass(c, kind, anApp())
	if want := (reconcile.Result{RequeueAfter: 40 * time.Minute}); err != nil || result != want {
		t.Errorf("want %v, got %v, %v", want, result, err)
	}
}

func TestReconcileThatCannotLookAtChildren(t *testing.T) {
	for name, tc := range map[string]struct {
		kind  *tinyKind[*v1alpha1.App]
		ready string
	}{
		"says so when all else went well": {kind: admitting[*v1alpha1.App](func() []apply.Child { return configs("a") }), ready: "Unknown FactsUnavailable"},
		"tells of the worse failure before it": {kind: admitting[*v1alpha1.App](func() []apply.Child {
			return []apply.Child{{Object: &metav1.PartialObjectMetadata{}}}
		}), ready: "False BuildFailed"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, anApp())
			passes(c, admitting[*v1alpha1.App](func() []apply.Child { return configs("a") }), anApp())
			engine := newEngine(c, tc.kind)
			engine.Cluster = interceptor.NewClient(c.server, interceptor.Funcs{
				Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
					return errors.New("no informer")
				},
			})
			_, _ = engine.Reconcile(t.Context(), object(c, anApp())) // what the queue is told is the report's test
			app := object(c, anApp())
			if readyOf(app) != tc.ready || app.Status.Conditions[0].Status != metav1.ConditionUnknown {
				t.Errorf("Ready is %q, conditions %v", readyOf(app), app.Status.Conditions)
			}
			if tc.kind.described != nil {
				t.Errorf("children were described that nobody looked at: %v", tc.kind.described)
			}
		})
	}
}
