// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// filled is a table of the four samples, all Ready, but for the consent, which says why.
func filled(ready metav1.ConditionStatus, reason string) *table {
	t := &table{rows: map[string]row{}}
	for _, kind := range kinds {
		t.rows[kind+"sample"] = row{kind: kind, name: "sample", ready: "True", reason: v1alpha1.ReasonReady}
	}
	t.rows["ConsentResourcesample"] = row{kind: "ConsentResource", name: "sample", ready: string(ready), reason: reason, message: "why"}
	return t
}

func TestARunSucceedsWhenAllFourAreReady(t *testing.T) {
	all := filled(metav1.ConditionTrue, v1alpha1.ReasonReady)
	if lacks := all.lacks(); len(lacks) > 0 || !all.settled() {
		t.Errorf("want nothing lacking, got %v", lacks)
	}
}

func TestWhatIsNotReadyIsLacking(t *testing.T) {
	for sentence, tc := range map[string]struct {
		ready   metav1.ConditionStatus
		reason  string
		settled bool
	}{
		"what is refused stays so":           {metav1.ConditionFalse, v1alpha1.ReasonRegistryRefused, true},
		"what is not known may stay so":      {metav1.ConditionUnknown, "RegistryRefused", true},
		"what is under way passes":           {metav1.ConditionFalse, v1alpha1.ReasonProgressing, false},
		"a registry that is silent passes":   {metav1.ConditionUnknown, v1alpha1.ReasonRegistryUnavailable, false},
		"what was not looked at yet will be": {"…", "", false},
	} {
		t.Run(sentence, func(t *testing.T) {
			table := filled(tc.ready, tc.reason)
			if got := table.settled(); got != tc.settled {
				t.Errorf("want settled %t, got %t", tc.settled, got)
			}
			want := []string{"  ConsentResource sample: " + tc.reason + ": why"}
			if got := table.lacks(); !slices.Equal(got, want) {
				t.Errorf("want %q, got %q", want, got)
			}
		})
	}
}

func TestAKindThatIsNotThereIsLacking(t *testing.T) {
	for _, kind := range kinds {
		table := filled(metav1.ConditionTrue, v1alpha1.ReasonReady)
		delete(table.rows, kind+"sample")
		if got := table.lacks(); table.settled() || len(got) != 1 || !strings.Contains(got[0], kind+": not there") {
			t.Errorf("want %s to be waited for, got %q", kind, got)
		}
	}
}

func TestAStatusOfAnOlderGenerationIsNoNews(t *testing.T) {
	consent := &v1alpha1.ConsentResource{ObjectMeta: metav1.ObjectMeta{Name: "income", Generation: 2}}
	consent.Status.ObservedGeneration = 1
	consent.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady}}
	table := &table{rows: map[string]row{}}
	if !table.take(watch.Event{Object: consent}) || table.rows["ConsentResourceincome"].ready != "…" {
		t.Errorf("want a row that waits, got %v", table.rows)
	}
	if table.take(watch.Event{Object: consent}) {
		t.Error("want the same again to be no news")
	}
	consent.Status.ObservedGeneration = 2
	if !table.take(watch.Event{Object: consent}) || table.rows["ConsentResourceincome"].ready != "True" {
		t.Errorf("want a row that is Ready, got %v", table.rows)
	}
}
