// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

var published = HaveField("State", v1alpha1.RegistrationRegistered)

// open makes a tenant with a desk, and an App.
func open(ctx context.Context) (*desk, string) {
	GinkgoHelper()
	d := openDesk(newTenant(ctx))[0]
	d.createApp(ctx, "income")
	return d, "income"
}

// wantWithdrawn wants an App to be found by nobody, with the policy it had.
func (d *desk) wantWithdrawn(name string) {
	GinkgoHelper()
	Expect(d.registered(name)).To(HaveValue(And(
		HaveField("Status", registry.StatusWithdrawn), HaveField("Visible", false), HaveField("Delegable", false))))
	Expect(d.policy(name)).To(ContainSubstring("instantiate"))
}

var _ = Describe("The registration of an App", func() {
	It("comes after its admission, in whole and once", func(ctx SpecContext) {
		d, name := open(ctx)
		_, err := d.registrar.Reconcile(ctx, d.app(ctx, name))
		Expect(err).NotTo(HaveOccurred())
		Expect(d.calls).To(BeEmpty(), "nothing is admitted yet")
		Expect(d.app(ctx, name).Finalizers).To(BeEmpty())

		subject := d.reconcile(ctx, name)
		Expect(conditionOf(subject, v1alpha1.ConditionAuthorizationRegistered)).To(Equal("False Progressing"))
		d.rollOut(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		subject = d.app(ctx, name)
		Expect(conditionOf(subject, v1alpha1.ConditionAuthorizationRegistered)).To(Equal("True Ready"))
		Expect(d.registered(name)).To(HaveValue(And(
			HaveField("ResourceType", registry.TypeAltinnApp), HaveField("Visible", true), HaveField("VersionID", subject.Status.Registration.VersionID),
			HaveField("ResourceReferences", ContainElement(HaveField("Reference", d.code+"/"+name))))))
		Expect(d.policy(name)).To(ContainSubstring("instantiate"))
		d.wrote()
		d.view.Writes()
		version := subject.ResourceVersion
		Expect(d.register(ctx, name)).To(Succeed())
		Expect(d.wrote()).To(BeEmpty())
		Expect(d.view.Writes()).To(BeEmpty())
		Expect(d.app(ctx, name).ResourceVersion).To(Equal(version))

		d.change(ctx, name, func(a *v1alpha1.App) { a.Spec.DisplayName.NB = "Inntekt og skatt" })
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		Expect(d.wrote()).To(Equal([]string{"PUT /resourceregistry/api/v1/resource/" + d.id(name)}))
		Expect(conditionOf(d.app(ctx, name), v1alpha1.ConditionAuthorizationRegistered)).To(Equal("True Ready"))
	})

	It("does not come before an agreement, and keeps what was admitted when an edit is held", func(ctx SpecContext) {
		t := newNamespace(ctx)
		t.createOwner(ctx)
		d, name := openDesk(t)[0], "income"
		d.createApp(ctx, name)
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		Expect(d.calls).To(BeEmpty())

		d.createAgreement(ctx)
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		Expect(d.app(ctx, name).Status.Registration).To(HaveValue(published))
		d.wrote()
		d.change(ctx, name, func(a *v1alpha1.App) {
			a.Spec.DisplayName.NB = "Noe annet"
			a.Spec.Processing.DataCategories = append(a.Spec.Processing.DataCategories, "Health")
		})
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		Expect(d.wrote()).To(BeEmpty())
		Expect(d.registered(name).Title["nb"]).To(Equal("Inntektsopplysninger"))
	})

	It("is withdrawn while its agreement is stopped, and comes back", func(ctx SpecContext) {
		d, name := open(ctx)
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		before := d.registered(name)
		d.changeAgreement(ctx, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementStopped })
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		d.wantWithdrawn(name)
		d.wrote()
		Expect(d.register(ctx, name)).To(Succeed())
		Expect(d.wrote()).To(BeEmpty())
		d.changeAgreement(ctx, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementActive })
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		after := d.registered(name)
		Expect(registry.Same(before, after)).To(BeTrue())
		Expect(after.VersionID).To(Equal(before.VersionID + 2))
	})

	DescribeTable("is withdrawn when the App is deleted, and never deleted", func(ctx SpecContext, forget func(*v1alpha1.App)) {
		d, name := open(ctx)
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		subject := d.app(ctx, name)
		forget(subject)
		Expect(admin.Status().Update(ctx, subject)).To(Succeed())
		removeAgreement(ctx, d.agreementName())
		Expect(admin.Delete(ctx, subject)).To(Succeed())
		Expect(d.register(ctx, name)).To(Succeed())
		Expect(d.isGone(ctx, name)).To(BeTrue())
		d.wantWithdrawn(name)
		Expect(d.newEvents()).To(ContainElement(HavePrefix("Normal Withdrawn ")))
	},
		Entry("with its record", func(*v1alpha1.App) {}),
		Entry("without its record", func(subject *v1alpha1.App) { subject.Status.Registration = nil }),
	)

	It("is of one service owner alone", func(ctx SpecContext) {
		theirs := newNamespace(ctx)
		owner := readManifest("../../config/samples/serviceowner-skd.yaml", &v1alpha1.ServiceOwner{})
		owner.Name, owner.Spec.AdoptNamespace, owner.Spec.OrganizationNumber = theirs.code, true, sandbox.NAVNumber
		Expect(admin.Create(ctx, owner)).To(Succeed())
		owner.Status.Namespace = theirs.namespace
		Expect(admin.Status().Update(ctx, owner)).To(Succeed())
		theirs.createAgreement(ctx)
		desks := openDesk(newTenant(ctx), theirs)
		for _, d := range desks {
			d.createApp(ctx, "income")
			d.reconcile(ctx, "income")
			Expect(d.register(ctx, "income")).To(Succeed())
		}
		mine, other := desks[0], desks[1]
		Expect(mine.registered("income").CompetentAuthority.Organization).To(Equal(sandbox.SkatteetatenNumber))
		Expect(other.registered("income").CompetentAuthority.Organization).To(Equal(sandbox.NAVNumber))
		before := mine.registered("income")
		for _, call := range other.wrote() {
			Expect(call).NotTo(ContainSubstring(mine.code))
		}
		subject := other.app(ctx, "income")
		Expect(admin.Delete(ctx, subject)).To(Succeed())
		Expect(other.register(ctx, "income")).To(Succeed())
		other.wantWithdrawn("income")
		Expect(mine.registered("income")).To(Equal(before))
	})

	It("never writes an entry that another owner has in its name", func(ctx SpecContext) {
		d, name := open(ctx)
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		d.taken(name)
		before := d.registered(name)
		d.wrote()
		Expect(d.register(ctx, name)).To(Succeed())
		subject := d.app(ctx, name)
		Expect(conditionOf(subject, v1alpha1.ConditionAuthorizationRegistered)).To(Equal("False RegisteredToAnother"))
		Expect(meta.IsStatusConditionTrue(subject.Status.Conditions, v1alpha1.ConditionReady)).To(BeFalse())
		subject.Status.Registration = nil
		Expect(admin.Status().Update(ctx, subject)).To(Succeed())
		Expect(admin.Delete(ctx, subject)).To(Succeed())
		d.clock.SetTime(time.Now().Add(time.Hour))
		Expect(d.register(ctx, name)).To(Succeed())
		Expect(d.isGone(ctx, name)).To(BeTrue())
		Expect(d.wrote()).To(BeEmpty())
		Expect(d.registered(name)).To(Equal(before))
	})
})
