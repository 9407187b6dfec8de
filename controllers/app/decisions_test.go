// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// suspend takes an App out of service.
func suspend(subject *v1alpha1.App) {
	subject.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"}
}

var _ = Describe("A suspended App", func() {
	It("has no pods, no route and no open door; all of it comes back with its names", func(ctx SpecContext) {
		t := newTenant(ctx)
		before := t.running(ctx, "income")
		t.scale(ctx, "income", 5)
		t.change(ctx, "income", suspend)
		subject := t.reconcile(ctx, "income")

		Expect(ready(subject)).To(Equal("False Suspended"))
		Expect(t.replicas(ctx, "income")).To(BeZero())
		named := metav1.ObjectMeta{Namespace: t.namespace, Name: "income"}
		for _, gone := range []client.Object{
			&networkingv1.Ingress{ObjectMeta: named}, &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: named}, &policyv1.PodDisruptionBudget{ObjectMeta: named},
		} {
			Expect(absent(ctx, gone)).To(BeTrue(), "%T", gone)
		}
		policy := get(ctx, t.namespace, "income", &networkingv1.NetworkPolicy{})
		Expect(policy.Spec.Ingress).To(BeEmpty())
		Expect(policy.Spec.Egress).To(BeEmpty())
		Expect(policy.Spec.PolicyTypes).To(ConsistOf(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress))
		Expect(subject.Status.URL).To(BeEmpty())
		Expect(subject.Status.Children).To(HaveLen(6))

		t.rollOut(ctx, "income")
		t.reconcile(ctx, "income")
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())

		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Suspend = nil })
		t.reconcile(ctx, "income")
		Expect(t.replicas(ctx, "income")).To(BeEquivalentTo(2))
		t.rollOut(ctx, "income")
		after := t.reconcile(ctx, "income")
		Expect(ready(after)).To(Equal("True Ready"))
		Expect(after.Status.Children).To(Equal(before.Status.Children))
		Expect(after.Status.URL).To(Equal(before.Status.URL))
	})

	It("stays without pods when somebody scales it up", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		t.change(ctx, "income", suspend)
		t.reconcile(ctx, "income")
		t.scale(ctx, "income", 3)
		t.reconcile(ctx, "income")
		Expect(t.replicas(ctx, "income")).To(BeZero())
	})

	It("follows from a suspended service owner too", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		owner := get(ctx, "", t.code, &v1alpha1.ServiceOwner{})
		owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
		Expect(admin.Update(ctx, owner)).To(Succeed())
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False Suspended"))
		Expect(t.replicas(ctx, "income")).To(BeZero())
	})
})

var _ = Describe("An App that is held", func() {
	It("has nothing made while there is no ServiceOwner", func(ctx SpecContext) {
		t := newTenant(ctx)
		Expect(admin.Delete(ctx, get(ctx, "", t.code, &v1alpha1.ServiceOwner{}))).To(Succeed())
		t.createApp(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False ServiceOwnerMissing"))
		Expect(subject.Status.Problems).To(HaveLen(3), "the owner, data that nobody keeps, and the host without addresses")
		Expect(subject.Status.Problems[0].Actor).To(Equal(v1alpha1.ActorPlatform))
		t.expectNothingMade(ctx, "income")

		t.createOwner(ctx)
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False Progressing"))
	})

	It("keeps running when its ServiceOwner goes away", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		Expect(admin.Delete(ctx, get(ctx, "", t.code, &v1alpha1.ServiceOwner{}))).To(Succeed())
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False ServiceOwnerMissing"))
		Expect(conditionOf(subject, v1alpha1.ConditionAvailable)).To(Equal("True Ready"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
	})

	It("has nothing made while a Secret it reads is missing, and all once it is there", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "source"}}}
		})
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False ReferenceMissing"))
		t.expectNothingMade(ctx, "income")
		Expect(admin.Create(ctx, secretWith(t.namespace, "one"))).To(Succeed())
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		Expect(absent(ctx, allChildren(t.namespace, "income")[3])).To(BeFalse())
	})

	It("goes on as it was last admitted: no part of the change is made", func(ctx SpecContext) {
		t := newTenant(ctx)
		was := t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		t.change(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.Image = "skdregistry.example.no/skd-income:2"
			subject.Spec.Config = map[string]v1alpha1.ConfigValue{"Feature__Letters": "true"}
			subject.Spec.Port = 8080
			subject.Spec.Access = v1alpha1.Access{}
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "source"}}}
		})
		t.view.Writes()
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False ReferenceMissing"))
		Expect(subject.Status.ObservedGeneration).To(Equal(subject.Generation))
		Expect(conditionOf(subject, v1alpha1.ConditionAvailable)).To(Equal("True Ready"))
		Expect(t.view.Writes()).To(HaveExactElements("update status of App income"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		Expect(subject.Status.Image).To(Equal(was.Status.Image))
		Expect(subject.Status.Children).To(Equal(was.Status.Children))
	})

	It("says where it is reached, not where it asks to be", func(ctx SpecContext) {
		t := newTenant(ctx)
		was := t.running(ctx, "income")
		t.change(ctx, "income", at("nav.apps.tt02.altinn.no", "/nav/income/"))
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False HostNotOwned"))
		Expect(subject.Status.URL).To(Equal(was.Status.URL))
	})

	It("still says where it is reached when it asks to be unpublished", func(ctx SpecContext) {
		t := newTenant(ctx)
		was := t.running(ctx, "income")
		t.change(ctx, "income", func(subject *v1alpha1.App) {
			unpublish(subject)
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "source"}}}
		})
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False ReferenceMissing"))
		Expect(subject.Status.URL).To(Equal(was.Status.URL))
	})

	It("has nothing made at the host of another owner", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income", at("nav.apps.tt02.altinn.no", "/nav/income/"))
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False HostNotOwned"))
		t.expectNothingMade(ctx, "income")
	})
})

var _ = Describe("What could not be read", func() {
	It("is unknown, not absent: nothing is changed, and it is tried again", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = "skdregistry.example.no/skd-income:2" })
		t.engine.Cluster = deaf{t.view}
		_, err := t.try(ctx, "income")
		Expect(err).To(MatchError(ContainSubstring("nobody answers")))
		subject := t.app(ctx, "income")
		Expect(ready(subject)).To(Equal("Unknown FactsUnavailable"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		Expect(subject.Status.Children).To(HaveLen(9))
	})
})

// deaf is a reader that never hears anything.
type deaf struct{ client.Reader }

func (deaf) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errors.New("nobody answers")
}

var _ = Describe("Two Apps that ask for one address", func() {
	var first, second *tenant
	BeforeEach(func(ctx SpecContext) { first, second = newTenant(ctx), newTenant(ctx) })

	It("leave it to the older; the newcomer gets it when the older goes", func(ctx SpecContext) {
		host := first.code + ".example.no"
		older := first.createApp(ctx, "income", at(host, "/data"))
		second.createApp(ctx, "income", at(host, "/data"))
		Expect(ready(second.reconcile(ctx, "income"))).To(Equal("False HostTaken"), "whoever comes first to be looked at")
		Expect(ready(first.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		second.expectNothingMade(ctx, "income")

		Expect(admin.Delete(ctx, older)).To(Succeed())
		Expect(ready(second.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		Expect(get(ctx, second.namespace, "income", &networkingv1.Ingress{}).Spec.Rules[0].Host).To(Equal(host))
	})

	It("pass it on as soon as the older is on its way out, whatever holds that", func(ctx SpecContext) {
		host := first.code + ".example.no"
		older := first.createApp(ctx, "income", at(host, "/data"), func(subject *v1alpha1.App) { subject.Finalizers = []string{"example.no/held"} })
		second.createApp(ctx, "income", at(host, "/data"))
		Expect(admin.Delete(ctx, older)).To(Succeed())
		Expect(ready(second.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		first.change(ctx, "income", func(subject *v1alpha1.App) { subject.Finalizers = nil })
	})

	It("do so when only a slash at the end tells their paths apart, which routes do not see", func(ctx SpecContext) {
		host := first.code + ".example.no"
		first.createApp(ctx, "income", at(host, "/data"))
		second.createApp(ctx, "income", at(host, "/data/"))
		Expect(ready(first.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		Expect(ready(second.reconcile(ctx, "income"))).To(Equal("False HostTaken"))
	})

	It("both have it their way when one of them is not published, or has another path", func(ctx SpecContext) {
		host := first.code + ".example.no"
		first.createApp(ctx, "income", at(host, "/data"))
		second.createApp(ctx, "income", at(host, "/database"))
		second.createApp(ctx, "hidden", at(host, "/data"), unpublish)
		Expect(ready(first.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		Expect(ready(second.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		Expect(ready(second.reconcile(ctx, "hidden"))).To(Equal("False Progressing"))
	})

	It("leave it to the one that serves it, if the older comes there later", func(ctx SpecContext) {
		host := first.code + ".example.no"
		first.running(ctx, "income")
		second.running(ctx, "income", at(host, "/data"))
		first.change(ctx, "income", at(host, "/data"))
		Expect(ready(first.reconcile(ctx, "income"))).To(Equal("False HostTaken"))
		Expect(ready(second.reconcile(ctx, "income"))).To(Equal("True Ready"))
	})
})

var _ = Describe("An App in a cluster without HTTPRoute", func() {
	It("runs, and says that it is not reached from outside", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.operator.Gateway = gatewayAPI()
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		t.rollOut(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False ProviderMissing"))
		Expect(conditionOf(subject, v1alpha1.ConditionAvailable)).To(Equal("False ProviderMissing"))
		Expect(subject.Status.Children).To(HaveLen(8))
		Expect(subject.Status.URL).To(BeEmpty())
		Expect(get(ctx, t.namespace, "income", &appsv1.Deployment{}).Spec.Replicas).To(HaveValue(BeEquivalentTo(2)))
		Expect(get(ctx, t.namespace, "income-runtime", &corev1.ConfigMap{}).Data).NotTo(BeEmpty())
	})
})

var _ = Describe("An App that the API server refuses a child of", func() {
	It("is stalled until its owner corrects it; all else is made", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Resources.Requests["gpu"] = resource.MustParse("1") })
		result, err := t.try(ctx, "income")
		Expect(err).NotTo(HaveOccurred(), "trying again at once is of no use")
		Expect(result.RequeueAfter).NotTo(BeZero())
		subject := t.app(ctx, "income")
		Expect(ready(subject)).To(Equal("False ApplyFailed"))
		Expect(conditionOf(subject, v1alpha1.ConditionStalled)).To(Equal("True ApplyFailed"))
		Expect(conditionOf(subject, v1alpha1.ConditionReconciling)).To(BeEmpty())
		Expect(subject.Status.Problems).To(ContainElement(MatchFields(IgnoreExtras, Fields{
			"Message": And(ContainSubstring("Deployment"), ContainSubstring(`Invalid value: "gpu"`)),
			"Actor":   Equal(v1alpha1.ActorServiceOwner), "Remedy": Equal("Correct the spec"),
		})))
		Expect(t.made(ctx, "income")).To(HaveLen(8))

		t.change(ctx, "income", func(subject *v1alpha1.App) { delete(subject.Spec.Resources.Requests, "gpu") })
		subject = t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False Progressing"))
		Expect(conditionOf(subject, v1alpha1.ConditionStalled)).To(BeEmpty())
	})
})
