// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// well is affirmed of a consent that is covered.
var well = []decide.Affirmation{inForce, atHome}

// declared changes what the consent of the case declares.
func declared(change func(*v1alpha1.ConsentResourceSpec)) func(*consentresource.Facts) {
	return func(f *consentresource.Facts) { change(&f.Consent.Spec) }
}

// otherConsent is another ConsentResource of the same service owner with the identifier of the sample, made
// some days after it; before it, if they are fewer than none.
func otherConsent(t testing.TB, name string, days int) v1alpha1.ConsentResource {
	t.Helper()
	other := consentOf(t, "skd", name)
	other.Spec.Identifier = "skd-income"
	other.CreationTimestamp = *at(now.AddDate(0, 0, days))
	return *other
}

func TestAConsentOfASuspendedServiceOwnerIsWithdrawn(t *testing.T) {
	suspended := decide.Finding{
		Effect: decide.Withdraw, Reason: "Suspended", Actor: v1alpha1.ActorPlatform,
		Message: "Service owner skd is suspended: Terms of use", Remedy: "Remove spec.suspend of the ServiceOwner to bring its consents back",
	}
	suspend := func(f *consentresource.Facts) { f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use"} }
	verdict := held(well, suspended)
	verdict.Action = decide.ActionWithdraw
	unreadable := held(well, suspended, templateMissing("neither"))
	unreadable.Action = decide.ActionWithdraw
	expect(t, map[string]ruling{
		"whatever its agreement says": {facts: suspend, want: verdict},
		"whatever else is wrong with it": {
			facts: func(f *consentresource.Facts) {
				suspend(f)
				f.Consent.Spec.Template = "neither"
			},
			want: unreadable,
		},
	})
}

func TestTheOldestConsentHasAnIdentifier(t *testing.T) {
	taken := func(by string) decide.Verdict {
		return held(well, decide.Finding{
			Effect: decide.Hold, Part: v1alpha1.ConditionRegistered, Reason: "IdentifierTaken", Actor: v1alpha1.ActorServiceOwner,
			Message: "Identifier skd-income is that of ConsentResource " + by + " already",
			Remedy:  "Make a ConsentResource with another identifier, and delete this one",
		})
	}
	beside := func(others ...v1alpha1.ConsentResource) func(*consentresource.Facts) {
		return func(f *consentresource.Facts) { f.Consent.CreationTimestamp, f.SameIdentifier = *at(now), others }
	}
	expect(t, map[string]ruling{
		"which is this one, beside a younger":        {facts: beside(otherConsent(t, "a-younger", 1)), want: admitted(well)},
		"which is another that is older":             {facts: beside(otherConsent(t, "older", -1)), want: taken("older")},
		"which is the oldest of several":             {facts: beside(otherConsent(t, "younger", 1), otherConsent(t, "old", -1), otherConsent(t, "oldest", -2)), want: taken("oldest")},
		"which is the first by name of one age":      {facts: beside(otherConsent(t, "a-twin", 0)), want: taken("a-twin")},
		"which is this one, if its name comes first": {facts: beside(otherConsent(t, "twin", 0)), want: admitted(well)},
	})
}

// templateMissing is found of a template that Altinn does not have.
func templateMissing(name string) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Part: v1alpha1.ConditionRegistered, Reason: "TemplateUnknown", Actor: v1alpha1.ActorServiceOwner,
		Message: "Altinn has no consent template " + name,
		Remedy:  "Use one of default, poa, samtykkemal_simpleconsent, bst_krav, sblanesoknad",
	}
}

func TestAConsentNeedsATemplateThatItsServiceOwnerMayUse(t *testing.T) {
	foreign := templateMissing("")
	foreign.Message, foreign.Remedy = "Consent template bst_krav is not for service owner skd", "Use one of default, poa"
	template := func(name string) func(*consentresource.Facts) {
		return declared(func(s *v1alpha1.ConsentResourceSpec) { s.Template = name })
	}
	expect(t, map[string]ruling{
		"one that is for all":                      {facts: template("poa"), want: admitted(well)},
		"one that is for this one too":             {facts: template("sblanesoknad"), want: admitted(well)},
		"and not one that is unknown":              {facts: template("mine"), want: held(well, templateMissing("mine"))},
		"and not one whose name is another's part": {facts: template("po"), want: held(well, templateMissing("po"))},
		"a draft too, before anything is registered": {
			facts: declared(func(s *v1alpha1.ConsentResourceSpec) { s.Template, s.State = "mine", v1alpha1.ConsentDraft }),
			want:  held(well, templateMissing("mine")),
		},
		"and not one that is for others": {
			facts: func(f *consentresource.Facts) {
				f.Consent.Spec.Template = "bst_krav"
				f.Operator.Consents.Templates = []configuration.ConsentTemplate{
					{Name: "default"}, {Name: "poa", ServiceOwners: []v1alpha1.OrgCode{"nav", "skd"}}, {Name: "bst_krav", ServiceOwners: []v1alpha1.OrgCode{"nav"}},
				}
			},
			want: held(well, foreign),
		},
	})
}

func TestAConsentIsHeldWhereNothingIsRegistered(t *testing.T) {
	unregistered := decide.Finding{
		Effect: decide.Hold, Part: v1alpha1.ConditionRegistered, Reason: "RegistryNotConfigured", Actor: v1alpha1.ActorPlatform,
		Message: "Nothing is registered: the operator's configuration names no registry",
		Remedy:  "Add registry and maskinporten to the operator's configuration",
	}
	off := func(f *consentresource.Facts) { f.Operator = withoutRegistry(t) }
	expect(t, map[string]ruling{
		"though all else is well": {facts: off, want: held(well, unregistered)},
		"whatever is on record of another configuration": {
			facts: func(f *consentresource.Facts) {
				off(f)
				f.Consent.Status.Registration = recorded(f, v1alpha1.RegistrationRegistered)
			},
			want: held(well, unregistered),
		},
	})
}

func TestAConsentIsNotReadyBeforeItsDataCanBeFetched(t *testing.T) {
	closed := func(message, remedy string) decide.Verdict {
		verdict := admitted(well, decide.Finding{
			Effect: decide.Limit, Part: v1alpha1.ConditionScopeReady, Reason: "ScopeNotExposed", Actor: v1alpha1.ActorServiceOwner,
			Message: message, Remedy: remedy,
		})
		verdict.Affirmed = well
		return verdict
	}
	unexposed := closed("App income, which the data is fetched from, does not expose scope skd:gjeld",
		"Let the App's integration with Maskinporten expose it, or correct spec.dataSource")
	expect(t, map[string]ruling{
		"from an App that is not there": {
			facts: func(f *consentresource.Facts) { f.Source = nil },
			want: closed("App income, which the data is fetched from, does not exist in namespace so-skd",
				"Apply the App, or correct spec.dataSource.app"),
		},
		"by a scope that the App does not expose": {
			facts: declared(func(s *v1alpha1.ConsentResourceSpec) { s.DataSource.Scope = "skd:gjeld" }), want: unexposed,
		},
		"from an App that exposes nothing": {
			facts: func(f *consentresource.Facts) {
				f.Consent.Spec.DataSource.Scope, f.Source.Spec.Integrations = "skd:gjeld", nil
			},
			want: unexposed,
		},
		"which it can by any scope that the App exposes": {
			facts: func(f *consentresource.Facts) {
				integration := &f.Source.Spec.Integrations[0]
				integration.Exposes = append([]v1alpha1.ExposedScope{{Name: "gjeld"}}, integration.Exposes...)
			},
			want: admitted(well),
		},
	})
}

// recorded is what is on record of a consent that the registry holds as it is declared.
func recorded(f *consentresource.Facts, state v1alpha1.RegistrationState) *v1alpha1.Registration {
	action := decide.ActionAdmit
	return &v1alpha1.Registration{Identifier: "skd-income", State: state, Revision: f.Registration(action).Revision()}
}

func TestAConsentSaysHowItIsRegistered(t *testing.T) {
	registered := func(asking string) decide.Verdict {
		verdict := unasked(well)
		verdict.Affirmed = append(well[:2:2], []decide.Affirmation{
			{Part: v1alpha1.ConditionRegistered, Message: "Registered as skd-income"},
			{Part: v1alpha1.ConditionPolicyUploaded, Message: "The policy lets those ask and give who are declared"},
			{Part: v1alpha1.ConditionRequestersSynced, Message: asking}, exposed,
		}...)
		return verdict
	}
	on := func(change func(*v1alpha1.Requesters)) func(*consentresource.Facts) {
		return func(f *consentresource.Facts) {
			change(&f.Consent.Spec.Requesters)
			f.Consent.Status.Registration = recorded(f, v1alpha1.RegistrationRegistered)
		}
	}
	withdrawn := unasked(well)
	withdrawn.Affirmed = append(well[:2:2], []decide.Affirmation{
		{Part: v1alpha1.ConditionRegistered, Message: "skd-income is withdrawn"},
		{Part: v1alpha1.ConditionPolicyUploaded, Message: "The policy lets nobody ask for it or give it"},
		{Part: v1alpha1.ConditionRequestersSynced, Message: "Nobody can ask for it"}, exposed,
	}...)
	expect(t, map[string]ruling{
		"for some": {facts: on(func(*v1alpha1.Requesters) {}), want: registered("2 organisations may ask for it")},
		"for one": {
			facts: on(func(r *v1alpha1.Requesters) { r.Organizations = r.Organizations[:1] }), want: registered("One organisation may ask for it"),
		},
		"for all": {
			facts: on(func(r *v1alpha1.Requesters) { *r = v1alpha1.Requesters{AnyOrganization: true} }), want: registered("Any organisation may ask for it"),
		},
		"as withdrawn": {
			facts: func(f *consentresource.Facts) {
				f.Consent.Spec.State = v1alpha1.ConsentWithdrawn
				f.Consent.Status.Registration = recorded(f, v1alpha1.RegistrationWithdrawn)
			},
			want: withdrawn,
		},
		"and that it is not yet as it is declared now": {
			facts: func(f *consentresource.Facts) {
				f.Consent.Status.Registration = recorded(f, v1alpha1.RegistrationRegistered)
				f.Consent.Spec.Title.NB = "Inntekt"
			},
			want: admitted(well),
		},
		"and what is in the way": {
			facts: func(f *consentresource.Facts) {
				f.Consent.Status.Registration = &v1alpha1.Registration{
					Identifier: "skd-income", State: v1alpha1.RegistrationRegistered, Obstacle: &v1alpha1.Obstacle{
						Condition: v1alpha1.ConditionPolicyUploaded, Status: metav1.ConditionUnknown, Reason: "RegistryUnavailable",
						Message: "Nobody answers", Actor: v1alpha1.ActorExternal, Remedy: "Wait", Stands: []string{v1alpha1.ConditionRegistered},
					},
				}
			},
			want: decide.Verdict{
				Action:   decide.ActionAdmit,
				Affirmed: append(well[:2:2], decide.Affirmation{Part: v1alpha1.ConditionRegistered, Message: "Registered as skd-income"}, exposed),
				Findings: []decide.Finding{{
					Effect: decide.Limit, Part: v1alpha1.ConditionPolicyUploaded, Status: metav1.ConditionUnknown, Reason: "RegistryUnavailable",
					Message: "Nobody answers", Actor: v1alpha1.ActorExternal, Remedy: "Wait",
				}},
				Outstanding: []decide.Outstanding{{
					Part: v1alpha1.ConditionRequestersSynced, Status: metav1.ConditionUnknown, Reason: "RegistryUnavailable", Message: "Waits for PolicyUploaded",
				}},
			},
		},
	})
}
