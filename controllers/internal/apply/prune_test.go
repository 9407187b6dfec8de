// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// aClearing is a pass of Prune or Remove over what an earlier pass made.
type aClearing struct {
	owner    client.Object
	existing []client.Object
	made     []Child
	meddle   func(*cluster)
	recorded []v1alpha1.Child
	desired  []v1alpha1.Child

	calls   []string
	want    []v1alpha1.Child
	failure string
}

// cluster returns the cluster after the earlier pass and what others did since.
func (p aClearing) cluster(t *testing.T) *cluster {
	t.Helper()
	c := newCluster(t, p.existing...)
	if _, err := c.applier.Apply(t.Context(), p.owner, nil, p.made); err != nil {
		t.Fatalf("the pass before: %v", err)
	}
	c.calls = nil
	if p.meddle != nil {
		p.meddle(c)
	}
	return c
}

// compare holds what a clearing did against what it should.
func (p aClearing) compare(t *testing.T, c *cluster, got []v1alpha1.Child, err error) {
	t.Helper()
	if diff := cmp.Diff(p.failure, textOf(err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(p.calls, c.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(p.want, got); diff != "" {
		t.Errorf("children (-want +got):\n%s", diff)
	}
}

// withFinalizer makes a deletion of a ConfigMap take its time.
func withFinalizer(name string) func(*cluster) {
	return func(c *cluster) {
		config := aConfig(name, "")
		c.change(config, func() { config.Finalizers = []string{"theirs/finalizer"} })
	}
}

// both does one thing and then another.
func both(first, second func(*cluster)) func(*cluster) {
	return func(c *cluster) {
		first(c)
		second(c)
	}
}

func TestPrune(t *testing.T) {
	a, b := refTo("a"), refTo("b")
	two := func() []Child { return childrenOf(aConfig("a", "1"), aConfig("b", "1")) }
	hideA := func(c *cluster) { c.unseen["ConfigMap a"] = true }
	for name, tc := range map[string]aClearing{
		"what is recorded and desired stays, without a call": {
			made: two(), recorded: []v1alpha1.Child{a, b}, desired: []v1alpha1.Child{a, b},
		},
		"what is recorded and no longer desired is deleted": {
			made: two(), recorded: []v1alpha1.Child{a, b}, desired: []v1alpha1.Child{b},
			calls: []string{"delete ConfigMap a"}, want: []v1alpha1.Child{a},
		},
		"what is not recorded is not looked at": {made: two(), desired: []v1alpha1.Child{b}},
		"an empty list of desired children prunes all that is recorded": {
			made: two(), recorded: []v1alpha1.Child{a, b},
			calls: []string{"delete ConfigMap a", "delete ConfigMap b"}, want: []v1alpha1.Child{a, b},
		},
		"an object of another namespace is another object": {
			made: two(), recorded: []v1alpha1.Child{a, {APIVersion: "v1", Kind: "ConfigMap", Namespace: "so-nav", Name: "a"}},
			desired: []v1alpha1.Child{a}, calls: []string{"live ConfigMap a"},
		},
		"somebody else's object under the name is left": {
			existing: []client.Object{aForeignConfig("a")}, recorded: []v1alpha1.Child{a},
		},
		"somebody else's object that the cache leaves out is left": {
			existing: []client.Object{aForeignConfig("a")}, meddle: hideA, recorded: []v1alpha1.Child{a},
			calls: []string{"live ConfigMap a"},
		},
		"what is gone is let go once it is sure": {
			recorded: []v1alpha1.Child{a}, calls: []string{"live ConfigMap a"},
		},
		"what the cache has not seen yet is deleted": {
			made: two(), meddle: hideA, recorded: []v1alpha1.Child{a}, desired: []v1alpha1.Child{b},
			calls: []string{"live ConfigMap a", "delete ConfigMap a"}, want: []v1alpha1.Child{a},
		},
		"what is on its way out is not deleted again": {
			made: two(), recorded: []v1alpha1.Child{a},
			meddle: both(withFinalizer("a"), func(c *cluster) { c.remove(aConfig("a", "")) }),
			want:   []v1alpha1.Child{a},
		},
		"an object made anew by somebody under the name is safe": {
			made: two(), recorded: []v1alpha1.Child{a},
			meddle: func(c *cluster) {
				c.stale["ConfigMap a"] = held(c, &corev1.ConfigMap{}, tenant, "a")
				c.remove(aConfig("a", ""))
				if err := c.server.Create(t.Context(), aForeignConfig("a")); err != nil {
					t.Fatal(err)
				}
			},
			calls:   []string{"delete ConfigMap a"},
			failure: `cannot delete ConfigMap a: Operation cannot be fulfilled on objects "a": the UID is another one`,
		},
		"what went away in the meantime is no failure": {
			made: two(), recorded: []v1alpha1.Child{a},
			meddle: func(c *cluster) {
				c.stale["ConfigMap a"] = held(c, &corev1.ConfigMap{}, tenant, "a")
				c.remove(aConfig("a", ""))
			},
			calls: []string{"delete ConfigMap a"},
		},
		"one that cannot be deleted does not keep the others": {
			made: two(), recorded: []v1alpha1.Child{a, b},
			meddle:  func(c *cluster) { c.failing["delete ConfigMap a"] = errors.New("dial tcp 10.0.0.1:6443: refused") },
			calls:   []string{"delete ConfigMap a", "delete ConfigMap b"},
			want:    []v1alpha1.Child{b},
			failure: "cannot delete ConfigMap a: the API server did not answer",
		},
		"one that cannot be looked at is not let go": {
			recorded: []v1alpha1.Child{a},
			meddle:   func(c *cluster) { c.failing["live ConfigMap a"] = errors.New("dial tcp 10.0.0.1:6443: refused") },
			calls:    []string{"live ConfigMap a"},
			failure:  "cannot read ConfigMap a: the API server did not answer",
		},
		"a cache that cannot be read is told of": {
			made: two(), recorded: []v1alpha1.Child{a},
			meddle:  func(c *cluster) { c.failing["get ConfigMap a"] = errors.New("no informer") },
			failure: "reading ConfigMap a: no informer",
		},
		"what nobody watches, made under another configuration, is deleted": {
			made: two(), recorded: []v1alpha1.Child{a}, meddle: func(c *cluster) { c.failing["get ConfigMap a"] = &cache.ErrResourceNotCached{} },
			calls: []string{"live ConfigMap a", "delete ConfigMap a"}, want: []v1alpha1.Child{a},
		},
		"what nobody watches and is somebody else's is left": {
			existing: []client.Object{aForeignConfig("a")}, recorded: []v1alpha1.Child{a},
			meddle: func(c *cluster) { c.failing["get ConfigMap a"] = &cache.ErrResourceNotCached{} }, calls: []string{"live ConfigMap a"},
		},
		"what is of a kind that the cluster no longer serves is let go": {
			recorded: []v1alpha1.Child{a}, calls: []string{"live ConfigMap a"},
			meddle: func(c *cluster) {
				c.failing["get ConfigMap a"] = &cache.ErrResourceNotCached{}
				c.failing["live ConfigMap a"] = &meta.NoKindMatchError{GroupKind: schema.GroupKind{Kind: "ConfigMap"}}
			},
		},
		"a child of a kind without a Go type is looked for past the cache": {
			recorded: []v1alpha1.Child{{APIVersion: "gone/v1", Kind: "Gone", Name: "g"}}, calls: []string{"live Gone g"},
		},
		"one of a kind that the cluster has lost is let go": {
			recorded: []v1alpha1.Child{{APIVersion: "gone/v1", Kind: "Gone", Name: "g"}}, calls: []string{"live Gone g"},
			meddle: func(c *cluster) {
				c.failing["live Gone g"] = &meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: "gone", Kind: "Gone"}}
			},
		},
		"one of a kind that cannot be asked for is not": {
			recorded: []v1alpha1.Child{{APIVersion: "gone/v1", Kind: "Gone", Name: "g"}}, calls: []string{"live Gone g"},
			meddle:  func(c *cluster) { c.failing["live Gone g"] = errors.New("lost") },
			failure: "cannot read Gone g: the API server did not answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.owner = anApp()
			c := tc.cluster(t)
			gone, err := c.applier.Prune(t.Context(), tc.owner, tc.recorded, tc.desired)
			if tc.failure != "" && err != nil && tc.recorded[0].Kind == "Gone" {
				err = errors.New(err.Error()[:len(tc.failure)]) // the rest names a place in the source
			}
			tc.compare(t, c, gone, err)
			for _, ref := range tc.desired {
				if slices.ContainsFunc(tc.made, func(made Child) bool { return made.GetName() == ref.Name }) &&
					held(c, &corev1.ConfigMap{}, ref.Namespace, ref.Name) == nil {
					t.Errorf("%s is desired and gone", ref.Name)
				}
			}
		})
	}
}

func TestRemove(t *testing.T) {
	inside := refTo("a")
	outside := v1alpha1.Child{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole", Name: "skd"}
	elsewhere := v1alpha1.Child{APIVersion: "v1", Kind: "ConfigMap", Namespace: "so-nav", Name: "a"}
	tenantAndConfig := func() []Child { return childrenOf(aNamespace(), aConfig("a", "1")) }
	for name, tc := range map[string]aClearing{
		"what lies in a namespace of the inventory goes with it": {
			made: tenantAndConfig(), recorded: []v1alpha1.Child{theNamespace, inside},
			calls: []string{"delete Namespace so-skd"}, want: []v1alpha1.Child{theNamespace},
		},
		"in whatever order they are recorded": {
			made: tenantAndConfig(), recorded: []v1alpha1.Child{inside, theNamespace},
			calls: []string{"delete Namespace so-skd"}, want: []v1alpha1.Child{theNamespace},
		},
		"what lies in a namespace that is not ours to delete is deleted itself": {
			made: childrenOf(aConfig("a", "1")), recorded: []v1alpha1.Child{inside},
			calls: []string{"delete ConfigMap a"}, want: []v1alpha1.Child{inside},
		},
		"what lies elsewhere is deleted besides": {
			made:     childrenOf(aNamespace(), aConfig("a", "1"), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: "so-nav"}}),
			recorded: []v1alpha1.Child{theNamespace, inside, elsewhere},
			calls:    []string{"delete Namespace so-skd", "delete ConfigMap a"}, want: []v1alpha1.Child{theNamespace, elsewhere},
		},
		"nothing recorded leaves nothing": {},
		"what is gone already is not left": {
			recorded: []v1alpha1.Child{theNamespace, outside}, calls: []string{"live Namespace so-skd", "live ClusterRole skd"},
		},
		"a namespace on its way out is waited for and not deleted again": {
			made: tenantAndConfig(), recorded: []v1alpha1.Child{theNamespace, inside},
			meddle: func(c *cluster) {
				namespace := aNamespace()
				c.change(namespace, func() { namespace.Finalizers = []string{"theirs/finalizer"} })
				c.remove(namespace)
			},
			want: []v1alpha1.Child{theNamespace},
		},
		"a namespace of somebody else's stays, with all it holds": {
			existing: []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant, UID: "foreign"}}, aForeignConfig("a")},
			recorded: []v1alpha1.Child{theNamespace, inside},
		},
		"a namespace of another service owner's stays": {
			existing: []client.Object{&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant, UID: "foreign",
				Annotations: map[string]string{v1alpha1.AnnotationOwner: "ServiceOwner/nav"}}}},
			recorded: []v1alpha1.Child{theNamespace},
		},
		"what cannot be deleted is left, and told of": {
			made: tenantAndConfig(), recorded: []v1alpha1.Child{theNamespace, inside},
			meddle:  func(c *cluster) { c.failing["delete Namespace so-skd"] = forbidden },
			calls:   []string{"delete Namespace so-skd"},
			want:    []v1alpha1.Child{theNamespace},
			failure: `cannot delete Namespace so-skd: configmaps "a" is forbidden: no room`,
		},
		"what cannot be looked at is left, and told of": {
			recorded: []v1alpha1.Child{theNamespace},
			meddle:   func(c *cluster) { c.failing["live Namespace so-skd"] = errors.New("read tcp 10.0.0.1:41234: reset") },
			calls:    []string{"live Namespace so-skd"},
			want:     []v1alpha1.Child{theNamespace},
			failure:  "cannot read Namespace so-skd: the API server did not answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.owner = aServiceOwner()
			c := tc.cluster(t)
			left, err := c.applier.Remove(t.Context(), tc.owner, tc.recorded)
			tc.compare(t, c, left, err)
		})
	}
}

func TestUnion(t *testing.T) {
	a, b, c := refTo("a"), refTo("b"), refTo("c")
	for name, tc := range map[string]struct{ recorded, desired, want []v1alpha1.Child }{
		"of nothing is an inventory of nothing":        {want: []v1alpha1.Child{}},
		"of one list is that list":                     {desired: []v1alpha1.Child{a, b}, want: []v1alpha1.Child{a, b}},
		"names each child once":                        {recorded: []v1alpha1.Child{a, b}, desired: []v1alpha1.Child{b, c}, want: []v1alpha1.Child{a, b, c}},
		"is in the same order however it is asked for": {recorded: []v1alpha1.Child{c, a}, desired: []v1alpha1.Child{b}, want: []v1alpha1.Child{a, b, c}},
		"orders by group, kind, namespace and name": {
			desired: []v1alpha1.Child{
				{APIVersion: "v1", Kind: "Service", Namespace: "a", Name: "a"}, {APIVersion: "v1", Kind: "Secret", Namespace: "b", Name: "a"},
				{APIVersion: "v1", Kind: "Secret", Namespace: "a", Name: "b"}, {APIVersion: "apps/v1", Kind: "Z", Namespace: "z", Name: "z"},
			},
			want: []v1alpha1.Child{
				{APIVersion: "apps/v1", Kind: "Z", Namespace: "z", Name: "z"}, {APIVersion: "v1", Kind: "Secret", Namespace: "a", Name: "b"},
				{APIVersion: "v1", Kind: "Secret", Namespace: "b", Name: "a"}, {APIVersion: "v1", Kind: "Service", Namespace: "a", Name: "a"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(tc.recorded)
			if diff := cmp.Diff(tc.want, Union(tc.recorded, tc.desired)); diff != "" {
				t.Errorf("union (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tc.recorded); diff != "" {
				t.Errorf("the record was changed (-before +after):\n%s", diff)
			}
		})
	}
}
