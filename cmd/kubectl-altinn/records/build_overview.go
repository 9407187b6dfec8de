// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// soon is how long before something runs out it is told: as early as the operator first warns.
const soon = 90 * 24 * time.Hour

// overview counts what the controllers have, and gathers what needs somebody to act.
func (b builder) overview(controllers []Controller) Overview {
	o := Overview{Controllers: len(controllers), FollowUps: []FollowUp{}, PerController: []Figures{}}
	for i := range controllers {
		c := &controllers[i]
		f := figures(c)
		o.PerController = append(o.PerController, f)
		o.Agreements += f.Agreements
		o.Processings += f.Processings
		o.Covered += f.Covered
		o.NotCovered += f.NotCovered
		o.NotShown += f.NotShown
		o.FollowUps = append(o.FollowUps, b.ofController(c)...)
	}
	slices.SortStableFunc(o.FollowUps, func(x, y FollowUp) int {
		return cmp.Or(
			cmp.Compare(followUpKinds.rank(x.Kind.Value), followUpKinds.rank(y.Kind.Value)),
			compareUnknownLast(string(x.Controller), string(y.Controller)), cmp.Compare(x.Subject, y.Subject))
	})
	return o
}

func figures(c *Controller) Figures {
	f := Figures{Code: c.Code, Agreements: len(c.Agreements), Processings: len(c.Processings), controller: c}
	for _, p := range c.Processings {
		switch p.Coverage.Result.Value {
		case covered:
			f.Covered++
		case notCovered:
			f.NotCovered++
		default:
			f.NotShown++
		}
	}
	return f
}

// gathering collects the follow-ups of one place on the page.
type gathering struct {
	builder
	controller      Word
	subject, target string
	title           Word
	all             *[]FollowUp
}

func (g gathering) add(kind string, more FollowUp) {
	more.Kind = followUpKinds.coded(g.language, kind)
	more.Controller, more.Title, more.target = g.controller, g.title, g.target
	more.Subject = cmp.Or(more.Subject, g.subject)
	*g.all = append(*g.all, more)
}

func (b builder) ofController(c *Controller) []FollowUp {
	var all []FollowUp
	g := gathering{builder: b, controller: c.Code, subject: "Namespace " + c.Namespace, target: c.ID(), all: &all}
	switch {
	case c.Name != nil:
		g.subject, g.title = "ServiceOwner "+string(c.Code), b.language.text(*c.Name)
	case c.Code == "":
		g.add(followNoOwner, FollowUp{Detail: Word(b.language.mustWord("noCode"))})
	default:
		g.subject = "ServiceOwner " + string(c.Code)
		g.add(followNoOwner, FollowUp{Detail: Word(b.language.mustWord("noOwner"))})
	}
	if c.RegionException != nil {
		g.runsOut(c.RegionException.Expires, followExceptionEnded, followExceptionEnds)
	}
	replaced := slices.ContainsFunc(c.Agreements, func(a Agreement) bool { return a.Evidence[0].Result.Value == fulfilled })
	for _, a := range c.Agreements {
		g.subject, g.title, g.target = "DataProcessingAgreement "+a.Name, Word(a.Terms.Document), a.ID()
		// An agreement that another has taken the place of concerns nobody.
		if !replaced || c.uses(a.Name) || a.Evidence[0].Result.Value == fulfilled {
			g.ofAgreement(a)
		}
	}
	for _, p := range c.Processings {
		g.subject, g.title, g.target = p.Reference(), p.Heading, p.ID()
		g.ofProcessing(p)
	}
	return all
}

// uses says whether an agreement belongs to any of the controller's processings.
func (c *Controller) uses(agreement string) bool {
	return slices.ContainsFunc(c.Processings, func(p Processing) bool {
		return slices.ContainsFunc(p.Coverage.Agreements, func(l AgreementLink) bool { return l.Name == agreement })
	})
}

// runsOut tells that something has ended, or will soon.
func (g gathering) runsOut(at time.Time, ended, ends string) {
	switch left := at.Sub(g.at); {
	case left <= 0:
		g.add(ended, FollowUp{At: &at})
	case left <= soon:
		g.add(ends, FollowUp{At: &at, Detail: Word(g.language.days(int32(left/(24*time.Hour))) + " " + g.language.mustWord("daysLeft"))})
	}
}

func (g gathering) ofAgreement(a Agreement) {
	if a.Until != nil {
		g.runsOut(*a.Until, followEnded, followEnds)
	}
	ended := a.Until != nil && !a.Until.After(g.at)
	inForce, terms, transfers := a.Evidence[0], a.Evidence[1], a.Evidence[2]
	switch {
	case ended: // is told already
	case inForce.Result.Value == notFulfilled:
		g.add(followNotInForce, FollowUp{Message: inForce.told()})
	case a.State.Value != string(v1alpha1.AgreementActive):
		g.add(followNotInForce, FollowUp{Detail: Word(a.State.Label)})
	}
	if terms.Result.Value == notFulfilled {
		g.add(followTermsNotCurrent, FollowUp{Message: terms.told()})
	}
	if transfers.Result.Value == notFulfilled {
		g.add(followTransfer, FollowUp{Message: transfers.told()})
	}
	g.ofSubProcessors(a.SubProcessors)
	g.ofAudits(a.Audits)
}

func (g gathering) ofSubProcessors(companies []SubProcessor) {
	for _, company := range companies {
		subject := g.subject + ": " + company.Name + ", " + company.Service
		if company.ReviewOverdue {
			g.add(followReviewOverdue, FollowUp{Subject: subject, Day: company.ReviewBy})
		}
		if company.Mechanism.Value == string(v1alpha1.TransferAdequacy) && (company.Adequacy == nil || !company.Adequacy.Holds) {
			g.add(followAdequacyEnded, FollowUp{Subject: subject, Detail: Word(company.Country.Label)})
		}
	}
}

// ofAudits tells when the next audit was due that the latest announced.
func (g gathering) ofAudits(audits []Audit) {
	if len(audits) == 0 {
		return
	}
	next := audits[len(audits)-1].Next
	if next != "" && string(next) < g.at.Format(time.DateOnly) {
		g.add(followAuditOverdue, FollowUp{Day: next})
	}
}

func (g gathering) ofProcessing(p Processing) {
	switch {
	case len(p.Coverage.Agreements) == 0:
		g.add(followNoAgreement, FollowUp{Detail: Word(g.language.mustWord("purpose") + ": " + cmp.Or(p.Purpose.Name, g.language.mustWord("unknown")))})
	case !p.Coverage.Agreements[0].Exists:
		g.add(followNotCovered, FollowUp{Detail: Word(p.Coverage.Agreements[0].Name + ": " + g.language.mustWord("agreementGone"))})
	case p.Coverage.Result.Value == notCovered:
		g.add(followNotCovered, FollowUp{Message: p.Coverage.Evidence.told()})
	}
	if p.Coverage.Older() {
		g.add(followOlder, FollowUp{Detail: Word(g.revisions(p.Coverage))})
	}
	for _, limit := range p.Retention.Limits {
		if limit.Exceeded {
			g.add(followRetention, FollowUp{Detail: Word(limit.Category.Label + ": " + g.language.mustWord("atMost") + " " + g.language.days(limit.MaxDays))})
		}
	}
}

// revisions says which revision runs, and which is declared.
func (g gathering) revisions(c Coverage) string {
	return fmt.Sprintf("%s %d, %s %d", g.language.mustWord("runs"), *c.AdmittedGeneration, g.language.mustWord("isDeclared"), c.Generation)
}

// told is what a condition says; its reason where it has no message.
func (e Evidence) told() Word { return cmp.Or(e.Message, e.Reason) }
