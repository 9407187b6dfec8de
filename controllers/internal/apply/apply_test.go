// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var forbidden = apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "a", errors.New("no room"))

// aPass is one pass over children after an earlier one and after what others did in between.
type aPass struct {
	owner    client.Object
	existing []client.Object
	before   []Child
	meddle   func(*cluster)
	children []Child

	calls   []string
	changes []Change
	failure string
}

// try applies what came before, meddles, applies again, and compares what that did. It returns the
// cluster for a closer look.
func (p aPass) try(t *testing.T) *cluster {
	t.Helper()
	c := newCluster(t, p.existing...)
	if p.owner == nil {
		p.owner = anApp()
	}
	var known []v1alpha1.Child
	if len(p.before) > 0 {
		changes, err := c.applier.Apply(t.Context(), p.owner, nil, p.before)
		if err != nil {
			t.Fatalf("the pass before: %v", err)
		}
		for _, change := range changes {
			known = append(known, change.Child)
		}
		c.calls = nil
	}
	if p.meddle != nil {
		p.meddle(c)
	}
	changes, err := c.applier.Apply(t.Context(), p.owner, known, p.children)
	for i := range changes {
		if changes[i].Object == nil || changes[i].Object.GetResourceVersion() == "" || changes[i].Object.GetName() != changes[i].Child.Name {
			t.Errorf("change of %s is without the API server's answer: %v", changes[i].Child.Name, changes[i].Object)
		}
		changes[i].Object = nil
	}
	if diff := cmp.Diff(p.failure, textOf(err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(p.calls, c.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(p.changes, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	return c
}

func TestApplyWritesOnlyWhatDiffers(t *testing.T) {
	for name, tc := range map[string]aPass{
		"a new child is one create": {
			children: childrenOf(aConfig("a", "1")),
			calls:    []string{"create ConfigMap a"}, changes: []Change{{Child: refTo("a")}},
		},
		"children are made in their order": {
			children: childrenOf(aConfig("b", "1"), aConfig("a", "1"), aConfig("c", "1")),
			calls:    []string{"create ConfigMap b", "create ConfigMap a", "create ConfigMap c"},
			changes:  []Change{{Child: refTo("b")}, {Child: refTo("a")}, {Child: refTo("c")}},
		},
		"no children are no call": {before: childrenOf(aConfig("a", "1"))},
		"children that stand as desired are no call": {
			before:   childrenOf(aConfig("a", "1"), aConfig("b", "1")),
			children: childrenOf(aConfig("a", "1"), aConfig("b", "1")),
		},
		"a child that is to be another is one update and no drift": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "2")),
			calls: []string{"update ConfigMap a"}, changes: []Change{{Child: refTo("a")}},
		},
		"a child that somebody changed is one update and drift": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "1")),
			meddle: func(c *cluster) {
				config := aConfig("a", "")
				c.change(config, func() { config.Data["key"] = "theirs" })
			},
			calls: []string{"update ConfigMap a"}, changes: []Change{{Child: refTo("a"), Drift: true}},
		},
		"a child that somebody labelled is left alone": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "1")),
			meddle: func(c *cluster) {
				config := aConfig("a", "")
				c.change(config, func() { config.Labels["theirs"] = "1" })
			},
		},
		"a child that somebody deleted is one create and drift": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "1")),
			meddle: func(c *cluster) { c.remove(aConfig("a", "")) },
			calls:  []string{"create ConfigMap a"}, changes: []Change{{Child: refTo("a"), Drift: true}},
		},
		"only the child that differs is written": {
			before:   childrenOf(aConfig("a", "1"), aConfig("b", "1"), aConfig("c", "1")),
			children: childrenOf(aConfig("a", "1"), aConfig("b", "2"), aConfig("c", "1")),
			calls:    []string{"update ConfigMap b"}, changes: []Change{{Child: refTo("b")}},
		},
	} {
		t.Run(name, func(t *testing.T) { tc.try(t) })
	}
}

func TestApplyTriesTheOtherChildrenWhenOneFails(t *testing.T) {
	three := func() []Child { return childrenOf(aConfig("a", "1"), aConfig("b", "1"), aConfig("c", "1")) }
	for name, tc := range map[string]aPass{
		"a refused create": {
			meddle: func(c *cluster) { c.failing["create ConfigMap a"] = forbidden }, children: three(),
			calls:   []string{"create ConfigMap a", "create ConfigMap b", "create ConfigMap c"},
			changes: []Change{{Child: refTo("b")}, {Child: refTo("c")}},
			failure: `cannot create ConfigMap a: configmaps "a" is forbidden: no room`,
		},
		"a conflict": {
			existing: []client.Object{aForeignConfig("b")}, children: three(),
			calls:   []string{"create ConfigMap a", "create ConfigMap c"},
			changes: []Change{{Child: refTo("a")}, {Child: refTo("c")}},
			failure: "ConfigMap b exists and was not made for this resource",
		},
		"a cache that cannot be read": {
			meddle: func(c *cluster) { c.failing["get ConfigMap c"] = errors.New("no informer") }, children: three(),
			calls:   []string{"create ConfigMap a", "create ConfigMap b"},
			changes: []Change{{Child: refTo("a")}, {Child: refTo("b")}},
			failure: "reading ConfigMap c: no informer",
		},
		"two failures are both told of": {
			meddle: func(c *cluster) {
				c.failing["create ConfigMap a"], c.failing["create ConfigMap c"] = forbidden, errors.New("connection lost")
			},
			children: three(),
			calls:    []string{"create ConfigMap a", "create ConfigMap b", "create ConfigMap c"},
			changes:  []Change{{Child: refTo("b")}},
			failure: `cannot create ConfigMap a: configmaps "a" is forbidden: no room` + "\n" +
				"cannot create ConfigMap c: the API server did not answer",
		},
	} {
		t.Run(name, func(t *testing.T) { tc.try(t) })
	}
}

func TestApplyMarksWhatItMakes(t *testing.T) {
	for name, tc := range map[string]struct {
		owner  client.Object
		owners []metav1.OwnerReference
		mark   string
	}{
		"inside a namespace by ownerReference": {
			owner: anApp(),
			owners: []metav1.OwnerReference{{APIVersion: "tenancy.altinn.cloud/v1alpha1", Kind: "App", Name: "income", UID: "app-1",
				Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(true)}},
		},
		"for a cluster-scoped owner by annotation, so that it can outlive it": {owner: aServiceOwner(), mark: "ServiceOwner/skd"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			if _, err := c.applier.Apply(t.Context(), tc.owner, nil, childrenOf(aConfig("a", "1"))); err != nil {
				t.Fatal(err)
			}
			got := held(c, &corev1.ConfigMap{}, tenant, "a")
			if diff := cmp.Diff(tc.owners, got.OwnerReferences); diff != "" {
				t.Errorf("owners (-want +got):\n%s", diff)
			}
			if got.Annotations[v1alpha1.AnnotationOwner] != tc.mark || got.Annotations[v1alpha1.AnnotationApplied] == "" {
				t.Errorf("annotations: %v", got.Annotations)
			}
		})
	}
}

func TestApplyYieldsReplicasToTheAutoscaler(t *testing.T) {
	child := func(image string) Child {
		return Child{Yields: []string{"replicas"}, Object: &appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: tenant},
			Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](2), Template: corev1.PodTemplateSpec{
				Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image}}}}},
		}}
	}
	scaled := func(replicas int32) func(*cluster) {
		return func(c *cluster) {
			deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: tenant}}
			c.change(deployment, func() { deployment.Spec.Replicas = ptr.To(replicas) })
		}
	}
	ref := v1alpha1.Child{APIVersion: "apps/v1", Kind: "Deployment", Namespace: tenant, Name: "income"}
	for name, tc := range map[string]struct {
		pass aPass
		want int32
	}{
		"what it set is left": {want: 5, pass: aPass{children: []Child{child("a:1")}, meddle: scaled(5)}},
		"another image keeps what it set": {want: 5, pass: aPass{children: []Child{child("a:2")}, meddle: scaled(5),
			calls: []string{"update Deployment income"}, changes: []Change{{Child: ref}}}},
		"zero is put right, since no autoscaler starts from there": {want: 2, pass: aPass{children: []Child{child("a:1")}, meddle: scaled(0),
			calls: []string{"update Deployment income"}, changes: []Change{{Child: ref, Drift: true}}}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.pass.before = []Child{child("a:1")}
			c := tc.pass.try(t)
			if got := *held(c, &appsv1.Deployment{}, tenant, "income").Spec.Replicas; got != tc.want {
				t.Errorf("replicas: want %d, got %d", tc.want, got)
			}
		})
	}
}
