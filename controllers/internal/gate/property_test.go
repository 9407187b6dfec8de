// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// That nothing is polled rests on this: what was judged holds until the instant that came with it.
func TestARulingHoldsUntilNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := aWorld(t)
		first := w.judge()
		if !first.Next.IsZero() && !first.Next.After(w.now) {
			t.Fatalf("next is %s, which has come by %s", first.Next, w.now)
		}
		then, ok := anInstantBefore(t, w.now, first.Next)
		if !ok {
			return
		}
		second := Judge(w.holding().OfApp(&w.spec), then)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("at %s, before next, it is another (-at %s +then):\n%s", then, w.now, diff)
		}
	})
}

func TestAnAssessmentHoldsUntilNext(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := aWorld(t)
		for n := range w.agreements {
			first := Assess(w.holding(), &w.agreements[n], w.now)
			if !first.Next.IsZero() && !first.Next.After(w.now) {
				t.Fatalf("next is %s, which has come by %s", first.Next, w.now)
			}
			then, ok := anInstantBefore(t, w.now, first.Next)
			if !ok {
				continue
			}
			second := Assess(w.holding(), &w.agreements[n], then)
			if diff := cmp.Diff(first, second); diff != "" {
				t.Fatalf("at %s, before next, it is another (-at %s +then):\n%s", then, w.now, diff)
			}
		}
	})
}

func TestTheOrderOfTheListNeverMatters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := aWorld(t)
		ruling := w.judge()
		var assessments []Assessment
		for n := range w.agreements {
			assessments = append(assessments, Assess(w.holding(), &w.agreements[n], w.now))
		}
		sorted := w.agreements
		if len(sorted) > 0 {
			w.agreements = rapid.Permutation(sorted).Draw(t, "order")
		}
		if diff := cmp.Diff(ruling, w.judge()); diff != "" {
			t.Fatalf("ruling (-sorted +otherwise):\n%s", diff)
		}
		for n := range sorted {
			again := Assess(w.holding(), &sorted[n], w.now)
			if diff := cmp.Diff(messages(assessments[n].Findings), messages(again.Findings)); diff != "" {
				t.Fatalf("assessment of %s (-sorted +otherwise):\n%s", sorted[n].Name, diff)
			}
		}
	})
}

// messages are what findings say, sorted, by reason.
func messages(findings []decide.Finding) []string {
	var texts []string
	for _, finding := range findings {
		texts = append(texts, finding.Reason+": "+finding.Message)
	}
	slices.Sort(texts)
	return texts
}

// holding lists those in force for a chapter that has started, by the plain reading of the agreement.
func inForceFor(w *world, name chapter) []*agreement {
	var holding []*agreement
	for n := range w.agreements {
		a := &w.agreements[n]
		validity := a.Spec.Validity
		starts, named := startOfChapter(a, name)
		if a.Spec.State == v1alpha1.AgreementActive && !w.now.Before(validity.From.Time) && !w.now.Before(a.Spec.Signature.SignedAt.Time) &&
			(validity.Until == nil || w.now.Before(validity.Until.Time) && validity.Until.After(validity.From.Time)) &&
			named && !w.now.Before(starts) {
			holding = append(holding, a)
		}
	}
	return holding
}

// Nothing is admitted that no agreement in force covers.
func TestWhatIsCoveredHasOneAgreementInForceForEachChapter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := aWorld(t)
		ruling := w.judge()
		if !ruling.Covered() {
			return
		}
		for _, need := range w.holding().OfApp(&w.spec).Needs {
			holding := inForceFor(w, need.Chapter)
			if len(holding) != 1 || !slices.Contains(ruling.Governing, holding[0].Name) {
				t.Fatalf("covered, with %d agreements in force for %s; governing are %v", len(holding), need.Chapter, ruling.Governing)
			}
		}
		first := inForceFor(w, v1alpha1.ChapterAltinn)[0]
		if ruling.Agreement != first.Name || len(first.Spec.Purposes) == 0 || KeepsTooLong(w.holding().OfApp(&w.spec), first) {
			t.Fatalf("covered by %s, not by %s in force, which covers %v", ruling.Agreement, first.Name, first.Spec)
		}
		for _, category := range w.spec.Processing.DataCategories {
			if !slices.Contains(first.Spec.DataCategories, category) {
				t.Fatalf("covered, and %s is not", category)
			}
		}
	})
}

// A stop order stops: only an agreement begun later overrules it, and where one is in force, only one that
// is.
func TestAStopWithdrawsUnlessALaterAgreementOverrulesIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := aWorld(t)
		ruling := w.judge()
		for _, need := range w.holding().OfApp(&w.spec).Needs {
			overruled := func(stopped *agreement) bool {
				inForce := inForceFor(w, need.Chapter)
				return slices.ContainsFunc(w.agreements, func(a agreement) bool {
					_, named := startOfChapter(&a, need.Chapter)
					holds := slices.ContainsFunc(inForce, func(b *agreement) bool { return b.Name == a.Name })
					return named && beginOf(&a).After(beginOf(stopped)) && !w.now.Before(beginOf(&a)) && (holds || len(inForce) == 0)
				})
			}
			for n := range w.agreements {
				a := &w.agreements[n]
				_, named := startOfChapter(a, need.Chapter)
				if a.Spec.State != v1alpha1.AgreementStopped || !named || w.now.Before(beginOf(a)) || overruled(a) {
					continue
				}
				if !slices.ContainsFunc(ruling.Findings, func(f decide.Finding) bool {
					return f.Effect == decide.Withdraw && f.Reason == v1alpha1.ReasonAgreementStopped
				}) {
					t.Fatalf("%s is stopped for %s, and nothing is withdrawn: %v", a.Name, need.Chapter, messages(ruling.Findings))
				}
			}
		}
	})
}

// extensions add to what an agreement covers.
var extensions = map[string]func(*agreement){
	"a category": func(a *agreement) { a.Spec.DataCategories = append(a.Spec.DataCategories, "Economic", "Identity") },
	"a subject":  func(a *agreement) { a.Spec.DataSubjects = append(a.Spec.DataSubjects, "Children") },
	"a region":   func(a *agreement) { a.Spec.Regions = append(a.Spec.Regions, "norwayeast", "northeurope") },
	"a purpose": func(a *agreement) {
		a.Spec.Purposes = append(a.Spec.Purposes, newAgreement("").Spec.Purposes...)
	},
	"a chapter": func(a *agreement) {
		if _, named := startOfChapter(a, "KRR"); !named {
			a.Spec.Chapters = append(a.Spec.Chapters, v1alpha1.Chapter{Name: "KRR", TakenIntoUse: "2020-01-01"})
		}
	},
}

// To extend an agreement never adds a finding. Chapters are added to one that governs the platform and
// is the only one: else another can be contended, or come to govern.
func TestAnExtensionNeverAddsFindings(t *testing.T) {
	for name, extend := range extensions {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				w := aWorld(t)
				if name == "a chapter" {
					w.agreements = []agreement{anAgreement(t, "skd-1")}
					w.agreements[0].Spec.Chapters = []v1alpha1.Chapter{{Name: "Altinn", TakenIntoUse: aDate(t)}}
					w.agreements[0].Spec.SubProcessors = nil // one limited to the chapter may well add one
				}
				before := messages(w.judge().Findings)
				for n := range w.agreements {
					extend(&w.agreements[n])
				}
				for _, after := range messages(w.judge().Findings) {
					if !slices.Contains(before, after) {
						t.Fatalf("new: %s\nbefore: %v", after, before)
					}
				}
			})
		})
	}
}
