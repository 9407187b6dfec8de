// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// passes is how many passes over Apps the operators of this process have come to the end of.
func passes() float64 {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	var total float64
	for _, family := range families {
		if family.GetName() != "controller_runtime_reconcile_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetName() == "controller" && label.GetValue() == "app" {
					total += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return total
}

var _ = Describe("A running operator and agreements", Ordered, func() {
	BeforeAll(func() { startOperator(operatorConfiguration(GinkgoTB()).Gateway) })

	It("brings an App up when its agreement comes", func(ctx SpecContext) {
		t := newNamespace(ctx)
		t.declareOwner(ctx)
		t.createApp(ctx, "income")
		t.eventually(ctx, "income", "False AgreementMissing")
		t.expectNothingMade(ctx, "income")
		t.createAgreement(ctx, endless)
		t.eventuallyReady(ctx, "income")
	})

	It("takes an edit of an agreement to the Apps it concerns, and to no others", func(ctx SpecContext) {
		t, other := declareTenant(ctx), declareTenant(ctx)
		const others = 12
		t.createApp(ctx, "income")
		for n := range others {
			other.createApp(ctx, fmt.Sprintf("other-%d", n))
		}
		t.eventuallyReady(ctx, "income")
		for n := range others {
			other.eventuallyReady(ctx, fmt.Sprintf("other-%d", n))
		}
		var before float64
		Eventually(func() bool { last := before; before = passes(); return last == before }).
			WithPolling(soon/10).WithTimeout(5*soon).Should(BeTrue(), "it does not come to rest")

		t.changeAgreement(ctx, covering())
		t.changeAgreement(ctx, func(agreement *v1alpha1.DataProcessingAgreement) {
			agreement.Spec.DataCategories = []v1alpha1.DataCategory{"Contact"}
		})
		t.eventually(ctx, "income", "False NotCovered")
		t.changeAgreement(ctx, covering())
		t.eventually(ctx, "income", "True Ready")
		Expect(passes()-before).To(BeNumerically("<", others), "Apps of another owner were woken")
	})

	It("takes an order to stop to the pods, and brings them back", func(ctx SpecContext) {
		t := declareTenant(ctx)
		t.createApp(ctx, "income")
		t.eventuallyReady(ctx, "income")
		t.changeAgreement(ctx, inState(v1alpha1.AgreementStopped))
		t.eventually(ctx, "income", "False AgreementStopped")
		Expect(t.replicas(ctx, "income")).To(BeZero())
		t.changeAgreement(ctx, inState(v1alpha1.AgreementActive))
		Eventually(func() int32 { return t.replicas(ctx, "income") }).WithTimeout(soon).Should(BeEquivalentTo(2))
	})
})
