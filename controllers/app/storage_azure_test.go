// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// Kinds of Azure Service Operator that these tests look at.
var (
	accountKind   = schema.GroupVersionKind{Group: "storage.azure.com", Version: "v20250601", Kind: "StorageAccount"}
	containerKind = schema.GroupVersionKind{Group: "storage.azure.com", Version: "v20250601", Kind: "StorageAccountsBlobServicesContainer"}
	identityKind  = schema.GroupVersionKind{Group: "managedidentity.azure.com", Version: "v1api20230131", Kind: "UserAssignedIdentity"}
	roleKind      = schema.GroupVersionKind{Group: "authorization.azure.com", Version: "v1api20220401", Kind: "RoleAssignment"}
)

// azureCRDs is the folder with the CRDs of Azure Service Operator.
func azureCRDs() string {
	GinkgoHelper()
	root, err := apiserver.ModuleRoot()
	Expect(err).NotTo(HaveOccurred())
	folder := filepath.Join(root, "bin/azure/crds")
	Expect(folder).To(BeADirectory(), "make azure makes it")
	return folder
}

// storesInAzure has the tenant's operator keep data in Azure.
func (t *tenant) storesInAzure() {
	t.operator.Storage = inAzure()
	kind := t.engine.Kind.(*app.Kind)
	kind.Storage = storageOf(t.operator)
	t.engine.Parts = app.Parts(kind.Storage)
}

// makeAccount makes what the service owner's data is kept in, as its own controller would.
func (t *tenant) makeAccount(ctx context.Context) {
	GinkgoHelper()
	owner, err := storage.OwnerOf(get(ctx, "", t.code, &v1alpha1.ServiceOwner{}))
	Expect(err).NotTo(HaveOccurred())
	children, err := storageOf(t.operator).OfOwner(owner, nil)
	Expect(err).NotTo(HaveOccurred())
	for _, child := range children {
		Expect(admin.Create(ctx, child.Object)).To(Succeed())
	}
}

// azureObject is an empty object of a kind.
func azureObject(kind schema.GroupVersionKind) *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	return object
}

// inAzure reads an object of Azure Service Operator.
func (t *tenant) inAzure(ctx context.Context, kind schema.GroupVersionKind, name string) *unstructured.Unstructured {
	GinkgoHelper()
	return get(ctx, t.namespace, name, azureObject(kind))
}

// lacks says whether there is no such object.
func (t *tenant) lacks(ctx context.Context, kind schema.GroupVersionKind, name string) bool {
	GinkgoHelper()
	object := azureObject(kind)
	object.SetNamespace(t.namespace)
	object.SetName(name)
	return absent(ctx, object)
}

// provision says of all the tenant has in Azure that it stands there, and of accounts that they lie where declared.
func (t *tenant) provision(ctx context.Context) {
	GinkgoHelper()
	for _, kind := range storageOf(t.stored()).Kinds() {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		Expect(admin.List(ctx, list, client.InNamespace(t.namespace))).To(Succeed())
		for n := range list.Items {
			object := &list.Items[n]
			stands(object, true)
			if location, found, _ := unstructured.NestedString(object.Object, "spec", "location"); found && kind.Kind == accountKind.Kind {
				Expect(unstructured.SetNestedField(object.Object, location, "status", "primaryLocation")).To(Succeed())
			}
			Expect(client.IgnoreNotFound(admin.Status().Update(ctx, object))).To(Succeed())
		}
	}
}

// stands sets the condition that Azure Service Operator keeps on its objects.
func stands(object *unstructured.Unstructured, ready bool) {
	GinkgoHelper()
	condition := map[string]any{
		"type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": object.GetGeneration(),
		"lastTransitionTime": "2026-03-01T12:00:00Z",
	}
	if !ready {
		condition["status"], condition["reason"], condition["severity"], condition["message"] = "False", "AuthorizationFailed", "Error", "no right"
	}
	Expect(unstructured.SetNestedSlice(object.Object, []any{condition}, "status", "conditions")).To(Succeed())
}

// moveAccount says that the owner's account lies in a region.
func (t *tenant) moveAccount(ctx context.Context, region string) {
	GinkgoHelper()
	account := t.inAzure(ctx, accountKind, t.code)
	Expect(unstructured.SetNestedField(account.Object, region, "status", "primaryLocation")).To(Succeed())
	Expect(admin.Status().Update(ctx, account)).To(Succeed())
}

// keepsNothing takes an App's containers away.
func keepsNothing(subject *v1alpha1.App) { subject.Spec.Storage = v1alpha1.AppStorage{} }

// The specs share one coming and going of the CRDs, which takes the API server seconds.
var _ = Describe("With storage in Azure", Ordered, func() {
	install := func() { Expect(server.Install(azureCRDs())).To(Succeed()) }
	AfterAll(func(ctx SpecContext) { Expect(server.Uninstall(ctx, azureCRDs())).To(Succeed()) })

	It("an operator says which kinds the cluster lacks, makes the rest, and makes them as soon as they come", func(ctx SpecContext) {
		start(storing())
		t := declareTenant(ctx)
		t.createApp(ctx, "income")
		t.createApp(ctx, "other", keepsNothing)
		t.eventually(ctx, "income", "False ProviderMissing")
		Expect(conditionOf(t.app(ctx, "income"), v1alpha1.ConditionStorageReady)).To(Equal("False ProviderMissing"))
		Expect(t.app(ctx, "income").Status.Children).To(ContainElement(HaveField("Kind", "Deployment")))
		t.eventuallyReady(ctx, "other")
		Expect(conditionOf(t.app(ctx, "other"), v1alpha1.ConditionStorageReady)).To(BeEmpty())

		install()
		Eventually(func(g Gomega) {
			t.provision(ctx)
			g.Expect(conditionOf(t.app(ctx, "income"), v1alpha1.ConditionStorageReady)).To(Equal("True Ready"))
		}).WithTimeout(3*soon).Should(Succeed(), "%v", t.app(ctx, "income").Status)
		t.rollOut(ctx, "income")
		t.eventually(ctx, "income", "True Ready")
	})

	describeLife()
	describeRunning()
})
