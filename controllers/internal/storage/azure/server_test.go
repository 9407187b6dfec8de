// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// One server for what needs one.
func TestServer(t *testing.T) {
	view := serverWithASO(t)
	t.Run("kinds name the CRDs that ASO has for them", func(t *testing.T) { kindsNameTheirCRDs(t, view) })
	t.Run("what ASO reports is read", func(t *testing.T) { reportsAreRead(t, view) })
	t.Run("what is rendered is taken as it is", func(t *testing.T) { goldensAreTaken(t, view) })
}

// goldensAreTaken asks an API server that knows ASO's own CRDs whether it knows every field, then writes every golden,
// and writes it again: had the server changed anything, that second time would not be without a write.
func goldensAreTaken(t *testing.T, view *apiserver.View) {
	applier := &apply.Applier{Client: view, Live: view}
	owner := &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: "skd", UID: "owner"}}
	for name, rendered := range goldens(t) {
		for _, child := range rendered.children() {
			asked := child.DeepCopyObject().(client.Object)
			asked.SetName("new." + child.GetName())
			if err := view.Create(t.Context(), asked, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict)); err != nil {
				t.Errorf("%s, %s: %v", name, child.GetName(), err)
			}
		}
	}
	// One after the other, so that each is a change of what the earlier one made.
	for _, name := range []string{"minimal", "full", "minimal"} {
		for range 2 {
			rendered := goldens(t)[name] // anew, as in each pass
			view.Writes()
			_, err := applier.Apply(t.Context(), owner, nil, rendered.owner)
			for app, share := range rendered.share {
				by := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: app, Namespace: "so-skd", UID: "app"}}
				_, wrong := applier.Apply(t.Context(), by, nil, share.Children)
				err = errors.Join(err, wrong)
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if writes := view.Writes(); len(writes) > 0 {
			t.Errorf("%s: what was written once is written again: %v", name, writes)
		}
	}
}

// reportsAreRead gives objects the status that ASO does, in the form that its CRDs prescribe.
func reportsAreRead(t *testing.T, view *apiserver.View) {
	applier := &apply.Applier{Client: view, Live: view}
	wanted := ofOwner(t, skd())
	owner := &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: "skd", UID: "owner"}}
	if _, err := applier.Apply(t.Context(), owner, nil, wanted); err != nil {
		t.Fatal(err)
	}
	store := &storage.Storage{Provider: here, Scheme: view.Scheme(), Known: func(schema.GroupVersionKind) bool { return true }}
	standing, err := store.Standing(t.Context(), view, "so-skd")
	if err != nil {
		t.Fatal(err)
	}
	if report := here.Judge(wanted, standing); len(report.Awaited) != len(wanted) {
		t.Errorf("before ASO looked, %v are awaited", report.Awaited)
	}
	for _, object := range standing {
		made := object.(*unstructured.Unstructured).DeepCopy()
		asoReports(made)
		if err := view.Status().Update(t.Context(), made); err != nil {
			t.Fatalf("%s: %v", called(made), err)
		}
	}
	if standing, err = store.Standing(t.Context(), view, "so-skd"); err != nil {
		t.Fatal(err)
	}
	report := here.Judge(wanted, standing)
	account, vault := "storage account "+here.accountName(skd()), "key vault "+here.vaultName(skd())
	want := storage.Report{Places: []gate.Place{
		{What: account, Region: "norwayeast", Keeps: true}, {What: "the second copy of " + account, Region: "norwaywest", Keeps: true},
		{What: vault, Region: "norwayeast", Keeps: true},
	}}
	want.Findings = append(want.Findings, warning(account+" is kept as Standard_RAGRS in Azure, and declared as Standard_ZRS", v1alpha1.ActorPlatform,
		"Find out who changed it, and whether data was copied to where it must not be; set it back in Azure"))
	if diff := gocmp.Diff(want, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if fates := here.Fates(skd(), standing); fates[0].Where != "/subscriptions/s/"+here.accountName(skd()) {
		t.Errorf("fates %+v", fates)
	}
	view.Writes()
	_, err = applier.Apply(t.Context(), owner, nil, ofOwner(t, skd(), standing...))
	if writes := view.Writes(); err != nil || len(writes) > 0 {
		t.Errorf("what ASO reports makes the operator write %v: %v", writes, err)
	}
}

// asoReports gives an object the status and the ownerReference that ASO gives what stands in Azure.
func asoReports(object *unstructured.Unstructured) {
	put(object, []any{map[string]any{
		"type": "Ready", "status": "True", "reason": "Succeeded", "lastTransitionTime": "2026-01-02T03:04:05Z", "observedGeneration": object.GetGeneration(),
	}}, "status", "conditions")
	switch object.GetKind() {
	case accountKind.Kind:
		put(object, "/subscriptions/s/"+nameOf(object), "status", "id")
		put(object, "norwayeast", "status", "primaryLocation")
		put(object, "norwaywest", "status", "secondaryLocation")
		put(object, map[string]any{"name": "Standard_RAGRS", "tier": "Standard"}, "status", "sku")
	case vaultKind.Kind:
		put(object, "Norway East", "status", "location")
	}
}

// serverWithASO is an API server with the CRDs of ASO, as a client that writes down what it writes.
func serverWithASO(t *testing.T) *apiserver.View {
	t.Helper()
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	crds := filepath.Join(root, "bin/azure/crds")
	if _, err := os.Stat(crds); err != nil {
		t.Fatalf("this test needs the CRDs of Azure Service Operator: run `hack/build-azure.sh` (%v)", err)
	}
	server, err := apiserver.Start(t.Context(), apiserver.Options{CRDs: []string{crds}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	view, err := server.View(cache.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	if err := view.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "so-skd"}}); client.IgnoreAlreadyExists(err) != nil {
		t.Fatal(err)
	}
	return view
}

// kindsNameTheirCRDs holds each kind to the CRD that ASO has for it.
func kindsNameTheirCRDs(t *testing.T, view *apiserver.View) {
	for _, kind := range here.Kinds() {
		crd := &unstructured.Unstructured{}
		crd.SetAPIVersion("apiextensions.k8s.io/v1")
		crd.SetKind("CustomResourceDefinition")
		if err := view.Get(t.Context(), client.ObjectKey{Name: kind.CRD}, crd); err != nil {
			t.Errorf("%s: %v", kind.Kind, err)
			continue
		}
		if text(crd, "spec", "names", "kind") != kind.Kind || text(crd, "spec", "group") != kind.Group {
			t.Errorf("%s is of %s", kind.CRD, kind.GroupVersionKind)
		}
		served := slices.ContainsFunc(list(crd, "spec", "versions"), func(version any) bool {
			return strings.EqualFold(version.(map[string]any)["name"].(string), kind.Version)
		})
		if !served {
			t.Errorf("%s is not served in version %s", kind.CRD, kind.Version)
		}
	}
}
