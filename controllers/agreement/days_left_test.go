// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
)

func TestDaysLeftAndTheNextCheckAreExact(t *testing.T) {
	begin := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		now  time.Time
		left *int32
		next *time.Time
	}{
		"a second before a day less is left": {end.Add(-100*day - time.Second), ptr.To[int32](101), ptr.To(end.Add(-100 * day))},
		"the instant a day less is left":     {end.Add(-100 * day), ptr.To[int32](100), ptr.To(end.Add(-99 * day))},
		"a second later":                     {end.Add(-100*day + time.Second), ptr.To[int32](100), ptr.To(end.Add(-99 * day))},
		"90 days before":                     {end.Add(-90 * day), ptr.To[int32](90), ptr.To(end.Add(-89 * day))},
		"the instant the last day begins":    {end.Add(-day), ptr.To[int32](1), &end},
		"the last second":                    {end.Add(-time.Second), ptr.To[int32](1), &end},
		"the nanosecond before it runs out":  {end.Add(-1), ptr.To[int32](1), &end},
		"the instant it has run out":         {end, ptr.To[int32](0), ptr.To(end.Add(day))},
		"the last second of the day after":   {end.Add(day - time.Second), ptr.To[int32](0), ptr.To(end.Add(day))},
		"a day after":                        {end.Add(day), ptr.To[int32](-1), ptr.To(end.Add(2 * day))},
		"the last second of its grace":       {end.Add(30*day - time.Second), ptr.To[int32](-29), ptr.To(end.Add(30 * day))},
		"the instant its grace is over":      {end.Add(30 * day), nil, nil},
		"years after, when nobody minds":     {end.Add(1000*day + time.Hour), nil, nil},
		"before it has begun, when it does":  {begin.Add(-time.Minute), nil, &begin},
		"in a zone of its own, the same day": {end.Add(-100 * day).In(time.FixedZone("CET", 3600)), ptr.To[int32](100), ptr.To(end.Add(-99 * day))},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t)
			quiet(facts.Agreement)
			facts.Now = tc.now
			expectDays(t, facts, tc.left, tc.next)
		})
	}
}

// expectDays is about an agreement that nothing lives under.
func expectDays(t *testing.T, facts *agreement.Facts, left *int32, next *time.Time) {
	t.Helper()
	want := v1alpha1.DataProcessingAgreementStatus{DaysLeft: left}
	if next != nil {
		want.NextCheck = &metav1.Time{Time: *next}
	}
	if diff := cmp.Diff(want, described(facts)); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// A suspended agreement runs out as any other. Of one that was ended, or never is, nobody counts the days,
// and nothing wakes for them.
func TestDaysAreCountedOfWhatIsOrMayBeAgain(t *testing.T) {
	for state, counted := range map[v1alpha1.AgreementState]bool{
		v1alpha1.AgreementActive: true, v1alpha1.AgreementSuspended: true,
		v1alpha1.AgreementStopped: false, v1alpha1.AgreementTerminated: false,
	} {
		t.Run(string(state), func(t *testing.T) {
			facts := usual(t)
			spec(facts).State = state
			if counted {
				expectDays(t, facts, ptr.To[int32](583), &midnight)
			} else {
				expectDays(t, facts, nil, nil)
			}
		})
	}
	facts := usual(t)
	spec(facts).Signature.SignedAt = at(end)
	expectDays(t, facts, nil, nil)
}

// An agreement without an end has no days left to count. What lives under it may still have its
// instants.
func TestWithoutAnEndOnlyWhatLivesUnderItWakesAnAgreement(t *testing.T) {
	facts := usual(t)
	endless(facts.Agreement)
	if diff := cmp.Diff(v1alpha1.DataProcessingAgreementStatus{}, described(facts)); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	expires := now.Add(200 * day)
	facts.Owner.Spec.Region = "northeurope"
	facts.Owner.Spec.RegionException = &v1alpha1.RegionException{Expires: metav1.NewTime(expires)}
	spec(facts).Regions = append(spec(facts).Regions, "northeurope")
	facts.Consents = append(facts.Consents, *consentOf(t, "skd", "income"))
	want := v1alpha1.DataProcessingAgreementStatus{
		Covered:   v1alpha1.Coverage{ConsentResources: these("income")},
		InUse:     v1alpha1.Coverage{ConsentResources: these("income")},
		NextCheck: &metav1.Time{Time: expires.Add(-90 * day)},
	}
	if diff := cmp.Diff(want, described(facts)); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}
