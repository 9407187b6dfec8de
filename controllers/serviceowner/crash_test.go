// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// made lists what the operator has made for a ServiceOwner, by what is there.
func (s *steward) made(ctx context.Context) []v1alpha1.Child {
	GinkgoHelper()
	var found []client.Object
	accounts := &unstructured.UnstructuredList{}
	accounts.SetGroupVersionKind(schema.GroupVersionKind{Group: shelfGroup, Version: "v1", Kind: "AccountList"})
	for _, list := range []client.ObjectList{
		&corev1.NamespaceList{}, &corev1.ResourceQuotaList{}, &corev1.LimitRangeList{}, &corev1.ServiceAccountList{},
		&networkingv1.NetworkPolicyList{}, &rbacv1.RoleBindingList{}, accounts,
	} {
		Expect(admin.List(ctx, list, client.MatchingLabels{
			v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelServiceOwner: s.code,
		})).To(Succeed())
		Expect(meta.EachListItem(list, func(item runtime.Object) error {
			object, ok := item.(client.Object)
			Expect(ok).To(BeTrue())
			found = append(found, object)
			return nil
		})).To(Succeed())
	}
	return refs(found)
}

// story is a change of a ServiceOwner that a crash comes in between.
type story struct {
	name string
	// stores says that the operator keeps data on a shelf.
	stores bool
	before func(context.Context, *steward)
	end    func(context.Context, *steward)
}

// staff gives a steward what the story needs.
func (s story) staff(steward *steward) *steward {
	if s.stores {
		return steward.keepsData()
	}
	return steward
}

var stories = []story{
	{
		name:   "of a new ServiceOwner",
		before: func(ctx context.Context, s *steward) { s.declare(ctx) },
		end:    func(ctx context.Context, s *steward) { s.expectConverged(ctx) },
	},
	{
		name: "of a ServiceOwner that takes a namespace over",
		before: func(ctx context.Context, s *steward) {
			Expect(admin.Create(ctx, s.namespaceObject())).To(Succeed())
			s.declare(ctx, adopt)
		},
		end: func(ctx context.Context, s *steward) { s.expectConverged(ctx) },
	},
	{
		name: "of a ServiceOwner that changes all over",
		before: func(ctx context.Context, s *steward) {
			s.declare(ctx)
			s.pass(ctx)
			s.change(ctx, func(owner *v1alpha1.ServiceOwner) {
				owner.Spec.Region = "norwaywest"
				owner.Spec.Quota = v1alpha1.Quota{Hard: corev1.ResourceList{"pods": resource.MustParse("7")}}
				owner.Spec.Access = []v1alpha1.AccessGrant{{Role: v1alpha1.RoleAdmin, Group: "new-admins"}}
			})
		},
		end: func(ctx context.Context, s *steward) {
			s.expectConverged(ctx)
			Expect(s.groups(ctx, "serviceowner-admin")).To(HaveExactElements("new-admins"))
			Expect(s.groups(ctx, "serviceowner-viewer")).To(BeEmpty())
		},
	},
	{
		name: "of a ServiceOwner deleted under Retain",
		before: func(ctx context.Context, s *steward) {
			s.declare(ctx)
			s.pass(ctx)
			Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		},
		end: func(ctx context.Context, s *steward) {
			Expect(s.gone(ctx)).To(BeTrue())
			Expect(s.made(ctx)).To(ConsistOf(refs(s.all())), "Retain keeps all")
		},
	},
	{
		name: "of a ServiceOwner deleted under Delete",
		before: func(ctx context.Context, s *steward) {
			s.declare(ctx, deleteAll)
			s.pass(ctx)
			Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		},
		end: func(ctx context.Context, s *steward) {
			finish(ctx, s.namespace)
			s.pass(ctx)
			Expect(s.gone(ctx)).To(BeTrue())
		},
	},
}

// storing are the stories of what owners' data is kept in.
var storing = []story{
	{
		name: "of a new ServiceOwner with storage", stores: true,
		before: func(ctx context.Context, s *steward) { s.declare(ctx) },
		end: func(ctx context.Context, s *steward) {
			s.tellOfAccount(ctx, "ready", "yes", "location", "norwayeast")
			s.pass(ctx)
			Expect(ready(s.owner(ctx))).To(Equal("True Ready"))
			s.view.Writes()
			s.pass(ctx)
			Expect(s.view.Writes()).To(BeEmpty())
		},
	},
	{
		name: "of a ServiceOwner with storage, deleted under Retain", stores: true,
		before: func(ctx context.Context, s *steward) {
			s.store(ctx)
			Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		},
		end: func(ctx context.Context, s *steward) {
			Expect(s.gone(ctx)).To(BeTrue())
			Expect(s.account(ctx).GetAnnotations()).To(HaveKeyWithValue(fateAnnotation, "kept"))
			s.expectReceipt(ctx, "stays in norwayeast")
		},
	},
	{
		name: "of a ServiceOwner with storage, deleted under Delete", stores: true,
		before: func(ctx context.Context, s *steward) {
			s.store(ctx, deleteAll)
			Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		},
		end: func(ctx context.Context, s *steward) {
			finish(ctx, s.namespace)
			s.pass(ctx)
			Expect(s.gone(ctx)).To(BeTrue())
			s.expectReceipt(ctx, "deleted")
		},
	},
	{
		name: "of a ServiceOwner that is deleted as soon as its policy is Delete", stores: true,
		before: func(ctx context.Context, s *steward) {
			s.store(ctx)
			s.change(ctx, deleteAll)
			Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		},
		end: func(ctx context.Context, s *steward) {
			Expect(s.account(ctx).GetAnnotations()).To(HaveKeyWithValue(fateAnnotation, "deleted"))
			finish(ctx, s.namespace)
			s.pass(ctx)
			Expect(s.gone(ctx)).To(BeTrue())
			s.expectReceipt(ctx, "deleted")
		},
	},
	{
		name: "of a ServiceOwner with storage, deleted under Delete, once its namespace is gone", stores: true,
		before: func(ctx context.Context, s *steward) {
			s.store(ctx, deleteAll)
			s.remove(ctx)
			finish(ctx, s.namespace)
		},
		end: func(ctx context.Context, s *steward) {
			Expect(s.gone(ctx)).To(BeTrue())
			s.expectReceipt(ctx, "deleted")
		},
	},
}

// expectConverged sees that the last pass finished the work, and that the next finds none.
func (s *steward) expectConverged(ctx context.Context) {
	GinkgoHelper()
	owner := s.owner(ctx)
	Expect(ready(owner)).To(Equal("True Ready"))
	Expect(owner.Status.Children).To(ConsistOf(s.made(ctx)))
	Expect(owner.Status.Children).To(ConsistOf(refs(s.all())))
	Expect(owner.Finalizers).To(ContainElement(v1alpha1.FinalizerInventory))
	s.view.Writes()
	s.pass(ctx)
	Expect(s.view.Writes()).To(BeEmpty(), "the pass after the crash did not finish the work")
}

var _ = Describe("An operator killed between any two writes", func() {
	for _, story := range append(stories, storing...) {
		It("leaves nothing behind "+story.name, func(ctx SpecContext) { story.cutShort(ctx, apiserver.BeforeWrite) })
	}
	for _, story := range storing {
		It("nor when the last was done, "+story.name, func(ctx SpecContext) { story.cutShort(ctx, apiserver.BeforeAnswer) })
	}
})

// cutShort runs a story again and again, each time with an operator that is killed one write later.
func (s story) cutShort(ctx context.Context, how apiserver.Break) {
	GinkgoHelper()
	for writes, whole := 0, false; !whole; writes++ {
		Expect(writes).To(BeNumerically("<", 30), "a pass has no end")
		By(fmt.Sprintf("after %d writes", writes))
		keeper := s.staff(newSteward())
		s.before(ctx, keeper)
		keeper.view.Writes()
		keeper.view.BreakAfter(writes, how)
		_, err := keeper.try(ctx)
		if whole = len(keeper.view.Writes()) <= writes; !whole {
			Expect(err).To(HaveOccurred())
		}
		if !keeper.gone(ctx) {
			owner := keeper.owner(ctx)
			Expect(owner.Status.Children).To(ContainElements(keeper.made(ctx)), "made and not on record")
			if len(owner.Status.Children) > 0 {
				Expect(owner.Finalizers).To(ContainElement(v1alpha1.FinalizerInventory), "on record and not held")
			}
			keeper = s.staff(stewardOf(keeper.code, keeper.clock))
			keeper.pass(ctx)
		}
		s.end(ctx, keeper)
	}
}
