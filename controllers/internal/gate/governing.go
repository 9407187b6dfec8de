// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"slices"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// governance is which agreement governs a chapter.
type governance struct {
	// agreement is the one that does; nil when none names the chapter.
	agreement *v1alpha1.DataProcessingAgreement
	// standing is where it stands.
	standing Standing
	// rival is another that is in force for the chapter; nil when there is none.
	rival *v1alpha1.DataProcessingAgreement
	// starts is when the chapter takes effect under the agreement.
	starts time.Time
}

// governing finds the agreement that governs a chapter. It is the one in force. Where none is, it is
// the one that began last, for that is the last thing the parties said, and where none has begun, the
// first that will. An order to stop weighs more than an agreement in force that was begun earlier: only
// what the parties agreed on later can overrule it.
func (i *instants) governing(chapter v1alpha1.ChapterName, agreements []v1alpha1.DataProcessingAgreement, operator *configuration.Operator) governance {
	var c candidates
	for n := range agreements {
		agreement := &agreements[n]
		starts, named := startOfChapter(agreement, chapter)
		if !named {
			continue
		}
		found := governance{agreement: agreement, standing: i.standingOf(agreement, operator), starts: latest(starts, beginOf(agreement))}
		switch {
		case found.standing != InForce && i.reached(beginOf(agreement)) && found.standing != Reversed:
			c.begin(found)
		case found.standing != InForce:
			c.come(found)
		case i.reached(starts):
			c.hold(found)
		default:
			c.come(found)
		}
	}
	return c.first()
}

// candidates are the agreements that may govern a chapter: of those in force, stopped or otherwise begun
// the last, of those still to come the first.
type candidates struct{ inForce, stopped, begun, coming governance }

// hold takes in an agreement in force. The rival of the last is the last of the others.
func (c *candidates) hold(found governance) {
	last := later(c.inForce, found)
	for _, other := range []*v1alpha1.DataProcessingAgreement{c.inForce.agreement, c.inForce.rival, found.agreement} {
		if other != nil && other != last.agreement && (last.rival == nil || before(last.rival, other)) {
			last.rival = other
		}
	}
	c.inForce = last
}

func (c *candidates) begin(found governance) {
	if found.standing == Stopped {
		c.stopped = later(c.stopped, found)
		return
	}
	c.begun = later(c.begun, found)
}

func (c *candidates) come(found governance) {
	first := c.coming
	if first.agreement == nil || found.starts.Before(first.starts) || found.starts.Equal(first.starts) && first.after(found) {
		c.coming = found
	}
}

// first is the candidate that governs.
func (c *candidates) first() governance {
	switch {
	case c.stopped.agreement != nil && c.stopped.overrules(c.inForce) && (c.inForce.agreement != nil || c.stopped.overrules(c.begun)):
		return c.stopped
	case c.inForce.agreement != nil:
		return c.inForce
	case c.begun.agreement != nil:
		return c.begun
	default:
		return c.coming
	}
}

// startOfChapter is when a chapter takes effect; named is false for one the agreement does not name.
func startOfChapter(agreement *v1alpha1.DataProcessingAgreement, name v1alpha1.ChapterName) (starts time.Time, named bool) {
	n := slices.IndexFunc(agreement.Spec.Chapters, func(c v1alpha1.Chapter) bool { return c.Name == name })
	if n < 0 {
		return time.Time{}, false
	}
	return startOf(agreement.Spec.Chapters[n].TakenIntoUse), true
}

// overrules says whether an order to stop weighs more than another: it does unless that began later.
func (g governance) overrules(other governance) bool {
	return other.agreement == nil || !beginOf(g.agreement).Before(beginOf(other.agreement))
}

// after says whether it began after another, or whether there is no other.
func (g governance) after(other governance) bool {
	return other.agreement == nil || before(other.agreement, g.agreement)
}

// later is the one of two that began last.
func later(a, b governance) governance {
	if b.after(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// before orders agreements by when they begin, and by name where that is the same.
func before(a, b *v1alpha1.DataProcessingAgreement) bool {
	if begins := beginOf(a).Compare(beginOf(b)); begins != 0 {
		return begins < 0
	}
	return a.Name < b.Name
}
