// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

type (
	// agreement and part are short for what tests are full of.
	agreement = v1alpha1.DataProcessingAgreement
	chapter   = v1alpha1.ChapterName
)

// world is all that a ruling rests on. As it is made, the App is covered: tests change what they are of.
type world struct {
	operator   *configuration.Operator
	owner      *v1alpha1.ServiceOwner
	agreements []agreement
	spec       v1alpha1.AppSpec
	now        time.Time
}

// noon is when tests judge.
var noon = at("2026-06-15T12:00:00Z")

// at reads an instant: a day's first, or one written in full.
func at(text string) time.Time {
	if instant, err := time.Parse(time.DateOnly, text); err == nil {
		return instant
	}
	instant, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return instant
}

// timeAt is an instant as the API holds it.
func timeAt(text string) metav1.Time { return metav1.NewTime(at(text)) }

// untilAt is an end as the API holds it.
func untilAt(text string) *metav1.Time {
	until := timeAt(text)
	return &until
}

// newWorld is a world in which the App is covered, but for the changes.
func newWorld(changes ...func(*world)) *world {
	w := &world{
		operator: &configuration.Operator{
			Regions: configuration.Regions{
				Allowed:     []v1alpha1.Region{"norwayeast", "norwaywest"},
				Exceptional: []v1alpha1.Region{"northeurope", "westeurope"},
			},
			Agreements: configuration.Agreements{GraceDays: 30, AfterGrace: configuration.KeepRunning},
		},
		owner:      &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: "skd"}},
		agreements: []agreement{*newAgreement("skd-1")},
		now:        noon,
	}
	w.owner.Spec.Region, w.owner.Spec.Storage.Redundancy = "norwayeast", "ZRS"
	w.spec.Processing = v1alpha1.Processing{
		Purpose: "income", LegalBasis: []v1alpha1.LegalBasis{"Article6-1-c"}, RetentionDays: 30,
		DataCategories: []v1alpha1.DataCategory{"Identity", "Economic"}, DataSubjects: []v1alpha1.DataSubject{"Citizens"},
	}
	for _, change := range changes {
		change(w)
	}
	return w
}

// newAgreement is an agreement of skd's, in force from 2026 on, that covers the App of newWorld.
func newAgreement(name string, changes ...func(*agreement)) *agreement {
	a := &agreement{ObjectMeta: metav1.ObjectMeta{Name: name}}
	a.Spec = v1alpha1.DataProcessingAgreementSpec{
		ServiceOwner: "skd", Terms: v1alpha1.Terms{Version: "1.8"}, State: v1alpha1.AgreementActive,
		Validity:       v1alpha1.Validity{From: timeAt("2026-01-01")},
		Signature:      v1alpha1.Signature{SignedAt: timeAt("2025-12-01")},
		Chapters:       []v1alpha1.Chapter{{Name: v1alpha1.ChapterAltinn, TakenIntoUse: "2026-01-01"}},
		Purposes:       []v1alpha1.Purpose{{Name: "income", LegalBasis: []v1alpha1.LegalBasis{"Article6-1-c"}}},
		DataCategories: []v1alpha1.DataCategory{"Identity", "Economic"}, DataSubjects: []v1alpha1.DataSubject{"Citizens"},
		Regions: []v1alpha1.Region{"norwayeast", "norwaywest"},
	}
	for _, change := range changes {
		change(a)
	}
	return a
}

// from makes an agreement begin, until makes it end.
func from(text string) func(*agreement) {
	return func(a *agreement) { a.Spec.Validity.From = timeAt(text) }
}

func until(text string) func(*agreement) {
	return func(a *agreement) { a.Spec.Validity.Until = untilAt(text) }
}

func signed(text string) func(*agreement) {
	return func(a *agreement) { a.Spec.Signature.SignedAt = timeAt(text) }
}

func state(state v1alpha1.AgreementState) func(*agreement) {
	return func(a *agreement) { a.Spec.State = state }
}

// chapters makes an agreement name chapters from a day on, and no others.
func chapters(day v1alpha1.Date, names ...chapter) func(*agreement) {
	return func(a *agreement) {
		a.Spec.Chapters = nil
		for _, name := range names {
			a.Spec.Chapters = append(a.Spec.Chapters, v1alpha1.Chapter{Name: name, TakenIntoUse: day})
		}
	}
}

// agreed makes the world's agreements these.
func agreed(agreements ...*agreement) func(*world) {
	return func(w *world) {
		w.agreements = nil
		for _, a := range agreements {
			w.agreements = append(w.agreements, *a)
		}
	}
}

// only changes the one agreement of the world.
func only(changes ...func(*agreement)) func(*world) { return agreed(newAgreement("skd-1", changes...)) }

// uses makes the App integrate with solutions.
func uses(solutions ...v1alpha1.Solution) func(*world) {
	return func(w *world) {
		for _, solution := range solutions {
			w.spec.Integrations = append(w.spec.Integrations, v1alpha1.Integration{Solution: solution})
		}
	}
}

// when changes the instant of the judgement.
func when(text string) func(*world) { return func(w *world) { w.now = at(text) } }

func (w *world) holding() Holding {
	return Holding{Code: "skd", Owner: w.owner, Agreements: w.agreements, Operator: w.operator}
}

func (w *world) judge() Ruling { return Judge(w.holding().OfApp(&w.spec), w.now) }

func (w *world) assess() Assessment { return Assess(w.holding(), &w.agreements[0], w.now) }

// rulingCase is a world and what it comes to.
type rulingCase struct {
	world *world
	want  Ruling
}

func tryRulings(t *testing.T, cases map[string]rulingCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.world.judge()); diff != "" {
				t.Errorf("ruling (-want +got):\n%s", diff)
			}
		})
	}
}

const (
	inForceNow = "Agreement skd-1 is in force"
	keptInEast = "Data is kept in norwayeast (NO)"
)

// standing is the affirmation that an agreement is in force, lying that regions are complied with.
func standing(message string) decide.Affirmation {
	return decide.Affirmation{Part: v1alpha1.ConditionAgreementInForce, Message: message}
}

func lying(message string) decide.Affirmation {
	return decide.Affirmation{Part: v1alpha1.ConditionRegionCompliant, Message: message}
}

// covered is the ruling of newWorld, with what is warned of.
func covered(next string, warnings ...decide.Finding) Ruling {
	ruling := Ruling{Agreement: "skd-1", Governing: []string{"skd-1"}, Findings: warnings,
		Affirmed: []decide.Affirmation{standing(inForceNow), lying(keptInEast)}}
	if next != "" {
		ruling.Next = at(next)
	}
	return ruling
}

// refused is the ruling when the agreement skd-1 governs and stands in the way, and regions do not.
func refused(next string, findings ...decide.Finding) Ruling {
	ruling := covered(next, findings...)
	ruling.Affirmed = []decide.Affirmation{lying(keptInEast)}
	return ruling
}

// misplaced is the ruling when the agreement skd-1 is in force and regions stand in the way.
func misplaced(next string, findings ...decide.Finding) Ruling {
	ruling := covered(next, findings...)
	ruling.Affirmed = []decide.Affirmation{standing(inForceNow)}
	return ruling
}

const newAgreementNeeded = "Sign a new agreement and have the platform team apply it"

// ofAgreement is a finding of the agreement gate.
func ofAgreement(effect decide.Effect, reason, message, remedy string, actor v1alpha1.Actor) decide.Finding {
	return decide.Finding{Effect: effect, Part: v1alpha1.ConditionAgreementInForce, Reason: reason, Message: message, Actor: actor, Remedy: remedy}
}

// notCovered is the finding that the agreement skd-1 does not cover something.
func notCovered(what, instead string) decide.Finding {
	return ofAgreement(decide.Hold, v1alpha1.ReasonNotCovered, "Agreement skd-1 does not cover "+what,
		instead+", or have the agreement extended", v1alpha1.ActorServiceOwner)
}

// held is a finding as a hold.
func held(finding decide.Finding) decide.Finding {
	finding.Effect = decide.Hold
	return finding
}
