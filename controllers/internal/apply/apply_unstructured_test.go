// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// anAccount is an object of a kind that the scheme has no Go type for.
func anAccount(name string, spec map[string]any) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	obj.SetAPIVersion("storage.example.no/v1")
	obj.SetKind("Account")
	obj.SetNamespace(tenant)
	obj.SetName(name)
	obj.SetLabels(map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy})
	return obj
}

// inRegion is the spec of an account.
func inRegion(region string) map[string]any {
	return map[string]any{"location": region, "kind": "StorageV2", "tags": map[string]any{"a": "1"}, "rules": []any{map[string]any{"days": int64(30)}}}
}

// accountRef is how an inventory names an account.
func accountRef(name string) v1alpha1.Child {
	return v1alpha1.Child{APIVersion: "storage.example.no/v1", Kind: "Account", Namespace: tenant, Name: name}
}

// onAccount does something to the account a, as somebody else would.
func onAccount(how func(*unstructured.Unstructured)) func(*cluster) {
	return func(c *cluster) {
		account := anAccount("a", nil)
		c.change(account, func() { how(account) })
	}
}

// set sets a field of an object.
func set(obj *unstructured.Unstructured, value any, fields ...string) {
	if err := unstructured.SetNestedField(obj.Object, value, fields...); err != nil {
		panic(err)
	}
}

func TestApplyOfAKindWithoutAGoTypeWritesOnlyWhatDiffers(t *testing.T) {
	east := func() []Child { return childrenOf(anAccount("a", inRegion("norwayeast"))) }
	update, create := []string{"update Account a"}, []string{"create Account a"}
	changed, drifted := []Change{{Child: accountRef("a")}}, []Change{{Child: accountRef("a"), Drift: true}}
	for name, tc := range map[string]aPass{
		"a new child is one create":                     {children: east(), calls: create, changes: changed},
		"a child that stands as desired is no call":     {before: east(), children: east()},
		"a child that is to be another is one update":   {before: east(), children: childrenOf(anAccount("a", inRegion("norwaywest"))), calls: update, changes: changed},
		"what its controller says of it is left":        {before: east(), children: east(), meddle: onAccount(func(a *unstructured.Unstructured) { set(a, "True", "status", "ready") })},
		"what its controller adds to its spec is left":  {before: east(), children: east(), meddle: onAccount(func(a *unstructured.Unstructured) { set(a, "Hot", "spec", "accessTier") })},
		"a field that somebody changed is drift":        {before: east(), children: east(), meddle: onAccount(func(a *unstructured.Unstructured) { set(a, "eastus", "spec", "location") }), calls: update, changes: drifted},
		"a field within that somebody took is drift":    {before: east(), children: east(), meddle: onAccount(func(a *unstructured.Unstructured) { unstructured.RemoveNestedField(a.Object, "spec", "tags", "a") }), calls: update, changes: drifted},
		"a further element of a list is drift":          {before: east(), children: east(), meddle: onAccount(func(a *unstructured.Unstructured) { set(a, []any{"x", "y"}, "spec", "rules") }), calls: update, changes: drifted},
		"a label of ours that somebody took is drift":   {before: east(), children: east(), meddle: onAccount(func(a *unstructured.Unstructured) { a.SetLabels(nil) }), calls: update, changes: drifted},
		"a child that somebody deleted is made anew":    {before: east(), children: east(), meddle: func(c *cluster) { c.remove(anAccount("a", nil)) }, calls: create, changes: drifted},
		"a child the cache has not seen is found live":  {before: east(), children: east(), meddle: func(c *cluster) { c.unseen["Account a"] = true }, calls: []string{"create Account a", "live Account a"}},
		"one of its kind that fails leaves the others":  {children: append(east(), childrenOf(aConfig("b", "1"))...), meddle: func(c *cluster) { c.failing["create Account a"] = forbidden }, calls: []string{"create Account a", "create ConfigMap b"}, changes: []Change{{Child: refTo("b")}}, failure: `cannot create Account a: configmaps "a" is forbidden: no room`},
		"one that is not there any more and not wanted": {before: east(), meddle: func(c *cluster) { c.remove(anAccount("a", nil)) }},
	} {
		t.Run(name, func(t *testing.T) { tc.try(t) })
	}
}

func TestApplyOfAKindWithoutAGoTypeKeepsWhatItDoesNotRender(t *testing.T) {
	c := aPass{
		owner: aServiceOwner(), before: childrenOf(anAccount("a", inRegion("norwayeast"))), children: childrenOf(anAccount("a", inRegion("norwaywest"))),
		meddle: onAccount(func(a *unstructured.Unstructured) {
			set(a, "True", "status", "ready")
			a.SetFinalizers([]string{"storage.example.no/finalizer"})
			a.SetAnnotations(map[string]string{v1alpha1.AnnotationOwner: "ServiceOwner/skd", "theirs": "1"})
		}),
		calls: []string{"update Account a"}, changes: []Change{{Child: accountRef("a")}},
	}.try(t)
	got := held(c, anAccount("a", nil), tenant, "a")
	status, _, _ := unstructured.NestedString(got.Object, "status", "ready")
	location, _, _ := unstructured.NestedString(got.Object, "spec", "location")
	if status != "True" || location != "norwaywest" || len(got.GetFinalizers()) != 1 {
		t.Errorf("it is %v", got.Object)
	}
	if got.GetAnnotations()["theirs"] != "1" || got.GetAnnotations()[v1alpha1.AnnotationOwner] != "ServiceOwner/skd" {
		t.Errorf("annotations: %v", got.GetAnnotations())
	}
}

func TestApplyOfAKindWithoutAGoTypeYields(t *testing.T) {
	yielding := func(region string) []Child {
		return []Child{{Object: anAccount("a", inRegion(region)), Yields: []string{"location"}}}
	}
	moved := onAccount(func(a *unstructured.Unstructured) { set(a, "norwaywest", "spec", "location") })
	emptied := onAccount(func(a *unstructured.Unstructured) { set(a, "", "spec", "location") })
	for name, tc := range map[string]struct {
		pass aPass
		want string
	}{
		"what another has set is left":      {aPass{children: yielding("norwayeast"), meddle: moved}, "norwaywest"},
		"what another has emptied is again": {aPass{children: yielding("norwayeast"), meddle: emptied, calls: []string{"update Account a"}, changes: []Change{{Child: accountRef("a"), Drift: true}}}, "norwayeast"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.pass.before = yielding("norwayeast")
			c := tc.pass.try(t)
			got, _, _ := unstructured.NestedString(held(c, anAccount("a", nil), tenant, "a").Object, "spec", "location")
			if got != tc.want {
				t.Errorf("it lies in %s, want %s", got, tc.want)
			}
		})
	}
}

func TestApplyOfAKindWithoutAGoTypeLeavesOthersAlone(t *testing.T) {
	theirs := anAccount("a", inRegion("eastus"))
	theirs.SetUID(types.UID("foreign"))
	for name, owner := range map[string]client.Object{"for an App": anApp(), "for a ServiceOwner": aServiceOwner()} {
		t.Run(name, func(t *testing.T) {
			c := aPass{
				owner: owner, existing: []client.Object{theirs.DeepCopy()}, children: childrenOf(anAccount("a", inRegion("norwayeast"))),
				failure: "Account a exists and was not made for this resource",
			}.try(t)
			if got, _, _ := unstructured.NestedString(held(c, anAccount("a", nil), tenant, "a").Object, "spec", "location"); got != "eastus" {
				t.Errorf("it was touched: %s", got)
			}
		})
	}
	t.Run("unless it may be taken over", func(t *testing.T) {
		aPass{
			owner: aServiceOwner(), existing: []client.Object{theirs.DeepCopy()}, children: []Child{{Object: anAccount("a", inRegion("norwayeast")), Adopt: true}},
			calls: []string{"update Account a"}, changes: []Change{{Child: accountRef("a")}},
		}.try(t)
	})
}

func TestPruneOfAKindWithoutAGoType(t *testing.T) {
	made := childrenOf(anAccount("a", inRegion("norwayeast")), anAccount("b", inRegion("norwayeast")))
	both := []v1alpha1.Child{accountRef("a"), accountRef("b")}
	for name, tc := range map[string]aClearing{
		"one that is no longer wanted is deleted": {desired: both[1:], calls: []string{"delete Account a"}, want: both[:1]},
		"one that is wanted stays":                {desired: both},
		"one that somebody else has taken over stays": {
			desired: both[1:], meddle: onAccount(func(a *unstructured.Unstructured) { a.SetOwnerReferences(nil) }),
		},
	} {
		t.Run(name, func(t *testing.T) {
			tc.owner, tc.made, tc.recorded = anApp(), made, both
			c := tc.cluster(t)
			got, err := c.applier.Prune(t.Context(), tc.owner, tc.recorded, tc.desired)
			tc.compare(t, c, got, err)
		})
	}
}

func TestEmptyIsOfTheKindAReferenceNames(t *testing.T) {
	for name, ref := range map[string]v1alpha1.Child{
		"of its Go type where there is one":       refTo("a"),
		"unstructured where the scheme has none":  accountRef("a"),
		"also when it has another of the version": {APIVersion: "v1", Kind: "Unheard", Name: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			obj, err := Empty(ref, knownKinds(t))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Reference(obj, knownKinds(t))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(ref, got); diff != "" {
				t.Errorf("named (-want +got):\n%s", diff)
			}
		})
	}
}
