// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// agreementsOf finds the agreements that belong to a processing: the one that covered what runs; else
// the owner's that is in force for the platform; else those that list the purpose.
func (b builder) agreementsOf(h *holding, admitted *v1alpha1.AdmittedRevision, purpose v1alpha1.PurposeName) ([]AgreementLink, []*v1alpha1.DataProcessingAgreement) {
	if admitted != nil && admitted.Agreement != "" {
		link := AgreementLink{Name: admitted.Agreement, Ground: grounds.coded(b.language, groundAdmitted)}
		found := h.agreementsThat(func(a *v1alpha1.DataProcessingAgreement) bool { return a.Name == admitted.Agreement })
		link.Exists = len(found) > 0
		return []AgreementLink{link}, found
	}
	ground := groundInForce
	found := h.agreementsThat(func(a *v1alpha1.DataProcessingAgreement) bool {
		return meta.IsStatusConditionTrue(a.Status.Conditions, v1alpha1.ConditionInForce) &&
			slices.ContainsFunc(a.Spec.Chapters, func(c v1alpha1.Chapter) bool { return c.Name == v1alpha1.ChapterAltinn })
	})
	if len(found) == 0 {
		ground = groundPurpose
		found = h.agreementsThat(func(a *v1alpha1.DataProcessingAgreement) bool { return purposeOf(a, purpose) != nil })
	}
	links := []AgreementLink{}
	for _, agreement := range found {
		links = append(links, AgreementLink{Name: agreement.Name, Ground: grounds.coded(b.language, ground), Exists: true})
	}
	return links, found
}

func (h *holding) agreementsThat(fit func(*v1alpha1.DataProcessingAgreement) bool) []*v1alpha1.DataProcessingAgreement {
	var found []*v1alpha1.DataProcessingAgreement
	for i := range h.agreements {
		if fit(&h.agreements[i]) {
			found = append(found, &h.agreements[i])
		}
	}
	return found
}

func purposeOf(agreement *v1alpha1.DataProcessingAgreement, name v1alpha1.PurposeName) *v1alpha1.Purpose {
	at := slices.IndexFunc(agreement.Spec.Purposes, func(p v1alpha1.Purpose) bool { return p.Name == name })
	if at < 0 {
		return nil
	}
	return &agreement.Spec.Purposes[at]
}

// coverage is what the operator found. Where no agreement exists that could cover, no condition makes
// up for it.
func (b builder) coverage(own *subject, links []AgreementLink) Coverage {
	c := Coverage{
		Agreements: links, Generation: own.generation,
		Evidence: b.evidence(own, v1alpha1.ConditionAgreementInForce),
	}
	exists := slices.ContainsFunc(links, func(l AgreementLink) bool { return l.Exists })
	result := notShown
	switch {
	case !exists, c.Evidence.Result.Value == notFulfilled:
		result = notCovered
	case c.Evidence.Result.Value == fulfilled:
		result = covered
	}
	c.Result = coverages.coded(b.language, result)
	return c
}

// fromAgreements fills in what only the agreements say. Without any it stays unknown.
func (b builder) fromAgreements(p *Processing, agreements []*v1alpha1.DataProcessingAgreement, chapters map[v1alpha1.ChapterName]bool) {
	if len(agreements) == 0 {
		return
	}
	p.SubProcessors, p.Retention.Limits = []SubProcessor{}, []Limit{}
	for _, agreement := range agreements {
		if purpose := purposeOf(agreement, v1alpha1.PurposeName(p.Purpose.Name)); purpose != nil {
			p.Purpose.Descriptions = append(p.Purpose.Descriptions, string(purpose.Description))
		}
		for _, company := range agreement.Spec.SubProcessors {
			if company.Chapter == "" || chapters[company.Chapter] {
				p.SubProcessors = append(p.SubProcessors, b.subProcessor(agreement.Name, company))
			}
		}
		p.Retention.Limits = append(p.Retention.Limits, b.limits(p, agreement)...)
	}
	slices.Sort(p.Purpose.Descriptions)
	p.Purpose.Descriptions = slices.Compact(p.Purpose.Descriptions)
	sortSubProcessors(p.SubProcessors)
	p.ThirdCountries = []Coded{}
	for _, company := range p.SubProcessors {
		if !company.InEEA && !slices.Contains(p.ThirdCountries, company.Country) {
			p.ThirdCountries = append(p.ThirdCountries, company.Country)
		}
	}
	slices.SortFunc(p.ThirdCountries, func(x, y Coded) int { return cmp.Compare(x.Value, y.Value) })
}

func sortSubProcessors(all []SubProcessor) {
	slices.SortFunc(all, func(x, y SubProcessor) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Service, y.Service), cmp.Compare(x.Agreement, y.Agreement))
	})
}

func (b builder) subProcessor(agreement string, from v1alpha1.SubProcessor) SubProcessor {
	today := b.at.Format(time.DateOnly)
	s := SubProcessor{
		Name: string(from.Name), OrganizationNumber: Word(from.OrganizationNumber), Service: string(from.Service),
		Country: b.language.country(string(from.Country)), InEEA: from.Country.InEEA(),
		Mechanism:            mechanisms.coded(b.language, string(from.Transfer.Mechanism)),
		DataPrivacyFramework: from.Transfer.DataPrivacyFramework,
		Reference:            Word(from.Transfer.Reference), ReviewBy: Word(from.Transfer.ReviewBy),
		ReviewOverdue: from.Transfer.ReviewBy != "" && string(from.Transfer.ReviewBy) < today,
		Agreement:     agreement,
	}
	if from.Chapter != "" {
		chapter := chapterNames.coded(b.language, string(from.Chapter))
		s.Chapter = &chapter
	}
	if decision, ok := from.Country.Adequacy(); ok {
		s.Adequacy = &Adequacy{
			Decided: string(decision.Decided), Until: Word(decision.Until), Reference: decision.Reference, Scope: Word(decision.Scope),
			Holds: string(decision.Decided) <= today && (decision.Until == "" || today < string(decision.Until)),
		}
	}
	return s
}

// limits are an agreement's for the data categories of a processing.
func (b builder) limits(p *Processing, agreement *v1alpha1.DataProcessingAgreement) []Limit {
	var longest int32
	if p.Retention.Days != nil {
		longest = *p.Retention.Days
	}
	for _, container := range p.Retention.Containers {
		longest = max(longest, container.Days)
	}
	var all []Limit
	for _, category := range p.DataCategories {
		for _, limit := range agreement.Spec.Retention {
			if string(limit.Category) == category.Value {
				all = append(all, Limit{Category: category, MaxDays: limit.MaxDays, Agreement: agreement.Name, Exceeded: longest > limit.MaxDays})
			}
		}
	}
	return all
}
