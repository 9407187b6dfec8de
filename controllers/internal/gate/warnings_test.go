// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// expiring is the warning of an agreement's end.
func expiring(name, end, within string) decide.Finding {
	return ofAgreement(decide.Warn, "AgreementExpiring", "Agreement "+name+" runs out on "+end+", within "+within, newAgreementNeeded, v1alpha1.ActorServiceOwner)
}

// endingCases are warnings of an agreement's end: at each milestone, and the nanosecond before it.
func endingCases() map[string]rulingCase {
	end := at("2026-12-01T12:00:00Z")
	within := []string{"90 days", "30 days", "7 days", "1 day"}
	stands := func(ruling Ruling) Ruling {
		ruling.Affirmed[0].Message = "Agreement skd-1 is in force until 2026-12-01 12:00 UTC"
		return ruling
	}
	cases := map[string]rulingCase{}
	for n, days := range milestones {
		milestone, next := end.AddDate(0, 0, -days), end
		if n+1 < len(milestones) {
			next = end.AddDate(0, 0, -milestones[n+1])
		}
		before := covered(milestone.Format(time.RFC3339))
		if n > 0 {
			before.Findings = []decide.Finding{expiring("skd-1", "2026-12-01 12:00 UTC", within[n-1])}
		}
		ends := only(until("2026-12-01T12:00:00Z"))
		cases[fmt.Sprintf("an agreement %d days before its end", days)] = rulingCase{
			newWorld(ends, when(milestone.Format(time.RFC3339))),
			stands(covered(next.Format(time.RFC3339), expiring("skd-1", "2026-12-01 12:00 UTC", within[n]))),
		}
		cases[fmt.Sprintf("an agreement a nanosecond before the %d days before its end", days)] = rulingCase{
			newWorld(ends, when(milestone.Add(-1).Format(time.RFC3339Nano))), stands(before),
		}
	}
	return cases
}

// graceCases are the days after an agreement's end, each of which is told of.
func graceCases() map[string]rulingCase {
	cases := map[string]rulingCase{}
	for days, said := range map[int]string{0: "today", 1: "1 day ago", 2: "2 days ago", 29: "29 days ago"} {
		finding := ofAgreement(decide.Hold, "AgreementExpired",
			"Agreement skd-1 ran out on 2026-06-01, "+said+"; its grace ends on 2026-07-01", newAgreementNeeded, v1alpha1.ActorServiceOwner)
		day := at("2026-06-01").AddDate(0, 0, days)
		want := refused(day.AddDate(0, 0, 1).Format(time.RFC3339), finding)
		for at, instant := range map[string]time.Time{"the first": day, "the last": day.AddDate(0, 0, 1).Add(-1)} {
			cases[fmt.Sprintf("%s instant of day %d after the end", at, days)] = rulingCase{
				newWorld(only(until("2026-06-01")), when(instant.Format(time.RFC3339Nano))), want,
			}
		}
	}
	return cases
}

// renewalCases are agreements that end soon, with another beside them.
func renewalCases() map[string]rulingCase {
	ends := newAgreement("skd-1", until("2026-06-20"), chapters("2026-01-01", "Altinn", "KRR"))
	both := chapters("2026-06-20", "Altinn", "KRR")
	warned := expiring("skd-1", "2026-06-20", "7 days")
	ruled := func(other *agreement, next string, warnings ...decide.Finding) rulingCase {
		want := covered(next, warnings...)
		want.Affirmed[0].Message = "Agreement skd-1 is in force until 2026-06-20"
		return rulingCase{newWorld(agreed(ends, other)), want}
	}
	return map[string]rulingCase{
		"renewed without a gap":                     ruled(newAgreement("skd-2", from("2026-06-20"), both), "2026-06-20"),
		"renewed a second too late":                 ruled(newAgreement("skd-2", from("2026-06-20T00:00:01Z"), both), "2026-06-19", warned),
		"renewed, and signed too late":              ruled(newAgreement("skd-2", from("2026-06-20"), signed("2026-06-21"), both), "2026-06-19", warned),
		"renewed but for a chapter":                 ruled(newAgreement("skd-2", from("2026-06-20"), chapters("2026-06-20", "Altinn")), "2026-06-19", warned),
		"renewed, with a chapter that starts later": ruled(newAgreement("skd-2", from("2026-06-20"), chapters("2026-06-21", "Altinn", "KRR")), "2026-06-19", warned),
		"renewed by one that is suspended":          ruled(newAgreement("skd-2", from("2026-06-20"), both, state("Suspended")), "2026-06-19", warned),
		"renewed by one that ends as soon":          ruled(newAgreement("skd-2", from("2026-06-19"), until("2026-06-20"), chapters("2026-06-20", "Altinn", "KRR")), "2026-06-19", warned),
		"renewed by one that ends a second later":   ruled(newAgreement("skd-2", from("2026-06-20"), until("2026-06-20T00:00:01Z"), both), "2026-06-20"),
	}
}

func TestWarningsOfAnAgreementsEnd(t *testing.T) { tryRulings(t, endingCases()) }
func TestEachDayOfGraceIsToldOf(t *testing.T)    { tryRulings(t, graceCases()) }
func TestWarningsEndWithARenewal(t *testing.T)   { tryRulings(t, renewalCases()) }
