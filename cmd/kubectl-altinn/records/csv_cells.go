// SPDX-License-Identifier: BSD-3-Clause

package records

import "strings"

func (r row) recipients(of Recipients) string {
	if len(of.Names) == 0 {
		return of.Kind.Label
	}
	return of.Kind.Label + ": " + strings.Join(of.Names, ", ")
}

func (r row) subProcessor(s SubProcessor) string {
	said := []string{s.Service, s.Country.Label, s.Mechanism.Label}
	if s.DataPrivacyFramework {
		said = append(said, r.record.Language.mustWord("dataPrivacyFramework"))
	}
	if s.Reference != "" {
		said = append(said, r.record.Language.mustWord("reference")+" "+string(s.Reference))
	}
	if s.ReviewBy != "" {
		said = append(said, r.record.Language.mustWord("reviewBy")+" "+string(s.ReviewBy))
	}
	return s.Name + " (" + strings.Join(said, ", ") + ")"
}

func (r row) container(c Container) string {
	said := c.Name + ": " + r.record.Language.days(c.Days)
	if c.Immutable {
		said += ", " + r.record.Language.mustWord("immutable")
	}
	return said
}

func (r row) limit(l Limit) string {
	said := l.Category.Label + ": " + r.record.Language.mustWord("atMost") + " " + r.record.Language.days(l.MaxDays)
	if l.Exceeded {
		said += " (" + r.record.Language.mustWord("exceeded") + ")"
	}
	return said
}

func (r row) region(of Region) string {
	country := r.record.Language.mustWord("unknown")
	if of.Country != nil {
		country = of.Country.Label
	}
	return r.known(string(of.Name)) + " (" + country + ", " + of.Use.Label + ")"
}

func (r row) measure(m Measure) string {
	said := m.Name.Label + ": "
	if len(m.Declared) > 0 {
		said += strings.Join(m.Declared, ", ") + ", "
	}
	if len(m.Evidence) == 0 {
		return said + m.Result.Label
	}
	var evidence []string
	for _, e := range m.Evidence {
		evidence = append(evidence, r.evidence(e))
	}
	return said + strings.Join(evidence, ", ")
}

// evidence is a result with the condition it comes from.
func (r row) evidence(e Evidence) string {
	if e.Status == "" {
		return e.Result.Label + " (" + e.Condition.Value + ")"
	}
	return e.Result.Label + " (" + e.Condition.Value + "=" + string(e.Status) + ", " + string(e.Reason) + ")"
}

func (r row) link(l AgreementLink) string {
	said := l.Name + " (" + l.Ground.Label
	if !l.Exists {
		said += ", " + r.record.Language.mustWord("agreementGone")
	}
	return said + ")"
}
