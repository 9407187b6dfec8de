// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"fmt"
	"strconv"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// registered adds to a verdict what is on record of the consent's registration.
func registered(verdict *decide.Verdict, facts Facts) {
	name, nobody := identifierOf(facts.Consent), "Nobody can ask for it"
	registration.Judge(verdict, facts.Consent.Status.Registration, registrationOf(facts, verdict.Action), []registration.Part{
		{Condition: v1alpha1.ConditionRegistered, Stands: "Registered as " + name, Withdrawn: name + " is withdrawn"},
		{Condition: v1alpha1.ConditionPolicyUploaded, Stands: "The policy lets those ask and give who are declared", Withdrawn: "The policy lets nobody ask for it or give it"},
		{Condition: v1alpha1.ConditionRequestersSynced, Stands: asking(facts.Consent), Withdrawn: nobody},
	})
}

func asking(consent *v1alpha1.ConsentResource) string {
	if consent.Spec.Requesters.AnyOrganization {
		return "Any organisation may ask for it"
	}
	if n := len(consent.Spec.Requesters.Organizations); n != 1 {
		return fmt.Sprintf("%d organisations may ask for it", n)
	}
	return "One organisation may ask for it"
}

// registrationOf is what the registry is to hold of a consent. A draft is not registered: an identifier
// that is registered once is registered for ever. To withdraw needs nobody's leave, and so no agreement.
func registrationOf(facts Facts, action decide.Action) registration.Plan {
	consent := facts.Consent
	entry := registration.Entry{Identifier: identifierOf(consent), Policy: silence(consent)}
	entry.Owner.Code = facts.Code
	if action == decide.ActionWithdraw || consent.Spec.State == v1alpha1.ConsentWithdrawn {
		return registration.Plan{Action: registration.Withdraw, Entry: entry}
	}
	if action != decide.ActionAdmit || facts.Owner == nil || consent.Spec.State != v1alpha1.ConsentPublished {
		return registration.Plan{Action: registration.Leave, Entry: entry}
	}
	entry.Owner.Number = string(facts.Owner.Spec.OrganizationNumber)
	entry.Resource = serviceResource(consent, facts.Owner)
	entry.List = accessList(consent)
	entry.Policy = func() xacml.Policy { return xacml.ForConsent(consent, entry.Identifier, facts.Code, listOf(consent)) }
	entry.Rules = []any{consent.Spec.Requesters.AnyOrganization, consent.Spec.Givers, consent.Spec.MinimumAuthenticationLevel}
	entry.Adopt, entry.AcceptsBreaking = consent.Spec.AdoptExisting, acceptsBreaking(consent)
	return registration.Plan{Action: registration.Register, Entry: entry}
}

// silence is the policy of a consent that nobody may ask for or give.
func silence(consent *v1alpha1.ConsentResource) func() xacml.Policy {
	return func() xacml.Policy { return xacml.Silence(identifierOf(consent), codeOf(consent)) }
}

// serviceResource is what the registry shows of a consent. Who may ask stands in its policy: with the
// mode Enabled, nobody could.
func serviceResource(consent *v1alpha1.ConsentResource, owner *v1alpha1.ServiceOwner) registry.ServiceResource {
	spec := consent.Spec
	resource := registry.ServiceResource{
		Identifier: identifierOf(consent), ResourceType: registry.TypeConsent, Status: registry.StatusCompleted,
		Title: registry.TextsOf(spec.Title), Description: registry.TextsOf(spec.Description), RightDescription: registry.TextsOf(spec.RightDescription),
		CompetentAuthority: registry.AuthorityOf(owner), AvailableForType: registry.PartiesOf(spec.AvailableFor),
		Delegable: true, Visible: true, AccessListMode: registry.AccessListDisabled,
		ConsentTemplate: spec.Template, ConsentText: registry.TextsOf(spec.ConsentText), IsOneTimeConsent: spec.OneTime,
	}
	for _, point := range spec.ContactPoints {
		resource.ContactPoints = append(resource.ContactPoints, registry.ContactPoint{
			Category: string(point.Category), Email: string(point.Email), Telephone: point.Telephone, ContactPage: string(point.ContactPage),
		})
	}
	for _, metadata := range spec.Metadata {
		if resource.ConsentMetadata == nil {
			resource.ConsentMetadata = map[string]registry.ConsentField{}
		}
		resource.ConsentMetadata[metadata.Key] = registry.ConsentField{}
	}
	return resource
}

// accessList is the list of those who may ask; none where anyone may.
func accessList(consent *v1alpha1.ConsentResource) registration.List {
	if consent.Spec.Requesters.AnyOrganization {
		return registration.List{}
	}
	list := registration.List{
		Identifier: listOf(consent), Name: "May ask for " + identifierOf(consent),
		Description: "Kept by " + v1alpha1.ManagedBy + ": changes made elsewhere are put right",
	}
	for _, number := range consent.Spec.Requesters.Organizations {
		list.Members = append(list.Members, string(number))
	}
	return list
}

func generationOf(consent *v1alpha1.ConsentResource) string {
	return strconv.FormatInt(consent.Generation, 10)
}
