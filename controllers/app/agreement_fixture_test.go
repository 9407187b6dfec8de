// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// agreementName is the name of a tenant's first agreement.
func (t *tenant) agreementName() string { return t.code + "-2026" }

// createAgreement makes an agreement of the tenant: the sample, changed.
func (t *tenant) createAgreement(ctx context.Context, changes ...func(*v1alpha1.DataProcessingAgreement)) *v1alpha1.DataProcessingAgreement {
	GinkgoHelper()
	agreement := sampleAgreement(GinkgoTB(), t.code)
	for _, change := range changes {
		change(&agreement)
	}
	Expect(admin.Create(ctx, &agreement)).To(Succeed())
	name := agreement.Name
	DeferCleanup(func(ctx SpecContext) { removeAgreement(ctx, name) })
	return &agreement
}

// agreement reads a tenant's first agreement.
func (t *tenant) agreement(ctx context.Context) *v1alpha1.DataProcessingAgreement {
	GinkgoHelper()
	return read(ctx, t.api, "", t.agreementName(), &v1alpha1.DataProcessingAgreement{})
}

// changeAgreement edits a tenant's first agreement as the platform team would.
func (t *tenant) changeAgreement(ctx context.Context, edit func(*v1alpha1.DataProcessingAgreement)) {
	GinkgoHelper()
	Eventually(func() error {
		agreement := t.agreement(ctx)
		edit(agreement)
		return t.api.Update(ctx, agreement)
	}).WithTimeout(soon).Should(Succeed())
}

// removeAgreement deletes an agreement by force: whatever its status says lives under it.
func removeAgreement(ctx context.Context, name string) {
	GinkgoHelper()
	Eventually(func() error {
		agreement := &v1alpha1.DataProcessingAgreement{}
		if err := admin.Get(ctx, client.ObjectKey{Name: name}, agreement); err != nil {
			return client.IgnoreNotFound(err)
		}
		if agreement.Status.InUse.Apps.Count > 0 {
			agreement.Status.InUse = v1alpha1.Coverage{}
			if err := admin.Status().Update(ctx, agreement); err != nil {
				return err
			}
		}
		return client.IgnoreNotFound(admin.Delete(ctx, agreement))
	}).WithTimeout(soon).Should(Succeed())
}

// inState puts an agreement into a state.
func inState(state v1alpha1.AgreementState) func(*v1alpha1.DataProcessingAgreement) {
	return func(agreement *v1alpha1.DataProcessingAgreement) { agreement.Spec.State = state }
}

// endless leaves the end of an agreement out, for an operator that goes by the real clock.
func endless(agreement *v1alpha1.DataProcessingAgreement) { agreement.Spec.Validity.Until = nil }

// revisions are the records of what was admitted of an App, whoever made them.
func (t *tenant) revisions(ctx context.Context, name string) []appsv1.ControllerRevision {
	GinkgoHelper()
	var list appsv1.ControllerRevisionList
	Expect(admin.List(ctx, &list, client.InNamespace(t.namespace), client.MatchingLabels{v1alpha1.LabelName: name})).To(Succeed())
	return list.Items
}

// record is the one record of what was admitted of an App, as an inventory names it.
func (t *tenant) record(ctx context.Context, name string) v1alpha1.Child {
	GinkgoHelper()
	revisions := t.revisions(ctx, name)
	Expect(revisions).To(HaveLen(1))
	return v1alpha1.Child{APIVersion: "apps/v1", Kind: "ControllerRevision", Namespace: t.namespace, Name: revisions[0].Name}
}

// snapshot is every child of an App as it stands.
func snapshot(ctx context.Context, namespace, name string) []client.Object {
	GinkgoHelper()
	var children []client.Object
	for _, child := range allChildren(namespace, name) {
		children = append(children, content(readChild(ctx, child)))
	}
	return children
}

// running makes an App whose pods run.
func (t *tenant) running(ctx context.Context, name string, changes ...func(*v1alpha1.App)) *v1alpha1.App {
	GinkgoHelper()
	t.createApp(ctx, name, changes...)
	t.reconcile(ctx, name)
	t.rollOut(ctx, name)
	subject := t.reconcile(ctx, name)
	Expect(ready(subject)).To(Equal("True Ready"))
	return subject
}

// expectNothingMade sees that an App has nothing.
func (t *tenant) expectNothingMade(ctx context.Context, name string) {
	GinkgoHelper()
	for _, child := range allChildren(t.namespace, name) {
		Expect(absent(ctx, child)).To(BeTrue(), "%T was made", child)
	}
	Expect(t.revisions(ctx, name)).To(BeEmpty(), "it was recorded as admitted")
	Expect(t.app(ctx, name).Status.Children).To(BeEmpty())
}
