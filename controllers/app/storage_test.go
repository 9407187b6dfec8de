// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// stocked is a world in which there are more shelves than those that were made in it, and which of them are read
// is written down.
type stocked struct {
	*world

	shelves []*unstructured.Unstructured
	read    []string
	broken  error
}

func (s *stocked) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	named, is := object.(*unstructured.Unstructured)
	if !is {
		return s.world.Get(ctx, key, object, opts...)
	}
	if s.broken != nil {
		return s.broken
	}
	s.read = append(s.read, named.GetKind()+" "+key.String())
	for _, shelf := range s.shelves {
		if shelf.GetName() == key.Name && shelf.GetKind() == named.GetKind() {
			*named = *shelf.DeepCopy()
			return nil
		}
	}
	return s.world.Get(ctx, key, object, opts...)
}

func TestWhatIsReadOfStorage(t *testing.T) {
	far := aShelf(shelfKind, "so-skd", "skd", "region", "eastus")
	letters, drafts := aShelf(shelfKind, "so-skd", "income.letters"), aShelf(shelfKind, "so-skd", "income.drafts", "region", "norwaywest")
	foreign := aShelf(shelfKind, "so-skd", "tax.letters")
	abroad := []gate.Place{{What: "shelf skd", Region: "eastus", Keeps: true}}
	for name, tc := range map[string]struct {
		shelves    []*unstructured.Unstructured
		containers []string
		change     func(*stocked)
		standing   []string
		places     []gate.Place
		unknown    error
	}{
		"where the owner's data lies, also for an App that keeps none": {shelves: []*unstructured.Unstructured{far, foreign}, places: abroad},
		"the App's own, by what is declared, and no other App's": {
			shelves: []*unstructured.Unstructured{far, letters, foreign, drafts}, containers: []string{"letters"}, standing: []string{"Shelf income.letters"}, places: abroad,
		},
		"also where the App's own lies, by itself": {
			shelves: []*unstructured.Unstructured{far, drafts}, containers: []string{"drafts"}, standing: []string{"Shelf income.drafts"},
			places: append(slices.Clone(abroad), gate.Place{What: "shelf income.drafts", Region: "norwaywest", Keeps: true}),
		},
		"the App's own, by what was admitted last": {
			shelves: []*unstructured.Unstructured{letters, drafts}, containers: []string{"letters"},
			standing: []string{"Shelf income.letters", "Pass income.letters"},
			change: func(s *stocked) {
				s.agree(nil, "first", true)
				s.app.Spec.Processing.Purpose = "loans"
				s.pass(100)
				s.app.Status.Children = nil
				s.app.Spec.Storage = inContainers()
			},
		},
		"the App's own, by what is on record": {
			shelves: []*unstructured.Unstructured{letters}, standing: []string{"Shelf income.letters"},
			change: func(s *stocked) { s.app.Status.Children = recordOf("letters") },
		},
		"once, what is declared and on record": {
			shelves: []*unstructured.Unstructured{letters}, containers: []string{"letters"}, standing: []string{"Shelf income.letters"},
			change: func(s *stocked) { s.app.Status.Children = recordOf("letters") },
		},
		"what is on record, of an owner who is gone": {
			shelves: []*unstructured.Unstructured{far, letters}, containers: []string{"letters"}, standing: []string{"Shelf income.letters"},
			change: func(s *stocked) { s.owner = nil; s.app.Status.Children = recordOf("letters") },
		},
		"nothing where nobody keeps data": {
			shelves: []*unstructured.Unstructured{far, letters}, containers: []string{"letters"}, change: func(s *stocked) { s.kind.Storage = nil },
		},
		"that it cannot be told where the owner's data lies": {
			shelves: []*unstructured.Unstructured{far, letters}, containers: []string{"letters"}, standing: []string{"Shelf income.letters"},
			change: func(s *stocked) { s.owner.Spec.Region = "" }, unknown: errNoRegion,
		},
		"none of what cannot be rendered": {shelves: []*unstructured.Unstructured{far}, containers: []string{"refused"}, places: abroad},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stocked{world: newWorld(operatorConfiguration(t), t.Fatalf), shelves: tc.shelves}
			s.app.Spec.Image = "skdregistry.example.no/skd-income:0"
			s.app.Spec.Storage = inContainers(tc.containers...)
			if tc.change != nil {
				tc.change(s)
			}
			facts, err := s.kind.Gather(t.Context(), s, s.app)
			if err != nil {
				t.Fatal(err)
			}
			var standing []string
			for _, object := range facts.Standing {
				standing = append(standing, object.GetObjectKind().GroupVersionKind().Kind+" "+object.GetName())
			}
			if diff := cmp.Diff(tc.standing, standing); diff != "" {
				t.Errorf("standing (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.places, facts.DataPlaces); diff != "" || !errors.Is(facts.PlacesUnknown, tc.unknown) {
				t.Errorf("unknown for %v; places (-want +got):\n%s", facts.PlacesUnknown, diff)
			}
			sorted := slices.Sorted(slices.Values(s.read))
			if len(slices.Compact(sorted)) != len(s.read) {
				t.Errorf("something is read twice: %v", s.read)
			}
		})
	}
}

// recordOf are shelf and pass of a container, as on record.
func recordOf(container string) []v1alpha1.Child {
	facts := app.Facts{App: &v1alpha1.App{}}
	onRecord(&facts, container)
	return facts.App.Status.Children
}

func TestStorageThatCannotBeReadIsNotNone(t *testing.T) {
	for name, containers := range map[string][]string{"the owner's": nil, "the App's own": {"letters"}} {
		t.Run(name, func(t *testing.T) {
			s := &stocked{world: newWorld(operatorConfiguration(t), t.Fatalf), broken: errors.New("no informer")}
			s.app.Spec.Storage = inContainers(containers...)
			if facts, err := s.kind.Gather(t.Context(), s, s.app); !errors.Is(err, s.broken) {
				t.Errorf("error %v, facts %+v", err, facts.Standing)
			}
		})
	}
}

// madeForApp says that a shelf was made for an App.
func madeForApp(shelf *unstructured.Unstructured, name string) *unstructured.Unstructured {
	shelf.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: "App", Name: name, UID: "1", Controller: ptr.To(true)}})
	return shelf
}

func TestWhichNewsOfStorageWakes(t *testing.T) {
	news := app.StoredNews(shelves{})
	of := func(say ...string) *unstructured.Unstructured { return aShelf(shelfKind, "so-skd", "skd", say...) }
	strangers := of("region", "eastus")
	strangers.SetLabels(nil)
	update := func(from, to *unstructured.Unstructured) bool {
		return news.Update(event.UpdateEvent{ObjectOld: from, ObjectNew: to})
	}
	for name, tc := range map[string]struct{ got, want bool }{
		"an App's that comes":                                 {news.Create(event.CreateEvent{Object: madeForApp(of(), "income")}), true},
		"an App's that says something":                        {update(madeForApp(of(), "income"), madeForApp(of("wrong", "bent"), "income")), true},
		"an App's that is robbed of whose it is":              {update(madeForApp(of(), "income"), of()), true},
		"an App's that goes":                                  {news.Delete(event.DeleteEvent{Object: madeForApp(of(), "income")}), true},
		"the owner's that comes and says not where it lies":   {news.Create(event.CreateEvent{Object: of()}), false},
		"the owner's that comes and says where it lies":       {news.Create(event.CreateEvent{Object: of("region", "norwayeast")}), true},
		"the owner's that comes to say where it lies":         {update(of(), of("region", "norwayeast")), true},
		"the owner's that moves":                              {update(of("region", "norwayeast"), of("region", "eastus")), true},
		"the owner's that says something else":                {update(of("region", "norwayeast"), of("region", "norwayeast", "wrong", "bent")), false},
		"the owner's that goes from where it lies":            {news.Delete(event.DeleteEvent{Object: of("region", "eastus")}), true},
		"a stranger's, wherever it lies":                      {news.Create(event.CreateEvent{Object: strangers}), false},
		"a stranger's that is taken for the owner's from now": {update(strangers, of("region", "eastus")), true},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: told %v, not %v", name, tc.got, tc.want)
		}
	}
}

func TestWhatOfAServiceOwnerWakesItsApps(t *testing.T) {
	news := app.OwnerNews()
	for name, tc := range map[string]struct {
		change func(*v1alpha1.ServiceOwner)
		want   bool
	}{
		"nothing":                        {func(*v1alpha1.ServiceOwner) {}, false},
		"how its data is kept":           {func(o *v1alpha1.ServiceOwner) { o.Spec.Storage.SoftDeleteDays = 90 }, true},
		"who holds the key":              {func(o *v1alpha1.ServiceOwner) { o.Spec.Storage.KeyManagement = "Customer" }, true},
		"how far apart copies lie":       {func(o *v1alpha1.ServiceOwner) { o.Spec.Storage.Redundancy = "GRS" }, true},
		"whether data outlives it":       {func(o *v1alpha1.ServiceOwner) { o.Spec.DeletionPolicy = v1alpha1.DeletionDelete }, true},
		"its number":                     {func(o *v1alpha1.ServiceOwner) { o.Spec.OrganizationNumber = "974761076" }, true},
		"what it is told of its storage": {func(o *v1alpha1.ServiceOwner) { o.Status.Storage = &v1alpha1.StorageStatus{Provider: "Shelves"} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			owner := serviceOwner("skd")
			tc.change(owner)
			if got := news.Update(event.UpdateEvent{ObjectOld: serviceOwner("skd"), ObjectNew: owner}); got != tc.want {
				t.Errorf("told %v, not %v", got, tc.want)
			}
		})
	}
}
