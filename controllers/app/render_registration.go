// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"fmt"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// identifierOf is an App's id in the Resource Registry, as Altinn's apps have it.
func identifierOf(app *v1alpha1.App) string { return "app_" + codeOf(app) + "_" + app.Name }

// registered adds to a verdict what is on record of the App's registration.
func registered(verdict *decide.Verdict, facts Facts) {
	plan := registrationOf(wantedOf(facts.App, facts, verdict.Action).app, facts, verdict.Action)
	name := identifierOf(facts.App)
	registration.Judge(verdict, facts.App.Status.Registration, plan, []registration.Part{{
		Condition: v1alpha1.ConditionAuthorizationRegistered,
		Stands:    fmt.Sprintf("Registered as %s, with its policy", name),
		Withdrawn: fmt.Sprintf("%s is withdrawn: nobody can find it", name),
	}})
}

// registrationOf is what the registry is to hold of an App, with the spec to go by. What is held before
// anything was admitted is not registered, and what an App that is out of service has there is withdrawn.
func registrationOf(app *v1alpha1.App, facts Facts, action decide.Action) registration.Plan {
	plan := registration.Plan{Action: registration.Leave, Entry: registration.Entry{Identifier: identifierOf(app), Adopt: true}}
	plan.Entry.Owner.Code = codeOf(app)
	switch {
	case action == decide.ActionWithdraw:
		plan.Action = registration.Withdraw
	case facts.Owner != nil && (action == decide.ActionAdmit || action == decide.ActionKeep):
		plan.Action = registration.Register
		plan.Entry.Owner.Number = string(facts.Owner.Spec.OrganizationNumber)
		plan.Entry.Resource = serviceResource(app, facts.Owner)
		plan.Entry.Policy = func() xacml.Policy { return xacml.ForApp(app, codeOf(app)) }
		plan.Entry.Rules = app.Spec.Authorization
	}
	return plan
}

// serviceResource is what the registry shows of an App. An App has no description of its own; the
// registry asks for one, and so it is the name.
func serviceResource(app *v1alpha1.App, owner *v1alpha1.ServiceOwner) registry.ServiceResource {
	title := registry.TextsOf(app.Spec.DisplayName)
	resource := registry.ServiceResource{
		Identifier: identifierOf(app), ResourceType: registry.TypeAltinnApp, Status: registry.StatusCompleted,
		Title: title, Description: title, RightDescription: title,
		CompetentAuthority: registry.AuthorityOf(owner),
		ContactPoints:      []registry.ContactPoint{registry.SupportOf(owner)},
		ResourceReferences: []registry.ResourceReference{{
			ReferenceSource: registry.SourceAltinn3, ReferenceType: registry.ReferenceApplication, Reference: owner.Name + "/" + app.Name,
		}},
		Delegable: true, Visible: true, AccessListMode: registry.AccessListDisabled,
	}
	if declared := app.Spec.Authorization; declared != nil {
		resource.Delegable = declared.Delegable == nil || *declared.Delegable
		resource.Visible = declared.Visible == nil || *declared.Visible
		resource.AvailableForType = registry.PartiesOf(declared.PartyTypes)
	}
	return resource
}
