// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"maps"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// anOperator is an installation with the given storage in Azure.
func anOperator(azure configuration.AzureStorage) *configuration.Operator {
	return &configuration.Operator{
		Environment: configuration.Environment{Name: "tt02", Class: configuration.Test},
		Storage:     &configuration.Storage{Provider: configuration.StorageAzure, Azure: &azure},
	}
}

// here is storage in Azure as most tests have it.
var here = New(anOperator(configuration.AzureStorage{
	TenantID: "11111111-2222-3333-4444-555555555555", OIDCIssuer: "https://norwayeast.oic.prod-aks.azure.com/issuer/",
})).(*provider)

// skd is a service owner as most tests have it.
func skd(changes ...func(*storage.Owner)) storage.Owner {
	owner := storage.Owner{
		Code: "skd", Namespace: "so-skd", OrganizationNumber: "974761076", Region: "norwayeast",
		Storage: v1alpha1.Storage{Redundancy: "ZRS", KeyManagement: "Platform", SoftDeleteDays: 30},
	}
	for _, change := range changes {
		change(&owner)
	}
	return owner
}

func withKey(owner *storage.Owner)    { owner.Storage.KeyManagement = "Customer" }
func withDelete(owner *storage.Owner) { owner.DeletionPolicy = v1alpha1.DeletionDelete }
func withRetain(owner *storage.Owner) { owner.DeletionPolicy = v1alpha1.DeletionRetain }
func inRegion(r v1alpha1.Region) func(*storage.Owner) {
	return func(owner *storage.Owner) { owner.Region = r }
}

// income is an App of an owner's with containers reports and pdf.
func income(owner storage.Owner) storage.App {
	return storage.App{Owner: owner, Name: "income", Access: storage.Granted, Containers: []v1alpha1.Container{
		{Name: "reports", RetentionDays: 3650}, {Name: "pdf", RetentionDays: 30},
	}}
}

func ofOwner(t *testing.T, owner storage.Owner, standing ...storage.Object) []apply.Child {
	t.Helper()
	children, err := here.OfOwner(owner, standing)
	if err != nil {
		t.Fatal(err)
	}
	return children
}

func ofApp(t *testing.T, app storage.App) storage.Share {
	t.Helper()
	share, err := here.OfApp(app)
	if err != nil {
		t.Fatal(err)
	}
	return share
}

// stand is what stands of children once they are written: each as it was rendered, changed by changes, and not
// judged by ASO yet. Children of kinds that are not ASO's are left out.
func stand(children []apply.Child, changes ...func(*unstructured.Unstructured)) []storage.Object {
	var standing []storage.Object
	for _, child := range children {
		object, ours := plain(child.Object)
		if !ours {
			continue
		}
		object = object.DeepCopy()
		object.SetGeneration(3)
		for _, change := range changes {
			change(object)
		}
		standing = append(standing, object)
	}
	return standing
}

// only makes a change to objects of one kind.
func only(kind schema.GroupVersionKind, change func(*unstructured.Unstructured)) func(*unstructured.Unstructured) {
	return func(object *unstructured.Unstructured) {
		if object.GroupVersionKind() == kind {
			change(object)
		}
	}
}

// condition gives an object ASO's condition Ready about the generation it has.
func condition(fields map[string]any) func(*unstructured.Unstructured) {
	return func(object *unstructured.Unstructured) {
		all := map[string]any{"type": "Ready", "observedGeneration": object.GetGeneration()}
		maps.Copy(all, fields)
		put(object, []any{all}, "status", "conditions")
	}
}

var isReady = condition(map[string]any{"status": "True", "reason": "Succeeded"})

// fails is ASO's condition of an object with which something is wrong.
func fails(severity, reason, message string) func(*unstructured.Unstructured) {
	return condition(map[string]any{"status": "False", "severity": severity, "reason": reason, "message": message})
}

// status sets a field of the status.
func status(value any, path ...string) func(*unstructured.Unstructured) {
	return func(object *unstructured.Unstructured) { put(object, value, append([]string{"status"}, path...)...) }
}

// spec sets a field of the spec.
func spec(value any, path ...string) func(*unstructured.Unstructured) {
	return func(object *unstructured.Unstructured) { put(object, value, append([]string{"spec"}, path...)...) }
}

var beingDeleted = func(object *unstructured.Unstructured) { object.SetDeletionTimestamp(ptr.To(metav1.Unix(1, 0))) }
