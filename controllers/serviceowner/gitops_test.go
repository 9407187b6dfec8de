// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// fluxCRDs is the folder of Flux's CRDs, which make flux fills.
func fluxCRDs() string {
	GinkgoHelper()
	folder, err := apiserver.FluxCRDs()
	Expect(err).NotTo(HaveOccurred())
	return folder
}

// knowFlux makes the server know Flux's kinds until the end of the spec or container.
func knowFlux() {
	GinkgoHelper()
	crds := fluxCRDs()
	Expect(server.Install(crds)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(server.Uninstall(ctx, crds)).To(Succeed()) })
}

// deploysFromSources gives the operator Flux to hand over to.
func (s *steward) deploysFromSources(unknown ...string) *steward {
	s.kind.Flux = fluxWithout(unknown...)
	return s
}

// handOver declares a ServiceOwner with a source that has been read and applied.
func (s *steward) handOver(ctx context.Context, changes ...func(*v1alpha1.ServiceOwner)) {
	GinkgoHelper()
	s.declare(ctx, append([]func(*v1alpha1.ServiceOwner){withSource}, changes...)...)
	s.pass(ctx)
	s.tellOfFlux(ctx, kustomization, map[string]any{"lastAppliedRevision": "tt02@sha256:1"}, "Ready", "True", "ReconciliationSucceeded", "Applied revision: tt02@sha256:1")
	s.tellOfFlux(ctx, ociRepository, nil, "Ready", "True", "Succeeded", "stored artifact")
	Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
}

func withSource(owner *v1alpha1.ServiceOwner) { owner.Spec.GitOps = fromSource() }

// flux reads one of Flux's objects of the steward's ServiceOwner.
func (s *steward) flux(ctx context.Context, kind schema.GroupVersionKind) *unstructured.Unstructured {
	GinkgoHelper()
	return get(ctx, s.namespace, s.code, s.unread(kind))
}

// unread is one of Flux's objects by its name alone.
func (s *steward) unread(kind schema.GroupVersionKind) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{}
	obj.SetGroupVersionKind(kind)
	obj.SetNamespace(s.namespace)
	obj.SetName(s.code)
	return obj
}

// tellOfFlux has Flux say how it fares with one of its objects: one condition, as type, status, reason and message.
func (s *steward) tellOfFlux(ctx context.Context, kind schema.GroupVersionKind, status map[string]any, condition ...string) {
	GinkgoHelper()
	obj := s.flux(ctx, kind)
	before := obj.DeepCopy()
	said := told(condition[0], condition[1], condition[2], condition[3])
	said["observedGeneration"] = obj.GetGeneration()
	after := map[string]any{"observedGeneration": obj.GetGeneration(), "conditions": []any{said}}
	for key, value := range status {
		after[key] = value
	}
	obj.Object["status"] = after
	Expect(admin.Status().Patch(ctx, obj, client.MergeFrom(before))).To(Succeed())
}

// editFlux changes one of Flux's objects, as somebody of the platform team.
func (s *steward) editFlux(ctx context.Context, kind schema.GroupVersionKind, value any, field ...string) {
	GinkgoHelper()
	obj := s.flux(ctx, kind)
	Expect(unstructured.SetNestedField(obj.Object, value, field...)).To(Succeed())
	Expect(admin.Update(ctx, obj)).To(Succeed())
}

// synced is the condition GitOpsReady as status and reason.
func synced(owner *v1alpha1.ServiceOwner) string {
	return conditionOf(owner, v1alpha1.ConditionGitOpsReady)
}

var _ = Describe("What Apps are deployed from", Ordered, func() {
	BeforeAll(knowFlux)

	It("is taken by Flux's own schemas as it is rendered, to the last field", func(ctx SpecContext) {
		strict := client.WithFieldValidation(admin, metav1.FieldValidationStrict)
		Expect(client.IgnoreAlreadyExists(admin.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "so-skd"}}))).To(Succeed())
		files, err := filepath.Glob("testdata/gitops/*.out.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(len(files)).To(BeNumerically(">", 3))
		for _, file := range files {
			text, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			for _, part := range bytes.Split(text, []byte("---\n"))[1:] {
				obj := &unstructured.Unstructured{}
				Expect(yaml.Unmarshal(part, &obj.Object)).To(Succeed())
				declared := obj.DeepCopy()
				Expect(strict.Create(ctx, obj, client.DryRunAll)).To(Succeed(), file)
				Expect(obj.Object["spec"]).To(Equal(declared.Object["spec"]), "the server filled something in: say it in %s", file)
			}
		}
	})

	It("is handed over, awaited, and let alone", func(ctx SpecContext) {
		s := newSteward().deploysFromSources()
		s.declare(ctx, withSource)
		owner := s.reconcile(ctx)
		Expect(synced(owner)).To(Equal("False Progressing"))
		Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).NotTo(BeEmpty())
		Expect(s.view.Writes()).To(ContainElements("create OCIRepository "+s.code, "create Kustomization "+s.code))
		for _, kind := range []schema.GroupVersionKind{ociRepository, kustomization} {
			Expect(s.flux(ctx, kind).GetAnnotations()).To(HaveKeyWithValue(v1alpha1.AnnotationOwner, "ServiceOwner/"+s.code))
			Expect(owner.Status.Children).To(ContainElement(HaveField("Kind", kind.Kind)))
		}

		s.tellOfFlux(ctx, ociRepository, nil, "Ready", "True", "Succeeded", "stored artifact")
		Expect(synced(s.reconcile(ctx))).To(Equal("False Progressing"))
		s.tellOfFlux(ctx, kustomization, map[string]any{"lastAppliedRevision": "tt02@sha256:1"}, "Ready", "True", "ReconciliationSucceeded", "Applied")
		owner = s.reconcile(ctx)
		Expect(synced(owner)).To(Equal("True Ready"))
		Expect(ready(owner)).To(Equal("True Ready"))
		Expect(owner.Status.Conditions).To(ContainElement(HaveField("Message", "Flux has applied tt02@sha256:1")))

		s.view.Writes()
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty(), "nothing differs")
	})

	It("tells what Flux cannot read, and whose it is to act; nothing else suffers", func(ctx SpecContext) {
		s := newSteward().deploysFromSources()
		s.handOver(ctx)
		s.tellOfFlux(ctx, ociRepository, nil, "Ready", "False", "OCIArtifactPullFailed", "GET https://registry.skd.example.no/v2/apps?sig=abc: MANIFEST_UNKNOWN")
		owner := s.reconcile(ctx)
		Expect(synced(owner)).To(Equal("False SourceUnreadable"))
		Expect(ready(owner)).To(Equal("False SourceUnreadable"))
		Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).To(Equal("True Ready"))
		Expect(owner.Status.Problems).To(ConsistOf(v1alpha1.Problem{
			Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionGitOpsReady, Actor: v1alpha1.ActorServiceOwner,
			Message: "OCIRepository " + s.code + " cannot be read (OCIArtifactPullFailed): GET https://registry.skd.example.no/v2/apps?[…] MANIFEST_UNKNOWN",
			Remedy:  lookAtSource,
		}))
	})

	It("is one source at a time: another kind of it takes the place of the first", func(ctx SpecContext) {
		s := newSteward().deploysFromSources()
		s.handOver(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.GitOps.Source = v1alpha1.GitOpsSource{Kind: v1alpha1.SourceGitRepository, URL: "https://git.skd.example.no/apps"}
		})
		s.pass(ctx)
		Expect(absent(ctx, s.unread(ociRepository))).To(BeTrue())
		reference, _, _ := unstructured.NestedMap(s.flux(ctx, kustomization).Object, "spec", "sourceRef")
		Expect(reference).To(Equal(map[string]any{"kind": "GitRepository", "name": s.code}))
		Expect(absent(ctx, s.unread(gitRepository))).To(BeFalse())
	})

	DescribeTable("stays as declared, whoever edits it", func(ctx SpecContext, kind schema.GroupVersionKind, value any, field string) {
		s := newSteward().deploysFromSources()
		s.handOver(ctx)
		before, _, _ := unstructured.NestedFieldCopy(s.flux(ctx, kind).Object, "spec", field)
		s.editFlux(ctx, kind, value, "spec", field)
		s.pass(ctx)
		after, _, _ := unstructured.NestedFieldCopy(s.flux(ctx, kind).Object, "spec", field)
		Expect(after).To(Equal(before))
	},
		Entry("the account that Flux acts as", kustomization, "default", "serviceAccountName"),
		Entry("the namespace that is written to", kustomization, "kube-system", "targetNamespace"),
		Entry("that nothing goes with it", kustomization, "Delete", "deletionPolicy"),
		Entry("where the source lies", ociRepository, "oci://elsewhere.example.no/apps", "url"),
	)

	It("keeps what Flux and the platform team write themselves", func(ctx SpecContext) {
		s := newSteward().deploysFromSources()
		s.handOver(ctx)
		obj := s.flux(ctx, kustomization)
		obj.SetFinalizers([]string{"finalizers.fluxcd.io"})
		obj.SetAnnotations(map[string]string{"reconcile.fluxcd.io/requestedAt": "now", v1alpha1.AnnotationOwner: obj.GetAnnotations()[v1alpha1.AnnotationOwner]})
		Expect(unstructured.SetNestedField(obj.Object, true, "spec", "suspend")).To(Succeed())
		Expect(unstructured.SetNestedField(obj.Object, "somebody", "spec", "serviceAccountName")).To(Succeed())
		Expect(admin.Update(ctx, obj)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { s.release(ctx) })
		owner := s.reconcile(ctx)
		Expect(s.view.Writes()).To(ContainElement("update Kustomization " + s.code))
		after := s.flux(ctx, kustomization)
		Expect(after.GetFinalizers()).To(ConsistOf("finalizers.fluxcd.io"))
		Expect(after.GetAnnotations()).To(HaveKeyWithValue("reconcile.fluxcd.io/requestedAt", "now"))
		Expect(after.Object["spec"]).To(And(HaveKeyWithValue("suspend", true), HaveKeyWithValue("serviceAccountName", "deployer")))
		Expect(synced(owner)).To(Equal("False SyncPaused"))
	})

	It("ends when it is no longer declared, and no App with it", func(ctx SpecContext) {
		s := newSteward().deploysFromSources()
		s.handOver(ctx)
		subject := s.declareApp(ctx)
		s.holdByFlux(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.GitOps = nil })
		owner := s.reconcile(ctx)
		Expect(synced(owner)).To(BeEmpty())
		Expect(ready(owner)).To(Equal("True Ready"))
		Expect(owner.Status.Children).NotTo(ContainElement(HaveField("APIVersion", ContainSubstring("fluxcd"))))
		Expect(absent(ctx, s.unread(ociRepository))).To(BeTrue())
		s.expectOrphaning(ctx)
		Expect(absent(ctx, subject)).To(BeFalse())
	})

	It("stays under Retain when the ServiceOwner goes, and goes under Delete with its namespace, and no App with it", func(ctx SpecContext) {
		s := newSteward().deploysFromSources()
		s.handOver(ctx)
		s.remove(ctx)
		Expect(s.gone(ctx)).To(BeTrue())
		Expect(s.flux(ctx, kustomization).GetDeletionTimestamp()).To(BeNil())

		s = newSteward().deploysFromSources()
		s.handOver(ctx, deleteAll)
		s.remove(ctx)
		Expect(get(ctx, "", s.namespace, &corev1.Namespace{}).DeletionTimestamp).NotTo(BeNil())
		s.holdByFlux(ctx)
		Expect(admin.Delete(ctx, s.flux(ctx, kustomization))).To(Succeed()) // as the cluster does with all that a namespace holds
		s.expectOrphaning(ctx)
	})

	It("is said to be missing where the cluster does not know Flux, and stays on record", func(ctx SpecContext) {
		s := newSteward().deploysFromSources("OCIRepository", "Kustomization")
		s.declare(ctx, withSource)
		owner := s.reconcile(ctx)
		Expect(synced(owner)).To(Equal("False ProviderMissing"))
		Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).NotTo(BeEmpty())
		Expect(strings.Join(s.view.Writes(), "\n")).To(And(ContainSubstring("create Namespace"), Not(ContainSubstring("Kustomization"))))

		s.kind.Flux = fluxWithout()
		Expect(synced(s.reconcile(ctx))).To(Equal("False Progressing"))
		s.kind.Flux = fluxWithout("Kustomization")
		owner = s.reconcile(ctx)
		Expect(synced(owner)).To(Equal("False ProviderMissing"))
		Expect(owner.Status.Children).To(ContainElement(HaveField("Kind", "Kustomization")))
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.GitOps = nil })
		Expect(s.reconcile(ctx).Status.Children).To(ContainElement(HaveField("Kind", "Kustomization")), "nobody could look whether it is there")
		s.kind.Flux = fluxWithout()
		Expect(s.reconcile(ctx).Status.Children).NotTo(ContainElement(HaveField("Kind", "Kustomization")))
		Expect(absent(ctx, s.unread(kustomization))).To(BeTrue())
	})
})

// holdByFlux puts Flux's finalizer on the Kustomization, so that its end can be looked at.
func (s *steward) holdByFlux(ctx context.Context) {
	GinkgoHelper()
	obj := s.flux(ctx, kustomization)
	obj.SetFinalizers([]string{"finalizers.fluxcd.io"})
	Expect(admin.Update(ctx, obj)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { s.release(ctx) })
}

// release takes Flux's finalizer off.
func (s *steward) release(ctx context.Context) {
	GinkgoHelper()
	obj := s.unread(kustomization)
	if absent(ctx, obj) {
		return
	}
	obj.SetFinalizers(nil)
	Expect(client.IgnoreNotFound(admin.Update(ctx, obj))).To(Succeed())
}

// expectOrphaning says that the Kustomization is on its way out, and tells Flux to leave what it applied.
func (s *steward) expectOrphaning(ctx context.Context) {
	GinkgoHelper()
	obj := s.flux(ctx, kustomization)
	Expect(obj.GetDeletionTimestamp()).NotTo(BeNil())
	Expect(obj.Object["spec"]).To(HaveKeyWithValue("deletionPolicy", "Orphan"))
}
