// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// What is affirmed of a consent that is covered.
var (
	inForce = decide.Affirmation{Part: v1alpha1.ConditionAgreementInForce, Message: "Agreement skd-2026 is in force"}
	atHome  = decide.Affirmation{Part: v1alpha1.ConditionRegionCompliant, Message: "Data is kept in norwayeast (NO)"}
)

// exposed is affirmed of a consent whose data the App guards with its scope.
var exposed = decide.Affirmation{Part: v1alpha1.ConditionScopeReady, Message: "App income guards the data with skd:inntekt"}

// underWayIn is what is said of the conditions of a consent that is not registered yet.
func underWayIn(parts ...string) []decide.Outstanding {
	var awaited []decide.Outstanding
	for _, part := range parts {
		awaited = append(awaited, decide.Outstanding{
			Part: part, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing, Message: "Under way: Altinn's Resource Registry is being told",
		})
	}
	return awaited
}

// Remedies.
const (
	sign   = "Sign a new agreement and have the platform team apply it"
	accept = "Accept the current terms and have the platform team put their version into the agreement"
)

// ruling is a case of what a consent comes to.
type ruling struct {
	facts func(*consentresource.Facts)
	want  decide.Verdict
}

func expect(t *testing.T, cases map[string]ruling) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			facts := usual(t)
			tc.facts(facts)
			got := (&consentresource.Kind{}).Decide(facts.Consent, *facts)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// held is a hold of a consent for these findings: nothing is registered of it.
func held(affirmed []decide.Affirmation, findings ...decide.Finding) decide.Verdict {
	return decide.Verdict{Action: decide.ActionHold, Affirmed: append(slices.Clone(affirmed), exposed), Findings: findings}
}

// admitted is an admission of a consent that is not registered yet.
func admitted(affirmed []decide.Affirmation, findings ...decide.Finding) decide.Verdict {
	verdict := held(affirmed, findings...)
	verdict.Action, verdict.Outstanding = decide.ActionAdmit, underWayIn(consentresource.RegistrationParts()...)
	return verdict
}

// unasked is an admission of a consent of which nothing is to be registered.
func unasked(affirmed []decide.Affirmation, findings ...decide.Finding) decide.Verdict {
	verdict := admitted(affirmed, findings...)
	verdict.Outstanding = nil
	return verdict
}

// uncovered is a hold, by a finding against the agreement, of a consent in an allowed region.
func uncovered(reason string, actor v1alpha1.Actor, message, remedy string) decide.Verdict {
	return held([]decide.Affirmation{atHome}, agreementFinding(decide.Hold, reason, actor, message, remedy))
}

func agreementFinding(effect decide.Effect, reason string, actor v1alpha1.Actor, message, remedy string) decide.Finding {
	return decide.Finding{
		Effect: effect, Part: v1alpha1.ConditionAgreementInForce, Reason: reason, Actor: actor, Message: message, Remedy: remedy,
	}
}

// withdrawn is a verdict that takes what runs out of service.
func withdrawn(verdict decide.Verdict) decide.Verdict {
	verdict.Action, verdict.Findings[0].Effect = decide.ActionWithdraw, decide.Withdraw
	return verdict
}

// next is a verdict that is looked at again at an instant.
func next(instant time.Time, verdict decide.Verdict) decide.Verdict {
	verdict.NextCheck = instant
	return verdict
}

// agreed changes the agreement of the case.
func agreed(change func(*v1alpha1.DataProcessingAgreementSpec)) func(*consentresource.Facts) {
	return func(f *consentresource.Facts) { change(&f.Agreements[0].Spec) }
}

func TestACoveredConsentIsRegistered(t *testing.T) {
	expect(t, map[string]ruling{
		"by an agreement without an end": {
			facts: func(*consentresource.Facts) {},
			want:  admitted([]decide.Affirmation{inForce, atHome}),
		},
		"by an agreement that will end, at which it wakes": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.Validity.Until = at(now.Add(time.Hour)) }),
			want: next(now.Add(time.Hour), admitted([]decide.Affirmation{
				{Part: v1alpha1.ConditionAgreementInForce, Message: "Agreement skd-2026 is in force until 2026-06-01 13:00 UTC"}, atHome,
			}, agreementFinding(decide.Warn, "AgreementExpiring", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 runs out on 2026-06-01 13:00 UTC, within 1 day", sign))),
		},
		"by one that has to accept new terms soon": {
			facts: func(f *consentresource.Facts) {
				f.Operator.Agreements.Terms = configuration.Terms{Version: "1.9", ValidFrom: "2026-06-01", GraceDays: 30}
			},
			want: next(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), admitted([]decide.Affirmation{inForce, atHome},
				agreementFinding(decide.Warn, "TermsOutdated", v1alpha1.ActorServiceOwner,
					"Agreement skd-2026 accepts terms 1.8; 1.9 apply since 2026-06-01, and must be accepted by 2026-07-01", accept))),
		},
		"but for a draft, which is judged all the same": {
			facts: func(f *consentresource.Facts) { f.Consent.Spec.State = v1alpha1.ConsentDraft },
			want:  unasked([]decide.Affirmation{inForce, atHome}),
		},
		"but for one that is withdrawn, which is judged all the same": {
			facts: func(f *consentresource.Facts) { f.Consent.Spec.State = v1alpha1.ConsentWithdrawn },
			want:  unasked([]decide.Affirmation{inForce, atHome}),
		},
	})
}

func TestAConsentIsHeldByItsAgreement(t *testing.T) {
	expect(t, map[string]ruling{
		"that is missing": {
			facts: func(f *consentresource.Facts) { f.Agreements = nil },
			want: uncovered("AgreementMissing", v1alpha1.ActorPlatform, "Service owner skd has no data processing agreement",
				"Apply the DataProcessingAgreement that was signed; it follows by itself"),
		},
		"that begins later": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.Validity.From = *at(now.Add(time.Hour)) }),
			want: next(now.Add(time.Hour), uncovered("NotYetValid", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 is not in force before 2026-06-01 13:00 UTC", "Wait until then; it follows by itself")),
		},
		"that ran out": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.Validity.Until = at(now) }),
			want: next(now.Add(day), uncovered("AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 ran out on 2026-06-01 12:00 UTC, today; its grace ends on 2026-07-01 12:00 UTC", sign)),
		},
		"that ran out, grace and all": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.Validity.Until = at(now.Add(-30 * day)) }),
			want: uncovered("AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 ran out on 2026-05-02 12:00 UTC, and its grace of 30 days is over", sign),
		},
		"that ran out, grace and all, where that suspends": {
			facts: func(f *consentresource.Facts) {
				f.Operator.Agreements.AfterGrace = configuration.SuspendAfterGrace
				f.Agreements[0].Spec.Validity.Until = at(now.Add(-30 * day))
			},
			want: withdrawn(uncovered("AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 ran out on 2026-05-02 12:00 UTC, and its grace of 30 days is over", sign)),
		},
		"that is suspended": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementSuspended }),
			want: uncovered("AgreementSuspended", v1alpha1.ActorPlatform, "Agreement skd-2026 is suspended",
				"Set the agreement's spec.state to Active when its parties agree"),
		},
		"that is suspended and ran out, as by one that ran out": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) {
				s.State, s.Validity.Until = v1alpha1.AgreementSuspended, at(now.Add(-30*day))
			}),
			want: uncovered("AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 ran out on 2026-05-02 12:00 UTC, and its grace of 30 days is over", sign),
		},
		"that was signed after its end": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) {
				s.Signature.SignedAt, s.Validity.Until = *at(now), at(now.Add(-time.Hour))
			}),
			want: uncovered("ValidityReversed", v1alpha1.ActorPlatform,
				"Agreement skd-2026 ends on 2026-06-01 11:00 UTC, before it begins on 2026-06-01 12:00 UTC", "Correct the agreement's spec.validity"),
		},
		"that began after one that was stopped, and ran out since": {
			facts: func(f *consentresource.Facts) {
				later := f.Agreements[0].DeepCopy()
				later.Name, later.Spec.Validity.From, later.Spec.Validity.Until = "skd-2027", *at(now.Add(-60 * day)), at(now.Add(-30*day))
				f.Agreements[0].Spec.State = v1alpha1.AgreementStopped
				f.Agreements = append(f.Agreements, *later)
			},
			want: uncovered("AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2027 ran out on 2026-05-02 12:00 UTC, and its grace of 30 days is over", sign),
		},
		"that was stopped, which withdraws": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementStopped }),
			want: withdrawn(uncovered("AgreementStopped", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 is stopped: skd has ordered the processing to stop",
				"Withdraw the order and have the platform team set the agreement's spec.state to Active")),
		},
		"that was ended, which withdraws": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementTerminated }),
			want:  withdrawn(uncovered("AgreementTerminated", v1alpha1.ActorServiceOwner, "Agreement skd-2026 is terminated", sign)),
		},
		"that is in a conflict": {
			facts: func(f *consentresource.Facts) {
				second := f.Agreements[0].DeepCopy()
				second.Name = "skd-2027"
				f.Agreements = append(f.Agreements, *second)
			},
			want: uncovered("AgreementConflict", v1alpha1.ActorPlatform,
				"Agreements skd-2026 and skd-2027 of skd are in force for the same chapters, and it is not known which holds",
				"End one of them: set its spec.validity.until, or its spec.state to Terminated"),
		},
		"that accepts terms of the past": {
			facts: func(f *consentresource.Facts) {
				f.Operator.Agreements.Terms = configuration.Terms{Version: "1.9", ValidFrom: "2026-06-01"}
			},
			want: uncovered("TermsOutdated", v1alpha1.ActorServiceOwner, "Agreement skd-2026 accepts terms 1.8; 1.9 apply since 2026-06-01", accept),
		},
		"that has a sub-processor that data may not go to": {
			facts: agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.SubProcessors[0].Country = "RS" }),
			want: uncovered("TransferNotLawful", v1alpha1.ActorPlatform,
				"Agreement skd-2026: Microsoft Ireland Operations Ltd in RS is outside the EEA and has no ground for a transfer",
				"Agree on a mechanism that fits the country, or replace the sub-processor"),
		},
	})
}
