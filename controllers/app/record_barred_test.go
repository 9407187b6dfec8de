// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// foreignRecord makes a ControllerRevision of somebody else's, of the name that of an App's record has.
func (t *tenant) foreignRecord(ctx context.Context, like *appsv1.ControllerRevision, labels map[string]string) *appsv1.ControllerRevision {
	GinkgoHelper()
	foreign := &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: like.Name, Labels: labels, Annotations: like.Annotations},
		Revision:   99, Data: like.Data,
	}
	Expect(admin.Create(ctx, foreign)).To(Succeed())
	return foreign
}

var _ = Describe("A record that cannot be made", func() {
	for name, labelled := range map[string]bool{
		"that the cache leaves out":   false,
		"that looks like one of ours": true,
	} {
		It("bars the pods: somebody else's has its name, "+name, func(ctx SpecContext) {
			model, t := newTenant(ctx), newTenant(ctx)
			model.running(ctx, "income")
			like := &model.revisions(ctx, "income")[0]
			var labels map[string]string
			if labelled {
				labels = map[string]string{
					v1alpha1.LabelName: "income", v1alpha1.LabelServiceOwner: t.code, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy,
				}
			}
			foreign := t.foreignRecord(ctx, like, labels)
			t.createApp(ctx, "income")
			for range 2 {
				subject := t.reconcile(ctx, "income")
				Expect(ready(subject)).To(Equal("False ChildConflict"))
				Expect(messageOf(subject, v1alpha1.ConditionReady)).To(ContainSubstring(
					"ControllerRevision " + like.Name + " exists and was not made for this resource"))
				for _, child := range allChildren(t.namespace, "income") {
					Expect(absent(ctx, child)).To(BeTrue(), "%T was made", child)
				}
				Expect(subject.Status.URL).To(BeEmpty())
				Expect(get(ctx, t.namespace, foreign.Name, &appsv1.ControllerRevision{}).ResourceVersion).To(Equal(foreign.ResourceVersion))
			}
			Expect(admin.Delete(ctx, foreign)).To(Succeed())
			subject := t.reconcile(ctx, "income")
			Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, replicas: 2, routed: true, ready: "False Progressing"}))
			Expect(subject.Status.Admitted.Generation).To(BeEquivalentTo(1))
		})
	}

	It("bars an edit: what runs stays as it was admitted", func(ctx SpecContext) {
		edit := func(subject *v1alpha1.App) { subject.Spec.Image = secondImage }
		model, t := newTenant(ctx), newTenant(ctx)
		model.running(ctx, "income", edit)
		t.running(ctx, "income")
		before := snapshot(ctx, t.namespace, "income")
		t.foreignRecord(ctx, &model.revisions(ctx, "income")[0], nil)
		t.change(ctx, "income", edit)
		for range 2 {
			subject := t.reconcile(ctx, "income")
			Expect(ready(subject)).To(Equal("False ChildConflict"))
			Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		}
	})
})

var _ = Describe("An edit that is admitted", func() {
	It("lets go of the record before it without telling anybody", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		first := t.record(ctx, "income").Name
		t.newEvents()
		t.view.Writes()
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = secondImage })
		t.reconcile(ctx, "income")
		Expect(t.record(ctx, "income").Name).NotTo(Equal(first))
		Expect(t.view.Writes()).To(ContainElement("delete ControllerRevision " + first))
		Expect(t.newEvents()).To(BeEmpty())
	})

	It("tells of what else goes", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		t.newEvents()
		t.change(ctx, "income", unpublish)
		t.reconcile(ctx, "income")
		Expect(t.newEvents()).To(HaveExactElements("Normal ChildPruned Ingress income is no longer wanted and was removed"))
	})
})

// behind is a reader whose index still holds the records of before.
type behind struct {
	client.Reader
	records []appsv1.ControllerRevision
}

func (b behind) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if records, is := list.(*appsv1.ControllerRevisionList); is {
		records.Items = slices.Clone(b.records)
		return nil
	}
	return b.Reader.List(ctx, list, options...)
}

var _ = Describe("An edit that no agreement covers, right after one that was admitted", func() {
	for name, lags := range map[string]bool{"holds the record before it": true, "holds none": false} {
		It("keeps the one admitted last, while the index "+name, func(ctx SpecContext) {
			t := newTenant(ctx)
			t.running(ctx, "income")
			old := t.revisions(ctx, "income")
			if !lags {
				old = nil
			}
			t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = secondImage })
			second := t.reconcile(ctx, "income").Generation
			before := snapshot(ctx, t.namespace, "income")
			t.change(ctx, "income", func(subject *v1alpha1.App) {
				uncovered(subject)
				subject.Spec.Image = "skdregistry.example.no/skd-income:3"
			})
			t.engine.Cluster = behind{t.view, old}
			subject := t.reconcile(ctx, "income")
			Expect(messageOf(subject, v1alpha1.ConditionReady)).To(HaveSuffix("Generation 2, admitted under agreement " + t.agreementName() + ", runs on"))
			Expect(subject.Status.Admitted.Generation).To(Equal(second))
			Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))

			Expect(admin.Delete(ctx, get(ctx, t.namespace, "income", &appsv1.Deployment{}))).To(Succeed())
			t.reconcile(ctx, "income")
			Expect(t.stateOf(ctx, "income").image).To(Equal(secondImage))
		})
	}
})
