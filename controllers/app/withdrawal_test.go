// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// newTenantOfTwo makes a tenant with an agreement of its own for KRR, and returns that one's name.
func newTenantOfTwo(ctx context.Context) (*tenant, string) {
	GinkgoHelper()
	t := newNamespace(ctx)
	t.createOwner(ctx)
	t.createAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) {
		agreement.Spec.Chapters = agreement.Spec.Chapters[:3]
	})
	krr := t.createAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) {
		agreement.Name = t.code + "-krr"
		agreement.Spec.Chapters = agreement.Spec.Chapters[3:]
	})
	return t, krr.Name
}

// putInState brings an agreement into a state.
func putInState(ctx context.Context, name string, to v1alpha1.AgreementState) {
	GinkgoHelper()
	Eventually(func() error {
		agreement := get(ctx, "", name, &v1alpha1.DataProcessingAgreement{})
		agreement.Spec.State = to
		return admin.Update(ctx, agreement)
	}).WithTimeout(soon).Should(Succeed())
}

// evading edits an App so that it does without KRR, and into what no agreement covers.
func evading(subject *v1alpha1.App) {
	uncovered(subject)
	subject.Spec.Integrations = subject.Spec.Integrations[:2]
}

// expectWithdrawn sees that an App is out of service, and that it is on record why.
func (t *tenant) expectWithdrawn(ctx context.Context, name, why, readiness string) {
	GinkgoHelper()
	t.reconcile(ctx, name)
	Expect(t.stateOf(ctx, name)).To(Equal(state{image: firstImage, ready: "False " + readiness}))
	Expect(t.app(ctx, name).Status.Admitted).To(Equal(&v1alpha1.AdmittedRevision{Generation: 1, Agreement: t.agreementName(), Withdrawn: why}))
	Expect(t.revisions(ctx, name)).To(HaveExactElements(HaveField("Annotations", HaveKeyWithValue(v1alpha1.AnnotationWithdrawn, why))))
	t.view.Writes()
	t.reconcile(ctx, name)
	Expect(t.view.Writes()).To(BeEmpty(), "one pass is enough")
}

var _ = Describe("An order to stop what only runs, and is no longer declared", func() {
	for name, edit := range map[string]func(*v1alpha1.App){
		"an edit that no agreement covers": evading,
		"an edit that reads what is not there": func(subject *v1alpha1.App) {
			subject.Spec.Integrations = subject.Spec.Integrations[:2]
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "source"}}}
		},
	} {
		It("is not evaded by "+name, func(ctx SpecContext) {
			t, krr := newTenantOfTwo(ctx)
			t.running(ctx, "income")
			t.change(ctx, "income", edit)
			t.reconcile(ctx, "income")
			Expect(t.stateOf(ctx, "income").replicas).To(BeEquivalentTo(2), "what was admitted runs on")
			putInState(ctx, krr, v1alpha1.AgreementStopped)
			t.newEvents()
			t.expectWithdrawn(ctx, "income", v1alpha1.ReasonAgreementStopped, v1alpha1.ReasonAgreementStopped)
			Expect(messageOf(t.app(ctx, "income"), v1alpha1.ConditionReady)).To(ContainSubstring("Agreement " + krr + " is stopped"))
			Expect(t.newEvents()).To(ContainElement(And(HavePrefix("Warning AgreementStopped "), ContainSubstring("Agreement "+krr+" is stopped"))))
		})

		It("is not evaded, once obeyed, by "+name, func(ctx SpecContext) {
			t, krr := newTenantOfTwo(ctx)
			t.running(ctx, "income")
			putInState(ctx, krr, v1alpha1.AgreementStopped)
			t.reconcile(ctx, "income")
			t.change(ctx, "income", edit)
			t.expectWithdrawn(ctx, "income", v1alpha1.ReasonAgreementStopped, v1alpha1.ReasonAgreementStopped)
		})
	}

	It("lets go of an App that does without, as soon as that is covered", func(ctx SpecContext) {
		t, krr := newTenantOfTwo(ctx)
		t.running(ctx, "income")
		putInState(ctx, krr, v1alpha1.AgreementStopped)
		t.reconcile(ctx, "income")
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Integrations = subject.Spec.Integrations[:2] })
		subject := t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, replicas: 2, routed: true, ready: "False Progressing"}))
		Expect(subject.Status.Admitted).To(Equal(&v1alpha1.AdmittedRevision{Generation: subject.Generation, Agreement: t.agreementName()}))
	})
})

var _ = Describe("A stop that outlives its agreement", func() {
	var t *tenant
	BeforeEach(func(ctx SpecContext) {
		t = newTenant(ctx)
		t.running(ctx, "income")
		t.changeAgreement(ctx, inState(v1alpha1.AgreementStopped))
		t.expectWithdrawn(ctx, "income", v1alpha1.ReasonAgreementStopped, v1alpha1.ReasonAgreementStopped)
		removeAgreement(ctx, t.agreementName())
		t.expectWithdrawn(ctx, "income", v1alpha1.ReasonAgreementStopped, v1alpha1.ReasonAgreementMissing)
		Expect(messageOf(t.app(ctx, "income"), v1alpha1.ConditionReady)).To(ContainSubstring(
			"It was withdrawn (AgreementStopped) and comes back when an agreement in force covers it"))
	})

	It("ends with a new agreement that covers what was admitted", func(ctx SpecContext) {
		t.createAgreement(ctx)
		subject := t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, replicas: 2, routed: true, ready: "False Progressing"}))
		Expect(subject.Status.Admitted.Withdrawn).To(BeEmpty())
		Expect(t.revisions(ctx, "income")).To(HaveExactElements(HaveField("Annotations", HaveKeyWithValue(v1alpha1.AnnotationWithdrawn, ""))))
		removeAgreement(ctx, t.agreementName())
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income").replicas).To(BeEquivalentTo(2), "that an agreement is missing takes nothing out")
	})

	It("ends with that for what was admitted, when the edit since is not covered", func(ctx SpecContext) {
		t.change(ctx, "income", uncovered)
		t.expectWithdrawn(ctx, "income", v1alpha1.ReasonAgreementStopped, v1alpha1.ReasonAgreementMissing)
		t.createAgreement(ctx)
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, replicas: 2, routed: true, ready: "False NotCovered"}))
	})

	It("does not end with an agreement that does not cover what was admitted", func(ctx SpecContext) {
		t.createAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) {
			agreement.Spec.DataCategories = []v1alpha1.DataCategory{"Contact", "Economic"}
		})
		t.expectWithdrawn(ctx, "income", v1alpha1.ReasonAgreementStopped, v1alpha1.ReasonNotCovered)
	})

	It("does not end with an agreement that is not in force", func(ctx SpecContext) {
		t.createAgreement(ctx, inState(v1alpha1.AgreementSuspended))
		t.expectWithdrawn(ctx, "income", v1alpha1.ReasonAgreementStopped, v1alpha1.ReasonAgreementSuspended)
	})

	It("does not end with an operator that remembers nothing", func(ctx SpecContext) {
		t = t.restarted()
		t.expectWithdrawn(ctx, "income", v1alpha1.ReasonAgreementStopped, v1alpha1.ReasonAgreementMissing)
	})
})
