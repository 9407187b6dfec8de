// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("What was made for an App", Ordered, func() {
	var income *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "repair")
		income = app("repair", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomesReady(ctx, income)
		known(ctx, "repair", 1)
	})

	It("comes back when it is deleted, with one write", func(ctx context.Context) {
		service := &corev1.Service{ObjectMeta: named("so-repair", "income")}
		Expect(exists(ctx, service)).To(BeTrue())
		old := service.UID
		before := mark()
		Expect(kubernetes.Delete(ctx, service)).To(Succeed())
		Eventually(func() bool { return exists(ctx, service) && service.UID != old }).Should(BeTrue())
		becomesReady(ctx, income)
		made := writes(requestsSince(before))
		Expect(made).To(ContainElement(HaveField("ObjectRef.Resource", "services")))
		for _, write := range made {
			Expect(write.ObjectRef.Resource).To(BeElementOf("services", "events"), "only the Service and the event of its repair are written")
		}
	})

	It("is put right when a stranger opens the network", func(ctx context.Context) {
		policy := &networkingv1.NetworkPolicy{ObjectMeta: named("so-repair", "income")}
		change(ctx, policy, func(policy *networkingv1.NetworkPolicy) {
			policy.Spec.Ingress = append(policy.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{})
		})
		Eventually(func() int { exists(ctx, policy); return len(policy.Spec.Ingress) }).Should(Equal(1))
	})

	It("keeps the number of pods the autoscaler chose", func(ctx context.Context) {
		before := deployment(ctx, income)
		before.Spec.Replicas = ptr.To[int32](4)
		Expect(kubernetes.Update(ctx, before)).To(Succeed())
		change(ctx, income, func(app *v1alpha1.App) { app.Spec.Config = map[string]v1alpha1.ConfigValue{"Color": "blue"} })
		Eventually(func() bool {
			after := deployment(ctx, income)
			return after.Spec.Template.Annotations[v1alpha1.AnnotationConfig] != before.Spec.Template.Annotations[v1alpha1.AnnotationConfig]
		}).Should(BeTrue(), "a changed configuration rolls the pods")
		Expect(deployment(ctx, income).Spec.Replicas).To(HaveValue(BeNumerically(">=", 4)))
		becomesReady(ctx, income)
	})

	It("goes when it is no longer declared", func(ctx context.Context) {
		change(ctx, income, func(app *v1alpha1.App) { app.Spec.Ingress.Enabled = ptr.To(false) })
		route := &networkingv1.Ingress{ObjectMeta: named("so-repair", "income")}
		Eventually(func() bool { return exists(ctx, route) }).Should(BeFalse())
		becomesReady(ctx, income)
		Expect(income.Status.URL).To(BeEmpty())
	})

	It("is taken out of service by a suspension and comes back after it", func(ctx context.Context) {
		change(ctx, income, func(app *v1alpha1.App) { app.Spec.Suspend = &v1alpha1.Suspend{Reason: "incident 12"} })
		becomes(ctx, income, v1alpha1.ReasonSuspended)
		Eventually(func() int32 { return deployment(ctx, income).Status.Replicas }).Should(BeZero())
		change(ctx, income, func(app *v1alpha1.App) { app.Spec.Suspend = nil })
		becomesReady(ctx, income)
		Expect(deployment(ctx, income).Status.AvailableReplicas).To(BeEquivalentTo(2))
	})

	It("rolls when a Secret it reads changes, and waits for one that is missing", func(ctx context.Context) {
		change(ctx, income, func(app *v1alpha1.App) {
			app.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "database"}}}
		})
		becomes(ctx, income, v1alpha1.ReasonReferenceMissing)
		Expect(deployment(ctx, income).Status.AvailableReplicas).To(BeEquivalentTo(2), "what runs keeps running")
		secret := &corev1.Secret{ObjectMeta: named("so-repair", "database"), StringData: map[string]string{"PASSWORD": "one"}}
		Expect(kubernetes.Create(ctx, secret)).To(Succeed())
		becomesReady(ctx, income)
		first := deployment(ctx, income).Spec.Template.Annotations[v1alpha1.AnnotationConfig]
		change(ctx, secret, func(secret *corev1.Secret) { secret.Data["PASSWORD"] = []byte("two") })
		Eventually(func() string {
			return deployment(ctx, income).Spec.Template.Annotations[v1alpha1.AnnotationConfig]
		}).ShouldNot(Equal(first))
		becomesReady(ctx, income)
	})

	It("is left alone where a name belongs to somebody else", func(ctx context.Context) {
		foreign := &corev1.ConfigMap{ObjectMeta: named("so-repair", "other-runtime"), Data: map[string]string{"a": "b"}}
		Expect(kubernetes.Create(ctx, foreign)).To(Succeed())
		other := app("repair", "other")
		Expect(kubernetes.Create(ctx, other)).To(Succeed())
		becomes(ctx, other, v1alpha1.ReasonChildConflict)
		Expect(exists(ctx, foreign)).To(BeTrue())
		Expect(foreign.Data).To(Equal(map[string]string{"a": "b"}))
		Expect(foreign.OwnerReferences).To(BeEmpty())
		Expect(kubernetes.Delete(ctx, foreign)).To(Succeed())
		becomesReady(ctx, other)
	})

	It("goes with the App", func(ctx context.Context) {
		Expect(kubernetes.Delete(ctx, income)).To(Succeed())
		Eventually(func() bool {
			return exists(ctx, &appsv1.Deployment{ObjectMeta: named("so-repair", "income")}) ||
				exists(ctx, &corev1.Service{ObjectMeta: named("so-repair", "income")})
		}).Should(BeFalse())
	})
})
