// SPDX-License-Identifier: BSD-3-Clause

package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

// The kinds of the provider of these tests: two that every cluster knows, and two that an engine brings along.
var (
	claimKind = schema.GroupVersionKind{Version: "v1", Kind: "PersistentVolumeClaim"}
	shelfKind = schema.GroupVersionKind{Group: "storage.example.no", Version: "v1", Kind: "Shelf"}
	classKind = schema.GroupVersionKind{Group: "storage.k8s.io", Version: "v1", Kind: "StorageClass"}
	boxKind   = schema.GroupVersionKind{Group: "storage.example.no", Version: "v1", Kind: "Box"}
)

// declaring is a provider of which only the kinds are asked.
type declaring struct{ Provider }

func (declaring) Kinds() []Kind {
	return []Kind{
		{GroupVersionKind: shelfKind, CRD: "shelves.storage.example.no"},
		{GroupVersionKind: claimKind},
		{GroupVersionKind: boxKind, CRD: "boxes.storage.example.no"},
		{GroupVersionKind: classKind, Wide: true},
	}
}

// knowing is storage in a cluster that knows these of the kinds with a CRD.
func knowing(kinds ...schema.GroupVersionKind) *Storage {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		panic(err)
	}
	return &Storage{
		Provider: declaring{}, Name: "Example", Scheme: scheme,
		Known: func(kind schema.GroupVersionKind) bool {
			if kind == claimKind || kind == classKind {
				panic("whether a kind that every cluster knows is known is asked")
			}
			return slices.Contains(kinds, kind)
		},
	}
}

// cluster holds objects. Its scheme is its own: it adds the kinds of plain fields to it.
func cluster(objects ...client.Object) client.WithWatch {
	return fake.NewClientBuilder().WithScheme(knowing().Scheme).WithObjects(objects...).Build()
}

func aShelf(namespace, name string) *unstructured.Unstructured {
	return plain(shelfKind, namespace, name)
}

func plain(kind schema.GroupVersionKind, namespace, name string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	object.SetNamespace(namespace)
	object.SetName(name)
	object.SetLabels(map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy})
	return object
}

func aClaim(namespace, name string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}},
	}
}

func foreign(object client.Object) client.Object {
	object.SetLabels(nil)
	return object
}

// texts are objects as kind and name, and how each is read.
func texts(objects []Object) []string {
	var all []string
	for _, object := range objects {
		how := "as fields"
		if _, plain := object.(*unstructured.Unstructured); !plain {
			how = "as a Go type"
		}
		all = append(all, object.GetNamespace()+"/"+object.GetName()+" "+how)
	}
	return all
}

func TestWhatTheClusterDoesNotKnow(t *testing.T) {
	for name, tc := range map[string]struct {
		known []schema.GroupVersionKind
		want  []string
	}{
		"is every kind with a CRD before its engine is installed, sorted": {nil, []string{"boxes.storage.example.no", "shelves.storage.example.no"}},
		"is the rest when some are known":                                 {[]schema.GroupVersionKind{shelfKind}, []string{"boxes.storage.example.no"}},
		"is nothing when all are known":                                   {[]schema.GroupVersionKind{shelfKind, boxKind}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, knowing(tc.known...).Missing()); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnlyWhatTheClusterCanHoldIsPossible(t *testing.T) {
	wanted := []apply.Child{{Object: aShelf("so-skd", "a")}, {Object: aClaim("so-skd", "b")}, {Object: plain(boxKind, "so-skd", "c")},
		{Object: &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "d"}}}}
	for name, tc := range map[string]struct {
		known []schema.GroupVersionKind
		want  string
	}{
		"of kinds without a CRD, and of no kind of the provider's, when no other is known": {nil, "b d"},
		"of the kinds that are known": {[]schema.GroupVersionKind{boxKind}, "b c d"},
		"all of it":                   {[]schema.GroupVersionKind{boxKind, shelfKind}, "a b c d"},
	} {
		t.Run(name, func(t *testing.T) {
			var names []string
			for _, child := range knowing(tc.known...).Possible(wanted) {
				names = append(names, child.GetName())
			}
			if got := strings.Join(names, " "); got != tc.want {
				t.Errorf("want %s, got %s", tc.want, got)
			}
		})
	}
	if wanted[0].GetName() != "a" || len(wanted) != 4 {
		t.Error("what was wanted is changed")
	}
}

func TestWhatStandsInANamespace(t *testing.T) {
	holding := cluster(aShelf("so-skd", "c"), aClaim("so-skd", "b"), plain(boxKind, "so-skd", "a"),
		aShelf("so-nav", "other"), aClaim("so-nav", "other"), foreign(aShelf("so-skd", "foreign")), foreign(aClaim("so-skd", "foreign")))
	for name, tc := range map[string]struct {
		known     []schema.GroupVersionKind
		namespace string
		want      []string
	}{
		"is what the operator made there, by name": {[]schema.GroupVersionKind{shelfKind, boxKind}, "so-skd",
			[]string{"so-skd/a as fields", "so-skd/b as a Go type", "so-skd/c as fields"}},
		"is of kinds that are known only":   {[]schema.GroupVersionKind{boxKind}, "so-skd", []string{"so-skd/a as fields", "so-skd/b as a Go type"}},
		"is nothing where nothing was made": {[]schema.GroupVersionKind{shelfKind, boxKind}, "so-none", nil},
	} {
		t.Run(name, func(t *testing.T) {
			standing, err := knowing(tc.known...).Standing(t.Context(), holding, tc.namespace)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, texts(standing)); diff != "" {
				t.Errorf("standing (-want +got):\n%s", diff)
			}
		})
	}
}

// The cache finds what lies in no namespace by none only, and so it must be asked.
func TestWhatLiesInNoNamespaceStandsForEveryServiceOwner(t *testing.T) {
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "data"}} // the platform's own
	asked := map[string]string{}
	holding := interceptor.NewClient(cluster(class, aClaim("so-skd", "claim")), interceptor.Funcs{
		List: func(ctx context.Context, inner client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			of := (&client.ListOptions{}).ApplyOptions(options)
			asked[fmt.Sprintf("%T", list)] = of.Namespace
			return inner.List(ctx, list, options...)
		},
	})
	standing, err := knowing().Standing(t.Context(), holding, "so-skd")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"so-skd/claim as a Go type", "/data as a Go type"}, texts(standing)); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"*v1.PersistentVolumeClaimList": "so-skd", "*v1.StorageClassList": ""}, asked); diff != "" {
		t.Errorf("namespaces asked for (-want +got):\n%s", diff)
	}
}

func TestWhatStandsOfChildren(t *testing.T) {
	holding := cluster(aShelf("so-skd", "a"), aClaim("so-skd", "b"), aClaim("so-skd", "not-wanted"))
	wanted := []apply.Child{{Object: aClaim("so-skd", "b")}, {Object: aClaim("so-skd", "not-there")}, {Object: aShelf("so-skd", "a")}, {Object: plain(boxKind, "so-skd", "not-known")}}
	found, err := knowing(shelfKind).Find(t.Context(), holding, wanted)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"so-skd/b as a Go type", "so-skd/a as fields"}, texts(found)); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

// What cannot be read is not known, and that is no "there is nothing".
func TestWhatCannotBeReadIsNotKnown(t *testing.T) {
	down := errors.New("the cache does not answer")
	silent := interceptor.NewClient(cluster(), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return down
		},
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return down },
	})
	if standing, err := knowing().Standing(t.Context(), silent, "so-skd"); !errors.Is(err, down) || standing != nil {
		t.Errorf("standing %v, error %v", standing, err)
	} else if want := "reading the PersistentVolumeClaim objects of so-skd: the cache does not answer"; err.Error() != want {
		t.Errorf("want %s, got %v", want, err)
	}
	if found, err := knowing().Find(t.Context(), silent, []apply.Child{{Object: aClaim("so-skd", "b")}}); !errors.Is(err, down) || found != nil {
		t.Errorf("found %v, error %v", found, err)
	}
}

func TestWhatAServiceOwnerDeclaresOfItsStorage(t *testing.T) {
	if _, err := OwnerOf(nil); err == nil {
		t.Error("nobody has storage")
	}
	owner := &v1alpha1.ServiceOwner{
		ObjectMeta: metav1.ObjectMeta{Name: "skd"},
		Spec: v1alpha1.ServiceOwnerSpec{
			OrganizationNumber: "974761076", Region: "norwayeast", Storage: v1alpha1.Storage{Redundancy: "ZRS"}, DeletionPolicy: v1alpha1.DeletionDelete,
		},
	}
	want := Owner{
		Code: "skd", Namespace: "so-skd", OrganizationNumber: "974761076", Region: "norwayeast",
		Storage: v1alpha1.Storage{Redundancy: "ZRS"}, DeletionPolicy: v1alpha1.DeletionDelete,
	}
	got, err := OwnerOf(owner)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owner (-want +got):\n%s", diff)
	}
}

func TestTheKindsOfStorageByName(t *testing.T) {
	if names := (*Storage)(nil).KindNames(); names != nil {
		t.Errorf("without a provider there are %q", names)
	}
	if diff := cmp.Diff([]string{"Shelf", "PersistentVolumeClaim", "Box", "StorageClass"}, knowing().KindNames()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
