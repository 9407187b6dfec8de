// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/credentials"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// borrowedKeys keeps an App from reading a key by itself: another's would not be its own, and its own would
// be another one tomorrow.
func borrowedKeys(facts Facts) []decide.Finding {
	var findings []decide.Finding
	for _, ref := range referencesOf(facts.App) {
		if ref.Kind != "Secret" || !credentials.IsKey(ref.Name) {
			continue
		}
		findings = append(findings, decide.Finding{
			Effect: decide.Hold, Reason: v1alpha1.ReasonKeyBorrowed, Actor: v1alpha1.ActorServiceOwner,
			Message: fmt.Sprintf("Secret %s, which spec.env or spec.envFrom names, holds the key of a client: it is for the pods of one App and gives way to another in time", ref.Name),
			Remedy:  "Take it out: what an App has by spec.integrations is in its pods' environment already",
		})
	}
	return findings
}

// scopesAllowed keeps scopes from being asked for in the name of a solution they do not belong to.
func scopesAllowed(facts Facts) []decide.Finding {
	var findings []decide.Finding
	for _, integration := range facts.App.Spec.Integrations {
		entry := facts.Operator.Solution(integration.Solution)
		for _, scope := range integration.Scopes {
			if entry.Allows(scope) || slices.Contains(entry.Scopes, scope) {
				continue
			}
			finding := decide.Finding{
				Effect: decide.Hold, Reason: v1alpha1.ReasonScopeNotAllowed, Actor: v1alpha1.ActorServiceOwner,
				Message: fmt.Sprintf("Scope %s is none of %s", scope, integration.Solution),
				Remedy:  "Declare it with the solution it belongs to, or with Maskinporten",
			}
			if len(entry.Allowed) > 0 {
				finding.Message += ", whose scopes are " + strings.Join(entry.Allowed, ", ")
			}
			findings = append(findings, finding)
		}
	}
	return findings
}

// consumersValid keeps access from being given to a number that cannot be an organisation's.
func consumersValid(facts Facts) []decide.Finding {
	var findings []decide.Finding
	for _, integration := range facts.App.Spec.Integrations {
		for _, exposed := range integration.Exposes {
			if exposed.Consumers == nil {
				continue
			}
			for _, number := range exposed.Consumers.Organizations {
				if v1alpha1.OrganizationNumber(number).Valid() {
					continue
				}
				findings = append(findings, decide.Finding{
					Effect: decide.Hold, Reason: v1alpha1.ReasonConsumerUnknown, Actor: v1alpha1.ActorServiceOwner,
					Message: fmt.Sprintf("Organisation %s, which is to have access to scope %s, has a wrong check digit (modulus 11)", number, exposed.Name),
					Remedy:  "Compare it with Enhetsregisteret",
				})
			}
		}
	}
	return findings
}
