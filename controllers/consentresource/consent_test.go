// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// covered are the conditions of a consent that an agreement covers, and that is not registered yet.
var covered = []string{
	"AgreementInForce True Ready", "RegionCompliant True Ready",
	"Registered False Progressing", "PolicyUploaded False Progressing", "RequestersSynced False Progressing",
	"ScopeReady True Ready", "Reconciling True Progressing", "Ready False Progressing",
}

var _ = Describe("A ConsentResource", func() {
	It("that is covered says so, and that it is not registered yet, in one write and no more, until it changes", func(ctx SpecContext) {
		r, code := newRegistrar(), newNamespace(ctx)
		serve(ctx, code)
		agree(ctx, code)
		consent := declare(ctx, code, "income")
		Expect(consent.Status.ObservedGeneration).To(BeEquivalentTo(-1), "nobody has looked at it yet")
		Expect(consent).To(WithTransform(health, Equal(status.InProgressStatus)))
		Expect(r.pass(ctx, consent)).To(BeZero())
		Expect(r.view.Writes()).To(Equal(statusOf(consent)))
		Expect(conditions(consent)).To(Equal(covered))
		Expect(consent.Status.ObservedGeneration).To(Equal(consent.Generation))
		Expect(consent.Status.Problems).To(BeEmpty())
		Expect(consent.Status.Children).To(BeEmpty())
		Expect(consent.Finalizers).To(BeEmpty())
		Expect(consent).To(WithTransform(health, Not(Equal(status.CurrentStatus))))

		r.pass(ctx, consent)
		Expect(r.view.Writes()).To(BeEmpty())
		edit(ctx, consent, func(c *v1alpha1.ConsentResource) { c.Spec.State = v1alpha1.ConsentWithdrawn })
		r.pass(ctx, consent)
		Expect(r.view.Writes()).To(Equal(statusOf(consent)))
		Expect(consent.Status.ObservedGeneration).To(BeEquivalentTo(2))
		Expect(conditions(consent)).To(Equal([]string{
			"AgreementInForce True Ready", "RegionCompliant True Ready", "ScopeReady True Ready", "Ready True Ready",
		}), "what was never registered need not be withdrawn")
		Expect(r.newEvents()).To(BeEmpty(), "that work is under way is no news")

		Expect(admin.Delete(ctx, consent)).To(Succeed())
		Expect(client.IgnoreNotFound(admin.Get(ctx, client.ObjectKeyFromObject(consent), consent))).To(Succeed())
	})

	It("waits for its owner, and then for an agreement", func(ctx SpecContext) {
		r, code := newRegistrar(), newNamespace(ctx)
		serve(ctx, code)
		consent := declare(ctx, code, "income")
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal([]string{"AgreementInForce False AgreementMissing", "ScopeReady True Ready", "Ready False ServiceOwnerMissing"}))
		Expect(r.newEvents()).To(HaveExactElements(HavePrefix("Warning ServiceOwnerMissing ")))
		Expect(admin.Create(ctx, ownerOf(GinkgoTB(), code))).To(Succeed())
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal([]string{
			"AgreementInForce False AgreementMissing", "RegionCompliant True Ready", "ScopeReady True Ready", "Ready False AgreementMissing",
		}))
		Expect(admin.Create(ctx, agreementWith(GinkgoTB(), code))).To(Succeed())
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal(covered))
	})

	It("is held, with all that is wrong, by an edit of its agreement, and let go by the next", func(ctx SpecContext) {
		r, code := newRegistrar(), newNamespace(ctx)
		serve(ctx, code)
		agreement, consent := agree(ctx, code), declare(ctx, code, "income")
		r.pass(ctx, consent)
		before := agreement.Spec.DeepCopy()
		edit(ctx, agreement, func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.DataCategories = []v1alpha1.DataCategory{"NationalIdentityNumber"}
			a.Spec.DataSubjects = []v1alpha1.DataSubject{"BusinessRepresentatives"}
		})
		r.view.Writes()
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal([]string{
			"AgreementInForce False NotCovered", "RegionCompliant True Ready", "ScopeReady True Ready", "Ready False NotCovered",
		}))
		Expect(consent.Status.Problems).To(HaveExactElements(
			HaveField("Message", "Agreement "+agreement.Name+" does not cover data category Economic"),
			HaveField("Message", "Agreement "+agreement.Name+" does not cover data subjects Citizens")))
		Expect(r.view.Writes()).To(Equal(statusOf(consent)))
		Expect(r.newEvents()).To(HaveExactElements(HavePrefix("Warning NotCovered ")))

		edit(ctx, agreement, func(a *v1alpha1.DataProcessingAgreement) { a.Spec = *before })
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal(covered))
		Expect(consent.Status.Problems).To(BeEmpty())
	})

	It("stops when its owner orders the processing to stop, and goes on when the order is withdrawn", func(ctx SpecContext) {
		r, code := newRegistrar(), newNamespace(ctx)
		serve(ctx, code)
		agreement, consent := agree(ctx, code), declare(ctx, code, "income")
		r.pass(ctx, consent)
		edit(ctx, agreement, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementStopped })
		r.view.Writes()
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal([]string{
			"AgreementInForce False AgreementStopped", "RegionCompliant True Ready", "ScopeReady True Ready", "Ready False AgreementStopped",
		}))
		Expect(consent.Status.Problems).To(HaveExactElements(HaveField("Actor", v1alpha1.ActorServiceOwner)))
		Expect(r.view.Writes()).To(Equal(statusOf(consent)))
		r.pass(ctx, consent)
		Expect(r.view.Writes()).To(BeEmpty())
		edit(ctx, agreement, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementActive })
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal(covered))
	})

	It("is held from the instant its agreement runs out, at which the operator wakes", func(ctx SpecContext) {
		r, code := newRegistrar(), newNamespace(ctx)
		serve(ctx, code)
		agreement, consent := agree(ctx, code), declare(ctx, code, "income")
		edit(ctx, agreement, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.Until = at(now.Add(10 * time.Minute)) })
		Expect(r.pass(ctx, consent).RequeueAfter).To(Equal(10 * time.Minute))
		Expect(conditions(consent)).To(Equal(covered))
		Expect(r.newEvents()).To(HaveExactElements(HavePrefix("Warning AgreementExpiring ")))
		r.clock.SetTime(now.Add(10 * time.Minute))
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(ContainElements("AgreementInForce False AgreementExpired", "Ready False AgreementExpired"))
	})

	It("is not Ready before the App that has its data exposes its scope, whatever becomes of the rest", func(ctx SpecContext) {
		r, code := newRegistrar(), newNamespace(ctx)
		agree(ctx, code)
		consent := declare(ctx, code, "income")
		unexposed := append(slices.Clone(covered[:5]), "ScopeReady False ScopeNotExposed", "Ready False ScopeNotExposed")
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal(unexposed))
		Expect(r.newEvents()).To(HaveExactElements(HavePrefix("Warning ScopeNotExposed App income, which the data is fetched from, does not exist")))
		source := serve(ctx, code)
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal(covered))
		edit(ctx, source, func(a *v1alpha1.App) { a.Spec.Integrations[0].Exposes[0].Name = "gjeld" })
		r.pass(ctx, consent)
		Expect(conditions(consent)).To(Equal(unexposed))
	})

	It("is held when an older one has its identifier, until that is gone", func(ctx SpecContext) {
		r, code := newRegistrar(), newNamespace(ctx)
		serve(ctx, code)
		agree(ctx, code)
		first := declare(ctx, code, "a-first")
		second := consentOf(GinkgoTB(), code, "b-second")
		second.Spec.Identifier = code + "-a-first"
		Expect(admin.Create(ctx, second)).To(Succeed())
		r.pass(ctx, second)
		Expect(conditions(second)).To(Equal([]string{
			"AgreementInForce True Ready", "RegionCompliant True Ready", "Registered False IdentifierTaken",
			"ScopeReady True Ready", "Ready False IdentifierTaken",
		}))
		r.pass(ctx, first)
		Expect(conditions(first)).To(Equal(covered))
		Expect(admin.Delete(ctx, first)).To(Succeed())
		r.pass(ctx, second)
		Expect(conditions(second)).To(Equal(covered))
	})

	It("is unknown, not held, when its agreements cannot be read", func(ctx SpecContext) {
		r, code := newRegistrar(), newNamespace(ctx)
		serve(ctx, code)
		agree(ctx, code)
		consent := declare(ctx, code, "income")
		r.pass(ctx, consent)
		r.engine.Cluster = illiterate{r.view}
		_, err := r.engine.Reconcile(ctx, consent.DeepCopy())
		Expect(err).To(MatchError("reading the agreements of " + code + ": nobody answers"))
		renew(ctx, consent)
		Expect(conditions(consent)).To(Equal([]string{
			"AgreementInForce Unknown FactsUnavailable", "RegionCompliant Unknown FactsUnavailable",
			"Registered Unknown FactsUnavailable", "PolicyUploaded Unknown FactsUnavailable", "RequestersSynced Unknown FactsUnavailable",
			"ScopeReady Unknown FactsUnavailable", "Reconciling True FactsUnavailable", "Ready Unknown FactsUnavailable",
		}))
	})
})

// refusals are what the gate can have against a consent, and the reason it gives.
var refusals = map[string]struct {
	agreement func(*v1alpha1.DataProcessingAgreement)
	operator  func(*configuration.Operator)
	at        time.Time
	part      string
	reason    string
}{
	"begins later": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.From = *at(now.Add(time.Hour)) }, reason: "NotYetValid",
	},
	"has run out": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.Until = at(now) }, reason: "AgreementExpired",
	},
	"is suspended": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementSuspended }, reason: "AgreementSuspended",
	},
	"is suspended, and has run out": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.State, a.Spec.Validity.Until = v1alpha1.AgreementSuspended, at(now)
		}, reason: "AgreementExpired",
	},
	"was signed after its end": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.Signature.SignedAt, a.Spec.Validity.Until = *at(now), at(now.Add(-time.Hour))
		}, reason: "ValidityReversed",
	},
	"was ended": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementTerminated }, reason: "AgreementTerminated",
	},
	"lacks the purpose": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Purposes = a.Spec.Purposes[1:] }, reason: "NotCovered",
	},
	"lacks the platform": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Chapters = a.Spec.Chapters[1:] }, reason: "NotCovered",
	},
	"lets data be kept for a week": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Retention[0].MaxDays = 7 }, reason: "NotCovered",
	},
	"accepts terms of the past": {
		operator: func(o *configuration.Operator) {
			o.Agreements.Terms = configuration.Terms{Version: "1.9", ValidFrom: "2026-06-01"}
		}, reason: "TermsOutdated",
	},
	"rests on a decision that ran out": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.SubProcessors[0].Country = "GB"
			a.Spec.SubProcessors[0].Transfer = v1alpha1.Transfer{Mechanism: v1alpha1.TransferAdequacy}
		}, at: time.Date(2031, 12, 28, 0, 0, 0, 0, time.UTC), reason: "TransferNotLawful",
	},
	"names another region": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Regions = []v1alpha1.Region{"norwaywest"} },
		part:      "RegionCompliant", reason: "RegionNotCovered",
	},
	"names a region that is not allowed here": {
		operator: func(o *configuration.Operator) {
			o.Regions = configuration.Regions{Allowed: []v1alpha1.Region{"norwaywest"}}
		},
		part: "RegionCompliant", reason: "RegionNotAllowed",
	},
}

var _ = Describe("A ConsentResource whose agreement does not cover it", func() {
	for name, refusal := range refusals {
		It("is held when the agreement "+name, func(ctx SpecContext) {
			r, code := newRegistrar(), newNamespace(ctx)
			serve(ctx, code)
			agreement, consent := agree(ctx, code), declare(ctx, code, "income")
			if refusal.agreement != nil {
				edit(ctx, agreement, refusal.agreement)
			}
			if refusal.operator != nil {
				refusal.operator(r.kind.Operator)
			}
			if !refusal.at.IsZero() {
				r.clock.SetTime(refusal.at)
			}
			r.pass(ctx, consent)
			want := []string{"AgreementInForce False " + refusal.reason, "RegionCompliant True Ready", "ScopeReady True Ready", "Ready False " + refusal.reason}
			if refusal.part == "RegionCompliant" {
				want[0], want[1] = "AgreementInForce True Ready", "RegionCompliant False "+refusal.reason
			}
			Expect(conditions(consent)).To(Equal(want))
			Expect(r.newEvents()).To(HaveExactElements(HavePrefix("Warning " + refusal.reason + " ")))
			r.view.Writes()
			r.pass(ctx, consent)
			Expect(r.view.Writes()).To(BeEmpty())
			Expect(r.newEvents()).To(BeEmpty())
		})
	}
})

// illiterate is a reader that reads no lists.
type illiterate struct{ client.Reader }

func (illiterate) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errors.New("nobody answers")
}
