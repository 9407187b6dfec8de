// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// Resources are what a record is made from.
type Resources struct {
	ServiceOwners    []v1alpha1.ServiceOwner
	Agreements       []v1alpha1.DataProcessingAgreement
	Apps             []v1alpha1.App
	ConsentResources []v1alpha1.ConsentResource
}

// builder is what all parts of a record are built with.
type builder struct {
	language Language
	at       time.Time
}

// holding is all that belongs to one service owner.
type holding struct {
	code, namespace string
	owner           *v1alpha1.ServiceOwner // nil when there is no such ServiceOwner
	agreements      []v1alpha1.DataProcessingAgreement
	apps            []v1alpha1.App
	consents        []v1alpha1.ConsentResource
}

// Build makes the record of the resources as they were at the instant. Their order does not matter.
func Build(resources Resources, language Language, at time.Time) Record {
	b := builder{language: language, at: at.UTC().Truncate(time.Second)}
	record := Record{
		ExportedAt: b.at,
		Language:   language,
		Processor: Processor{
			Name: "Digitaliseringsdirektoratet", OrganizationNumber: "991825827",
			Role: roles.coded(language, "Processor"),
		},
		Controllers: []Controller{},
	}
	for _, h := range holdings(resources) {
		record.Controllers = append(record.Controllers, b.controller(h))
	}
	record.Overview = b.overview(record.Controllers)
	return record
}

// holdings sorts the resources out by service owner. What names a service owner that does not exist,
// or lies in no service owner's namespace, is kept: it is processing all the same.
func holdings(resources Resources) []*holding {
	found := map[string]*holding{}
	of := func(code, namespace string) *holding {
		if found[namespace] == nil {
			found[namespace] = &holding{code: code, namespace: namespace}
		}
		return found[namespace]
	}
	for i := range resources.ServiceOwners {
		owner := &resources.ServiceOwners[i]
		of(owner.Name, v1alpha1.NamespacePrefix+owner.Name).owner = owner
	}
	for _, agreement := range resources.Agreements {
		code := string(agreement.Spec.ServiceOwner)
		h := of(code, v1alpha1.NamespacePrefix+code)
		h.agreements = append(h.agreements, agreement)
	}
	for _, app := range resources.Apps {
		h := of(v1alpha1.OwnerOfNamespace(app.Namespace), app.Namespace)
		h.apps = append(h.apps, app)
	}
	for _, consent := range resources.ConsentResources {
		h := of(v1alpha1.OwnerOfNamespace(consent.Namespace), consent.Namespace)
		h.consents = append(h.consents, consent)
	}
	var all []*holding
	for _, h := range found {
		h.sort()
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *holding) int {
		return cmp.Or(compareUnknownLast(a.code, b.code), cmp.Compare(a.namespace, b.namespace))
	})
	return all
}

func (h *holding) sort() {
	slices.SortFunc(h.agreements, func(a, b v1alpha1.DataProcessingAgreement) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(h.apps, func(a, b v1alpha1.App) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(h.consents, func(a, b v1alpha1.ConsentResource) int { return cmp.Compare(a.Name, b.Name) })
}

func compareUnknownLast(a, b string) int {
	if (a == "") != (b == "") {
		return -strings.Compare(a, b)
	}
	return strings.Compare(a, b)
}

func (b builder) controller(h *holding) Controller {
	c := Controller{
		Code: Word(h.code), Namespace: h.namespace,
		Agreements: []Agreement{}, Processings: []Processing{},
	}
	if h.owner != nil {
		spec := h.owner.Spec
		c.Name = &spec.DisplayName
		c.OrganizationNumber = Word(spec.OrganizationNumber)
		c.Contacts = b.contacts(spec.Contacts)
		if exception := spec.RegionException; exception != nil {
			c.RegionException = &RegionException{Reason: string(exception.Reason), Expires: exception.Expires.UTC()}
		}
	}
	for i := range h.agreements {
		c.Agreements = append(c.Agreements, b.agreement(&h.agreements[i]))
	}
	for i := range h.apps {
		c.Processings = append(c.Processings, b.app(h, &h.apps[i]))
	}
	for i := range h.consents {
		c.Processings = append(c.Processings, b.consent(h, &h.consents[i]))
	}
	return c
}

func (b builder) contacts(contacts v1alpha1.Contacts) []Contact {
	contact := func(role string, of v1alpha1.Contact) Contact {
		return Contact{Role: roles.coded(b.language, role), Email: Word(of.Email), URL: Word(of.URL)}
	}
	return []Contact{
		contact("Privacy", contacts.Privacy), contact("Incident", contacts.Incident), contact("Support", contacts.Support),
	}
}

func (b builder) agreement(from *v1alpha1.DataProcessingAgreement) Agreement {
	spec := from.Spec
	a := Agreement{
		Name:      from.Name,
		Terms:     Terms{Document: string(spec.Terms.Document), Version: spec.Terms.Version, URL: string(spec.Terms.URL)},
		From:      spec.Validity.From.UTC(),
		State:     agreementStates.coded(b.language, string(spec.State)),
		Signature: Signature{Role: string(spec.Signature.Role), Reference: string(spec.Signature.Reference), SignedAt: spec.Signature.SignedAt.UTC()},
		Breach:    Breach{Contact: string(spec.BreachNotification.Contact), WithinHours: spec.BreachNotification.WithinHours},
		Chapters:  []Chapter{}, Audits: []Audit{}, SubProcessors: []SubProcessor{},
	}
	for _, company := range spec.SubProcessors {
		a.SubProcessors = append(a.SubProcessors, b.subProcessor(from.Name, company))
	}
	sortSubProcessors(a.SubProcessors)
	if until := spec.Validity.Until; until != nil {
		instant := until.UTC()
		a.Until = &instant
	}
	for _, chapter := range spec.Chapters {
		a.Chapters = append(a.Chapters, Chapter{
			Name: chapterNames.coded(b.language, string(chapter.Name)), TakenIntoUse: string(chapter.TakenIntoUse),
		})
	}
	slices.SortFunc(a.Chapters, func(x, y Chapter) int {
		return cmp.Or(cmp.Compare(chapterNames.rank(x.Name.Value), chapterNames.rank(y.Name.Value)), cmp.Compare(x.Name.Value, y.Name.Value))
	})
	for _, audit := range spec.Audits {
		a.Audits = append(a.Audits, Audit{Date: string(audit.Date), Reference: string(audit.Reference), Next: Word(audit.Next)})
	}
	slices.SortFunc(a.Audits, func(x, y Audit) int {
		return cmp.Or(cmp.Compare(x.Date, y.Date), cmp.Compare(x.Reference, y.Reference))
	})
	subject := subjectOf("DataProcessingAgreement", from, from.GetStatus())
	for _, condition := range []string{v1alpha1.ConditionInForce, v1alpha1.ConditionTermsCurrent, v1alpha1.ConditionTransfersLawful} {
		a.Evidence = append(a.Evidence, b.evidence(subject, condition))
	}
	return a
}
