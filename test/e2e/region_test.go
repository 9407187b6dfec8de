// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("A node that turns out to lie outside the regions allowed", Serial, Ordered, func() {
	var owner *v1alpha1.ServiceOwner
	var income *v1alpha1.App
	node := &corev1.Node{}

	BeforeAll(func(ctx context.Context) {
		owner = serviceOwner(ctx, "region")
		income = app("region", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomesReady(ctx, income)
		var pods corev1.PodList
		Expect(kubernetes.List(ctx, &pods, client.InNamespace("so-region"))).To(Succeed())
		Expect(pods.Items).NotTo(BeEmpty())
		node.Name = pods.Items[0].Spec.NodeName
		DeferCleanup(locate, node, "")
		locate(ctx, node, "eastus")
	})

	It("is told of at the App whose pods run on it, at its service owner and as an event", func(ctx context.Context) {
		becomes(ctx, income, v1alpha1.ReasonRegionDrift)
		becomes(ctx, owner, v1alpha1.ReasonRegionDrift)
		Expect(income.Status.Problems).To(ContainElement(And(
			HaveField("Component", v1alpha1.ConditionRegionCompliant), HaveField("Actor", v1alpha1.ActorPlatform),
			HaveField("Message", "node "+node.Name+" is used and lies in region eastus, which is not allowed"),
		)))
		Eventually(func() string { return kubectl(ctx, "events", "-n", "so-region", "--for", "app/income") }).Should(ContainSubstring("RegionDrift"))
		Expect(deployment(ctx, income).Status.AvailableReplicas).To(BeNumerically(">=", 2), "what runs is not taken down for it")
	})

	It("is given no further pods", func(ctx context.Context) {
		Expect(kubernetes.DeleteAllOf(ctx, &corev1.Pod{}, client.InNamespace("so-region"))).To(Succeed())
		becomesReady(ctx, income)
		var pods corev1.PodList
		Expect(kubernetes.List(ctx, &pods, client.InNamespace("so-region"))).To(Succeed())
		Expect(pods.Items).NotTo(ContainElement(HaveField("Spec.NodeName", node.Name)))
		becomesReady(ctx, owner)
	})
})

// locate says where a node lies; nowhere for an empty region.
func locate(ctx context.Context, node *corev1.Node, region string) {
	change(ctx, node, func(node *corev1.Node) {
		if region == "" {
			delete(node.Labels, corev1.LabelTopologyRegion)
			return
		}
		node.Labels[corev1.LabelTopologyRegion] = region
	})
}
