// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// instants compares instants with now, and remembers the first of those still to come. Whatever asks
// it cannot forget to be asked again in time.
type instants struct{ now, next time.Time }

// reached says whether an instant has come.
func (i *instants) reached(instant time.Time) bool {
	if !instant.After(i.now) {
		return true
	}
	if i.next.IsZero() || instant.Before(i.next) {
		i.next = instant
	}
	return false
}

// day is how long a day is. Days are counted in UTC.
const day = 24 * time.Hour

// startOf is the instant a day begins; the zero time for a text that is no day.
func startOf(date v1alpha1.Date) time.Time {
	start, err := time.Parse(time.DateOnly, string(date))
	if err != nil {
		return time.Time{}
	}
	return start
}

// said is an instant as people read it: the day, and the minute if it is not the day's first.
func said(instant time.Time) string {
	instant = instant.UTC()
	if instant.Equal(instant.Truncate(day)) {
		return instant.Format(time.DateOnly)
	}
	return instant.Format("2006-01-02 15:04 UTC")
}

// milestones are the days before an end at which people are warned of it.
var milestones = []int{90, 30, 7, 1}

// warnedOf is the last milestone before an end that has been reached; 0 when none has.
func (i *instants) warnedOf(end time.Time) (days int) {
	for _, milestone := range milestones {
		if i.reached(end.UTC().AddDate(0, 0, -milestone)) {
			days = milestone
		}
	}
	return days
}

// daysSince is how many whole days have gone by since an instant that has come. It wakes when the next
// has.
func (i *instants) daysSince(instant time.Time) int {
	days := int(i.now.Sub(instant) / day)
	i.reached(instant.Add(time.Duration(days+1) * day))
	return days
}
