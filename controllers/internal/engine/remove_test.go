// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

func TestReconcileHoldsClusterScopedResourcesByAFinalizer(t *testing.T) {
	t.Run("it is added before anything is recorded or made", func(t *testing.T) {
		c := newCluster(t, aServiceOwner())
		if _, err := pass(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") }), aServiceOwner()); err != nil {
			t.Fatal(err)
		}
		want := []string{"patch ServiceOwner skd", "record ServiceOwner skd", "create Namespace so-skd", "create ConfigMap a", "record ServiceOwner skd"}
		if diff := cmp.Diff(want, c.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{v1alpha1.FinalizerInventory}, object(c, aServiceOwner()).Finalizers); diff != "" {
			t.Errorf("finalizers (-want +got):\n%s", diff)
		}
	})
	t.Run("it is not added again", func(t *testing.T) {
		c := newCluster(t, aServiceOwner())
		passes(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") }), aServiceOwner())
		passes(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") }), aServiceOwner())
		if len(c.calls) > 0 {
			t.Errorf("calls: %v", c.calls)
		}
	})
	t.Run("nothing is made without it", func(t *testing.T) {
		c := newCluster(t, aServiceOwner())
		c.failing["patch ServiceOwner skd"] = errors.New("lost")
		_, err := pass(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") }), aServiceOwner())
		if err == nil {
			t.Error("no error")
		}
		if diff := cmp.Diff([]string{"patch ServiceOwner skd", "record ServiceOwner skd"}, c.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		owner := object(c, aServiceOwner())
		if len(owner.Finalizers) > 0 || len(owner.Status.Children) > 0 || readyOf(owner) != "False ApplyFailed" {
			t.Errorf("finalizers %v, record %v, Ready %q", owner.Finalizers, owner.Status.Children, readyOf(owner))
		}
	})
	t.Run("what makes nothing does not need it", func(t *testing.T) {
		c := newCluster(t, aServiceOwner())
		passes(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return nil }), aServiceOwner())
		if finalizers := object(c, aServiceOwner()).Finalizers; len(finalizers) > 0 {
			t.Errorf("finalizers: %v", finalizers)
		}
	})
	t.Run("others' finalizers stay beside it", func(t *testing.T) {
		owner := aServiceOwner()
		owner.Finalizers = []string{"theirs/finalizer"}
		c := newCluster(t, owner)
		passes(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") }), aServiceOwner())
		if diff := cmp.Diff([]string{"theirs/finalizer", v1alpha1.FinalizerInventory}, object(c, aServiceOwner()).Finalizers); diff != "" {
			t.Errorf("finalizers (-want +got):\n%s", diff)
		}
	})
}

// aDeletion is a pass over a ServiceOwner that somebody deleted and that had a namespace with a
// ConfigMap.
type aDeletion struct {
	policy v1alpha1.DeletionPolicy
	meddle func(*cluster)

	calls   []string
	events  []string
	gone    bool
	left    []string
	ready   string
	failure string
}

func TestReconcileDeletion(t *testing.T) {
	const release, record = "patch ServiceOwner skd", "record ServiceOwner skd"
	slowNamespace := func(c *cluster) {
		namespace := &corev1.Namespace{}
		if err := c.server.Get(c.t.Context(), client.ObjectKey{Name: tenant}, namespace); err != nil {
			c.t.Fatal(err)
		}
		namespace.Finalizers = []string{"theirs/finalizer"}
		if err := c.server.Update(c.t.Context(), namespace); err != nil {
			c.t.Fatal(err)
		}
	}
	retained := []string{"Normal Retained deletionPolicy is Retain: 2 objects made for skd stay as they are"}
	for name, tc := range map[string]aDeletion{
		"Retain lets go of all and says what stays": {
			policy: v1alpha1.DeletionRetain, calls: []string{release}, events: retained, gone: true, left: []string{"a"},
		},
		"Delete deletes the namespace and waits for its end": {
			policy: v1alpha1.DeletionDelete, calls: []string{"delete Namespace so-skd", record},
			events: []string{"Warning Deleting Waiting until these are gone: Namespace so-skd"}, ready: "False Deleting",
		},
		"Delete with a slow namespace waits too": {
			policy: v1alpha1.DeletionDelete, meddle: slowNamespace, calls: []string{"delete Namespace so-skd", record},
			events: []string{"Warning Deleting Waiting until these are gone: Namespace so-skd"}, ready: "False Deleting",
		},
		"Delete that is refused is told of, and nothing is let go": {
			policy: v1alpha1.DeletionDelete, meddle: func(c *cluster) { c.failing["delete Namespace so-skd"] = errors.New("lost") },
			calls: []string{"delete Namespace so-skd", record}, left: []string{"a"},
			events: []string{"Warning Deleting cannot delete Namespace so-skd: the API server did not answer"}, ready: "False Deleting",
			failure: "cannot delete Namespace so-skd: the API server did not answer",
		},
		"Retain that cannot be written is tried again and not told yet": {
			policy: v1alpha1.DeletionRetain, meddle: func(c *cluster) { c.failing[release] = errors.New("lost") },
			calls: []string{release, record}, left: []string{"a"}, events: []string{"Warning Deleting lost"}, ready: "False Deleting", failure: "lost",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, aServiceOwner())
			passes(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") }), aServiceOwner())
			c.delete(tc.policy)
			if tc.meddle != nil {
				tc.meddle(c)
			}
			_, err := pass(c, anUnaskedKind(t), aServiceOwner())
			if (err == nil) != (tc.failure == "") || err != nil && err.Error() != tc.failure {
				t.Errorf("error: want %q, got %v", tc.failure, err)
			}
			if diff := cmp.Diff(tc.calls, c.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.events, c.heard()); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.left, c.configs()); diff != "" {
				t.Errorf("ConfigMaps (-want +got):\n%s", diff)
			}
			owner := object(c, aServiceOwner())
			if (owner == nil) != tc.gone || owner != nil && readyOf(owner) != tc.ready {
				t.Errorf("owner: %v", owner)
			}
		})
	}
}

// anUnaskedKind is a kind that fails the test when it is asked: to let go of something, neither
// facts nor rendering are needed.
func anUnaskedKind(t *testing.T) *tinyKind[*v1alpha1.ServiceOwner] {
	t.Helper()
	return &tinyKind[*v1alpha1.ServiceOwner]{
		unknown: errors.New("the kind was asked about a resource that is being deleted"),
		children: func() ([]apply.Child, error) {
			return nil, errors.New("the kind was asked about a resource that is being deleted")
		},
	}
}

// delete deletes the ServiceOwner under a policy, as somebody would.
func (c *cluster) delete(policy v1alpha1.DeletionPolicy) {
	c.t.Helper()
	owner := object(c, aServiceOwner())
	owner.Spec.DeletionPolicy = policy
	if err := c.server.Update(c.t.Context(), owner); err != nil {
		c.t.Fatal(err)
	}
	if err := c.server.Delete(c.t.Context(), owner); err != nil {
		c.t.Fatal(err)
	}
}

func TestReconcileDeletionInSteps(t *testing.T) {
	c := newCluster(t, aServiceOwner())
	passes(c, admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a", "b") }), aServiceOwner())
	c.delete(v1alpha1.DeletionDelete)
	for i, want := range [][]string{
		{"delete Namespace so-skd", "record ServiceOwner skd"}, {"patch ServiceOwner skd"}, nil,
	} {
		c.calls = nil
		if _, err := pass(c, anUnaskedKind(t), aServiceOwner()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, c.calls); diff != "" {
			t.Errorf("pass %d: calls (-want +got):\n%s", i+1, diff)
		}
	}
	if object(c, aServiceOwner()) != nil || len(c.configs()) > 0 {
		t.Error("something is left")
	}
}

func TestReconcileDeletionOfWhatWeDoNotHold(t *testing.T) {
	app := anApp()
	app.Finalizers, app.DeletionTimestamp = []string{"theirs/finalizer"}, &metav1.Time{Time: noon}
	for name, tc := range map[string]struct {
		existing client.Object
		pass     func(*cluster) error
	}{
		"a resource whose finalizer we took off already": {
			existing: aDeletedServiceOwner(v1alpha1.DeletionDelete, "theirs/finalizer"),
			pass: func(c *cluster) error {
				_, err := pass(c, anUnaskedKind(t), aServiceOwner())
				return err
			},
		},
		"an App, whose children go with it by themselves": {
			existing: app,
			pass: func(c *cluster) error {
				_, err := pass(c, &tinyKind[*v1alpha1.App]{unknown: errors.New("asked")}, anApp())
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, tc.existing)
			if err := tc.pass(c); err != nil || len(c.calls) > 0 || len(c.heard()) > 0 {
				t.Errorf("%v, calls %v", err, c.calls)
			}
		})
	}
}

func TestReconcileDeletionBeforeAnythingWasMade(t *testing.T) {
	c := newCluster(t, aDeletedServiceOwner(v1alpha1.DeletionDelete, v1alpha1.FinalizerInventory))
	if _, err := pass(c, anUnaskedKind(t), aServiceOwner()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"patch ServiceOwner skd"}, c.calls); diff != "" || object(c, aServiceOwner()) != nil {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// registeredApp is an App that made a child, is registered, and was deleted by somebody.
func registeredApp(t *testing.T) *cluster {
	t.Helper()
	app := anApp()
	app.Finalizers = []string{v1alpha1.FinalizerRegistration}
	c := newCluster(t, app)
	passes(c, admitting[*v1alpha1.App](func() []apply.Child { return configs("a") }), anApp())
	if err := c.server.Delete(t.Context(), object(c, anApp())); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReconcileDeletionOfWhatIsRegistered(t *testing.T) {
	const waiting = "Warning Deleting Waiting until what it has outside the cluster is withdrawn"
	unasked := func() *tinyKind[*v1alpha1.App] { return &tinyKind[*v1alpha1.App]{unknown: errors.New("asked")} }
	t.Run("what it made goes at once, and it says what it waits for", func(t *testing.T) {
		c := registeredApp(t)
		if _, err := pass(c, unasked(), anApp()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"delete ConfigMap a", "record App income"}, c.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{waiting}, c.heard()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		app := object(c, anApp())
		if len(c.configs()) > 0 || readyOf(app) != "False Deleting" {
			t.Errorf("ConfigMaps %v, Ready %q", c.configs(), readyOf(app))
		}
		if diff := cmp.Diff([]string{v1alpha1.FinalizerRegistration}, app.Finalizers); diff != "" {
			t.Errorf("the finalizer is not the engine's to take (-want +got):\n%s", diff)
		}
	})
	t.Run("it is told once and written once", func(t *testing.T) {
		c := registeredApp(t)
		passes(c, unasked(), anApp())
		if _, err := pass(c, unasked(), anApp()); err != nil || len(c.calls) > 0 || len(c.heard()) > 0 {
			t.Errorf("%v, calls %v", err, c.calls)
		}
	})
	t.Run("a child that cannot be deleted is told of and tried again", func(t *testing.T) {
		c := registeredApp(t)
		c.failing["delete ConfigMap a"] = errors.New("lost")
		_, err := pass(c, unasked(), anApp())
		if err == nil || readyOf(object(c, anApp())) != "False Deleting" {
			t.Errorf("%v, Ready %q", err, readyOf(object(c, anApp())))
		}
		if diff := cmp.Diff([]string{"a"}, c.configs()); diff != "" {
			t.Errorf("ConfigMaps (-want +got):\n%s", diff)
		}
	})
}
