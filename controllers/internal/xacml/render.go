// SPDX-License-Identifier: BSD-3-Clause

package xacml

import "github.com/altinn/serviceowner-operator/api/v1alpha1"

const (
	// defaultLevel is the least level where the field is not set: the one the API server sets in it.
	defaultLevel v1alpha1.AuthenticationLevel = 3
	// orgLevel is the level an organisation comes with: Altinn gives it to tokens it exchanged for Maskinporten's.
	orgLevel = 3
)

// Actions of consents. Who asks for a consent must be permitted the one, and who gives it the other.
const (
	actionRequestConsent = "requestconsent"
	actionConsent        = "consent"
)

// ownerActions are what the service owner itself does in each of its apps, as in the policy Altinn's app template has.
var ownerActions = []v1alpha1.Action{"read", "write", "instantiate", "complete"}

// ForApp renders the policy of an App of the service owner with a code: one rule for each the App declares, and one that lets
// the service owner do its own actions. An App's resource is named by owner and app together; the decision point derives
// the registry's identifier app_<org>_<app> from the two, and the registry accepts them for it.
func ForApp(app *v1alpha1.App, org string) Policy {
	resource := AnyOf{{
		{categoryResource, attributeOrg, functionEqual, org},
		{categoryResource, attributeApp, functionEqual, app.Name},
	}}
	authorization := app.Spec.Authorization
	if authorization == nil {
		authorization = &v1alpha1.Authorization{}
	}
	rules := []Rule{{subjects(attributeOrg, []string{org}), resource, actions(ownerActions)}}
	for _, declared := range authorization.Rules {
		rules = append(rules, Rule{holders(declared.Roles, declared.AccessPackages), resource, actions(declared.Actions)})
	}
	return Policy{Rules: rules, Obligations: levels(authorization.MinimumAuthenticationLevel)}.canonical()
}

// ForConsent renders the policy of a ConsentResource that is registered under an identifier: who may ask, and who may give.
//
// Where organisations are named, a rule that names the service owner's access list is what restricts the asking. To set
// accessListMode on the resource instead would block every request: the decision point then looks for the giver on the
// list, and a request for consent is not made on behalf of anybody yet.
func ForConsent(consent *v1alpha1.ConsentResource, identifier, org, accessList string) Policy {
	resource := AnyOf{{{categoryResource, attributeResource, functionEqual, identifier}}}
	requesters := subjects(attributeAccessList, []string{org + ":" + accessList})
	if consent.Spec.Requesters.AnyOrganization {
		requesters = subjects(attributePartyType, []string{anyOrganization})
	}
	givers := holders(consent.Spec.Givers.Roles, consent.Spec.Givers.AccessPackages)
	return Policy{
		Rules: []Rule{
			{requesters, resource, actions([]v1alpha1.Action{actionRequestConsent})},
			{givers, resource, actions([]v1alpha1.Action{actionConsent})},
		},
		Obligations: levels(consent.Spec.MinimumAuthenticationLevel),
	}.canonical()
}

// Silence renders the policy of a consent that nobody may ask for or give. A policy must have a rule, and
// so it has the one that says least: its owner may read what it is.
func Silence(identifier, org string) Policy {
	resource := AnyOf{{{categoryResource, attributeResource, functionEqual, identifier}}}
	return Policy{
		Rules:       []Rule{{subjects(attributeOrg, []string{org}), resource, actions([]v1alpha1.Action{"read"})}},
		Obligations: levels(nil),
	}.canonical()
}

// levels are the least levels of authentication: the declared one for everybody, and for the service owner's own tokens the
// one they have. Without the second, level 4 would lock the service owner out of its own app.
func levels(declared *v1alpha1.AuthenticationLevel) []Obligation {
	level := defaultLevel
	if declared != nil {
		level = *declared
	}
	return []Obligation{{obligationLevel, int(level)}, {obligationOrgLevel, orgLevel}}
}

// holders are those who have one of some roles or access packages.
func holders(roles []v1alpha1.RoleCode, packages []v1alpha1.AccessPackage) AnyOf {
	return append(subjects(attributeRole, roles), subjects(attributeAccessPackage, packages)...)
}

func subjects[V ~string](attribute string, values []V) AnyOf {
	return alternatives(Match{Category: categorySubject, Attribute: attribute, Function: functionIgnoreCase}, values)
}

// actions are alternatives with one match each: the registry takes no rule apart that asks for two actions at once.
func actions(named []v1alpha1.Action) AnyOf {
	return alternatives(Match{Category: categoryAction, Attribute: attributeAction, Function: functionIgnoreCase}, named)
}

func alternatives[V ~string](like Match, values []V) AnyOf {
	made := make(AnyOf, 0, len(values))
	for _, value := range values {
		like.Value = string(value)
		made = append(made, AllOf{like})
	}
	return made
}
