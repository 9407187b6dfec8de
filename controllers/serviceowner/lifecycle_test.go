// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// expectUntouched sees that a namespace holds nothing of the operator's.
func (s *steward) expectUntouched(ctx context.Context, was client.Object) {
	GinkgoHelper()
	Expect(plain(read(ctx, s.namespaceObject()))).To(Equal(plain(was)), "the namespace was touched")
	for _, child := range s.all()[1:] {
		Expect(absent(ctx, child)).To(BeTrue(), "%T was made", child)
	}
}

// adopt lets the operator take a namespace over.
func adopt(owner *v1alpha1.ServiceOwner) { owner.Spec.AdoptNamespace = true }

// deleteAll lets the namespace go with its owner.
func deleteAll(owner *v1alpha1.ServiceOwner) {
	owner.Spec.DeletionPolicy = v1alpha1.DeletionDelete
}

// remove deletes the ServiceOwner, and runs the pass this brings if something holds it.
func (s *steward) remove(ctx context.Context) {
	GinkgoHelper()
	Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
	if !s.gone(ctx) {
		s.pass(ctx)
	}
}

// gone says whether there is no ServiceOwner.
func (s *steward) gone(ctx context.Context) bool {
	GinkgoHelper()
	owner := &v1alpha1.ServiceOwner{}
	owner.Name = s.code
	return absent(ctx, owner)
}

var _ = Describe("A namespace of a ServiceOwner's name that somebody else made", func() {
	It("is left alone, and nothing is made in it", func(ctx SpecContext) {
		s := newSteward()
		was := s.namespaceObject()
		Expect(admin.Create(ctx, was)).To(Succeed())
		s.declare(ctx)
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False NamespaceConflict"))
		Expect(owner.Status.Namespace).To(BeEmpty(), "Apps go by it")
		Expect(owner.Status.Children).To(BeEmpty())
		Expect(owner.Status.Problems).To(ContainElement(HaveField("Actor", v1alpha1.ActorPlatform)))
		s.expectUntouched(ctx, was)

		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue(), "nothing was made, so nothing holds it")
		s.expectUntouched(ctx, was)
	})

	It("is taken over with adoptNamespace, and keeps what it had", func(ctx SpecContext) {
		s := newSteward()
		was := s.namespaceObject()
		was.Labels = map[string]string{"example.no/cost-centre": "7", "pod-security.kubernetes.io/enforce": "privileged"}
		Expect(admin.Create(ctx, was)).To(Succeed())
		Expect(admin.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "theirs"}})).To(Succeed())
		s.declare(ctx, adopt)
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("True Ready"))
		Expect(owner.Status.Namespace).To(Equal(s.namespace))
		namespace := get(ctx, "", s.namespace, &corev1.Namespace{})
		Expect(namespace.UID).To(Equal(was.UID))
		Expect(namespace.Labels).To(And(
			HaveKeyWithValue("example.no/cost-centre", "7"), HaveKeyWithValue("pod-security.kubernetes.io/enforce", "restricted")))
		Expect(namespace.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationOrganizationNumber, ourNumber))
		get(ctx, s.namespace, "theirs", &corev1.ConfigMap{})
		s.view.Writes()
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty())
	})

	It("is made ours when it has gone", func(ctx SpecContext) {
		s := newSteward()
		Expect(admin.Create(ctx, s.namespaceObject())).To(Succeed())
		s.declare(ctx)
		Expect(ready(s.reconcile(ctx))).To(Equal("False NamespaceConflict"))
		Expect(admin.Delete(ctx, s.namespaceObject())).To(Succeed())
		finish(ctx, s.namespace)
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
	})
})

var _ = Describe("A ServiceOwner deleted under Retain", func() {
	It("leaves everything as it stands, and says so", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		var before []client.Object
		for _, child := range s.all() {
			before = append(before, read(ctx, child))
		}
		s.newEvents()
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(s.newEvents()).To(HaveExactElements(
			"Normal Retained deletionPolicy is Retain: 9 objects made for " + s.code + " stay as they are"))
		for i, child := range s.all() {
			Expect(read(ctx, child)).To(Equal(before[i]), "%T was touched", child)
		}
	})

	It("gets everything back when it comes back, without a write to it", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.remove(ctx)
		s.declare(ctx)
		s.view.Writes()
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
		Expect(s.view.Writes()).To(HaveEach(HaveSuffix("ServiceOwner " + s.code)))
	})

	It("leaves nothing to another public body that gets its code, adoption or not", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.remove(ctx)
		was := read(ctx, s.namespaceObject())
		s.declare(ctx, adopt, func(owner *v1alpha1.ServiceOwner) { owner.Spec.OrganizationNumber = otherNumber })
		s.view.Writes()
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False NamespaceConflict"))
		Expect(owner.Status.Problems[0].Message).To(ContainSubstring(ourNumber))
		Expect(owner.Status.Namespace).To(BeEmpty())
		Expect(s.view.Writes()).To(HaveExactElements("update status of ServiceOwner " + s.code))
		Expect(read(ctx, s.namespaceObject())).To(Equal(was))

		s.change(ctx, deleteAll)
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(read(ctx, s.namespaceObject())).To(Equal(was), "not even its deletion reaches the other's")
	})
})

var _ = Describe("A ServiceOwner deleted under Delete", func() {
	It("waits until its namespace is gone, and goes with it", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, deleteAll)
		s.pass(ctx)
		s.view.Writes()
		s.remove(ctx)
		Expect(s.view.Writes()).To(HaveExactElements(HavePrefix("create ConfigMap deletion-"+s.code), "delete Namespace "+s.namespace, "update status of ServiceOwner "+s.code))
		Expect(get(ctx, "", s.namespace, &corev1.Namespace{}).DeletionTimestamp).NotTo(BeNil())
		owner := s.owner(ctx)
		Expect(owner.Finalizers).To(ContainElement(v1alpha1.FinalizerInventory))
		Expect(ready(owner)).To(Equal("False Deleting"))
		Expect(owner.Status.Problems[0].Message).To(Equal("Waiting until these are gone: Namespace " + s.namespace))

		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty(), "it waits for the event of the namespace's end")
		finish(ctx, s.namespace)
		s.pass(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
	})

	It("goes at once when its namespace is gone already", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, deleteAll)
		s.pass(ctx)
		Expect(admin.Delete(ctx, s.namespaceObject())).To(Succeed())
		finish(ctx, s.namespace)
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
	})

	It("spares a namespace that somebody else has made in the place of its own", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, deleteAll)
		s.pass(ctx)
		Expect(admin.Delete(ctx, s.namespaceObject())).To(Succeed())
		finish(ctx, s.namespace)
		theirs := s.namespaceObject()
		Expect(admin.Create(ctx, theirs)).To(Succeed())
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(read(ctx, s.namespaceObject())).To(Equal(theirs))
	})

	It("may change its mind until it is deleted", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, deleteAll)
		s.pass(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(get(ctx, "", s.namespace, &corev1.Namespace{}).DeletionTimestamp).To(BeNil())
	})
})

var _ = Describe("A namespace that could not be read", func() {
	It("is unknown, not absent: nothing is changed, and it is tried again", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Access = nil })
		s.view.Writes()
		s.engine.Cluster = deaf{s.view}
		_, err := s.try(ctx)
		Expect(err).To(MatchError(ContainSubstring("nobody answers")))
		owner := s.owner(ctx)
		Expect(ready(owner)).To(Equal("Unknown FactsUnavailable"))
		Expect(owner.Status.Children).To(HaveLen(9))
		Expect(owner.Status.Namespace).To(Equal(s.namespace))
		Expect(s.view.Writes()).To(HaveExactElements("update status of ServiceOwner " + s.code))
	})
})

// deaf is a reader that never hears anything.
type deaf struct{ client.Reader }

func (deaf) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errors.New("nobody answers")
}

// illiterate is a reader that reads no lists.
type illiterate struct{ client.Reader }

func (illiterate) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errors.New("nobody answers")
}
