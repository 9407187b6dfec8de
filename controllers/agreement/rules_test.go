// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Remedies.
const (
	sign    = "Sign a new agreement and have the platform team apply it"
	endOne  = "End one of them: set its spec.validity.until, or its spec.state to Terminated"
	accept  = "Accept the current terms and have the platform team put their version into the agreement"
	replace = "Agree on a mechanism that fits the country, or replace the sub-processor"
)

// ruling is a case of what an agreement comes to.
type ruling struct {
	facts func(*testing.T, *agreement.Facts)
	want  decide.Verdict
}

func expect(t *testing.T, cases map[string]ruling) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			facts := usual(t)
			tc.facts(t, facts)
			got := (&agreement.Kind{}).Decide(facts.Agreement, *facts)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// notInForce is a finding against the agreement's being in force.
func notInForce(reason string, actor v1alpha1.Actor, message, remedy string) decide.Finding {
	return finding(v1alpha1.ConditionInForce, reason, actor, message, remedy)
}

func TestAnAgreementIsInForceOrSaysWhyNot(t *testing.T) {
	ownerMissing := notInForce("ServiceOwnerMissing", v1alpha1.ActorPlatform, "There is no ServiceOwner skd: the agreement covers nobody",
		"Apply the ServiceOwner; the agreement follows by itself")
	isSuspended := notInForce("AgreementSuspended", v1alpha1.ActorPlatform, "Agreement skd-2026 is suspended",
		"Set the agreement's spec.state to Active when its parties agree")
	ranOut := notInForce("AgreementExpired", v1alpha1.ActorServiceOwner,
		"Agreement skd-2026 ran out on 2026-06-01 12:00 UTC, today; its grace ends on 2026-07-01 12:00 UTC", sign)
	longGone := notInForce("AgreementExpired", v1alpha1.ActorServiceOwner,
		"Agreement skd-2026 ran out on 2026-05-02 12:00 UTC, and its grace of 30 days is over", sign)
	expect(t, map[string]ruling{
		"is in force within its validity": {
			facts: func(*testing.T, *agreement.Facts) {},
			want:  well(midnight),
		},
		"is in force for ever without an end, and is not looked at again": {
			facts: func(_ *testing.T, f *agreement.Facts) { endless(f.Agreement) },
			want:  affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(time.Time{})),
		},
		"is not in force with an owner nobody knows": {
			facts: func(_ *testing.T, f *agreement.Facts) { f.Owner = nil },
			want:  well(midnight, ownerMissing),
		},
		"is not in force before it begins, and wakes when it does": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).Validity.From = at(now.Add(time.Hour)) },
			want: well(now.Add(time.Hour), notInForce("NotYetValid", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 is not in force before 2026-06-01 13:00 UTC", "Wait until then; it follows by itself"),
				outside(allChapters)),
		},
		"is not in force before it is signed": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).Signature.SignedAt = at(now.Add(time.Second)) },
			want: well(now.Add(time.Second), notInForce("NotYetValid", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 is not in force before 2026-06-01 12:00 UTC", "Wait until then; it follows by itself"),
				outside(allChapters)),
		},
		"is not in force from the instant it runs out, and counts the days of grace": {
			facts: func(_ *testing.T, f *agreement.Facts) { ending(spec(f), now) },
			want:  well(now.Add(day), ranOut),
		},
		"is not in force when its grace is over": {
			facts: func(_ *testing.T, f *agreement.Facts) { ending(spec(f), now.Add(-30*day)) },
			want:  well(time.Time{}, longGone),
		},
		"is not in force when it has run out while it is suspended": {
			facts: func(_ *testing.T, f *agreement.Facts) {
				spec(f).State = v1alpha1.AgreementSuspended
				ending(spec(f), now)
			},
			want: well(now.Add(day), ranOut),
		},
		"is not in force when it is suspended, and its grace is over": {
			facts: func(_ *testing.T, f *agreement.Facts) {
				spec(f).State = v1alpha1.AgreementSuspended
				ending(spec(f), now.Add(-30*day))
			},
			want: well(time.Time{}, longGone),
		},
		"is never in force when it is signed after its end": {
			facts: func(_ *testing.T, f *agreement.Facts) {
				spec(f).Signature.SignedAt = at(now)
				ending(spec(f), now.Add(-time.Hour))
			},
			want: well(time.Time{}, notInForce("ValidityReversed", v1alpha1.ActorPlatform,
				"Agreement skd-2026 ends on 2026-06-01 11:00 UTC, before it begins on 2026-06-01 12:00 UTC", "Correct the agreement's spec.validity"),
				outside(allChapters)),
		},
		"is not in force while it is suspended": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).State = v1alpha1.AgreementSuspended },
			want:  well(midnight, isSuspended),
		},
		"is not in force when it was stopped": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).State = v1alpha1.AgreementStopped },
			want: well(time.Time{}, notInForce("AgreementStopped", v1alpha1.ActorServiceOwner,
				"Agreement skd-2026 is stopped: skd has ordered the processing to stop",
				"Withdraw the order and have the platform team set the agreement's spec.state to Active")),
		},
		"is not in force when it was ended": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).State = v1alpha1.AgreementTerminated },
			want:  well(time.Time{}, notInForce("AgreementTerminated", v1alpha1.ActorServiceOwner, "Agreement skd-2026 is terminated", sign)),
		},
		"is not in force when another is in force for a chapter of it": {
			facts: func(t *testing.T, f *agreement.Facts) {
				rival := agreementWith(t, "skd", "skd-2025")
				rival.Spec.Chapters = rival.Spec.Chapters[2:3]
				add(f, rival)
			},
			want: well(midnight, notInForce("AgreementConflict", v1alpha1.ActorPlatform,
				"Agreements skd-2025 and skd-2026 of skd are in force for the same chapters, and it is not known which holds", endOne)),
		},
		"is in force beside one for other chapters": {
			facts: func(t *testing.T, f *agreement.Facts) {
				other := agreementWith(t, "skd", "skd-esignering")
				other.Spec.Chapters = []v1alpha1.Chapter{{Name: "ESignering", TakenIntoUse: "2026-02-01"}}
				add(f, other)
			},
			want: well(midnight),
		},
		"is in force until another takes its chapter into use, and wakes when it does": {
			facts: func(t *testing.T, f *agreement.Facts) {
				other := agreementWith(t, "skd", "skd-2027")
				other.Spec.Chapters = []v1alpha1.Chapter{{Name: "KRR", TakenIntoUse: "2026-06-02"}}
				ending(spec(f), now.Add(100*day))
				add(f, other)
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force until 2026-09-09 12:00 UTC", well(midnight)),
		},
		"tells of an owner nobody knows beside what else is wrong": {
			facts: func(_ *testing.T, f *agreement.Facts) {
				f.Owner = nil
				spec(f).State = v1alpha1.AgreementSuspended
			},
			want: well(midnight, ownerMissing, isSuspended),
		},
	})
}

// A rival that does not hold is none.
func TestAnAgreementIsInForceBesideOneThatIsNot(t *testing.T) {
	cases := map[string]ruling{}
	for name, change := range map[string]func(*v1alpha1.DataProcessingAgreementSpec){
		"that is suspended":  func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementSuspended },
		"that was ended":     func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementTerminated },
		"that has run out":   func(s *v1alpha1.DataProcessingAgreementSpec) { ending(s, now.Add(-time.Hour)) },
		"that begins in May": func(s *v1alpha1.DataProcessingAgreementSpec) { s.Validity.From = at(end.AddDate(-1, 4, 0)) },
	} {
		cases[name] = ruling{want: well(midnight), facts: func(t *testing.T, f *agreement.Facts) {
			other := agreementWith(t, "skd", "skd-2025")
			change(&other.Spec)
			add(f, other)
		}}
	}
	expect(t, cases)
}

// allChapters are the sample's, and when each was taken into use.
const allChapters = "Altinn on 2026-01-05, IDPorten on 2026-01-05, KRR on 2026-02-01, Maskinporten on 2026-01-05"

// outside is the warning of chapters that were taken into use when the agreement did not hold.
func outside(chapters string) decide.Finding {
	return warning("Chapters", "ChapterOutsideValidity", v1alpha1.ActorPlatform,
		"Agreement skd-2026 did not hold, or will not, when these chapters were taken into use: "+chapters,
		"Correct takenIntoUse in spec.chapters, or record the agreement that held then")
}
