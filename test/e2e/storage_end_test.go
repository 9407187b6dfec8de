// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("An App that kept data", Ordered, func() {
	var owner *v1alpha1.ServiceOwner
	var income *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		owner = serviceOwner(ctx, "emptied")
		income = app("emptied", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomesReady(ctx, income)
	})

	It("leaves nothing in the cluster when it is deleted, though Azure Service Operator owns its objects too", func(ctx context.Context) {
		blobs := kubectl(ctx, "get", "storageaccountsblobservice", "emptied", "-n", "so-emptied", "-o", "jsonpath={.metadata.uid}")
		kubectl(ctx, "patch", "storageaccountsblobservicescontainer", "income.responses", "-n", "so-emptied", "--type", "json", "--patch", fmt.Sprintf(
			`[{"op": "add", "path": "/metadata/ownerReferences/-", "value": {"apiVersion": "storage.azure.com/v20250601", "kind": "StorageAccountsBlobService", "name": "emptied", "uid": %q}}]`, blobs))
		Expect(kubernetes.Delete(ctx, income)).To(Succeed())
		Eventually(func() bool { return exists(ctx, income) }).Should(BeFalse())
		Eventually(func() string {
			return kubectl(ctx, "get", "storageaccountsblobservicescontainers,userassignedidentities,roleassignments,federatedidentitycredentials",
				"-n", "so-emptied", "-l", "app.kubernetes.io/name=income", "-o", "name")
		}).Should(BeEmpty())
	})

	It("leaves its data under Retain, with a rule that ends it in time", func(ctx context.Context) {
		Eventually(func() *v1alpha1.StorageStatus { ready(ctx, owner); return owner.Status.Storage }).Should(HaveValue(
			HaveField("Containers", ConsistOf(v1alpha1.KeptContainer{Name: "income-responses", RetentionDays: 365}))))
		Expect(kubectl(ctx, "get", "storageaccountsmanagementpolicy", "emptied", "-n", "so-emptied", "-o", "jsonpath={.spec.policy.rules}")).To(And(
			ContainSubstring("income-responses/"), ContainSubstring("365")))
	})

	It("has its data again when it comes back", func(ctx context.Context) {
		again := app("emptied", "income")
		Expect(kubernetes.Create(ctx, again)).To(Succeed())
		becomesReady(ctx, again)
		Eventually(func() *v1alpha1.StorageStatus { ready(ctx, owner); return owner.Status.Storage }).Should(HaveValue(
			HaveField("Containers", ConsistOf(v1alpha1.KeptContainer{Name: "income-responses", App: "income", RetentionDays: 365}))))
	})
})

var _ = Describe("The receipt of a service owner that is deleted", func() {
	receipts := func(ctx context.Context, code string) []corev1.ConfigMap {
		var found corev1.ConfigMapList
		Expect(kubernetes.List(ctx, &found)).To(Succeed())
		var of []corev1.ConfigMap
		for _, config := range found.Items {
			if config.Labels[v1alpha1.LabelReceipt] == v1alpha1.ReceiptDeletion && config.Labels[v1alpha1.LabelServiceOwner] == code {
				of = append(of, config)
			}
		}
		return of
	}

	It("says under Delete what was deleted, where it was, and until when it can be brought back", func(ctx context.Context) {
		owner := serviceOwner(ctx, "receipt", func(owner *v1alpha1.ServiceOwner) { owner.Spec.DeletionPolicy = v1alpha1.DeletionDelete })
		income := app("receipt", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomesReady(ctx, income)
		Expect(kubernetes.Delete(ctx, owner)).To(Succeed())
		Eventually(func() bool { return exists(ctx, owner) }).Should(BeFalse())
		left := receipts(ctx, "receipt")
		Expect(left).To(HaveLen(1))
		Expect(left[0].Immutable).To(HaveValue(BeTrue()))
		Expect(left[0].Namespace).To(Equal("serviceowner-system"))
		Expect(left[0].Data["receipt.yaml"]).To(And(
			ContainSubstring("deletionPolicy: Delete"), ContainSubstring("finishedAt: "), ContainSubstring("keptUntil: "),
			ContainSubstring("what: storage account streceipt"), ContainSubstring("what: key vault kv-receipt-"), ContainSubstring("/subscriptions/"),
			Not(ContainSubstring("example.no")), // no contacts
		))
		AddReportEntry("the receipt", left[0].Data["receipt.yaml"])
	})

	It("says under Retain what stays, and where", func(ctx context.Context) {
		owner := serviceOwner(ctx, "retained")
		Expect(kubernetes.Delete(ctx, owner)).To(Succeed())
		Eventually(func() bool { return exists(ctx, owner) }).Should(BeFalse())
		left := receipts(ctx, "retained")
		Expect(left).To(HaveLen(1))
		Expect(left[0].Data["receipt.yaml"]).To(And(ContainSubstring("stays in norwayeast"), ContainSubstring("deleted: false"), Not(ContainSubstring("deleted: true"))))
	})
})
