// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestAnUnevenFixtureHasItsAppsWithTheFirstOwner(t *testing.T) {
	made, err := newUnevenFixture("../..", 5, 2)
	if err != nil {
		t.Fatal(err)
	}
	var namespaces []string
	names := map[string]bool{}
	for _, app := range made.apps {
		namespaces = append(namespaces, app.Namespace)
		names[app.Name] = true
	}
	want := append(slices.Repeat([]string{"so-bench000"}, 5), "so-bench001", "so-bench001")
	if !slices.Equal(namespaces, want) || len(names) != 7 || len(made.owners) != 2 {
		t.Errorf("%d owners, %d names, namespaces %v", len(made.owners), len(names), namespaces)
	}
}

func TestAnEditTakesWhatTheAppsUseAndNoMore(t *testing.T) {
	made, err := newFixture("../..", 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	agreement, used := made.agreements[0], made.apps[0].Spec.Processing.DataCategories
	whole := agreement.DeepCopy()
	less := narrowed(agreement, used)
	for _, category := range used {
		if !slices.Contains(agreement.Spec.DataCategories, category) {
			t.Errorf("%s was not covered before", category)
		}
	}
	gone := used[len(used)-1]
	if slices.Contains(less.Spec.DataCategories, gone) || len(less.Spec.DataCategories) != len(whole.Spec.DataCategories)-1 {
		t.Errorf("covers %v, of %v", less.Spec.DataCategories, whole.Spec.DataCategories)
	}
	for _, limit := range less.Spec.Retention {
		if limit.Category == gone {
			t.Errorf("still limits how long %s is kept", gone)
		}
	}
	// The edit goes to the server as what differs between the two.
	if !slices.Equal(agreement.Spec.DataCategories, whole.Spec.DataCategories) || !slices.Equal(agreement.Spec.Retention, whole.Spec.Retention) {
		t.Errorf("the agreement itself was changed: %v", agreement.Spec)
	}
}

// told is an App whose Ready has a reason.
func told(namespace, name, version, reason string) *v1alpha1.App {
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, ResourceVersion: version}}
	app.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason}}
	return app
}

func TestAnEditHasArrivedWithTheLastApp(t *testing.T) {
	r := &recorder{apps: map[client.ObjectKey]*sight{}}
	start := time.Now()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	for i, app := range []*v1alpha1.App{
		told("so-a", "x", "1", v1alpha1.ReasonProgressing), told("so-a", "y", "2", v1alpha1.ReasonProgressing),
		told("so-b", "x", "3", v1alpha1.ReasonProgressing), told("so-b", "y", "4", v1alpha1.ReasonProgressing),
	} {
		r.see("App", app, at(i-10))
	}
	r.see("App", told("so-a", "y", "5", v1alpha1.ReasonNotCovered), at(1))
	if r.covered(2) == nil {
		t.Error("arrived with the first App")
	}
	r.see("App", told("so-b", "y", "6", v1alpha1.ReasonProgressing), at(2))
	r.see("App", told("so-b", "y", "6", v1alpha1.ReasonProgressing), at(3)) // shown again by a new watch
	r.see("App", told("so-a", "x", "7", v1alpha1.ReasonNotCovered), at(4))
	r.see("App", told("so-a", "x", "8", v1alpha1.ReasonNotCovered), at(5)) // something else changed
	if err := r.covered(2); err != nil {
		t.Error(err)
	}
	if first, last, others := r.refusals(start, "so-a"); first != 1 || last != 4 || others != 1 {
		t.Errorf("first after %v, last after %v, %d others", first, last, others)
	}
	apps := r.inNamespace("so-a")
	if len(apps) != 2 || apps[client.ObjectKey{Namespace: "so-a", Name: "x"}].ResourceVersion != "8" {
		t.Errorf("the Apps as last seen: %v", apps)
	}
}

func TestCountsAreOfWhatWasAdded(t *testing.T) {
	before := counts{tally{"PUT 200": 3}, tally{"PUT apps/status": 5, "POST events": 1}, 7}
	now := counts{tally{"PUT 200": 5, "POST 201": 2}, tally{"PUT apps/status": 7, "POST events": 2, "PATCH events": 1}, 9}
	added := now.minus(before)
	run := &editedRun{Passes: added.passes, Requests: added.operator, Server: added.server}
	if run.Statuses() != 2 || run.Events() != 2 || run.Passes != 2 || run.Requests.writes() != 4 {
		t.Errorf("%d statuses, %d events, %d passes, %d writes", run.Statuses(), run.Events(), run.Passes, run.Requests.writes())
	}
}

func TestTheResultTellsOfTheEdit(t *testing.T) {
	r := &result{Edited: []*editedRun{{
		Apps: 200, Neighbours: 10, Woken: 1, First: 0.1, Wall: 4, Passes: 210,
		Server: tally{"PUT apps/status": 200, "POST events": 190, "PATCH events": 10},
		Raw:    &rawRun{Writes: 200, Wall: 3, Spent: cost{Disturbance: 20}},
	}}}
	text := r.markdown()
	for _, line := range []string{
		"| **an agreement's edit: all statuses written / last of 200 Apps seen** | **0.75** | ≥ 0.6 |",
		"| the same in what others left of the machine | 0.60 | |",
		"| edit: others disturbed a run | 20 % |",
		"| edit: statuses, passes, events per App | 1.00, 1.05, 1.00 | 1, 1, 1 |",
		"| edit: Apps of another service owner written, of 10 | 1 | 0 |",
		"| operator: last App seen, s | 4.0 |",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the page lacks %q:\n%s", line, text)
		}
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{`"Wall":4`, `"Woken":1`, `"Raw":{"Writes":200`} {
		if !strings.Contains(string(raw), field) {
			t.Errorf("for programs, %s is missing: %s", field, raw)
		}
	}
	if strings.Contains((&result{}).markdown(), "edit") {
		t.Error("an edit that was left out is told of")
	}
}
