// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// answer is which agreement governs a chapter, by names.
type answer struct {
	Agreement string
	Standing  Standing
	Rival     string
	Starts    time.Time
}

// governedOf is who governs the chapter Altinn, and when that may change.
func governedOf(agreements []agreement) (answer, time.Time) {
	i := &instants{now: noon}
	found := i.governing(v1alpha1.ChapterAltinn, agreements, newWorld().operator)
	got := answer{Standing: found.standing}
	if found.standing == InForce && found.starts.After(noon) {
		got.Starts = found.starts
	}
	if found.agreement != nil {
		got.Agreement = found.agreement.Name
	}
	if found.rival != nil {
		got.Rival = found.rival.Name
	}
	return got, i.next
}

// permutations calls try with each order of the agreements.
func permutations(agreements []agreement, try func([]agreement)) {
	var place func(n int)
	place = func(n int) {
		if n == len(agreements) {
			try(agreements)
		}
		for m := n; m < len(agreements); m++ {
			agreements[n], agreements[m] = agreements[m], agreements[n]
			place(n + 1)
			agreements[n], agreements[m] = agreements[m], agreements[n]
		}
	}
	place(0)
}

func TestGoverningAgreementInAnyOrderOfTheList(t *testing.T) {
	named := newAgreement
	stops, ends, suspends := state("Stopped"), state("Terminated"), state("Suspended")
	for name, tc := range map[string]struct {
		agreements []*agreement
		want       answer
		next       string
	}{
		"none":                         {},
		"the only one":                 {[]*agreement{named("a")}, answer{Agreement: "a", Standing: InForce}, ""},
		"none that names the chapter":  {[]*agreement{named("a", chapters("2026-01-01", "KRR"))}, answer{}, ""},
		"in force, before an expired":  {[]*agreement{named("a", until("2026-06-01"), from("2026-05-01")), named("b")}, answer{Agreement: "b", Standing: InForce}, "2026-07-01"},
		"two in force, begun together": {[]*agreement{named("a"), named("b")}, answer{Agreement: "b", Standing: InForce, Rival: "a"}, ""},
		"two in force: the later governs": {[]*agreement{named("a", from("2026-02-01")), named("b")},
			answer{Agreement: "a", Standing: InForce, Rival: "b"}, ""},
		"three in force: the last has the one before as rival": {[]*agreement{named("a"), named("b", from("2026-03-01")), named("c", from("2026-02-01"))},
			answer{Agreement: "b", Standing: InForce, Rival: "c"}, ""},
		"expired, another to come: what was said last": {[]*agreement{named("a", until("2026-03-01")), named("b", from("2026-07-01"))},
			answer{Agreement: "a", Standing: Expired}, "2026-07-01"},
		"in grace, another to come": {[]*agreement{named("a", until("2026-06-15T00:00:00Z")), named("b", from("2026-07-01"))},
			answer{Agreement: "a", Standing: InGrace}, "2026-07-01"},
		"two to come: the first that will": {[]*agreement{named("a", from("2026-09-01")), named("b", from("2026-07-01"))},
			answer{Agreement: "b", Standing: NotYetValid}, "2026-07-01"},
		"a stop later than one in force":                                    {[]*agreement{named("a"), named("b", from("2026-02-01"), stops)}, answer{Agreement: "b", Standing: Stopped}, ""},
		"a stop begun together with one in force, whatever they are called": {[]*agreement{named("a", stops), named("b")}, answer{Agreement: "a", Standing: Stopped}, ""},
		"a stop earlier than one in force":                                  {[]*agreement{named("a", stops), named("b", from("2026-02-01"))}, answer{Agreement: "b", Standing: InForce}, ""},
		"a stop, and a later one that ran out": {[]*agreement{named("a", stops), named("b", from("2026-02-01"), until("2026-06-01"))},
			answer{Agreement: "b", Standing: InGrace}, "2026-07-01"},
		"a stop, and a later one suspended": {[]*agreement{named("a", stops), named("b", from("2026-02-01"), suspends)}, answer{Agreement: "b", Standing: Suspended}, ""},
		"a stop between one in force and a later one that ran out": {
			[]*agreement{named("a"), named("b", from("2026-02-01"), stops), named("c", from("2026-03-01"), until("2026-06-01"))},
			answer{Agreement: "b", Standing: Stopped}, "2026-07-01"},
		"a stop, and a later one to come": {[]*agreement{named("a", stops), named("b", from("2026-07-01"))}, answer{Agreement: "a", Standing: Stopped}, "2026-07-01"},
		"two stops: the later":            {[]*agreement{named("a", stops, from("2026-03-01")), named("b", stops)}, answer{Agreement: "a", Standing: Stopped}, ""},
		"a stop of one yet to begin": {[]*agreement{named("a"), named("b", from("2026-07-01"), stops)},
			answer{Agreement: "a", Standing: InForce}, "2026-07-01"},
		"terminated, and one in force":       {[]*agreement{named("a", from("2026-02-01"), ends), named("b")}, answer{Agreement: "b", Standing: InForce}, ""},
		"suspended, and one in force":        {[]*agreement{named("a", from("2026-02-01"), suspends), named("b")}, answer{Agreement: "b", Standing: InForce}, ""},
		"terminated later than the expired":  {[]*agreement{named("a", ends, from("2026-02-01")), named("b", until("2026-03-01"))}, answer{Agreement: "a", Standing: Terminated}, ""},
		"expired later than the terminated":  {[]*agreement{named("a", ends), named("b", from("2026-02-01"), until("2026-03-01"))}, answer{Agreement: "b", Standing: Expired}, ""},
		"reversed, and one that ran out":     {[]*agreement{named("a", until("2025-12-01")), named("b", until("2026-03-01"))}, answer{Agreement: "b", Standing: Expired}, ""},
		"reversed alone":                     {[]*agreement{named("a", until("2025-12-01"))}, answer{Agreement: "a", Standing: Reversed}, ""},
		"in force, its chapter yet to start": {[]*agreement{named("a", chapters("2026-08-01", "Altinn"))}, answer{Agreement: "a", Standing: InForce, Starts: at("2026-08-01")}, "2026-08-01"},
		"in force, and another whose chapter starts later": {[]*agreement{named("a"), named("b", chapters("2026-08-01", "Altinn"))},
			answer{Agreement: "a", Standing: InForce}, "2026-08-01"},
		"a renewal without a gap, before it": {[]*agreement{named("a", until("2026-07-01")), named("b", from("2026-07-01"))}, answer{Agreement: "a", Standing: InForce}, "2026-07-01"},
		"a renewal without a gap, after it":  {[]*agreement{named("a", until("2026-06-15T12:00:00Z")), named("b", from("2026-06-15T12:00:00Z"))}, answer{Agreement: "b", Standing: InForce}, "2026-07-15T12:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(agreed(tc.agreements...))
			var next time.Time
			if tc.next != "" {
				next = at(tc.next)
			}
			permutations(w.agreements, func(agreements []agreement) {
				got, wakes := governedOf(agreements)
				if diff := cmp.Diff(tc.want, got) + cmp.Diff(next, wakes); diff != "" {
					t.Errorf("governing, and next (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// governingCases are rulings on what several agreements, and chapters, come to.
func governingCases() map[string]rulingCase {
	krr := func(solution string) decide.Finding {
		return ofAgreement(decide.Hold, "NotCovered", "No agreement of skd covers chapter KRR, which integration "+solution+" needs",
			"Have the chapter added to the agreement, or do without", v1alpha1.ActorServiceOwner)
	}
	conflict := func(a, b string) decide.Finding {
		return ofAgreement(decide.Hold, "AgreementConflict",
			"Agreements "+a+" and "+b+" of skd are in force for the same chapters, and it is not known which holds",
			"End one of them: set its spec.validity.until, or its spec.state to Terminated", v1alpha1.ActorPlatform)
	}
	govern := func(ruling Ruling, names ...string) Ruling {
		ruling.Agreement, ruling.Governing = names[0], names
		return ruling
	}
	east := []decide.Affirmation{lying(keptInEast)}
	return map[string]rulingCase{
		"two in force are a conflict, told once for all chapters": {
			world: newWorld(agreed(newAgreement("a", chapters("2026-01-01", "Altinn", "KRR")), newAgreement("b", chapters("2026-01-01", "Altinn", "KRR"))), uses("KRR")),
			want:  Ruling{Agreement: "b", Governing: []string{"b"}, Findings: []decide.Finding{conflict("a", "b")}, Affirmed: east},
		},
		"a conflict over a further chapter only is told, where the contended began later": {
			world: newWorld(agreed(newAgreement("skd-1", from("2026-02-01"), chapters("2026-01-01", "Altinn", "KRR")), newAgreement("b", chapters("2026-01-01", "KRR"))), uses("KRR")),
			want:  refused("", conflict("b", "skd-1")),
		},
		"a conflict over a further chapter only is told, where the contended began earlier": {
			world: newWorld(agreed(newAgreement("skd-1", chapters("2026-01-01", "Altinn", "KRR")), newAgreement("b", from("2026-02-01"), chapters("2026-01-01", "KRR"))), uses("KRR")),
			want:  govern(refused("", conflict("b", "skd-1")), "skd-1", "b"),
		},
		"a conflict over a chapter that is not needed does not concern": {
			world: newWorld(agreed(newAgreement("skd-1", chapters("2026-01-01", "Altinn", "KRR")), newAgreement("b", chapters("2026-01-01", "KRR")))),
			want:  covered(""),
		},
		"different agreements govern different chapters": {
			world: newWorld(agreed(newAgreement("skd-1"), newAgreement("a", chapters("2026-01-01", "KRR"))), uses("KRR")),
			want:  govern(covered(""), "skd-1", "a"),
		},
		"a stop of the agreement on a further chapter withdraws": {
			world: newWorld(agreed(newAgreement("skd-1"), newAgreement("a", chapters("2026-01-01", "KRR"), state("Stopped"))), uses("KRR")),
			want: govern(refused("", ofAgreement(decide.Withdraw, "AgreementStopped", "Agreement a is stopped: skd has ordered the processing to stop",
				"Withdraw the order and have the platform team set the agreement's spec.state to Active", v1alpha1.ActorServiceOwner)), "skd-1", "a"),
		},
		"a chapter that nobody names":           {world: newWorld(uses("KRR")), want: refused("", krr("KRR"))},
		"a solution that needs no chapter":      {world: newWorld(uses("ELMA", "EInnsyn")), want: covered("")},
		"a solution of the platform's own part": {world: newWorld(uses("AltinnStorage", "Dialogporten")), want: covered("")},
		"a chapter that is taken into use later": {
			world: newWorld(only(func(a *agreement) {
				a.Spec.Chapters = append(a.Spec.Chapters, v1alpha1.Chapter{Name: "KRR", TakenIntoUse: "2026-08-01"})
			}), uses("KRR")),
			want: refused("2026-08-01", ofAgreement(decide.Hold, "NotCovered",
				"Agreement skd-1 does not cover chapter KRR, which integration KRR needs, before 2026-08-01",
				"Wait until then, or have the day on which it is taken into use corrected", v1alpha1.ActorServiceOwner)),
		},
		"the platform's own part missing": {
			world: newWorld(only(chapters("2026-01-01", "KRR")), uses("KRR")),
			want: Ruling{Governing: []string{"skd-1"}, Affirmed: east, Findings: []decide.Finding{
				ofAgreement(decide.Hold, "NotCovered", "No agreement of skd covers chapter Altinn, which every App needs",
					"Have the chapter added to the agreement, or do without", v1alpha1.ActorServiceOwner)}},
		},
	}
}

func TestSeveralAgreementsAndChapters(t *testing.T) { tryRulings(t, governingCases()) }
