// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// httpRouteCRD is the file with the CRD of HTTPRoute.
func httpRouteCRD() string {
	GinkgoHelper()
	folder, err := apiserver.GatewayCRDs()
	Expect(err).NotTo(HaveOccurred())
	return filepath.Join(folder, "gateway.networking.k8s.io_httproutes.yaml")
}

// The specs share one coming and going of the CRD, which takes the API server seconds.
var _ = Describe("With the Gateway API", Ordered, func() {
	known := false
	install := func() {
		GinkgoHelper()
		if !known {
			Expect(server.Install(httpRouteCRD())).To(Succeed())
			known = true
		}
	}
	uninstall := func(ctx SpecContext) {
		GinkgoHelper()
		Expect(server.Uninstall(ctx, httpRouteCRD())).To(Succeed())
		known = false
	}
	AfterAll(uninstall)

	It("an operator routes as soon as the cluster knows HTTPRoute, without a restart", func(ctx SpecContext) {
		startOperator(gatewayAPI())
		t := declareTenant(ctx)
		t.createApp(ctx, "income")
		t.eventually(ctx, "income", "False ProviderMissing")

		install()
		t.eventuallyReady(ctx, "income")
		Expect(get(ctx, t.namespace, "income", &gatewayv1.HTTPRoute{}).Spec.Hostnames).To(HaveLen(1))
	})

	It("an operator routes from its start where the cluster knows HTTPRoute, and is silent after a restart", func(ctx SpecContext) {
		install()
		first := startOperator(gatewayAPI())
		t := declareTenant(ctx)
		t.createApp(ctx, "income")
		t.eventuallyReady(ctx, "income")
		t.createApp(ctx, "held", at("nav.apps.tt02.altinn.no", "/"))
		t.eventually(ctx, "held", "False HostNotOwned")
		Eventually(func() []int32 {
			status := t.agreement(ctx).Status
			return []int32{status.Covered.Apps.Count, status.InUse.Apps.Count}
		}).WithTimeout(soon).Should(Equal([]int32{2, 1}), "the agreement has been counted under")
		first.stop()

		second := startOperator(gatewayAPI())
		newcomer := declareTenant(ctx)
		newcomer.createApp(ctx, "income")
		newcomer.eventually(ctx, "income", "False Progressing")
		Expect(second.writes(newcomer.code)).NotTo(BeEmpty(), "writes are seen at all")
		Expect(second.writes(t.code)).To(BeEmpty())
	})

	It("an operator takes its routes away when the platform goes back to Ingress, also of an App that was held meanwhile", func(ctx SpecContext) {
		install()
		first := startOperator(gatewayAPI())
		t := declareTenant(ctx)
		for _, name := range []string{"income", "held"} {
			t.createApp(ctx, name)
			t.eventuallyReady(ctx, name)
		}
		first.stop()
		t.change(ctx, "held", func(subject *v1alpha1.App) {
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "source"}}}
		})

		startOperator(operatorConfiguration(GinkgoTB()).Gateway)
		t.eventually(ctx, "held", "False ReferenceMissing")
		for _, name := range []string{"income", "held"} {
			Eventually(func() bool {
				return absent(ctx, &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: name}})
			}).WithTimeout(soon).Should(BeTrue(), "the route of %s", name)
		}
		t.eventually(ctx, "income", "True Ready")
	})

	It("an App changes from Ingress to HTTPRoute and back with the operator's configuration", func(ctx SpecContext) {
		install()
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")

		t.routeKindKnown = true
		t.operator.Gateway = gatewayAPI()
		subject := t.reconcile(ctx, "income")
		Expect(subject.Status.Children).To(And(ContainElement(HaveField("Kind", "HTTPRoute")), Not(ContainElement(HaveField("Kind", "Ingress")))))
		Expect(subject.Status.URL).To(HaveSuffix("/income/"))

		t.operator.Gateway = operatorConfiguration(GinkgoTB()).Gateway
		subject = t.reconcile(ctx, "income")
		Expect(subject.Status.Children).To(And(ContainElement(HaveField("Kind", "Ingress")), Not(ContainElement(HaveField("Kind", "HTTPRoute")))))
	})

	It("what a golden renders is taken in by the API server as it is, and comes back as it was written", func(ctx SpecContext) {
		install()
		files, err := filepath.Glob("testdata/*.in.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(files).NotTo(BeEmpty())
		for _, file := range files {
			By(goldenName(file))
			subject, facts := readGolden(GinkgoTB(), file)
			t := newTenant(ctx)
			t.operator.Gateway, t.operator.Egress, t.routeKindKnown = facts.Operator.Gateway, facts.Operator.Egress, facts.RouteKindKnown
			for _, ref := range []client.Object{
				&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "database"}}, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "clients"}},
				&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "database"}}, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "features"}},
			} {
				ref.SetNamespace(t.namespace)
				Expect(admin.Create(ctx, ref)).To(Succeed())
			}
			t.admitGolden(ctx, subject, facts)
			t.changeAgreement(ctx, inState(facts.Agreements[0].Spec.State))
			t.reconcile(ctx, subject.Name)
			t.view.Writes()
			Expect(ready(t.reconcile(ctx, subject.Name))).NotTo(ContainSubstring("Child"))
			Expect(t.view.Writes()).To(BeEmpty(), "the API server made something else of it")
			Expect(admin.Delete(ctx, subject)).To(Succeed())
		}
	})

	It("an operator says so when HTTPRoute has gone since its last start", func(ctx SpecContext) {
		install()
		first := startOperator(gatewayAPI())
		t := declareTenant(ctx)
		t.createApp(ctx, "income")
		t.eventuallyReady(ctx, "income")
		first.stop()
		uninstall(ctx)

		startOperator(gatewayAPI())
		t.eventually(ctx, "income", "False ProviderMissing")
		Expect(t.app(ctx, "income").Status.Children).NotTo(ContainElement(HaveField("Kind", "HTTPRoute")))
	})
})

// admitGolden makes a golden's App, after what was admitted of it last.
func (t *tenant) admitGolden(ctx context.Context, subject *v1alpha1.App, facts app.Facts) {
	GinkgoHelper()
	declared := subject.Spec.DeepCopy()
	subject.Namespace = t.namespace
	if facts.Admitted != nil {
		subject.Spec = facts.AdmittedSpec()
	}
	Expect(admin.Create(ctx, subject)).To(Succeed())
	if facts.Admitted != nil {
		*subject = *t.reconcile(ctx, subject.Name)
		subject.Spec = *declared.DeepCopy()
		Expect(admin.Update(ctx, subject)).To(Succeed())
	}
	Expect(subject.Spec).To(Equal(*declared), "the golden's defaults are those of the API server")
}
