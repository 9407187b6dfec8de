// SPDX-License-Identifier: BSD-3-Clause

package agreement

import (
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// tally is what lives under an agreement.
type tally struct {
	covered, held, inUse v1alpha1.Coverage
	// tooLong are what keeps data for longer than the agreement allows, by kind and name.
	tooLong []string
	// next is the first instant at which the tally may be another; zero when there is none.
	next time.Time
}

// tallyOf judges each of the service owner's Apps and ConsentResources, and counts those that the
// agreement governs.
func tallyOf(facts Facts) tally {
	var result tally
	for n := range facts.Apps {
		app := &facts.Apps[n]
		governs := result.count(facts, subject{"App", app.Name, facts.OfApp(&app.Spec)}, &result.covered.Apps, &result.held.Apps)
		if last := app.Status.Admitted; governs && last != nil && last.Withdrawn == "" {
			add(&result.inUse.Apps, app.Name)
		}
	}
	for n := range facts.Consents {
		consent := &facts.Consents[n]
		result.count(facts, subject{"ConsentResource", consent.Name, facts.OfConsent(&consent.Spec)},
			&result.covered.ConsentResources, &result.held.ConsentResources)
	}
	for _, named := range []*v1alpha1.Named{
		&result.covered.Apps, &result.held.Apps, &result.inUse.Apps, &result.covered.ConsentResources, &result.held.ConsentResources,
	} {
		slices.Sort(named.Names)
		named.Names = named.Names[:min(len(named.Names), mostListed)]
	}
	result.inUse.ConsentResources = result.covered.ConsentResources // nothing runs of one that is not covered
	slices.Sort(result.tooLong)
	return result
}

// mostListed is how many names a status lists.
const mostListed = 1000

func add(to *v1alpha1.Named, name string) {
	to.Count++
	to.Names = append(to.Names, name)
}

// subject is what is judged, and its name.
type subject struct {
	kind, name string
	judged     *gate.Case
}

// count adds a subject that the agreement governs to what is covered or held. It returns whether the
// agreement does.
func (t *tally) count(facts Facts, of subject, covered, held *v1alpha1.Named) bool {
	ruling := gate.Judge(of.judged, facts.Now)
	if !ruling.Next.IsZero() && (t.next.IsZero() || ruling.Next.Before(t.next)) {
		t.next = ruling.Next
	}
	if !slices.Contains(ruling.Governing, facts.Agreement.Name) {
		return false
	}
	if ruling.Covered() && facts.Owner != nil {
		add(covered, of.name)
	} else {
		add(held, of.name)
	}
	if ruling.Agreement == facts.Agreement.Name && gate.KeepsTooLong(of.judged, facts.Agreement) {
		t.tooLong = append(t.tooLong, of.kind+" "+of.name)
	}
	return true
}
