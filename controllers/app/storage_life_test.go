// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// storing is the configuration of an operator that keeps data in Azure.
func storing() *configuration.Operator {
	operator := operatorConfiguration(GinkgoTB())
	operator.Storage = inAzure()
	return operator
}

// stored is the configuration by which the tenant's data is kept.
func (t *tenant) stored() *configuration.Operator {
	if t.operator.Storage == nil {
		return storing()
	}
	return t.operator
}

// keepingInAzure makes a service owner with an account, and App income that runs with its data.
func keepingInAzure(ctx context.Context) *tenant {
	GinkgoHelper()
	t := newTenant(ctx)
	t.storesInAzure()
	t.makeAccount(ctx)
	t.createApp(ctx, "income")
	t.reconcile(ctx, "income")
	t.provision(ctx)
	t.rollOut(ctx, "income")
	Expect(ready(t.reconcile(ctx, "income"))).To(Equal("True Ready"))
	t.view.Writes()
	t.newEvents()
	return t
}

// storedState is what there is in Azure of App income: container, identity and the right to the container.
func (t *tenant) storedState(ctx context.Context) map[string]bool {
	GinkgoHelper()
	return map[string]bool{
		"container": !t.lacks(ctx, containerKind, "income.responses"),
		"identity":  !t.lacks(ctx, identityKind, "income"),
		"role":      !t.lacks(ctx, roleKind, "income.responses"),
	}
}

// describeLife are the passes over an App that keeps data, one by one.
func describeLife() {
	all := map[string]bool{"container": true, "identity": true, "role": true}

	It("an App is told how its data is, from what Azure Service Operator says, and a pass without news writes nothing", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.storesInAzure()
		t.makeAccount(ctx)
		t.createApp(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(conditionOf(subject, v1alpha1.ConditionStorageReady)).To(Equal("False Progressing"))
		Expect(t.storedState(ctx)).To(Equal(all))
		for _, ref := range subject.Status.Children {
			object := azureObject(schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind))
			Expect(get(ctx, ref.Namespace, ref.Name, object).GetOwnerReferences()[0].UID).To(Equal(subject.UID), "%s goes with the App", ref.Kind)
		}

		t.provision(ctx)
		t.rollOut(ctx, "income")
		subject = t.reconcile(ctx, "income")
		Expect(conditionOf(subject, v1alpha1.ConditionStorageReady)).To(Equal("True Ready"))
		Expect(ready(subject)).To(Equal("True Ready"))
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())

		container := t.inAzure(ctx, containerKind, "income.responses")
		stands(container, false)
		Expect(admin.Status().Update(ctx, container)).To(Succeed())
		subject = t.reconcile(ctx, "income")
		Expect(conditionOf(subject, v1alpha1.ConditionStorageReady)).To(HavePrefix("False Storage"))
		Expect(conditionOf(subject, v1alpha1.ConditionAvailable)).To(Equal("True Ready"), "what runs, runs on")
		Expect(t.view.Writes()).To(HaveExactElements("update status of App income"))
	})

	It("an App out of service keeps its data and who it is, and loses the right to the data until it is back", func(ctx SpecContext) {
		t := keepingInAzure(ctx)
		before := t.app(ctx, "income").Status.Children
		t.change(ctx, "income", suspend)
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False Suspended"))
		Expect(t.storedState(ctx)).To(Equal(map[string]bool{"container": true, "identity": true, "role": false}))
		Expect(conditionOf(subject, v1alpha1.ConditionStorageReady)).To(Equal("True Ready"))

		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Suspend = nil })
		Expect(t.reconcile(ctx, "income").Status.Children).To(Equal(before))
		Expect(t.storedState(ctx)).To(Equal(all))
	})

	It("an App that goes out of service while its ServiceOwner is gone stops, and its data stays as it stands", func(ctx SpecContext) {
		t := keepingInAzure(ctx)
		Expect(admin.Delete(ctx, get(ctx, "", t.code, &v1alpha1.ServiceOwner{}))).To(Succeed())
		before := t.inAzure(ctx, containerKind, "income.responses")
		t.change(ctx, "income", suspend)
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False Suspended"))
		Expect(t.replicas(ctx, "income")).To(BeZero())
		Expect(t.storedState(ctx)).To(Equal(all))
		after := t.inAzure(ctx, containerKind, "income.responses")
		Expect(after.Object["spec"]).To(Equal(before.Object["spec"]))
		Expect(after.GetGeneration()).To(Equal(before.GetGeneration()))
		t.rollOut(ctx, "income")
		t.reconcile(ctx, "income")
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())

		t.createOwner(ctx)
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Suspend = nil })
		t.reconcile(ctx, "income")
		t.rollOut(ctx, "income")
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("True Ready"))
	})

	It("a container that is no longer declared is let go with its role, and told of", func(ctx SpecContext) {
		t := keepingInAzure(ctx)
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Storage.Containers[0].Name = "letters" })
		t.reconcile(ctx, "income")
		Expect(t.storedState(ctx)).To(Equal(map[string]bool{"container": false, "identity": true, "role": false}))
		Expect(t.lacks(ctx, containerKind, "income.letters")).To(BeFalse())
		Expect(t.newEvents()).To(ContainElement("Normal ChildPruned " + containerKind.Kind + " income.responses is no longer wanted and was removed"))

		t.change(ctx, "income", keepsNothing)
		t.reconcile(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(t.lacks(ctx, containerKind, "income.letters")).To(BeTrue())
		Expect(t.lacks(ctx, identityKind, "income")).To(BeTrue(), "who keeps nothing is nobody in Azure")
		Expect(conditionOf(subject, v1alpha1.ConditionStorageReady)).To(BeEmpty())
	})

	It("an operator that comes to have no storage any longer deletes nothing of what data is kept in", func(ctx SpecContext) {
		t := keepingInAzure(ctx)
		kind := t.engine.Kind.(*app.Kind)
		storage := kind.Storage
		kind.Storage, t.engine.Parts = nil, app.Parts(nil)
		subject := t.reconcile(ctx, "income")
		Expect(t.storedState(ctx)).To(Equal(all))
		Expect(subject.Status.Problems).To(ContainElement(HaveField("Message", HavePrefix("Made under a configuration of another storage"))))

		kind.Storage, t.engine.Parts = storage, app.Parts(storage)
		t.reconcile(ctx, "income")
		t.rollOut(ctx, "income")
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("True Ready"))
	})

	It("data that has left holds all that is new of its owner, and touches nothing that runs, until it is back", func(ctx SpecContext) {
		t := keepingInAzure(ctx)
		t.running(ctx, "other", keepsNothing)
		t.newEvents()
		before := snapshot(ctx, t.namespace, "income")
		t.moveAccount(ctx, "East US")
		t.createApp(ctx, "new", keepsNothing)
		t.view.Writes()
		for name, conditions := range map[string][2]string{
			"income": {"True Ready", "True Ready"}, "other": {"", "True Ready"}, "new": {"", ""},
		} {
			subject := t.reconcile(ctx, name)
			Expect(ready(subject)).To(Equal("False RegionDrift"), name)
			Expect(conditionOf(subject, v1alpha1.ConditionRegionCompliant)).To(Equal("False RegionDrift"), name)
			Expect(conditionOf(subject, v1alpha1.ConditionStorageReady)).To(Equal(conditions[0]), name)
			Expect(conditionOf(subject, v1alpha1.ConditionAvailable)).To(Equal(conditions[1]), name)
		}
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before))
		t.expectNothingMade(ctx, "new")
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = secondImage })
		t.reconcile(ctx, "income")
		Expect(snapshot(ctx, t.namespace, "income")).To(Equal(before), "an edit waits too")

		t.moveAccount(ctx, "norwayeast")
		t.reconcile(ctx, "income")
		Expect(t.stateOf(ctx, "income").image).To(Equal(secondImage))
		Expect(ready(t.reconcile(ctx, "other"))).To(Equal("True Ready"))
		Expect(ready(t.reconcile(ctx, "new"))).To(Equal("False Progressing"))
	})
}

// describeRunning is what a running operator hears of storage.
func describeRunning() {
	It("an operator takes it to all Apps of an owner that its data has left, and that it is back, and to no others", func(ctx SpecContext) {
		start(storing())
		t, foreign := declareTenant(ctx), declareTenant(ctx)
		for _, of := range []*tenant{t, foreign} {
			of.createApp(ctx, "income")
			of.createApp(ctx, "other", keepsNothing)
		}
		for _, of := range []*tenant{t, foreign} {
			of.eventuallyStored(ctx, "income")
			of.eventuallyReady(ctx, "other")
		}
		t.moveAccount(ctx, "eastus")
		t.eventually(ctx, "income", "False RegionDrift")
		t.eventually(ctx, "other", "False RegionDrift")
		t.createApp(ctx, "new")
		t.eventually(ctx, "new", "False RegionDrift")
		t.expectNothingMade(ctx, "new")
		Expect(t.replicas(ctx, "income")).To(BeEquivalentTo(2))
		Expect(ready(foreign.app(ctx, "income"))).To(Equal("True Ready"))

		t.moveAccount(ctx, "norwayeast")
		t.eventually(ctx, "income", "True Ready")
		t.eventually(ctx, "other", "True Ready")
		t.eventually(ctx, "new", "False Progressing")
	})

	It("an operator writes nothing of Apps and what they keep data in after a restart", func(ctx SpecContext) {
		first := start(storing())
		t := declareTenant(ctx)
		t.createApp(ctx, "income")
		t.eventuallyStored(ctx, "income")
		Eventually(func() int32 { return t.agreement(ctx).Status.InUse.Apps.Count }).WithTimeout(soon).Should(BeEquivalentTo(1), "the agreement has been counted under")
		first.stop()

		second := start(storing())
		newcomer := declareTenant(ctx)
		newcomer.createApp(ctx, "income")
		newcomer.eventuallyStored(ctx, "income")
		Expect(second.writes(newcomer.namespace)).NotTo(BeEmpty(), "writes are seen at all")
		Expect(second.writes(t.namespace)).To(BeEmpty())
	})
}

// eventuallyStored has an App's data provisioned and its pods rolled out, until it is Ready.
func (t *tenant) eventuallyStored(ctx context.Context, name string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: t.code}, azureObject(accountKind))).To(Succeed(), "the owner's account is there")
		t.provision(ctx)
		g.Expect(conditionOf(t.app(ctx, name), v1alpha1.ConditionStorageReady)).To(Equal("True Ready"))
	}).WithTimeout(soon).Should(Succeed())
	t.rollOut(ctx, name)
	t.eventually(ctx, name, "True Ready")
}
