// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// allChildren are the kinds of what a published App has, and the suffix of each one's name.
func allChildren(namespace, name string) []client.Object {
	meta := metav1.ObjectMeta{Namespace: namespace, Name: name}
	return []client.Object{
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name + "-runtime"}},
		&corev1.ServiceAccount{ObjectMeta: meta}, &networkingv1.NetworkPolicy{ObjectMeta: meta},
		&appsv1.Deployment{ObjectMeta: meta}, &corev1.Service{ObjectMeta: meta},
		&autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: meta}, &policyv1.PodDisruptionBudget{ObjectMeta: meta},
		&networkingv1.Ingress{ObjectMeta: meta},
	}
}

// absent says whether an object does not exist.
func absent(ctx context.Context, object client.Object) bool {
	GinkgoHelper()
	err := admin.Get(ctx, client.ObjectKeyFromObject(object), object)
	if !apierrors.IsNotFound(err) {
		Expect(err).NotTo(HaveOccurred())
	}
	return err != nil
}

var _ = Describe("An App's children", func() {
	It("are all made, marked as the App's, and written down", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		subject := t.reconcile(ctx, "income")

		var inventory []v1alpha1.Child
		for _, child := range allChildren(t.namespace, "income") {
			Expect(absent(ctx, child)).To(BeFalse(), "%T", child)
			Expect(child.GetLabels()).To(MatchKeys(IgnoreExtras, Keys{
				"app.kubernetes.io/name":             Equal("income"),
				"app.kubernetes.io/managed-by":       Equal("serviceowner-operator"),
				"tenancy.altinn.cloud/service-owner": Equal(t.code),
			}))
			Expect(metav1.IsControlledBy(child, subject)).To(BeTrue(), "%T", child)
			kinds, _, err := scheme.ObjectKinds(child)
			Expect(err).NotTo(HaveOccurred())
			inventory = append(inventory, v1alpha1.Child{
				APIVersion: kinds[0].GroupVersion().String(), Kind: kinds[0].Kind, Namespace: t.namespace, Name: child.GetName(),
			})
		}
		Expect(subject.Status.Children).To(ConsistOf(append(inventory, t.record(ctx, "income"))))
		Expect(subject.Status.ObservedGeneration).To(Equal(subject.Generation))
	})

	It("carry none of the App's own labels and annotations, as Argo and Helm put there", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income", func(subject *v1alpha1.App) {
			subject.Labels = map[string]string{"app.kubernetes.io/instance": "argo", "helm.sh/chart": "skd"}
			subject.Annotations = map[string]string{"argocd.argoproj.io/tracking-id": "skd"}
		})
		t.reconcile(ctx, "income")
		for _, child := range allChildren(t.namespace, "income") {
			Expect(absent(ctx, child)).To(BeFalse())
			Expect(child.GetLabels()).NotTo(Or(HaveKey("app.kubernetes.io/instance"), HaveKey("helm.sh/chart")))
			Expect(child.GetAnnotations()).NotTo(HaveKey("argocd.argoproj.io/tracking-id"))
		}
	})

	It("make the App Ready when its pods run, and say what runs and where", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False Progressing"))
		Expect(conditionOf(subject, v1alpha1.ConditionReconciling)).To(Equal("True Progressing"))
		Expect(subject.Status.Image).To(BeEmpty())

		t.rollOut(ctx, "income")
		subject = t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("True Ready"))
		Expect(conditionOf(subject, v1alpha1.ConditionAvailable)).To(Equal("True Ready"))
		Expect(conditionOf(subject, v1alpha1.ConditionReconciling)).To(BeEmpty())
		Expect(subject.Status.Conditions[len(subject.Status.Conditions)-1].Type).To(Equal(v1alpha1.ConditionReady))
		Expect(subject.Status.Image).To(Equal("skdregistry.example.no/skd-income:1.4.2"))
		Expect(subject.Status.URL).To(Equal("https://" + t.code + ".apps.tt02.altinn.no/" + t.code + "/income/"))
	})

	It("make the App Unhealthy when its pods do not come up in time", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		deployment := get(ctx, t.namespace, "income", &appsv1.Deployment{})
		deployment.Status.ObservedGeneration = deployment.Generation
		deployment.Status.Conditions = []appsv1.DeploymentCondition{{
			Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded",
			Message: `ReplicaSet "income-1" has timed out progressing.`,
		}}
		Expect(admin.Status().Update(ctx, deployment)).To(Succeed())

		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False Unhealthy"))
		Expect(subject.Status.Problems).To(ContainElement(MatchFields(IgnoreExtras, Fields{
			"Component": Equal("Deployment"), "Actor": Equal(v1alpha1.ActorServiceOwner),
		})))
	})

	It("need no write in a second pass, and no read past the cache", func(ctx SpecContext) {
		t := newTenant(ctx)
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "clients"}}
		Expect(admin.Create(ctx, secret)).To(Succeed())
		t.createApp(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "clients"}}}
		})
		t.reconcile(ctx, "income")
		t.rollOut(ctx, "income")
		t.reconcile(ctx, "income")

		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())
	})

	It("are written down before they are made, and cost one write each", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		writes := t.view.Writes()
		Expect(writes[:10]).To(HaveExactElements(
			"update status of App income", "create ControllerRevision "+t.record(ctx, "income").Name,
			"create ConfigMap income-runtime", "create ServiceAccount income", "create NetworkPolicy income",
			"create Deployment income", "create Service income",
			"create HorizontalPodAutoscaler income", "create PodDisruptionBudget income", "create Ingress income",
		))
		Expect(withoutLine(writes[10:], "update status of App income")).To(BeEmpty())
		Expect(len(writes)).To(BeNumerically("<=", 11))
	})

	It("lose the Ingress when the App is no longer published", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		t.change(ctx, "income", unpublish)
		subject := t.reconcile(ctx, "income")

		Expect(absent(ctx, &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "income"}})).To(BeTrue())
		Expect(subject.Status.Children).NotTo(ContainElement(HaveField("Kind", "Ingress")))
		Expect(subject.Status.URL).To(BeEmpty())
		Expect(t.newEvents()).To(ContainElement("Normal ChildPruned Ingress income is no longer wanted and was removed"))
		policy := get(ctx, t.namespace, "income", &networkingv1.NetworkPolicy{})
		Expect(policy.Spec.Ingress[0].From).NotTo(ContainElement(HaveField("NamespaceSelector", Not(BeNil()))), "the gateway is let in no longer")
	})

	It("go with the App, which no finalizer holds back", func(ctx SpecContext) {
		t := newTenant(ctx)
		subject := t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		Expect(t.app(ctx, "income").Finalizers).To(BeEmpty())

		Expect(admin.Delete(ctx, subject, client.PropagationPolicy(metav1.DeletePropagationForeground))).To(Succeed())
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty(), "an App that waits for its children to be collected is left alone")
		for _, child := range allChildren(t.namespace, "income") {
			Expect(absent(ctx, child)).To(BeFalse(), "collecting is the cluster's work, by ownerReference")
			Expect(child.GetOwnerReferences()[0].BlockOwnerDeletion).To(Equal(ptr.To(true)))
		}
		gone := t.app(ctx, "income")
		gone.Finalizers = nil
		Expect(admin.Update(ctx, gone)).To(Succeed())
	})
})

var _ = Describe("An App's pods", func() {
	It("are as many as the autoscaler says", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		Expect(t.replicas(ctx, "income")).To(BeEquivalentTo(2))
		t.scale(ctx, "income", 4)
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.replicas(ctx, "income")).To(BeEquivalentTo(4))
		Expect(t.view.Writes()).NotTo(ContainElement(HavePrefix("update Deployment")))

		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = "skdregistry.example.no/skd-income:1.5.0" })
		t.reconcile(ctx, "income")
		Expect(t.replicas(ctx, "income")).To(BeEquivalentTo(4), "a new image does not take pods away")
	})

	It("come back to the least number when somebody has scaled them to none", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		t.scale(ctx, "income", 0)
		t.reconcile(ctx, "income")
		Expect(t.replicas(ctx, "income")).To(BeEquivalentTo(2))
	})

	It("roll when the App's own configuration changes", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		before := t.configAnnotation(ctx, "income")
		t.change(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.Config = map[string]v1alpha1.ConfigValue{"Feature__Letters": "true"}
		})
		t.reconcile(ctx, "income")
		Expect(t.configAnnotation(ctx, "income")).NotTo(Equal(before))
		Expect(get(ctx, t.namespace, "income-runtime", &corev1.ConfigMap{}).Data).To(HaveKeyWithValue("Feature__Letters", "true"))
	})

	It("roll when the image changes", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		t.rollOut(ctx, "income")
		t.reconcile(ctx, "income")
		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Image = "skdregistry.example.no/skd-income:1.5.0" })

		subject := t.reconcile(ctx, "income")
		Expect(get(ctx, t.namespace, "income", &appsv1.Deployment{}).Spec.Template.Spec.Containers[0].Image).To(Equal("skdregistry.example.no/skd-income:1.5.0"))
		Expect(subject.Status.Image).To(Equal("skdregistry.example.no/skd-income:1.4.2"), "until the new one runs, the old one is what runs")
		Expect(ready(subject)).To(Equal("False Progressing"))

		t.rollOut(ctx, "income")
		Expect(t.reconcile(ctx, "income").Status.Image).To(Equal("skdregistry.example.no/skd-income:1.5.0"))
	})

	for _, source := range []struct {
		name   string
		object func(namespace, value string) client.Object
		read   func(*v1alpha1.App)
	}{
		{"a Secret of envFrom", secretWith, func(subject *v1alpha1.App) {
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "source"}}}
		}},
		{"a ConfigMap of envFrom", configMapWith, func(subject *v1alpha1.App) {
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{ConfigMapRef: &v1alpha1.ObjectRef{Name: "source"}}}
		}},
		{"a Secret of env", secretWith, func(subject *v1alpha1.App) {
			subject.Spec.Env = []v1alpha1.EnvVar{{Name: "KEY", SecretKeyRef: &v1alpha1.KeyRef{Name: "source", Key: "key"}}}
		}},
		{"a ConfigMap of env", configMapWith, func(subject *v1alpha1.App) {
			subject.Spec.Env = []v1alpha1.EnvVar{{Name: "KEY", ConfigMapKeyRef: &v1alpha1.KeyRef{Name: "source", Key: "key"}}}
		}},
		{"binary data of a ConfigMap", binaryConfigMapWith, func(subject *v1alpha1.App) {
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{ConfigMapRef: &v1alpha1.ObjectRef{Name: "source"}}}
		}},
	} {
		It("roll when "+source.name+" changes, and not before", func(ctx SpecContext) {
			t := newTenant(ctx)
			Expect(admin.Create(ctx, source.object(t.namespace, "one"))).To(Succeed())
			t.createApp(ctx, "income", source.read)
			t.reconcile(ctx, "income")
			before := t.configAnnotation(ctx, "income")
			t.reconcile(ctx, "income")
			Expect(t.configAnnotation(ctx, "income")).To(Equal(before))

			Expect(admin.Update(ctx, source.object(t.namespace, "two"))).To(Succeed())
			t.reconcile(ctx, "income")
			Expect(t.configAnnotation(ctx, "income")).NotTo(Equal(before))
		})
	}

	It("do not roll when a Secret is only labelled", func(ctx SpecContext) {
		t := newTenant(ctx)
		Expect(admin.Create(ctx, secretWith(t.namespace, "one"))).To(Succeed())
		t.createApp(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "source"}}}
		})
		t.reconcile(ctx, "income")
		before := t.configAnnotation(ctx, "income")
		secret := secretWith(t.namespace, "one")
		secret.SetLabels(map[string]string{"team": "income"})
		Expect(admin.Update(ctx, secret)).To(Succeed())
		t.reconcile(ctx, "income")
		Expect(t.configAnnotation(ctx, "income")).To(Equal(before))
	})
})

func secretWith(namespace, value string) client.Object {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "source"}, Data: map[string][]byte{"key": []byte(value)}}
}

func configMapWith(namespace, value string) client.Object {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "source"}, Data: map[string]string{"key": value}}
}

func binaryConfigMapWith(namespace, value string) client.Object {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "source"}, BinaryData: map[string][]byte{"key": []byte(value)}}
}

// replicas is how many pods an App's Deployment asks for.
func (t *tenant) replicas(ctx context.Context, name string) int32 {
	GinkgoHelper()
	return *get(ctx, t.namespace, name, &appsv1.Deployment{}).Spec.Replicas
}

// scale asks for a number of pods, as the autoscaler or a person with kubectl does.
func (t *tenant) scale(ctx context.Context, name string, replicas int32) {
	GinkgoHelper()
	deployment := get(ctx, t.namespace, name, &appsv1.Deployment{})
	deployment.Spec.Replicas = &replicas
	Expect(admin.Update(ctx, deployment)).To(Succeed())
}

// configAnnotation is the mark on an App's pods of the configuration they read.
func (t *tenant) configAnnotation(ctx context.Context, name string) string {
	GinkgoHelper()
	return get(ctx, t.namespace, name, &appsv1.Deployment{}).Spec.Template.Annotations[v1alpha1.AnnotationConfig]
}
