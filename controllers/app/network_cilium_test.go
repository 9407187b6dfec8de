// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// ciliumCRD is the file with the CRD of CiliumNetworkPolicy.
func ciliumCRD() string {
	GinkgoHelper()
	root, err := apiserver.ModuleRoot()
	Expect(err).NotTo(HaveOccurred())
	file := filepath.Join(root, "bin/cilium/crds/ciliumnetworkpolicies.yaml")
	Expect(file).To(BeARegularFile(), "make cilium makes it")
	return file
}

// byCilium is egress with hosts opened by their names.
func byCilium() configuration.Egress {
	return configuration.Egress{Provider: configuration.EgressCilium, Internal: []string{"10.244.0.0/16"}}
}

// namesOpenedBy makes the tenant's operator open hosts by their names.
func (t *tenant) namesOpenedBy(egress configuration.Egress) {
	t.operator.Egress = egress
	t.engine.Kind.(*app.Kind).NamesKnown = func() bool { return true }
}

// calling makes an App call hosts.
func calling(names ...v1alpha1.HostName) func(*v1alpha1.App) {
	return func(subject *v1alpha1.App) {
		subject.Spec.Integrations, subject.Spec.Access.Outbound = nil, v1alpha1.Outbound{}
		for _, name := range names {
			subject.Spec.Access.Outbound.Hosts = append(subject.Spec.Access.Outbound.Hosts, v1alpha1.OutboundHost{Host: name, Ports: []v1alpha1.Port{443}})
		}
	}
}

// namePolicy reads what opens an App's hosts by their names.
func (t *tenant) namePolicy(ctx context.Context, name string) *unstructured.Unstructured {
	GinkgoHelper()
	return get(ctx, t.namespace, name, emptyNamePolicy())
}

func emptyNamePolicy() *unstructured.Unstructured {
	policy := &unstructured.Unstructured{}
	policy.SetGroupVersionKind(app.NamePolicy)
	return policy
}

// namesIn are the names that a rule of a policy speaks of.
func namesIn(policy *unstructured.Unstructured) []string {
	GinkgoHelper()
	var names []string
	rules, _, err := unstructured.NestedSlice(policy.Object, "spec", "egress")
	Expect(err).NotTo(HaveOccurred())
	for _, rule := range rules {
		hosts, _, err := unstructured.NestedSlice(rule.(map[string]any), "toFQDNs")
		Expect(err).NotTo(HaveOccurred())
		for _, host := range hosts {
			names = append(names, host.(map[string]any)["matchName"].(string))
		}
	}
	return names
}

// The specs share one coming and going of the CRD, which takes the API server seconds.
var _ = Describe("With hosts opened by their names", Ordered, func() {
	AfterAll(func(ctx SpecContext) { Expect(server.Uninstall(ctx, ciliumCRD())).To(Succeed()) })

	It("an operator says that the cluster does not know the kind, and opens the hosts as soon as it does, without a restart", func(ctx SpecContext) {
		operator := operatorConfiguration(GinkgoTB())
		operator.Egress = byCilium()
		start(operator)
		t := declareTenant(ctx)
		t.createApp(ctx, "income", calling("data.brreg.no"))
		t.createApp(ctx, "other", calling())
		t.eventually(ctx, "income", "False ProviderMissing")
		network := func() *v1alpha1.NetworkStatus { return t.app(ctx, "income").Status.Network }
		Eventually(network).WithTimeout(soon).Should(Equal(&v1alpha1.NetworkStatus{Provider: "Cilium", ClosedHosts: []string{"data.brreg.no"}}))
		t.eventuallyReady(ctx, "other")

		Expect(server.Install(ciliumCRD())).To(Succeed())
		t.eventuallyReady(ctx, "income")
		Expect(namesIn(t.namePolicy(ctx, "income"))).To(Equal([]string{"data.brreg.no"}))
		Eventually(network).WithTimeout(soon).Should(Equal(&v1alpha1.NetworkStatus{Provider: "Cilium"}))

		By("saying that it does not know what somebody else's lets through")
		foreign := emptyNamePolicy()
		foreign.SetName("open")
		foreign.SetNamespace(t.namespace)
		foreign.Object["spec"] = map[string]any{"endpointSelector": map[string]any{}, "ingress": []any{map[string]any{"fromEntities": []any{"all"}}}}
		Expect(admin.Create(ctx, foreign)).To(Succeed())
		isolated := func() string {
			condition := meta.FindStatusCondition(t.app(ctx, "income").Status.Conditions, v1alpha1.ConditionNetworkIsolated)
			return string(condition.Status) + " " + condition.Message
		}
		Eventually(isolated).WithTimeout(soon).Should(ContainSubstring("Unknown CiliumNetworkPolicy open may open more than is declared"))
		Expect(admin.Delete(ctx, foreign)).To(Succeed())
		Eventually(isolated).WithTimeout(soon).Should(HavePrefix("True "))

		By("putting right what somebody changes")
		policy := t.namePolicy(ctx, "income")
		unstructured.RemoveNestedField(policy.Object, "spec", "egressDeny")
		Expect(admin.Update(ctx, policy)).To(Succeed())
		Eventually(func() map[string]any { return t.namePolicy(ctx, "income").Object["spec"].(map[string]any) }).WithTimeout(soon).Should(HaveKey("egressDeny"))
		Expect(admin.Delete(ctx, policy)).To(Succeed())
		Eventually(func() error {
			return admin.Get(ctx, client.ObjectKeyFromObject(policy), emptyNamePolicy())
		}).WithTimeout(soon).Should(Succeed())
	})

	It("what a golden renders is taken in by the API server, strictly, and comes back as it was written", func(ctx SpecContext) {
		strict := client.WithFieldValidation(admin, metav1.FieldValidationStrict)
		for _, name := range []string{"network-cilium", "network-cilium-quiet", "network-cilium-withdrawn"} {
			By(name)
			subject, facts := readGolden(GinkgoTB(), filepath.Join("testdata", name+".in.yaml"))
			rendered := renderedNamePolicy(subject, facts)
			t := newTenant(ctx)
			rendered.SetNamespace(t.namespace)
			written := rendered.DeepCopy()
			Expect(strict.Create(ctx, written)).To(Succeed())
			Expect(written.Object["spec"]).To(Equal(rendered.Object["spec"]), "the API server made something else of it")
			Expect(admin.Delete(ctx, written)).To(Succeed())

			t.namesOpenedBy(facts.Operator.Egress)
			t.admitGolden(ctx, subject, facts)
			t.reconcile(ctx, subject.Name)
			if facts.App.Spec.Suspend == nil { // one that never ran has nothing that could be withdrawn
				Expect(t.namePolicy(ctx, subject.Name).GetLabels()).To(HaveKeyWithValue(v1alpha1.LabelManagedBy, v1alpha1.ManagedBy))
			}
			t.view.Writes()
			t.reconcile(ctx, subject.Name)
			Expect(t.view.Writes()).To(BeEmpty())
		}
	})

	It("the strict API server would not take what the kind does not have", func(ctx SpecContext) {
		subject, facts := readGolden(GinkgoTB(), "testdata/network-cilium.in.yaml")
		wrong := renderedNamePolicy(subject, facts)
		wrong.SetNamespace(newTenant(ctx).namespace)
		wrong.Object["spec"].(map[string]any)["egressAllow"] = []any{}
		Expect(client.WithFieldValidation(admin, metav1.FieldValidationStrict).Create(ctx, wrong)).To(MatchError(ContainSubstring(`unknown field "spec.egressAllow"`)))
	})

	for name, tamper := range map[string]func(policy map[string]any){
		"a rule more":             func(p map[string]any) { specOf(p)["egress"] = append(specOf(p)["egress"].([]any), map[string]any{}) },
		"a direction more":        func(p map[string]any) { specOf(p)["ingress"] = []any{map[string]any{}} },
		"a list of policies more": func(p map[string]any) { p["specs"] = []any{p["spec"]} },
		"nothing denied":          func(p map[string]any) { delete(specOf(p), "egressDeny") },
		"no default of its own":   func(p map[string]any) { specOf(p)["enableDefaultDeny"] = map[string]any{"egress": false} },
		"pods of all Apps":        func(p map[string]any) { specOf(p)["endpointSelector"] = map[string]any{} },
		"names of all of the Net": func(p map[string]any) { egressRule(p, 1)["toFQDNs"] = []any{map[string]any{"matchPattern": "*"}} },
		"ports of any number":     func(p map[string]any) { delete(egressRule(p, 1), "toPorts") },
		"an exception from a deny": func(p map[string]any) {
			specOf(p)["egressDeny"].([]any)[0].(map[string]any)["toCIDR"] = []any{"192.0.2.0/24"}
		},
	} {
		It("a policy is put right that somebody gives "+name, func(ctx SpecContext) {
			t := newTenant(ctx)
			t.namesOpenedBy(byCilium())
			t.createApp(ctx, "income", calling("data.brreg.no"))
			t.reconcile(ctx, "income")
			was, changed := t.namePolicy(ctx, "income"), t.namePolicy(ctx, "income")
			tamper(changed.Object)
			Expect(admin.Update(ctx, changed)).To(Succeed())
			Expect(content(changed)).NotTo(Equal(content(was)), "the case must change something")
			t.reconcile(ctx, "income")
			Expect(content(t.namePolicy(ctx, "income"))).To(Equal(content(was)))
			t.view.Writes()
			t.reconcile(ctx, "income")
			Expect(t.view.Writes()).To(BeEmpty())
		})
	}

	It("an App out of service opens nothing, by the same policy, and opens it again when it is back", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.namesOpenedBy(byCilium())
		t.createApp(ctx, "income", calling("data.brreg.no"))
		t.reconcile(ctx, "income")
		open := t.namePolicy(ctx, "income")
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Suspend = &v1alpha1.Suspend{Reason: "maintenance"} })
		t.reconcile(ctx, "income")
		shut := t.namePolicy(ctx, "income")
		Expect(shut.GetUID()).To(Equal(open.GetUID()), "the end of what is open must not wait for a clean pass")
		Expect(namesIn(shut)).To(BeEmpty())
		Expect(shut.Object["spec"]).To(And(HaveKey("egressDeny"), Not(HaveKey("egress"))))
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Suspend = nil })
		t.reconcile(ctx, "income")
		Expect(t.namePolicy(ctx, "income").Object["spec"]).To(Equal(open.Object["spec"]))
	})

	It("the policy goes when NetworkPolicies alone are to do it, and comes back with Cilium", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.namesOpenedBy(byCilium())
		t.createApp(ctx, "income", calling("data.brreg.no"))
		t.reconcile(ctx, "income")
		t.rollOut(ctx, "income") // what is still under way is told once
		t.reconcile(ctx, "income")
		t.operator.Egress = configuration.Egress{}
		subject := t.reconcile(ctx, "income")
		Expect(admin.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: "income"}, emptyNamePolicy())).To(Satisfy(apierrors.IsNotFound))
		Expect(subject.Status.Network).To(Equal(&v1alpha1.NetworkStatus{Provider: "NetworkPolicy", ClosedHosts: []string{"data.brreg.no"}}))
		Expect(subject.Status.Children).NotTo(ContainElement(HaveField("Kind", "CiliumNetworkPolicy")))

		t.operator.Egress = byCilium()
		t.operator.Egress.Hosts = map[string][]string{"data.brreg.no": {"192.0.2.1/32"}}
		subject = t.reconcile(ctx, "income")
		Expect(subject.Status.Network).To(Equal(&v1alpha1.NetworkStatus{Provider: "Cilium"}))
		Expect(namesIn(t.namePolicy(ctx, "income"))).To(Equal([]string{"data.brreg.no"}))
		Expect(get(ctx, t.namespace, "income", &networkingv1.NetworkPolicy{}).Spec.Egress).To(BeEmpty(), "what is open by its name is not open by addresses too")
	})
})

var _ = Describe("A range of addresses in the dress of another family", func() {
	for _, cidr := range []string{"::ffff:169.254.169.254/128", "::ffff:a9fe:a9fe/128", "::ffff:0:0/96"} {
		It("is refused at admission: "+cidr, func(ctx SpecContext) {
			t := newTenant(ctx)
			subject := readManifest("../../config/samples/app-income.yaml", &v1alpha1.App{})
			subject.Namespace = t.namespace
			subject.Spec.Access.Outbound.Hosts = []v1alpha1.OutboundHost{{CIDR: cidr, Ports: []v1alpha1.Port{80}}}
			Expect(admin.Create(ctx, subject)).To(MatchError(ContainSubstring("cidr " + cidr + " must be a range of addresses")))
		})
	}
})

// renderedNamePolicy is the policy among what is rendered.
func renderedNamePolicy(subject *v1alpha1.App, facts app.Facts) *unstructured.Unstructured {
	GinkgoHelper()
	kind := &app.Kind{Operator: facts.Operator}
	children, err := kind.Render(subject, facts, kind.Decide(subject, facts).Action)
	Expect(err).NotTo(HaveOccurred())
	for _, child := range children {
		if policy, ok := child.Object.(*unstructured.Unstructured); ok && policy.GroupVersionKind() == app.NamePolicy {
			return policy
		}
	}
	Fail("no CiliumNetworkPolicy is rendered")
	return nil
}

func specOf(policy map[string]any) map[string]any { return policy["spec"].(map[string]any) }

func egressRule(policy map[string]any, n int) map[string]any {
	return specOf(policy)["egress"].([]any)[n].(map[string]any)
}
