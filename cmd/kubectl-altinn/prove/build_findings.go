// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// add adds a finding with empty lists in the place of none.
func (b *builder) find(f Finding) {
	for _, list := range []*[]string{&f.Workloads, &f.Peers} {
		if *list == nil {
			*list = []string{}
		}
	}
	if f.Pairs == nil {
		f.Pairs = []Pair{}
	}
	b.proof.Findings = append(b.proof.Findings, f)
}

// judgeNamespaces sees that each tenant's namespace is closed by default, that each workload is, and that nothing
// runs in it that no App declares.
func (b *builder) judgeNamespaces() {
	for _, t := range b.tenants {
		if !b.in(t.code) {
			continue
		}
		for _, direction := range directions {
			if !t.closedByDefault(direction) {
				b.find(Finding{
					Severity: SeverityHigh, Kind: FindingNoDefault, ServiceOwner: t.code, Namespace: t.namespace, Direction: direction,
					Message: fmt.Sprintf("No policy in %s closes %s for all pods: a pod that nothing else selects %s", t.namespace, way(direction), free(direction)),
					Remedy:  "Platform: see why the baseline's policy default-deny is not there; the ServiceOwner's condition NamespaceReady tells",
				})
			}
		}
		b.judgeOpenWorkloads(t)
		b.tellUnknown(t)
		if level := t.object.Labels["pod-security.kubernetes.io/enforce"]; level != "restricted" && level != "baseline" {
			b.notEvaluated("Pods of "+t.namespace+" in the network of their node",
				"no policy rules those, and only the label pod-security.kubernetes.io/enforce, as baseline or restricted, keeps pods from being such; it is "+cmp.Or(level, "not there"))
		}
	}
}

// closedByDefault says whether a policy rules a direction for all pods of the namespace, whatever their labels.
func (t *tenant) closedByDefault(direction isolation.Direction) bool {
	return slices.ContainsFunc(t.policies, func(p *policy) bool {
		return p.compiled != nil && p.compiled.Rules(direction) && selectsAll(p.object.Spec.PodSelector)
	})
}

// judgeOpenWorkloads notes the workloads of which no policy rules a direction. What that opens towards other
// workloads is added when connections are judged.
func (b *builder) judgeOpenWorkloads(t *tenant) {
	policies := t.compiled()
	for _, direction := range directions {
		for _, w := range t.workloads {
			if isolation.Of(policies, w.Workload, direction).Closed {
				continue
			}
			by := opener{t.namespace, "", direction}
			if b.opened[by] == nil {
				b.opened[by] = &openedBy{tenant: t, workloads: map[string]bool{}}
			}
			b.opened[by].workloads[w.ref.Name] = true
		}
	}
}

// tellUnknown tells of what runs in a tenant's namespace and no App declares.
func (b *builder) tellUnknown(t *tenant) {
	var names []string
	for _, w := range t.workloads {
		if w.app == nil {
			names = append(names, w.ref.Name)
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	names = slices.Compact(names)
	b.find(Finding{
		Severity: SeverityMedium, Kind: FindingUnknown, ServiceOwner: t.code, Namespace: t.namespace, Workloads: names,
		Message: fmt.Sprintf("In %s there is what no App declares: %s", t.namespace, some(names)),
		Remedy:  "Service owner: declare it as an App, or remove it",
	})
}

// foreign tells of a policy that the operator does not keep and that opens to others than Apps.
func (b *builder) foreign(t *tenant, p *policy, direction isolation.Direction, peers []string) {
	workloads := t.selected(p)
	whom := "no pods yet"
	if len(workloads) > 0 {
		whom = some(workloads)
	}
	b.find(Finding{
		Severity: SeverityHigh, Kind: FindingForeign, ServiceOwner: t.code, Namespace: t.namespace, Policy: p.object.Name, Direction: direction,
		Workloads: workloads, Peers: peers,
		Message: fmt.Sprintf("Policy %s of %s lets %s %s: %s. The operator does not keep this policy: %s",
			p.object.Name, t.namespace, whom, towards(direction), some(peers), p.stray),
		Remedy: "Platform: delete the policy, and find out who made it",
	})
}

// tellOpened tells what is open between workloads and not declared, one finding for each policy and direction.
func (b *builder) tellOpened() {
	for by, opened := range b.opened {
		if by.policy == "" && !b.in(opened.tenant.code) && opened.counts.pairs == 0 {
			continue
		}
		f := Finding{
			ServiceOwner: opened.tenant.code, Namespace: by.namespace, Policy: by.policy, Direction: by.direction,
			Workloads: slices.Sorted(maps.Keys(opened.workloads)), Pairs: opened.pairs(),
			PairsTotal: opened.counts.pairs, PairsAcross: opened.counts.across, PairsThrough: opened.counts.through,
			Severity: SeverityMedium, Kind: FindingUndeclared,
		}
		if by.policy == "" {
			f.Kind, f.Severity = FindingNotClosed, SeverityHigh
			f.Message = fmt.Sprintf("No policy rules %s of %s in %s, so that it is open to everything%s", way(by.direction), some(f.Workloads), by.namespace, tally(f))
			f.Remedy = "Platform: see why the baseline's policy default-deny is not there; the ServiceOwner's condition NamespaceReady tells"
		} else {
			p := b.policies[isolation.Key{Namespace: by.namespace, Name: by.policy}]
			f.KeptByOperator = p.stray == ""
			f.Message = undeclared(f)
			f.Remedy = remedy(f, b.changed(opened))
		}
		if f.PairsAcross > 0 {
			f.Severity = SeverityCritical
		}
		b.find(f)
	}
}

// undeclared says what a policy opens that its side does not declare.
func undeclared(f Finding) string {
	list, verb := "access.inbound", "in"
	if f.Direction == networkingv1.PolicyTypeEgress {
		list, verb = "access.outbound.apps", "out"
	}
	if f.PairsTotal == 1 {
		pair := f.Pairs[0]
		own := pair.To
		if f.Direction == networkingv1.PolicyTypeEgress {
			own = pair.From
		}
		return fmt.Sprintf("Policy %s of %s lets %s a call that %s of %s does not declare: %s to %s, %s. %s", f.Policy, f.Namespace, verb,
			list, own, pair.From, pair.To, pair.Ports, passes(pair.Through))
	}
	return fmt.Sprintf("Policy %s of %s lets %s calls that no %s declares%s", f.Policy, f.Namespace, verb, list, tally(f))
}

func passes(through bool) string { //nolint:revive // A fact as a sentence.
	if through {
		return "It gets through"
	}
	return "Nothing gets through now, since the other side is closed"
}

// tally says how many connections there are, and names the first.
func tally(f Finding) string {
	if f.PairsTotal == 0 {
		return ""
	}
	through := "none gets through now"
	switch {
	case f.PairsThrough == 1:
		through = "1 gets through now"
	case f.PairsThrough > 1:
		through = fmt.Sprintf("%d get through now", f.PairsThrough)
	}
	first := f.Pairs[0]
	return fmt.Sprintf(". They are %s, %s of them across service owners; %s. The first is %s to %s",
		count(f.PairsTotal, "connection"), none(f.PairsAcross), through, first.From, first.To)
}

// changed says whether a concerned App is another now than what was admitted of it.
func (b *builder) changed(opened *openedBy) bool {
	return slices.ContainsFunc(opened.tenant.workloads, func(w *workload) bool {
		return opened.workloads[w.ref.Name] && w.app != nil && w.app.Status.Admitted != nil && w.app.Status.Admitted.Generation != w.app.Generation
	})
}

func remedy(f Finding, changed bool) string {
	switch {
	case !f.KeptByOperator:
		return "Platform: delete the policy, or let the service owner declare the call on its App"
	case changed:
		return "Service owner: what runs was admitted before the App was last changed; see its condition Ready"
	}
	return "Platform: the operator keeps a policy that opens more than is declared; report it as a fault"
}

func way(direction isolation.Direction) string {
	if direction == networkingv1.PolicyTypeEgress {
		return "what goes out"
	}
	return "what comes in"
}

func free(direction isolation.Direction) string {
	if direction == networkingv1.PolicyTypeEgress {
		return "may call everything"
	}
	return "may be called by everything"
}

func towards(direction isolation.Direction) string {
	if direction == networkingv1.PolicyTypeEgress {
		return "call"
	}
	return "be called by"
}

// some names the first of a list, and how many more there are.
func some(names []string) string {
	const most = 5
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// count says how many there are of a thing.
func count(n int, thing string) string {
	stem, ends := strings.CutSuffix(thing, "y")
	switch {
	case n == 1:
		return "1 " + thing
	case ends:
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
