// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// sequences are how many hundreds of random lives of an App are looked at.
const sequences = 40

// TestNothingRunsThatNoAgreementCovered lives through random sequences of edits, agreements, crashes and
// clocks, and sees after each step that
//
//   - what is put on record is covered by agreements in force at that moment,
//   - pods run nothing that was not put on record so,
//   - an order to stop leaves no pods, and what it stopped comes back when it is covered again only,
//   - what keeps data that the App was admitted with is never let go,
//   - and what is beyond dispute is deployed, so that nothing of this is true for want of pods.
func TestNothingRunsThatNoAgreementCovered(t *testing.T) {
	operator := operatorConfiguration(t)
	seen := map[string]int{}
	for range sequences {
		rapid.Check(t, func(t *rapid.T) {
			w := newWorld(operator, func(format string, args ...any) { t.Fatalf(format, args...) })
			w.agree(t, "first", true)
			w.edit(t)
			for range rapid.IntRange(5, 30).Draw(t, "steps") {
				w.step(t, seen)
			}
		})
	}
	for _, sight := range []string{"deployed", "kept", "stopped", "nothing made", "cut"} {
		if seen[sight] < 1000 {
			t.Errorf("%s: seen %d times only: the sequences do not come to what they are about", sight, seen[sight])
		}
	}
}

// step changes one thing, runs a pass that may be cut off, and looks.
func (w *world) step(t *rapid.T, seen map[string]int) {
	w.change(t)
	if !rapid.Bool().Draw(t, "looked at") {
		return
	}
	whole := w.pass(rapid.SampledFrom([]int{100, 100, 100, 0, 1, 2, 3, 4, 5, 6, 9, 12}).Draw(t, "writes"))
	running := w.pods() > 0
	if running && !w.admitted[w.number(imageOf(w.deployment))] {
		t.Fatalf("%s runs, and no agreement covered it when it was put on record", imageOf(w.deployment))
	}
	w.count(seen, whole)
	if !whole {
		return
	}
	if w.stops(w.app.Spec) && running {
		t.Fatalf("an order to stop governs, and %d pods run", w.pods())
	}
	if w.withdrawn() && running {
		t.Fatalf("an agreement took the App out of service, none covers it now, and %d pods run", w.pods())
	}
	if w.suspended() && running {
		t.Fatalf("the App is suspended, and %d pods run", w.pods())
	}
	if w.owner != nil && !w.suspended() && w.covers(w.app.Spec) && (!running || imageOf(w.deployment) != w.app.Spec.Image) {
		t.Fatalf("nothing speaks against %s, and it does not run", w.app.Spec.Image)
	}
}

func (w *world) suspended() bool {
	return w.app.Spec.Suspend != nil || w.owner != nil && w.owner.Spec.Suspend != nil
}

// count notes what a sequence has come to.
func (w *world) count(seen map[string]int, whole bool) {
	switch {
	case !whole:
		seen["cut"]++
	case w.deployment == nil:
		seen["nothing made"]++
	case w.pods() == 0:
		seen["stopped"]++
	case imageOf(w.deployment) != w.app.Spec.Image:
		seen["kept"]++
	default:
		seen["deployed"]++
	}
}

// change is one thing that people, time or accidents do.
func (w *world) change(t *rapid.T) {
	rapid.SampledFrom([]func(*rapid.T){
		w.edit, w.edit, w.editBack, w.editAgreement, w.editAgreement, w.editAgreement, w.addAgreement,
		w.dropAgreement, w.swap, w.moveOwner, w.moveData, w.passTime, w.passTime, w.loseRecord, w.suspend, w.nothing,
	}).Draw(t, "change")(t)
}

func (w *world) nothing(*rapid.T) {}

// some draws a few of a list, at least one.
func some[T comparable](t *rapid.T, label string, of ...T) []T {
	drawn := rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, len(of), rapid.ID[T]).Draw(t, label)
	return drawn
}

// edit declares a new spec.
func (w *world) edit(t *rapid.T) {
	spec := w.app.Spec
	spec.Image = fmt.Sprintf("skdregistry.example.no/skd-income:%d", len(w.specs))
	spec.Processing = v1alpha1.Processing{
		Purpose:        rapid.SampledFrom([]v1alpha1.PurposeName{"loans", "loans", "taxes"}).Draw(t, "purpose"),
		LegalBasis:     some[v1alpha1.LegalBasis](t, "basis", "Article6-1-a", "Article6-1-e"),
		DataCategories: some[v1alpha1.DataCategory](t, "categories", "Contact", "Economic", "Health"),
		DataSubjects:   some[v1alpha1.DataSubject](t, "subjects", "Citizens", "Children"),
		RetentionDays:  rapid.SampledFrom([]int32{30, 400}).Draw(t, "days"),
	}
	spec.Integrations = nil
	for _, solution := range some[v1alpha1.Solution](t, "integrations", "Dialogporten", "KRR", "Maskinporten") {
		spec.Integrations = append(spec.Integrations, v1alpha1.Integration{Solution: solution})
	}
	spec.Storage = inContainers(some(t, "containers", "letters", "receipts", "drafts")...)
	w.specs = append(w.specs, spec)
	w.declare(spec)
}

// editBack declares a spec that was declared before.
func (w *world) editBack(t *rapid.T) { w.declare(rapid.SampledFrom(w.specs).Draw(t, "spec")) }

// suspend takes the App or its owner out of service, or back.
func (w *world) suspend(t *rapid.T) {
	toggled := func(was *v1alpha1.Suspend) *v1alpha1.Suspend {
		if was != nil {
			return nil
		}
		return &v1alpha1.Suspend{Reason: "Rest"}
	}
	if w.owner == nil || rapid.Bool().Draw(t, "the App alone") {
		w.app.Spec.Suspend = toggled(w.app.Spec.Suspend)
		w.app.Generation++
		return
	}
	w.owner.Spec.Suspend = toggled(w.owner.Spec.Suspend)
}

// moveOwner changes where the owner's data lies, or whether there is an owner.
func (w *world) moveOwner(t *rapid.T) {
	if rapid.IntRange(0, 3).Draw(t, "gone") == 0 {
		w.owner = nil
		return
	}
	w.owner = serviceOwner("skd")
	w.owner.Spec.Region = rapid.SampledFrom([]v1alpha1.Region{"norwayeast", "norwayeast", "norwaywest", "westeurope", "swedencentral"}).Draw(t, "region")
	if rapid.Bool().Draw(t, "exception") {
		w.owner.Spec.RegionException = &v1alpha1.RegionException{Reason: "Trial", Expires: metav1.NewTime(someDay(t, "expires"))}
	}
}

// moveData changes where the owner's data really lies.
func (w *world) moveData(t *rapid.T) {
	w.lies = rapid.SampledFrom([]v1alpha1.Region{"", "norwayeast", "norwayeast", "norwaywest", "westeurope", "eastus"}).Draw(t, "lies")
}

// someDay draws a day around which things change.
func someDay(t *rapid.T, label string) time.Time {
	return born.Truncate(24*time.Hour).AddDate(0, 0, 10*rapid.IntRange(-10, 10).Draw(t, label))
}

// passTime sets the clock, forward or back, near a day on which something may change.
func (w *world) passTime(t *rapid.T) {
	w.move(someDay(t, "now").Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "a second more")) * time.Second))
}

// loseRecord deletes a record of what was admitted.
func (w *world) loseRecord(t *rapid.T) {
	if len(w.records) > 0 {
		delete(w.records, rapid.SampledFrom(slices.Sorted(maps.Keys(w.records))).Draw(t, "record"))
	}
}
