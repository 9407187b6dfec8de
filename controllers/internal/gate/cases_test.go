// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// neededFor is the chapter each solution needs; empty for none. That the table holds every solution of
// the CRD is a test of api/v1alpha1.
var neededFor = map[v1alpha1.Solution]chapter{
	"IDPorten": "IDPorten", "Ansattporten": "Ansattporten", "Maskinporten": "Maskinporten", "KRR": "KRR",
	"DigitalMailbox": "DigitalMailbox", "ESignering": "ESignering", "EFormidling": "EFormidling", "DPV": "DPV",
	"AltinnStorage": "Altinn", "AltinnEvents": "Altinn", "AltinnNotifications": "Altinn", "AltinnCorrespondence": "Altinn",
	"AltinnBroker": "Altinn", "AltinnAuthorization": "Altinn", "AltinnConsent": "Altinn", "Dialogporten": "Altinn", "DataAltinn": "Altinn",
	"ELMA": "", "EInnsyn": "", "Folkeregisteret": "", "Enhetsregisteret": "", "DataNorge": "",
}

func TestAnAppNeedsTheChapterOfEachSolutionItUses(t *testing.T) {
	platform := Need{"Altinn", "every App"}
	for solution, chapter := range neededFor {
		t.Run(string(solution), func(t *testing.T) {
			want := []Need{platform}
			if chapter != "" {
				want = append(want, Need{chapter, "integration " + string(solution)})
			}
			w := newWorld(uses(solution))
			if diff := cmp.Diff(want, w.holding().OfApp(&w.spec).Needs); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
	w := newWorld(uses("KRR", "ELMA", "AltinnStorage", "DPV"))
	want := []Need{platform, {"KRR", "integration KRR"}, {"Altinn", "integration AltinnStorage"}, {"DPV", "integration DPV"}}
	if diff := cmp.Diff(want, w.holding().OfApp(&w.spec).Needs); diff != "" {
		t.Errorf("needs of several (-want +got):\n%s", diff)
	}
}

func TestCases(t *testing.T) {
	w := newWorld(uses("DPV"), keeps("pdf", 31))
	h, processing := w.holding(), w.spec.Processing
	ownData := Kept{"the data", "spec.processing.retentionDays", 30}
	for name, tc := range map[string]struct{ want, got *Case }{
		"a service owner's is about having an agreement": {&Case{Holding: h, Needs: []Need{{"Altinn", "every service owner"}}}, h.OfOwner()},
		"an App's is about its processing and all it keeps": {
			&Case{Holding: h, Processing: &processing, Needs: []Need{{"Altinn", "every App"}, {"DPV", "integration DPV"}},
				Kept: []Kept{ownData, {"container pdf", "retentionDays of container pdf in spec.storage", 31}}}, h.OfApp(&w.spec),
		},
		"a ConsentResource's is about its processing": {
			&Case{Holding: h, Processing: &processing, Needs: []Need{{"Altinn", "every ConsentResource"}}, Kept: []Kept{ownData}},
			h.OfConsent(&v1alpha1.ConsentResourceSpec{Processing: processing}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("case (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAServiceOwnerItselfIsJudgedByItsAgreementAndRegionsAlone(t *testing.T) {
	w := newWorld(only(chapters("2026-01-01", "Altinn"), limits("Economic", 1)), uses("KRR"))
	if diff := cmp.Diff(covered(""), Judge(w.holding().OfOwner(), noon)); diff != "" {
		t.Errorf("ruling (-want +got):\n%s", diff)
	}
}
