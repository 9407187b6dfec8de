// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// assessCase is a world and what its first agreement comes to.
type assessCase struct {
	world *world
	want  Assessment
}

const (
	termsAccepted = "Terms 1.8 are accepted"
	nobodyOutside = "No sub-processor is outside the EEA"
)

// found is an assessment: the conditions that are well, each with what is said of it; next; findings.
func found(inForce, terms, transfers, next string, findings ...decide.Finding) Assessment {
	assessment := Assessment{Findings: findings}
	for _, well := range []decide.Affirmation{
		{Part: v1alpha1.ConditionInForce, Message: inForce}, {Part: v1alpha1.ConditionTermsCurrent, Message: terms},
		{Part: v1alpha1.ConditionTransfersLawful, Message: transfers},
	} {
		if well.Message != "" {
			assessment.Affirmed = append(assessment.Affirmed, well)
		}
	}
	if next != "" {
		assessment.Next = at(next)
	}
	return assessment
}

// left is an assessment with the days that are left.
func (a Assessment) left(days int32) Assessment {
	a.DaysLeft = ptr.To(days)
	return a
}

// limited is a finding as it stands at a condition of the agreement itself; warned is a warning there.
func limited(part string, finding decide.Finding) decide.Finding {
	finding.Effect, finding.Part = decide.Limit, part
	return finding
}

func warned(part, reason, message, remedy string, actor v1alpha1.Actor) decide.Finding {
	return decide.Finding{Effect: decide.Warn, Part: part, Reason: reason, Message: message, Actor: actor, Remedy: remedy}
}

// assessConditions are the conditions of an agreement.
func assessConditions() map[string]assessCase {
	const inForce, current, lawful = v1alpha1.ConditionInForce, v1alpha1.ConditionTermsCurrent, v1alpha1.ConditionTransfersLawful
	conflict := limited(inForce, governingCases()["a conflict over a further chapter only is told, where the contended began later"].want.Findings[0])
	nobody := decide.Finding{Effect: decide.Limit, Part: inForce, Reason: "ServiceOwnerMissing", Actor: v1alpha1.ActorPlatform,
		Message: "There is no ServiceOwner skd: the agreement covers nobody", Remedy: "Apply the ServiceOwner; the agreement follows by itself"}
	gone := func(w *world) { w.owner = nil }
	outdated := limited(current, termsCases()["older terms"].want.Findings[0])
	inTime := limited(current, termsCases()["as others apply, within grace"].want.Findings[0])
	inTime.Effect = decide.Warn
	india := limited(lawful, unlawful("Nimbus in IN is outside the EEA and has no ground for a transfer"))
	rival := func(changes ...func(*agreement)) func(*world) {
		return agreed(newAgreement("skd-1", chapters("2026-01-01", "Altinn", "KRR")), newAgreement("b", append(changes, signed("2025-11-01"))...))
	}
	cases := map[string]assessCase{
		"all is well":                                    {newWorld(), found(inForceNow, termsAccepted, nobodyOutside, "")},
		"without a service owner":                        {newWorld(gone), found("", termsAccepted, nobodyOutside, "", nobody)},
		"without a service owner, suspended":             {newWorld(gone, only(state("Suspended"))), found("", termsAccepted, nobodyOutside, "", nobody, limited(inForce, rungs()["suspended"].finding))},
		"another in force for a chapter":                 {newWorld(rival(chapters("2026-01-01", "KRR"))), found("", termsAccepted, nobodyOutside, "", conflict)},
		"another in force for another chapter":           {newWorld(rival(chapters("2026-01-01", "DPV"))), found(inForceNow, termsAccepted, nobodyOutside, "")},
		"another whose chapter starts later":             {newWorld(rival(chapters("2026-08-01", "KRR"))), found(inForceNow, termsAccepted, nobodyOutside, "2026-08-01")},
		"another that ran out":                           {newWorld(rival(chapters("2026-01-01", "KRR"), until("2026-06-01"))), found(inForceNow, termsAccepted, nobodyOutside, "2026-07-01")},
		"older terms":                                    {newWorld(terms("1.9", "2026-06-01", 0)), found(inForceNow, "", nobodyOutside, "", outdated)},
		"older terms, within grace, are a warning":       {newWorld(terms("1.9", "2026-06-01", 30)), found(inForceNow, termsAccepted, nobodyOutside, "2026-07-01", inTime)},
		"transfers with grounds":                         {newWorld(only(engaged("CH", v1alpha1.TransferAdequacy), engaged("NO", v1alpha1.TransferNotNeeded), engaged("IN", v1alpha1.TransferClauses))), found(inForceNow, termsAccepted, "Sub-processors outside the EEA: 2, each with a ground for its transfers", "")},
		"a transfer without, whatever chapter it is for": {newWorld(only(engaged("IN", v1alpha1.TransferNotNeeded, engagedFor("DPV")))), found(inForceNow, termsAccepted, "", "", india)},
	}
	for name, rung := range rungs() {
		if rung.standing == InForce {
			continue
		}
		want := found("", termsAccepted, nobodyOutside, rung.next, limited(inForce, rung.finding))
		switch rung.standing {
		case InGrace:
			want = want.left(-14)
		case NotYetValid:
			want.Findings = append(want.Findings, outsideChapters("Altinn on 2026-01-01"))
		}
		if rung.standing == Reversed {
			want.Findings = append(want.Findings, outsideChapters("Altinn on 2026-01-01"))
		}
		for _, afterGrace := range []configuration.AfterGrace{configuration.KeepRunning, configuration.SuspendAfterGrace} {
			cases[name+", with afterGrace "+string(afterGrace)] = assessCase{
				newWorld(only(rung.change...), func(w *world) { w.operator.Agreements.AfterGrace = afterGrace }), want,
			}
		}
	}
	return cases
}

// outsideChapters is the warning of chapters taken into use when nothing held.
func outsideChapters(which string) decide.Finding {
	return warned("Chapters", "ChapterOutsideValidity", "Agreement skd-1 did not hold, or will not, when these chapters were taken into use: "+which,
		"Correct takenIntoUse in spec.chapters, or record the agreement that held then", v1alpha1.ActorPlatform)
}

// assessWarnings are the warnings of an agreement.
func assessWarnings() map[string]assessCase {
	well := func(next string, warnings ...decide.Finding) Assessment {
		return found(inForceNow, termsAccepted, nobodyOutside, next, warnings...)
	}
	review := func(sub *v1alpha1.SubProcessor) { sub.Transfer.ReviewBy = "2026-06-10" }
	reviewed := only(engaged("NO", v1alpha1.TransferNotNeeded, review))
	due := warned(v1alpha1.ConditionTransfersLawful, "TransferReviewDue", "The ground for transfers to Nimbus (NO) was to be checked by 2026-06-10",
		"Check the ground, and put the next day of review into transfer.reviewBy", v1alpha1.ActorPlatform)
	audits := func(audits ...v1alpha1.Audit) func(*world) {
		return only(func(a *agreement) { a.Spec.Audits = audits })
	}
	old, last := v1alpha1.Audit{Date: "2024-01-01", Next: "2025-01-01"}, v1alpha1.Audit{Date: "2025-02-01", Next: "2026-06-10"}
	overdue := warned("Audits", "AuditOverdue", "The next audit was due on 2026-06-10", "Hold the audit and add it to spec.audits", v1alpha1.ActorPlatform)
	ending := found(inForceNow+" until 2026-06-20", termsAccepted, nobodyOutside, "2026-06-16", limitedTo(decide.Warn, expiring("skd-1", "2026-06-20", "7 days"))).left(5)
	renewed := found(inForceNow+" until 2026-06-20", termsAccepted, nobodyOutside, "2026-06-16").left(5)
	return map[string]assessCase{
		"it runs out soon":                   {newWorld(only(until("2026-06-20"))), ending},
		"it runs out soon and is renewed":    {newWorld(agreed(newAgreement("skd-1", until("2026-06-20")), newAgreement("skd-2", from("2026-06-20")))), renewed},
		"a ground is to be checked tomorrow": {newWorld(reviewed, when("2026-06-09T23:59:59.999999999Z")), well("2026-06-10")},
		"a ground is to be checked":          {newWorld(reviewed, when("2026-06-10")), well("", due)},
		"an audit was due":                   {newWorld(audits(last, old)), well("", overdue)},
		"an audit is due tomorrow":           {newWorld(audits(old, last), when("2026-06-09T23:59:59.999999999Z")), well("2026-06-10")},
		"an audit was due and was held":      {newWorld(audits(old, v1alpha1.Audit{Date: "2025-02-01"})), well("")},
		"chapters taken into use before it held": {
			newWorld(only(from("2026-02-01T08:00:00Z"), func(a *agreement) {
				a.Spec.Chapters = []v1alpha1.Chapter{{Name: "KRR", TakenIntoUse: "2026-01-31"}, {Name: "Altinn", TakenIntoUse: "2026-01-01"}, {Name: "DPV", TakenIntoUse: "2026-02-01"}}
			})), well("", outsideChapters("Altinn on 2026-01-01, KRR on 2026-01-31")),
		},
		"a chapter taken into use under an earlier agreement": {
			newWorld(agreed(newAgreement("skd-1", from("2026-03-01")), newAgreement("skd-0", until("2026-03-01")))), well("")},
		"a chapter to be taken into use at its end, when another will hold": {
			newWorld(agreed(newAgreement("skd-1", until("2027-06-15T12:00:00Z"), chapters("2027-06-16", "Altinn")),
				newAgreement("skd-2", from("2027-06-15T12:00:00Z"), chapters("2027-06-16", "Altinn")))),
			found(inForceNow+" until 2027-06-15 12:00 UTC", termsAccepted, nobodyOutside, "2026-06-16T12:00:00Z", outsideChapters("Altinn on 2027-06-16")).left(365)},
		"a chapter an earlier agreement did not name": {
			newWorld(agreed(newAgreement("skd-1", from("2026-03-01")), newAgreement("skd-0", until("2026-03-01"), chapters("2026-01-01", "KRR")))),
			well("", outsideChapters("Altinn on 2026-01-01"))},
	}
}

func limitedTo(effect decide.Effect, finding decide.Finding) decide.Finding {
	finding.Effect, finding.Part = effect, v1alpha1.ConditionInForce
	return finding
}

func tryAssessments(t *testing.T, cases map[string]assessCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.world.assess()); diff != "" {
				t.Errorf("assessment (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAssessedConditions(t *testing.T) { tryAssessments(t, assessConditions()) }
func TestAssessedWarnings(t *testing.T)   { tryAssessments(t, assessWarnings()) }

// days is how many are left, and when there is one less.
type days struct {
	Left int32
	Next string
}

func TestDaysLeft(t *testing.T) {
	for now, want := range map[string]days{
		"2026-05-30T00:00:00Z":           {2, "2026-05-31T00:00:00Z"},
		"2026-05-30T23:59:59.999999999Z": {2, "2026-05-31T00:00:00Z"},
		"2026-05-31T00:00:00Z":           {1, "2026-06-01T00:00:00Z"},
		"2026-05-31T23:59:59.999999999Z": {1, "2026-06-01T00:00:00Z"},
		"2026-06-01T00:00:00Z":           {0, "2026-06-02T00:00:00Z"},
		"2026-06-01T23:59:59.999999999Z": {0, "2026-06-02T00:00:00Z"},
		"2026-06-02T00:00:00Z":           {-1, "2026-06-03T00:00:00Z"},
		"2025-06-01T00:00:00Z":           {365, "2025-06-02T00:00:00Z"},
	} {
		i := &instants{now: at(now)}
		left := i.daysLeft(newAgreement("skd-1", until("2026-06-01")), InForce)
		if got := (days{*left, i.next.Format("2006-01-02T15:04:05Z")}); got != want {
			t.Errorf("at %s: %v, not %v", now, got, want)
		}
	}
	if i := (&instants{now: noon}); i.daysLeft(newAgreement("skd-1"), InForce) != nil || !i.next.IsZero() {
		t.Error("without an end, days are counted")
	}
	for _, standing := range []Standing{NotYetValid, Expired, Stopped, Terminated, Reversed} {
		if i := (&instants{now: noon}); i.daysLeft(newAgreement("skd-1", until("2026-06-01")), standing) != nil || !i.next.IsZero() {
			t.Errorf("standing %d: the days of an agreement that is not are counted", standing)
		}
	}
}
