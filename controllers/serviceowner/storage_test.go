// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// controlledBy is the reference of what an App owns.
func controlledBy(app string) []metav1.OwnerReference {
	return []metav1.OwnerReference{{APIVersion: v1alpha1.GroupVersion.String(), Kind: "App", Name: app, UID: "app-1", Controller: ptr.To(true)}}
}

// account reads the Account of a steward's ServiceOwner.
func (s *steward) account(ctx context.Context) *unstructured.Unstructured {
	GinkgoHelper()
	return get(ctx, s.namespace, "data", account(s.namespace))
}

// tellOfAccount has the Account say words of itself, as its provider would.
func (s *steward) tellOfAccount(ctx context.Context, words ...string) {
	GinkgoHelper()
	tellOf(ctx, s.account(ctx), words...)
}

// tellOf has an object say words of itself.
func tellOf(ctx context.Context, obj *unstructured.Unstructured, words ...string) {
	GinkgoHelper()
	before := obj.DeepCopy()
	for n := 0; n+1 < len(words); n += 2 {
		Expect(unstructured.SetNestedField(obj.Object, words[n+1], "status", words[n])).To(Succeed())
	}
	Expect(admin.Status().Patch(ctx, obj, client.MergeFrom(before))).To(Succeed())
}

// store declares a ServiceOwner whose storage stands.
func (s *steward) store(ctx context.Context, changes ...func(*v1alpha1.ServiceOwner)) {
	GinkgoHelper()
	s.declare(ctx, changes...)
	s.pass(ctx)
	s.tellOfAccount(ctx, "ready", "yes", "location", "norwayeast")
	Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
}

// hold makes a Container of an App in the steward's namespace.
func (s *steward) hold(ctx context.Context, name string) *unstructured.Unstructured {
	GinkgoHelper()
	letters := container(s.namespace, name, "income")
	letters.SetOwnerReferences(controlledBy("income"))
	Expect(admin.Create(ctx, letters)).To(Succeed())
	return letters
}

// stored is the condition StorageReady as status and reason.
func stored(owner *v1alpha1.ServiceOwner) string {
	return conditionOf(owner, v1alpha1.ConditionStorageReady)
}

var _ = Describe("What a ServiceOwner's data is kept in", func() {
	It("is made after its namespace, and awaited until its provider says that it stands", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.declare(ctx)
		owner := s.reconcile(ctx)
		Expect(stored(owner)).To(Equal("False Progressing"))
		Expect(ready(owner)).To(Equal("False Progressing"))
		Expect(s.view.Writes()).To(ContainElement("create Account data"))
		Expect(owner.Status.Children).To(ContainElement(HaveField("Kind", "Account")))
		Expect(s.account(ctx).GetAnnotations()).To(HaveKeyWithValue(v1alpha1.AnnotationOwner, "ServiceOwner/"+s.code))

		s.clock.SetTime(now.Add(6 * time.Second)) // storage takes minutes, and nobody waits for it to see the namespace
		owner = s.reconcile(ctx)
		Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).To(Equal("True Ready"))
		Expect(owner.Status.Namespace).To(Equal(s.namespace))
		Expect(stored(owner)).To(Equal("False Progressing"))

		s.tellOfAccount(ctx, "ready", "yes", "location", "norwayeast")
		owner = s.reconcile(ctx)
		Expect(stored(owner)).To(Equal("True Ready"))
		Expect(ready(owner)).To(Equal("True Ready"))
		Expect(owner.Status.Storage).To(Equal(&v1alpha1.StorageStatus{
			Provider: "Shelf", Places: []v1alpha1.StoragePlace{{What: "account data", Region: "norwayeast"}},
		}))
		s.view.Writes()
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty())
	})

	It("follows what Apps keep in it", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		letters := s.hold(ctx, "letters")
		s.view.Writes()
		owner := s.reconcile(ctx)
		Expect(s.view.Writes()).To(ContainElement("update Account data"))
		expires, _, _ := unstructured.NestedSlice(s.account(ctx).Object, "spec", "expires")
		Expect(expires).To(HaveExactElements("letters"))
		Expect(stored(owner)).To(Equal("True Ready"), "a new App takes nothing from its owner")
		Expect(owner.Status.Storage.Containers).To(HaveExactElements(v1alpha1.KeptContainer{Name: "letters", App: "income", RetentionDays: 30}))
		s.view.Writes()
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty())

		Expect(admin.Delete(ctx, letters)).To(Succeed())
		s.pass(ctx)
		expires, _, _ = unstructured.NestedSlice(s.account(ctx).Object, "spec", "expires")
		Expect(expires).To(BeEmpty())
	})

	It("is put right when somebody changes it, and made anew when somebody deletes it", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		changed := s.account(ctx)
		Expect(unstructured.SetNestedField(changed.Object, "LRS", "spec", "redundancy")).To(Succeed())
		Expect(admin.Update(ctx, changed)).To(Succeed())
		s.newEvents()
		s.pass(ctx)
		redundancy, _, _ := unstructured.NestedString(s.account(ctx).Object, "spec", "redundancy")
		Expect(redundancy).To(Equal("ZRS"))
		Expect(s.newEvents()).To(ContainElement(HavePrefix("Warning DriftRepaired Account data")))

		Expect(admin.Delete(ctx, s.account(ctx))).To(Succeed())
		owner := s.reconcile(ctx)
		Expect(stored(owner)).To(Equal("False Progressing"))
		s.account(ctx)
	})

	It("is refused with its provider's words, and what stands goes on", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.newEvents()
		s.tellOfAccount(ctx, "refused", "too heavy")
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False StorageRefused"))
		Expect(owner.Status.Problems).To(ContainElement(refusedBy("too heavy").Problem()))
		Expect(s.newEvents()).To(HaveExactElements("Warning StorageRefused " + refusedBy("too heavy").Message))
		Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).To(Equal("True Ready"))
		s.view.Writes()
		s.pass(ctx)
		Expect(append(s.view.Writes(), s.newEvents()...)).To(BeEmpty(), "it is told once")
	})

	It("stands while its owner is suspended", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
		})
		s.view.Writes()
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False Suspended"))
		Expect(stored(owner)).To(Equal("True Ready"))
		Expect(s.view.Writes()).To(Equal(s.statusOnly()))
	})

	It("is told of when the data lies in a region that is not allowed, and takes nothing down", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.newEvents()
		s.tellOfAccount(ctx, "location", "swedencentral")
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False RegionDrift"))
		Expect(conditionOf(owner, v1alpha1.ConditionRegionCompliant)).To(Equal("False RegionDrift"))
		Expect(stored(owner)).To(Equal("True Ready"))
		Expect(owner.Status.Storage.Places).To(HaveExactElements(v1alpha1.StoragePlace{What: "account data", Region: "swedencentral"}))
		Expect(s.newEvents()).To(HaveExactElements(HavePrefix("Warning RegionDrift Data is kept in account data")))
		Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).To(Equal("True Ready"))
	})

	It("is neither made nor told of where the namespace is not the owner's", func(ctx SpecContext) {
		s := newSteward().keepsData()
		Expect(admin.Create(ctx, s.namespaceObject())).To(Succeed())
		theirs := container(s.namespace, "theirs", "")
		Expect(admin.Create(ctx, theirs)).To(Succeed())
		s.declare(ctx)
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False NamespaceConflict"))
		Expect(stored(owner)).To(BeEmpty())
		Expect(owner.Status.Storage.Containers).To(BeEmpty())
		Expect(absent(ctx, account(s.namespace))).To(BeTrue())
	})

	It("that cannot be rendered changes nothing, and says why", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Storage.Redundancy = unbuildable })
		s.view.Writes()
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False BuildFailed"))
		Expect(stored(owner)).To(Equal("Unknown BuildFailed"))
		Expect(s.view.Writes()).To(Equal(s.statusOnly()))
	})

	It("that could not be read is unknown, not absent", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Access = nil })
		s.view.Writes()
		s.engine.Cluster = blindTo{s.view, "AccountList"}
		_, err := s.try(ctx)
		Expect(err).To(MatchError(ContainSubstring("nobody answers")))
		Expect(ready(s.owner(ctx))).To(Equal("Unknown FactsUnavailable"))
		Expect(s.view.Writes()).To(Equal(s.statusOnly()))
	})

	It("waits for kinds that the cluster does not know, and takes nothing away for it", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		s.keepsData("Account")
		s.view.Writes()
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False ProviderMissing"))
		Expect(stored(owner)).To(Equal("False ProviderMissing"))
		Expect(owner.Status.Children).To(ContainElement(HaveField("Kind", "Account")), "it may still be there")
		Expect(s.view.Writes()).To(Equal(s.statusOnly()))
		s.account(ctx)
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty())

		s.keepsData()
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
	})

	It("outlives a configuration that names it no longer", func(ctx SpecContext) {
		s := newSteward().keepsData()
		s.store(ctx)
		bare := stewardOf(s.code, s.clock)
		owner := bare.reconcile(ctx)
		Expect(ready(owner)).To(Equal("True Ready"))
		Expect(owner.Status.Storage).To(BeNil())
		Expect(owner.Status.Problems).To(ContainElement(HaveField("Message", "Made under a configuration of another storage, and left as it is: Account data")))
		Expect(bare.view.Writes()).To(Equal(s.statusOnly()))
		s.account(ctx)
		bare.pass(ctx)
		Expect(bare.view.Writes()).To(BeEmpty())
	})
})

// blindTo is a reader that cannot read lists of a kind.
type blindTo struct {
	client.Reader
	kind string
}

func (b blindTo) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	if list.GetObjectKind().GroupVersionKind().Kind == b.kind {
		return illiterate{}.List(ctx, list, options...)
	}
	return b.Reader.List(ctx, list, options...)
}
