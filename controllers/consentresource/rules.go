// SPDX-License-Identifier: BSD-3-Clause

package consentresource

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
)

// rules are asked in this order; the first that holds names the reason.
var rules = decide.Chain[Facts]{
	ownerSuspended,  // the platform has taken the service owner out of service
	ownerMissing,    // there is no service owner to be responsible for what is shared
	agreementCovers, // an agreement in force covers what is shared, in a region that is allowed
	identifierFree,  // no other consent had the identifier first
	templateKnown,   // Altinn has the template, for this service owner
	configured,      // there is a registry to register it in
	scopeExposed,    // the App that has the data guards it with the scope
}

// Decide implements engine.Kind.
func (k *Kind) Decide(consent *v1alpha1.ConsentResource, facts Facts) decide.Verdict {
	facts.ruling = gate.Judge(facts.OfConsent(&consent.Spec), facts.Now)
	verdict := rules.Evaluate(facts)
	verdict.Affirmed = facts.ruling.Affirmed
	verdict.WakeAt(facts.ruling.Next)
	if facts.Operator.Registry != nil {
		registered(&verdict, facts)
	}
	scopeRegistered(&verdict, facts)
	return verdict
}

func ownerSuspended(facts Facts) []decide.Finding {
	if facts.Owner == nil || facts.Owner.Spec.Suspend == nil {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Withdraw, Reason: v1alpha1.ReasonSuspended,
		Message: fmt.Sprintf("Service owner %s is suspended: %s", facts.Owner.Name, facts.Owner.Spec.Suspend.Reason),
		Actor:   v1alpha1.ActorPlatform, Remedy: "Remove spec.suspend of the ServiceOwner to bring its consents back",
	}}
}

func ownerMissing(facts Facts) []decide.Finding {
	finding := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonServiceOwnerMissing, Actor: v1alpha1.ActorPlatform,
		Message: fmt.Sprintf("There is no ServiceOwner %s for namespace %s", facts.Code, facts.Consent.Namespace),
		Remedy:  "Apply the ServiceOwner; the ConsentResource follows by itself",
	}
	switch {
	case facts.Owner == nil:
	case facts.Owner.DeletionTimestamp != nil:
		finding.Message = fmt.Sprintf("ServiceOwner %s is being deleted", facts.Code)
	default:
		return nil
	}
	return []decide.Finding{finding}
}

func agreementCovers(facts Facts) []decide.Finding { return facts.ruling.Findings }

// identifierFree lets that ConsentResource have an identifier which is registered under it, else the oldest. All that can share one are of one
// service owner, since it begins with that owner's code.
func identifierFree(facts Facts) []decide.Finding {
	first := facts.Consent
	for i := range facts.SameIdentifier {
		if other := &facts.SameIdentifier[i]; precedes(other, first) {
			first = other
		}
	}
	if first == facts.Consent {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Hold, Reason: v1alpha1.ReasonIdentifierTaken, Part: v1alpha1.ConditionRegistered,
		Message: fmt.Sprintf("Identifier %s is that of ConsentResource %s already", identifierOf(facts.Consent), first.Name),
		Actor:   v1alpha1.ActorServiceOwner, Remedy: "Make a ConsentResource with another identifier, and delete this one",
	}}
}

// precedes orders ConsentResources of one identifier: the one that is registered, then the older.
func precedes(a, b *v1alpha1.ConsentResource) bool {
	if is := registration.Ours(a.Status.Registration); is != registration.Ours(b.Status.Registration) {
		return is
	}
	return older(a, b)
}

// older orders ConsentResources by age, and by name where they are of an age.
func older(a, b *v1alpha1.ConsentResource) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Namespace+"/"+a.Name < b.Namespace+"/"+b.Name
}

// templateKnown refuses a template Altinn would not show the consent in: requests for it would fail one by
// one, at those who ask.
func templateKnown(facts Facts) []decide.Finding {
	wanted, usable := facts.Consent.Spec.Template, []string(nil)
	for _, template := range facts.Operator.Consents.Templates {
		if open(template, facts.Code) {
			usable = append(usable, template.Name)
		}
	}
	if slices.Contains(usable, wanted) {
		return nil
	}
	known := slices.ContainsFunc(facts.Operator.Consents.Templates, func(t configuration.ConsentTemplate) bool { return t.Name == wanted })
	message := fmt.Sprintf("Altinn has no consent template %s", wanted)
	if known {
		message = fmt.Sprintf("Consent template %s is not for service owner %s", wanted, facts.Code)
	}
	return []decide.Finding{{
		Effect: decide.Hold, Reason: v1alpha1.ReasonTemplateUnknown, Part: v1alpha1.ConditionRegistered, Message: message,
		Actor: v1alpha1.ActorServiceOwner, Remedy: "Use one of " + strings.Join(usable, ", "),
	}}
}

func open(template configuration.ConsentTemplate, code string) bool {
	return len(template.ServiceOwners) == 0 || slices.Contains(template.ServiceOwners, v1alpha1.OrgCode(code))
}

// configured keeps a consent from being taken for one that can be asked for where nothing is registered.
func configured(facts Facts) []decide.Finding {
	if facts.Operator.Registry != nil {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Hold, Reason: v1alpha1.ReasonRegistryNotConfigured, Part: v1alpha1.ConditionRegistered,
		Message: "Nothing is registered: the operator's configuration names no registry",
		Actor:   v1alpha1.ActorPlatform, Remedy: "Add registry and maskinporten to the operator's configuration",
	}}
}

// scopeExposed tells of data that nobody could fetch. The consent may be given all the same: it is for the
// App to catch up.
func scopeExposed(facts Facts) []decide.Finding {
	source := facts.Consent.Spec.DataSource
	prefix, _, _ := strings.Cut(string(source.Scope), ":")
	own := facts.Operator.SelfService == nil || prefix == facts.Code // what an App exposes is registered with its owner's prefix
	if own && exposes(facts.Source, source.Scope) {
		return nil
	}
	finding := decide.Finding{
		Effect: decide.Limit, Reason: v1alpha1.ReasonScopeNotExposed, Part: v1alpha1.ConditionScopeReady,
		Message: fmt.Sprintf("App %s, which the data is fetched from, does not expose scope %s", source.App, source.Scope),
		Actor:   v1alpha1.ActorServiceOwner,
		Remedy:  "Let the App's integration with Maskinporten expose it, or correct spec.dataSource",
	}
	if facts.Source == nil {
		finding.Message = fmt.Sprintf("App %s, which the data is fetched from, does not exist in namespace %s", source.App, facts.Consent.Namespace)
		finding.Remedy = "Apply the App, or correct spec.dataSource.app"
	}
	return []decide.Finding{finding}
}

// scopeRegistered says whether an App that exposes the scope has it, too: at Maskinporten, where Apps are given
// scopes here.
func scopeRegistered(verdict *decide.Verdict, facts Facts) {
	scope := facts.Consent.Spec.DataSource.Scope
	if len(scopeExposed(facts)) > 0 {
		return
	}
	registered := facts.Operator.SelfService == nil || slices.ContainsFunc(facts.Source.Status.Scopes, func(record v1alpha1.ScopeRecord) bool {
		return record.Name == string(scope) && record.State == v1alpha1.CredentialRegistered
	})
	if !registered {
		verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
			Part: v1alpha1.ConditionScopeReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing,
			Message: fmt.Sprintf("Under way: scope %s of App %s is being registered at Maskinporten", scope, facts.Source.Name),
		})
		return
	}
	verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{
		Part:    v1alpha1.ConditionScopeReady,
		Message: fmt.Sprintf("App %s guards the data with %s", facts.Source.Name, scope),
	})
}

// exposes says whether an App guards its API with a scope, whatever the owner's prefix.
func exposes(app *v1alpha1.App, scope v1alpha1.Scope) bool {
	if app == nil {
		return false
	}
	_, name, _ := strings.Cut(string(scope), ":")
	for _, integration := range app.Spec.Integrations {
		for _, exposed := range integration.Exposes {
			if exposed.Name == name {
				return true
			}
		}
	}
	return false
}
