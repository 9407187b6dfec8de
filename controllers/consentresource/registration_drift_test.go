// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// repairs is how often a part was put right since the tests began.
func repairs(part string) float64 {
	GinkgoHelper()
	families, err := metrics.Registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	for _, family := range families {
		if family.GetName() != "serviceowner_operator_registration_repaired_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			if metric.GetLabel()[0].GetValue() == part {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}

var _ = Describe("What somebody else does to what is registered", func() {
	const member = `{"data": ["urn:altinn:organization:identifier-no:`
	DescribeTable("is put right in one pass, and told of", func(ctx SpecContext, part string, drift func(w *world, id, list string)) {
		w := newHome(ctx).open()
		id := w.code + "-income"
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		before, _ := w.state()
		w.newEvents()
		drift(w, id, accessLists+w.code+"/"+id)
		Expect(first(w.state())).NotTo(Equal(before))
		counted := repairs(part)
		w.pass(ctx, consent)
		Expect(first(w.state())).To(Equal(before))
		Expect(w.newEvents()).To(HaveExactElements(And(HavePrefix("Warning RegistrationRepaired "), ContainSubstring("The "+part+" of "+id))))
		Expect(repairs(part)).To(Equal(counted + 1))
		wantReady(consent, v1alpha1.ReasonReady)
	},
		Entry("a text", "resource", func(w *world, id, _ string) {
			Expect(w.ask(http.MethodPatch, "/sandbox/resources/"+id, `{"title": {"nb": "Noe annet"}}`, nil)).To(Equal(http.StatusOK))
		}),
		Entry("a key of its metadata, without asking whether that breaks anything", "resource", func(w *world, id, _ string) {
			Expect(w.ask(http.MethodPatch, "/sandbox/resources/"+id, `{"consentMetadata": {"tema": {}}}`, nil)).To(Equal(http.StatusOK))
		}),
		Entry("its visibility", "resource", func(w *world, id, _ string) {
			Expect(w.ask(http.MethodPatch, "/sandbox/resources/"+id, `{"visible": false, "status": "Withdrawn"}`, nil)).To(Equal(http.StatusOK))
		}),
		Entry("a policy that is taken away", "policy", func(w *world, id, _ string) {
			Expect(w.ask(http.MethodPut, "/sandbox/resources/"+id+"/policy", "", nil)).To(Equal(http.StatusNoContent))
		}),
		Entry("a member more", "access list", func(w *world, _, list string) {
			w.outside(http.MethodPost, list+"/members", member+sandbox.BankNumber+`"]}`)
		}),
		Entry("a member less", "access list", func(w *world, _, list string) {
			w.outside(http.MethodDelete, list+"/members", member+sandbox.RequesterANumber+`"]}`)
		}),
		Entry("another name of the list", "access list", func(w *world, _, list string) {
			w.outside(http.MethodPut, list, `{"name": "Noe annet"}`)
		}),
		Entry("a list that is deleted", "access list", func(w *world, _, list string) { w.outside(http.MethodDelete, list, "") }),
		Entry("a connection that is deleted", "access list", func(w *world, id, list string) {
			w.outside(http.MethodDelete, list+"/resource-connections/"+id, "")
		}),
		Entry("a connection that is for some actions only", "access list", func(w *world, id, list string) {
			w.outside(http.MethodPut, list+"/resource-connections/"+id, `{"actionFilters": ["read"]}`)
		}),
	)

	It("is put right in a policy that nobody can read", func(ctx SpecContext) {
		w := newHome(ctx).open()
		id := w.code + "-income"
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		before, _ := w.state()
		Expect(w.ask(http.MethodPut, "/sandbox/resources/"+id+"/policy", "<Policy/>", nil)).To(Equal(http.StatusNoContent))
		w.pass(ctx, consent)
		Expect(first(w.state())).To(Equal(before))
	})

	It("is put right in all parts at once", func(ctx SpecContext) {
		w := newHome(ctx).open()
		id := w.code + "-income"
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		before, _ := w.state()
		w.ask(http.MethodDelete, "/sandbox/resources/"+id, "", nil)
		w.outside(http.MethodDelete, accessLists+w.code+"/"+id, "")
		w.pass(ctx, consent)
		Expect(first(w.state())).To(Equal(before))
		wantReady(consent, v1alpha1.ReasonReady)
	})
})
