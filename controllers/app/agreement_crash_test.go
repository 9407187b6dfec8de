// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// leg is a change on a journey, and what stands after a pass that came to its end.
type leg struct {
	name   string
	change func(ctx context.Context, t *tenant, name string)
	want   state
}

// edit changes an App.
func edit(change func(*v1alpha1.App)) func(context.Context, *tenant, string) {
	return func(ctx context.Context, t *tenant, name string) { GinkgoHelper(); t.change(ctx, name, change) }
}

// agree changes the agreement.
func agree(change func(*v1alpha1.DataProcessingAgreement)) func(context.Context, *tenant, string) {
	return func(ctx context.Context, t *tenant, _ string) { GinkgoHelper(); t.changeAgreement(ctx, change) }
}

// covering brings the agreement to cover a further category, or not.
func covering(categories ...v1alpha1.DataCategory) func(*v1alpha1.DataProcessingAgreement) {
	return func(agreement *v1alpha1.DataProcessingAgreement) {
		agreement.Spec.DataCategories = append([]v1alpha1.DataCategory{"NationalIdentityNumber", "Contact", "Economic"}, categories...)
	}
}

var (
	asMade        = state{image: firstImage, replicas: 2, routed: true, ready: "False Progressing"}
	heldEdit      = leg{"held", edit(uncovered), state{image: firstImage, replicas: 2, routed: true, ready: "False NotCovered"}}
	coveredLater  = leg{"released", agree(covering(health)), state{image: secondImage, replicas: 2, routed: true, ready: "False Progressing"}}
	orderedToStop = leg{"stopped", agree(inState(v1alpha1.AgreementStopped)), state{image: firstImage, ready: "False AgreementStopped"}}
	backInForce   = leg{"back", agree(inState(v1alpha1.AgreementActive)), state{image: firstImage, replicas: 2, routed: true, ready: "False NotCovered"}}
	editedBack    = leg{"edited back", edit(func(subject *v1alpha1.App) { subject.Spec = original(subject) }), asMade}
	coveredEdit   = leg{"changed", edit(func(subject *v1alpha1.App) { subject.Spec.Image = secondImage }), coveredLater.want}
	heldEditAnew  = leg{"held again", edit(uncoveredAgain), state{image: secondImage, replicas: 2, routed: true, ready: "False NotCovered"}}
	journeys      = map[string][]leg{
		"is held and released by the agreement": {heldEdit, coveredLater},
		"is held and released by an edit back":  {heldEdit, editedBack},
		"is changed, and held":                  {coveredEdit, heldEditAnew},
		"is stopped, edited and brought back":   {orderedToStop, {"edited", edit(uncovered), orderedToStop.want}, backInForce},
	}
)

// original is the spec an App was made with.
func original(subject *v1alpha1.App) v1alpha1.AppSpec {
	GinkgoHelper()
	return readManifest("../../config/samples/app-income.yaml", subject.DeepCopy()).Spec
}

// uncoveredAgain edits an App for a processing that is not covered, with an image of its own.
func uncoveredAgain(subject *v1alpha1.App) {
	uncovered(subject)
	subject.Spec.Image = "skdregistry.example.no/skd-income:9"
}

// journey takes an App that was admitted along, through an operator that is killed after a number of
// writes in all and started anew, and says whether it took no more than those. Nothing may ever be there
// that was not admitted.
func (t *tenant) journey(ctx context.Context, name string, legs []leg, writes int) (whole bool) {
	GinkgoHelper()
	t.createApp(ctx, name)
	t.expectSettled(ctx, name, asMade)
	t.view.BreakAfter(writes, apiserver.BeforeWrite)
	whole = true
	for _, leg := range legs {
		By(leg.name)
		leg.change(ctx, t, name)
		_, err := t.try(ctx, name)
		Expect(t.app(ctx, name).Status.Children).To(ContainElements(t.made(ctx, name)), "made and not on record")
		if err == nil {
			Expect(t.stateOf(ctx, name)).To(Equal(leg.want))
			continue
		}
		Expect(whole).To(BeTrue(), "an operator that is started anew fails: %v", err)
		whole = false
		t = t.restarted()
		t.expectSettled(ctx, name, leg.want)
	}
	t.expectSettled(ctx, name, legs[len(legs)-1].want)
	return whole
}

// expectSettled sees that one pass brings an App where it is to be, with one record, and that the next
// finds nothing to do.
func (t *tenant) expectSettled(ctx context.Context, name string, want state) {
	GinkgoHelper()
	subject := t.reconcile(ctx, name)
	Expect(t.stateOf(ctx, name)).To(Equal(want))
	Expect(subject.Status.Children).To(ConsistOf(t.made(ctx, name)))
	Expect(subject.Status.Children).To(ContainElement(t.record(ctx, name)))
	t.view.Writes()
	t.reconcile(ctx, name)
	Expect(t.view.Writes()).To(BeEmpty())
}

var _ = Describe("An operator killed at any write while an App", func() {
	for name, legs := range journeys {
		It(name+" takes it where it is to be", func(ctx SpecContext) {
			t := newTenant(ctx)
			for writes, whole := 0, false; !whole; writes++ {
				Expect(writes).To(BeNumerically("<", 60), "a journey has no end")
				By(fmt.Sprintf("after %d writes", writes))
				t = t.restarted()
				t.changeAgreement(ctx, inState(v1alpha1.AgreementActive))
				t.changeAgreement(ctx, covering())
				subject := fmt.Sprintf("app-%d", writes)
				whole = t.journey(ctx, subject, legs, writes)
				Expect(admin.Delete(ctx, t.app(ctx, subject))).To(Succeed())
			}
		})
	}
})
