// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// health is a category of data that the sample agreement does not cover.
const health v1alpha1.DataCategory = "Health"

// uncovered edits an App all over, for a processing that no agreement covers.
func uncovered(subject *v1alpha1.App) {
	subject.Spec.Image = secondImage
	subject.Spec.Port = 8080
	subject.Spec.Config = map[string]v1alpha1.ConfigValue{"Feature__Letters": "true"}
	subject.Spec.Ingress.Path = "/skd/elsewhere/"
	subject.Spec.Replicas.Max = 9
	subject.Spec.Access = v1alpha1.Access{}
	subject.Spec.Processing.DataCategories = append(subject.Spec.Processing.DataCategories, health)
}

var _ = Describe("An edit that no agreement covers", func() {
	var t *tenant
	var before []client.Object
	var was *v1alpha1.App
	BeforeEach(func(ctx SpecContext) {
		t = newTenant(ctx)
		was = t.running(ctx, "income")
		before = snapshot(ctx, t.namespace, "income")
		t.change(ctx, "income", uncovered)
		t.view.Writes()
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False NotCovered"))
	})

	It("is not half applied: no child changes, and the status says what runs on", func(ctx SpecContext) {
		Expect(t.view.Writes()).To(HaveExactElements("update status of App income"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		subject := t.app(ctx, "income")
		Expect(subject.Status.URL).To(Equal(was.Status.URL))
		Expect(subject.Status.Image).To(Equal(firstImage))
		Expect(subject.Status.Admitted).To(Equal(&v1alpha1.AdmittedRevision{Generation: 1, Agreement: t.agreementName()}))
		Expect(conditionOf(subject, v1alpha1.ConditionAvailable)).To(Equal("True Ready"))
		Expect(conditionOf(subject, v1alpha1.ConditionStalled)).To(BeEmpty())
		Expect(messageOf(subject, v1alpha1.ConditionReady)).To(And(
			HavePrefix("Agreement "+t.agreementName()+" does not cover data category Health"),
			HaveSuffix("Generation 1, admitted under agreement "+t.agreementName()+", runs on")))
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())
	})

	It("leaves what was admitted to be looked after: what somebody changes is put right", func(ctx SpecContext) {
		deployment := get(ctx, t.namespace, "income", &appsv1.Deployment{})
		deployment.Spec.Template.Spec.Containers[0].Image = "example.no/evil:1"
		Expect(admin.Update(ctx, deployment)).To(Succeed())
		policy := get(ctx, t.namespace, "income", &networkingv1.NetworkPolicy{})
		policy.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
		Expect(admin.Update(ctx, policy)).To(Succeed())
		t.reconcile(ctx, "income")
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
	})

	It("leaves what was admitted to be looked after: what somebody deletes is made anew", func(ctx SpecContext) {
		for _, child := range allChildren(t.namespace, "income") {
			Expect(admin.Delete(ctx, child)).To(Succeed())
		}
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, replicas: 2, routed: true, ready: "False NotCovered"}))
		Expect(get(ctx, t.namespace, "income-runtime", &corev1.ConfigMap{}).Data).NotTo(HaveKey("Feature__Letters"))
	})

	It("is released by editing back, which writes to no child", func(ctx SpecContext) {
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec = *was.Spec.DeepCopy() })
		t.view.Writes()
		subject := t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(HaveExactElements("update status of App income"))
		Expect(ready(subject)).To(Equal("True Ready"))
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())
	})

	It("is released by an agreement that covers it, and then it is made whole", func(ctx SpecContext) {
		t.changeAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) {
			agreement.Spec.DataCategories = append(agreement.Spec.DataCategories, health)
		})
		subject := t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: secondImage, replicas: 2, routed: true, ready: "False Progressing"}))
		Expect(get(ctx, t.namespace, "income-runtime", &corev1.ConfigMap{}).Data).To(HaveKeyWithValue("Feature__Letters", "true"))
		Expect(subject.Status.Admitted.Generation).To(Equal(subject.Generation))
		Expect(subject.Status.URL).To(HaveSuffix("/skd/elsewhere/"))
		Expect(subject.Status.Children).To(ContainElement(t.record(ctx, "income")))
	})
})

// messageOf is what a condition says.
func messageOf(subject *v1alpha1.App, kind string) string {
	GinkgoHelper()
	for _, condition := range subject.Status.Conditions {
		if condition.Type == kind {
			return condition.Message
		}
	}
	Fail("there is no condition " + kind)
	return ""
}

var _ = Describe("An order to stop", func() {
	It("takes out of service what runs; when it is withdrawn, what was admitted last comes back, whatever has been edited since", func(ctx SpecContext) {
		t := newTenant(ctx)
		was := t.running(ctx, "income")
		t.scale(ctx, "income", 5)
		t.changeAgreement(ctx, inState(v1alpha1.AgreementStopped))
		subject := t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, ready: "False AgreementStopped"}))
		Expect(subject.Status.URL).To(BeEmpty())
		Expect(subject.Status.Admitted).To(Equal(&v1alpha1.AdmittedRevision{Generation: 1, Agreement: t.agreementName(), Withdrawn: v1alpha1.ReasonAgreementStopped}))
		Expect(messageOf(subject, v1alpha1.ConditionReady)).To(HaveSuffix("No pods run; data and names are kept"))

		t.change(ctx, "income", uncovered)
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, ready: "False AgreementStopped"}), "an edit does not bring it back")
		t.scale(ctx, "income", 3)
		t.reconcile(ctx, "income")
		Expect(t.replicas(ctx, "income")).To(BeZero(), "nor does somebody who scales it up")

		t.changeAgreement(ctx, inState(v1alpha1.AgreementActive))
		subject = t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, replicas: 2, routed: true, ready: "False NotCovered"}))
		Expect(subject.Status.URL).To(Equal(was.Status.URL))
		Expect(subject.Status.Children).To(Equal(was.Status.Children))
	})
})

var _ = Describe("What an agreement took out of service", func() {
	It("stays so when the agreement is deleted, or only suspended, and comes back when one covers it", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		t.changeAgreement(ctx, inState(v1alpha1.AgreementTerminated))
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, ready: "False AgreementTerminated"}))
		t.changeAgreement(ctx, inState(v1alpha1.AgreementSuspended))
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, ready: "False AgreementSuspended"}))
		removeAgreement(ctx, t.agreementName())
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, ready: "False AgreementMissing"}))
		t.createAgreement(ctx)
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income").replicas).To(BeEquivalentTo(2))
	})

	It("is not taken out again, once it is back, by what lets running Apps run", func(ctx SpecContext) {
		t := newTenant(ctx)
		was := t.running(ctx, "income")
		for _, end := range []v1alpha1.AgreementState{v1alpha1.AgreementStopped, v1alpha1.AgreementActive, v1alpha1.AgreementSuspended} {
			t.changeAgreement(ctx, inState(end))
			t.reconcile(ctx, "income")
		}
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, replicas: 2, routed: true, ready: "False AgreementSuspended"}))
		Expect(t.app(ctx, "income").Status.Admitted).To(Equal(was.Status.Admitted))
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())
	})
})

var _ = Describe("An agreement that loses a data category", func() {
	It("holds exactly the Apps that use it, and says so in one event", func(ctx SpecContext) {
		t := newTenant(ctx)
		using := func(categories ...v1alpha1.DataCategory) func(*v1alpha1.App) {
			return func(subject *v1alpha1.App) { subject.Spec.Processing.DataCategories = categories }
		}
		t.running(ctx, "first", using("NationalIdentityNumber", "Economic"))
		t.running(ctx, "second", using("NationalIdentityNumber"))
		t.running(ctx, "third", using("Economic"))
		t.running(ctx, "fourth", using("Contact", "Economic"))
		t.newEvents()
		t.view.Writes()
		t.changeAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) {
			agreement.Spec.DataCategories = []v1alpha1.DataCategory{"Contact", "Economic"}
		})
		for _, name := range []string{"first", "second"} {
			subject := t.reconcile(ctx, name)
			Expect(ready(subject)).To(Equal("False NotCovered"))
			Expect(messageOf(subject, v1alpha1.ConditionReady)).To(ContainSubstring("does not cover data category NationalIdentityNumber"))
			Expect(subject.Status.Problems).To(ContainElement(Equal(v1alpha1.Problem{
				Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionAgreementInForce, Actor: v1alpha1.ActorServiceOwner,
				Message: "Agreement " + t.agreementName() + " does not cover data category NationalIdentityNumber",
				Remedy:  "Take NationalIdentityNumber out of spec.processing.dataCategories, or have the agreement extended",
			})))
			Expect(t.newEvents()).To(HaveExactElements(HavePrefix("Warning NotCovered Agreement " + t.agreementName())))
			Expect(t.view.Writes()).To(HaveExactElements("update status of App " + name))
			t.reconcile(ctx, name)
			Expect(t.newEvents()).To(BeEmpty(), "it is told once")
		}
		for _, name := range []string{"third", "fourth"} {
			Expect(ready(t.reconcile(ctx, name))).To(Equal("True Ready"))
			Expect(t.newEvents()).To(BeEmpty())
			Expect(t.view.Writes()).To(BeEmpty())
		}
	})
})

// mute is a reader that hears nothing of one kind of list.
type mute struct {
	client.Reader
	of func(client.ObjectList) bool
}

func (m mute) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if m.of(list) {
		return errors.New("nobody answers")
	}
	return m.Reader.List(ctx, list, options...)
}

var _ = Describe("What the gate goes by and cannot be read", func() {
	for name, of := range map[string]func(client.ObjectList) bool{
		"the agreements":         func(list client.ObjectList) bool { _, is := list.(*v1alpha1.DataProcessingAgreementList); return is },
		"what was admitted last": func(list client.ObjectList) bool { _, is := list.(*appsv1.ControllerRevisionList); return is },
	} {
		It("is unknown, not missing, and everything stays: "+name, func(ctx SpecContext) {
			t := newTenant(ctx)
			t.running(ctx, "income")
			before := snapshot(ctx, t.namespace, "income")
			t.change(ctx, "income", uncovered)
			t.createApp(ctx, "newcomer")
			t.engine.Cluster = mute{t.view, of}
			for _, name := range []string{"income", "newcomer"} {
				_, err := t.try(ctx, name)
				Expect(err).To(MatchError(ContainSubstring("nobody answers")))
				subject := t.app(ctx, name)
				Expect(ready(subject)).To(Equal("Unknown FactsUnavailable"))
				Expect(conditionOf(subject, v1alpha1.ConditionAgreementInForce)).To(Equal("Unknown FactsUnavailable"))
				Expect(subject.Status.Problems).To(ContainElement(MatchFields(IgnoreExtras, Fields{"Actor": Equal(v1alpha1.ActorPlatform)})))
			}
			Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
			Expect(metav1.IsControlledBy(&t.revisions(ctx, "income")[0], t.app(ctx, "income"))).To(BeTrue())
			t.expectNothingMade(ctx, "newcomer")
		})
	}
})
