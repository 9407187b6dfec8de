// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// keeper is the kind with a shelf of which kinds are not known.
func keeper(t *testing.T, unknown ...string) *serviceowner.Kind {
	t.Helper()
	kind := newKind(t, atNow())
	kind.Storage = shelved(unknown...)
	return kind
}

// rendered are the names of what is rendered of storage kinds, after how many children of the baseline.
func rendered(t *testing.T, kind *serviceowner.Kind, facts serviceowner.Facts) (baseline int, last []*unstructured.Unstructured) {
	t.Helper()
	children, err := kind.Render(facts.Owner, facts, decide.ActionAdmit)
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		obj, ok := child.Object.(*unstructured.Unstructured)
		switch {
		case ok:
			last = append(last, obj)
		case len(last) > 0:
			t.Errorf("%T comes after what data is kept in", child.Object)
		default:
			baseline++
		}
	}
	return baseline, last
}

func TestStorageIsRenderedAfterTheBaseline(t *testing.T) {
	facts := usual(t, newOperator(t))
	facts.Standing = []storage.Object{container("so-skd", "letters", "income"), container("so-skd", "attachments", "income")}
	bare, none := rendered(t, newKind(t, atNow()), facts)
	if len(none) > 0 {
		t.Errorf("without storage: %v", none)
	}
	baseline, made := rendered(t, keeper(t), facts)
	if baseline != bare || len(made) != 1 {
		t.Fatalf("%d of the baseline, %v", baseline, made)
	}
	want := map[string]any{
		"apiVersion": shelfGroup + "/v1", "kind": "Account",
		"metadata": map[string]any{
			"namespace": "so-skd", "name": "data", "annotations": map[string]any{fateAnnotation: "kept"},
			"labels": map[string]any{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelServiceOwner: "skd"},
		},
		"spec": map[string]any{"location": "norwayeast", "redundancy": "", "expires": []any{"letters", "attachments"}},
	}
	if diff := cmp.Diff(want, made[0].Object); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
}

func TestStorageIsRendered(t *testing.T) {
	for name, tc := range map[string]struct {
		facts   func(*serviceowner.Facts)
		unknown []string
		want    int
	}{
		"for an owner in service":                                       {want: 1},
		"for one that is suspended too":                                 {facts: func(f *serviceowner.Facts) { f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "a"} }, want: 1},
		"for one without an agreement too, as its namespace":            {facts: func(f *serviceowner.Facts) { f.Holding.Agreements = nil }, want: 1},
		"of kinds that the cluster knows only":                          {unknown: []string{"Account"}},
		"and that it knew when it was looked at":                        {facts: missing("accounts.shelf.example.no")},
		"of those it knows though others are missing that it waits for": {unknown: []string{"Container"}, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			if tc.facts != nil {
				tc.facts(&facts)
			}
			if _, made := rendered(t, keeper(t, tc.unknown...), facts); len(made) != tc.want {
				t.Errorf("rendered: %v", made)
			}
		})
	}
}

func TestStorageThatCannotBeRenderedIsAnError(t *testing.T) {
	facts := usual(t, newOperator(t))
	facts.Owner.Spec.Storage.Redundancy = unbuildable
	_, err := keeper(t).Render(facts.Owner, facts, decide.ActionAdmit)
	if err == nil || err.Error() != "rendering storage: a shelf has one board only" {
		t.Errorf("%v", err)
	}
}

func TestDescribeTellsOfStorage(t *testing.T) {
	kept := func(name, app string) v1alpha1.KeptContainer {
		return v1alpha1.KeptContainer{Name: name, App: app, RetentionDays: 30}
	}
	before := &v1alpha1.StorageStatus{Provider: "Earlier"}
	for name, tc := range map[string]struct {
		kind  *serviceowner.Kind
		facts func(*serviceowner.Facts)
		want  *v1alpha1.StorageStatus
	}{
		"nothing without storage": {kind: newKind(t, atNow())},
		"who keeps it, before anything stands": {kind: keeper(t), want: &v1alpha1.StorageStatus{
			Provider: "Shelf", Places: []v1alpha1.StoragePlace{},
		}},
		"where it lies and what is in it, in order": {
			kind: keeper(t), facts: func(f *serviceowner.Facts) {
				f.Standing = []storage.Object{container("so-skd", "letters", "income"), container("so-skd", "attachments", ""), account("so-skd", "location", "norwayeast", "ready", "yes")}
			},
			want: &v1alpha1.StorageStatus{
				Provider: "Shelf", Places: []v1alpha1.StoragePlace{{What: "account data", Region: "norwayeast"}},
				Containers: []v1alpha1.KeptContainer{kept("attachments", ""), kept("letters", "income")},
			},
		},
		"what was told last, when nothing can be rendered": {
			kind: keeper(t), facts: func(f *serviceowner.Facts) { f.Owner.Spec.Storage.Redundancy = unbuildable }, want: before,
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			facts.Owner.Status.Storage = before
			if tc.facts != nil {
				tc.facts(&facts)
			}
			tc.kind.Describe(facts.Owner, facts, []observe.Health{})
			if diff := cmp.Diff(tc.want, facts.Owner.Status.Storage); diff != "" {
				t.Errorf("storage (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPartsNameStorageWhereThereIsOne(t *testing.T) {
	conditions := func(store *storage.Storage) (all []string) {
		for _, part := range serviceowner.Parts(store) {
			all = append(all, part.Condition)
		}
		return all
	}
	without, with := conditions(nil), conditions(shelved())
	if slices.Contains(without, v1alpha1.ConditionStorageReady) {
		t.Errorf("without storage: %v", without)
	}
	if want := slices.Insert(slices.Clone(without), len(without)-1, v1alpha1.ConditionStorageReady); !slices.Equal(want, with) {
		t.Errorf("with storage: %v", with)
	}
	if kinds := serviceowner.Parts(shelved())[len(with)-2].Kinds; !slices.Equal(kinds, []string{"Account", "Container"}) {
		t.Errorf("kinds: %v", kinds)
	}
}

func TestStorageNewsOfAppsIsWhatIsDeclared(t *testing.T) {
	theirs := container("so-skd", "letters", "income")
	theirs.SetOwnerReferences(controlledBy("income"))
	for name, tc := range map[string]struct {
		of     *unstructured.Unstructured
		change func(*unstructured.Unstructured)
		want   bool
	}{
		"of the owner's own, all":     {of: account("so-skd"), change: func(o *unstructured.Unstructured) { o.Object["status"] = map[string]any{"ready": "yes"} }, want: true},
		"of an App's, not how it is":  {of: theirs, change: func(o *unstructured.Unstructured) { o.Object["status"] = map[string]any{"ready": "yes"} }},
		"of an App's, not its labels": {of: theirs, change: func(o *unstructured.Unstructured) { o.SetLabels(nil) }},
		"of an App's, its spec":       {of: theirs, change: func(o *unstructured.Unstructured) { o.SetGeneration(2) }, want: true},
		"of an App's, for how long it keeps": {of: theirs, change: func(o *unstructured.Unstructured) {
			o.SetAnnotations(map[string]string{v1alpha1.AnnotationRetentionDays: "7"})
		}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			after := tc.of.DeepCopy()
			tc.change(after)
			if got := serviceowner.StorageNews().Update(event.UpdateEvent{ObjectOld: tc.of, ObjectNew: after}); got != tc.want {
				t.Errorf("want %v, got %v", tc.want, got)
			}
		})
	}
	if !serviceowner.StorageNews().Create(event.CreateEvent{Object: theirs}) || !serviceowner.StorageNews().Delete(event.DeleteEvent{Object: theirs}) {
		t.Error("a container that comes or goes is no news")
	}
}

func TestStorageNewsConcernsTheOwnerOfTheNamespace(t *testing.T) {
	for namespace, want := range map[string]string{"so-skd": "skd", "default": ""} {
		var got string
		for _, request := range serviceowner.ToKeeper(t.Context(), client.Object(container(namespace, "letters", "income"))) {
			got += request.Name
		}
		if got != want {
			t.Errorf("in %s: %q", namespace, got)
		}
	}
}
