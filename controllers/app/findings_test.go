// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

func admitted() decide.Verdict { return decide.Verdict{Action: decide.ActionAdmit} }

func held(findings ...decide.Finding) decide.Verdict {
	return decide.Verdict{Action: decide.ActionHold, Findings: findings, Consequence: "What runs is left as it is"}
}

func withdrawn(findings ...decide.Finding) decide.Verdict {
	return decide.Verdict{Action: decide.ActionWithdraw, Findings: findings, Consequence: "No pods run; data and names are kept"}
}

var (
	appSuspended = decide.Finding{
		Effect: decide.Withdraw, Reason: v1alpha1.ReasonSuspended, Actor: v1alpha1.ActorServiceOwner,
		Message: "Suspended: Under investigation",
		Remedy:  "Remove spec.suspend to bring the App back",
	}
	ownerSuspended = decide.Finding{
		Effect: decide.Withdraw, Reason: v1alpha1.ReasonSuspended, Actor: v1alpha1.ActorPlatform,
		Message: "Service owner skd is suspended: Terms of use §1.6.5",
		Remedy:  "Remove spec.suspend of the ServiceOwner to bring its Apps back",
	}
	agreementMissing = decide.Finding{
		Effect: decide.Hold, Part: v1alpha1.ConditionAgreementInForce, Reason: v1alpha1.ReasonAgreementMissing, Actor: v1alpha1.ActorPlatform,
		Message: "Service owner skd has no data processing agreement",
		Remedy:  "Apply the DataProcessingAgreement that was signed; it follows by itself",
	}
	routeKindMissing = decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionAvailable, Reason: v1alpha1.ReasonProviderMissing, Actor: v1alpha1.ActorPlatform,
		Message: "The cluster does not know HTTPRoute (gateway.networking.k8s.io/v1): the App runs but is not reached from outside",
		Remedy:  "Install the Gateway API's CRDs; the App follows by itself",
	}
)

func ownerGap(message, remedy string) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonServiceOwnerMissing, Actor: v1alpha1.ActorPlatform, Message: message, Remedy: remedy,
	}
}

func foreignHost(host string) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonHostNotOwned, Actor: v1alpha1.ActorServiceOwner,
		Message: "Host " + host + " is not skd's: below apps.tt02.altinn.no its Apps are reached by skd.apps.tt02.altinn.no only",
		Remedy:  "Leave spec.ingress.host out, or name a host outside apps.tt02.altinn.no",
	}
}

func addressTaken(by string) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonHostTaken, Actor: v1alpha1.ActorServiceOwner,
		Message: "https://skd.apps.tt02.altinn.no/skd/income/ is served by " + by + " already",
		Remedy:  "Choose another spec.ingress.host or spec.ingress.path",
	}
}

func missing(kind, name string) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonReferenceMissing, Actor: v1alpha1.ActorServiceOwner,
		Message: kind + " " + name + ", which the App reads, does not exist in namespace so-skd",
		Remedy:  "Create the " + kind + ", or take it out of spec.env and spec.envFrom",
	}
}

func closedHost(host string) decide.Finding {
	return decide.Finding{
		Effect: decide.Warn, Part: "Network", Actor: v1alpha1.ActorPlatform,
		Message: "Host " + host + " stays closed: a NetworkPolicy needs its addresses, and the configuration gives none",
		Remedy:  "Add egress.hosts[" + host + "] to the operator's configuration, or let the App name a cidr",
	}
}

func withoutRouteKind(facts *app.Facts) {
	facts.RouteKindKnown = false
	facts.Operator.Gateway = gatewayAPI()
}
