// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
)

var staysOut = settled{decide.ActionWithdraw,
	"It was withdrawn (AgreementStopped) and comes back when an agreement in force covers it. No pods run; data and names are kept"}

// reconsideration is what becomes of an App that was admitted with KRR, under an agreement of its own for
// that chapter.
type reconsideration struct {
	// withdrawn is why it was taken out of service before.
	withdrawn string
	// change is what has become different since.
	change func(*app.Facts)
	// want is what is decided, reason the one that is named, recorded why the record says it is out.
	want             settled
	reason, recorded string
}

// reconsiderations are told by what has happened since the App was admitted.
var reconsiderations = map[string]reconsideration{
	"an edit that drops the stopped chapter, and is held": {
		change: func(f *app.Facts) { evade(f); stop(f) },
		want:   takesOut, reason: v1alpha1.ReasonAgreementStopped, recorded: v1alpha1.ReasonAgreementStopped,
	},
	"an edit that drops the terminated chapter, and is held": {
		change: func(f *app.Facts) { evade(f); f.Agreements[1].Spec.State = v1alpha1.AgreementTerminated },
		want:   takesOut, reason: v1alpha1.ReasonAgreementTerminated, recorded: v1alpha1.ReasonAgreementTerminated,
	},
	"an edit that drops the stopped chapter, and reads what is not there": {
		change: func(f *app.Facts) {
			stop(f)
			f.App.Spec.Integrations = nil
			*f = f.WithReads("", references.Ref{Kind: "Secret", Name: "clients"})
		},
		want: takesOut, reason: v1alpha1.ReasonAgreementStopped, recorded: v1alpha1.ReasonAgreementStopped,
	},
	"an edit that drops the stopped chapter, and is covered": {
		change: func(f *app.Facts) { stop(f); f.App.Spec.Integrations = nil }, want: admits,
	},
	"an edit that drops the suspended chapter, and is held": {
		change: func(f *app.Facts) { evade(f); f.Agreements[1].Spec.State = v1alpha1.AgreementSuspended },
		want:   keeps, reason: v1alpha1.ReasonNotCovered,
	},
	"no agreement is left, and none took it out": {
		change: func(f *app.Facts) { f.Agreements = nil }, want: keeps, reason: v1alpha1.ReasonAgreementMissing,
	},
	"no agreement is left": {
		withdrawn: v1alpha1.ReasonAgreementStopped,
		change:    func(f *app.Facts) { f.Agreements = nil },
		want:      staysOut, reason: v1alpha1.ReasonAgreementMissing, recorded: v1alpha1.ReasonAgreementStopped,
	},
	"the agreement that took it out is gone, and an edit that does without is held": {
		withdrawn: v1alpha1.ReasonAgreementStopped,
		change:    func(f *app.Facts) { evade(f); f.Agreements = f.Agreements[:1] },
		want:      staysOut, reason: v1alpha1.ReasonNotCovered, recorded: v1alpha1.ReasonAgreementStopped,
	},
	"an agreement in force does not cover what was admitted": {
		withdrawn: v1alpha1.ReasonAgreementStopped,
		change: func(f *app.Facts) {
			f.Agreements[0].Spec.DataCategories = []v1alpha1.DataCategory{"Contact"}
		},
		want: staysOut, reason: v1alpha1.ReasonNotCovered, recorded: v1alpha1.ReasonAgreementStopped,
	},
	"agreements in force cover it": {
		withdrawn: v1alpha1.ReasonAgreementStopped, change: func(*app.Facts) {}, want: admits,
	},
	"agreements in force cover what was admitted, and not what is declared": {
		withdrawn: v1alpha1.ReasonAgreementStopped, change: evade, want: keeps, reason: v1alpha1.ReasonNotCovered,
	},
	"agreements in force cover what is declared, and not what was admitted": {
		withdrawn: v1alpha1.ReasonAgreementStopped,
		change: func(f *app.Facts) {
			f.App.Spec.Processing.DataCategories = []v1alpha1.DataCategory{"Contact"}
			f.Agreements[0].Spec.DataCategories = []v1alpha1.DataCategory{"Contact"}
		},
		want: admits,
	},
	"its owner takes out of service what no agreement did": {
		change: suspending, want: takesOut, reason: v1alpha1.ReasonSuspended,
	},
	"its owner takes it out of service too": {
		withdrawn: v1alpha1.ReasonAgreementStopped,
		change:    func(f *app.Facts) { suspending(f); f.Agreements = nil },
		want:      takesOut, reason: v1alpha1.ReasonSuspended, recorded: v1alpha1.ReasonAgreementStopped,
	},
}

// stop orders the processing that KRR is for to stop.
func stop(facts *app.Facts) { facts.Agreements[1].Spec.State = v1alpha1.AgreementStopped }

// evade edits an App so that it does without KRR, and so that no agreement covers it.
func evade(facts *app.Facts) {
	facts.App.Spec.Integrations = nil
	facts.App.Spec.Processing.DataCategories = []v1alpha1.DataCategory{"Economic", health}
}

func suspending(facts *app.Facts) {
	facts.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"}
}

// withKRR are the facts of an App that was admitted with KRR.
func withKRR(t testing.TB) app.Facts {
	t.Helper()
	facts := usualFacts(t)
	facts.App.Spec.Integrations = []v1alpha1.Integration{{Solution: "KRR"}}
	krr := sampleAgreement(t, "skd")
	krr.Name = "skd-krr"
	krr.Spec.Chapters = krr.Spec.Chapters[3:]
	facts.Agreements[0].Spec.Chapters = facts.Agreements[0].Spec.Chapters[:3]
	facts.Agreements = append(facts.Agreements, krr)
	return facts.WithAdmitted(*facts.App.Spec.DeepCopy(), 7, "skd-2025")
}

func TestWhatRunsIsReconsideredWhereWhatIsDeclaredIsHeld(t *testing.T) {
	for name, tc := range reconsiderations {
		t.Run(name, func(t *testing.T) {
			facts := withKRR(t).WithWithdrawn(tc.withdrawn)
			tc.change(&facts)
			kind := &app.Kind{Operator: facts.Operator}
			verdict := kind.Decide(facts.App, facts)
			if got := (settled{verdict.Action, verdict.Consequence}); got != tc.want {
				t.Errorf("want %+v, got %+v", tc.want, got)
			}
			if finding, _ := verdict.Deciding(); finding.Reason != tc.reason {
				t.Errorf("reason: want %q, got %q", tc.reason, finding.Reason)
			}
			children, err := kind.Render(facts.App, facts, verdict.Action)
			if err != nil {
				t.Fatal(err)
			}
			record, ok := children[0].Object.(*appsv1.ControllerRevision)
			if got, said := record.GetAnnotations()[v1alpha1.AnnotationWithdrawn]; !ok || !said || got != tc.recorded {
				t.Errorf("recorded as withdrawn: want %q, got %q", tc.recorded, got)
			}
		})
	}
}

func TestWhatRunsIsLookedAtAgainWhereWhatIsDeclaredIsHeld(t *testing.T) {
	facts := withKRR(t)
	facts.Operator.Agreements.AfterGrace, facts.Operator.Agreements.GraceDays = configuration.SuspendAfterGrace, 1
	end := fromNow(-day + near)
	facts.Agreements[1].Spec.Validity.Until = &end
	evade(&facts)
	verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
	if want := born.Add(near); verdict.Action != decide.ActionKeep || !verdict.NextCheck.Equal(want) {
		t.Errorf("want it kept until %s, got %+v", want.Format(time.DateTime), verdict)
	}
	facts.Now = born.Add(near)
	if verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts); verdict.Action != decide.ActionWithdraw {
		t.Errorf("then it is withdrawn, but got %+v", verdict)
	}
}

// TestKeepingAnAddressThatSomebodyElseHas asks for what becomes of an App that moves elsewhere, by who
// else asks for the address it was admitted at.
func TestKeepingAnAddressThatSomebodyElseHas(t *testing.T) {
	serving := otherApp("so-skd", "earnings", minute(6))
	serving.Status.URL = "https://skd.apps.tt02.altinn.no/skd/income/"
	for name, tc := range map[string]struct {
		others []v1alpha1.App
		want   settled
	}{
		"nobody":                        {want: keeps},
		"a younger one":                 {others: []v1alpha1.App{otherApp("so-skd", "earnings", minute(6))}, want: keeps},
		"an older one":                  {others: []v1alpha1.App{otherApp("so-skd", "earnings", minute(4))}, want: leaves},
		"a younger one that serves it":  {others: []v1alpha1.App{serving}, want: leaves},
		"an older one that may not":     {others: []v1alpha1.App{otherApp("so-nav", "earnings", minute(4))}, want: keeps},
		"a younger one and an older":    {others: []v1alpha1.App{otherApp("so-skd", "a", minute(6)), otherApp("so-skd", "b", minute(4))}, want: leaves},
		"one that serves and an older":  {others: []v1alpha1.App{serving, otherApp("so-skd", "b", minute(4))}, want: leaves},
		"one that serves and a younger": {others: []v1alpha1.App{otherApp("so-skd", "c", minute(7)), serving}, want: leaves},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usualFacts(t)
			facts = facts.WithAdmitted(*facts.App.Spec.DeepCopy(), 7, "skd-2025")
			facts.App.Spec.Ingress.Path = "/skd/elsewhere/"
			facts.App.Spec.Processing.DataCategories = []v1alpha1.DataCategory{health}
			facts.KeptAddress = tc.others
			verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			if got := (settled{verdict.Action, verdict.Consequence}); got != tc.want {
				t.Errorf("want %+v, got %+v", tc.want, got)
			}
		})
	}
}
