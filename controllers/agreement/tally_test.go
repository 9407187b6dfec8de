// SPDX-License-Identifier: BSD-3-Clause

package agreement_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/agreement"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

// described is what the status of the agreement that is judged says beyond what all kinds do.
func described(facts *agreement.Facts) v1alpha1.DataProcessingAgreementStatus {
	subject := facts.Agreement.DeepCopy()
	subject.Status = v1alpha1.DataProcessingAgreementStatus{}
	(&agreement.Kind{}).Describe(subject, *facts, []observe.Health{})
	return subject.Status
}

// these counts and names.
func these(names ...string) v1alpha1.Named {
	return v1alpha1.Named{Count: int32(len(names)), Names: names}
}

// bustling are the facts of an owner with two Apps, which run, and two ConsentResources, out of order, all
// of which the sample covers.
func bustling(t *testing.T) *agreement.Facts {
	t.Helper()
	facts := usual(t)
	for _, name := range []string{"tax", "income"} {
		app := appOf(t, "skd", name)
		app.Status.Admitted = &v1alpha1.AdmittedRevision{Generation: 1, Agreement: "skd-2026"}
		facts.Apps = append(facts.Apps, *app)
		facts.Consents = append(facts.Consents, *consentOf(t, "skd", name))
	}
	return facts
}

// both are the two that bustle, and bothApps those of them that are Apps.
var (
	bothApps = v1alpha1.Coverage{Apps: these("income", "tax")}
	both     = v1alpha1.Coverage{Apps: these("income", "tax"), ConsentResources: these("income", "tax")}
	nothing  v1alpha1.Coverage
)

// counts is a case of what lives under an agreement.
type counts struct {
	change               func(*agreement.Facts)
	covered, held, inUse v1alpha1.Coverage
}

// expectCounts tries cases of an agreement that has these days left and wakes at next, if ever.
func expectCounts(t *testing.T, left *int32, next *metav1.Time, cases map[string]counts) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			facts := bustling(t)
			tc.change(facts)
			facts.Agreement = &facts.Agreements[0]
			want := v1alpha1.DataProcessingAgreementStatus{Covered: tc.covered, Held: tc.held, InUse: tc.inUse, DaysLeft: left, NextCheck: next}
			if diff := cmp.Diff(want, described(facts)); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}

// besides adds an agreement like the first, of another name, that begins on a day and is changed.
func besides(name string, begins time.Time, change func(*v1alpha1.DataProcessingAgreementSpec)) func(*agreement.Facts) {
	return func(f *agreement.Facts) {
		other := f.Agreements[0].DeepCopy()
		other.Name, other.Spec.State = name, v1alpha1.AgreementActive
		other.Spec.Validity.From, other.Spec.Signature.SignedAt = at(begins), at(begins)
		change(&other.Spec)
		f.Agreements = append(f.Agreements, *other)
	}
}

// unchanged changes nothing.
func unchanged(*v1alpha1.DataProcessingAgreementSpec) {}

func TestCountsAndNamesWhatIsCoveredWhatRunsAndWhatIsHeld(t *testing.T) {
	apps := func(names ...string) v1alpha1.Coverage {
		return v1alpha1.Coverage{Apps: these(names...), ConsentResources: these("income", "tax")}
	}
	only := func(name string) v1alpha1.Coverage { return v1alpha1.Coverage{Apps: these(name)} }
	expectCounts(t, ptr.To[int32](583), &metav1.Time{Time: midnight}, map[string]counts{
		"covers all that is declared, sorted": {func(*agreement.Facts) {}, both, nothing, both},
		"holds an App with a purpose of its own, and what was admitted of it runs on": {
			func(f *agreement.Facts) { f.Apps[0].Spec.Processing.Purpose = "advertising" }, apps("income"), only("tax"), both,
		},
		"holds an App that integrates with what has not been taken into use": {func(f *agreement.Facts) {
			f.Apps[1].Spec.Integrations = append(f.Apps[1].Spec.Integrations, v1alpha1.Integration{Solution: "ESignering"})
		}, apps("tax"), only("income"), both},
		"holds an App of which one container keeps data too long": {
			func(f *agreement.Facts) { f.Apps[0].Spec.Storage.Containers[0].RetentionDays = 3651 }, apps("income"), only("tax"), both,
		},
		"covers an App that has not started, which is not in use": {
			func(f *agreement.Facts) { f.Apps[0].Status.Admitted = nil }, both, nothing, apps("income"),
		},
		"covers an App that has not come back yet, which is not in use": {
			func(f *agreement.Facts) { f.Apps[1].Status.Admitted.Withdrawn = "AgreementStopped" }, both, nothing, apps("tax"),
		},
		"is in use by an App that was admitted under an agreement before it": {
			func(f *agreement.Facts) { f.Apps[0].Status.Admitted.Agreement = "skd-2025" }, both, nothing, both,
		},
		"holds everything while it is suspended, and Apps run on": {
			func(f *agreement.Facts) { spec(f).State = v1alpha1.AgreementSuspended }, nothing, both, bothApps,
		},
		"holds everything in a conflict, and Apps run on": {
			func(f *agreement.Facts) {
				besides("skd-2025", f.Agreements[0].Spec.Signature.SignedAt.Time, unchanged)(f)
			}, nothing, both, bothApps,
		},
		"holds everything where data may not be kept, and Apps run on": {
			func(f *agreement.Facts) { f.Owner.Spec.Region = "swedencentral" }, nothing, both, bothApps,
		},
		"holds everything without a service owner, and Apps run on": {
			func(f *agreement.Facts) { f.Owner = nil }, nothing, both, bothApps,
		},
		"counts an App that has but one chapter under it": {func(f *agreement.Facts) {
			besides("skd-rest", f.Agreements[0].Spec.Signature.SignedAt.Time, func(s *v1alpha1.DataProcessingAgreementSpec) {
				s.Chapters = s.Chapters[:3]
			})(f)
			f.Agreements[0].Spec.Chapters = f.Agreements[0].Spec.Chapters[3:]
		}, bothApps, nothing, bothApps},
	})
}

// An agreement that was ended, by either of its parties, has no days left to count. Apps run under it for
// as long as they have not been withdrawn, unless another agreement has taken its place.
func TestCountsUnderAnAgreementThatNoLongerIs(t *testing.T) {
	ended := func(state v1alpha1.AgreementState, changes ...func(*agreement.Facts)) func(*agreement.Facts) {
		return func(f *agreement.Facts) {
			endless(f.Agreement)
			spec(f).State = state
			for _, change := range changes {
				change(f)
			}
		}
	}
	withdrawn := func(of ...int) func(*agreement.Facts) {
		return func(f *agreement.Facts) {
			for _, n := range of {
				f.Apps[n].Status.Admitted.Withdrawn = "AgreementStopped"
			}
		}
	}
	const stopped, terminated = v1alpha1.AgreementStopped, v1alpha1.AgreementTerminated
	earlier, later := now.AddDate(-1, 0, 0), now.AddDate(0, -2, 0)
	ranOut := func(s *v1alpha1.DataProcessingAgreementSpec) { ending(s, now.AddDate(0, -1, -1)) }
	income := v1alpha1.Coverage{Apps: these("income")}
	expectCounts(t, nil, nil, map[string]counts{
		"holds everything that it stopped, which runs until it is withdrawn": {ended(stopped), nothing, both, bothApps},
		"holds everything that it ended, which runs until it is withdrawn":   {ended(terminated), nothing, both, bothApps},
		"is in use by the App that is left":                                  {ended(stopped, withdrawn(0)), nothing, both, income},
		"is in use by nothing when all is withdrawn":                         {ended(terminated, withdrawn(0, 1)), nothing, both, nothing},
		"is overruled by no earlier agreement when it was stopped":           {ended(stopped, besides("skd-2025", earlier, unchanged)), nothing, both, bothApps},
		"governs nothing where it was ended and an earlier one is in force":  {ended(terminated, besides("skd-2025", earlier, unchanged)), nothing, nothing, nothing},
		"governs nothing where it was stopped and a later one is in force":   {ended(stopped, besides("skd-2027", later, unchanged)), nothing, nothing, nothing},
		"governs nothing where it was stopped and a later one ran out since": {ended(stopped, besides("skd-2027", later, ranOut)), nothing, nothing, nothing},
	})
}

// A status names a thousand, and counts all.
func TestNamesAThousandAndCountsAll(t *testing.T) {
	facts := usual(t)
	app, consent := appOf(t, "skd", ""), consentOf(t, "skd", "")
	app.Status.Admitted = &v1alpha1.AdmittedRevision{Generation: 1, Agreement: "skd-2026"}
	const many = 1234
	var first v1alpha1.Named
	for n := range many {
		app.Name, consent.Name = fmt.Sprintf("it-%04d", n*7919%many), fmt.Sprintf("it-%04d", n*7919%many)
		facts.Apps, facts.Consents = append(facts.Apps, *app.DeepCopy()), append(facts.Consents, *consent.DeepCopy())
		first.Names = append(first.Names, fmt.Sprintf("it-%04d", n))
	}
	first.Count, first.Names = many, first.Names[:1000]
	all := v1alpha1.Coverage{Apps: first, ConsentResources: first}
	for name, tc := range map[string]struct {
		state v1alpha1.AgreementState
		want  [3]v1alpha1.Coverage
	}{
		"of what it covers": {v1alpha1.AgreementActive, [3]v1alpha1.Coverage{all, {}, all}},
		"of what it holds":  {v1alpha1.AgreementSuspended, [3]v1alpha1.Coverage{{}, all, {Apps: first}}},
	} {
		spec(facts).State = tc.state
		got := described(facts)
		if diff := cmp.Diff(tc.want, [3]v1alpha1.Coverage{got.Covered, got.Held, got.InUse}); diff != "" {
			t.Errorf("%s: covered, held, in use (-want +got):\n%s", name, diff)
		}
	}
}

// Each data category that is taken out of an agreement holds what handles it, and nothing else.
func TestATakenCategoryHoldsWhatHandlesItAndNothingElse(t *testing.T) {
	handles := map[string][]v1alpha1.DataCategory{
		"a": {"NationalIdentityNumber"}, "b": {"Contact"}, "c": {"Economic"}, "d": {"Contact", "Economic"},
	}
	for taken, want := range map[v1alpha1.DataCategory]struct{ covered, held v1alpha1.Named }{
		"NationalIdentityNumber": {these("b", "c", "d"), these("a")},
		"Contact":                {these("a", "c"), these("b", "d")},
		"Economic":               {these("a", "b"), these("c", "d")},
	} {
		t.Run(string(taken), func(t *testing.T) {
			facts := usual(t)
			for name, categories := range handles {
				app, consent := appOf(t, "skd", name), consentOf(t, "skd", name)
				app.Spec.Processing.DataCategories, consent.Spec.Processing.DataCategories = categories, categories
				facts.Apps, facts.Consents = append(facts.Apps, *app), append(facts.Consents, *consent)
			}
			without(spec(facts), taken)
			got := described(facts)
			wanted := [2]v1alpha1.Coverage{{Apps: want.covered, ConsentResources: want.covered}, {Apps: want.held, ConsentResources: want.held}}
			if diff := cmp.Diff(wanted, [2]v1alpha1.Coverage{got.Covered, got.Held}); diff != "" {
				t.Errorf("covered and held (-want +got):\n%s", diff)
			}
		})
	}
}

// without takes a data category out of an agreement.
func without(of *v1alpha1.DataProcessingAgreementSpec, taken v1alpha1.DataCategory) {
	var left []v1alpha1.DataCategory
	for _, category := range of.DataCategories {
		if category != taken {
			left = append(left, category)
		}
	}
	of.DataCategories = left
}

// BenchmarkDecide1000Apps is a decision about an agreement under which a thousand Apps run.
func BenchmarkDecide1000Apps(b *testing.B) {
	facts := usual(b)
	app := appOf(b, "skd", "income")
	for n := range 1000 {
		another := app.DeepCopy()
		another.Name = fmt.Sprintf("app-%04d", (n*7919)%1000)
		facts.Apps = append(facts.Apps, *another)
	}
	kind := &agreement.Kind{}
	b.ReportAllocs()
	for b.Loop() {
		kind.Decide(facts.Agreement, *facts)
	}
}
