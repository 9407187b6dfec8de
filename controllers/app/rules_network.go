// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// network is the part of an App that problems with whom it talks to are listed under.
const network = "Network"

// callee is a host that the App calls, by its name and the addresses that the configuration or the catalogue gives;
// needs is what it needs it for, none when it names the host itself.
type callee struct {
	name      string
	addresses []string
	needs     []string
}

// subject is the callee as the beginning of a sentence.
func (c callee) subject() string {
	who := "Host " + c.name
	if c.name == "" {
		who = "What is called"
	}
	if len(c.needs) == 0 {
		return who
	}
	return fmt.Sprintf("%s, which the App needs for %s,", who, strings.Join(c.needs, ", "))
}

// callees are the hosts that an App calls. Those without addresses are opened by their names, or stay closed.
func callees(app *v1alpha1.App, facts Facts) []callee {
	var all []callee
	for _, host := range app.Spec.Access.Outbound.Hosts {
		if host.Host == "" {
			continue
		}
		called := callee{name: string(host.Host)}
		if !facts.Operator.Egress.ByName() {
			called.addresses = facts.Operator.Egress.Hosts[called.name]
		}
		all = append(all, called)
	}
	for _, host := range destinations(app, facts) {
		all = append(all, callee{name: host.Host.Host, addresses: facts.Operator.Addresses(host.Host), needs: host.needs})
	}
	return all
}

// hostsExpressible tells of what stays closed of all that the App calls.
func hostsExpressible(facts Facts) []decide.Finding {
	all := callees(facts.App, facts)
	return append(hostsClosed(facts, all), rangesCut(facts, all)...)
}

// hostsClosed tells of the hosts that stay closed because what enforces it has no way to open them: those the
// App names, and those its shared solutions and its storage need. A NetworkPolicy needs addresses, a name a cluster
// that knows the kind it is opened with.
func hostsClosed(facts Facts, all []callee) []decide.Finding {
	var findings []decide.Finding
	var names []string
	for _, called := range all {
		switch {
		case len(called.addresses) > 0:
		case facts.Operator.Egress.ByName():
			names = append(names, called.name)
		default:
			findings = append(findings, closed(called))
		}
	}
	if len(names) == 0 || facts.NamesKnown {
		return findings
	}
	slices.Sort(names)
	return []decide.Finding{{
		Effect: decide.Limit, Part: network, Reason: v1alpha1.ReasonProviderMissing,
		Message: fmt.Sprintf("The cluster does not know CiliumNetworkPolicy (cilium.io/v2), which opens hosts by their names: the App runs, and closed to it stay %s",
			strings.Join(slices.Compact(names), ", ")),
		Actor:  v1alpha1.ActorPlatform,
		Remedy: "Install Cilium with its CRDs, or name another egress.provider in the operator's configuration; the App follows by itself",
	}}
}

func closed(called callee) decide.Finding {
	finding := decide.Finding{
		Effect: decide.Warn, Part: network,
		Message: called.subject() + " stays closed: a NetworkPolicy needs its addresses, and the configuration gives none",
		Actor:   v1alpha1.ActorPlatform, Remedy: fmt.Sprintf("Add egress.hosts[%s] to the operator's configuration", called.name),
	}
	switch {
	case strings.HasPrefix(called.name, "*."): // the configuration takes none: what they stand for is not known
		finding.Message = called.subject() + " stays closed: a NetworkPolicy knows no wildcards"
		finding.Actor, finding.Remedy = v1alpha1.ActorServiceOwner, "Name each host by itself, or a cidr; with egress.provider Cilium wildcards are opened"
	case len(called.needs) == 0:
		finding.Remedy += ", or let the App name a cidr"
	}
	return finding
}

// rangesCut tells of what stays closed of the ranges that the App names, and of addresses that its hosts have here.
func rangesCut(facts Facts, all []callee) []decide.Finding {
	var findings []decide.Finding
	warn := func(actor v1alpha1.Actor, message, remedy string) {
		findings = append(findings, decide.Finding{Effect: decide.Warn, Part: network, Message: message, Actor: actor, Remedy: remedy})
	}
	if len(facts.App.Spec.Access.Outbound.Hosts)+len(all) == 0 {
		return nil
	}
	egress := facts.Operator.Egress
	toApps, toAll := egress.BarredToApps(), egress.Barred()
	for _, host := range facts.App.Spec.Access.Outbound.Hosts {
		if host.CIDR == "" {
			continue
		}
		opening := toApps.Open(host.CIDR)
		if !opening.CIDR.IsValid() {
			warn(v1alpha1.ActorServiceOwner, fmt.Sprintf("Range %s stays closed: it lies in %s", host.CIDR, bars(opening)), remedyOfRange(egress))
		} else if len(opening.By) > 0 {
			warn(v1alpha1.ActorServiceOwner, fmt.Sprintf("Range %s is opened without %s", host.CIDR, bars(opening)), remedyOfRange(egress))
		}
	}
	const correct = "Correct its addresses, or egress.internal, in the operator's configuration"
	for _, called := range all {
		for _, cidr := range called.addresses {
			opening := toAll.Open(cidr)
			if !opening.CIDR.IsValid() {
				warn(v1alpha1.ActorPlatform, fmt.Sprintf("%s is not opened at %s: it lies in %s", called.subject(), cidr, bars(opening)), correct)
			} else if len(opening.By) > 0 {
				warn(v1alpha1.ActorPlatform, fmt.Sprintf("%s is opened at %s without %s", called.subject(), cidr, bars(opening)), correct)
			}
		}
	}
	return findings
}

// bars are the ranges that keep something closed, and what they are.
func bars(opening configuration.Opening) string {
	var all []string
	for len(opening.By) > 0 {
		var alike []string
		var others []configuration.Range
		what := opening.By[0].What
		for _, bar := range opening.By {
			if bar.What == what {
				alike = append(alike, bar.CIDR.String())
			} else {
				others = append(others, bar)
			}
		}
		all = append(all, fmt.Sprintf("%s (%s)", strings.Join(alike, ", "), what))
		opening.By = others
	}
	return cmp.Or(strings.Join(all, ", "), "no range that can be read")
}

func remedyOfRange(egress configuration.Egress) string {
	remedy := "Name Apps in access.outbound.apps, and not their addresses; for anything else there, ask the platform team"
	if len(egress.Internal) == 0 {
		remedy += ", which can tell in egress.internal of the operator's configuration what the platform's own ranges are"
	}
	return remedy
}

// networkStatus is what an App's status says of whom it may call.
func networkStatus(app *v1alpha1.App, facts Facts) *v1alpha1.NetworkStatus {
	egress := facts.Operator.Egress
	status := &v1alpha1.NetworkStatus{Provider: string(egress.InForce())}
	barred := egress.Barred()
	opens := func(cidr string) bool { return barred.Open(cidr).CIDR.IsValid() }
	for _, called := range callees(app, facts) {
		byName := len(called.addresses) == 0 && egress.ByName() && facts.NamesKnown
		if called.name != "" && !byName && !slices.ContainsFunc(called.addresses, opens) {
			status.ClosedHosts = append(status.ClosedHosts, called.name)
		}
	}
	slices.Sort(status.ClosedHosts)
	status.ClosedHosts = slices.Compact(status.ClosedHosts)
	return status
}
