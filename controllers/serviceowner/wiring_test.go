// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// startOperator runs an operator as main does until the end of the spec or container.
func startOperator() {
	GinkgoHelper()
	operator, err := configuration.Load("../../config/manager/operator.yaml")
	Expect(err).NotTo(HaveOccurred())
	operator.SelfService = nil // nothing here is about Apps, and keys would be made for nobody
	operator.Storage = nil     // storage has a provider of its own in storage_wiring_test.go
	options := controllers.Options(scheme)
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.Controller.SkipNameValidation = ptr.To(true) // this process may run one operator after the other
	mgr, err := ctrl.NewManager(server.Config, options)
	Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(context.Background())
	Expect(controllers.Setup(ctx, mgr, operator)).To(Succeed())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	DeferCleanup(func() {
		cancel()
		Eventually(ended).WithTimeout(soon).Should(Receive(BeNil()), "the operator did not end")
	})
}

// eventually waits until the ServiceOwner's Ready says something.
func (s *steward) eventually(ctx context.Context, want string) {
	GinkgoHelper()
	Eventually(func() string { return ready(s.owner(ctx)) }).WithTimeout(soon).Should(Equal(want))
}

// edit changes an object that an operator may be writing to.
func edit[O client.Object](ctx context.Context, object O, change func(O)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := admin.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
			return err
		}
		change(object)
		return admin.Update(ctx, object)
	}).WithTimeout(soon).Should(Succeed())
}

var _ = Describe("A running operator", Ordered, func() {
	BeforeAll(startOperator)

	It("makes a namespace, and again what is taken out of it or robbed of its labels", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.eventually(ctx, "True Ready")
		deny := named[networkingv1.NetworkPolicy]("default-deny")(s)
		Expect(admin.Delete(ctx, deny)).To(Succeed())
		Eventually(func() bool { return absent(ctx, deny) }).WithTimeout(soon).Should(BeFalse())

		dns := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "allow-dns"}}
		edit(ctx, dns, func(policy *networkingv1.NetworkPolicy) {
			policy.Labels = nil
			policy.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}}
		})
		Eventually(func(g Gomega) {
			g.Expect(admin.Get(ctx, client.ObjectKeyFromObject(dns), dns)).To(Succeed())
			g.Expect(dns.Spec.Egress[0].Ports).To(HaveLen(2))
			g.Expect(dns.Labels).To(HaveKeyWithValue(v1alpha1.LabelManagedBy, v1alpha1.ManagedBy))
		}).WithTimeout(soon).Should(Succeed())

		namespace := s.namespaceObject()
		edit(ctx, namespace, func(namespace *corev1.Namespace) { namespace.Labels = nil })
		Eventually(func(g Gomega) {
			g.Expect(admin.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)).To(Succeed())
			g.Expect(namespace.Labels).To(HaveKeyWithValue("pod-security.kubernetes.io/enforce", "restricted"))
		}).WithTimeout(soon).Should(Succeed())
	})

	It("follows an agreement that is applied, stopped and deleted", func(ctx SpecContext) {
		s := newSteward()
		s.declareAlone(ctx)
		s.eventually(ctx, "False AgreementMissing")
		agreement := s.agree(ctx)
		s.eventually(ctx, "True Ready")
		edit(ctx, agreement, state(v1alpha1.AgreementStopped))
		s.eventually(ctx, "False AgreementStopped")
		Expect(admin.Delete(ctx, agreement)).To(Succeed())
		s.eventually(ctx, "False AgreementMissing")
		s.expectStanding(ctx)
	})

	It("ends a grant at its instant, with nobody to remind it", func(ctx SpecContext) {
		s := newSteward()
		end := time.Now().Add(3 * time.Second).Truncate(time.Second)
		s.declare(ctx, func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.Access = []v1alpha1.AccessGrant{{Role: v1alpha1.RoleViewer, Group: "guests", Until: ptr.To(metav1.NewTime(end))}}
		})
		binding := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "serviceowner-viewer"}}
		guests := func() bool {
			err := admin.Get(ctx, client.ObjectKeyFromObject(binding), binding)
			if !apierrors.IsNotFound(err) {
				Expect(err).NotTo(HaveOccurred())
			}
			return err == nil && len(binding.Subjects) > 0
		}
		Eventually(guests).WithTimeout(soon).Should(BeTrue())
		Expect(time.Now()).To(BeTemporally("<", end), "the machine is too slow for this test")
		Eventually(guests).WithTimeout(soon).Should(BeFalse())
		Expect(time.Now()).To(BeTemporally(">=", end))
		Expect(time.Now()).To(BeTemporally("<", end.Add(5*time.Second)))
	})

	It("takes a name once the namespace in its way has gone", func(ctx SpecContext) {
		s := newSteward()
		Expect(admin.Create(ctx, s.namespaceObject())).To(Succeed())
		s.declare(ctx)
		s.eventually(ctx, "False NamespaceConflict")
		Expect(admin.Delete(ctx, s.namespaceObject())).To(Succeed())
		s.eventually(ctx, "False Progressing")
		finish(ctx, s.namespace)
		s.eventually(ctx, "True Ready")
	})

	It("lets a ServiceOwner go when the namespace that went with it is gone", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, deleteAll)
		s.eventually(ctx, "True Ready")
		Expect(admin.Delete(ctx, s.owner(ctx))).To(Succeed())
		s.eventually(ctx, "False Deleting")
		namespace := get(ctx, "", s.namespace, &corev1.Namespace{})
		namespace.Spec.Finalizers = nil
		Expect(admin.SubResource("finalize").Update(ctx, namespace)).To(Succeed())
		Eventually(func() bool { return s.gone(ctx) }).WithTimeout(soon).Should(BeTrue())
	})

	It("takes all Apps of a suspended ServiceOwner out of service, and brings them back", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.eventually(ctx, "True Ready")
		subject := s.declareApp(ctx)
		reason := func() string {
			Expect(admin.Get(ctx, client.ObjectKeyFromObject(subject), subject)).To(Succeed())
			return readyReason(subject.Status.Conditions)
		}
		Eventually(reason).WithTimeout(soon).Should(Equal(v1alpha1.ReasonProgressing))
		edit(ctx, s.owner(ctx), func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
		})
		s.eventually(ctx, "False Suspended")
		Eventually(reason).WithTimeout(soon).Should(Equal(v1alpha1.ReasonSuspended))
		edit(ctx, s.owner(ctx), func(owner *v1alpha1.ServiceOwner) { owner.Spec.Suspend = nil })
		s.eventually(ctx, "True Ready")
		Eventually(reason).WithTimeout(soon).Should(Equal(v1alpha1.ReasonProgressing))
	})
})

// declareApp makes an App in the ServiceOwner's namespace: the sample.
func (s *steward) declareApp(ctx context.Context) *v1alpha1.App {
	GinkgoHelper()
	content, err := os.ReadFile("../../config/samples/app-income.yaml")
	Expect(err).NotTo(HaveOccurred())
	subject := &v1alpha1.App{}
	Expect(apiserver.Defaulted(content, subject)).To(Succeed())
	subject.Namespace = s.namespace
	Expect(admin.Create(ctx, subject)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(client.IgnoreNotFound(admin.Delete(ctx, subject))).To(Succeed()) })
	return subject
}

// readyReason is the reason of Ready among conditions.
func readyReason(conditions []metav1.Condition) string {
	if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}
