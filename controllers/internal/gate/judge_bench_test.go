// SPDX-License-Identifier: BSD-3-Clause

package gate

import "testing"

// BenchmarkJudge rules on an App of four integrations by two agreements, as most passes will.
func BenchmarkJudge(b *testing.B) {
	w := newWorld(agreed(
		newAgreement("skd-1", until("2027-06-15"), chapters("2026-01-01", "Altinn", "KRR", "DPV"), engaged("US", "AdequacyDecision", certified), limits("Economic", 365)),
		newAgreement("skd-2", chapters("2026-01-01", "Maskinporten"))),
		uses("KRR", "DPV", "Maskinporten", "AltinnStorage"), keeps("pdf", 30))
	app := w.holding().OfApp(&w.spec)
	if ruling := Judge(app, noon); !ruling.Covered() {
		b.Fatal(ruling)
	}
	b.ReportAllocs()
	for b.Loop() {
		Judge(app, noon)
	}
}
