// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// tamper changes a child as somebody with kubectl would.
type tamper struct {
	name  string
	child func(namespace string) client.Object
	edit  func(client.Object)
}

// of makes a tamper of a child of one kind.
func of[O client.Object](name string, empty func() O, edit func(O)) tamper {
	return tamper{
		name: name,
		child: func(namespace string) client.Object {
			object := empty()
			object.SetNamespace(namespace)
			object.SetName("income")
			if _, isConfig := any(object).(*corev1.ConfigMap); isConfig {
				object.SetName("income-runtime")
			}
			return object
		},
		edit: func(object client.Object) { edit(object.(O)) },
	}
}

// empty makes an object of a kind.
func empty[T any]() *T { return new(T) }

var tampers = []tamper{
	of("a Service that selects other pods", empty[corev1.Service], func(s *corev1.Service) {
		s.Spec.Selector = map[string]string{"app.kubernetes.io/name": "other"}
	}),
	of("a Service with a port more", empty[corev1.Service], func(s *corev1.Service) {
		s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Name: "debug", Port: 9000})
	}),
	of("a Service opened to the outside", empty[corev1.Service], func(s *corev1.Service) { s.Spec.Type = corev1.ServiceTypeLoadBalancer }),
	of("a NetworkPolicy that lets somebody more in", empty[networkingv1.NetworkPolicy], func(p *networkingv1.NetworkPolicy) {
		p.Spec.Ingress[0].From = append(p.Spec.Ingress[0].From, networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{}})
	}),
	of("a NetworkPolicy with a rule more", empty[networkingv1.NetworkPolicy], func(p *networkingv1.NetworkPolicy) {
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{})
	}),
	of("a NetworkPolicy that guards one way only", empty[networkingv1.NetworkPolicy], func(p *networkingv1.NetworkPolicy) {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	}),
	of("a NetworkPolicy for other pods", empty[networkingv1.NetworkPolicy], func(p *networkingv1.NetworkPolicy) {
		p.Spec.PodSelector.MatchLabels["tier"] = "none"
	}),
	of("a ConfigMap with another value", empty[corev1.ConfigMap], func(c *corev1.ConfigMap) { c.Data["ASPNETCORE_ENVIRONMENT"] = "Development" }),
	of("a ConfigMap with a key more", empty[corev1.ConfigMap], func(c *corev1.ConfigMap) { c.Data["LD_PRELOAD"] = "/tmp/evil.so" }),
	of("a ConfigMap with binary data", empty[corev1.ConfigMap], func(c *corev1.ConfigMap) {
		c.BinaryData = map[string][]byte{"LD_PRELOAD": []byte("/tmp/evil.so")}
	}),
	of("a Deployment of another image", empty[appsv1.Deployment], func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers[0].Image = "example.no/evil:1"
	}),
	of("a Deployment with a container more", empty[appsv1.Deployment], func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers = append(d.Spec.Template.Spec.Containers, corev1.Container{Name: "evil", Image: "example.no/evil:1"})
	}),
	of("a Deployment with a looser security context", empty[appsv1.Deployment], func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers[0].SecurityContext.ReadOnlyRootFilesystem = ptr.To(false)
	}),
	of("a Deployment with a variable more", empty[appsv1.Deployment], func(d *appsv1.Deployment) {
		d.Spec.Template.Spec.Containers[0].Env = append(d.Spec.Template.Spec.Containers[0].Env, corev1.EnvVar{Name: "LD_PRELOAD", Value: "/tmp/evil.so"})
	}),
	of("a ServiceAccount whose token is mounted", empty[corev1.ServiceAccount], func(a *corev1.ServiceAccount) {
		a.AutomountServiceAccountToken = ptr.To(true)
	}),
	of("an autoscaler with other bounds", empty[autoscalingv2.HorizontalPodAutoscaler], func(h *autoscalingv2.HorizontalPodAutoscaler) {
		h.Spec.MaxReplicas = 60
	}),
	of("a disruption budget that lets all pods go", empty[policyv1.PodDisruptionBudget], func(b *policyv1.PodDisruptionBudget) {
		b.Spec.MaxUnavailable = ptr.To(intstr.FromString("100%"))
	}),
	of("an Ingress with a host more", empty[networkingv1.Ingress], func(i *networkingv1.Ingress) {
		i.Spec.Rules = append(i.Spec.Rules, networkingv1.IngressRule{Host: "nav.apps.tt02.altinn.no"})
	}),
	of("an Ingress without TLS", empty[networkingv1.Ingress], func(i *networkingv1.Ingress) { i.Spec.TLS = nil }),
	of("a child whose labels are changed", empty[corev1.Service], func(s *corev1.Service) { s.Labels[v1alpha1.LabelServiceOwner] = "nav" }),
	of("a child whose labels are gone, and with them the operator's sight of it", empty[corev1.Service], func(s *corev1.Service) { s.Labels = nil }),
	of("a NetworkPolicy opened behind the operator's back, its labels gone", empty[networkingv1.NetworkPolicy], func(p *networkingv1.NetworkPolicy) {
		p.Labels = nil
		p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
	}),
	of("a child whose digest is changed", empty[corev1.Service], func(s *corev1.Service) { s.Annotations[v1alpha1.AnnotationApplied] = "0" }),
}

var _ = Describe("An App's children, changed by somebody else", func() {
	for _, tamper := range tampers {
		It("are put right: "+tamper.name, func(ctx SpecContext) {
			t := newTenant(ctx)
			t.createApp(ctx, "income")
			t.reconcile(ctx, "income")
			was := readChild(ctx, tamper.child(t.namespace))
			changed := readChild(ctx, tamper.child(t.namespace))
			tamper.edit(changed)
			Expect(admin.Update(ctx, changed)).To(Succeed())
			Expect(content(changed)).NotTo(Equal(content(was)), "the case must change something")
			t.newEvents()

			t.reconcile(ctx, "income")
			Expect(content(readChild(ctx, tamper.child(t.namespace)))).To(Equal(content(was)))
			if !strings.Contains(tamper.name, "digest") {
				Expect(t.newEvents()).To(ContainElement(HavePrefix("Warning DriftRepaired")))
			}
			t.view.Writes()
			t.reconcile(ctx, "income")
			Expect(t.view.Writes()).To(BeEmpty(), "repaired is repaired")
		})
	}

	It("come back when they are deleted, each by one write", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		for _, child := range allChildren(t.namespace, "income") {
			Expect(admin.Delete(ctx, child)).To(Succeed())
		}
		t.view.Writes()
		t.newEvents()
		t.reconcile(ctx, "income")
		for _, child := range allChildren(t.namespace, "income") {
			Expect(absent(ctx, child)).To(BeFalse(), "%T", child)
		}
		Expect(t.view.Writes()).To(WithTransform(creations, HaveLen(8)))
		Expect(t.newEvents()).To(HaveLen(8))
	})

	It("keep what other people and controllers may put there", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income")
		t.reconcile(ctx, "income")
		service := get(ctx, t.namespace, "income", &corev1.Service{})
		service.Labels["team"] = "income"
		service.Annotations["example.no/cost-centre"] = "7"
		service.Finalizers = []string{"service.kubernetes.io/load-balancer-cleanup"}
		Expect(admin.Update(ctx, service)).To(Succeed())
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())

		t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Suspend = &v1alpha1.Suspend{Reason: "Rest"} })
		service.Spec.Type = corev1.ServiceTypeNodePort
		Expect(admin.Update(ctx, service)).To(Succeed())
		t.reconcile(ctx, "income")
		service = get(ctx, t.namespace, "income", &corev1.Service{})
		Expect(service.Spec.Type).To(Equal(corev1.ServiceTypeClusterIP))
		Expect(service.Labels).To(HaveKeyWithValue("team", "income"))
		Expect(service.Annotations).To(HaveKeyWithValue("example.no/cost-centre", "7"))
		Expect(service.Finalizers).NotTo(BeEmpty())
		service.Finalizers = nil
		Expect(admin.Update(ctx, service)).To(Succeed())
	})
})

// creations are those of a list of writes that make something.
func creations(writes []string) []string {
	var made []string
	for _, write := range writes {
		if strings.HasPrefix(write, "create ") {
			made = append(made, write)
		}
	}
	return made
}

// withoutLine are the lines that are not this one.
func withoutLine(lines []string, line string) []string {
	return slices.DeleteFunc(lines, func(other string) bool { return other == line })
}

// readChild reads an object anew.
func readChild(ctx context.Context, object client.Object) client.Object {
	GinkgoHelper()
	Expect(admin.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
	return object
}

// content is an object without what changes with every write, and without what the server allocates.
func content(object client.Object) client.Object {
	plain, ok := object.DeepCopyObject().(client.Object)
	Expect(ok).To(BeTrue())
	plain.SetResourceVersion("")
	plain.SetGeneration(0)
	plain.SetManagedFields(nil)
	if service, isService := plain.(*corev1.Service); isService {
		service.Spec.InternalTrafficPolicy = nil
	}
	if deployment, isDeployment := plain.(*appsv1.Deployment); isDeployment {
		deployment.Status = appsv1.DeploymentStatus{}
	}
	return plain
}

var _ = Describe("An object of a child's name that belongs to somebody else", func() {
	for _, managed := range []bool{false, true} {
		name := "is left alone while all else is made, and taken for ours when it has gone"
		if managed {
			name += ", even if it bears the operator's label"
		}
		It(name, func(ctx SpecContext) {
			t := newTenant(ctx)
			foreign := &corev1.Service{
				ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "income"},
				Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 1234}}},
			}
			if managed {
				foreign.Labels = map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
			}
			Expect(admin.Create(ctx, foreign)).To(Succeed())
			t.createApp(ctx, "income")
			subject := t.reconcile(ctx, "income")

			Expect(ready(subject)).To(Equal("False ChildConflict"))
			Expect(conditionOf(subject, v1alpha1.ConditionStalled)).To(Equal("True ChildConflict"))
			Expect(subject.Status.Problems).To(ContainElement(HaveField("Message", "Service income exists and was not made for this resource")))
			for _, child := range allChildren(t.namespace, "income") {
				Expect(absent(ctx, child)).To(BeFalse(), "%T", child)
			}
			Expect(content(get(ctx, t.namespace, "income", &corev1.Service{}))).To(Equal(content(foreign)), "it was touched")
			t.view.Writes()
			result, err := t.try(ctx, "income")
			Expect(err).NotTo(HaveOccurred())
			Expect(result.RequeueAfter).NotTo(BeZero(), "nothing would tell that the foreign object has gone")
			Expect(withoutLine(t.view.Writes(), "create Service income")).To(BeEmpty())

			Expect(admin.Delete(ctx, foreign)).To(Succeed())
			subject = t.reconcile(ctx, "income")
			Expect(ready(subject)).To(Equal("False Progressing"))
			Expect(conditionOf(subject, v1alpha1.ConditionStalled)).To(BeEmpty())
			Expect(metav1.IsControlledBy(get(ctx, t.namespace, "income", &corev1.Service{}), subject)).To(BeTrue())
		})
	}

	It("is not pruned when the App no longer wants a child of that name", func(ctx SpecContext) {
		t := newTenant(ctx)
		foreign := &networkingv1.Ingress{
			ObjectMeta: metav1.ObjectMeta{Namespace: t.namespace, Name: "income"},
			Spec:       networkingv1.IngressSpec{DefaultBackend: &networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "x", Port: networkingv1.ServiceBackendPort{Number: 1}}}},
		}
		Expect(admin.Create(ctx, foreign)).To(Succeed())
		t.createApp(ctx, "income")
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False ChildConflict"))
		t.change(ctx, "income", unpublish)
		subject := t.reconcile(ctx, "income")
		Expect(ready(subject)).To(Equal("False Progressing"))
		Expect(subject.Status.Children).NotTo(ContainElement(HaveField("Kind", "Ingress")))
		Expect(content(get(ctx, t.namespace, "income", &networkingv1.Ingress{}))).To(Equal(content(foreign)))
	})
})

var _ = Describe("A Deployment", func() {
	It("is settled whatever way amounts are written", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.Resources = v1alpha1.Resources{
				Requests: corev1.ResourceList{"cpu": resource.MustParse("0.5"), "memory": resource.MustParse("262144Ki")},
				Limits:   corev1.ResourceList{"cpu": resource.MustParse("1500m"), "memory": resource.MustParse("1e9")},
			}
		})
		t.reconcile(ctx, "income")
		t.view.Writes()
		t.reconcile(ctx, "income")
		Expect(t.view.Writes()).To(BeEmpty())
	})

	It("is settled when an amount is finer than Kubernetes keeps", func(ctx SpecContext) {
		t := newTenant(ctx)
		t.createApp(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.Resources.Requests["cpu"] = resource.MustParse("100u")
		})
		t.reconcile(ctx, "income")
		t.view.Writes()
		Expect(ready(t.reconcile(ctx, "income"))).To(Equal("False Progressing"))
		Expect(t.view.Writes()).To(BeEmpty())
	})
})
