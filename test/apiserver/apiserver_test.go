// SPDX-License-Identifier: BSD-3-Clause

package apiserver_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

func TestStartSaysHowToGetThePrograms(t *testing.T) {
	t.Setenv("KUBEBUILDER_ASSETS", t.TempDir())
	_, err := apiserver.Start(context.Background(), apiserver.Options{})
	for _, words := range []string{"found no etcd", "run `make k8s`", "KUBEBUILDER_ASSETS"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("the error does not say %q: %v", words, err)
		}
	}
}

func TestDefaultedReadsAManifestAsTheServerStoresIt(t *testing.T) {
	var owner v1alpha1.ServiceOwner
	if err := apiserver.Defaulted([]byte("kind: ServiceOwner\nspec: {displayName: {nb: Skatteetaten}}"), &owner); err != nil {
		t.Fatal(err)
	}
	if owner.Spec.Region != "norwayeast" || owner.Spec.DisplayName.NB != "Skatteetaten" || owner.Status.ObservedGeneration != -1 {
		t.Errorf("read as %+v", owner)
	}
	for manifest, words := range map[string]string{
		"kind: ServiceOwner\nspec: {colour: red}": `unknown field "spec.colour"`,
		"kind: Pod": "no CRD of the project is for kind Pod",
	} {
		if err := apiserver.Defaulted([]byte(manifest), &owner); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: the error does not say %q: %v", manifest, words, err)
		}
	}
}

func TestTheCRDsOfAzureServiceOperatorAreThoseThatMakeAzureMade(t *testing.T) {
	folder, err := apiserver.AzureCRDs()
	if err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Join(folder, "*.yaml")); err != nil || len(files) != 9 {
		t.Errorf("want nine CRDs in %s, got %v (%v)", folder, files, err)
	}
	checkout := t.TempDir()
	if err := os.MkdirAll(filepath.Join(checkout, "config/crd/bases"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(checkout)
	if _, err := apiserver.AzureCRDs(); err == nil || !strings.Contains(err.Error(), "run `make azure`") {
		t.Errorf("where they are not made, the error does not say what makes them: %v", err)
	}
}

// One server for what needs one.
func TestServer(t *testing.T) {
	ctx := context.Background()
	server, err := apiserver.Start(ctx, apiserver.Options{Policies: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := controllers.NewScheme()
	view, err := server.View(cache.Options{Scheme: scheme, ByObject: map[client.Object]cache.ByObject{
		&corev1.ConfigMap{}: {Label: labels.SelectorFromSet(labels.Set{"ours": "yes"})},
	}})
	if err != nil {
		t.Fatal(err)
	}
	config := func(name string, labels map[string]string) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Labels: labels}}
	}

	t.Run("goes by the policies", func(t *testing.T) {
		sample, err := os.ReadFile("../../config/samples/app-income.yaml")
		if err != nil {
			t.Fatal(err)
		}
		stray := &v1alpha1.App{}
		if err := apiserver.Defaulted(sample, stray); err != nil {
			t.Fatal(err)
		}
		stray.Namespace = "default"
		if err := view.Create(ctx, stray); err == nil || !strings.Contains(err.Error(), "cannot stand in namespace default") {
			t.Errorf("an App outside a service owner's namespace: %v", err)
		}
	})

	t.Run("is seen as the operator's cache would", func(t *testing.T) {
		for name, labels := range map[string]map[string]string{"ours": {"ours": "yes"}, "theirs": nil} {
			if err := view.Create(ctx, config(name, labels)); err != nil {
				t.Fatal(err)
			}
		}
		if err := view.Get(ctx, client.ObjectKeyFromObject(config("ours", nil)), config("", nil)); err != nil {
			t.Errorf("what the cache selects: %v", err)
		}
		if err := view.Get(ctx, client.ObjectKeyFromObject(config("theirs", nil)), config("", nil)); !apierrors.IsNotFound(err) {
			t.Errorf("what the cache does not select was found, or: %v", err)
		}
	})

	t.Run("is listed by index", func(t *testing.T) {
		var list corev1.NamespaceList
		if err := view.List(ctx, &list, client.MatchingFields{"letter": "d"}); err == nil {
			t.Error("an index that is not there was used")
		}
		err := view.IndexField(ctx, &corev1.Namespace{}, "letter", func(object client.Object) []string { return []string{object.GetName()[:1]} })
		if err != nil {
			t.Fatal(err)
		}
		if err := view.List(ctx, &list, client.MatchingFields{"letter": "d"}); err != nil {
			t.Fatal(err)
		}
		if len(list.Items) != 1 || list.Items[0].Name != "default" {
			t.Errorf("namespaces under d: %v", list.Items)
		}
	})

	t.Run("writes its writes down, and breaks as it is told", func(t *testing.T) {
		view.Writes()
		for name, tc := range map[string]struct {
			how   apiserver.Break
			lands bool
		}{
			"before-write":  {how: apiserver.BeforeWrite},
			"before-answer": {how: apiserver.BeforeAnswer, lands: true},
		} {
			view.BreakAfter(1, tc.how)
			if err := view.Create(ctx, config(name+"-1", map[string]string{"ours": "yes"})); err != nil {
				t.Errorf("%s: the first write: %v", name, err)
			}
			for _, later := range []string{"-2", "-3"} {
				if err := view.Create(ctx, config(name+later, map[string]string{"ours": "yes"})); !errors.Is(err, apiserver.ErrBroken) {
					t.Errorf("%s: a later write: %v", name, err)
				}
			}
			view.Mend()
			err := view.Get(ctx, client.ObjectKeyFromObject(config(name+"-2", nil)), config("", nil))
			if tc.lands != (err == nil) {
				t.Errorf("%s: reading what the second write made: %v", name, err)
			}
			if err := view.Get(ctx, client.ObjectKeyFromObject(config(name+"-3", nil)), config("", nil)); !apierrors.IsNotFound(err) {
				t.Errorf("%s: reading what the third write made: %v", name, err)
			}
			if writes := view.Writes(); len(writes) != 3 || writes[0] != "create ConfigMap "+name+"-1" {
				t.Errorf("%s: writes %q", name, writes)
			}
		}
	})
}
