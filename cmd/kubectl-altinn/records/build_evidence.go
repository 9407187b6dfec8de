// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// subject is a resource whose conditions are evidence.
type subject struct {
	reference  string
	generation int64
	status     *v1alpha1.Status
}

func subjectOf(kind string, object metav1.Object, status *v1alpha1.Status) *subject {
	name := object.GetName()
	if object.GetNamespace() != "" {
		name = object.GetNamespace() + "/" + name
	}
	return &subject{reference: kind + " " + name, generation: object.GetGeneration(), status: status}
}

func (h *holding) subject() *subject {
	if h.owner == nil {
		return nil
	}
	return subjectOf("ServiceOwner", h.owner, h.owner.GetStatus())
}

// evidence tells what a condition says. One that is missing, or is of an earlier revision, shows
// nothing of what is declared now.
func (b builder) evidence(of *subject, condition string) Evidence {
	e := Evidence{Condition: conditions.coded(b.language, condition)}
	if of == nil {
		e.Result = results.coded(b.language, notShown)
		return e
	}
	e.Resource = Word(of.reference)
	found := meta.FindStatusCondition(of.status.Conditions, condition)
	e.Result = results.coded(b.language, of.result(found))
	if found == nil {
		return e
	}
	e.Status, e.Reason, e.Message = Word(found.Status), Word(found.Reason), Word(found.Message)
	if since := found.LastTransitionTime.UTC(); !since.IsZero() {
		e.Since = &since
	}
	return e
}

func (s *subject) result(found *metav1.Condition) string {
	if found == nil {
		return notShown
	}
	if cmp.Or(found.ObservedGeneration, s.status.ObservedGeneration) < s.generation {
		return outdated
	}
	switch found.Status {
	case metav1.ConditionTrue:
		return fulfilled
	case metav1.ConditionFalse:
		return notFulfilled
	default:
		return undecided
	}
}

// firstShown is the evidence of the first subject that has the condition; without any, of the first.
func (b builder) firstShown(condition string, subjects ...*subject) Evidence {
	for _, of := range subjects {
		if e := b.evidence(of, condition); e.Result.Value != notShown {
			return e
		}
	}
	return b.evidence(subjects[0], condition)
}

// measures are the security measures of a processing: its own resource's, those of the App that runs
// it, and those of its owner.
func (b builder) measures(h *holding, own, app *subject) []Measure {
	owner := h.subject()
	return []Measure{
		b.measure(measureIsolation, nil, b.evidence(owner, v1alpha1.ConditionNamespaceReady)),
		b.measure(measureAccess, b.grants(h.owner), b.evidence(owner, v1alpha1.ConditionAccessReady)),
		b.measure(measureNetwork, nil, b.evidence(app, v1alpha1.ConditionAvailable), b.evidence(owner, v1alpha1.ConditionNamespaceReady)),
		b.measure(measureRegion, nil, b.firstShown(v1alpha1.ConditionRegionCompliant, own, owner)),
		b.measure(measureAgreement, nil, b.firstShown(v1alpha1.ConditionAgreementInForce, own, owner)),
		b.measure(measureEncryption, b.storage(h.owner, func(s v1alpha1.Storage) string {
			return keyManagements.coded(b.language, string(s.KeyManagement)).Label
		})),
		b.measure(measureRedundancy, b.storage(h.owner, func(s v1alpha1.Storage) string {
			return redundancies.coded(b.language, string(s.Redundancy)).Label
		})),
		b.measure(measureRecovery, b.storage(h.owner, func(s v1alpha1.Storage) string {
			return b.language.days(s.SoftDeleteDays)
		})),
	}
}

// measure is as good as the worst of its evidence, and without evidence nothing shows it.
func (b builder) measure(name string, declared []string, evidence ...Evidence) Measure {
	m := Measure{Name: measures.coded(b.language, name), Declared: declared, Evidence: []Evidence{}}
	m.Result = results.coded(b.language, notShown)
	if len(evidence) == 0 {
		return m
	}
	m.Evidence = evidence
	m.Result = slices.MinFunc(evidence, func(x, y Evidence) int {
		return cmp.Compare(results.rank(x.Result.Value), results.rank(y.Result.Value))
	}).Result
	return m
}

// storage is what an owner's spec.storage says of one measure; unknown without an owner.
func (b builder) storage(owner *v1alpha1.ServiceOwner, say func(v1alpha1.Storage) string) []string {
	if owner == nil {
		return []string{b.language.mustWord("unknown")}
	}
	if said := say(owner.Spec.Storage); said != "" && owner.Spec.Storage != (v1alpha1.Storage{}) {
		return []string{said}
	}
	return []string{b.language.mustWord("unknown")}
}

// grants are the groups that have access, and until when.
func (b builder) grants(owner *v1alpha1.ServiceOwner) []string {
	if owner == nil {
		return []string{b.language.mustWord("unknown")}
	}
	grants := slices.Clone(owner.Spec.Access)
	slices.SortFunc(grants, func(x, y v1alpha1.AccessGrant) int {
		return cmp.Or(cmp.Compare(accessRoles.rank(string(x.Role)), accessRoles.rank(string(y.Role))), cmp.Compare(x.Group, y.Group))
	})
	var told []string
	for _, grant := range grants {
		line := accessRoles.coded(b.language, string(grant.Role)).Label + ": " + grant.Group
		if grant.Until != nil {
			line += " (" + b.language.mustWord("until") + " " + b.language.instant(grant.Until.Time) + ")"
		}
		told = append(told, line)
	}
	if told == nil {
		return []string{b.language.mustWord("none")}
	}
	return told
}
