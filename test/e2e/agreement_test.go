// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("A data category taken out of an agreement", Ordered, func() {
	var income, contact *v1alpha1.App
	var terms *v1alpha1.DataProcessingAgreement

	BeforeAll(func(ctx context.Context) {
		terms = agreement("gate")
		serviceOwner(ctx, "gate")
		income, contact = app("gate", "income"), app("gate", "contact")
		contact.Spec.Processing.DataCategories = []v1alpha1.DataCategory{"Contact"}
		for _, one := range []*v1alpha1.App{income, contact} {
			Expect(kubernetes.Create(ctx, one)).To(Succeed())
			becomesReady(ctx, one)
		}
		counted(ctx, "gate", 2)
		change(ctx, terms, func(terms *v1alpha1.DataProcessingAgreement) {
			terms.Spec.DataCategories = []v1alpha1.DataCategory{"NationalIdentityNumber", "Contact"}
		})
		becomes(ctx, income, v1alpha1.ReasonNotCovered)
	})

	It("holds the App that handles it, and says so where people look", func(ctx context.Context) {
		table := kubectl(ctx, "get", "apps", "-n", "so-gate", "-o", "wide")
		Expect(table).To(MatchRegexp(`income .* False +NotCovered .*Agreement gate-2026 does not cover data category Economic[.] Generation 1, admitted under agreement gate-2026, runs on`))
		Expect(table).To(MatchRegexp(`contact .* True +Ready`))
		Expect(income.Status.Problems).To(ContainElement(And(
			HaveField("Component", v1alpha1.ConditionAgreementInForce), HaveField("Actor", v1alpha1.ActorServiceOwner),
			HaveField("Remedy", "Take Economic out of spec.processing.dataCategories, or have the agreement extended"),
		)))
		Eventually(func() string { return kubectl(ctx, "events", "-n", "so-gate", "--for", "app/income") }).
			Should(MatchRegexp(`Warning +NotCovered .*does not cover data category Economic`))
	})

	It("shows at the agreement exactly what is held", func(ctx context.Context) {
		Eventually(func() v1alpha1.Coverage { ready(ctx, terms); return terms.Status.Held }).Should(HaveField("Apps", v1alpha1.Named{Count: 1, Names: []string{"income"}}))
		Expect(terms.Status.Covered.Apps.Names).To(Equal([]string{"contact"}))
		Expect(kubectl(ctx, "get", "dpa", "gate-2026")).To(MatchRegexp(`gate-2026 +gate +1\.8 +Active +[0-9]+ +1 +1 +True +Ready`))
	})

	It("lets what was admitted run on, and nothing of a later edit begin", func(ctx context.Context) {
		before := deployment(ctx, income)
		change(ctx, income, func(app *v1alpha1.App) {
			app.Spec.Image = "skdregistry.example.no/skd-income:2.0.0"
			app.Spec.Config = map[string]v1alpha1.ConfigValue{"Color": "red"}
		})
		Eventually(func() bool { ready(ctx, income); return income.Status.ObservedGeneration == income.Generation }).Should(BeTrue())
		Expect(deployment(ctx, income).Spec.Template).To(Equal(before.Spec.Template))
		Expect(income.Status.Image).To(Equal("skdregistry.example.no/skd-income:1.4.2"))
		Expect(kubernetes.Delete(ctx, before)).To(Succeed())
		Eventually(func(g Gomega) {
			var after appsv1.Deployment
			g.Expect(kubernetes.Get(ctx, client.ObjectKeyFromObject(before), &after)).To(Succeed())
			g.Expect(after.UID).NotTo(Equal(before.UID))
			g.Expect(after.Spec.Template).To(Equal(before.Spec.Template), "it is made anew as it was admitted")
		}).Should(Succeed())
	})

	It("makes nothing for a new App, whatever it is", func(ctx context.Context) {
		late := app("gate", "late")
		Expect(kubernetes.Create(ctx, late)).To(Succeed())
		becomes(ctx, late, v1alpha1.ReasonNotCovered)
		Expect(late.Status.Children).To(BeEmpty())
		Expect(kubectl(ctx, "get", "all,networkpolicies,controllerrevisions", "-n", "so-gate", "-l", "app.kubernetes.io/name=late")).To(BeEmpty())
	})

	It("is released by putting it back, with all that was edited meanwhile", func(ctx context.Context) {
		change(ctx, terms, func(terms *v1alpha1.DataProcessingAgreement) {
			terms.Spec.DataCategories = agreement("gate").Spec.DataCategories
		})
		becomesReady(ctx, income)
		Expect(income.Status.Image).To(Equal("skdregistry.example.no/skd-income:2.0.0"))
		counted(ctx, "gate", 3)
	})
})

var _ = Describe("An agreement", Ordered, func() {
	var terms *v1alpha1.DataProcessingAgreement
	var income *v1alpha1.App

	It("may come last: what waited for it follows by itself", func(ctx context.Context) {
		owner := sample[v1alpha1.ServiceOwner]("serviceowner-skd.yaml")
		owner.Name = "stop"
		Expect(kubernetes.Create(ctx, owner)).To(Succeed())
		becomes(ctx, owner, v1alpha1.ReasonAgreementMissing)
		Eventually(func() bool { ready(ctx, owner); return isTrue(owner, v1alpha1.ConditionNamespaceReady) }).Should(BeTrue(), conditions(owner))
		income = app("stop", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomes(ctx, income, v1alpha1.ReasonAgreementMissing)
		terms = agreement("stop")
		Expect(kubernetes.Create(ctx, terms)).To(Succeed())
		becomesReady(ctx, income)
		becomesReady(ctx, owner)
	})

	It("that is stopped takes its Apps out of service, and gives them back when it is active again", func(ctx context.Context) {
		change(ctx, terms, func(terms *v1alpha1.DataProcessingAgreement) { terms.Spec.State = v1alpha1.AgreementStopped })
		becomes(ctx, income, v1alpha1.ReasonAgreementStopped)
		Eventually(func() int32 { return deployment(ctx, income).Status.Replicas }).Should(BeZero())
		Expect(income.Status.URL).To(BeEmpty())
		change(ctx, terms, func(terms *v1alpha1.DataProcessingAgreement) { terms.Spec.State = v1alpha1.AgreementActive })
		becomesReady(ctx, income)
		Expect(deployment(ctx, income).Status.AvailableReplicas).To(BeNumerically(">=", 2))
	})

	It("cannot be deleted while something runs under it, and the refusal says what", func(ctx context.Context) {
		inUse := func() int32 { ready(ctx, terms); return terms.Status.InUse.Apps.Count }
		Eventually(inUse).Should(BeEquivalentTo(1))
		Expect(kubernetes.Delete(ctx, terms)).To(MatchError(And(ContainSubstring("stop-2026"), ContainSubstring("income"))))
		change(ctx, terms, func(terms *v1alpha1.DataProcessingAgreement) { terms.Spec.State = v1alpha1.AgreementTerminated })
		Eventually(inUse).Should(BeZero())
		Expect(kubernetes.Delete(ctx, terms)).To(Succeed())
		becomes(ctx, income, v1alpha1.ReasonAgreementMissing)
		Expect(deployment(ctx, income).Status.Replicas).To(BeZero(), "that it is gone is no reason to start what it stopped")
	})
})

// kubectl runs kubectl and returns what it prints.
func kubectl(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	run := exec.CommandContext(ctx, filepath.Join(root, "bin", "k8s", "kubectl"), append([]string{"--kubeconfig", plane.Kubeconfig}, arguments...)...)
	var stdout, stderr strings.Builder
	run.Stdout, run.Stderr = &stdout, &stderr
	Expect(run.Run()).To(Succeed(), fmt.Sprint(arguments, stderr.String()))
	return stdout.String()
}
