// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// statusOnly is the one write of a pass that has news and nothing to do.
func (s *steward) statusOnly() []string { return []string{"update status of ServiceOwner " + s.code} }

// expectStanding sees that the namespace and all that isolates it stand, on record and sound.
func (s *steward) expectStanding(ctx context.Context) {
	GinkgoHelper()
	owner := s.owner(ctx)
	Expect(conditionOf(owner, v1alpha1.ConditionNamespaceReady)).To(Equal("True Ready"))
	Expect(conditionOf(owner, v1alpha1.ConditionAccessReady)).To(Equal("True Ready"))
	Expect(owner.Status.Namespace).To(Equal(s.namespace))
	Expect(owner.Status.Children).To(ConsistOf(refs(s.all())))
	for _, child := range s.all() {
		Expect(absent(ctx, child)).To(BeFalse(), "%T", child)
	}
}

var _ = Describe("A ServiceOwner without an agreement", func() {
	It("gets its namespace all the same, is not Ready, and says what is missing", func(ctx SpecContext) {
		s := newSteward()
		s.declareAlone(ctx)
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False AgreementMissing"))
		Expect(conditionOf(owner, v1alpha1.ConditionAgreementInForce)).To(Equal("False AgreementMissing"))
		Expect(conditionOf(owner, v1alpha1.ConditionRegionCompliant)).To(Equal("True Ready"))
		s.expectStanding(ctx)
		Expect(owner.Status.Problems).To(HaveExactElements(v1alpha1.Problem{
			Severity: v1alpha1.SeverityError, Component: v1alpha1.ConditionAgreementInForce, Actor: v1alpha1.ActorPlatform,
			Message: "Service owner " + s.code + " has no data processing agreement",
			Remedy:  "Apply the DataProcessingAgreement that was signed; it follows by itself",
		}))
		Expect(s.newEvents()).To(HaveExactElements(HavePrefix("Warning AgreementMissing ")))
		Expect(s.view.Writes()).To(HaveLen(12), "as with an agreement: finalizer, record, nine children, the outcome")
		s.pass(ctx)
		Expect(s.view.Writes()).To(BeEmpty())
		Expect(s.newEvents()).To(BeEmpty())
	})

	It("is Ready with one, and no longer without, each in one write to nothing but its status", func(ctx SpecContext) {
		s := newSteward()
		s.declareAlone(ctx)
		s.pass(ctx)
		agreement := s.agree(ctx)
		s.view.Writes()
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
		Expect(s.view.Writes()).To(Equal(s.statusOnly()))
		Expect(admin.Delete(ctx, agreement)).To(Succeed())
		Expect(ready(s.reconcile(ctx))).To(Equal("False AgreementMissing"))
		Expect(s.view.Writes()).To(Equal(s.statusOnly()))
		s.expectStanding(ctx)
	})

	It("has what somebody takes out of its namespace put back", func(ctx SpecContext) {
		s := newSteward()
		s.declareAlone(ctx)
		s.pass(ctx)
		for _, child := range s.all()[1:] {
			Expect(admin.Delete(ctx, child)).To(Succeed())
		}
		s.pass(ctx)
		s.expectStanding(ctx)
	})

	It("says that it is suspended when it is, and then what is missing", func(ctx SpecContext) {
		s := newSteward()
		s.declareAlone(ctx, func(owner *v1alpha1.ServiceOwner) {
			owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
		})
		owner := s.reconcile(ctx)
		Expect(ready(owner)).To(Equal("False Suspended"))
		Expect(conditionOf(owner, v1alpha1.ConditionAgreementInForce)).To(Equal("False AgreementMissing"))
		Expect(meta.FindStatusCondition(owner.Status.Conditions, v1alpha1.ConditionReady).Message).To(Equal(
			"Suspended: Terms of use §1.6.5. All Apps of " + s.code + " are out of service; data and names are kept; " +
				"Service owner " + s.code + " has no data processing agreement"))
		s.expectStanding(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Suspend = nil })
		Expect(ready(s.reconcile(ctx))).To(Equal("False AgreementMissing"))
	})

	It("does not take another owner's agreement for its own", func(ctx SpecContext) {
		newSteward().agree(ctx)
		s := newSteward()
		s.declareAlone(ctx)
		Expect(ready(s.reconcile(ctx))).To(Equal("False AgreementMissing"))
	})
})

// setbacks are what can become of an agreement in force, and the reason its owner is then not Ready.
var setbacks = map[string]struct {
	agreement func(*v1alpha1.DataProcessingAgreement)
	operator  func(*configuration.Operator)
	at        time.Time
	reason    string
}{
	"is suspended":  {agreement: state(v1alpha1.AgreementSuspended), reason: "AgreementSuspended"},
	"is stopped":    {agreement: state(v1alpha1.AgreementStopped), reason: "AgreementStopped"},
	"is terminated": {agreement: state(v1alpha1.AgreementTerminated), reason: "AgreementTerminated"},
	"is suspended, and runs out": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.State, a.Spec.Validity.Until = v1alpha1.AgreementSuspended, until(24)
		},
		at: now.Add(24 * time.Hour), reason: "AgreementExpired",
	},
	"turns out to be signed after its end": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.Signature.SignedAt, a.Spec.Validity.Until = *until(-1), until(-2)
		},
		reason: "ValidityReversed",
	},
	"runs out": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.Until = until(24) },
		at:        now.Add(24 * time.Hour), reason: "AgreementExpired",
	},
	"has run out, grace and all, where that suspends Apps": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.Until = until(24) },
		operator:  func(o *configuration.Operator) { o.Agreements.AfterGrace = configuration.SuspendAfterGrace },
		at:        now.Add(32 * 24 * time.Hour), reason: "AgreementExpired",
	},
	"accepts terms that apply no longer": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Terms.Version = "1.7" },
		operator:  func(o *configuration.Operator) { o.Agreements.Terms.GraceDays = 0 }, reason: "TermsOutdated",
	},
	"no longer covers the platform": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Chapters = a.Spec.Chapters[1:] }, reason: "NotCovered",
	},
	"rests on a decision that has run out": {
		agreement: func(a *v1alpha1.DataProcessingAgreement) {
			a.Spec.SubProcessors[0].Country = "GB"
			a.Spec.SubProcessors[0].Transfer = v1alpha1.Transfer{Mechanism: v1alpha1.TransferAdequacy}
		},
		at: time.Date(2031, 12, 28, 0, 0, 0, 0, time.UTC), reason: "TransferNotLawful",
	},
}

func state(to v1alpha1.AgreementState) func(*v1alpha1.DataProcessingAgreement) {
	return func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = to }
}

var _ = Describe("An agreement that no longer holds", func() {
	for name, setback := range setbacks {
		It("keeps its owner from being Ready and leaves the namespace alone when it "+name, func(ctx SpecContext) {
			s := newSteward()
			s.declare(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Access = nil })
			Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
			var before []client.Object
			for _, child := range s.all() {
				before = append(before, read(ctx, child))
			}
			edit(ctx, agreementWith(GinkgoTB(), s.code), setback.agreement)
			if setback.operator != nil {
				setback.operator(s.kind.Operator)
			}
			if !setback.at.IsZero() {
				s.clock.SetTime(setback.at)
			}
			s.view.Writes()
			s.newEvents()
			owner := s.reconcile(ctx)
			Expect(ready(owner)).To(Equal("False " + setback.reason))
			Expect(conditionOf(owner, v1alpha1.ConditionAgreementInForce)).To(Equal("False " + setback.reason))
			Expect(s.view.Writes()).To(Equal(s.statusOnly()))
			Expect(s.newEvents()).To(HaveExactElements(HavePrefix("Warning " + setback.reason + " ")))
			for i, child := range s.all() {
				Expect(read(ctx, child)).To(Equal(before[i]), "%T was touched", child)
			}
			s.expectStanding(ctx)
		})
	}
})

// abroad puts an owner into a region outside Norway until an instant.
func abroad(region v1alpha1.Region, expires time.Time) func(*v1alpha1.ServiceOwner) {
	return func(owner *v1alpha1.ServiceOwner) {
		owner.Spec.Access = nil
		owner.Spec.Region = region
		owner.Spec.RegionException = &v1alpha1.RegionException{Reason: "Zones", Expires: metav1.NewTime(expires)}
	}
}

var _ = Describe("A ServiceOwner's region", func() {
	It("wakes the operator at the instant its exception runs out, and then keeps the owner from being Ready", func(ctx SpecContext) {
		s := newSteward()
		end := now.Add(30 * time.Minute)
		s.agree(ctx, func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Regions = []v1alpha1.Region{"westeurope"} })
		s.declareAlone(ctx, abroad("westeurope", end))
		Expect(s.pass(ctx).RequeueAfter).To(Equal(30 * time.Minute))
		Expect(ready(s.owner(ctx))).To(Equal("True Ready"))
		Expect(s.owner(ctx).Status.Problems).To(HaveExactElements(HaveField("Severity", v1alpha1.SeverityWarning)))
		Expect(s.newEvents()).To(HaveExactElements(HavePrefix("Warning RegionExceptionExpiring ")))
		s.view.Writes()

		s.clock.SetTime(end.Add(-time.Second))
		Expect(s.pass(ctx).RequeueAfter).To(Equal(time.Second))
		Expect(s.view.Writes()).To(BeEmpty(), "that the end is near was told")

		s.clock.SetTime(end)
		Expect(s.pass(ctx).RequeueAfter).To(BeZero())
		owner := s.owner(ctx)
		Expect(ready(owner)).To(Equal("False RegionExceptionExpired"))
		Expect(conditionOf(owner, v1alpha1.ConditionRegionCompliant)).To(Equal("False RegionExceptionExpired"))
		Expect(conditionOf(owner, v1alpha1.ConditionAgreementInForce)).To(Equal("True Ready"))
		Expect(s.view.Writes()).To(Equal(s.statusOnly()))
		Expect(s.newEvents()).To(HaveExactElements(HavePrefix("Warning RegionExceptionExpired ")))
		s.expectStanding(ctx)
	})

	It("is not compliant where the installation allows it to nobody, and the namespace is made all the same", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx, abroad("swedencentral", now.Add(1000*time.Hour)))
		owner := s.reconcile(ctx)
		Expect(conditionOf(owner, v1alpha1.ConditionRegionCompliant)).To(Equal("False RegionNotAllowed"))
		Expect(ready(owner)).To(Equal("False RegionNotAllowed"))
		Expect(owner.Status.Problems).To(HaveLen(2), "neither the installation nor the agreement knows it")
		Expect(meta.FindStatusCondition(owner.Status.Conditions, v1alpha1.ConditionReady).Message).To(Equal(
			owner.Status.Problems[0].Message + "; " + owner.Status.Problems[1].Message))
		s.expectStanding(ctx)
		Expect(read(ctx, s.namespaceObject()).GetLabels()).To(HaveKeyWithValue(v1alpha1.LabelRegion, "swedencentral"))
	})

	It("is not compliant while the second copy lies where it may not", func(ctx SpecContext) {
		s := newSteward()
		s.kind.Operator.Regions.Allowed = []v1alpha1.Region{"norwayeast"}
		s.declare(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Storage.Redundancy = "GRS" })
		Expect(ready(s.reconcile(ctx))).To(Equal("False RegionNotAllowed"))
		s.expectStanding(ctx)
		s.change(ctx, func(owner *v1alpha1.ServiceOwner) { owner.Spec.Storage.Redundancy = "ZRS" })
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
	})
})

var _ = Describe("Agreements that could not be read", func() {
	It("are unknown, not missing: nothing is changed, and it is tried again", func(ctx SpecContext) {
		s := newSteward()
		s.declare(ctx)
		s.pass(ctx)
		s.view.Writes()
		s.engine.Cluster = illiterate{s.view}
		_, err := s.try(ctx)
		Expect(err).To(MatchError(ContainSubstring("reading the agreements of " + s.code + ": nobody answers")))
		owner := s.owner(ctx)
		Expect(ready(owner)).To(Equal("Unknown FactsUnavailable"))
		Expect(conditionOf(owner, v1alpha1.ConditionAgreementInForce)).To(Equal("Unknown FactsUnavailable"))
		Expect(owner.Status.Children).To(HaveLen(9))
		Expect(s.view.Writes()).To(Equal(s.statusOnly()))
		s.engine.Cluster = s.view
		Expect(ready(s.reconcile(ctx))).To(Equal("True Ready"))
		s.expectStanding(ctx)
	})
})
