// SPDX-License-Identifier: BSD-3-Clause

package volumes

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

// The API server refuses a change of a claim's spec, so that none may be tried: not when the claim is bound, grown
// or restored by others, nor when the configuration names another class and size.
func TestAClaimThatStandsKeepsItsSpec(t *testing.T) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	cluster := fake.NewClientBuilder().WithScheme(scheme).Build()
	applier := &apply.Applier{Client: cluster, Live: cluster}
	owner := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: "so-skd", UID: "u-1"}}
	container := v1alpha1.Container{Name: "receipts", RetentionDays: 365}
	if _, err := applier.Apply(t.Context(), owner, nil, share(t, of(container)).Children); err != nil {
		t.Fatal(err)
	}

	var claim corev1.PersistentVolumeClaim
	key := client.ObjectKey{Namespace: "so-skd", Name: "income.receipts"}
	if err := cluster.Get(t.Context(), key, &claim); err != nil {
		t.Fatal(err)
	}
	claim.Spec.VolumeName, claim.Spec.VolumeMode = "pvc-1", ptr.To(corev1.PersistentVolumeFilesystem)
	claim.Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse("50Gi")
	claim.Spec.DataSource = &corev1.TypedLocalObjectReference{Kind: "PersistentVolumeClaim", Name: "backup"}
	if err := cluster.Update(t.Context(), &claim); err != nil {
		t.Fatal(err)
	}
	want := claim.Spec.DeepCopy()

	container.RetentionDays = 30
	otherwise := New(&configuration.Operator{Storage: &configuration.Storage{
		Volumes: &configuration.VolumeStorage{StorageClass: "other", Size: resource.MustParse("1Gi")},
	}})
	again := func() []apply.Change {
		t.Helper()
		made, err := otherwise.OfApp(of(container))
		if err != nil {
			t.Fatal(err)
		}
		changes, err := applier.Apply(t.Context(), owner, nil, made.Children)
		if err != nil {
			t.Fatal(err)
		}
		return changes
	}
	if changes := again(); len(changes) != 1 {
		t.Fatalf("changes %v", changes)
	}
	if err := cluster.Get(t.Context(), key, &claim); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*want, claim.Spec); diff != "" {
		t.Errorf("spec (-before +after):\n%s", diff)
	}
	if days := claim.Annotations[v1alpha1.AnnotationRetentionDays]; days != "30" {
		t.Errorf("what is kept for 30 days says %s", days)
	}
	if changes := again(); len(changes) > 0 {
		t.Errorf("it is written again: %v", changes)
	}
}
