// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

func TestBriefTexts(t *testing.T) {
	long := strings.Repeat("å ", 2*longest)
	for name, tc := range map[string]struct {
		text   string
		want   string
		length int
	}{
		"a short text stays":                        {text: "no room", want: "no room"},
		"lines and tabs become spaces":              {text: "one\n\ttwo\r\n  three  ", want: "one two three"},
		"a text of the longest length stays":        {text: strings.Repeat("x", longest), length: longest},
		"a longer text is cut, and shows it":        {text: strings.Repeat("x", longest+1), want: strings.Repeat("x", longest) + "…"},
		"a letter is not cut in half":               {text: "x" + strings.Repeat("å", longest), length: longest - 1 + len("…")},
		"connections are left out before it is cut": {text: "a: Get \"https://x:1/\": " + strings.Repeat("x", longest) + "\nb: no room", want: "a: no answer b: no room"},
		"what is wide stays within bounds":          {text: long, length: longest + len("…")},
	} {
		t.Run(name, func(t *testing.T) {
			got := brief(errors.New(tc.text))
			if tc.want != "" && got != tc.want {
				t.Errorf("want %q, got %q", tc.want, got)
			}
			if tc.length != 0 && len(got) > tc.length || !utf8.ValidString(got) || strings.ContainsAny(got, "\n\r\t") {
				t.Errorf("%d bytes instead of %d: %q", len(got), tc.length, got)
			}
		})
	}
}

func TestMessagesFitIntoACondition(t *testing.T) {
	var findings []decide.Finding
	for range 500 {
		findings = append(findings, decide.Finding{Effect: decide.Hold, Reason: v1alpha1.ReasonReferenceMissing, Message: "Secret " + strings.Repeat("å", 120) + " does not exist"})
	}
	failed := healthOf("Deployment", observe.Failed)
	failed.Message = "exec\nformat\n" + strings.Repeat("x", 40000)
	for name, outcome := range map[string]Outcome{
		"many findings":        observed(Held(heldBy(findings...)), running...),
		"a child's long story": observed(Outcome{Verdict: admitted()}, failed),
	} {
		for _, c := range conditionsOf(outcome, onePart) {
			if len(c.Message) > 32768 || !utf8.ValidString(c.Message) || strings.Contains(c.Message, "\n") {
				t.Errorf("%s: the message of %s has %d bytes; the API server refuses more than 32768", name, c.Type, len(c.Message))
			}
		}
	}
}

func TestStamp(t *testing.T) {
	early, late := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC), time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC)
	at := func(status metav1.ConditionStatus, reason string, generation int64, when time.Time) metav1.Condition {
		return metav1.Condition{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, ObservedGeneration: generation, LastTransitionTime: metav1.NewTime(when)}
	}
	before := at(metav1.ConditionTrue, "Ready", 1, early.Truncate(time.Second))
	for name, tc := range map[string]struct {
		now    metav1.Condition
		before []metav1.Condition
		want   metav1.Condition
	}{
		"a condition that is new gets the time, to the second": {
			now: at("True", "Ready", 0, time.Time{}), want: at("True", "Ready", 2, late),
		},
		"a condition as before keeps its time": {
			now: at("True", "Ready", 0, time.Time{}), before: []metav1.Condition{before}, want: at("True", "Ready", 2, early.Truncate(time.Second)),
		},
		"another reason for the same status keeps the time": {
			now: at("True", "Better", 0, time.Time{}), before: []metav1.Condition{before}, want: at("True", "Better", 2, early.Truncate(time.Second)),
		},
		"another status gets the time": {
			now: at("False", "Ready", 0, time.Time{}), before: []metav1.Condition{before}, want: at("False", "Ready", 2, late),
		},
		"False to Unknown is a change too": {
			now: at("Unknown", "Ready", 0, time.Time{}), before: []metav1.Condition{at("False", "Ready", 1, early)}, want: at("Unknown", "Ready", 2, late),
		},
		"a condition of another type is no matter": {
			now: at("True", "Ready", 0, time.Time{}), want: at("True", "Ready", 2, late),
			before: []metav1.Condition{{Type: v1alpha1.ConditionAvailable, Status: "True", LastTransitionTime: metav1.NewTime(early)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := stamp([]metav1.Condition{tc.now}, tc.before, 2, late.Add(300*time.Millisecond))
			if diff := cmp.Diff([]metav1.Condition{tc.want}, got); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}
