// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

func TestReconcileOnAnOldVersionOfTheResource(t *testing.T) {
	for name, specs := range map[string][]string{
		"makes nothing that it could not record":  {"a", "c"},
		"forgets nothing that somebody just made": {"a"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, anApp())
			old := object(c, anApp())
			passes(c, admitting[*v1alpha1.App](func() []apply.Child { return configs("a", "b") }), anApp())
			kind := admitting[*v1alpha1.App](func() []apply.Child { return configs(specs...) })
			result, err := newEngine(c, kind).Reconcile(t.Context(), old)
			if want := (reconcile.Result{RequeueAfter: time.Second}); err != nil || result != want {
				t.Errorf("want %v, got %v, %v", want, result, err)
			}
			if diff := cmp.Diff([]string{"record App income"}, c.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"a", "b"}, recorded(object(c, anApp()))); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if heard := c.heard(); len(heard) > 0 {
				t.Errorf("events: %v", heard)
			}
		})
	}
}

func TestReconcileTakesNothingFromAServiceOwnerThatChangedMeanwhile(t *testing.T) {
	held := []string{v1alpha1.FinalizerInventory}
	for name, tc := range map[string]struct {
		before []string
		delete bool
	}{
		"when it adds its finalizer":    {},
		"when it removes its finalizer": {before: held, delete: true},
	} {
		t.Run(name, func(t *testing.T) {
			existing := aServiceOwner()
			existing.Finalizers = tc.before
			c := newCluster(t, existing)
			if tc.delete {
				c.delete(v1alpha1.DeletionRetain)
			}
			old := object(c, aServiceOwner())
			changed := old.DeepCopy()
			changed.Annotations = map[string]string{"theirs": "1"}
			if !tc.delete {
				changed.Finalizers = append(changed.Finalizers, "theirs/finalizer")
			}
			if err := c.server.Update(t.Context(), changed); err != nil {
				t.Fatal(err)
			}
			kind := admitting[*v1alpha1.ServiceOwner](func() []apply.Child { return inNamespace("a") })
			result, err := newEngine(c, kind).Reconcile(t.Context(), old)
			if want := (reconcile.Result{RequeueAfter: time.Second}); err != nil || result != want {
				t.Errorf("want %v, got %v, %v", want, result, err)
			}
			if diff := cmp.Diff([]string{"patch ServiceOwner skd"}, c.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(changed.Finalizers, object(c, aServiceOwner()).Finalizers); diff != "" {
				t.Errorf("finalizers (-want +got):\n%s", diff)
			}
		})
	}
}

// aRollout is a Deployment as a kind renders it.
func aRollout(image string) apply.Child {
	return apply.Child{Object: &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: tenant},
		Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](1), Template: corev1.PodTemplateSpec{
			Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image}}}}},
	}}
}

func TestReconcileDoesNotCallAnUpdateReadyFromACacheThatIsBehind(t *testing.T) {
	c := newCluster(t, anApp())
	passes(c, admitting[*v1alpha1.App](func() []apply.Child { return []apply.Child{aRollout("a:1")} }), anApp())
	var before appsv1.Deployment
	key := client.ObjectKey{Namespace: tenant, Name: "income"}
	if err := c.server.Get(t.Context(), key, &before); err != nil {
		t.Fatal(err)
	}
	before.Generation = 1
	if err := c.server.Update(t.Context(), &before); err != nil {
		t.Fatal(err)
	}
	before.Status = appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: 1, AvailableReplicas: 1,
		Conditions: []appsv1.DeploymentCondition{{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue}}}
	if err := c.server.Status().Update(t.Context(), &before); err != nil {
		t.Fatal(err)
	}
	passes(c, admitting[*v1alpha1.App](func() []apply.Child { return []apply.Child{aRollout("a:1")} }), anApp())
	if ready := readyOf(object(c, anApp())); ready != "True Ready" {
		t.Fatalf("before the update Ready is %q", ready)
	}
	kind := admitting[*v1alpha1.App](func() []apply.Child { return []apply.Child{aRollout("a:2")} })
	engine := newEngine(c, kind)
	behind := interceptor.NewClient(c.server, interceptor.Funcs{
		Get: func(_ context.Context, server client.WithWatch, _ client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
			return server.Scheme().Convert(&before, obj, nil)
		},
	})
	engine.Cluster = behind
	engine.Applier.Client = interceptor.NewClient(c.server, interceptor.Funcs{
		Update: func(ctx context.Context, server client.WithWatch, obj client.Object, opts ...client.UpdateOption) error {
			obj.SetGeneration(obj.GetGeneration() + 1) // as the API server does
			return server.Update(ctx, obj, opts...)
		},
	})
	if _, err := engine.Reconcile(t.Context(), object(c, anApp())); err != nil {
		t.Fatal(err)
	}
	if ready := readyOf(object(c, anApp())); ready != "False Progressing" {
		t.Errorf("Ready is %q while the new image is not rolled out", ready)
	}
	if kind.described[0].State != observe.InProgress {
		t.Errorf("the Deployment is said to be in state %d", kind.described[0].State)
	}
}
