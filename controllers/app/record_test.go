// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"encoding/json"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

var _ = Describe("The record of what was admitted", func() {
	It("is made anew when somebody deletes it, and nothing else is written", func(ctx SpecContext) {
		t := newTenant(ctx)
		was := t.running(ctx, "income")
		name := t.record(ctx, "income").Name
		Expect(admin.Delete(ctx, &t.revisions(ctx, "income")[0])).To(Succeed())
		t.view.Writes()
		subject := t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(HaveExactElements("create ControllerRevision " + name))
		Expect(t.newEvents()).To(ContainElement(HavePrefix("Warning DriftRepaired ControllerRevision " + name)))
		Expect(subject.Status).To(Equal(was.Status))
	})

	It("is missed when somebody deletes it under a hold, but what runs stays; after that it is made anew", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		t.change(ctx, "income", uncovered)
		t.reconcile(ctx, "income")
		Expect(admin.Delete(ctx, &t.revisions(ctx, "income")[0])).To(Succeed())
		t.view.Writes()
		for range 3 {
			subject := t.reconcile(ctx, "income")
			Expect(ready(subject)).To(Equal("False NotCovered"))
			Expect(messageOf(subject, v1alpha1.ConditionReady)).To(HaveSuffix("What runs is left as it is"))
			Expect(withoutLine(t.view.Writes(), "update status of App income")).To(BeEmpty())
			Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		}
		t.change(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.Processing.DataCategories = slices.DeleteFunc(subject.Spec.Processing.DataCategories,
				func(category v1alpha1.DataCategory) bool { return category == health })
		})
		subject := t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income").image).To(Equal(secondImage))
		Expect(subject.Status.Admitted.Generation).To(Equal(subject.Generation))
		Expect(subject.Status.Children).To(ContainElement(t.record(ctx, "income")))
	})

	It("is not taken from somebody who forges one", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		forged := t.revisions(ctx, "income")[0]
		evil := get(ctx, t.namespace, "income", &v1alpha1.App{})
		evil.Spec.Image = "example.no/evil:1"
		forged.ObjectMeta = metav1.ObjectMeta{Namespace: t.namespace, Name: "income-0000000000", Labels: forged.Labels, Annotations: forged.Annotations}
		forged.Revision, forged.Data.Raw = 99, encoded(evil.Spec)
		Expect(admin.Create(ctx, &forged)).To(Succeed())
		t.change(ctx, "income", uncovered)
		subject := t.reconcile(ctx, "income")
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		Expect(subject.Status.Admitted.Generation).To(BeEquivalentTo(1))
		Expect(admin.Delete(ctx, get(ctx, t.namespace, "income", &appsv1.Deployment{}))).To(Succeed())
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income").image).To(Equal(firstImage))
		Expect(t.revisions(ctx, "income")).To(HaveLen(2), "somebody else's is left alone")
	})

	It("counts by the later of two that a crash has left, and lets go of the older", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		first := t.record(ctx, "income").Name
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = secondImage })
		t.breaks(ctx, "income", 2, apiserver.BeforeWrite)
		Expect(t.revisions(ctx, "income")).To(HaveLen(2), "the older and the later")
		Expect(t.stateOf(ctx, "income").image).To(Equal(firstImage), "the crash came before the pods")

		t = t.restarted()
		t.change(ctx, "income", uncovered)
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = "skdregistry.example.no/skd-income:3" })
		subject := t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income").image).To(Equal(secondImage))
		Expect(subject.Status.Admitted.Generation).To(BeEquivalentTo(2))
		Expect(t.record(ctx, "income").Name).NotTo(Equal(first))
	})

	It("is one of the same name when an App goes back to what was admitted before", func(ctx SpecContext) {
		t := newTenant(ctx)
		was := t.running(ctx, "income")
		first := t.record(ctx, "income").Name
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = secondImage })
		t.reconcile(ctx, "income")
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec = *was.Spec.DeepCopy() })
		subject := t.reconcile(ctx, "income")
		Expect(t.record(ctx, "income").Name).To(Equal(first))
		Expect(subject.Status.Admitted.Generation).To(BeEquivalentTo(3))
	})
})

// encoded is a spec as a record holds it.
func encoded(spec v1alpha1.AppSpec) []byte {
	GinkgoHelper()
	raw, err := json.Marshal(spec)
	Expect(err).NotTo(HaveOccurred())
	return raw
}
