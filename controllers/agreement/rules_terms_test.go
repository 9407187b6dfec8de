// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

func TestAnAgreementAcceptsTheTermsOfTodayOrSaysNot(t *testing.T) {
	outdated := func(message string) decide.Finding {
		return finding(v1alpha1.ConditionTermsCurrent, "TermsOutdated", v1alpha1.ActorServiceOwner, message, accept)
	}
	toAccept := outdated("Agreement skd-2026 accepts terms 1.8; 1.10 apply since 2026-06-01, and must be accepted by 2026-06-04")
	toAccept.Effect = decide.Warn
	apply := func(version string, from v1alpha1.Date, grace int) func(*testing.T, *agreement.Facts) {
		return func(_ *testing.T, f *agreement.Facts) {
			f.Operator.Agreements.Terms = configuration.Terms{Version: version, ValidFrom: from, GraceDays: grace}
		}
	}
	expect(t, map[string]ruling{
		"says nothing where any terms are good": {facts: apply("", "", 0), want: well(midnight)},
		"is current with terms to come":         {facts: apply("1.7", "2026-01-05", 0), want: well(midnight)},
		"is current with terms that differ in nothing but a nought": {
			facts: apply("1.8.0", "2026-01-05", 0), want: well(midnight),
		},
		"is current until new terms apply, and wakes when they do": {
			facts: func(t *testing.T, f *agreement.Facts) {
				apply("1.10", "2026-06-02", 0)(t, f)
				endless(f.Agreement)
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(midnight)),
		},
		"is current, with a warning, from the day new terms apply, and wakes when their grace ends": {
			facts: func(t *testing.T, f *agreement.Facts) {
				apply("1.10", "2026-06-01", 3)(t, f)
				endless(f.Agreement)
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(midnight.Add(2*day), toAccept)),
		},
		"is current, with a warning, until the last second of grace": {
			facts: func(t *testing.T, f *agreement.Facts) {
				apply("1.10", "2026-06-01", 3)(t, f)
				endless(f.Agreement)
				f.Now = midnight.Add(2*day - time.Second)
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(midnight.Add(2*day), toAccept)),
		},
		"is outdated from the instant their grace ends, and is not looked at again": {
			facts: func(t *testing.T, f *agreement.Facts) {
				apply("1.10", "2026-06-01", 3)(t, f)
				endless(f.Agreement)
				f.Now = midnight.Add(2 * day)
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(time.Time{},
				outdated("Agreement skd-2026 accepts terms 1.8; 1.10 apply since 2026-06-01"))),
		},
		"is outdated when the grace of new terms is over": {
			facts: apply("2", "2026-05-01", 31),
			want:  well(midnight, outdated("Agreement skd-2026 accepts terms 1.8; 2 apply since 2026-05-01")),
		},
	})
}

func TestTransfersAreLawfulOrSayWhyNot(t *testing.T) {
	unlawful := func(message string) decide.Finding {
		return finding(v1alpha1.ConditionTransfersLawful, "TransferNotLawful", v1alpha1.ActorPlatform, "Agreement skd-2026: "+message, replace)
	}
	to := func(country v1alpha1.CountryCode, transfer v1alpha1.Transfer) func(*testing.T, *agreement.Facts) {
		return func(_ *testing.T, f *agreement.Facts) {
			spec(f).SubProcessors[1].Country, spec(f).SubProcessors[1].Transfer = country, transfer
		}
	}
	decision := v1alpha1.Transfer{Mechanism: v1alpha1.TransferAdequacy}
	expect(t, map[string]ruling{
		"are lawful where there are none": {
			facts: func(_ *testing.T, f *agreement.Facts) { spec(f).SubProcessors = spec(f).SubProcessors[:1] },
			want:  affirming(v1alpha1.ConditionTransfersLawful, "No sub-processor is outside the EEA", well(midnight)),
		},
		"are lawful by clauses where there is no decision": {
			facts: to("IN", v1alpha1.Transfer{Mechanism: v1alpha1.TransferClauses}), want: well(midnight),
		},
		"are lawful by corporate rules where there is no decision": {
			facts: to("IN", v1alpha1.Transfer{Mechanism: v1alpha1.TransferCorporateRules}), want: well(midnight),
		},
		"are not lawful outside the EEA without a ground": {
			facts: to("RS", v1alpha1.Transfer{Mechanism: v1alpha1.TransferNotNeeded}),
			want:  well(midnight, unlawful("Microsoft Corporation in RS is outside the EEA and has no ground for a transfer")),
		},
		"are not lawful by a decision that there is none of": {
			facts: to("IN", decision),
			want:  well(midnight, unlawful("there is no adequacy decision for IN, where Microsoft Corporation is")),
		},
		"are not lawful to the US without certification": {
			facts: to("US", decision),
			want: well(midnight, unlawful("the adequacy decision for the US (2023-07-10) does not cover Microsoft Corporation, "+
				"which is not certified under the Data Privacy Framework")),
		},
		"are not lawful before the decision, and wake when it is taken": {
			facts: func(t *testing.T, f *agreement.Facts) {
				to("BR", decision)(t, f)
				f.Now = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)
				endless(f.Agreement)
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(time.Date(2026, 1, 26, 0, 0, 0, 0, time.UTC),
				unlawful("the adequacy decision for BR, where Microsoft Corporation is, holds from 2026-01-26"))),
		},
		"are lawful until the decision runs out, and wake when it does": {
			facts: func(t *testing.T, f *agreement.Facts) {
				to("GB", decision)(t, f)
				endless(f.Agreement)
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(time.Date(2031, 12, 28, 0, 0, 0, 0, time.UTC))),
		},
		"are not lawful from the day the decision has run out": {
			facts: func(t *testing.T, f *agreement.Facts) {
				to("GB", decision)(t, f)
				f.Now = time.Date(2031, 12, 28, 0, 0, 0, 0, time.UTC)
				endless(f.Agreement)
			},
			want: affirming(v1alpha1.ConditionInForce, "Agreement skd-2026 is in force", well(time.Time{},
				unlawful("the adequacy decision for GB, where Microsoft Corporation is, ran out on 2031-12-28"))),
		},
		"are judged for every chapter, also one that nothing uses": {
			facts: func(t *testing.T, f *agreement.Facts) {
				to("IN", decision)(t, f)
				spec(f).SubProcessors[1].Chapter = "DPV"
			},
			want: well(midnight, unlawful("there is no adequacy decision for IN, where Microsoft Corporation is")),
		},
	})
}
