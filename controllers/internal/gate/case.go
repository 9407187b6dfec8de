// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Case is what is judged: a service owner, or something it runs, by its agreements.
type Case struct {
	Holding

	// Processing is what is done with personal data; nil for the service owner itself.
	Processing *v1alpha1.Processing
	// Kept is the data that is kept.
	Kept []Kept
	// Places are where things really are; none when only what is declared is judged.
	Places []Place
	// Needs are the chapters needed. The first is the one whose agreement must cover the processing.
	Needs []Need
}

// Need is a chapter that is needed, and what for.
type Need struct {
	// Chapter is the part of the terms.
	Chapter v1alpha1.ChapterName
	// For is what needs it, as people read it.
	For string
}

// Ruling is what a case comes to.
type Ruling struct {
	// Agreement is the name of the agreement that must cover the processing; empty when there is none.
	Agreement string
	// Governing are the names of the agreements that govern the chapters needed, that one first.
	Governing []string
	// Findings are what stands in the way, in the order agreement, chapters, coverage, regions.
	Findings []decide.Finding
	// Affirmed are the conditions found well.
	Affirmed []decide.Affirmation
	// Next is the first instant at which the ruling may be another; zero when there is none.
	Next time.Time
}

// Covered says whether nothing stands in the way.
func (r Ruling) Covered() bool {
	return !refuses(r.Findings)
}

// Judge rules on a case at an instant.
func Judge(c *Case, now time.Time) Ruling {
	i := &instants{now: now}
	found, governed := i.agreements(c)
	ruling := Ruling{Findings: found}
	for _, g := range governed {
		ruling.Governing = append(ruling.Governing, g.agreement.Name)
	}
	var agreement *v1alpha1.DataProcessingAgreement
	if len(governed) > 0 && governed[0].chapters[0] == c.Needs[0].Chapter {
		agreement = governed[0].agreement
		ruling.Agreement = agreement.Name
		if c.Processing != nil {
			ruling.Findings = append(ruling.Findings, coverage(agreement, c.Processing, c.Kept)...)
		}
	}
	ruling.affirm(v1alpha1.ConditionAgreementInForce, func() string { return inForce(agreement) })
	if c.Owner != nil {
		ruling.Findings = append(ruling.Findings, i.regions(c.Owner, agreement, c.Operator)...)
		ruling.Findings = append(ruling.Findings, i.drift(c.Holding, agreement, c.Places)...)
		ruling.affirm(v1alpha1.ConditionRegionCompliant, func() string { return kept(c.Owner) })
	}
	ruling.Next = i.next
	return ruling
}

// affirm says of a condition that it is well, if nothing was found against it.
func (r *Ruling) affirm(part string, message func() string) {
	for _, finding := range r.Findings {
		if finding.Part == part && finding.Effect > decide.Warn {
			return
		}
	}
	r.Affirmed = append(r.Affirmed, decide.Affirmation{Part: part, Message: message()})
}

// governed is an agreement and the chapters it governs of those needed.
type governed struct {
	governance
	chapters []v1alpha1.ChapterName
}

// agreements lists what is wrong with the agreements that govern the chapters needed, then with the
// chapters, and returns those agreements.
func (i *instants) agreements(c *Case) ([]decide.Finding, []governed) {
	var found, lacking []decide.Finding
	var all []governed
	for _, need := range c.Needs {
		governing := i.governing(need.Chapter, c.Agreements, c.Operator)
		if governing.agreement == nil {
			lacking = append(lacking, c.missing(need))
			if len(c.Agreements) == 0 {
				break
			}
			continue
		}
		if governing.standing == InForce && !i.reached(governing.starts) {
			lacking = append(lacking, c.notStarted(need, governing))
		}
		if governing.rival != nil {
			if contended := conflict(governing.agreement, governing.rival); !slices.Contains(found, contended) {
				found = append(found, contended)
			}
		}
		n := slices.IndexFunc(all, func(other governed) bool { return other.agreement == governing.agreement })
		if n < 0 {
			n, all = len(all), append(all, governed{governance: governing})
		}
		all[n].chapters = append(all[n].chapters, need.Chapter)
	}
	for n := range all {
		found = append(found, i.standing(c, &all[n])...)
	}
	found = append(found, lacking...)
	for n := range found {
		found[n].Part = v1alpha1.ConditionAgreementInForce
	}
	return found, all
}

// standing lists what follows from where an agreement stands, and from what it rests on.
func (i *instants) standing(c *Case, of *governed) []decide.Finding {
	agreement := of.agreement
	var found []decide.Finding
	if rung, refuses := rungOf(of.standing, c.Operator); refuses {
		found = append(found, decide.Finding{
			Effect: rung.effect, Reason: rung.reason, Actor: rung.actor, Remedy: rung.remedy,
			Message: i.sentence(agreement, of.standing, c.Operator),
		})
	} else {
		found = append(found, i.expiring(agreement, c.Agreements)...)
	}
	found = append(found, i.terms(agreement, c.Operator)...)
	return append(found, i.transfers(agreement, func(chapter v1alpha1.ChapterName) bool {
		return slices.Contains(of.chapters, chapter)
	})...)
}

// missing says that no agreement governs a chapter.
func (c *Case) missing(need Need) decide.Finding {
	if len(c.Agreements) == 0 {
		return decide.Finding{
			Effect: decide.Hold, Reason: v1alpha1.ReasonAgreementMissing, Actor: v1alpha1.ActorPlatform,
			Message: fmt.Sprintf("Service owner %s has no data processing agreement", c.Code),
			Remedy:  "Apply the DataProcessingAgreement that was signed; it follows by itself",
		}
	}
	return decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonNotCovered, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("No agreement of %s covers chapter %s, which %s needs", c.Code, need.Chapter, need.For),
		Remedy:  "Have the chapter added to the agreement, or do without",
	}
}

// notStarted says that a chapter takes effect later.
func (c *Case) notStarted(need Need, governing governance) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonNotCovered, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("Agreement %s does not cover chapter %s, which %s needs, before %s",
			governing.agreement.Name, need.Chapter, need.For, said(governing.starts)),
		Remedy: "Wait until then, or have the day on which it is taken into use corrected",
	}
}

// conflict says that two agreements are in force at once.
func conflict(agreement, rival *v1alpha1.DataProcessingAgreement) decide.Finding {
	if rival.Name < agreement.Name {
		agreement, rival = rival, agreement
	}
	return decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonAgreementConflict, Actor: v1alpha1.ActorPlatform,
		Message: fmt.Sprintf("Agreements %s and %s of %s are in force for the same chapters, and it is not known which holds",
			agreement.Name, rival.Name, agreement.Spec.ServiceOwner),
		Remedy: "End one of them: set its spec.validity.until, or its spec.state to Terminated",
	}
}

// expiring warns of the end of an agreement, unless another takes over.
func (i *instants) expiring(agreement *v1alpha1.DataProcessingAgreement, all []v1alpha1.DataProcessingAgreement) []decide.Finding {
	end := endOf(agreement)
	if end.IsZero() || renewed(agreement, all) {
		return nil
	}
	days := i.warnedOf(end)
	if days == 0 {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Warn, Reason: v1alpha1.ReasonAgreementExpiring, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("Agreement %s runs out on %s, within %s", agreement.Name, said(end), plural(days)),
		Remedy:  "Sign a new agreement and have the platform team apply it",
	}}
}

// renewed says whether another agreement takes over, without a gap, what this one covers.
func renewed(agreement *v1alpha1.DataProcessingAgreement, all []v1alpha1.DataProcessingAgreement) bool {
	end := endOf(agreement)
	return slices.ContainsFunc(all, func(other v1alpha1.DataProcessingAgreement) bool {
		if other.Name == agreement.Name || other.Spec.State != v1alpha1.AgreementActive ||
			beginOf(&other).After(end) || !endOf(&other).IsZero() && !endOf(&other).After(end) {
			return false
		}
		return !slices.ContainsFunc(agreement.Spec.Chapters, func(chapter v1alpha1.Chapter) bool {
			starts, named := startOfChapter(&other, chapter.Name)
			return !named || starts.After(end)
		})
	})
}
