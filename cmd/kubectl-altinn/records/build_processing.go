// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"cmp"
	"slices"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// app is the processing of an App.
func (b builder) app(h *holding, app *v1alpha1.App) Processing {
	own := subjectOf("App", app, app.GetStatus())
	p := b.processing(h, own, app.Spec.Processing)
	p.Kind = kinds.coded(b.language, "App")
	p.Namespace, p.Name = app.Namespace, app.Name
	p.Title, p.Heading = app.Spec.DisplayName, b.language.text(app.Spec.DisplayName)
	p.Recipients, p.CountryUnknown = b.appRecipients(h.code, app)
	p.Retention.Containers = containers(app.Spec.Storage.Containers)
	if h.owner != nil {
		policy := deletions.coded(b.language, string(h.owner.Spec.DeletionPolicy))
		p.Retention.OnRemoval = &policy
	}
	p.Measures = b.measures(h, own, own)
	links, agreements := b.agreementsOf(h, app.Status.Admitted, app.Spec.Processing.Purpose)
	p.Coverage = b.coverage(own, links)
	if app.Status.Admitted != nil {
		generation := app.Status.Admitted.Generation
		p.Coverage.AdmittedGeneration = &generation
	}
	b.fromAgreements(&p, agreements, chaptersOf(app))
	return p
}

// consent is the processing of a ConsentResource. The App of its data source holds the data.
func (b builder) consent(h *holding, consent *v1alpha1.ConsentResource) Processing {
	own := subjectOf("ConsentResource", consent, consent.GetStatus())
	p := b.processing(h, own, consent.Spec.Processing)
	p.Kind = kinds.coded(b.language, "ConsentResource")
	p.Namespace, p.Name = consent.Namespace, consent.Name
	p.Title, p.Heading = consent.Spec.Title, b.language.text(consent.Spec.Title)
	state := consentStates.coded(b.language, string(consent.Spec.State))
	p.State, p.AvailableFor = &state, allCoded(partyTypes, b.language, consent.Spec.AvailableFor)
	p.Recipients, p.CountryUnknown = b.consentRecipients(consent.Spec.Requesters), []string{}
	p.Retention.Containers = []Container{}
	policy := consentDeletions.coded(b.language, string(consent.Spec.DeletionPolicy))
	p.Retention.OnRemoval = &policy
	p.Measures = b.measures(h, own, h.app(consent.Spec.DataSource.App))
	links, agreements := b.agreementsOf(h, nil, consent.Spec.Processing.Purpose)
	p.Coverage = b.coverage(own, links)
	b.fromAgreements(&p, agreements, map[v1alpha1.ChapterName]bool{v1alpha1.ChapterAltinn: true})
	return p
}

// app is the App of a data source; nil when there is none of the name.
func (h *holding) app(name v1alpha1.AppName) *subject {
	for i := range h.apps {
		if h.apps[i].Name == string(name) {
			return subjectOf("App", &h.apps[i], h.apps[i].GetStatus())
		}
	}
	return nil
}

// processing is what both kinds declare alike.
func (b builder) processing(h *holding, own *subject, from v1alpha1.Processing) Processing {
	p := Processing{
		Purpose:        Purpose{Name: string(from.Purpose)},
		LegalBases:     allCoded(legalBases, b.language, from.LegalBasis),
		DataCategories: allCoded(dataCategories, b.language, from.DataCategories),
		DataSubjects:   allCoded(dataSubjects, b.language, from.DataSubjects),
		Regions:        b.regions(h.owner),
		Ready:          b.evidence(own, v1alpha1.ConditionReady),
		Problems:       b.problems(own.status.Problems),
	}
	if from.RetentionDays > 0 {
		p.Retention.Days = &from.RetentionDays
	}
	if h.owner != nil && h.owner.Spec.Storage.SoftDeleteDays > 0 {
		days := h.owner.Spec.Storage.SoftDeleteDays
		p.Retention.SoftDeleteDays = &days
	}
	return p
}

func (b builder) problems(from []v1alpha1.Problem) []Problem {
	all := []Problem{}
	for _, problem := range from {
		all = append(all, Problem{
			Severity: severities.coded(b.language, string(problem.Severity)), Message: problem.Message,
			Actor: actors.coded(b.language, string(problem.Actor)), Remedy: problem.Remedy,
		})
	}
	slices.SortStableFunc(all, func(x, y Problem) int {
		return cmp.Or(cmp.Compare(severities.rank(x.Severity.Value), severities.rank(y.Severity.Value)), cmp.Compare(x.Message, y.Message))
	})
	return all
}

func containers(from []v1alpha1.Container) []Container {
	all := []Container{}
	for _, container := range from {
		all = append(all, Container{Name: container.Name, Days: container.RetentionDays, Immutable: container.Immutable})
	}
	slices.SortFunc(all, func(x, y Container) int { return cmp.Compare(x.Name, y.Name) })
	return all
}

// regions are where an owner's data lies: its region, and the pair when storage is copied there.
func (b builder) regions(owner *v1alpha1.ServiceOwner) []Region {
	if owner == nil || owner.Spec.Region == "" {
		return nil
	}
	all := []Region{b.region(owner.Spec.Region, "Primary")}
	if owner.Spec.Storage.Redundancy == "GRS" || owner.Spec.Storage.Redundancy == "GZRS" {
		info, _ := owner.Spec.Region.Info()
		all = append(all, b.region(info.Pair, "Copy"))
	}
	return all
}

func (b builder) region(name v1alpha1.Region, use string) Region {
	r := Region{Name: Word(name), Use: regionUses.coded(b.language, use)}
	if info, ok := name.Info(); ok {
		country := b.language.country(info.Country)
		r.Country = &country
	}
	return r
}

// chaptersOf are the parts of an agreement that an App comes under: the platform's own, and those of
// the shared solutions it uses.
func chaptersOf(app *v1alpha1.App) map[v1alpha1.ChapterName]bool {
	chapters := map[v1alpha1.ChapterName]bool{v1alpha1.ChapterAltinn: true}
	for _, integration := range app.Spec.Integrations {
		if chapter, ok := integration.Solution.Chapter(); ok {
			chapters[chapter] = true
		}
	}
	return chapters
}
