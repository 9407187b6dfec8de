// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// tellOthers tells of policies that could not be evaluated, since another program rules by them.
func (b *builder) tellOthers() {
	type place struct{ kind, namespace string }
	names := map[place][]string{}
	for _, other := range b.others {
		if other.Namespace == "" || b.in(v1alpha1.OwnerOfNamespace(other.Namespace)) {
			in := place{other.Kind, other.Namespace}
			names[in] = append(names[in], other.Name)
		}
	}
	for in, list := range names {
		slices.Sort(list)
		where := "all namespaces"
		if in.namespace != "" {
			where = in.namespace
		}
		b.notEvaluated(fmt.Sprintf("%s of %s (%s)", count(len(list), in.kind), where, some(list)),
			"this proof cannot evaluate such policies; they may open or close more")
	}
}

// tellOwners lists the tenants that were asked for, and their neighbours.
func (b *builder) tellOwners() {
	neighbours := map[string]bool{}
	for _, c := range b.proof.Connections {
		neighbours[c.From.ServiceOwner], neighbours[c.To.ServiceOwner] = true, true
	}
	for _, f := range b.proof.Findings {
		neighbours[f.ServiceOwner] = true
		for _, pair := range f.Pairs {
			neighbours[pair.From.ServiceOwner], neighbours[pair.To.ServiceOwner] = true, true
		}
	}
	for _, t := range b.tenants {
		if b.in(t.code) {
			b.proof.Counts.Namespaces++
			b.proof.Counts.Policies += len(t.policies)
			b.proof.Counts.Apps += len(t.apps)
			if t.owner != nil {
				b.proof.Counts.ServiceOwners++
			}
		}
		if b.in(t.code) || neighbours[t.code] {
			b.proof.ServiceOwners = append(b.proof.ServiceOwners, b.owner(t))
		}
	}
}

func (b *builder) owner(t *tenant) Owner {
	owner := Owner{Code: t.code, Namespace: t.namespace, Neighbour: !b.in(t.code), Policies: len(t.policies), Apps: []App{}, Others: []string{}}
	if t.owner != nil {
		owner.Name = string(cmp.Or(t.owner.Spec.DisplayName.EN, t.owner.Spec.DisplayName.NB))
	}
	for _, app := range t.apps {
		owner.Apps = append(owner.Apps, App{Name: app.Name, NetworkIsolated: isolatedBy(app)})
	}
	for _, w := range t.workloads {
		if w.app == nil {
			owner.Others = append(owner.Others, w.ref.Name)
		}
	}
	slices.Sort(owner.Others)
	owner.Others = slices.Compact(owner.Others)
	return owner
}

// isolatedBy is what the operator says of an App's isolation.
func isolatedBy(app *v1alpha1.App) *Condition {
	condition := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionNetworkIsolated)
	if condition == nil {
		return nil
	}
	return &Condition{
		Status: string(condition.Status), Reason: condition.Reason, Message: condition.Message,
		Since: condition.LastTransitionTime.UTC(), Older: condition.ObservedGeneration < app.Generation,
	}
}

// severities are all, the gravest first.
var severities = []Severity{SeverityCritical, SeverityHigh, SeverityMedium}

// finish sorts what was found, counts it, and says what it comes to.
func (b *builder) finish() {
	p := b.proof
	slices.SortFunc(p.Findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(severities, x.Severity), slices.Index(severities, y.Severity)),
			cmp.Compare(x.Namespace, y.Namespace), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Policy, y.Policy), cmp.Compare(x.Direction, y.Direction))
	})
	slices.SortFunc(p.NotEvaluated, func(x, y NotEvaluated) int { return cmp.Compare(x.What, y.What) })
	slices.SortFunc(p.Connections, func(x, y Connection) int {
		return cmp.Or(compareRefs(x.From, y.From), compareRefs(x.To, y.To))
	})
	p.Counts.Points, p.Counts.Findings, p.Counts.NotEvaluated = len(p.Points), len(p.Findings), len(p.NotEvaluated)
	p.Verdict = verdict(p)
}

func compareRefs(a, b Ref) int {
	return cmp.Or(cmp.Compare(a.ServiceOwner, b.ServiceOwner), cmp.Compare(a.Name, b.Name))
}

// verdict is what everything comes to.
func verdict(p *Proof) Verdict {
	whose := "Isolation"
	if p.ServiceOwner != "" {
		whose = "Isolation of " + p.ServiceOwner
	}
	open := len(p.NotEvaluated)
	could := ""
	if open > 0 {
		could = fmt.Sprintf(", and %s could not be evaluated", count(open, "thing"))
	}
	switch {
	case len(p.Findings) > 0:
		across := 0
		for _, f := range p.Findings {
			if f.Severity == SeverityCritical {
				across++
			}
		}
		sentence := fmt.Sprintf("%s is not proven: there %s, %s of them across service owners%s.",
			whose, countThere(len(p.Findings), "finding"), none(across), could)
		return Verdict{ResultFindings, sentence}
	case open > 0:
		return Verdict{ResultIncomplete, fmt.Sprintf("%s is not proven: nothing was found%s.", whose, could)}
	}
	return Verdict{ResultProven, fmt.Sprintf("%s is proven: %s", whose, proven(p))}
}

// proven says what is known when nothing was found.
func proven(p *Proof) string {
	if p.Counts.Apps == 0 {
		return "there are no Apps, and every service owner's namespace is closed."
	}
	through := 0
	for _, c := range p.Connections {
		if c.State == StateOpen {
			through++
		}
	}
	text := []string{"between Apps nothing is open"}
	if through > 0 {
		text = []string{fmt.Sprintf("between Apps there %s, each declared by both", countThere(through, "open connection"))}
	}
	text = append(text, "what enters or leaves does so at "+count(len(p.Points), "point")+" that the operator keeps", "everything else is closed")
	return strings.Join(text, "; ") + "."
}

func countThere(n int, thing string) string {
	if n == 1 {
		return "is 1 " + thing
	}
	return fmt.Sprintf("are %d %ss", n, thing)
}

func none(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprint(n)
}
