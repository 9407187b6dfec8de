// SPDX-License-Identifier: BSD-3-Clause

package registry

import (
	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// TextsOf is a text as the registry has it.
func TextsOf(text v1alpha1.LocalizedText) Texts {
	return Texts{"nb": string(text.NB), "nn": string(text.NN), "en": string(text.EN)}
}

// AuthorityOf is a service owner as the owner of a resource.
func AuthorityOf(owner *v1alpha1.ServiceOwner) CompetentAuthority {
	return CompetentAuthority{
		Organization: string(owner.Spec.OrganizationNumber), Orgcode: owner.Name, Name: TextsOf(owner.Spec.DisplayName),
	}
}

// SupportOf is where users of a service owner's resources can ask.
func SupportOf(owner *v1alpha1.ServiceOwner) ContactPoint {
	support := owner.Spec.Contacts.Support
	return ContactPoint{Category: "Support", Email: string(support.Email), ContactPage: string(support.URL)}
}

// PartiesOf are kinds of parties as the registry has them.
func PartiesOf(declared []v1alpha1.PartyType) []string {
	var parties []string
	for _, party := range declared {
		parties = append(parties, string(party))
	}
	return parties
}
