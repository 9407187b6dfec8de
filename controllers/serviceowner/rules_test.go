// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/serviceowner"
)

func TestRules(t *testing.T) {
	operator := newOperator(t)
	for name, tc := range map[string]struct {
		facts func(*serviceowner.Facts)
		want  decide.Verdict
	}{
		"admits an owner whose namespace does not exist yet": {
			facts: func(*serviceowner.Facts) {},
			want:  admitted(),
		},
		"admits an owner whose namespace was made for it": {
			facts: func(f *serviceowner.Facts) { f.Namespace = namespace(ourNumber) },
			want:  admitted(),
		},

		"holds an owner whose namespace was made by somebody else, and says how to take it over": {
			facts: func(f *serviceowner.Facts) { f.Namespace = foreignNamespace() },
			want:  held(notOurs),
		},
		"holds an owner whose namespace was made for another code": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = namespace(ourNumber)
				f.Namespace.Annotations[v1alpha1.AnnotationOwner] = "ServiceOwner/nav"
			},
			want: held(notOurs),
		},
		"holds an owner whose namespace bears its number but not the operator's mark": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = namespace(ourNumber)
				delete(f.Namespace.Annotations, v1alpha1.AnnotationOwner)
			},
			want: held(notOurs),
		},
		"holds an owner whose namespace has lost the number it was made for: nobody knows whose data it holds": {
			facts: func(f *serviceowner.Facts) { withoutNumber(f) },
			want:  held(notOurs),
		},

		"admits an owner that is to adopt a namespace somebody else made": {
			facts: func(f *serviceowner.Facts) { f.Namespace = foreignNamespace(); f.Owner.Spec.AdoptNamespace = true },
			want:  admitted(),
		},
		"admits an owner that is to adopt a namespace that has lost its number": {
			facts: func(f *serviceowner.Facts) { withoutNumber(f); f.Owner.Spec.AdoptNamespace = true },
			want:  admitted(),
		},

		"holds an owner whose namespace was kept for another public body": {
			facts: func(f *serviceowner.Facts) { f.Namespace = namespace(otherNumber) },
			want:  held(keptForAnother),
		},
		"holds it though it is to adopt the namespace": {
			facts: func(f *serviceowner.Facts) { f.Namespace = namespace(otherNumber); f.Owner.Spec.AdoptNamespace = true },
			want:  held(keptForAnother),
		},
		"holds it though only the number still says whose namespace it was": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = namespace(otherNumber)
				delete(f.Namespace.Annotations, v1alpha1.AnnotationOwner)
				f.Owner.Spec.AdoptNamespace = true
			},
			want: held(keptForAnother),
		},

		"holds it though its mark was taken off": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = namespace(otherNumber)
				delete(f.Namespace.Annotations, v1alpha1.AnnotationOwner)
				f.Owner.Spec.AdoptNamespace = true
			},
			want: held(keptForAnother),
		},

		"holds an owner whose namespace is being deleted": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = namespace(ourNumber)
				f.Namespace.DeletionTimestamp = until(-1)
			},
			want: held(terminating),
		},
		"says of somebody else's namespace that is being deleted both that and whose it is": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = foreignNamespace()
				f.Namespace.DeletionTimestamp = until(-1)
			},
			want: held(terminating, notOurs),
		},

		"limits an owner that is suspended, and keeps its namespace": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = namespace(ourNumber)
				f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
			},
			want: admitted(suspended),
		},
		"names the suspension before what is wrong with the namespace": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = foreignNamespace()
				f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
			},
			want: held(suspended, notOurs),
		},

		"looks again when the first of several grants runs out": {
			facts: func(f *serviceowner.Facts) {
				f.Owner.Spec.Access = []v1alpha1.AccessGrant{
					{Role: v1alpha1.RoleViewer, Group: "later", Until: until(48)},
					{Role: v1alpha1.RoleAdmin, Group: "first", Until: until(24)},
					{Role: v1alpha1.RoleDeployer, Group: "last", Until: until(72)},
					{Role: v1alpha1.RoleViewer, Group: "for ever"},
				}
			},
			want: at(until(24).Time, admitted()),
		},
		"does not look again for a grant that has run out, be it this instant": {
			facts: func(f *serviceowner.Facts) {
				f.Owner.Spec.Access = []v1alpha1.AccessGrant{
					{Role: v1alpha1.RoleViewer, Group: "long ago", Until: until(-24)},
					{Role: v1alpha1.RoleViewer, Group: "just now", Until: until(0)},
					{Role: v1alpha1.RoleAdmin, Group: "tomorrow", Until: until(24)},
				}
			},
			want: at(until(24).Time, admitted()),
		},
		"does not look again when no grant will run out": {
			facts: func(f *serviceowner.Facts) {
				f.Owner.Spec.Access = []v1alpha1.AccessGrant{
					{Role: v1alpha1.RoleViewer, Group: "long ago", Until: until(-24)},
					{Role: v1alpha1.RoleAdmin, Group: "for ever"},
				}
			},
			want: admitted(),
		},
		"looks again when a grant of an owner that is held runs out": {
			facts: func(f *serviceowner.Facts) {
				f.Namespace = foreignNamespace()
				f.Owner.Spec.Access = []v1alpha1.AccessGrant{{Role: v1alpha1.RoleViewer, Group: "guests", Until: until(1)}}
			},
			want: at(until(1).Time, held(notOurs)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t, operator)
			tc.facts(&facts)
			got := (&serviceowner.Kind{}).Decide(facts.Owner, facts)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// admitted is an admission of an owner with which all is well but for these findings.
func admitted(findings ...decide.Finding) decide.Verdict {
	return decide.Verdict{Action: decide.ActionAdmit, Findings: findings, Affirmed: []decide.Affirmation{
		{Part: v1alpha1.ConditionAgreementInForce, Message: "Agreement skd-2026 is in force"},
		{Part: v1alpha1.ConditionRegionCompliant, Message: "Data is kept in norwayeast (NO)"},
	}}
}

// held is a hold for these findings, of an owner whose agreement and region are well.
func held(findings ...decide.Finding) decide.Verdict {
	verdict := admitted(findings...)
	verdict.Action = decide.ActionHold
	return verdict
}

// at is a verdict that is looked at again at an instant.
func at(instant time.Time, verdict decide.Verdict) decide.Verdict {
	verdict.NextCheck = instant
	return verdict
}

// withoutNumber gives an owner a namespace of its own that does not say for which body it was made.
func withoutNumber(facts *serviceowner.Facts) {
	facts.Namespace = namespace(ourNumber)
	delete(facts.Namespace.Annotations, v1alpha1.AnnotationOrganizationNumber)
}

var (
	notOurs = decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonNamespaceConflict, Actor: v1alpha1.ActorPlatform,
		Message: "Namespace so-skd exists and was not made by the operator",
		Remedy:  "Set spec.adoptNamespace to true if it is meant for this owner, else delete it",
	}
	keptForAnother = decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonNamespaceConflict, Actor: v1alpha1.ActorPlatform,
		Message: "Namespace so-skd holds what was kept for organisation number 889640782, not 974761076",
		Remedy:  "Move or delete what the namespace holds, then delete the namespace; it is never handed to another public body",
	}
	terminating = decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonProgressing, Actor: v1alpha1.ActorPlatform,
		Message: "Namespace so-skd is being deleted; it is made anew when it is gone",
		Remedy:  "Wait; if it lasts, look at the finalizers in the namespace",
	}
	suspended = decide.Finding{
		Effect: decide.Limit, Reason: v1alpha1.ReasonSuspended, Actor: v1alpha1.ActorPlatform,
		Message: "Suspended: Terms of use §1.6.5. All Apps of skd are out of service; data and names are kept",
		Remedy:  "Remove spec.suspend to bring everything back",
	}
)
