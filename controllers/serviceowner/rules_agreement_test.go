// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

// Whatever is wrong with an agreement, the owner is admitted: its namespace and what isolates it stand.
func TestAgreementsLimitAndNeverHoldOrWithdraw(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.DataProcessingAgreement)
		facts  func(*serviceowner.Facts)
		want   decide.Verdict
	}{
		"limits an owner without an agreement": {
			facts: func(f *serviceowner.Facts) { f.Holding.Agreements = nil },
			want: limited(now, "AgreementMissing", v1alpha1.ActorPlatform, "Service owner skd has no data processing agreement",
				"Apply the DataProcessingAgreement that was signed; it follows by itself"),
		},
		"limits an owner whose agreement begins later, and wakes when it does": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.From = *until(24) },
			want: limited(now.Add(24*time.Hour), "NotYetValid", v1alpha1.ActorServiceOwner, "Agreement skd-2026 is not in force before 2026-03-02 12:00 UTC",
				"Wait until then; it follows by itself"),
		},
		"limits an owner whose agreement ran out, and counts the days of grace": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.Until = until(-49) },
			want: limited(now.Add(23*time.Hour), "AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 ran out on 2026-02-27 11:00 UTC, 2 days ago; its grace ends on 2026-03-29 11:00 UTC",
				"Sign a new agreement and have the platform team apply it"),
		},
		"limits an owner whose agreement ran out, grace and all, also where Apps are suspended then": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.Until = until(-31 * 24) },
			facts: func(f *serviceowner.Facts) {
				f.Holding.Operator.Agreements.AfterGrace = configuration.SuspendAfterGrace
			},
			want: limited(now, "AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 ran out on 2026-01-29 12:00 UTC, and its grace of 30 days is over",
				"Sign a new agreement and have the platform team apply it"),
		},
		"limits an owner whose agreement is suspended": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementSuspended },
			want: limited(now, "AgreementSuspended", v1alpha1.ActorPlatform, "Agreement skd-2026 is suspended",
				"Set the agreement's spec.state to Active when its parties agree"),
		},
		"limits an owner whose agreement is suspended and has run out, as one that ran out": {
			change: func(a *v1alpha1.DataProcessingAgreement) {
				a.Spec.State, a.Spec.Validity.Until = v1alpha1.AgreementSuspended, until(-31*24)
			},
			want: limited(now, "AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 ran out on 2026-01-29 12:00 UTC, and its grace of 30 days is over",
				"Sign a new agreement and have the platform team apply it"),
		},
		"limits an owner whose agreement was signed after its end": {
			change: func(a *v1alpha1.DataProcessingAgreement) {
				a.Spec.Signature.SignedAt, a.Spec.Validity.Until = *until(-1), until(-2)
			},
			want: limited(now, "ValidityReversed", v1alpha1.ActorPlatform,
				"Agreement skd-2026 ends on 2026-03-01 10:00 UTC, before it begins on 2026-03-01 11:00 UTC", "Correct the agreement's spec.validity"),
		},
		"limits an owner that ordered the processing to stop, and whose later agreement has run out since": {
			facts: func(f *serviceowner.Facts) {
				stopped := &f.Holding.Agreements[0]
				later := stopped.DeepCopy()
				later.Name, later.Spec.Validity.From, later.Spec.Validity.Until = "skd-2027", *until(-40 * 24), until(-31*24)
				stopped.Spec.State = v1alpha1.AgreementStopped
				f.Holding.Agreements = append(f.Holding.Agreements, *later)
			},
			want: limited(now, "AgreementExpired", v1alpha1.ActorServiceOwner,
				"Agreement skd-2027 ran out on 2026-01-29 12:00 UTC, and its grace of 30 days is over",
				"Sign a new agreement and have the platform team apply it"),
		},
		"limits an owner that ordered the processing to stop": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementStopped },
			want: limited(now, "AgreementStopped", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 is stopped: skd has ordered the processing to stop",
				"Withdraw the order and have the platform team set the agreement's spec.state to Active"),
		},
		"limits an owner whose agreement was ended": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementTerminated },
			want: limited(now, "AgreementTerminated", v1alpha1.ActorServiceOwner, "Agreement skd-2026 is terminated",
				"Sign a new agreement and have the platform team apply it"),
		},
		"limits an owner with two agreements in force": {
			facts: func(f *serviceowner.Facts) {
				second := f.Holding.Agreements[0].DeepCopy()
				second.Name = "skd-2027"
				f.Holding.Agreements = append(f.Holding.Agreements, *second)
			},
			want: limited(now, "AgreementConflict", v1alpha1.ActorPlatform,
				"Agreements skd-2026 and skd-2027 of skd are in force for the same chapters, and it is not known which holds",
				"End one of them: set its spec.validity.until, or its spec.state to Terminated"),
		},
		"limits an owner whose agreement does not name the platform": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Chapters = a.Spec.Chapters[1:] },
			want: limited(now, "NotCovered", v1alpha1.ActorServiceOwner, "No agreement of skd covers chapter Altinn, which every service owner needs",
				"Have the chapter added to the agreement, or do without"),
		},
		"limits an owner whose agreement accepts terms of the past, when their grace is over": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Terms.Version = "1.7" },
			facts:  func(f *serviceowner.Facts) { f.Holding.Operator.Agreements.Terms.GraceDays = 30 },
			want: limited(now, "TermsOutdated", v1alpha1.ActorServiceOwner, "Agreement skd-2026 accepts terms 1.7; 1.8 apply since 2026-01-05",
				"Accept the current terms and have the platform team put their version into the agreement"),
		},
		"limits an owner whose agreement has a sub-processor that data may not go to": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.SubProcessors[0].Country = "RS" },
			want: limited(now, "TransferNotLawful", v1alpha1.ActorPlatform,
				"Agreement skd-2026: Microsoft Ireland Operations Ltd in RS is outside the EEA and has no ground for a transfer",
				"Agree on a mechanism that fits the country, or replace the sub-processor"),
		},
		"warns an owner whose agreement is about to run out, and wakes at the next warning": {
			change: func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.Until = until(31 * 24) },
			want: at(now.Add(24*time.Hour), warned("Agreement skd-2026 is in force until 2026-04-01 12:00 UTC", decide.Finding{
				Effect: decide.Warn, Part: v1alpha1.ConditionAgreementInForce, Reason: v1alpha1.ReasonAgreementExpiring,
				Message: "Agreement skd-2026 runs out on 2026-04-01 12:00 UTC, within 90 days", Actor: v1alpha1.ActorServiceOwner,
				Remedy: "Sign a new agreement and have the platform team apply it",
			})),
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			if tc.change != nil {
				tc.change(&facts.Holding.Agreements[0])
			}
			if tc.facts != nil {
				tc.facts(&facts)
			}
			got := (&serviceowner.Kind{}).Decide(facts.Owner, facts)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// limited is the admission of an owner with something wrong with its agreement, that is looked at again
// at an instant; never, when that is now.
func limited(next time.Time, reason string, actor v1alpha1.Actor, message, remedy string) decide.Verdict {
	verdict := admitted(decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionAgreementInForce, Reason: reason, Message: message, Actor: actor, Remedy: remedy,
	})
	verdict.Affirmed = verdict.Affirmed[1:]
	if !next.Equal(now) {
		verdict.NextCheck = next
	}
	return verdict
}

// warned is the admission of an owner whose agreement is in force, with a warning.
func warned(message string, warning decide.Finding) decide.Verdict {
	verdict := admitted(warning)
	verdict.Affirmed[0].Message = message
	return verdict
}

// Suspension is named before the agreement, and a namespace that is somebody else's holds the owner
// whatever its agreement.
func TestFindingsKeepTheOrderOfTheRules(t *testing.T) {
	facts := usual(t, newOperator(t))
	facts.Holding.Agreements = nil
	facts.Namespace = foreignNamespace()
	facts.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
	facts.Owner.Spec.Access = []v1alpha1.AccessGrant{{Role: v1alpha1.RoleViewer, Group: "guests", Until: until(1)}}
	missing := limited(now, "AgreementMissing", v1alpha1.ActorPlatform, "Service owner skd has no data processing agreement",
		"Apply the DataProcessingAgreement that was signed; it follows by itself")
	want := decide.Verdict{
		Action: decide.ActionHold, Findings: append([]decide.Finding{suspended, notOurs}, missing.Findings...),
		Affirmed: missing.Affirmed, NextCheck: until(1).Time,
	}
	if diff := cmp.Diff(want, (&serviceowner.Kind{}).Decide(facts.Owner, facts)); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
}

// The first of what runs out is what wakes the owner: a grant, an agreement or an exception.
func TestTheFirstOfAllEndsIsTheNextCheck(t *testing.T) {
	for name, tc := range map[string]struct{ grant, agreement, exception, want int }{
		"a grant":      {grant: 1, agreement: 2, exception: 3, want: 1},
		"an agreement": {grant: 3, agreement: 1, exception: 2, want: 1},
		"an exception": {grant: 2, agreement: 3, exception: 1, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, newOperator(t))
			facts.Holding.Agreements[0].Spec.Validity.Until = until(tc.agreement)
			facts.Owner.Spec.Region = "northeurope"
			facts.Owner.Spec.RegionException = &v1alpha1.RegionException{Expires: metav1.Time{Time: until(tc.exception).Time}}
			facts.Owner.Spec.Access = []v1alpha1.AccessGrant{{Role: v1alpha1.RoleViewer, Group: "guests", Until: until(tc.grant)}}
			got := (&serviceowner.Kind{}).Decide(facts.Owner, facts).NextCheck
			if diff := cmp.Diff(until(tc.want).Time, got); diff != "" {
				t.Errorf("next check (-want +got):\n%s", diff)
			}
		})
	}
}
