// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// terms makes the platform ask for terms from a day on, with days of grace.
func terms(version string, from v1alpha1.Date, grace int) func(*world) {
	return func(w *world) {
		w.operator.Agreements.Terms = configuration.Terms{Version: version, ValidFrom: from, GraceDays: grace}
	}
}

// accepting makes an agreement accept terms.
func accepting(version string) func(*world) {
	return only(func(a *agreement) { a.Spec.Terms.Version = version })
}

// termsCases are what agreements accept, and what applies.
func termsCases() map[string]rulingCase {
	outdated := func(effect decide.Effect, message string) decide.Finding {
		return ofAgreement(effect, "TermsOutdated", "Agreement skd-1 accepts terms 1.8; "+message,
			"Accept the current terms and have the platform team put their version into the agreement", v1alpha1.ActorServiceOwner)
	}
	const (
		since   = "1.9 apply since 2026-06-01"
		inGrace = since + ", and must be accepted by 2026-07-01"
	)
	return map[string]rulingCase{
		"any are good when none are asked for": {newWorld(accepting("0.1")), covered("")},
		"the terms that apply":                 {newWorld(terms("1.8", "2026-06-01", 0)), covered("")},
		"later terms":                          {newWorld(accepting("1.10"), terms("1.9", "2026-06-01", 0)), covered("")},
		"older terms":                          {newWorld(terms("1.9", "2026-06-01", 0)), refused("", outdated(decide.Hold, since))},
		"a nanosecond before others apply":     {newWorld(terms("1.9", "2026-06-01", 30), when("2026-05-31T23:59:59.999999999Z")), covered("2026-06-01")},
		"as others apply, within grace":        {newWorld(terms("1.9", "2026-06-01", 30), when("2026-06-01")), covered("2026-07-01", outdated(decide.Warn, inGrace))},
		"a nanosecond before the end of grace": {newWorld(terms("1.9", "2026-06-01", 30), when("2026-06-30T23:59:59.999999999Z")), covered("2026-07-01", outdated(decide.Warn, inGrace))},
		"at the end of grace":                  {newWorld(terms("1.9", "2026-06-01", 30), when("2026-07-01")), refused("", outdated(decide.Hold, since))},
		"older terms of a suspended agreement are told too": {
			newWorld(only(state("Suspended")), terms("1.9", "2026-06-01", 0)),
			refused("", held(rungs()["suspended"].finding), outdated(decide.Hold, since)),
		},
	}
}

func TestTerms(t *testing.T) { tryRulings(t, termsCases()) }

func TestVersionsAreComparedNumberByNumber(t *testing.T) {
	ordered := []string{"0", "0.9", "1", "1.0.1", "1.8", "1.8.1", "1.9", "1.10", "1.10.2", "1.11", "2", "10"}
	for a, first := range ordered {
		for b, second := range ordered {
			want := 0
			if a != b {
				want = (a - b) / max(a-b, b-a)
			}
			if got := compareVersions(first, second); got != want {
				t.Errorf("%s compared with %s is %d", first, second, got)
			}
		}
	}
	for _, same := range [][2]string{{"1", "1.0"}, {"1.8", "1.08"}, {"1.8.0.0", "1.8"}, {"", "0"}} {
		if got := compareVersions(same[0], same[1]) | compareVersions(same[1], same[0]); got != 0 {
			t.Errorf("%q and %q are not the same", same[0], same[1])
		}
	}
}
