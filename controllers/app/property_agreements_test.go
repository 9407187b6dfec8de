// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// agree adds an agreement: one that covers all there is, or any.
func (w *world) agree(t *rapid.T, name string, all bool) {
	agreement := &v1alpha1.DataProcessingAgreement{ObjectMeta: metav1.ObjectMeta{Name: name}}
	agreement.Spec = v1alpha1.DataProcessingAgreementSpec{
		ServiceOwner: "skd", Terms: v1alpha1.Terms{Version: "1.8"}, State: v1alpha1.AgreementActive,
		Validity:       v1alpha1.Validity{From: metav1.NewTime(born.AddDate(0, 0, -30))},
		Signature:      v1alpha1.Signature{SignedAt: metav1.NewTime(born.AddDate(0, 0, -40))},
		Chapters:       []v1alpha1.Chapter{{Name: "Altinn", TakenIntoUse: "2026-01-01"}, {Name: "KRR", TakenIntoUse: "2026-01-01"}, {Name: "Maskinporten", TakenIntoUse: "2026-01-01"}},
		Purposes:       []v1alpha1.Purpose{{Name: "loans", LegalBasis: []v1alpha1.LegalBasis{"Article6-1-a", "Article6-1-e"}}, {Name: "taxes", LegalBasis: []v1alpha1.LegalBasis{"Article6-1-e"}}},
		DataCategories: []v1alpha1.DataCategory{"Contact", "Economic", "Health"},
		DataSubjects:   []v1alpha1.DataSubject{"Children", "Citizens"},
		Regions:        []v1alpha1.Region{"norwayeast", "norwaywest", "westeurope", "swedencentral"},
	}
	w.agreements[name] = agreement
	if !all {
		for range rapid.IntRange(1, 3).Draw(t, "edits") {
			amend(t, agreement)
		}
	}
}

// addAgreement adds an agreement beside the others.
func (w *world) addAgreement(t *rapid.T) {
	w.agree(t, rapid.SampledFrom([]string{"first", "second", "third"}).Draw(t, "name"), false)
}

// dropAgreement deletes an agreement by force.
func (w *world) dropAgreement(t *rapid.T) { delete(w.agreements, w.oneAgreement(t)) }

// swap replaces all agreements by one.
func (w *world) swap(t *rapid.T) {
	clear(w.agreements)
	w.agree(t, rapid.SampledFrom([]string{"first", "second", "third"}).Draw(t, "name"), rapid.Bool().Draw(t, "all"))
}

func (w *world) oneAgreement(t *rapid.T) string {
	if len(w.agreements) == 0 {
		return ""
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(w.agreements))).Draw(t, "agreement")
}

// editAgreement changes one thing of an agreement.
func (w *world) editAgreement(t *rapid.T) {
	if agreement := w.agreements[w.oneAgreement(t)]; agreement != nil {
		amend(t, agreement)
	}
}

// amend changes one thing of an agreement.
func amend(t *rapid.T, agreement *v1alpha1.DataProcessingAgreement) {
	spec := &agreement.Spec
	rapid.SampledFrom([]func(){
		func() {
			spec.DataCategories = some[v1alpha1.DataCategory](t, "categories", "Contact", "Economic", "Health")
		},
		func() { spec.DataSubjects = some[v1alpha1.DataSubject](t, "subjects", "Children", "Citizens") },
		func() { spec.Regions = some[v1alpha1.Region](t, "regions", "norwayeast", "norwaywest", "westeurope") },
		func() {
			spec.Purposes = nil
			for _, name := range some[v1alpha1.PurposeName](t, "purposes", "loans", "taxes") {
				spec.Purposes = append(spec.Purposes, v1alpha1.Purpose{Name: name, LegalBasis: some[v1alpha1.LegalBasis](t, "basis", "Article6-1-a", "Article6-1-e")})
			}
		},
		func() {
			spec.Chapters = nil
			for _, name := range some[v1alpha1.ChapterName](t, "chapters", "Altinn", "Altinn", "KRR", "Maskinporten") {
				day := v1alpha1.Date(someDay(t, "taken into use").Format("2006-01-02"))
				spec.Chapters = append(spec.Chapters, v1alpha1.Chapter{Name: name, TakenIntoUse: day})
			}
		},
		func() {
			spec.Retention = []v1alpha1.RetentionLimit{{
				Category: rapid.SampledFrom([]v1alpha1.DataCategory{"Contact", "Economic"}).Draw(t, "kept"), MaxDays: rapid.SampledFrom([]int32{29, 100, 400}).Draw(t, "for"),
			}}
		},
		func() { spec.State = anyState(t) }, func() { spec.State = anyState(t) }, func() { spec.State = v1alpha1.AgreementActive },
		func() { reach(t, spec) }, func() { reach(t, spec) },
		func() { spec.Signature.SignedAt = metav1.NewTime(someDay(t, "signed")) },
	}).Draw(t, "amendment")()
}

func anyState(t *rapid.T) v1alpha1.AgreementState {
	return rapid.SampledFrom([]v1alpha1.AgreementState{
		v1alpha1.AgreementSuspended, v1alpha1.AgreementStopped, v1alpha1.AgreementTerminated, v1alpha1.AgreementActive,
	}).Draw(t, "state")
}

// reach gives an agreement another validity.
func reach(t *rapid.T, spec *v1alpha1.DataProcessingAgreementSpec) {
	from := metav1.NewTime(someDay(t, "from"))
	spec.Validity = v1alpha1.Validity{From: from}
	if rapid.Bool().Draw(t, "ends") {
		until := metav1.NewTime(from.AddDate(0, 0, 10*rapid.IntRange(1, 10).Draw(t, "for days")))
		spec.Validity.Until = &until
	}
}
