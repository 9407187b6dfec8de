// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// rules are asked in this order; the first that holds names the reason.
var rules = decide.Chain[Facts]{
	suspended,        // the service owner has taken the App out of service
	ownerSuspended,   // the platform has taken the service owner out of service
	ownerMissing,     // there is no service owner to be responsible for what runs
	agreementCovers,  // an agreement in force covers what is declared, and all of it is where it may be
	placesKnown,      // it can be told where its owner's data lies
	hostOwned,        // the host does not lie in another owner's domain
	addressFree,      // no other App had the host and path first
	imageAllowed,     // its image may run here
	referencesExist,  // the Secrets and ConfigMaps the pods read are there
	borrowedKeys,     // no key of a client is read by its Secret's name
	scopesAllowed,    // scopes are asked for with the solution they belong to
	consumersValid,   // those who are to have access to a scope can be organisations
	routeKindKnown,   // the cluster knows how to route to the App
	storageThere,     // there is somewhere to keep its data
	leftBehind,       // none of its data is kept where nobody looks
	hostsExpressible, // what enforces it can open what the App calls, and all of it may be opened
}

// Decide implements engine.Kind.
func (k *Kind) Decide(_ *v1alpha1.App, facts Facts) decide.Verdict {
	declared := facts.OfApp(&facts.App.Spec)
	declared.Places = slices.Concat(facts.Places, facts.DataPlaces)
	facts.ruling = gate.Judge(declared, facts.Now)
	verdict := rules.Evaluate(facts)
	verdict.Affirmed = facts.ruling.Affirmed
	verdict.WakeAt(facts.ruling.Next)
	settle(&verdict, facts)
	if facts.Operator.Registry != nil {
		registered(&verdict, facts)
	}
	if facts.Operator.SelfService != nil {
		credentialed(&verdict, facts)
	}
	if facts.Storage != nil {
		stands(&verdict, facts)
	}
	isolated(&verdict, facts)
	return verdict
}

func agreementCovers(facts Facts) []decide.Finding { return facts.ruling.Findings }

func suspended(facts Facts) []decide.Finding {
	suspend := facts.App.Spec.Suspend
	if suspend == nil {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Withdraw, Reason: v1alpha1.ReasonSuspended,
		Message: "Suspended: " + string(suspend.Reason),
		Actor:   v1alpha1.ActorServiceOwner, Remedy: "Remove spec.suspend to bring the App back",
	}}
}

func ownerSuspended(facts Facts) []decide.Finding {
	if facts.Owner == nil || facts.Owner.Spec.Suspend == nil {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Withdraw, Reason: v1alpha1.ReasonSuspended,
		Message: fmt.Sprintf("Service owner %s is suspended: %s", facts.Owner.Name, facts.Owner.Spec.Suspend.Reason),
		Actor:   v1alpha1.ActorPlatform, Remedy: "Remove spec.suspend of the ServiceOwner to bring its Apps back",
	}}
}

func ownerMissing(facts Facts) []decide.Finding {
	finding := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonServiceOwnerMissing, Actor: v1alpha1.ActorPlatform,
		Remedy: "Apply the ServiceOwner; the App follows by itself",
	}
	switch code := codeOf(facts.App); {
	case facts.Owner == nil:
		finding.Message = fmt.Sprintf("There is no ServiceOwner %s for namespace %s", code, facts.App.Namespace)
	case facts.Owner.DeletionTimestamp != nil:
		finding.Message = fmt.Sprintf("ServiceOwner %s is being deleted", code)
	case facts.Owner.Status.Namespace != facts.App.Namespace:
		finding.Message = fmt.Sprintf("ServiceOwner %s has not made namespace %s its own yet", code, facts.App.Namespace)
		finding.Remedy = fmt.Sprintf("Look at kubectl describe serviceowner %s; the App follows by itself", code)
	default:
		return nil
	}
	return []decide.Finding{finding}
}

// hostOwned keeps an App out of other owners' domains: below the platform's apps domain an owner
// has its own name and no other. The platform's own host is nobody's.
func hostOwned(facts Facts) []decide.Finding {
	host, code, environment := hostOf(facts.App, facts.Operator), codeOf(facts.App), facts.Operator.Environment
	if !published(facts.App) || ownsHost(code, host, facts.Operator) {
		return nil
	}
	finding := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonHostNotOwned, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("Host %s is not %s's: below %s its Apps are reached by %s only",
			host, code, environment.AppsHost, ownHost(code, facts.Operator)),
		Remedy: "Leave spec.ingress.host out, or name a host outside " + environment.AppsHost,
	}
	if host == environment.PlatformHost {
		finding.Message = fmt.Sprintf("Host %s is not %s's: it is that of the platform's own services", host, code)
		finding.Remedy = "Leave spec.ingress.host out, or name a host of your own"
	}
	return []decide.Finding{finding}
}

// ownsHost says whether a service owner's Apps may have a host.
func ownsHost(code, host string, operator *configuration.Operator) bool {
	domain := operator.Environment.AppsHost
	return host == ownHost(code, operator) ||
		host != operator.Environment.PlatformHost && host != domain && !strings.HasSuffix(host, "."+domain)
}

// addressFree lets the App have an address that serves it already, else the oldest, so that neither a
// newcomer nor an old App that moves can take it over. One that may not have the host holds nothing,
// or it could keep the owner from it.
func addressFree(facts Facts) []decide.Finding {
	holder := holderOf(facts.App, facts.SameAddress, facts.Operator)
	if holder == facts.App {
		return nil
	}
	// Another owner's App is not named: who has what is not for all to know.
	name := "another service owner's App"
	if holder.Namespace == facts.App.Namespace {
		name = "App " + holder.Name
	}
	return []decide.Finding{{
		Effect: decide.Hold, Reason: v1alpha1.ReasonHostTaken,
		Message: fmt.Sprintf("%s is served by %s already", urlOf(facts.App, facts.Operator), name),
		Actor:   v1alpha1.ActorServiceOwner, Remedy: "Choose another spec.ingress.host or spec.ingress.path",
	}}
}

// holderOf is the App that may have the address that an App asks for, among that and the others there;
// an App that asks for none has what it wants.
func holderOf(app *v1alpha1.App, others []v1alpha1.App, operator *configuration.Operator) *v1alpha1.App {
	if !published(app) {
		return app
	}
	holder, host, address := app, hostOf(app, operator), addressOf(app, operator)
	for i := range others {
		if other := &others[i]; precedes(other, holder, address) && ownsHost(codeOf(other), host, operator) {
			holder = other
		}
	}
	return holder
}

// precedes orders Apps of one address: the one that serves it, then the older.
func precedes(a, b *v1alpha1.App, address string) bool {
	if serves := servedAt(a) == address; serves != (servedAt(b) == address) {
		return serves
	}
	return older(a, b)
}

// older orders Apps by age, and by name where they are of an age.
func older(a, b *v1alpha1.App) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Namespace+"/"+a.Name < b.Namespace+"/"+b.Name
}

func referencesExist(facts Facts) []decide.Finding {
	var findings []decide.Finding
	for _, ref := range facts.Reads.missing {
		findings = append(findings, decide.Finding{
			Effect: decide.Hold, Reason: v1alpha1.ReasonReferenceMissing,
			Message: fmt.Sprintf("%s %s, which the App reads, does not exist in namespace %s", ref.Kind, ref.Name, facts.App.Namespace),
			Actor:   v1alpha1.ActorServiceOwner, Remedy: fmt.Sprintf("Create the %s, or take it out of spec.env and spec.envFrom", ref.Kind),
		})
	}
	return findings
}

func routeKindKnown(facts Facts) []decide.Finding {
	if facts.RouteKindKnown || facts.Operator.Gateway.Kind != configuration.GatewayAPI || !published(facts.App) {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Limit, Part: v1alpha1.ConditionAvailable, Reason: v1alpha1.ReasonProviderMissing,
		Message: "The cluster does not know HTTPRoute (gateway.networking.k8s.io/v1): the App runs but is not reached from outside",
		Actor:   v1alpha1.ActorPlatform, Remedy: "Install the Gateway API's CRDs; the App follows by itself",
	}}
}
