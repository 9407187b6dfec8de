// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// What the registry calls where a resource stands in its life.
const (
	inUse     = "Completed"
	withdrawn = "Withdrawn"
)

var _ = Describe("What is registered in Altinn", Ordered, func() {
	var owner *v1alpha1.ServiceOwner
	var terms *v1alpha1.DataProcessingAgreement
	var income, health *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		terms = agreement("shown")
		owner = serviceOwner(ctx, "shown")
		income, health = exposing("shown", "income"), app("shown", "health")
		health.Spec.Processing.DataCategories = append(health.Spec.Processing.DataCategories, "Health")
		for _, one := range []*v1alpha1.App{income, health} {
			Expect(kubernetes.Create(ctx, one)).To(Succeed())
		}
		becomesReady(ctx, income)
	})

	It("is what an agreement covers, and not what it holds", func(ctx context.Context) {
		becomes(ctx, health, v1alpha1.ReasonNotCovered)
		Expect(registered(ctx, "app_shown_income")).To(stand(inUse, true))
		Consistently(func() any { return registered(ctx, "app_shown_health") }).WithTimeout(2 * time.Second).Should(BeNil())
		Expect(health.Status.Registration).To(BeNil())
		Expect(health.Finalizers).To(BeEmpty())
		change(ctx, terms, func(terms *v1alpha1.DataProcessingAgreement) {
			terms.Spec.DataCategories = append(terms.Spec.DataCategories, "Health")
		})
		becomesReady(ctx, health)
		Expect(registered(ctx, "app_shown_health")).To(stand(inUse, true))
	})

	It("becomes invisible when the agreement is stopped, and comes back with it", func(ctx context.Context) {
		change(ctx, terms, func(terms *v1alpha1.DataProcessingAgreement) { terms.Spec.State = v1alpha1.AgreementStopped })
		becomes(ctx, income, v1alpha1.ReasonAgreementStopped)
		Eventually(func() any { return registered(ctx, "app_shown_income") }).Should(stand(withdrawn, false))
		Eventually(func(g Gomega) {
			ready(ctx, income)
			g.Expect(income.Status.Registration.State).To(Equal(v1alpha1.RegistrationWithdrawn))
			g.Expect(said(income, v1alpha1.ConditionAuthorizationRegistered)).To(ContainSubstring("nobody can find it"))
		}).Should(Succeed())
		change(ctx, terms, func(terms *v1alpha1.DataProcessingAgreement) { terms.Spec.State = v1alpha1.AgreementActive })
		becomesReady(ctx, income)
		Expect(registered(ctx, "app_shown_income")).To(stand(inUse, true))
	})

	It("is put right when it is looked at and somebody else has changed it", func(ctx context.Context) {
		before, policy := registered(ctx, "app_shown_income"), policyOf(ctx, "app_shown_income")
		events := func() string { return kubectl(ctx, "events", "-n", "so-shown", "--for", "app/income") }
		drift(ctx, "app_shown_income", map[string]any{"title": map[string]string{"nb": "Noe", "nn": "Noko", "en": "Something"}, "visible": false})
		wake(ctx, income)
		Eventually(func() any { return registered(ctx, "app_shown_income") }).Should(And(stand(inUse, true), HaveField("Title", before.Title)))
		Eventually(events).Should(MatchRegexp(`Warning +RegistrationRepaired .*The resource of app_shown_income had been changed`))
		losePolicy(ctx, "app_shown_income")
		wake(ctx, income)
		Eventually(func() string { return policyOf(ctx, "app_shown_income") }).Should(Equal(policy))
		Eventually(events).Should(MatchRegexp(`Warning +RegistrationRepaired .*The policy of app_shown_income had been changed`))
		becomesReady(ctx, income)
		Expect(income.Status.Registration.VersionID).To(BeEquivalentTo(registered(ctx, "app_shown_income").VersionID))
	})

	It("says where people can ask, as its service owner does", func(ctx context.Context) {
		change(ctx, owner, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Contacts.Support.Email = "hjelp@skd.example.no" })
		Eventually(func() any { return registered(ctx, "app_shown_income") }).Should(
			HaveField("ContactPoints", HaveValue(ContainElement(HaveField("Email", "hjelp@skd.example.no")))))
		becomesReady(ctx, income)
	})

	It("goes when its resource does, as far as the registry lets it", func(ctx context.Context) {
		shared := consent("shown", "shared")
		shared.Spec.DeletionPolicy = v1alpha1.ConsentDelete
		Expect(kubernetes.Create(ctx, shared)).To(Succeed())
		becomesReady(ctx, shared)
		Expect(mayAsk(ctx, "shown", "shown-shared")).To(ConsistOf("971527412", "986252932"))
		for _, one := range []client.Object{shared, income} {
			Expect(kubernetes.Delete(ctx, one)).To(Succeed())
			Eventually(func() bool { return exists(ctx, one) }).Should(BeFalse())
		}
		Expect(registered(ctx, "shown-shared")).To(BeNil())
		Expect(mayAsk(ctx, "shown", "shown-shared")).To(BeNil())
		Expect(registered(ctx, "app_shown_income")).To(stand(withdrawn, false), "an App's name may be wanted again, and the registry gives it once")
	})

	It("is there again when an App of the same name is", func(ctx context.Context) {
		income = exposing("shown", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomesReady(ctx, income)
		Expect(registered(ctx, "app_shown_income")).To(stand(inUse, true))
	})
})

var _ = Describe("An outage of the registry", Serial, Ordered, func() {
	var leaving, arriving *v1alpha1.App
	var shared *v1alpha1.ConsentResource
	var mend func()

	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "outage")
		leaving, arriving, shared = exposing("outage", "leaving"), app("outage", "arriving"), consent("outage", "shared")
		shared.Spec.DataSource.App = "leaving"
		Expect(kubernetes.Create(ctx, leaving)).To(Succeed())
		Expect(kubernetes.Create(ctx, shared)).To(Succeed())
		becomesReady(ctx, leaving)
		becomesReady(ctx, shared)
		mend = breakRegistry()
	})

	It("delays no rollout", func(ctx context.Context) {
		Expect(kubernetes.Create(ctx, arriving)).To(Succeed())
		Eventually(func() bool { return exists(ctx, arriving) && isTrue(arriving, v1alpha1.ConditionAvailable) }).Should(BeTrue(), conditions(arriving))
		Expect(deployment(ctx, arriving).Status.AvailableReplicas).To(BeEquivalentTo(2))
		becomes(ctx, arriving, v1alpha1.ReasonRegistryUnavailable)
		for _, condition := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionAuthorizationRegistered} {
			Expect(meta.IsStatusConditionPresentAndEqual(arriving.Status.Conditions, condition, metav1.ConditionUnknown)).To(BeTrue(), conditions(arriving))
		}
		Expect(isTrue(arriving, v1alpha1.ConditionAvailable)).To(BeTrue(), conditions(arriving))
		Expect(arriving.Status.URL).NotTo(BeEmpty())
		Expect(arriving.Status.Problems).To(ContainElement(And(
			HaveField("Component", v1alpha1.ConditionAuthorizationRegistered), HaveField("Actor", v1alpha1.ActorExternal),
			HaveField("Message", ContainSubstring("Resource Registry")), HaveField("Remedy", Not(BeEmpty())),
		)))
	})

	It("lets what is deleted go on no longer, but keeps it until it can be withdrawn, and says so", func(ctx context.Context) {
		Expect(kubernetes.Delete(ctx, leaving)).To(Succeed())
		Expect(kubernetes.Delete(ctx, shared)).To(Succeed())
		Eventually(func() []corev1.Pod {
			var pods corev1.PodList
			Expect(kubernetes.List(ctx, &pods, client.InNamespace("so-outage"), client.MatchingLabels{"app.kubernetes.io/name": "leaving"})).To(Succeed())
			return pods.Items
		}).Should(BeEmpty(), "nobody who deletes an App expects it to serve until a registry answers")
		Eventually(func() string { return kubectl(ctx, "get", "apps", "-n", "so-outage", "-o", "wide") }).Should(
			MatchRegexp(`leaving .* False +Deleting .*Waiting until what it has outside the cluster is withdrawn`))
		Eventually(func() string { return kubectl(ctx, "get", "consentresources", "-n", "so-outage", "-o", "wide") }).Should(
			MatchRegexp(`shared .* False +Deleting .*Waiting until what it has outside the cluster is withdrawn`))
		Eventually(func(g Gomega) {
			g.Expect(exists(ctx, leaving)).To(BeTrue())
			g.Expect(leaving.Status.Registration.Obstacle).To(HaveValue(HaveField("Reason", v1alpha1.ReasonRegistryUnavailable)))
		}).Should(Succeed())
	})

	It("is mended by its end alone", func(ctx context.Context) {
		mend()
		Eventually(func(g Gomega) {
			g.Expect(ready(ctx, arriving)).To(BeTrue(), conditions(arriving))
			g.Expect(exists(ctx, leaving)).To(BeFalse(), conditions(leaving))
			g.Expect(exists(ctx, shared)).To(BeFalse(), conditions(shared))
		}).WithTimeout(afterOutage).Should(Succeed())
		Expect(registered(ctx, "app_outage_arriving")).To(stand(inUse, true))
		Expect(registered(ctx, "app_outage_leaving")).To(stand(withdrawn, false))
		Expect(registered(ctx, "outage-shared")).To(stand(withdrawn, false))
		Expect(mayAsk(ctx, "outage", "outage-shared")).To(BeNil())
	})
})

var _ = Describe("An operator killed amid registrations", Serial, Ordered, func() {
	It("leaves nothing unmended", func(ctx context.Context) {
		serviceOwner(ctx, "amid")
		income := exposing("amid", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomesReady(ctx, income)
		var consents []*v1alpha1.ConsentResource
		for i := range 6 {
			one := consent("amid", fmt.Sprintf("killed-%d", i))
			consents = append(consents, one)
			Expect(kubernetes.Create(ctx, one)).To(Succeed())
			// Each time it has come one write further: none, the resource, its policy, the list, its members, the connection.
			Eventually(func() int { return stepsTaken(ctx, "amid-"+one.Name) }).WithPolling(time.Millisecond).Should(BeNumerically(">=", i))
			operator.Kill()
			Expect(operator.Start(ctx, admin)).To(Succeed())
		}
		for _, one := range consents {
			becomesReady(ctx, one)
			identifier := "amid-" + one.Name
			Expect(registered(ctx, identifier)).To(And(stand(inUse, true), HaveField("VersionID", BeEquivalentTo(one.Status.Registration.VersionID))))
			Expect(policyOf(ctx, identifier)).To(ContainSubstring(identifier))
			Expect(mayAsk(ctx, "amid", identifier)).To(ConsistOf("971527412", "986252932"))
		}
	})
})

// stand matches what the registry shows: where in its life it is, and whether people find it.
func stand(status string, visible bool) OmegaMatcher {
	return And(Not(BeNil()), HaveField("Status", status), HaveField("Visible", visible))
}
