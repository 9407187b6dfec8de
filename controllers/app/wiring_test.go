// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// process is an operator as main runs it.
type process struct {
	// stop ends it.
	stop func()
	// requests are those it has made.
	requests *requests
}

// startOperator runs an operator that routes by a gateway.
func startOperator(gateway configuration.Gateway) process {
	GinkgoHelper()
	operator := operatorConfiguration(GinkgoTB())
	operator.Gateway = gateway
	return start(operator)
}

// start runs an operator until the end of the spec or container, unless it is stopped before.
func start(operator *configuration.Operator) process {
	GinkgoHelper()
	made := &requests{}
	config := rest.CopyConfig(server.Config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return recording{next, made} })
	options := controllers.Options(scheme)
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	options.Controller.SkipNameValidation = ptr.To(true) // this process runs one operator after the other
	mgr, err := ctrl.NewManager(config, options)
	Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(context.Background())
	Expect(controllers.Setup(ctx, mgr, operator)).To(Succeed())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	var stopped atomic.Bool
	stop := func() {
		if stopped.CompareAndSwap(false, true) {
			cancel()
			Eventually(ended).WithTimeout(soon).Should(Receive(BeNil()), "the operator did not end")
		}
	}
	DeferCleanup(stop)
	return process{stop: stop, requests: made}
}

// requests is a list of requests, as verb and path.
type requests struct {
	mu   sync.Mutex
	list []string
}

// recording writes requests down.
type recording struct {
	next http.RoundTripper
	made *requests
}

// RoundTrip implements http.RoundTripper.
func (r recording) RoundTrip(request *http.Request) (*http.Response, error) {
	r.made.mu.Lock()
	r.made.list = append(r.made.list, request.Method+" "+request.URL.Path)
	r.made.mu.Unlock()
	return r.next.RoundTrip(request)
}

// writes are the requests of a process that wrote something of a tenant's, but for events.
func (p process) writes(code string) []string {
	p.requests.mu.Lock()
	defer p.requests.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.requests.list), func(request string) bool {
		return strings.HasPrefix(request, http.MethodGet) || strings.Contains(request, "/events.k8s.io/") || !strings.Contains(request, code)
	})
}

// declareTenant makes a namespace, a ServiceOwner that a running operator takes it over for, and an
// agreement in force.
func declareTenant(ctx context.Context) *tenant {
	GinkgoHelper()
	t := newNamespace(ctx)
	t.declareOwner(ctx)
	t.createAgreement(ctx, endless)
	return t
}

// removeOwner deletes a tenant's ServiceOwner, which an operator may be busy with.
func (t *tenant) removeOwner(ctx context.Context) {
	GinkgoHelper()
	owner := get(ctx, "", t.code, &v1alpha1.ServiceOwner{})
	Expect(admin.Delete(ctx, owner)).To(Succeed())
	Eventually(func() bool { return absent(ctx, owner) }).WithTimeout(soon).Should(BeTrue())
}

// eventually waits until an App's Ready says something.
func (t *tenant) eventually(ctx context.Context, name, want string) {
	GinkgoHelper()
	Eventually(func() string { return ready(t.app(ctx, name)) }).WithTimeout(soon).Should(Equal(want), "App %s", name)
}

// eventuallyReady rolls out what an App has, until it is Ready.
func (t *tenant) eventuallyReady(ctx context.Context, name string) {
	GinkgoHelper()
	t.eventually(ctx, name, "False Progressing")
	Eventually(func(g Gomega) {
		g.Expect(admin.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: name}, &appsv1.Deployment{})).To(Succeed())
	}).WithTimeout(soon).Should(Succeed())
	t.rollOut(ctx, name)
	t.eventually(ctx, name, "True Ready")
}

var _ = Describe("A running operator", Ordered, func() {
	BeforeAll(func() { startOperator(operatorConfiguration(GinkgoTB()).Gateway) })

	It("brings an App up when its ServiceOwner comes, and keeps it when that goes", func(ctx SpecContext) {
		t := newNamespace(ctx)
		t.createAgreement(ctx, endless)
		t.createApp(ctx, "income")
		t.eventually(ctx, "income", "False ServiceOwnerMissing")
		t.expectNothingMade(ctx, "income")

		t.declareOwner(ctx)
		t.eventuallyReady(ctx, "income")

		t.removeOwner(ctx)
		t.eventually(ctx, "income", "False ServiceOwnerMissing")
		Expect(t.app(ctx, "income").Status.Children).To(HaveLen(9))
	})

	It("brings an App up when the Secret it reads comes, and rolls its pods when that changes", func(ctx SpecContext) {
		t := declareTenant(ctx)
		t.createApp(ctx, "income", func(subject *v1alpha1.App) {
			subject.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: "source"}}}
		})
		t.eventually(ctx, "income", "False ReferenceMissing")
		Expect(admin.Create(ctx, secretWith(t.namespace, "one"))).To(Succeed())
		t.eventuallyReady(ctx, "income")

		before := t.configAnnotation(ctx, "income")
		Expect(admin.Update(ctx, secretWith(t.namespace, "two"))).To(Succeed())
		Eventually(func() string { return t.configAnnotation(ctx, "income") }).WithTimeout(soon).ShouldNot(Equal(before))
	})

	It("gives a newcomer the address that the older App lets go of", func(ctx SpecContext) {
		first, second := declareTenant(ctx), declareTenant(ctx)
		host := first.code + ".example.no"
		first.createApp(ctx, "income", at(host, "/data"))
		first.eventuallyReady(ctx, "income")
		second.createApp(ctx, "income", at(host, "/data/"))
		second.eventually(ctx, "income", "False HostTaken")
		first.change(ctx, "income", at(host, "/elsewhere"))
		second.eventually(ctx, "income", "False Progressing")
		second.createApp(ctx, "third", at(host, "/elsewhere"))
		second.eventually(ctx, "third", "False HostTaken")
		Expect(admin.Delete(ctx, first.app(ctx, "income"))).To(Succeed())
		second.eventually(ctx, "third", "False Progressing")
	})

	It("puts children back that are deleted, changed, or robbed of the label it sees them by", func(ctx SpecContext) {
		t := declareTenant(ctx)
		t.createApp(ctx, "income")
		t.eventuallyReady(ctx, "income")
		key := metav1.ObjectMeta{Namespace: t.namespace, Name: "income"}
		Expect(admin.Delete(ctx, &corev1.Service{ObjectMeta: key})).To(Succeed())
		Eventually(func() bool { return absent(ctx, &corev1.Service{ObjectMeta: key}) }).WithTimeout(soon).Should(BeFalse())

		policy := get(ctx, t.namespace, "income", &networkingv1.NetworkPolicy{})
		was := policy.Spec.DeepCopy()
		policy.Labels = nil
		policy.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
		Expect(admin.Update(ctx, policy)).To(Succeed())
		Eventually(func(g Gomega) {
			policy := get(ctx, t.namespace, "income", &networkingv1.NetworkPolicy{})
			g.Expect(policy.Spec).To(Equal(*was))
			g.Expect(policy.Labels).To(HaveKeyWithValue(v1alpha1.LabelManagedBy, v1alpha1.ManagedBy))
		}).WithTimeout(soon).Should(Succeed())
	})

	It("takes the Apps of a suspended ServiceOwner out of service, and brings them back", func(ctx SpecContext) {
		t := declareTenant(ctx)
		t.createApp(ctx, "income")
		t.eventuallyReady(ctx, "income")
		t.suspendOwner(ctx, &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"})
		t.eventually(ctx, "income", "False Suspended")
		Eventually(func() int32 { return t.replicas(ctx, "income") }).WithTimeout(soon).Should(BeZero())
		t.suspendOwner(ctx, nil)
		Eventually(func() int32 { return t.replicas(ctx, "income") }).WithTimeout(soon).Should(BeEquivalentTo(2))
	})
})

// suspendOwner takes a ServiceOwner that an operator writes to in and out of service.
func (t *tenant) suspendOwner(ctx context.Context, suspend *v1alpha1.Suspend) {
	GinkgoHelper()
	Eventually(func() error {
		owner := get(ctx, "", t.code, &v1alpha1.ServiceOwner{})
		owner.Spec.Suspend = suspend
		return admin.Update(ctx, owner)
	}).WithTimeout(soon).Should(Succeed())
}
