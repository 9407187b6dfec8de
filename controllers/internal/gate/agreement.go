// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Assessment is what an agreement comes to at an instant.
type Assessment struct {
	// DaysLeft is how many days remain until it runs out, 0 or less when it has; nil without an end, and
	// when it no longer is.
	DaysLeft *int32
	// Findings are what is wrong with it.
	Findings []decide.Finding
	// Affirmed are the conditions found well.
	Affirmed []decide.Affirmation
	// Next is the first instant at which the assessment may be another; zero when there is none.
	Next time.Time
}

// Assess says what an agreement of the holding comes to at an instant.
func Assess(h Holding, agreement *v1alpha1.DataProcessingAgreement, now time.Time) Assessment {
	i := &instants{now: now}
	standing := i.standingOf(agreement, h.Operator)
	assessment := Assessment{DaysLeft: i.daysLeft(agreement, standing)}
	all := func(v1alpha1.ChapterName) bool { return true }
	assessment.part(v1alpha1.ConditionInForce, inForce(agreement), i.holds(h, agreement))
	assessment.part(v1alpha1.ConditionTermsCurrent, "Terms "+agreement.Spec.Terms.Version+" are accepted", i.terms(agreement, h.Operator))
	assessment.part(v1alpha1.ConditionTransfersLawful, transfersStand(agreement), i.transfers(agreement, all))
	if standing == InForce {
		assessment.warn(v1alpha1.ConditionInForce, i.expiring(agreement, h.Agreements))
		assessment.warn(v1alpha1.ConditionTransfersLawful, i.reviewsDue(agreement))
		assessment.warn("Audits", i.auditsOverdue(agreement))
	}
	assessment.warn("Chapters", chaptersOutside(agreement, h.Agreements))
	assessment.Next = i.next
	return assessment
}

// part adds what was found of one condition, or that it is well. The agreement itself has nothing to
// hold or withdraw: it cannot be Ready.
func (a *Assessment) part(part, well string, found []decide.Finding) {
	if !refuses(found) {
		a.Affirmed = append(a.Affirmed, decide.Affirmation{Part: part, Message: well})
	}
	for _, finding := range found {
		finding.Effect, finding.Part = min(finding.Effect, decide.Limit), part
		a.Findings = append(a.Findings, finding)
	}
}

func (a *Assessment) warn(part string, found []decide.Finding) {
	for _, finding := range found {
		finding.Effect, finding.Part = decide.Warn, part
		a.Findings = append(a.Findings, finding)
	}
}

// daysLeft counts the days until the agreement runs out, a day that has begun as one; it is 0 or less
// when it has. It wakes when there is one less. Nobody counts the days of an agreement that no longer
// is.
func (i *instants) daysLeft(agreement *v1alpha1.DataProcessingAgreement, standing Standing) *int32 {
	end := endOf(agreement)
	if end.IsZero() || standing != InForce && standing != Suspended && standing != InGrace {
		return nil
	}
	left := float64(end.Unix()-i.now.Unix()) / day.Seconds() // a Duration cannot hold three centuries
	days := int32(min(math.Ceil(left), math.MaxInt32))
	i.reached(end.UTC().AddDate(0, 0, 1-int(days)))
	return &days
}

// holds lists why the agreement does not hold today.
func (i *instants) holds(h Holding, agreement *v1alpha1.DataProcessingAgreement) []decide.Finding {
	var found []decide.Finding
	if h.Owner == nil {
		found = append(found, decide.Finding{
			Effect: decide.Limit, Reason: v1alpha1.ReasonServiceOwnerMissing, Actor: v1alpha1.ActorPlatform,
			Message: fmt.Sprintf("There is no ServiceOwner %s: the agreement covers nobody", h.Code),
			Remedy:  "Apply the ServiceOwner; the agreement follows by itself",
		})
	}
	standing := i.standingOf(agreement, h.Operator)
	if rung, refuses := rungOf(standing, h.Operator); refuses {
		return append(found, decide.Finding{
			Effect: rung.effect, Reason: rung.reason, Actor: rung.actor, Remedy: rung.remedy,
			Message: i.sentence(agreement, standing, h.Operator),
		})
	}
	for n := range h.Agreements {
		if rival := &h.Agreements[n]; i.rivals(h, agreement, rival) {
			found = append(found, conflict(agreement, rival))
		}
	}
	return found
}

// rivals says whether another agreement is in force for a chapter that this one, in force, names too.
func (i *instants) rivals(h Holding, agreement, rival *v1alpha1.DataProcessingAgreement) bool {
	if rival.Name == agreement.Name || i.standingOf(rival, h.Operator) != InForce {
		return false
	}
	return slices.ContainsFunc(agreement.Spec.Chapters, func(chapter v1alpha1.Chapter) bool {
		starts, named := startOfChapter(rival, chapter.Name)
		return named && i.reached(starts) && i.reached(startOf(chapter.TakenIntoUse))
	})
}

func transfersStand(agreement *v1alpha1.DataProcessingAgreement) string {
	outside := 0
	for n := range agreement.Spec.SubProcessors {
		if !agreement.Spec.SubProcessors[n].Country.InEEA() {
			outside++
		}
	}
	if outside == 0 {
		return "No sub-processor is outside the EEA"
	}
	return fmt.Sprintf("Sub-processors outside the EEA: %d, each with a ground for its transfers", outside)
}

// chaptersOutside warns of chapters that were taken into use when neither the agreement nor an earlier
// one held, or are to be when it no longer does.
func chaptersOutside(agreement *v1alpha1.DataProcessingAgreement, all []v1alpha1.DataProcessingAgreement) []decide.Finding {
	var outside []string
	for _, chapter := range agreement.Spec.Chapters {
		taken := startOf(chapter.TakenIntoUse)
		holdsThen := func(other *v1alpha1.DataProcessingAgreement) bool {
			_, named := startOfChapter(other, chapter.Name)
			end := endOf(other)
			return named && !taken.Before(beginOf(other).Truncate(day)) && (end.IsZero() || taken.Before(end))
		}
		late := !endOf(agreement).IsZero() && !taken.Before(endOf(agreement))
		before := slices.ContainsFunc(all, func(other v1alpha1.DataProcessingAgreement) bool { return holdsThen(&other) })
		if !holdsThen(agreement) && (late || !before) {
			outside = append(outside, fmt.Sprintf("%s on %s", chapter.Name, chapter.TakenIntoUse))
		}
	}
	if len(outside) == 0 {
		return nil
	}
	slices.Sort(outside)
	return []decide.Finding{{
		Reason: v1alpha1.ReasonChapterOutsideValidity, Actor: v1alpha1.ActorPlatform,
		Message: fmt.Sprintf("Agreement %s did not hold, or will not, when these chapters were taken into use: %s", agreement.Name, strings.Join(outside, ", ")),
		Remedy:  "Correct takenIntoUse in spec.chapters, or record the agreement that held then",
	}}
}

// reviewsDue warns of grounds that were to be checked again by now.
func (i *instants) reviewsDue(agreement *v1alpha1.DataProcessingAgreement) []decide.Finding {
	var found []decide.Finding
	for n := range agreement.Spec.SubProcessors {
		sub := &agreement.Spec.SubProcessors[n]
		if sub.Transfer.ReviewBy == "" || !i.reached(startOf(sub.Transfer.ReviewBy)) {
			continue
		}
		found = append(found, decide.Finding{
			Reason: v1alpha1.ReasonTransferReviewDue, Actor: v1alpha1.ActorPlatform,
			Message: fmt.Sprintf("The ground for transfers to %s (%s) was to be checked by %s", sub.Name, sub.Country, sub.Transfer.ReviewBy),
			Remedy:  "Check the ground, and put the next day of review into transfer.reviewBy",
		})
	}
	return found
}

// auditsOverdue warns when the audit the last one announced has not been held.
func (i *instants) auditsOverdue(agreement *v1alpha1.DataProcessingAgreement) []decide.Finding {
	var last v1alpha1.Audit
	for _, audit := range agreement.Spec.Audits {
		if audit.Date > last.Date || audit.Date == last.Date && audit.Next > last.Next {
			last = audit
		}
	}
	if last.Next == "" || !i.reached(startOf(last.Next)) {
		return nil
	}
	return []decide.Finding{{
		Reason: v1alpha1.ReasonAuditOverdue, Actor: v1alpha1.ActorPlatform,
		Message: "The next audit was due on " + string(last.Next),
		Remedy:  "Hold the audit and add it to spec.audits",
	}}
}

// KeepsTooLong says whether a case keeps data for longer than the agreement allows.
func KeepsTooLong(c *Case, agreement *v1alpha1.DataProcessingAgreement) bool {
	return c.Processing != nil && len(retention(agreement, c.Processing, c.Kept)) > 0
}
