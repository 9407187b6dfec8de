// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/enforcement"
)

// isolationOf is an App's NetworkIsolated as status, reason and message.
func isolationOf(subject *v1alpha1.App) string {
	condition := meta.FindStatusCondition(subject.Status.Conditions, v1alpha1.ConditionNetworkIsolated)
	if condition == nil {
		return ""
	}
	return string(condition.Status) + " " + condition.Reason + ": " + condition.Message
}

// eventuallyIsolated waits until an App's NetworkIsolated says something.
func (t *tenant) eventuallyIsolated(ctx context.Context, name, want string) {
	GinkgoHelper()
	Eventually(func() string { return isolationOf(t.app(ctx, name)) }).WithTimeout(soon).Should(Equal(want), "App %s", name)
}

// at puts a policy into a tenant's namespace.
func (t *tenant) at(policy networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	policy.Namespace = t.namespace
	return &policy
}

var _ = Describe("What isolates an App", func() {
	It("is told with the first status, and costs no write of its own", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(isolationOf(subject)).To(Equal("True Ready: " + notProbed))
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())
	})

	It("is put right with one write, and no word of it, when somebody opens the App's own policy", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		policy := get(ctx, t.namespace, "income", &networkingv1.NetworkPolicy{})
		*policy = lettingOut(lettingIn(*policy))
		Expect(admin.Update(ctx, policy)).To(Succeed())
		t.view.Writes()
		Expect(isolationOf(t.reconcile(ctx, "income"))).To(Equal("True Ready: " + notProbed))
		Expect(t.view.Writes()).To(Equal([]string{"update NetworkPolicy income"}))
	})

	It("is not known while the App's policy cannot be made", func(ctx SpecContext) {
		t := newTenant(ctx)
		foreign := t.at(strange("income", v1alpha1.LabelName, "nobody"))
		Expect(admin.Create(ctx, foreign)).To(Succeed())
		t.createApp(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(isolationOf(subject)).To(Equal("Unknown ChildConflict: Not known: NetworkPolicy income exists and was not made for this resource"))
		Expect(ready(subject)).To(Equal("False ChildConflict"))
		Expect(admin.Delete(ctx, foreign)).To(Succeed())
		Expect(isolationOf(t.reconcile(ctx, "income"))).To(Equal("True Ready: " + notProbed))
	})

	It("tells of what a stranger opens and holds nothing for it", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.running(ctx, "income")
		extra := t.at(lettingIn(strange("allow-all")))
		Expect(admin.Create(ctx, extra)).To(Succeed())
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = "skdregistry.example.no/skd-income:2" })
		subject := t.reconcile(ctx, "income")
		Expect(isolationOf(subject)).To(Equal("False NetworkPolicyOpensMore: NetworkPolicy allow-all lets in everything from everywhere, which nothing declares"))
		Expect(ready(subject)).To(Equal("False NetworkPolicyOpensMore"))
		Expect(subject.Status.Admitted.Generation).To(Equal(subject.Generation), "the new image is rolled out")
		Expect(subject.Status.Problems).To(ContainElement(v1alpha1.Problem{
			Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionNetworkIsolated, Actor: v1alpha1.ActorPlatform,
			Message: "NetworkPolicy allow-all lets in everything from everywhere, which nothing declares",
			Remedy:  "Delete NetworkPolicy allow-all of " + t.namespace + ", or let spec.access declare what it opens",
		}))
		Expect(admin.Delete(ctx, extra)).To(Succeed())
		Expect(isolationOf(t.reconcile(ctx, "income"))).To(Equal("True Ready: " + notProbed))
	})
})

var _ = Describe("A running operator that looks at what isolates Apps", Ordered, func() {
	const namespace = "serviceowner-probe"
	const probed = "NetworkPolicies open only what is declared, in both directions; "
	var t *tenant
	var caller *corev1.Pod

	BeforeAll(func(ctx SpecContext) {
		operator := operatorConfiguration(GinkgoTB())
		operator.Isolation.Probe = &configuration.Probe{Namespace: namespace}
		Expect(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
		caller = &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "caller", Namespace: namespace, Labels: map[string]string{enforcement.Label: enforcement.Caller}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: enforcement.Caller, Image: "operator"}}},
		}
		start(operator)
		t = declareTenant(ctx)
		t.createApp(ctx, "income")
		t.eventuallyReady(ctx, "income")
		t.createApp(ctx, "other")
		t.eventuallyReady(ctx, "other")
	})

	It("tells that nothing is shown while the probe's pods are not there", func(ctx SpecContext) {
		t.eventuallyIsolated(ctx, "income", "True Ready: "+probed+"whether the network enforces them is not known: the probe shows nothing")
	})

	It("tells that they are enforced when a probe shows it", func(ctx SpecContext) {
		Expect(admin.Create(ctx, caller)).To(Succeed())
		caller.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
		Expect(admin.Status().Update(ctx, caller)).To(Succeed())
		for _, name := range []string{"income", "other"} {
			t.eventuallyIsolated(ctx, name, "True Ready: "+probed+"a probe shows that the network enforces them")
		}
	})

	It("tells that they are not when a probe got through, and says it no longer when it does not", func(ctx SpecContext) {
		caller.Status.Conditions[0].Status = corev1.ConditionFalse
		caller.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: enforcement.Caller, State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: enforcement.Leaks}},
		}}
		Expect(admin.Status().Update(ctx, caller)).To(Succeed())
		t.eventuallyIsolated(ctx, "income",
			"False NotEnforced: The network does not enforce NetworkPolicies: the probe in namespace serviceowner-probe got through to what none opens")
		t.eventually(ctx, "income", "False NotEnforced")
		caller.Status.Conditions[0].Status, caller.Status.ContainerStatuses = corev1.ConditionTrue, nil
		Expect(admin.Status().Update(ctx, caller)).To(Succeed())
		t.eventually(ctx, "income", "True Ready")
	})

	It("hears of a stranger's policy for one App, and of its end", func(ctx SpecContext) {
		extra := t.at(lettingOut(strange("leak", v1alpha1.LabelName, "income")))
		Expect(admin.Create(ctx, extra)).To(Succeed())
		t.eventually(ctx, "income", "False NetworkPolicyOpensMore")
		Expect(ready(t.app(ctx, "other"))).To(Equal("True Ready"))
		Expect(admin.Delete(ctx, extra)).To(Succeed())
		t.eventually(ctx, "income", "True Ready")
	})

	It("hears of one that comes to be for all Apps, or no longer is", func(ctx SpecContext) {
		extra := t.at(lettingIn(strange("leak", "job-name", "import")))
		Expect(admin.Create(ctx, extra)).To(Succeed())
		for _, change := range []struct {
			pods  map[string]string
			ready string
		}{{nil, "False NetworkPolicyOpensMore"}, {map[string]string{"job-name": "import"}, "True Ready"}} {
			Expect(admin.Get(ctx, client.ObjectKeyFromObject(extra), extra)).To(Succeed())
			extra.Spec.PodSelector.MatchLabels = change.pods
			Expect(admin.Update(ctx, extra)).To(Succeed())
			for _, name := range []string{"income", "other"} {
				t.eventually(ctx, name, change.ready)
			}
		}
	})
})
