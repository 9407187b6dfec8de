// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// saysOfStorage is what a verdict says of StorageReady, one line for each finding, for what is awaited and for what
// is well.
func saysOfStorage(verdict decide.Verdict) (lines []string) {
	for _, finding := range verdict.Findings {
		if finding.Part == v1alpha1.ConditionStorageReady {
			lines = append(lines, finding.Reason+": "+finding.Message)
		}
	}
	for _, awaited := range verdict.Outstanding {
		if awaited.Part == v1alpha1.ConditionStorageReady && awaited.Status == metav1.ConditionFalse {
			lines = append(lines, awaited.Reason+": "+awaited.Message)
		}
	}
	for _, affirmed := range verdict.Affirmed {
		if affirmed.Part == v1alpha1.ConditionStorageReady {
			lines = append(lines, affirmed.Message)
		}
	}
	return lines
}

func TestWhatIsSaidOfStorage(t *testing.T) {
	const allStand = "All that data is kept in stands as declared"
	uncovered := func(f *app.Facts) { f.App.Spec.Processing.DataCategories = []v1alpha1.DataCategory{"Health"} }
	for name, tc := range map[string]struct {
		containers []string
		change     func(*app.Facts)
		action     decide.Action
		want       []string
	}{
		"nothing of an App that keeps nothing":      {action: decide.ActionAdmit},
		"nothing where nobody keeps data":           {containers: []string{"letters"}, change: func(f *app.Facts) { f.Storage = nil }, action: decide.ActionAdmit},
		"what is awaited, until it is there":        {containers: []string{"letters"}, action: decide.ActionAdmit, want: []string{"Progressing: Being made or changed: Shelf income.letters, Pass income.letters"}},
		"that all stands, when it does":             {containers: []string{"letters"}, change: func(f *app.Facts) { standing(f, "letters") }, action: decide.ActionAdmit, want: []string{allStand}},
		"nothing of an App that was let in never":   {containers: []string{"letters"}, change: uncovered, action: decide.ActionHold},
		"nothing of what cannot be rendered at all": {containers: []string{"refused"}, action: decide.ActionAdmit},
		"what is wrong, and the App is let in all the same": {
			containers: []string{"letters"}, action: decide.ActionAdmit,
			change: func(f *app.Facts) {
				standing(f, "letters")
				f.Standing[0] = aShelf(shelfKind, "so-skd", "income.letters", "wrong", "bent")
			},
			want: []string{"StorageRefused: Shelf income.letters is bent", allStand},
		},
		"which kinds the cluster lacks": {
			containers: []string{"letters"}, action: decide.ActionAdmit,
			change: func(f *app.Facts) { f.Storage = shelved(passKind); standing(f, "letters"); f.Standing = f.Standing[:1] },
			want: []string{
				"ProviderMissing: The cluster does not know passes.storage.example.no, which storage of provider Shelves is declared in",
				"Progressing: Being made or changed: Pass income.letters",
			},
		},
		"not which it lacks, of an App that keeps nothing": {change: func(f *app.Facts) { f.Storage = shelved(shelfKind) }, action: decide.ActionAdmit},
		"how that is which was admitted last, where what is declared is held": {
			containers: []string{"letters", "receipts"}, action: decide.ActionKeep,
			change: func(f *app.Facts) {
				admitted := f.App.DeepCopy().Spec
				admitted.Storage = inContainers("letters")
				*f = f.WithAdmitted(admitted, 1, "skd-2026")
				standing(f, "letters")
				uncovered(f)
			},
			want: []string{allStand},
		},
		"how that is which is on record, where nothing is known to have been admitted": {
			containers: []string{"letters"}, action: decide.ActionHold,
			change: func(f *app.Facts) { onRecord(f, "letters"); uncovered(f) },
			want:   []string{"Progressing: Being made or changed: Shelf income.letters, Pass income.letters"},
		},
		"how the data is of an App that is out of service, and nothing of the way to it": {
			containers: []string{"letters"}, action: decide.ActionWithdraw,
			change: func(f *app.Facts) {
				*f = f.WithAdmitted(f.App.Spec, 1, "skd-2026")
				f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"}
				standing(f, "letters")
				f.Standing = f.Standing[:1]
			},
			want: []string{allStand},
		},
		"nothing while nobody is there whose data it is": {
			containers: []string{"letters"}, action: decide.ActionHold,
			change: func(f *app.Facts) { onRecord(f, "letters"); f.Owner = nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := keeping(t, tc.containers...)
			if tc.change != nil {
				tc.change(&facts)
			}
			verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			if diff := cmp.Diff(tc.want, saysOfStorage(verdict)); diff != "" || verdict.Action != tc.action {
				t.Errorf("action %v, not %v; said (-want +got):\n%s", verdict.Action, tc.action, diff)
			}
		})
	}
}

func TestAnAppIsWarnedThatNobodyKeepsItsData(t *testing.T) {
	facts := keeping(t, "letters")
	facts.Storage = nil
	want := decide.Verdict{Action: decide.ActionAdmit, Findings: []decide.Finding{{
		Effect: decide.Warn, Part: "Storage", Actor: v1alpha1.ActorPlatform,
		Message: "This installation keeps no data for Apps: none of spec.storage.containers is made",
		Remedy:  "Name a storage.provider in the operator's configuration",
	}}}
	got := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
	if diff := cmp.Diff(want.Findings, got.Findings); diff != "" || got.Action != want.Action {
		t.Errorf("action %v, findings (-want +got):\n%s", got.Action, diff)
	}
}

func TestWhatDataIsKeptInIsSparedWhenNothingIsKnownOfIt(t *testing.T) {
	shelf := v1alpha1.Child{APIVersion: "storage.example.no/v1", Kind: "Shelf", Namespace: "so-skd", Name: "income.letters"}
	drawer := v1alpha1.Child{APIVersion: "drawer.example.no/v1", Kind: "Drawer", Namespace: "so-skd", Name: "income"}
	for name, tc := range map[string]struct {
		store  *storage.Storage
		spared map[v1alpha1.Child]bool
	}{
		"without a storage all of it is":                  {nil, map[v1alpha1.Child]bool{shelf: true, drawer: true}},
		"with one, what is of another is":                 {shelved(), map[v1alpha1.Child]bool{shelf: false, drawer: true}},
		"and what is of a kind the cluster does not know": {shelved(shelfKind), map[v1alpha1.Child]bool{shelf: true, drawer: true}},
	} {
		t.Run(name, func(t *testing.T) {
			kind := &app.Kind{Storage: tc.store}
			for ref, want := range tc.spared {
				if kind.Spares(ref) != want {
					t.Errorf("%s is spared: %v", ref.Kind, !want)
				}
			}
			for _, child := range append(app.Children(), &gatewayv1.HTTPRoute{}) {
				ref, err := apply.Reference(child, scheme)
				if err != nil || kind.Spares(ref) {
					t.Errorf("%s is spared, and would never be pruned (%v)", ref.Kind, err)
				}
			}
		})
	}
}

func TestAnAppIsWarnedOfWhatAnotherStorageKeeps(t *testing.T) {
	facts := keeping(t)
	onRecord(&facts, "letters")
	kind := &app.Kind{Operator: facts.Operator}
	if got := kind.Decide(facts.App, facts); len(got.Findings) > 0 {
		t.Errorf("warned of its own: %+v", got.Findings)
	}
	facts.Storage = nil
	want := []decide.Finding{{
		Effect: decide.Warn, Part: "Storage", Actor: v1alpha1.ActorPlatform,
		Message: "Made under a configuration of another storage, and left as it is: Pass income.letters, Shelf income.letters",
		Remedy:  "Name that storage in the operator's configuration again; or move the data, and delete what is left",
	}}
	got := kind.Decide(facts.App, facts)
	if diff := cmp.Diff(want, got.Findings); diff != "" || got.Action != decide.ActionAdmit {
		t.Errorf("action %v, findings (-want +got):\n%s", got.Action, diff)
	}
}

// left says that data has come to lie in a region.
func left(region v1alpha1.Region, why string) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Part: v1alpha1.ConditionRegionCompliant, Reason: v1alpha1.ReasonRegionDrift, Actor: v1alpha1.ActorPlatform,
		Message: "Data is kept in shelf skd, which lies in region " + string(region) + ", " + why,
		Remedy:  "Find out who moved it and tell the service owner's incident contact (GDPR art. 33); move the data back to an allowed region",
	}
}

func TestDataThatHasLeftLetsNothingNewIn(t *testing.T) {
	const gone = "which is not allowed"
	held, refusal := "Nothing is made until then", errors.New("no region")
	admittedLast := func(f *app.Facts) { *f = f.WithAdmitted(f.App.Spec, 1, "skd-2026") }
	unknown := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonStorageRefused, Actor: v1alpha1.ActorPlatform,
		Message: "What service owner skd keeps its data in cannot be made: no region",
		Remedy:  "Look at kubectl describe serviceowner skd; the App follows by itself",
	}
	for name, tc := range map[string]struct {
		region      v1alpha1.Region
		change      func(*app.Facts)
		action      decide.Action
		consequence string
		want        []decide.Finding
	}{
		"where it lies where it may, all goes on": {region: "norwaywest", action: decide.ActionAdmit},
		"a new App is held":                       {region: "eastus", action: decide.ActionHold, consequence: held, want: []decide.Finding{left("eastus", gone)}},
		"a new App is held by what only the agreement does not name, as where it runs does not": {
			region: "norwaywest", change: func(f *app.Facts) { f.Agreements[0].Spec.Regions = []v1alpha1.Region{"norwayeast"} },
			action: decide.ActionHold, consequence: held, want: []decide.Finding{left("norwaywest", "which agreement skd-2026 does not name")},
		},
		"what runs, runs on": {
			region: "eastus", change: admittedLast, action: decide.ActionKeep,
			consequence: "Generation 1, admitted under agreement skd-2026, runs on", want: []decide.Finding{left("eastus", gone)},
		},
		"what was taken out of service does not come back to it": {
			region: "eastus", change: func(f *app.Facts) { admittedLast(f); *f = f.WithWithdrawn("AgreementStopped") }, action: decide.ActionWithdraw,
			consequence: "It was withdrawn (AgreementStopped) and comes back when an agreement in force covers it. No pods run; data and names are kept",
			want:        []decide.Finding{left("eastus", gone)},
		},
		"where it cannot be told, a new App is held": {
			region: "norwayeast", change: func(f *app.Facts) { f.PlacesUnknown = refusal },
			action: decide.ActionHold, consequence: held, want: []decide.Finding{unknown},
		},
		"where it cannot be told, what runs, runs on": {
			region: "norwayeast", change: func(f *app.Facts) { admittedLast(f); f.PlacesUnknown = refusal }, action: decide.ActionKeep,
			consequence: "Generation 1, admitted under agreement skd-2026, runs on", want: []decide.Finding{unknown},
		},
		"where it cannot be told, what was taken out of service stays so": {
			region: "norwayeast", change: func(f *app.Facts) {
				admittedLast(f)
				*f = f.WithWithdrawn("AgreementStopped")
				f.PlacesUnknown = refusal
			},
			action:      decide.ActionWithdraw,
			consequence: "It was withdrawn (AgreementStopped) and comes back when an agreement in force covers it. No pods run; data and names are kept",
			want:        []decide.Finding{unknown},
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := keeping(t)
			facts.App.Status.Children = nil
			facts.DataPlaces = []gate.Place{{What: "shelf skd", Region: tc.region, Keeps: true}}
			if tc.change != nil {
				tc.change(&facts)
			}
			got := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			if diff := cmp.Diff(tc.want, got.Findings); diff != "" || got.Action != tc.action || got.Consequence != tc.consequence {
				t.Errorf("action %v, consequence %q, findings (-want +got):\n%s", got.Action, got.Consequence, diff)
			}
		})
	}
}

func TestAContainerIsNotKeptLongerThanTheAgreementAllows(t *testing.T) {
	facts := keeping(t, "letters")
	facts.Agreements[0].Spec.Retention = []v1alpha1.RetentionLimit{{Category: "Economic", MaxDays: 365}}
	kind := &app.Kind{Operator: facts.Operator}
	for days, want := range map[int32]decide.Action{365: decide.ActionAdmit, 366: decide.ActionHold} {
		facts.App.Spec.Storage.Containers[0].RetentionDays = days
		facts.App.Status.Children = nil
		got := kind.Decide(facts.App, facts)
		if finding, _ := got.Deciding(); got.Action != want || want == decide.ActionHold && finding.Reason != v1alpha1.ReasonNotCovered {
			t.Errorf("kept for %d days: %v, %+v", days, got.Action, got.Findings)
		}
	}
}
