// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// eventuallySynced waits until the ServiceOwner's GitOpsReady says something.
func (s *steward) eventuallySynced(ctx context.Context, want string) {
	GinkgoHelper()
	Eventually(func() string { return synced(s.owner(ctx)) }).WithTimeout(soon).Should(Equal(want))
}

// allIsWell has Flux say that it has read the source and applied what it holds.
func (s *steward) allIsWell(ctx context.Context) {
	GinkgoHelper()
	eventuallyMade(ctx, s.unread(ociRepository))
	eventuallyMade(ctx, s.unread(kustomization))
	s.tellOfFlux(ctx, ociRepository, nil, "Ready", "True", "Succeeded", "stored artifact")
	s.tellOfFlux(ctx, kustomization, map[string]any{"lastAppliedRevision": "tt02@sha256:1", "lastAttemptedRevision": "tt02@sha256:1"}, "Ready", "True", "ReconciliationSucceeded", "Applied")
}

var _ = Describe("A running operator and Flux", func() {
	It("says that Flux is missing, takes it up when it comes, and follows what it says", func(ctx SpecContext) {
		startOperator()
		s := newSteward()
		s.declare(ctx, withSource)
		s.eventually(ctx, "False ProviderMissing")
		Expect(s.owner(ctx).Status.Problems).To(ContainElement(And(HaveField("Actor", v1alpha1.ActorPlatform), HaveField("Message",
			"The cluster does not know kustomizations.kustomize.toolkit.fluxcd.io, ocirepositories.source.toolkit.fluxcd.io, which Apps are deployed from a source with"))))
		Eventually(func() string { return conditionOf(s.owner(ctx), v1alpha1.ConditionNamespaceReady) }).WithTimeout(soon).Should(Equal("True Ready"))

		knowFlux()
		s.allIsWell(ctx)
		s.eventually(ctx, "True Ready")

		By("failing and healing")
		s.tellOfFlux(ctx, kustomization, map[string]any{"lastAppliedRevision": "tt02@sha256:1"}, "Ready", "False", "BuildFailed", "no such thing")
		s.eventually(ctx, "False SyncFailed")
		s.tellOfFlux(ctx, kustomization, map[string]any{"lastAppliedRevision": "tt02@sha256:2"}, "Ready", "True", "ReconciliationSucceeded", "Applied")
		s.eventually(ctx, "True Ready")

		By("making again what somebody deletes or robs of its labels")
		for _, kind := range []schema.GroupVersionKind{ociRepository, kustomization} {
			Expect(admin.Delete(ctx, s.flux(ctx, kind))).To(Succeed())
			eventuallyMade(ctx, s.unread(kind))
		}
		edit(ctx, s.unread(kustomization), func(obj *unstructured.Unstructured) { obj.SetLabels(nil) })
		Eventually(func() map[string]string {
			obj := s.unread(kustomization)
			Expect(client.IgnoreNotFound(admin.Get(ctx, client.ObjectKeyFromObject(obj), obj))).To(Succeed())
			return obj.GetLabels()
		}).WithTimeout(soon).Should(HaveKeyWithValue(v1alpha1.LabelManagedBy, v1alpha1.ManagedBy))

		By("letting go")
		s.allIsWell(ctx)
		s.eventually(ctx, "True Ready")
		edit(ctx, s.owner(ctx), func(owner *v1alpha1.ServiceOwner) { owner.Spec.GitOps = nil })
		Eventually(func() bool { return absent(ctx, s.unread(kustomization)) && absent(ctx, s.unread(ociRepository)) }).WithTimeout(soon).Should(BeTrue())
		s.eventuallySynced(ctx, "")
		s.eventually(ctx, "True Ready")
	})
})
