// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

var _ = Describe("The samples, applied as they stand", Ordered, func() {
	owner, app, consent := &v1alpha1.ServiceOwner{}, &v1alpha1.App{}, &v1alpha1.ConsentResource{}

	BeforeAll(func(ctx context.Context) {
		Expect(local.ApplySamples(ctx, kubernetes, root)).To(Succeed())
		owner.Name = "skd"
		app.ObjectMeta, consent.ObjectMeta = named("so-skd", "income"), named("so-skd", "income")
	})

	It("make owner, app and consent Ready, with pods that run", func(ctx context.Context) {
		becomesReady(ctx, owner)
		becomesReady(ctx, app)
		becomesReady(ctx, consent)
		Expect(deployment(ctx, app).Status.AvailableReplicas).To(BeEquivalentTo(2))
		Expect(app.Status.Image).To(Equal(app.Spec.Image))
		Expect(app.Status.URL).To(Equal("https://skd.apps.tt02.altinn.no/skd/income/"))
	})

	It("tell of a host that stays closed, whom it concerns and what to do", func(ctx context.Context) {
		Expect(app.Status.Problems).To(ConsistOf(And(
			HaveField("Severity", v1alpha1.SeverityWarning), HaveField("Actor", v1alpha1.ActorPlatform),
			HaveField("Message", ContainSubstring("data.brreg.no")), HaveField("Remedy", ContainSubstring("egress.hosts")),
		)))
	})

	It("rest on an agreement in force, which says what it covers", func(ctx context.Context) {
		agreement := &v1alpha1.DataProcessingAgreement{ObjectMeta: named("", "skd-2026")}
		becomesReady(ctx, agreement)
		Eventually(func() v1alpha1.Coverage { ready(ctx, agreement); return agreement.Status.Covered }).Should(Equal(v1alpha1.Coverage{
			Apps:             v1alpha1.Named{Count: 1, Names: []string{"income"}},
			ConsentResources: v1alpha1.Named{Count: 1, Names: []string{"income"}},
		}))
		for _, resource := range []resource{owner, app, consent} {
			Expect(isTrue(resource, v1alpha1.ConditionAgreementInForce)).To(BeTrue(), conditions(resource))
			Expect(isTrue(resource, v1alpha1.ConditionRegionCompliant)).To(BeTrue(), conditions(resource))
		}
		Expect(app.Status.Admitted).To(Equal(&v1alpha1.AdmittedRevision{Generation: 1, Agreement: "skd-2026"}))
	})

	It("stand in Altinn as their status says", func(ctx context.Context) {
		Expect(isTrue(app, v1alpha1.ConditionAuthorizationRegistered)).To(BeTrue(), conditions(app))
		for _, part := range []string{
			v1alpha1.ConditionRegistered, v1alpha1.ConditionPolicyUploaded, v1alpha1.ConditionRequestersSynced, v1alpha1.ConditionScopeReady,
		} {
			Expect(isTrue(consent, part)).To(BeTrue(), part, conditions(consent))
		}
		for identifier, recorded := range map[string]*v1alpha1.Registration{"app_skd_income": app.Status.Registration, "skd-income": consent.Status.Registration} {
			Expect(recorded).To(HaveValue(And(
				HaveField("Identifier", identifier), HaveField("OrganizationNumber", sandbox.SkatteetatenNumber),
				HaveField("State", v1alpha1.RegistrationRegistered), HaveField("Obstacle", BeNil()), HaveField("PolicyHash", Not(BeEmpty())),
			)))
			Expect(registered(ctx, identifier)).To(And(stand(inUse, true), HaveField("VersionID", BeEquivalentTo(recorded.VersionID))))
			Expect(policyOf(ctx, identifier)).NotTo(BeEmpty())
		}
		Expect(consent.Status.Registration.AccessList).To(Equal("skd-income"))
		Expect(mayAsk(ctx, "skd", "skd-income")).To(ConsistOf(sandbox.RequesterANumber, sandbox.RequesterBNumber))
	})

	It("have no condition but of their parts", func(context.Context) {
		for _, condition := range slices.Concat(owner.Status.Conditions, app.Status.Conditions, consent.Status.Conditions) {
			Expect(condition.Type).To(BeElementOf(
				v1alpha1.ConditionReady, v1alpha1.ConditionAgreementInForce, v1alpha1.ConditionRegionCompliant,
				v1alpha1.ConditionNamespaceReady, v1alpha1.ConditionAccessReady, v1alpha1.ConditionAvailable, v1alpha1.ConditionAuthorizationRegistered,
				v1alpha1.ConditionCredentialsReady, v1alpha1.ConditionStorageReady, v1alpha1.ConditionGitOpsReady, v1alpha1.ConditionNetworkIsolated,
				v1alpha1.ConditionRegistered, v1alpha1.ConditionPolicyUploaded, v1alpha1.ConditionRequestersSynced, v1alpha1.ConditionScopeReady))
		}
	})

	It("make a namespace that is closed both ways, held to restricted pods and bounded", func(ctx context.Context) {
		namespace := &corev1.Namespace{ObjectMeta: named("", "so-skd")}
		Expect(exists(ctx, namespace)).To(BeTrue())
		Expect(namespace.Labels).To(HaveKeyWithValue("pod-security.kubernetes.io/enforce", "restricted"))
		Expect(namespace.OwnerReferences).To(BeEmpty())
		deny := &networkingv1.NetworkPolicy{ObjectMeta: named("so-skd", "default-deny")}
		Expect(exists(ctx, deny)).To(BeTrue())
		Expect(deny.Spec.PolicyTypes).To(ConsistOf(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress))
		Expect(deny.Spec.Ingress).To(BeEmpty())
		Expect(deny.Spec.Egress).To(BeEmpty())
		quota := &corev1.ResourceQuota{ObjectMeta: named("so-skd", "tenant")}
		Expect(exists(ctx, quota)).To(BeTrue())
		Expect(quota.Spec.Hard.Pods().Value()).To(BeEquivalentTo(200))
	})

	It("bind the groups to their roles, and GitOps' account to deploying", func(ctx context.Context) {
		deployer := &rbacv1.RoleBinding{ObjectMeta: named("so-skd", "serviceowner-deployer")}
		Expect(exists(ctx, deployer)).To(BeTrue())
		Expect(deployer.Subjects).To(ConsistOf(
			HaveField("Name", "skd-developers"),
			And(HaveField("Kind", "ServiceAccount"), HaveField("Name", "deployer"), HaveField("Namespace", "so-skd")),
		))
	})

	It("keep a pod out that Pod Security would not let run", func(ctx context.Context) {
		pod := &corev1.Pod{ObjectMeta: named("so-skd", "escape"), Spec: corev1.PodSpec{
			HostNetwork: true, Containers: []corev1.Container{{Name: "a", Image: "example.no/a:1"}},
		}}
		Expect(kubernetes.Create(ctx, pod, client.DryRunAll)).To(MatchError(ContainSubstring("restricted")))
	})
})
