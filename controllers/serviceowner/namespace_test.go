// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// all is what the sample's namespace holds, itself included.
func (s *steward) all() []client.Object {
	in := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: s.namespace, Name: name} }
	return []client.Object{
		s.namespaceObject(),
		&corev1.ResourceQuota{ObjectMeta: in("tenant")}, &corev1.LimitRange{ObjectMeta: in("tenant")},
		&networkingv1.NetworkPolicy{ObjectMeta: in("default-deny")}, &networkingv1.NetworkPolicy{ObjectMeta: in("allow-dns")},
		&corev1.ServiceAccount{ObjectMeta: in("deployer")},
		&rbacv1.RoleBinding{ObjectMeta: in("serviceowner-admin")}, &rbacv1.RoleBinding{ObjectMeta: in("serviceowner-deployer")},
		&rbacv1.RoleBinding{ObjectMeta: in("serviceowner-viewer")},
	}
}

// refs are objects as an inventory names them.
func refs(objects []client.Object) []v1alpha1.Child {
	GinkgoHelper()
	var children []v1alpha1.Child
	for _, object := range objects {
		kinds, _, err := scheme.ObjectKinds(object)
		Expect(err).NotTo(HaveOccurred())
		children = append(children, v1alpha1.Child{
			APIVersion: kinds[0].GroupVersion().String(), Kind: kinds[0].Kind, Namespace: object.GetNamespace(), Name: object.GetName(),
		})
	}
	return children
}

// groups are those a RoleBinding lets in.
func (s *steward) groups(ctx context.Context, binding string) []string {
	GinkgoHelper()
	var names []string
	for _, subject := range get(ctx, s.namespace, binding, &rbacv1.RoleBinding{}).Subjects {
		if subject.Kind == rbacv1.GroupKind {
			names = append(names, subject.Name)
		}
	}
	return names
}

var _ = Describe("A ServiceOwner's namespace", func() {
	It("is made with all that isolates it, marked and written down, and is Ready at once", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		owner := s.reconcile(ctx)

		Expect(ready(owner)).To(Equal("True Ready"))
		Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).To(Equal("True Ready"))
		Expect(conditionOf(owner, v1alpha1.ConditionAccessReady)).To(Equal("True Ready"))
		Expect(owner.Status.Namespace).To(Equal(s.namespace))
		Expect(owner.Status.Children).To(ConsistOf(refs(s.all())))
		Expect(owner.Status.ObservedGeneration).To(Equal(owner.Generation))
		for _, child := range s.all() {
			Expect(absent(ctx, child)).To(BeFalse(), "%T", child)
			Expect(child.GetLabels()).To(And(
				HaveKeyWithValue(v1alpha1.LabelManagedBy, v1alpha1.ManagedBy), HaveKeyWithValue(v1alpha1.LabelServiceOwner, s.code)))
			Expect(child.GetAnnotations()).To(HaveKeyWithValue(v1alpha1.AnnotationOwner, "ServiceOwner/"+s.code))
			Expect(child.GetOwnerReferences()).To(BeEmpty(), "under Retain it outlives its owner")
		}
		namespace := get(ctx, "", s.namespace, &corev1.Namespace{})
		Expect(namespace.Labels).To(And(
			HaveKeyWithValue("pod-security.kubernetes.io/enforce", "restricted"),
			HaveKeyWithValue("pod-security.kubernetes.io/enforce-version", "v1.36"),
			HaveKeyWithValue(v1alpha1.LabelRegion, "norwayeast")))
		Expect(namespace.Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationOrganizationNumber, "974761076"))
	})

	It("is written down before it is made, and costs one write each", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		writes := s.view.Writes()
		Expect(writes[:3]).To(HaveExactElements(
			"patch ServiceOwner "+s.code, "update status of ServiceOwner "+s.code, "create Namespace "+s.namespace))
		Expect(writes).To(HaveLen(12), "finalizer, record, nine children, the outcome")
	})

	It("needs no write in a second pass", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.view.Writes()
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty())
	})

	It("gets another quota when its owner does", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Quota.Profile = v1alpha1.QuotaLarge })
		s.pass(ctx)
		quota := get(ctx, s.namespace, "tenant", &corev1.ResourceQuota{})
		Expect(quota.Spec.Hard.Pods().Value()).To(BeEquivalentTo(1000))

		s.change(ctx, func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.Quota = v1alpha1.Quota{Hard: corev1.ResourceList{"pods": resource.MustParse("7")}}
		})
		s.pass(ctx)
		quota = get(ctx, s.namespace, "tenant", &corev1.ResourceQuota{})
		Expect(quota.Spec.Hard).To(HaveLen(1), "nothing of the profile is left")
		Expect(quota.Spec.Hard.Pods().Value()).To(BeEquivalentTo(7))
	})

	It("is settled whatever way amounts are written", func(ctx SpecContext) {
		for _, amount := range []string{"1.5", "1500m", "2048Mi", "1e3", "0", "100u"} {
			By(amount)
			s := newSteward()
			s.declare(ctx, func(owner *v1alpha1.ServiceOwner) {
				owner.Spec.Quota = v1alpha1.Quota{Hard: corev1.ResourceList{"requests.cpu": resource.MustParse(amount), "requests.memory": resource.MustParse(amount)}}
			})
			s.pass(ctx)
			s.view.Writes()
			Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
			Expect(s.view.Writes()).To(BeEmpty())
		}
	})

	It("is settled with an overlay to which the API server has something to add", func(ctx SpecContext) {
		s := newSteward()
		s.kind.Baseline = newBaseline(GinkgoTB(), "testdata/overlay")
		s.declare(ctx)
		s.pass(ctx)
		s.view.Writes()
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
		Expect(s.view.Writes()).To(BeEmpty())
		Expect(get(ctx, s.namespace, "platform-viewer", &rbacv1.RoleBinding{}).Subjects).To(HaveLen(1))
	})

	It("stays when its owner is suspended, which says so", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.view.Writes()
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
		})
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False Suspended"))
		Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).To(Equal("True Ready"))
		Expect(s.view.Writes()).To(HaveExactElements("update status of ServiceOwner " + s.code))
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Suspend = nil })
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
	})

	It("is made anew when somebody has deleted it, once it is gone", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		Expect(admin.Delete(ctx, s.namespaceObject())).To(Succeed())
		s.view.Writes()
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False Progressing"))
		Expect(s.view.Writes()).To(HaveExactElements("update status of ServiceOwner " + s.code))
		for _, child := range s.all()[1:] {
			Expect(admin.Delete(ctx, child)).To(Succeed())
		}
		finish(ctx, s.namespace)
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
	})
})

// tampers change what stands in a namespace, as somebody with kubectl would.
var tampers = map[string]struct {
	child func(*steward) client.Object
	edit  func(client.Object)
}{
	"the Namespace's level of Pod Security": {(*steward).namespace0, func(object client.Object) {
		object.SetLabels(with(object.GetLabels(), "pod-security.kubernetes.io/enforce", "privileged"))
	}},
	"all of the Namespace's labels": {(*steward).namespace0, func(object client.Object) { object.SetLabels(nil) }},
	"the quota": {named[corev1.ResourceQuota]("tenant"), func(object client.Object) {
		object.(*corev1.ResourceQuota).Spec.Hard["pods"] = resource.MustParse("9999")
	}},
	"the quota, from which a figure is taken": {named[corev1.ResourceQuota]("tenant"), func(object client.Object) {
		delete(object.(*corev1.ResourceQuota).Spec.Hard, "services.loadbalancers")
	}},
	"the range of limits": {named[corev1.LimitRange]("tenant"), func(object client.Object) {
		object.(*corev1.LimitRange).Spec.Limits = nil
	}},
	"the policy that closes the namespace, now open": {named[networkingv1.NetworkPolicy]("default-deny"), func(object client.Object) {
		object.(*networkingv1.NetworkPolicy).Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}}
	}},
	"the policy that closes the namespace, now for some pods": {named[networkingv1.NetworkPolicy]("default-deny"), func(object client.Object) {
		object.(*networkingv1.NetworkPolicy).Spec.PodSelector.MatchLabels = map[string]string{"a": "b"}
	}},
	"the policy that closes the namespace, its labels gone": {named[networkingv1.NetworkPolicy]("default-deny"), func(object client.Object) {
		object.SetLabels(nil)
		object.(*networkingv1.NetworkPolicy).Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	}},
	"the policy for names, with a port more": {named[networkingv1.NetworkPolicy]("allow-dns"), func(object client.Object) {
		egress := object.(*networkingv1.NetworkPolicy).Spec.Egress
		egress[0].Ports = append(egress[0].Ports, networkingv1.NetworkPolicyPort{})
	}},
	"a binding, with a subject more": {named[rbacv1.RoleBinding]("serviceowner-admin"), func(object client.Object) {
		binding := object.(*rbacv1.RoleBinding)
		binding.Subjects = append(binding.Subjects, rbacv1.Subject{Kind: "User", APIGroup: rbacv1.GroupName, Name: "mallory"})
	}},
	"a binding, without its subjects": {named[rbacv1.RoleBinding]("serviceowner-viewer"), func(object client.Object) {
		object.(*rbacv1.RoleBinding).Subjects = nil
	}},
	"the deployer's token": {named[corev1.ServiceAccount]("deployer"), func(object client.Object) {
		object.(*corev1.ServiceAccount).AutomountServiceAccountToken = ptr.To(true)
	}},
}

// namespace0 is the namespace as an object of any kind.
func (s *steward) namespace0() client.Object { return s.namespaceObject() }

// named makes an object of a kind in a steward's namespace.
func named[T any, P interface {
	*T
	client.Object
}](name string) func(*steward) client.Object {
	return func(s *steward) client.Object {
		object := P(new(T))
		object.SetNamespace(s.namespace)
		object.SetName(name)
		return object
	}
}

// with is a map with one entry more.
func with(entries map[string]string, key, value string) map[string]string {
	entries[key] = value
	return entries
}

// plain is an object without what changes with every write.
func plain(object client.Object) client.Object {
	copied, ok := object.DeepCopyObject().(client.Object)
	Expect(ok).To(BeTrue())
	copied.SetResourceVersion("")
	copied.SetGeneration(0)
	copied.SetManagedFields(nil)
	labels := copied.GetLabels()
	delete(labels, corev1.LabelMetadataName) // the API server's own
	copied.SetLabels(labels)
	return copied
}

// read reads an object anew.
func read(ctx context.Context, object client.Object) client.Object {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
	return object
}

var _ = Describe("What somebody changes in a ServiceOwner's namespace", func() {
	for name, tamper := range tampers {
		It("is put right: "+name, func(ctx SpecContext) {
			s := newSteward()
			s.declare(ctx)
			s.pass(ctx)
			was, changed := plain(read(ctx, tamper.child(s))), read(ctx, tamper.child(s))
			tamper.edit(changed)
			Expect(admin.Update(ctx, changed)).To(Succeed())
			Expect(plain(changed)).NotTo(Equal(was), "the case must change something")
			s.newEvents()

			Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
			Expect(plain(read(ctx, tamper.child(s)))).To(Equal(was))
			Expect(s.newEvents()).To(ContainElement(HavePrefix("Warning DriftRepaired")))
			s.view.Writes()
			s.pass(ctx)
			Expect(s.view.Writes()).To(BeEmpty())
		})
	}

	It("comes back when it is deleted", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		for _, child := range s.all()[1:] {
			Expect(admin.Delete(ctx, child)).To(Succeed())
		}
		s.pass(ctx)
		for _, child := range s.all() {
			Expect(absent(ctx, child)).To(BeFalse(), "%T", child)
		}
	})

	It("stays when it is nothing of the operator's", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		namespace := get(ctx, "", s.namespace, &corev1.Namespace{})
		namespace.Labels["example.no/cost-centre"] = "7"
		Expect(admin.Update(ctx, namespace)).To(Succeed())
		Expect(admin.Create(ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "other"}})).To(Succeed())
		s.view.Writes()
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty())
	})

	It("is a conflict when it stands where something of the operator's is to stand, and is left alone", func(ctx SpecContext) {
		s := newSteward()
		Expect(admin.Create(ctx, s.namespaceObject())).To(Succeed())
		quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "tenant"},
			Spec: corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"pods": resource.MustParse("1")}}}
		Expect(admin.Create(ctx, quota)).To(Succeed())
		s.declare(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.AdoptNamespace = true })
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False ChildConflict"))
		Expect(owner.Status.Problems).To(ContainElement(HaveField("Message", "ResourceQuota tenant exists and was not made for this resource")))
		Expect(plain(read(ctx, named[corev1.ResourceQuota]("tenant")(s)))).To(Equal(plain(quota)))
		for _, child := range s.all() {
			Expect(absent(ctx, child)).To(BeFalse(), "%T", child)
		}
		Expect(admin.Delete(ctx, quota)).To(Succeed())
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
	})
})

var _ = Describe("A grant of access", func() {
	viewer := func(group string, until time.Time) func(*v1alpha1.ServiceOwner) {
		return func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.Access = append(owner.Spec.Access, v1alpha1.AccessGrant{
				Role: v1alpha1.RoleViewer, Group: group, Until: ptr.To(metav1.NewTime(until)),
			})
		}
	}
	only := func(owner *v1alpha1.ServiceOwner) { owner.Spec.Access = nil }

	It("ends at its instant, to which the operator wakes", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, only, viewer("first", now.Add(10*time.Minute)), viewer("second", now.Add(time.Hour)))
		Expect(s.pass(ctx).RequeueAfter).To(Equal(10 * time.Minute))
		Expect(s.groups(ctx, "serviceowner-viewer")).To(HaveExactElements("first", "second"))

		s.clock.SetTime(now.Add(10*time.Minute - time.Second))
		Expect(s.pass(ctx).RequeueAfter).To(Equal(time.Second))
		Expect(s.groups(ctx, "serviceowner-viewer")).To(HaveExactElements("first", "second"))

		s.clock.SetTime(now.Add(10 * time.Minute))
		Expect(s.pass(ctx).RequeueAfter).To(Equal(50 * time.Minute))
		Expect(s.groups(ctx, "serviceowner-viewer")).To(HaveExactElements("second"))

		s.clock.SetTime(now.Add(time.Hour))
		Expect(s.pass(ctx).RequeueAfter).To(BeZero())
		Expect(s.groups(ctx, "serviceowner-viewer")).To(BeEmpty())
		Expect(ready(s.owner(ctx))).To(Equal("True Ready"))
	})

	It("comes and goes with spec.access", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.Access = []v1alpha1.AccessGrant{{Role: v1alpha1.RoleAdmin, Group: "new-admins"}}
		})
		s.pass(ctx)
		Expect(s.groups(ctx, "serviceowner-admin")).To(HaveExactElements("new-admins"))
		Expect(s.groups(ctx, "serviceowner-deployer")).To(BeEmpty())
		Expect(get(ctx, s.namespace, "serviceowner-deployer", &rbacv1.RoleBinding{}).Subjects).To(HaveLen(1), "the deployer account")
	})

	It("ends in time also where something else is in a conflict", func(ctx SpecContext) {
		s := newSteward()
		Expect(admin.Create(ctx, s.namespaceObject())).To(Succeed())
		Expect(admin.Create(ctx, named[corev1.LimitRange]("tenant")(s))).To(Succeed())
		s.declare(ctx, only, viewer("guests", now.Add(5*time.Second)), func(owner *v1alpha1.ServiceOwner) { owner.Spec.AdoptNamespace = true })
		result := s.pass(ctx)
		Expect(ready(s.owner(ctx))).To(Equal("False ChildConflict"))
		Expect(s.groups(ctx, "serviceowner-viewer")).To(HaveExactElements("guests"))
		Expect(result.RequeueAfter).To(And(BeNumerically(">", 0), BeNumerically("<=", 5*time.Second)))
	})
})
