// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"os"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	testingclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

func TestDataProcessingAgreement(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "DataProcessingAgreement on a real API server")
}

var _ = Describe("A DataProcessingAgreement", func() {
	var (
		scheme = controllers.NewScheme()
		server *apiserver.Server
		view   *apiserver.View
	)

	BeforeEach(func(ctx SpecContext) {
		var err error
		server, err = apiserver.Start(ctx, apiserver.Options{Policies: true})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(server.Stop()).To(Succeed()) })
		view, err = server.View(controllers.Options(scheme).Cache)
		Expect(err).NotTo(HaveOccurred())
	})

	It("is told to be recorded and not judged, in one write and no more, until it changes", func(ctx SpecContext) {
		recorder := events.NewFakeRecorder(100)
		reconciler := &engine.Engine[*v1alpha1.DataProcessingAgreement, agreement.Facts]{
			Kind: agreement.Kind{}, Cluster: view, Scheme: scheme,
			Applier:  &apply.Applier{Client: view, Live: view},
			Reporter: &report.Reporter{Client: view, Events: recorder, Clock: testingclock.NewFakePassiveClock(time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))},
		}
		content, err := os.ReadFile("../../config/samples/dataprocessingagreement-skd.yaml")
		Expect(err).NotTo(HaveOccurred())
		subject := &v1alpha1.DataProcessingAgreement{}
		Expect(apiserver.Defaulted(content, subject)).To(Succeed())
		Expect(view.Create(ctx, subject)).To(Succeed())
		Expect(subject.Status.ObservedGeneration).To(BeEquivalentTo(-1), "nobody has looked at it yet")
		Expect(subject).To(WithTransform(health, Equal(status.InProgressStatus)))
		view.Writes()

		pass := func() {
			GinkgoHelper()
			Expect(view.Get(ctx, client.ObjectKeyFromObject(subject), subject)).To(Succeed())
			result, err := reconciler.Reconcile(ctx, subject)
			Expect(err).NotTo(HaveOccurred())
			Expect(result).To(BeZero())
			Expect(view.Get(ctx, client.ObjectKeyFromObject(subject), subject)).To(Succeed())
		}
		pass()
		Expect(view.Writes()).To(HaveExactElements("update status of DataProcessingAgreement " + subject.Name))
		Expect(subject.Status.Conditions).To(HaveExactElements(MatchFields(IgnoreExtras, Fields{
			"Type": Equal(v1alpha1.ConditionReady), "Status": Equal(metav1.ConditionUnknown),
			"Reason": Equal(v1alpha1.ReasonNotImplemented), "ObservedGeneration": Equal(subject.Generation),
		})))
		Expect(subject.Status.ObservedGeneration).To(Equal(subject.Generation))
		Expect(subject.Status.Children).To(BeEmpty())
		Expect(subject.Finalizers).To(BeEmpty())
		Expect(subject).To(WithTransform(health, Not(Equal(status.CurrentStatus))))

		pass()
		Expect(view.Writes()).To(BeEmpty())

		subject.Spec.BreachNotification.WithinHours = 12
		Expect(view.Update(ctx, subject)).To(Succeed())
		view.Writes()
		pass()
		Expect(view.Writes()).To(HaveExactElements("update status of DataProcessingAgreement " + subject.Name))
		Expect(subject.Status.ObservedGeneration).To(BeEquivalentTo(2))
		Expect(recorder.Events).To(BeEmpty(), "that nothing is known is no news")

		Expect(view.Delete(ctx, subject)).To(Succeed())
		Expect(client.IgnoreNotFound(view.Get(ctx, client.ObjectKeyFromObject(subject), subject))).To(Succeed())
		Expect(view.Get(ctx, client.ObjectKeyFromObject(subject), subject)).NotTo(Succeed(), "nothing holds it")
	})
})

// health is what kubectl, Flux and Helm make of an object.
func health(subject *v1alpha1.DataProcessingAgreement) status.Status {
	GinkgoHelper()
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(subject)
	Expect(err).NotTo(HaveOccurred())
	result, err := status.Compute(&unstructured.Unstructured{Object: fields})
	Expect(err).NotTo(HaveOccurred())
	return result.Status
}
