// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
)

// The kinds of Flux, as people call them.
const (
	ociRepository = "ocirepository.source.toolkit.fluxcd.io"
	kustomization = "kustomization.kustomize.toolkit.fluxcd.io"
)

var _ = Describe("Apps that are deployed from a source", Ordered, func() {
	var owner *v1alpha1.ServiceOwner
	var income *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		owner = serviceOwner(ctx, "handed")
	})

	It("are handed over to Flux, which says what it has applied", func(ctx context.Context) {
		Expect(isTrue(owner, v1alpha1.ConditionGitOpsReady)).To(BeTrue(), conditions(owner))
		Expect(said(owner, v1alpha1.ConditionGitOpsReady)).To(HavePrefix("Flux has applied latest@sha256:"))
		Expect(kubectl(ctx, "get", kustomization, "handed", "-n", "so-handed", "-o",
			"jsonpath={.spec.serviceAccountName} {.spec.targetNamespace} {.spec.deletionPolicy} {.spec.sourceRef.kind}/{.spec.sourceRef.name}")).
			To(Equal("deployer so-handed Orphan OCIRepository/handed"))
	})

	for _, each := range []struct {
		play, of, reason, words string
		actor                   v1alpha1.Actor
	}{
		{"unreachable", ociRepository, v1alpha1.ReasonSourceUnreadable, "OCIRepository handed cannot be read (OCIArtifactPullFailed)", v1alpha1.ActorServiceOwner},
		{"unauthorized", ociRepository, v1alpha1.ReasonSourceUnreadable, "(AuthenticationFailed)", v1alpha1.ActorPlatform},
		{"folderless", kustomization, v1alpha1.ReasonSyncFailed, "kustomization path not found", v1alpha1.ActorServiceOwner},
		{"refused", kustomization, v1alpha1.ReasonSyncFailed, "App/so-handed/income dry-run failed (Forbidden)", v1alpha1.ActorServiceOwner},
	} {
		It("are told of when Flux fails, with whom it concerns: "+each.play, func(ctx context.Context) {
			letFluxPlay(ctx, each.of, "handed", each.play)
			Eventually(func(g Gomega) {
				shows(ctx, g, owner, v1alpha1.ConditionGitOpsReady, each.reason, each.words)
			}).WithContext(ctx).Should(Succeed())
			Expect(reason(owner)).To(Equal(each.reason), conditions(owner))
			Expect(owner.Status.Problems).To(ContainElement(And(HaveField("Component", v1alpha1.ConditionGitOpsReady), HaveField("Actor", each.actor))))
			Expect(isTrue(owner, v1alpha1.ConditionNamespaceReady)).To(BeTrue(), conditions(owner))
			kubectl(ctx, "annotate", each.of, "handed", "-n", "so-handed", "flux.sandbox/play-")
			becomesReady(ctx, owner)
		})
	}

	It("are no news while Flux looks again", func(ctx context.Context) {
		for _, kind := range []string{ociRepository, kustomization} {
			letFluxPlay(ctx, kind, "handed", "busy")
			Eventually(func() string {
				return kubectl(ctx, "get", kind, "handed", "-n", "so-handed", "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
			}).Should(Equal("Unknown"))
		}
		isQuiet(ctx, "handed")
		Expect(ready(ctx, owner)).To(BeTrue(), conditions(owner))
		for _, kind := range []string{ociRepository, kustomization} {
			kubectl(ctx, "annotate", kind, "handed", "-n", "so-handed", "flux.sandbox/play-")
		}
	})

	It("are applied with the deployer's rights, and no others", func(ctx context.Context) {
		deployer := impersonated("system:serviceaccount:so-handed:deployer", "system:serviceaccounts", "system:serviceaccounts:so-handed")
		income = app("handed", "income")
		Expect(deployer.Apply(ctx, applied(income), client.FieldOwner("kustomize-controller"), client.ForceOwnership)).To(Succeed())
		becomesReady(ctx, income)

		settings := &corev1.ConfigMap{ObjectMeta: named("so-handed", "settings"), Data: map[string]string{"a": "b"}}
		Expect(deployer.Apply(ctx, applied(settings), client.FieldOwner("kustomize-controller"))).To(Succeed())
		elsewhere := app("skd", "elsewhere")
		Expect(deployer.Apply(ctx, applied(elsewhere), client.FieldOwner("kustomize-controller"))).To(MatchError(apierrors.IsForbidden, "IsForbidden"))
		Expect(deployer.Create(ctx, &corev1.Pod{ObjectMeta: named("so-handed", "a")})).To(MatchError(apierrors.IsForbidden, "IsForbidden"))
	})

	It("stay when the hand-over ends", func(ctx context.Context) {
		change(ctx, owner, func(owner *v1alpha1.ServiceOwner) { owner.Spec.GitOps = nil })
		Eventually(func() string {
			return kubectl(ctx, "get", ociRepository+","+kustomization, "-n", "so-handed", "-o", "name")
		}).Should(BeEmpty())
		becomesReady(ctx, owner)
		Expect(meta.FindStatusCondition(owner.Status.Conditions, v1alpha1.ConditionGitOpsReady)).To(BeNil(), conditions(owner))
		Expect(ready(ctx, income)).To(BeTrue(), conditions(income))
	})
})

// letFluxPlay chooses what is played of an object of Flux's.
func letFluxPlay(ctx context.Context, kind, code, play string) {
	GinkgoHelper()
	kubectl(ctx, "annotate", kind, code, "-n", v1alpha1.NamespacePrefix+code, "flux.sandbox/play="+play)
}

// impersonated is a client of somebody's.
func impersonated(user string, groups ...string) client.Client {
	GinkgoHelper()
	config := rest.CopyConfig(admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:authenticated")}
	somebody, err := client.New(config, client.Options{Scheme: controllers.NewScheme()})
	Expect(err).NotTo(HaveOccurred())
	return somebody
}

// applied is an object as a source would hold it.
func applied(obj client.Object) runtime.ApplyConfiguration {
	GinkgoHelper()
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	Expect(err).NotTo(HaveOccurred())
	plain := &unstructured.Unstructured{Object: fields}
	kind, err := kubernetes.GroupVersionKindFor(obj)
	Expect(err).NotTo(HaveOccurred())
	plain.SetGroupVersionKind(kind)
	unstructured.RemoveNestedField(fields, "status")
	unstructured.RemoveNestedField(fields, "metadata", "creationTimestamp")
	return client.ApplyConfigurationFromUnstructured(plain)
}
