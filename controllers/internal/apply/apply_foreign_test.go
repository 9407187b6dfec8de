// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestApplyLeavesOthersObjectsAlone(t *testing.T) {
	for name, tc := range map[string]aPass{
		"an object of somebody else's": {
			existing: []client.Object{aForeignConfig("a")},
		},
		"an object of an App of the same name in an earlier life": {
			existing: []client.Object{&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: tenant, UID: "foreign",
				OwnerReferences: []metav1.OwnerReference{{APIVersion: "x/v1", Kind: "App", Name: "income", UID: "app-0", Controller: ptr.To(true)}}}}},
		},
		"an object that we own but do not control": {
			existing: []client.Object{&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a", Namespace: tenant, UID: "foreign",
				OwnerReferences: []metav1.OwnerReference{{APIVersion: "x/v1", Kind: "App", Name: "income", UID: "app-1"}}}}},
		},
		"an object of somebody else's that the cache leaves out": {
			existing: []client.Object{aForeignConfig("a")}, meddle: func(c *cluster) { c.unseen["ConfigMap a"] = true },
			calls: []string{"create ConfigMap a", "live ConfigMap a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.children, tc.failure = childrenOf(aConfig("a", "1")), "ConfigMap a exists and was not made for this resource"
			c := tc.try(t)
			if got := held(c, &corev1.ConfigMap{}, tenant, "a"); got.UID != "foreign" || got.Data["key"] != "" {
				t.Errorf("it was touched: %v", got)
			}
		})
	}
}

func TestApplyWithACacheThatIsBehind(t *testing.T) {
	behind := func(c *cluster) { c.unseen["ConfigMap a"] = true }
	for name, tc := range map[string]aPass{
		"ours as desired is found out and left": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "1")), meddle: behind,
			calls: []string{"create ConfigMap a", "live ConfigMap a"},
		},
		"ours that differs is found out and updated": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "2")), meddle: behind,
			calls: []string{"create ConfigMap a", "live ConfigMap a", "update ConfigMap a"}, changes: []Change{{Child: refTo("a")}},
		},
		"ours that lost the label the cache goes by gets it back": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "1")),
			meddle: func(c *cluster) {
				behind(c)
				config := aConfig("a", "")
				c.change(config, func() { config.Labels = nil })
			},
			calls:   []string{"create ConfigMap a", "live ConfigMap a", "update ConfigMap a"},
			changes: []Change{{Child: refTo("a"), Drift: true}},
		},
		"what cannot be read live is told": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "1")),
			meddle: func(c *cluster) {
				behind(c)
				c.failing["live ConfigMap a"] = forbidden
			},
			calls:   []string{"create ConfigMap a", "live ConfigMap a"},
			failure: `cannot read ConfigMap a: configmaps "a" is forbidden: no room`,
		},
		"an update on an old version is refused, and nothing newer is undone": {
			before: childrenOf(aConfig("a", "1")), children: childrenOf(aConfig("a", "2")),
			meddle: func(c *cluster) {
				c.stale["ConfigMap a"] = held(c, &corev1.ConfigMap{}, tenant, "a")
				config := aConfig("a", "")
				c.change(config, func() { config.Data["key"] = "newer" })
			},
			calls:   []string{"update ConfigMap a"},
			failure: `cannot update ConfigMap a: Operation cannot be fulfilled on configmaps "a": object was modified`,
		},
	} {
		t.Run(name, func(t *testing.T) { tc.try(t) })
	}
}

func TestApplyStaysOutOfANamespaceThatIsNotOurs(t *testing.T) {
	children := func() []Child { return childrenOf(aNamespace(), aConfig("a", "1")) }
	foreign := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant, UID: "foreign"}}
	for name, tc := range map[string]aPass{
		"a namespace of somebody else's": {
			existing: []client.Object{foreign},
			failure:  "Namespace so-skd exists and was not made for this resource",
		},
		"a namespace of somebody else's that the cache has not seen": {
			existing: []client.Object{foreign}, meddle: func(c *cluster) { c.unseen["Namespace so-skd"] = true },
			calls:   []string{"create Namespace so-skd", "live Namespace so-skd"},
			failure: "Namespace so-skd exists and was not made for this resource",
		},
		"a namespace that could not be made": {
			meddle:  func(c *cluster) { c.failing["create Namespace so-skd"] = errors.New("lost") },
			calls:   []string{"create Namespace so-skd"},
			failure: "cannot create Namespace so-skd: the API server did not answer",
		},
		"a namespace that cannot be looked at": {
			existing: []client.Object{foreign},
			meddle: func(c *cluster) {
				c.unseen["Namespace so-skd"], c.failing["live Namespace so-skd"] = true, errors.New("lost")
			},
			calls:   []string{"create Namespace so-skd", "live Namespace so-skd"},
			failure: "cannot read Namespace so-skd: the API server did not answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.owner, tc.children = aServiceOwner(), children()
			c := tc.try(t)
			if got := held(c, &corev1.ConfigMap{}, tenant, "a"); got != nil {
				t.Errorf("something was made in it: %v", got)
			}
		})
	}
}

func TestApplyFillsANamespaceOfOursThatCannotBeUpdated(t *testing.T) {
	labelled := aNamespace()
	labelled.Labels["new"] = "1"
	aPass{
		owner: aServiceOwner(), before: childrenOf(aNamespace()), children: childrenOf(labelled, aConfig("a", "1")),
		meddle:  func(c *cluster) { c.failing["update Namespace so-skd"] = errors.New("lost") },
		calls:   []string{"update Namespace so-skd", "create ConfigMap a"},
		changes: []Change{{Child: refTo("a")}},
		failure: "cannot update Namespace so-skd: the API server did not answer",
	}.try(t)
}

func TestApplyAdopts(t *testing.T) {
	existing := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant, UID: "theirs", Labels: map[string]string{"theirs": "1"}}}
	c := aPass{
		owner: aServiceOwner(), existing: []client.Object{existing},
		children: []Child{{Object: aNamespace(), Adopt: true}, {Object: aConfig("a", "1")}},
		calls:    []string{"update Namespace so-skd", "create ConfigMap a"},
		changes:  []Change{{Child: theNamespace}, {Child: refTo("a")}},
	}.try(t)
	got := held(c, &corev1.Namespace{}, "", tenant)
	if diff := cmp.Diff(map[string]string{"theirs": "1", "ours": "1"}, got.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if mark := got.Annotations[v1alpha1.AnnotationOwner]; mark != "ServiceOwner/skd" || got.UID != "theirs" {
		t.Errorf("namespace %s is marked as %q's", got.UID, mark)
	}
}
