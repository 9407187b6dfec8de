// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage/azure"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// keepsDataInAzure gives the operator Azure to keep data in.
func (s *steward) keepsDataInAzure() *steward {
	GinkgoHelper()
	s.kind.Operator.Storage = &configuration.Storage{Provider: configuration.StorageAzure, Azure: &configuration.AzureStorage{
		TenantID: "11111111-2222-3333-4444-555555555555", OIDCIssuer: "https://oidc.example.no/cluster/",
	}}
	s.kind.Storage = &storage.Storage{Provider: azure.New(s.kind.Operator), Name: "Azure", Scheme: scheme, Known: func(schema.GroupVersionKind) bool { return true }}
	s.engine.Parts = serviceowner.Parts(s.kind.Storage)
	return s
}

// inAzure are the objects of Azure Service Operator in the steward's namespace.
func (s *steward) inAzure(ctx context.Context) (found []unstructured.Unstructured) {
	GinkgoHelper()
	for _, kind := range s.kind.Storage.Kinds() {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		Expect(admin.List(ctx, list, client.InNamespace(s.namespace))).To(Succeed())
		found = append(found, list.Items...)
	}
	return found
}

// provision says of all that is to be in Azure that it stands there, in a region.
func (s *steward) provision(ctx context.Context, region string) {
	GinkgoHelper()
	for _, object := range s.inAzure(ctx) {
		before := object.DeepCopy()
		object.Object["status"] = map[string]any{"conditions": []any{map[string]any{
			"type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": object.GetGeneration(), "lastTransitionTime": "2026-03-01T12:00:00Z",
		}}}
		switch object.GetKind() {
		case "StorageAccount":
			Expect(unstructured.SetNestedField(object.Object, region, "status", "primaryLocation")).To(Succeed())
		case "Vault":
			Expect(unstructured.SetNestedField(object.Object, region, "status", "location")).To(Succeed())
		}
		Expect(admin.Status().Patch(ctx, &object, client.MergeFrom(before))).To(Succeed())
	}
}

var _ = Describe("What a ServiceOwner's data is kept in in Azure", Ordered, func() {
	BeforeAll(func() {
		crds, err := apiserver.AzureCRDs()
		Expect(err).NotTo(HaveOccurred())
		Expect(server.Install(crds)).To(Succeed())
	})

	for _, management := range []v1alpha1.KeyManagement{"Platform", "Customer"} {
		It("is made, stands, and is let alone; with keys of: "+string(management), func(ctx SpecContext) {
			s := newSteward().keepsDataInAzure()
			s.declare(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Storage.KeyManagement = management })
			Expect(stored(s.reconcile(ctx))).To(Equal("False Progressing"))
			for passes := 0; ready(s.owner(ctx)) != "True Ready"; passes++ {
				Expect(passes).To(BeNumerically("<", 5), "%v", s.owner(ctx).Status.Problems)
				s.provision(ctx, "norwayeast")
				s.pass(ctx)
			}
			s.view.Writes()
			s.pass(ctx)
			Expect(s.view.Writes()).To(BeEmpty(), "nothing differs")
			Expect(s.owner(ctx).Status.Storage.Places).NotTo(BeEmpty())

			s.provision(ctx, "swedencentral")
			Expect(ready(s.reconcile(ctx))).To(Equal("False RegionDrift"))
		})
	}

	It("is let go of under Retain, and stays", func(ctx SpecContext) {
		s := newSteward().keepsDataInAzure()
		s.declare(ctx)
		s.pass(ctx)
		s.provision(ctx, "norwayeast")
		s.pass(ctx)
		stood := len(s.inAzure(ctx))
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(s.inAzure(ctx)).To(HaveLen(stood))
		_, receipt := s.receipt(ctx)
		Expect(receipt["data"]).To(And(Not(BeEmpty()), HaveEach(And(HaveKeyWithValue("deleted", false), HaveKeyWithValue("fate", "stays in norwayeast")))))
	})

	It("goes under Delete with what it is told at the last moment", func(ctx SpecContext) {
		s := newSteward().keepsDataInAzure()
		s.declare(ctx)
		s.pass(ctx)
		s.provision(ctx, "norwayeast")
		s.pass(ctx)
		s.change(ctx, deleteAll)
		s.remove(ctx)
		for _, object := range s.inAzure(ctx) {
			Expect(strings.HasPrefix(object.GetAnnotations()["serviceoperator.azure.com/reconcile-policy"], "detach")).To(BeFalse(), object.GetKind())
		}
		_, receipt := s.receipt(ctx)
		Expect(receipt["data"]).To(And(Not(BeEmpty()), HaveEach(And(HaveKeyWithValue("deleted", true), HaveKey("keptUntil")))))
	})
})
