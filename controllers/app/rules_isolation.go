// SPDX-License-Identifier: BSD-3-Clause

package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/enforcement"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// addedLabels are those that the cluster itself gives pods, beside the ones of their template: a policy can select by
// them too. That of the ReplicaSet comes with it, those of the node since Kubernetes 1.35.
var addedLabels = []string{"pod-template-hash", corev1.LabelTopologyRegion, corev1.LabelTopologyZone}

// workload is what NetworkPolicies see of an App's pods.
func workload(app *v1alpha1.App) isolation.Workload {
	return isolation.Workload{
		Namespace: app.Namespace, Name: app.Name, Labels: labels(app), Foreign: addedLabels,
		Ports: map[string]isolation.NamedPort{portName: {Protocol: string(corev1.ProtocolTCP), Number: int32(app.Spec.Port)}},
	}
}

// isolated adds to a verdict whether the NetworkPolicies, as they stand, let the App's pods reach, and be reached by,
// no more than is declared. It holds nothing: what is wrong with the network is not mended by an old image.
func isolated(verdict *decide.Verdict, facts Facts) {
	if verdict.Action == decide.ActionHold && facts.Admitted == nil && !hasDeployment(facts.App) {
		return // there are no pods, and are to be none
	}
	app := facts.goesBy(verdict.Action)
	if _, err := facts.share(app, storage.Granted); err != nil && verdict.Action != decide.ActionWithdraw {
		verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
			Part: v1alpha1.ConditionNetworkIsolated, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonNetworkNotProven,
			Message: "Not known while it cannot be told what the App's data is kept in, and so what its pods may call",
		})
		return
	}
	walls := facts.wallsOf(app, verdict.Action)
	found := notEnforced(facts)
	if !walls.asDeclared {
		found = slices.Concat(walls.breaches(facts), walls.unjudged(facts.App.Namespace), found)
	}
	found = append(found, unevaluated(facts)...)
	verdict.Findings = append(verdict.Findings, found...)
	if len(found) == 0 {
		verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{
			Part: v1alpha1.ConditionNetworkIsolated, OnceMade: walls.beingMade,
			Message: "NetworkPolicies open only what is declared, in both directions; " + enforcementSays[facts.Enforcement],
		})
	}
}

// enforcementSays is what is known of whether the network goes by what stands.
var enforcementSays = map[enforcement.State]string{
	enforcement.NotProbed: "whether the network enforces them is not probed",
	enforcement.Unknown:   "whether the network enforces them is not known: the probe shows nothing",
	enforcement.Enforced:  "a probe shows that the network enforces them",
}

func notEnforced(facts Facts) []decide.Finding {
	if facts.Enforcement != enforcement.NotEnforced {
		return nil
	}
	namespace := facts.Operator.Isolation.Probe.Namespace
	return []decide.Finding{{
		Effect: decide.Limit, Part: v1alpha1.ConditionNetworkIsolated, Reason: v1alpha1.ReasonNotEnforced, Actor: v1alpha1.ActorPlatform,
		Message: fmt.Sprintf("The network does not enforce NetworkPolicies: the probe in namespace %s got through to what none opens", namespace),
		Remedy:  fmt.Sprintf("Look at kubectl logs deployment/caller --previous --namespace %s; make the cluster's network plugin enforce NetworkPolicies in both directions", namespace),
	}}
}

// walls are the policies around an App's pods.
type walls struct {
	of isolation.Workload
	// standing are those that stand when the pass is over, declared those that are to; both empty where each that
	// stands is like one of those that are to, and the App's own among them: then nothing else can be open.
	standing, declared []*isolation.Policy
	// unreadable is what is wrong with those of which nobody knows what they let through, by name.
	unreadable map[string]error
	// asDeclared says that it is so, beingMade that the App's own is not there yet as it is to be.
	asDeclared, beingMade bool
}

// wallsOf reads the policies. The App's own counts as it is to be where the pass makes it that: if it does not come
// to that, the affirmation does not hold either. Where the App is held it counts as it stands.
func (f Facts) wallsOf(app *v1alpha1.App, action decide.Action) walls {
	found := walls{of: workload(app), unreadable: map[string]error{}}
	own, made := networkPolicy(app, f, action), action != decide.ActionHold
	declared := append(slices.Clone(f.Baseline), own)
	stands := make([]*networkingv1.NetworkPolicy, 0, len(f.Policies)+1)
	var ownStands bool
	for i := range f.Policies {
		policy := &f.Policies[i]
		ours := policy.Name == own.Name && metav1.IsControlledBy(policy, app)
		ownStands = ownStands || ours && alike(policy, own)
		if !ours || !made {
			stands = append(stands, policy)
		}
	}
	if made {
		stands = append(stands, own)
	}
	found.beingMade = made && !ownStands
	found.asDeclared = (made || ownStands) && !slices.ContainsFunc(stands, func(policy *networkingv1.NetworkPolicy) bool {
		return !slices.ContainsFunc(declared, func(other *networkingv1.NetworkPolicy) bool { return alike(policy, other) })
	})
	if !found.asDeclared {
		found.standing, found.declared = found.read(stands), found.read(declared)
	}
	return found
}

// alike says that two policies of a namespace open and close the same.
func alike(a, b *networkingv1.NetworkPolicy) bool {
	return equality.Semantic.DeepEqual(a.Spec, b.Spec)
}

// read compiles policies, and keeps apart those that cannot be.
func (w *walls) read(policies []*networkingv1.NetworkPolicy) []*isolation.Policy {
	read := make([]*isolation.Policy, 0, len(policies))
	for _, policy := range policies {
		compiled, err := isolation.Compile(policy)
		switch {
		case err == nil:
			read = append(read, compiled)
		case w.maySelect(policy):
			w.unreadable[policy.Name] = err
		}
	}
	return read
}

// maySelect says whether a policy that cannot be read selects the pods, or may.
func (w *walls) maySelect(policy *networkingv1.NetworkPolicy) bool {
	selector, err := isolation.Compile(&networkingv1.NetworkPolicy{
		ObjectMeta: policy.ObjectMeta, Spec: networkingv1.NetworkPolicySpec{PodSelector: policy.Spec.PodSelector},
	})
	return err != nil || selector.MaySelect(w.of)
}

// breach is what a policy lets through that is not declared, by direction.
type breach struct{ in, out []string }

// breaches are what stands open and is not declared: one finding for each policy, sorted by their names.
func (w walls) breaches(facts Facts) []decide.Finding {
	var findings []decide.Finding
	byPolicy := map[string]*breach{}
	for _, direction := range []isolation.Direction{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
		stand := isolation.Of(w.standing, w.of, direction)
		if !stand.Closed {
			if len(w.unreadable) == 0 { // else one of those may close it
				findings = append(findings, w.open(direction))
			}
			continue
		}
		for _, opening := range isolation.Excess(stand.Openings, isolation.Of(w.declared, w.of, direction).Openings) {
			found := byPolicy[opening.Policy]
			if found == nil {
				found = &breach{}
				byPolicy[opening.Policy] = found
			}
			if direction == networkingv1.PolicyTypeIngress {
				found.in = append(found.in, opening.String())
			} else {
				found.out = append(found.out, opening.String())
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byPolicy)) {
		findings = append(findings, decide.Finding{
			Effect: decide.Limit, Part: v1alpha1.ConditionNetworkIsolated, Reason: v1alpha1.ReasonPolicyOpensMore, Actor: v1alpha1.ActorPlatform,
			Message: fmt.Sprintf("NetworkPolicy %s %s, which nothing declares", name, byPolicy[name]),
			Remedy:  facts.remedyOf(name),
		})
	}
	return findings
}

// open is told where no policy rules a direction: then all is open, by nobody's wish.
func (w walls) open(direction isolation.Direction) decide.Finding {
	what := "what comes in to"
	if direction == networkingv1.PolicyTypeEgress {
		what = "what goes out from"
	}
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionNetworkIsolated, Reason: v1alpha1.ReasonNetworkOpen, Actor: v1alpha1.ActorPlatform,
		Message: fmt.Sprintf("No NetworkPolicy closes %s its pods", what),
		Remedy:  fmt.Sprintf("Look at kubectl describe serviceowner %s, whose baseline closes both directions", v1alpha1.OwnerOfNamespace(w.of.Namespace)),
	}
}

// unjudged tells of the policies that cannot be read. One that opens something may be among them.
func (w walls) unjudged(namespace string) []decide.Finding {
	var findings []decide.Finding
	for _, name := range slices.Sorted(maps.Keys(w.unreadable)) {
		findings = append(findings, decide.Finding{
			Effect: decide.Limit, Part: v1alpha1.ConditionNetworkIsolated, Reason: v1alpha1.ReasonNetworkNotProven, Status: metav1.ConditionUnknown,
			Actor: v1alpha1.ActorPlatform, Message: w.unreadable[name].Error(),
			Remedy: fmt.Sprintf("Correct NetworkPolicy %s of %s, or delete it", name, namespace),
		})
	}
	return findings
}

// unevaluated tells of policies of Cilium's own that the operator did not make. They may open anything, also to pods
// they do not select by the labels that are known here.
func unevaluated(facts Facts) []decide.Finding {
	if len(facts.OthersNames) == 0 {
		return nil
	}
	return []decide.Finding{{
		Effect: decide.Limit, Part: v1alpha1.ConditionNetworkIsolated, Reason: v1alpha1.ReasonNetworkNotProven, Status: metav1.ConditionUnknown,
		Actor: v1alpha1.ActorPlatform, Message: fmt.Sprintf("CiliumNetworkPolicy %s may open more than is declared: nobody evaluates what the operator did not make", told(facts.OthersNames)),
		Remedy: fmt.Sprintf("Delete it from %s, or say the same by spec.access", facts.App.Namespace),
	}}
}

// remedyOf says what to do about a policy that lets through too much: who made it puts it right, if it is one of ours.
func (f Facts) remedyOf(name string) string {
	for i := range f.Policies {
		policy := &f.Policies[i]
		switch {
		case policy.Name != name:
		case metav1.IsControlledBy(policy, f.App):
			return "It is put right when the App is no longer held; until then, delete what it opens too much"
		case policy.Labels[v1alpha1.LabelManagedBy] == v1alpha1.ManagedBy && madeFor(policy) == "":
			return fmt.Sprintf("It is put right by itself, if it is the service owner's; if it is not, look at kubectl describe serviceowner %s", codeOf(f.App))
		}
	}
	return fmt.Sprintf("Delete NetworkPolicy %s of %s, or let spec.access declare what it opens", name, f.App.Namespace)
}

// mostTold is how many openings of a policy a message names.
const mostTold = 3

// String says what is let in and out.
func (b *breach) String() string {
	var clauses []string
	if len(b.in) > 0 {
		clauses = append(clauses, "lets in "+told(b.in))
	}
	if len(b.out) > 0 {
		clauses = append(clauses, "lets out "+told(b.out))
	}
	return strings.Join(clauses, " and ")
}

func told(openings []string) string {
	if more := len(openings) - mostTold; more > 0 {
		openings = append(slices.Clone(openings[:mostTold]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(openings, ", ")
}
