// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// runsOut is the warning of the sample's end.
func runsOut(within string) decide.Finding {
	return warning(v1alpha1.ConditionInForce, "AgreementExpiring", v1alpha1.ActorServiceOwner,
		"Agreement skd-2026 runs out on 2028-01-05, within "+within, sign)
}

// near sets the clock to some time before the end of a quiet agreement.
func near(before time.Duration) func(*testing.T, *agreement.Facts) {
	return func(_ *testing.T, f *agreement.Facts) {
		quiet(f.Agreement)
		f.Now = end.Add(-before)
	}
}

func TestWarnsOfTheEndAt90And30And7And1Days(t *testing.T) {
	renew := func(change func(*v1alpha1.DataProcessingAgreement)) func(*testing.T, *agreement.Facts) {
		return func(t *testing.T, f *agreement.Facts) {
			near(20*day)(t, f)
			next := agreementWith(t, "skd", "skd-2028")
			next.Spec.Validity.From = at(end)
			ending(&next.Spec, end.AddDate(2, 0, 0))
			change(next)
			add(f, next)
		}
	}
	expect(t, map[string]ruling{
		"not a second too early":                {facts: near(90*day + time.Second), want: well(end.Add(-90 * day))},
		"90 days before":                        {facts: near(90 * day), want: well(end.Add(-89*day), runsOut("90 days"))},
		"no other a second before the next":     {facts: near(30*day + time.Second), want: well(end.Add(-30*day), runsOut("90 days"))},
		"30 days before":                        {facts: near(30 * day), want: well(end.Add(-29*day), runsOut("30 days"))},
		"7 days before":                         {facts: near(7 * day), want: well(end.Add(-6*day), runsOut("7 days"))},
		"1 day before":                          {facts: near(day), want: well(end, runsOut("1 day"))},
		"not where another takes over":          {facts: renew(func(*v1alpha1.DataProcessingAgreement) {}), want: well(end.Add(-19 * day))},
		"where another leaves a second between": {facts: renew(func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.From = at(end.Add(time.Second)) }), want: well(end.Add(-19*day), runsOut("30 days"))},
		"where another is suspended":            {facts: renew(func(a *v1alpha1.DataProcessingAgreement) { a.Spec.State = v1alpha1.AgreementSuspended }), want: well(end.Add(-19*day), runsOut("30 days"))},
		"where another lacks a chapter":         {facts: renew(func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Chapters = a.Spec.Chapters[:3] }), want: well(end.Add(-19*day), runsOut("30 days"))},
		"where another ends as soon":            {facts: renew(func(a *v1alpha1.DataProcessingAgreement) { a.Spec.Validity.From = at(now); ending(&a.Spec, end) }), want: conflicting(runsOut("30 days"))},
	})
}

// conflicting is the verdict on the sample twenty days before its end, beside another in force.
func conflicting(findings ...decide.Finding) decide.Verdict {
	conflict := notInForce("AgreementConflict", v1alpha1.ActorPlatform,
		"Agreements skd-2026 and skd-2028 of skd are in force for the same chapters, and it is not known which holds", endOne)
	return well(end.Add(-19*day), append([]decide.Finding{conflict}, findings...)...)
}

func TestWarnsOfWhatWasToBeDone(t *testing.T) {
	review := func(by string) decide.Finding {
		return warning(v1alpha1.ConditionTransfersLawful, "TransferReviewDue", v1alpha1.ActorPlatform,
			"The ground for transfers to Microsoft Corporation (US) was to be checked by "+by,
			"Check the ground, and put the next day of review into transfer.reviewBy")
	}
	audit := warning("Audits", "AuditOverdue", v1alpha1.ActorPlatform, "The next audit was due on 2026-06-01",
		"Hold the audit and add it to spec.audits")
	expect(t, map[string]ruling{
		"of a ground to be checked again by today": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).SubProcessors[1].Transfer.ReviewBy = "2026-06-01" },
			want:  well(midnight, review("2026-06-01")),
		},
		"not of one to be checked by tomorrow, but wakes then": {
			facts: func(_ *testing.T, f *agreement.Facts) {
				endless(f.Agreement)
				spec(f).SubProcessors[1].Transfer.ReviewBy = "2026-06-02"
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(midnight)),
		},
		"of an audit that was due today": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).Audits[0].Next = "2026-06-01" },
			want:  well(midnight, audit),
		},
		"not of one that has been held since": {
			facts: func(_ *testing.T, f *agreement.Facts) {
				spec(f).Audits[0].Next = "2026-05-01"
				spec(f).Audits = append(spec(f).Audits, v1alpha1.Audit{Date: "2026-05-02", Next: "2027-05-02"})
			},
			want: well(midnight),
		},
		"of a chapter taken into use before the agreement held": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).Chapters[0].TakenIntoUse = "2026-01-04" },
			want:  well(midnight, outside("Altinn on 2026-01-04")),
		},
		"of a chapter to be taken into use when the agreement has run out": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).Chapters[3].TakenIntoUse = "2028-01-05" },
			want:  well(midnight, outside("KRR on 2028-01-05")),
		},
		"not of a chapter taken into use under an earlier agreement": {
			facts: func(t *testing.T, f *agreement.Facts) {
				spec(f).Chapters[0].TakenIntoUse = "2025-06-01"
				earlier := agreementWith(t, "skd", "skd-2025")
				earlier.Spec.Validity.From, earlier.Spec.Signature.SignedAt = at(now.AddDate(-2, 0, 0)), at(now.AddDate(-2, 0, 0))
				ending(&earlier.Spec, spec(f).Validity.From.Time)
				add(f, earlier)
			},
			want: well(midnight),
		},
	})
}

// What was to be done under an agreement that is not in force is nobody's to do. Nor does it wake.
func TestWarnsOfWhatWasToBeDoneOnlyWhileInForce(t *testing.T) {
	for name, change := range map[string]func(*v1alpha1.DataProcessingAgreementSpec){
		"suspended":         func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementSuspended },
		"stopped":           func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementStopped },
		"terminated":        func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementTerminated },
		"run out, in grace": func(s *v1alpha1.DataProcessingAgreementSpec) { ending(s, now.Add(-day)) },
		"run out":           func(s *v1alpha1.DataProcessingAgreementSpec) { ending(s, now.Add(-31*day)) },
		"to come":           func(s *v1alpha1.DataProcessingAgreementSpec) { s.Validity.From = at(now.Add(day)) },
	} {
		t.Run(name, func(t *testing.T) {
			bare, due := usual(t), usual(t)
			for _, facts := range []*agreement.Facts{bare, due} {
				endless(facts.Agreement)
				change(spec(facts))
			}
			spec(due).SubProcessors[0].Transfer.ReviewBy, spec(due).SubProcessors[1].Transfer.ReviewBy = "2026-06-01", "2026-06-02"
			spec(due).Audits = []v1alpha1.Audit{{Date: "2025-06-01", Next: "2026-06-01"}}
			want := (&agreement.Kind{}).Decide(bare.Agreement, *bare)
			if diff := cmp.Diff(want, (&agreement.Kind{}).Decide(due.Agreement, *due)); diff != "" {
				t.Errorf("verdict (-nothing due +due):\n%s", diff)
			}
		})
	}
}

func TestWarnsByNameOfWhatKeepsDataTooLong(t *testing.T) {
	tooLong := func(names string) decide.Finding {
		return warning("Retention", "RetentionTooLong", v1alpha1.ActorServiceOwner,
			"Data is to be kept for longer than agreement skd-2026 allows by "+names,
			"Lower retentionDays there, or have the agreement's spec.retention extended")
	}
	several := func(apps int) func(*testing.T, *agreement.Facts) {
		return func(t *testing.T, f *agreement.Facts) {
			for n := range apps {
				app := appOf(t, "skd", fmt.Sprintf("app-%02d", apps-n))
				app.Spec.Processing.RetentionDays = 3651
				f.Apps = append(f.Apps, *app)
			}
		}
	}
	twenty := "App app-01, App app-02, App app-03, App app-04, App app-05, App app-06, App app-07, App app-08, App app-09, App app-10, " +
		"App app-11, App app-12, App app-13, App app-14, App app-15, App app-16, App app-17, App app-18, App app-19, App app-20"
	expect(t, map[string]ruling{
		"not of what keeps it as long as is allowed": {
			facts: func(t *testing.T, f *agreement.Facts) {
				app := appOf(t, "skd", "income")
				app.Spec.Processing.RetentionDays, app.Spec.Storage.Containers[0].RetentionDays = 3650, 3650
				f.Apps = append(f.Apps, *app)
			},
			want: well(midnight),
		},
		"not of what keeps for long what the agreement sets no limit for": {
			facts: func(t *testing.T, f *agreement.Facts) {
				app := appOf(t, "skd", "income")
				app.Spec.Processing.RetentionDays, app.Spec.Processing.DataCategories = 36500, []v1alpha1.DataCategory{"NationalIdentityNumber"}
				f.Apps = append(f.Apps, *app)
			},
			want: well(midnight),
		},
		"of an App, one of its containers and a ConsentResource, sorted": {
			facts: func(t *testing.T, f *agreement.Facts) {
				consent, kept, stored := consentOf(t, "skd", "income"), appOf(t, "skd", "kept"), appOf(t, "skd", "archive")
				consent.Spec.Processing.RetentionDays, kept.Spec.Processing.RetentionDays = 3651, 3651
				stored.Spec.Storage.Containers[0].RetentionDays = 3651
				f.Apps, f.Consents = []v1alpha1.App{*kept, *stored}, []v1alpha1.ConsentResource{*consent}
			},
			want: well(midnight, tooLong("App archive, App kept, ConsentResource income")),
		},
		"of twenty by name":                       {facts: several(20), want: well(midnight, tooLong(twenty))},
		"of twenty by name and of more by number": {facts: several(25), want: well(midnight, tooLong(twenty+" and 5 more"))},
	})
}
