// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
)

var _ = Describe("Trouble", Serial, Ordered, func() {
	BeforeAll(func(ctx context.Context) { serviceOwner(ctx, "trouble") })

	It("of an operator killed again and again amid its work ends in the declared state", func(ctx context.Context) {
		var apps []*v1alpha1.App
		for i := range 8 {
			one := app("trouble", fmt.Sprintf("killed-%d", i))
			apps = append(apps, one)
			before := mark()
			Expect(kubernetes.Create(ctx, one)).To(Succeed())
			// Each time it has come one write further.
			Eventually(func() int { return len(writes(requestsSince(before))) }).WithPolling(time.Millisecond).Should(BeNumerically(">", i))
			operator.Kill()
			Expect(operator.Start(ctx, admin)).To(Succeed())
		}
		for _, one := range apps {
			becomesReady(ctx, one)
			Expect(one.Status.Children).To(HaveLen(14))
		}
	})

	It("of an API server that restarts passes by itself", func(ctx context.Context) {
		Expect(plane.RestartAPIServer(ctx)).To(Succeed())
		one := app("trouble", "afterwards")
		Eventually(func() error { return kubernetes.Create(ctx, one) }).Should(Succeed())
		becomesReady(ctx, one)
	})

	It("of a lost leader ends with the other taking over", func(ctx context.Context) {
		operator.Stop()
		first, second := replica("first"), replica("second")
		Expect(first.Start(ctx, admin)).To(Succeed())
		defer first.Stop()
		one := app("trouble", "led")
		Expect(kubernetes.Create(ctx, one)).To(Succeed())
		becomesReady(ctx, one)
		Expect(second.Start(ctx, admin)).To(Succeed())
		defer second.Stop()
		first.Stop() // it gives up its lease
		two := app("trouble", "led-on")
		Expect(kubernetes.Create(ctx, two)).To(Succeed())
		becomesReady(ctx, two)
		second.Stop()
		Expect(operator.Start(ctx, admin)).To(Succeed())
	})

	It("of a restart with nothing to do costs no write", func(ctx context.Context) {
		known(ctx, "trouble", 11)
		operator.Stop()
		before := mark()
		Expect(operator.Start(ctx, admin)).To(Succeed())
		proof := app("trouble", "proof")
		Expect(kubernetes.Create(ctx, proof)).To(Succeed())
		becomesReady(ctx, proof)
		for _, write := range writes(requestsSince(before)) {
			if write.ObjectRef.Resource == "dataprocessingagreements" {
				Expect(write.ObjectRef.Name).To(Equal("trouble-2026"), "the agreement counts the new App, and no other counts anew")
				continue
			}
			if slices.Contains([]string{"serviceowners", "storageaccountsmanagementpolicies"}, write.ObjectRef.Resource) {
				Expect(write.ObjectRef.Name).To(Equal("trouble"), "its owner sees to how long the new App's data is kept, and no other does anything")
				continue
			}
			Expect(write.ObjectRef.Namespace).To(Equal("so-trouble"))
			Expect(write.ObjectRef.Name).To(Or(HavePrefix("proof"), BeEmpty()), write.String())
		}
	})
})

// replica is an operator that shares the work with others by leader election.
func replica(name string) *local.Operator {
	return &local.Operator{
		Binary: operator.Binary, Config: operator.Config, Log: operator.Log + "." + name,
		Args: []string{"--leader-elect", "--leader-election-namespace", "serviceowner-system"},
	}
}

var _ = Describe("Deleting a service owner", func() {
	It("keeps namespace and isolation under Retain, and lets the same body have them back", func(ctx context.Context) {
		owner := serviceOwner(ctx, "kept")
		Expect(kubernetes.Delete(ctx, owner)).To(Succeed())
		Eventually(func() bool { return exists(ctx, &v1alpha1.ServiceOwner{ObjectMeta: named("", "kept")}) }).Should(BeFalse())
		Expect(exists(ctx, &corev1.Namespace{ObjectMeta: named("", "so-kept")})).To(BeTrue())
		Expect(exists(ctx, &corev1.ResourceQuota{ObjectMeta: named("so-kept", "tenant")})).To(BeTrue())

		other := sample[v1alpha1.ServiceOwner]("serviceowner-skd.yaml")
		other.Name, other.Spec.OrganizationNumber = "kept", "991825827"
		Expect(kubernetes.Create(ctx, other)).To(Succeed())
		becomes(ctx, other, v1alpha1.ReasonNamespaceConflict)
		Expect(kubernetes.Delete(ctx, other)).To(Succeed())
		Eventually(func() bool { return exists(ctx, other) }).Should(BeFalse())

		serviceOwner(ctx, "kept")
	})

	It("removes all of it under Delete", func(ctx context.Context) {
		owner := serviceOwner(ctx, "gone")
		one := app("gone", "income")
		Expect(kubernetes.Create(ctx, one)).To(Succeed())
		becomesReady(ctx, one)
		change(ctx, owner, func(owner *v1alpha1.ServiceOwner) { owner.Spec.DeletionPolicy = v1alpha1.DeletionDelete })
		Expect(kubernetes.Delete(ctx, owner)).To(Succeed())
		Eventually(func() bool {
			return exists(ctx, &v1alpha1.ServiceOwner{ObjectMeta: named("", "gone")}) || exists(ctx, &corev1.Namespace{ObjectMeta: named("", "so-gone")})
		}).Should(BeFalse())
	})

	It("leaves a namespace alone that it did not make, until told to adopt it", func(ctx context.Context) {
		Expect(kubernetes.Create(ctx, &corev1.Namespace{ObjectMeta: named("", "so-found")})).To(Succeed())
		owner := sample[v1alpha1.ServiceOwner]("serviceowner-skd.yaml")
		owner.Name = "found"
		Expect(kubernetes.Create(ctx, agreement("found"))).To(Succeed())
		Expect(kubernetes.Create(ctx, owner)).To(Succeed())
		becomes(ctx, owner, v1alpha1.ReasonNamespaceConflict)
		change(ctx, owner, func(owner *v1alpha1.ServiceOwner) { owner.Spec.AdoptNamespace = true })
		becomesReady(ctx, owner)
	})
})
