// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
)

// What a decision comes to, and what is said of it.
type settled struct {
	action      decide.Action
	consequence string
}

var (
	admits   = settled{decide.ActionAdmit, ""}
	keeps    = settled{decide.ActionKeep, "Generation 7, admitted under agreement skd-2025, runs on"}
	leaves   = settled{decide.ActionHold, "What runs is left as it is"}
	makesNot = settled{decide.ActionHold, "Nothing is made until then"}
	takesOut = settled{decide.ActionWithdraw, "No pods run; data and names are kept"}
)

// settlements are what follows from a finding: nothing was found, something holds, something withdraws; by
// whether a revision was admitted, children were made, what that revision reads is gone, the owner is gone.
var settlements = map[string]settled{
	"nothing: new":                        admits,
	"nothing: made":                       admits,
	"nothing: admitted":                   admits,
	"nothing: admitted made":              admits,
	"nothing: admitted lost":              admits,
	"nothing: admitted made lost":         admits,
	"hold: new":                           makesNot,
	"hold: made":                          leaves,
	"hold: admitted":                      keeps,
	"hold: admitted made":                 keeps,
	"hold: admitted lost":                 makesNot,
	"hold: admitted made lost":            leaves,
	"hold: orphan":                        makesNot,
	"hold: made orphan":                   leaves,
	"hold: admitted orphan":               makesNot,
	"hold: admitted made orphan":          leaves,
	"hold: admitted lost orphan":          makesNot,
	"hold: admitted made lost orphan":     leaves,
	"withdraw: new":                       makesNot,
	"withdraw: made":                      takesOut,
	"withdraw: admitted":                  takesOut,
	"withdraw: admitted made":             takesOut,
	"withdraw: admitted lost":             takesOut,
	"withdraw: admitted made lost":        takesOut,
	"withdraw: orphan":                    makesNot,
	"withdraw: made orphan":               takesOut,
	"withdraw: admitted orphan":           takesOut,
	"withdraw: admitted made orphan":      takesOut,
	"withdraw: admitted made lost orphan": takesOut,
}

func TestSettling(t *testing.T) {
	for name, want := range settlements {
		t.Run(name, func(t *testing.T) {
			facts := usualFacts(t)
			facts.App.Status.Children = nil
			finding, conditions, _ := strings.Cut(name, ": ")
			switch finding {
			case "hold":
				facts.Agreements[0].Spec.DataCategories = []v1alpha1.DataCategory{"Contact"}
			case "withdraw":
				facts.Agreements[0].Spec.State = v1alpha1.AgreementStopped
			}
			for _, condition := range strings.Fields(conditions) {
				facts = settlingUnder(facts, condition)
			}
			verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			if got := (settled{verdict.Action, verdict.Consequence}); got != want {
				t.Errorf("want %+v, got %+v", want, got)
			}
		})
	}
}

// settlingUnder are facts with one thing more about them.
func settlingUnder(facts app.Facts, condition string) app.Facts {
	switch condition {
	case "made":
		facts.App.Status.Children = []v1alpha1.Child{{APIVersion: "v1", Kind: "Service", Namespace: "so-skd", Name: "income"}}
	case "admitted":
		return facts.WithAdmitted(facts.App.Spec, 7, "skd-2025")
	case "lost":
		return facts.WithKept("", references.Ref{Kind: "Secret", Name: "clients"})
	case "orphan":
		facts.Owner = nil
	}
	return facts
}

// TestReasonsAreNamedInTheirOrder begins with an App of which everything is wrong, and takes away what
// names the reason until nothing is left.
func TestReasonsAreNamedInTheirOrder(t *testing.T) {
	facts := usualFacts(t)
	everythingWrong(&facts)
	for n, step := range []struct {
		reason, says string
		mend         func(*app.Facts)
	}{
		{v1alpha1.ReasonSuspended, "Suspended: Rest", func(f *app.Facts) { f.App.Spec.Suspend = nil }},
		{v1alpha1.ReasonSuspended, "Service owner skd is suspended", func(f *app.Facts) { f.Owner.Spec.Suspend = nil }},
		{v1alpha1.ReasonServiceOwnerMissing, "has not made namespace", func(f *app.Facts) { f.Owner.Status.Namespace = "so-skd" }},
		{v1alpha1.ReasonAgreementSuspended, "is suspended", func(f *app.Facts) { f.Agreements[0].Spec.State = v1alpha1.AgreementActive }},
		{v1alpha1.ReasonNotCovered, "chapter ESignering", func(f *app.Facts) { f.App.Spec.Integrations = nil }},
		{v1alpha1.ReasonNotCovered, "legal basis Article9-2-h", func(f *app.Facts) { f.App.Spec.Processing.LegalBasis = []v1alpha1.LegalBasis{"Article6-1-a"} }},
		{v1alpha1.ReasonNotCovered, "data category Health", func(f *app.Facts) { f.App.Spec.Processing.DataCategories = []v1alpha1.DataCategory{"Economic"} }},
		{v1alpha1.ReasonNotCovered, "data subjects Children", func(f *app.Facts) { f.App.Spec.Processing.DataSubjects = []v1alpha1.DataSubject{"Citizens"} }},
		{v1alpha1.ReasonNotCovered, "for 9999 days", func(f *app.Facts) { f.App.Spec.Processing.RetentionDays = 365 }},
		{v1alpha1.ReasonRegionExceptionMissing, "Region westeurope", func(f *app.Facts) { f.Owner.Spec.Region = "swedencentral" }},
		{v1alpha1.ReasonRegionNotAllowed, "Region swedencentral", func(f *app.Facts) { f.Owner.Spec.Region = "norwayeast" }},
		{v1alpha1.ReasonHostNotOwned, "Host nav.", func(f *app.Facts) { f.App.Spec.Ingress.Host = "" }},
		{v1alpha1.ReasonHostTaken, "App earnings", func(f *app.Facts) { f.SameAddress = nil }},
		{v1alpha1.ReasonReferenceMissing, "Secret clients", func(f *app.Facts) { *f = f.WithReads("") }},
	} {
		verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
		finding, decided := verdict.Deciding()
		if !decided || finding.Reason != step.reason || !strings.Contains(finding.Message, step.says) {
			t.Fatalf("step %d: want %s with %q, got %s: %s", n, step.reason, step.says, finding.Reason, finding.Message)
		}
		step.mend(&facts)
	}
	verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
	if finding, decided := verdict.Deciding(); decided || verdict.Action != decide.ActionAdmit || verdict.Consequence != "" {
		t.Errorf("in the end nothing is wrong, but the verdict is %+v, for %+v", verdict, finding)
	}
	if len(verdict.Findings) != 0 || len(verdict.Affirmed) != 3 {
		t.Errorf("an App that nothing speaks against has three conditions affirmed, got %+v", verdict)
	}
}

// everythingWrong makes every rule that can refuse an App do so.
func everythingWrong(facts *app.Facts) {
	spec := &facts.App.Spec
	spec.Suspend = &v1alpha1.Suspend{Reason: "Rest"}
	spec.Integrations = []v1alpha1.Integration{{Solution: "ESignering"}}
	spec.Ingress.Host = "nav.apps.tt02.altinn.no"
	spec.Processing.LegalBasis = []v1alpha1.LegalBasis{"Article9-2-h"}
	spec.Processing.DataCategories = []v1alpha1.DataCategory{"Economic", "Health"}
	spec.Processing.DataSubjects = []v1alpha1.DataSubject{"Children"}
	spec.Processing.RetentionDays = 9999
	facts.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
	facts.Owner.Spec.Region = "westeurope"
	facts.Owner.Status.Namespace = ""
	facts.Agreements[0].Spec.State = v1alpha1.AgreementSuspended
	facts.SameAddress = []v1alpha1.App{otherApp("so-skd", "earnings", minute(4))}
	*facts = facts.WithReads("", references.Ref{Kind: "Secret", Name: "clients"})
}

func TestAnOrderToStopNamesTheReasonBeforeWhatOnlyHolds(t *testing.T) {
	facts := usualFacts(t)
	facts.Owner.Status.Namespace = ""
	facts.Agreements[0].Spec.State = v1alpha1.AgreementStopped
	facts.App.Spec.Processing.DataCategories = []v1alpha1.DataCategory{"Health"}
	verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
	if finding, _ := verdict.Deciding(); finding.Reason != v1alpha1.ReasonAgreementStopped || finding.Actor != v1alpha1.ActorServiceOwner {
		t.Errorf("the reason is %s, for %s to act", finding.Reason, finding.Actor)
	}
	if len(verdict.Findings) != 3 {
		t.Errorf("the owner's, the agreement's and the category's are all told, got %+v", verdict.Findings)
	}
}
