// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// resumption is how an App comes back to an address that somebody else has by now.
type resumption struct {
	// ends says that its agreement has run out by then.
	ends bool
	// moves edits it while it is out of service.
	moves func(*v1alpha1.App)
	// reason is that of Ready, back the one once the address is free.
	reason, back string
}

var _ = Describe("An App that comes back from a suspension to find its address taken", func() {
	for name, tc := range map[string]resumption{
		"and is covered":                      {reason: "False HostTaken", back: "False Progressing"},
		"and whose agreement has run out":     {ends: true, reason: "False AgreementExpired", back: "False AgreementExpired"},
		"and which asks for another, in vain": {moves: uncovered, reason: "False NotCovered", back: "False NotCovered"},
	} {
		It("leaves it to who serves it, and has it back when that goes, "+name, func(ctx SpecContext) {
			older, t := newTenant(ctx), newTenant(ctx)
			host := t.code + ".example.no"
			older.createApp(ctx, "income", at(host, "/elsewhere"))
			was := t.running(ctx, "income", at(host, "/data"))
			t.change(ctx, "income", suspend)
			if tc.moves != nil {
				t.change(ctx, "income", tc.moves)
			}
			t.reconcile(ctx, "income")
			older.change(ctx, "income", at(host, "/data"))
			older.reconcile(ctx, "income")
			older.rollOut(ctx, "income")
			Expect(ready(older.reconcile(ctx, "income"))).To(Equal("True Ready"))
			Expect(older.app(ctx, "income").Status.URL).To(Equal(was.Status.URL))

			if tc.ends {
				t.changeAgreement(ctx, ending(0))
			}
			t.change(ctx, "income", func(subject *v1alpha1.App) { subject.Spec.Suspend = nil })
			for range 2 {
				subject := t.reconcile(ctx, "income")
				Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, ready: tc.reason}))
				Expect(subject.Status.URL).To(BeEmpty())
				Expect(messageOf(subject, v1alpha1.ConditionReady)).To(HaveSuffix("What runs is left as it is"))
				if tc.moves == nil {
					Expect(subject.Status.Problems).To(ContainElement(
						HaveField("Message", was.Status.URL+" is served by another service owner's App already")))
				}
			}
			Expect(older.stateOf(ctx, "income").routed).To(BeTrue())

			Expect(admin.Delete(ctx, older.app(ctx, "income"))).To(Succeed())
			t.reconcile(ctx, "income")
			Expect(t.stateOf(ctx, "income")).To(Equal(state{image: firstImage, replicas: 2, routed: true, ready: tc.back}))
			t.rollOut(ctx, "income")
			subject := t.reconcile(ctx, "income")
			Expect(subject.Status.URL).To(Equal(was.Status.URL))
		})
	}
})
