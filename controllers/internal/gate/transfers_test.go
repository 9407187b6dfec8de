// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// engaged gives an agreement a sub-processor.
func engaged(country v1alpha1.CountryCode, mechanism v1alpha1.TransferMechanism, changes ...func(*v1alpha1.SubProcessor)) func(*agreement) {
	return func(a *agreement) {
		sub := v1alpha1.SubProcessor{Name: "Nimbus", Country: country, Service: "storage", Transfer: v1alpha1.Transfer{Mechanism: mechanism}}
		for _, change := range changes {
			change(&sub)
		}
		a.Spec.SubProcessors = append(a.Spec.SubProcessors, sub)
	}
}

func certified(sub *v1alpha1.SubProcessor) { sub.Transfer.DataPrivacyFramework = true }

// engagedFor limits a sub-processor to a chapter.
func engagedFor(name chapter) func(*v1alpha1.SubProcessor) {
	return func(sub *v1alpha1.SubProcessor) { sub.Chapter = name }
}

// unlawful is the finding of a transfer without a ground.
func unlawful(why string) decide.Finding {
	return ofAgreement(decide.Hold, "TransferNotLawful", "Agreement skd-1: "+why,
		"Agree on a mechanism that fits the country, or replace the sub-processor", v1alpha1.ActorPlatform)
}

// transferCases are sub-processors, and what is said of them.
func transferCases() map[string]rulingCase {
	const notNeeded, adequate, clauses, rules = v1alpha1.TransferNotNeeded, v1alpha1.TransferAdequacy, v1alpha1.TransferClauses, v1alpha1.TransferCorporateRules
	outside := func(country string) decide.Finding {
		return unlawful("Nimbus in " + country + " is outside the EEA and has no ground for a transfer")
	}
	dpf := unlawful("the adequacy decision for the US (2023-07-10) does not cover Nimbus, which is not certified under the Data Privacy Framework")
	britain := unlawful("the adequacy decision for GB, where Nimbus is, ran out on 2031-12-28")
	brazil := unlawful("the adequacy decision for BR, where Nimbus is, holds from 2026-01-26")
	india := unlawful("there is no adequacy decision for IN, where Nimbus is")
	add := func(name chapter) func(*agreement) {
		return func(a *agreement) {
			a.Spec.Chapters = append(a.Spec.Chapters, v1alpha1.Chapter{Name: name, TakenIntoUse: "2026-01-01"})
		}
	}
	krr := []func(*agreement){add("KRR"), engaged("IN", notNeeded, engagedFor("KRR"))}
	return map[string]rulingCase{
		"none needed outside the EEA":                  {newWorld(only(engaged("IN", notNeeded))), refused("", outside("IN"))},
		"none needed in a country that is adequate":    {newWorld(only(engaged("CH", notNeeded))), refused("", outside("CH"))},
		"adequacy without a decision":                  {newWorld(only(engaged("IN", adequate))), refused("", india)},
		"adequacy of the US with certification":        {newWorld(only(engaged("US", adequate, certified))), covered("")},
		"adequacy of the US without certification":     {newWorld(only(engaged("US", adequate))), refused("", dpf)},
		"adequacy of GB a nanosecond before its end":   {newWorld(only(engaged("GB", adequate)), when("2031-12-27T23:59:59.999999999Z")), covered("2031-12-28")},
		"adequacy of GB at its end":                    {newWorld(only(engaged("GB", adequate)), when("2031-12-28")), refused("", britain)},
		"adequacy of BR a nanosecond before it begins": {newWorld(only(engaged("BR", adequate)), when("2026-01-25T23:59:59.999999999Z")), refused("2026-01-26", brazil)},
		"adequacy of BR as it begins":                  {newWorld(only(engaged("BR", adequate)), when("2026-01-26")), covered("")},
		"clauses anywhere":                             {newWorld(only(engaged("IN", clauses), engaged("US", clauses))), covered("")},
		"corporate rules anywhere":                     {newWorld(only(engaged("IN", rules))), covered("")},
		"each that has no ground is told, in order":    {newWorld(only(engaged("US", adequate), engaged("NO", notNeeded), engaged("IN", adequate))), refused("", dpf, india)},
		"one for a chapter that is needed":             {newWorld(only(krr...), uses("KRR")), refused("", outside("IN"))},
		"one for a chapter that is not needed":         {newWorld(only(krr...)), covered("")},
		"one for the platform's own part":              {newWorld(only(engaged("IN", notNeeded, engagedFor("Altinn")))), refused("", outside("IN"))},
		"what does not concern wakes nobody":           {newWorld(only(add("KRR"), engaged("GB", adequate, engagedFor("KRR")))), covered("")},
	}
}

func TestTransfers(t *testing.T) { tryRulings(t, transferCases()) }

// Every country there can be is tried by every mechanism, at an instant and with what must then hold.
func TestGroundsOfEveryCountry(t *testing.T) {
	for _, now := range []time.Time{at("2026-01-25T23:59:59Z"), noon, at("2031-12-28")} {
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				tryCountry(t, v1alpha1.CountryCode([]rune{a, b}), now)
			}
		}
	}
}

func tryCountry(t *testing.T, country v1alpha1.CountryCode, now time.Time) {
	t.Helper()
	eea := slices.Contains(v1alpha1.EEACountries, string(country))
	adequate := slices.ContainsFunc(v1alpha1.AdequacyDecisions, func(d v1alpha1.AdequacyDecision) bool {
		day := now.Format(time.DateOnly)
		return d.Country == country && string(d.Decided) <= day && (d.Until == "" || day < string(d.Until))
	})
	for _, dpf := range []bool{false, true} {
		want := map[v1alpha1.TransferMechanism]bool{
			v1alpha1.TransferNotNeeded: eea,
			v1alpha1.TransferAdequacy:  adequate && (country != "US" || dpf),
			v1alpha1.TransferClauses:   true, v1alpha1.TransferCorporateRules: true,
		}
		got := map[v1alpha1.TransferMechanism]bool{}
		for mechanism := range want {
			i := &instants{now: now}
			got[mechanism] = i.transferWithoutGround(&v1alpha1.SubProcessor{Name: "Nimbus", Country: country,
				Transfer: v1alpha1.Transfer{Mechanism: mechanism, DataPrivacyFramework: dpf}}) == ""
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s at %s, certified %v: grounds (-want +got):\n%s", country, now, dpf, diff)
		}
	}
}
