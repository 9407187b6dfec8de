// SPDX-License-Identifier: BSD-3-Clause

package records_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/records"
)

// findCondition points at a condition, to change it.
func findCondition(t *testing.T, status *v1alpha1.Status, name string) *metav1.Condition {
	t.Helper()
	at := slices.IndexFunc(status.Conditions, func(c metav1.Condition) bool { return c.Type == name })
	if at < 0 {
		t.Fatalf("there is no condition %s", name)
	}
	return &status.Conditions[at]
}

// TestAgreementOfAProcessing changes the samples and looks at the agreement of the App.
func TestAgreementOfAProcessing(t *testing.T) {
	type link struct {
		Name, Ground string
		Exists       bool
	}
	other := func(r *records.Resources) *v1alpha1.DataProcessingAgreement {
		agreement := r.Agreements[0].DeepCopy()
		agreement.Name = "another"
		r.Agreements = append(r.Agreements, *agreement)
		return &r.Agreements[len(r.Agreements)-1]
	}
	for name, test := range map[string]struct {
		change func(*testing.T, *records.Resources)
		want   []link
		result string
	}{
		"the agreement that covered what runs belongs to it, and no other": {
			func(_ *testing.T, r *records.Resources) { other(r) },
			[]link{{"skd-2026", "Admitted", true}}, "Covered",
		},
		"an agreement that covered it and is gone covers nothing": {
			func(_ *testing.T, r *records.Resources) { r.Agreements = nil },
			[]link{{"skd-2026", "Admitted", false}}, "NotCovered",
		},
		"without admission, the agreement in force for Altinn belongs to it": {
			func(_ *testing.T, r *records.Resources) { r.Apps[0].Status.Admitted = nil },
			[]link{{"skd-2026", "InForce", true}}, "Covered",
		},
		"an agreement in force without the chapter Altinn is only one that lists the purpose": {
			func(_ *testing.T, r *records.Resources) {
				r.Apps[0].Status.Admitted = nil
				r.Agreements[0].Spec.Chapters = r.Agreements[0].Spec.Chapters[1:]
			},
			[]link{{"skd-2026", "ListsPurpose", true}}, "Covered",
		},
		"of agreements not shown to be in force, all that list the purpose belong to it": {
			func(_ *testing.T, r *records.Resources) {
				r.Apps[0].Status = v1alpha1.AppStatus{}
				other(r).Status = v1alpha1.DataProcessingAgreementStatus{}
				r.Agreements[0].Status = v1alpha1.DataProcessingAgreementStatus{}
			},
			[]link{{"another", "ListsPurpose", true}, {"skd-2026", "ListsPurpose", true}}, "NotShown",
		},
		"agreements that list other purposes do not belong to it": {
			func(_ *testing.T, r *records.Resources) {
				r.Apps[0].Status.Admitted = nil
				r.Agreements[0].Status = v1alpha1.DataProcessingAgreementStatus{}
				r.Agreements[0].Spec.Purposes = r.Agreements[0].Spec.Purposes[1:]
			},
			[]link{}, "NotCovered",
		},
		"another owner's agreement never belongs to it": {
			func(_ *testing.T, r *records.Resources) {
				r.Apps[0].Status.Admitted = nil
				r.Agreements[0].Spec.ServiceOwner = "nav"
			},
			[]link{}, "NotCovered",
		},
		"what the operator found not covered is not": {
			func(t *testing.T, r *records.Resources) {
				findCondition(t, &r.Apps[0].Status.Status, "AgreementInForce").Status = metav1.ConditionFalse
			},
			[]link{{"skd-2026", "Admitted", true}}, "NotCovered",
		},
		"a finding on an earlier revision shows nothing of this one": {
			func(_ *testing.T, r *records.Resources) { r.Apps[0].Generation++ },
			[]link{{"skd-2026", "Admitted", true}}, "NotShown",
		},
		"an undecided finding shows nothing": {
			func(t *testing.T, r *records.Resources) {
				findCondition(t, &r.Apps[0].Status.Status, "AgreementInForce").Status = metav1.ConditionUnknown
			},
			[]link{{"skd-2026", "Admitted", true}}, "NotShown",
		},
	} {
		t.Run(name, func(t *testing.T) {
			resources := read(t, "testdata/samples.in.yaml")
			test.change(t, &resources)
			got := processing(t, records.Build(resources, records.English, exported), "App so-skd/income").Coverage
			links := []link{}
			for _, l := range got.Agreements {
				links = append(links, link{l.Name, l.Ground.Value, l.Exists})
			}
			if diff := cmp.Diff(test.want, links); diff != "" {
				t.Errorf("agreements (-want +got):\n%s", diff)
			}
			if got.Result.Value != test.result {
				t.Errorf("coverage is %s, not %s", got.Result.Value, test.result)
			}
		})
	}
}

// TestMeasureIsNeverBetterThanItsEvidence changes the samples and looks at one security measure.
func TestMeasureIsNeverBetterThanItsEvidence(t *testing.T) {
	for name, test := range map[string]struct {
		measure string
		change  func(*testing.T, *records.Resources)
		want    string
	}{
		"isolation is shown by the owner's namespace": {"Isolation", nil, "Fulfilled"},
		"the network needs the App and its namespace": {"Network", nil, "Fulfilled"},
		"the network is not shown when one of both is missing": {
			"Network", func(_ *testing.T, r *records.Resources) { r.ServiceOwners[0].Status.Conditions = nil }, "NotShown",
		},
		"the network is broken when one of both is": {
			"Network", func(t *testing.T, r *records.Resources) {
				findCondition(t, &r.Apps[0].Status.Status, "Available").Status = metav1.ConditionFalse
				r.ServiceOwners[0].Status.Conditions = nil
			}, "NotFulfilled",
		},
		"the region is the owner's where the App has no say": {
			"Region", func(_ *testing.T, r *records.Resources) { r.Apps[0].Status.Conditions = nil }, "Fulfilled",
		},
		"access of an earlier revision shows nothing": {
			"Access", func(_ *testing.T, r *records.Resources) { r.ServiceOwners[0].Generation = 3 }, "Outdated",
		},
		"without a service owner nothing is shown": {
			"Isolation", func(_ *testing.T, r *records.Resources) { r.ServiceOwners = nil }, "NotShown",
		},
		"encryption is declared, and no condition shows it": {"Encryption", nil, "NotShown"},
		"copies are declared, and no condition shows them":  {"Redundancy", nil, "NotShown"},
		"recovery is declared, and no condition shows it":   {"Recovery", nil, "NotShown"},
	} {
		t.Run(name, func(t *testing.T) {
			resources := read(t, "testdata/samples.in.yaml")
			if test.change != nil {
				test.change(t, &resources)
			}
			for _, m := range processing(t, records.Build(resources, records.English, exported), "App so-skd/income").Measures {
				if m.Name.Value == test.measure {
					if m.Result.Value != test.want {
						t.Errorf("%s is %s, not %s: %+v", test.measure, m.Result.Value, test.want, m.Evidence)
					}
					return
				}
			}
			t.Errorf("there is no measure %s", test.measure)
		})
	}
}

// TestFollowUps changes the samples, which need none, at instants around which something runs out.
func TestFollowUps(t *testing.T) {
	until := time.Date(2028, 1, 5, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		at     time.Time
		change func(*records.Resources)
		want   []string
	}{
		"when all is well there are none":                    {exported, nil, nil},
		"91 days before the end there are none":              {until.AddDate(0, 0, -91), quiet, nil},
		"90 days before the end the agreement runs out soon": {until.AddDate(0, 0, -90), quiet, []string{"AgreementEnds"}},
		"at the first instant it no longer holds it has run out": {
			until, quiet, []string{"AgreementEnded"},
		},
		"a moment before, it runs out soon": {until.Add(-time.Second), quiet, []string{"AgreementEnds"}},
		"an agreement without an end never runs out": {until.AddDate(50, 0, 0), func(r *records.Resources) {
			quiet(r)
			r.Agreements[0].Spec.Validity.Until = nil
		}, nil},
		"on the day of a review it is not overdue": {time.Date(2027, 7, 10, 23, 0, 0, 0, time.UTC), func(r *records.Resources) {
			r.Agreements[0].Spec.Audits = nil
		}, nil},
		"the day after, it is": {time.Date(2027, 7, 11, 0, 0, 0, 0, time.UTC), func(r *records.Resources) {
			r.Agreements[0].Spec.Audits = nil
		}, []string{"TransferReviewOverdue"}},
		"an audit that was due is overdue": {time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC), nil, []string{"AuditOverdue"}},
		"an audit held since is not": {time.Date(2027, 3, 2, 0, 0, 0, 0, time.UTC), func(r *records.Resources) {
			r.Agreements[0].Spec.Audits = append(r.Agreements[0].Spec.Audits, v1alpha1.Audit{Date: "2027-03-01", Reference: "x", Next: "2028-03-01"})
		}, nil},
		"an agreement that another has taken the place of needs nobody": {exported, func(r *records.Resources) {
			old := r.Agreements[0].DeepCopy()
			old.Name, old.Spec.Validity.Until = "skd-2020", &metav1.Time{Time: exported.AddDate(-1, 0, 0)}
			old.Status = v1alpha1.DataProcessingAgreementStatus{}
			r.Agreements = append(r.Agreements, *old)
		}, nil},
		"an agreement that was stopped is not in force": {exported, func(r *records.Resources) {
			r.Agreements[0].Spec.State = v1alpha1.AgreementStopped
		}, []string{"AgreementNotInForce"}},
		"an exception for a region that has run out": {exported, func(r *records.Resources) {
			r.ServiceOwners[0].Spec.RegionException = &v1alpha1.RegionException{Reason: "x", Expires: metav1.NewTime(exported)}
		}, []string{"RegionExceptionEnded"}},
		"retention beyond the agreement's limit": {exported, func(r *records.Resources) {
			r.Apps[0].Spec.Storage.Containers[0].RetentionDays = 3651
		}, []string{"RetentionTooLong"}},
		"retention at the agreement's limit": {exported, func(r *records.Resources) {
			r.Apps[0].Spec.Storage.Containers[0].RetentionDays = 3650
		}, nil},
		"a revision that is not admitted while an earlier one runs": {exported, func(r *records.Resources) {
			r.Apps[0].Status.Admitted.Generation = 2
		}, []string{"OlderRevisionRuns"}},
		"an adequacy decision that no longer holds": {until.AddDate(3, 11, 24), func(r *records.Resources) {
			quiet(r)
			r.Agreements[0].Spec.Validity.Until = nil
			r.Agreements[0].Spec.SubProcessors[0] = v1alpha1.SubProcessor{
				Name: "A", Country: "GB", Service: "B", Transfer: v1alpha1.Transfer{Mechanism: v1alpha1.TransferAdequacy},
			}
		}, []string{"AdequacyEnded"}},
	} {
		t.Run(name, func(t *testing.T) {
			resources := read(t, "testdata/samples.in.yaml")
			if test.change != nil {
				test.change(&resources)
			}
			var got []string
			for _, f := range records.Build(resources, records.English, test.at).Overview.FollowUps {
				got = append(got, f.Kind.Value)
				if f.Detail == "" && f.Message == "" && f.At == nil && f.Day == "" {
					t.Errorf("%s says nothing more", f.Kind.Value)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("follow-ups (-want +got):\n%s", diff)
			}
		})
	}
}

// quiet takes away what else falls due.
func quiet(r *records.Resources) {
	r.Agreements[0].Spec.Audits, r.Agreements[0].Spec.SubProcessors = nil, r.Agreements[0].Spec.SubProcessors[:1]
}

// TestSubProcessorsOfAProcessing: only those whose part of the terms the processing comes under.
func TestSubProcessorsOfAProcessing(t *testing.T) {
	record := records.Build(read(t, "testdata/cluster.in.yaml"), records.English, exported)
	for reference, want := range map[string][]string{
		"App so-helse/incident-report":     {"Helpdesk Example Pvt Ltd", "Signicat Example AS", "Voice Example Ltd"},
		"ConsentResource so-helse/journal": {"Helpdesk Example Pvt Ltd", "Voice Example Ltd"},
		"App so-ny/form":                   nil,
	} {
		t.Run(reference, func(t *testing.T) {
			var got []string
			for _, s := range processing(t, record, reference).SubProcessors {
				got = append(got, s.Name)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sub-processors (-want +got):\n%s", diff)
			}
		})
	}
}
