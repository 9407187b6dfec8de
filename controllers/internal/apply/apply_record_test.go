// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"errors"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// aRecord is the record of what was admitted, with why it was taken out of service.
func aRecord(withdrawn string) *appsv1.ControllerRevision {
	return &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{Name: "r", Namespace: tenant, Annotations: map[string]string{v1alpha1.AnnotationWithdrawn: withdrawn}},
		Revision:   1, Data: runtime.RawExtension{Raw: []byte(`{"image":"a:1"}`)},
	}
}

// theRecord is how an inventory names it.
var theRecord = v1alpha1.Child{APIVersion: "apps/v1", Kind: "ControllerRevision", Namespace: tenant, Name: "r"}

// elsewhere is a ConfigMap of another namespace.
func elsewhere() *corev1.ConfigMap {
	config := aConfig("e", "1")
	config.Namespace = "so-nav"
	return config
}

// refElsewhere is how an inventory names it.
var refElsewhere = v1alpha1.Child{APIVersion: "v1", Kind: "ConfigMap", Namespace: "so-nav", Name: "e"}

func TestApplyMakesNothingAfterARecordThatCouldNotBeMade(t *testing.T) {
	foreign := aRecord("")
	foreign.UID = "foreign"
	for name, tc := range map[string]aPass{
		"refused": {
			meddle:  func(c *cluster) { c.failing["create ControllerRevision r"] = forbidden },
			calls:   []string{"create ControllerRevision r"},
			failure: `cannot create ControllerRevision r: configmaps "a" is forbidden: no room`,
		},
		"unanswered": {
			meddle:  func(c *cluster) { c.failing["create ControllerRevision r"] = errors.New("lost") },
			calls:   []string{"create ControllerRevision r"},
			failure: "cannot create ControllerRevision r: the API server did not answer",
		},
		"somebody else's": {
			existing: []client.Object{foreign},
			failure:  "ControllerRevision r exists and was not made for this resource",
		},
		"somebody else's that the cache leaves out": {
			existing: []client.Object{foreign}, meddle: func(c *cluster) { c.unseen["ControllerRevision r"] = true },
			calls:   []string{"create ControllerRevision r", "live ControllerRevision r"},
			failure: "ControllerRevision r exists and was not made for this resource",
		},
		"that cannot be looked at": {
			existing: []client.Object{foreign},
			meddle: func(c *cluster) {
				c.unseen["ControllerRevision r"], c.failing["live ControllerRevision r"] = true, errors.New("lost")
			},
			calls:   []string{"create ControllerRevision r", "live ControllerRevision r"},
			failure: "cannot read ControllerRevision r: the API server did not answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.children = childrenOf(aConfig("before", "1"), aRecord(""), aConfig("a", "1"), elsewhere(), aConfig("b", "1"))
			tc.calls = append(append([]string{"create ConfigMap before"}, tc.calls...), "create ConfigMap e")
			tc.changes = []Change{{Child: refTo("before")}, {Child: refElsewhere}}
			tc.owner = aServiceOwner() // an App has children in one namespace only
			c := tc.try(t)
			for _, barred := range []string{"a", "b"} {
				if got := held(c, &corev1.ConfigMap{}, tenant, barred); got != nil {
					t.Errorf("it is on no record, and was made: %v", got)
				}
			}
		})
	}
}

func TestApplyGoesOnAfterARecordThatIsThere(t *testing.T) {
	after := func() []Child { return childrenOf(aRecord("AgreementStopped"), aConfig("a", "2")) }
	for name, tc := range map[string]aPass{
		"updated": {
			calls:   []string{"update ControllerRevision r", "update ConfigMap a"},
			changes: []Change{{Child: theRecord}, {Child: refTo("a")}},
		},
		"whose update is refused": {
			meddle:  func(c *cluster) { c.failing["update ControllerRevision r"] = forbidden },
			calls:   []string{"update ControllerRevision r", "update ConfigMap a"},
			changes: []Change{{Child: refTo("a")}},
			failure: `cannot update ControllerRevision r: configmaps "a" is forbidden: no room`,
		},
		"whose update is unanswered": {
			meddle:  func(c *cluster) { c.failing["update ControllerRevision r"] = errors.New("lost") },
			calls:   []string{"update ControllerRevision r", "update ConfigMap a"},
			changes: []Change{{Child: refTo("a")}},
			failure: "cannot update ControllerRevision r: the API server did not answer",
		},
		"that the cache has not seen": {
			meddle:  func(c *cluster) { c.unseen["ControllerRevision r"] = true },
			calls:   []string{"create ControllerRevision r", "live ControllerRevision r", "update ControllerRevision r", "update ConfigMap a"},
			changes: []Change{{Child: theRecord}, {Child: refTo("a")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.before, tc.children = childrenOf(aRecord(""), aConfig("a", "1")), after()
			c := tc.try(t)
			if got := held(c, &corev1.ConfigMap{}, tenant, "a").Data["key"]; got != "2" {
				t.Errorf("what follows the record is as it was: %q", got)
			}
		})
	}
}
