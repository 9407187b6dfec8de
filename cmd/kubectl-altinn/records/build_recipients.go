// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"fmt"
	"slices"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// appRecipients are whom an App discloses data to, as far as it declares it: nothing else is open to
// it. The second list are the recipients whose country no resource tells.
func (b builder) appRecipients(code string, app *v1alpha1.App) ([]Recipients, []string) {
	access := app.Spec.Access
	hosts := hostNames(access.Outbound.Hosts)
	var shared, scopes []string
	for _, integration := range app.Spec.Integrations {
		shared = append(shared, solutions.coded(b.language, string(integration.Solution)).Label)
		for _, scope := range integration.Exposes {
			scopes = append(scopes, scope.Name)
		}
	}
	all := []Recipients{}
	for _, group := range []struct {
		kind  string
		names []string
	}{
		{toCalledApps, foreign(code, access.Outbound.Apps)},
		{toCallingApps, foreign(code, access.Inbound)},
		{toScopeHolders, scopes},
		{toSolutions, shared},
		{toHosts, hosts},
	} {
		if len(group.names) > 0 {
			all = append(all, b.recipients(group.kind, group.names))
		}
	}
	return all, hosts
}

// consentRecipients are who may ask for a consent, and get the data when it is given.
func (b builder) consentRecipients(requesters v1alpha1.Requesters) []Recipients {
	if requesters.AnyOrganization {
		return []Recipients{b.recipients(toAnyOrganization, []string{})}
	}
	if len(requesters.Organizations) == 0 {
		return nil
	}
	var names []string
	for _, number := range requesters.Organizations {
		names = append(names, string(number))
	}
	return []Recipients{b.recipients(toOrganizations, names)}
}

func (b builder) recipients(kind string, names []string) Recipients {
	slices.Sort(names)
	return Recipients{Kind: recipientKinds.coded(b.language, kind), Names: slices.Compact(names)}
}

// foreign are the Apps of other service owners. An owner's own are no recipients: the data stays with
// the same controller.
func foreign(code string, peers []v1alpha1.AppPeer) []string {
	var names []string
	for _, peer := range peers {
		if peer.ServiceOwner != "" && string(peer.ServiceOwner) != code {
			names = append(names, string(peer.ServiceOwner)+"/"+string(peer.App))
		}
	}
	return names
}

// hostNames are places outside the platform, with the ports opened.
func hostNames(hosts []v1alpha1.OutboundHost) []string {
	names := []string{}
	for _, host := range hosts {
		ports := slices.Sorted(slices.Values(host.Ports))
		name := string(host.Host) + host.CIDR
		names = append(names, name+":"+strings.Trim(strings.ReplaceAll(fmt.Sprint(ports), " ", ","), "[]"))
	}
	slices.Sort(names)
	return names
}
