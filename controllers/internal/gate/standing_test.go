// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"testing"
	"time"
	_ "time/tzdata" // days are counted where clocks change, wherever tests run

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stood is where an agreement stands, and when it may stand elsewhere.
type stood struct {
	Standing Standing
	Next     time.Time
}

func TestStandingAtExactInstants(t *testing.T) {
	bounded := []func(*agreement){from("2026-03-01"), until("2026-06-01")}
	add := func(more ...func(*agreement)) []func(*agreement) { return append(bounded[:2:2], more...) }
	for name, tc := range map[string]struct {
		change []func(*agreement)
		now    string
		want   stood
	}{
		"a nanosecond before it begins it is not yet valid": {bounded, "2026-02-28T23:59:59.999999999Z", stood{NotYetValid, at("2026-03-01")}},
		"as it begins it is in force":                       {bounded, "2026-03-01T00:00:00Z", stood{InForce, at("2026-06-01")}},
		"a nanosecond before its end it is in force":        {bounded, "2026-05-31T23:59:59.999999999Z", stood{InForce, at("2026-06-01")}},
		"at its end it is in grace":                         {bounded, "2026-06-01T00:00:00Z", stood{InGrace, at("2026-07-01")}},
		"a nanosecond before the end of grace it is in it":  {bounded, "2026-06-30T23:59:59.999999999Z", stood{InGrace, at("2026-07-01")}},
		"at the end of grace it is expired, for good":       {bounded, "2026-07-01T00:00:00Z", stood{Expired, time.Time{}}},
		"without an end it is in force for good":            {[]func(*agreement){from("2026-03-01")}, "2126-03-01T00:00:00Z", stood{InForce, time.Time{}}},
		"signed late, it is not yet valid until then":       {add(signed("2026-04-01T09:30:00Z")), "2026-04-01T09:29:59.999999999Z", stood{NotYetValid, at("2026-04-01T09:30:00Z")}},
		"signed late, it is in force from then on":          {add(signed("2026-04-01T09:30:00Z")), "2026-04-01T09:30:00Z", stood{InForce, at("2026-06-01")}},
		"one that ends as it begins is reversed":            {add(until("2026-03-01")), "2026-03-01T00:00:00Z", stood{Reversed, time.Time{}}},
		"one that ends a second after it begins is not":     {add(until("2026-03-01T00:00:01Z")), "2026-03-01T00:00:00Z", stood{InForce, at("2026-03-01T00:00:01Z")}},
		"a suspended one is not yet valid before it begins": {add(state("Suspended")), "2026-02-01T00:00:00Z", stood{NotYetValid, at("2026-03-01")}},
		"a suspended one is suspended while it would hold":  {add(state("Suspended")), "2026-04-01T00:00:00Z", stood{Suspended, at("2026-06-01")}},
		"a suspended one runs out all the same":             {add(state("Suspended")), "2026-06-01T00:00:00Z", stood{InGrace, at("2026-07-01")}},
		"one that is signed when it has ended is reversed":  {add(signed("2026-06-01")), "2026-06-02T00:00:00Z", stood{Reversed, time.Time{}}},
		"a stopped one is stopped when it is long expired":  {add(state("Stopped")), "2027-02-01T00:00:00Z", stood{Stopped, time.Time{}}},
		"a terminated one is terminated within validity":    {add(state("Terminated")), "2026-04-01T00:00:00Z", stood{Terminated, time.Time{}}},
		"a state weighs more than a reversed validity":      {add(until("2026-02-01"), state("Stopped")), "2026-04-01T00:00:00Z", stood{Stopped, time.Time{}}},
	} {
		t.Run(name, func(t *testing.T) {
			i := &instants{now: at(tc.now)}
			got := stood{Standing: i.standingOf(newAgreement("skd-1", tc.change...), newWorld().operator)}
			got.Next = i.next
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("standing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutDaysOfGraceAnAgreementExpiresAtItsEnd(t *testing.T) {
	operator := newWorld().operator
	operator.Agreements.GraceDays = 0
	i := &instants{now: at("2026-06-01")}
	if got := i.standingOf(newAgreement("skd-1", until("2026-06-01")), operator); got != Expired || !i.next.IsZero() {
		t.Errorf("standing %d, next %s", got, i.next)
	}
}

// The API client gives instants in the zone of the machine. Days of grace and of warnings are counted in
// UTC all the same: in Norway, clocks change between these ends and the days counted from them.
func TestDaysAreCountedInUTC(t *testing.T) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	operator := newWorld().operator
	for _, end := range []string{"2026-03-15", "2026-05-15"} {
		utc, there := newAgreement("skd-1", until(end)), newAgreement("skd-1", until(end))
		there.Spec.Validity.Until = &metav1.Time{Time: there.Spec.Validity.Until.In(oslo)}
		for now := at("2025-11-01"); now.Before(at("2026-07-01")); now = now.Add(time.Hour) {
			want := Assess(Holding{Code: "skd", Agreements: []agreement{*utc}, Operator: operator}, utc, now)
			got := Assess(Holding{Code: "skd", Agreements: []agreement{*there}, Operator: operator}, there, now)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("at %s (-in UTC +in Oslo):\n%s", now, diff)
			}
		}
	}
}

func TestTextsOfInstants(t *testing.T) {
	for instant, want := range map[string]string{
		"2026-06-01T00:00:00Z":      "2026-06-01",
		"2026-06-01T02:00:00+02:00": "2026-06-01",
		"2026-06-01T00:00:00+02:00": "2026-05-31 22:00 UTC",
		"2026-06-01T09:30:59Z":      "2026-06-01 09:30 UTC",
	} {
		if got := said(at(instant)); got != want {
			t.Errorf("%s is said %q, not %q", instant, got, want)
		}
	}
	for days, want := range map[int]string{0: "today", 1: "1 day ago", 2: "2 days ago"} {
		if got := ago(days); got != want {
			t.Errorf("%d days ago is said %q", days, got)
		}
	}
}
