// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

// twoParts are those of a ServiceOwner: the last stands for what no other names.
var twoParts = []Part{
	{Condition: v1alpha1.ConditionAccessReady, Kinds: []string{"RoleBinding"}},
	{Condition: v1alpha1.ConditionNamespaceReady},
}

// onePart is that of an App.
var onePart = []Part{{Condition: v1alpha1.ConditionAvailable}}

const (
	allStands   = "All that was declared stands"
	allHealthy  = "Ready=True Ready: All that was declared stands and is healthy"
	underWay    = "Under way: the cluster is making or rolling out what was declared"
	notKnown    = "reading service owner skd: not allowed"
	available   = "Available=True Ready: " + allStands
	unavailable = "Available=False Progressing: " + underWay
)

func refOf(kind, name string) v1alpha1.Child { return v1alpha1.Child{Kind: kind, Name: name} }

// healthOf is the health of a child of a kind, named after it, that is there.
func healthOf(kind string, state observe.State) observe.Health {
	health := observe.Health{Child: refOf(kind, strings.ToLower(kind)), State: state, Object: &metav1.PartialObjectMetadata{}}
	if state == observe.Failed {
		health.Message = "it broke"
	}
	return health
}

// running is an App whose children are all well.
var running = []observe.Health{healthOf("Deployment", observe.Current), healthOf("Service", observe.Current)}

func admitted(findings ...decide.Finding) decide.Verdict {
	return decide.Verdict{Action: decide.ActionAdmit, Findings: findings}
}

func heldBy(findings ...decide.Finding) decide.Verdict {
	return decide.Verdict{Action: decide.ActionHold, Findings: findings}
}

// observed is an outcome with how the children are.
func observed(outcome Outcome, healths ...observe.Health) Outcome {
	outcome.Health = append([]observe.Health{}, healths...)
	return outcome
}

var (
	ownerMissing = decide.Finding{Effect: decide.Hold, Reason: v1alpha1.ReasonServiceOwnerMissing, Message: "There is no owner"}
	hostTaken    = decide.Finding{Effect: decide.Hold, Reason: v1alpha1.ReasonHostTaken, Message: "The host is taken"}
	noRoutes     = decide.Finding{Effect: decide.Limit, Part: v1alpha1.ConditionAvailable, Reason: v1alpha1.ReasonProviderMissing, Message: "No routes"}
	suspension   = decide.Finding{Effect: decide.Limit, Reason: v1alpha1.ReasonSuspended, Message: "Suspended: unpaid"}
	stopped      = decide.Finding{Effect: decide.Withdraw, Reason: v1alpha1.ReasonSuspended, Message: "Suspended: moved"}
	warning      = decide.Finding{Effect: decide.Warn, Reason: "Soon", Message: "It runs out soon"}
)

// conditionsCase is an outcome and the conditions it gives, as "Type=Status Reason: message".
type conditionsCase struct {
	outcome Outcome
	parts   []Part
	want    []string
}

func TestConditionsOfAPassThatWentThrough(t *testing.T) {
	tryConditions(t, map[string]conditionsCase{
		"all children current are Ready": {
			outcome: observed(Outcome{Verdict: admitted()}, running...), parts: onePart, want: []string{available, allHealthy},
		},
		"a child on its way is Reconciling": {
			outcome: observed(Outcome{Verdict: admitted()}, healthOf("Deployment", observe.InProgress), healthOf("Service", observe.Current)), parts: onePart,
			want: []string{unavailable, "Reconciling=True Progressing: " + underWay, "Ready=False Progressing: Available: " + underWay},
		},
		"a failed child is told by name, and is neither Reconciling nor Stalled": {
			outcome: observed(Outcome{Verdict: admitted()}, healthOf("Service", observe.InProgress), healthOf("Deployment", observe.Failed)), parts: onePart,
			want: []string{"Available=False Unhealthy: Deployment deployment: it broke", "Ready=False Unhealthy: Available: Deployment deployment: it broke"},
		},
		"each part speaks of its own children, the last of the rest": {
			outcome: observed(Outcome{Verdict: admitted()}, healthOf("RoleBinding", observe.Current), healthOf("Namespace", observe.InProgress)), parts: twoParts,
			want: []string{
				"AccessReady=True Ready: " + allStands, "NamespaceReady=False Progressing: " + underWay,
				"Reconciling=True Progressing: " + underWay, "Ready=False Progressing: NamespaceReady: " + underWay,
			},
		},
		"the first part that is not True speaks for Ready": {
			outcome: observed(Outcome{Verdict: admitted()}, healthOf("Namespace", observe.InProgress), healthOf("RoleBinding", observe.Failed)), parts: twoParts,
			want: []string{
				"AccessReady=False Unhealthy: RoleBinding rolebinding: it broke", "NamespaceReady=False Progressing: " + underWay,
				"Ready=False Unhealthy: AccessReady: RoleBinding rolebinding: it broke",
			},
		},
		"a part without children is left out": {
			outcome: observed(Outcome{Verdict: admitted()}, healthOf("Namespace", observe.Current)), parts: twoParts,
			want: []string{"NamespaceReady=True Ready: " + allStands, allHealthy},
		},
		"a resource without children is Ready when it is admitted": {
			outcome: observed(Outcome{Verdict: admitted()}), parts: onePart, want: []string{allHealthy},
		},
		"a kind without parts has Ready alone": {outcome: observed(Outcome{Verdict: admitted()}, running...), want: []string{allHealthy}},
	})
}

func TestConditionsOfADecision(t *testing.T) {
	tryConditions(t, map[string]conditionsCase{
		"a hold with nothing made says why": {
			outcome: observed(Held(heldBy(ownerMissing))), parts: onePart, want: []string{"Ready=False ServiceOwnerMissing: There is no owner"},
		},
		"a hold while children run leaves Available as it is": {
			outcome: observed(Held(heldBy(ownerMissing)), running...), parts: onePart,
			want: []string{available, "Ready=False ServiceOwnerMissing: There is no owner"},
		},
		"of several holds the first gives the reason, and all are told": {
			outcome: observed(Held(heldBy(warning, hostTaken, ownerMissing)), running...), parts: onePart,
			want: []string{available, "Ready=False HostTaken: The host is taken; There is no owner"},
		},
		"a hold beside a limit tells of both": {
			outcome: observed(Held(heldBy(noRoutes, ownerMissing)), running...), parts: onePart,
			want: []string{"Available=False ProviderMissing: No routes", "Ready=False ServiceOwnerMissing: No routes; There is no owner"},
		},
		"a hold that passes by itself is Reconciling": {
			outcome: Held(heldBy(decide.Finding{Effect: decide.Hold, Reason: v1alpha1.ReasonProgressing, Message: "Goes by itself"})), parts: onePart,
			want: []string{"Reconciling=True Progressing: " + underWay, "Ready=False Progressing: Goes by itself"},
		},
		"a hold of which nothing is known is Unknown": {
			outcome: observed(Held(heldBy(decide.Finding{Effect: decide.Hold, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonRegistryUnavailable, Message: "Recorded"}))),
			want:    []string{"Ready=Unknown RegistryUnavailable: Recorded"},
		},
		"a withdrawal says why, whatever its children are": {
			outcome: observed(Outcome{Verdict: decide.Verdict{Action: decide.ActionWithdraw, Findings: []decide.Finding{ownerMissing, stopped}}}, running...), parts: onePart,
			want: []string{available, "Ready=False Suspended: There is no owner; Suspended: moved"},
		},
		"a limit on a part keeps it, and Ready, from being True": {
			outcome: observed(Outcome{Verdict: admitted(noRoutes)}, running...), parts: onePart,
			want: []string{"Available=False ProviderMissing: No routes", "Ready=False ProviderMissing: No routes"},
		},
		"a limit on the whole keeps Ready alone from being True": {
			outcome: observed(Outcome{Verdict: admitted(suspension)}, running...), parts: onePart,
			want: []string{available, "Ready=False Suspended: Suspended: unpaid"},
		},
		"a limit is told before what is under way": {
			outcome: observed(Outcome{Verdict: admitted(suspension)}, healthOf("Deployment", observe.InProgress)), parts: onePart,
			want: []string{unavailable, "Ready=False Suspended: Suspended: unpaid"},
		},
		"a warning takes nothing away": {
			outcome: observed(Outcome{Verdict: admitted(warning)}, running...), parts: onePart, want: []string{available, allHealthy},
		},
		"a deletion under way names what is left": {
			outcome: Removing([]v1alpha1.Child{refOf("Namespace", "so-skd"), refOf("ClusterRole", "skd")}), parts: twoParts,
			want: []string{"Ready=False Deleting: Waiting until these are gone: Namespace so-skd, ClusterRole skd"},
		},
	})
}

func TestConditionsOfAPassThatFailed(t *testing.T) {
	refused := errors.New("exceeded quota")
	conflict := fmt.Errorf("applying: %w", errors.Join(refused, &apply.ConflictError{Child: refOf("Service", "income")}))
	contested := errors.Join(&apply.ContestedError{Child: refOf("Service", "income")})
	tryConditions(t, map[string]conditionsCase{
		"facts that cannot be read make all Unknown": {
			outcome: FactsUnavailable(errors.New(notKnown)), parts: onePart,
			want: []string{"Available=Unknown FactsUnavailable: Not known: " + notKnown, "Reconciling=True FactsUnavailable: Trying again: " + notKnown,
				"Ready=Unknown FactsUnavailable: " + notKnown},
		},
		"facts that cannot be read do not hide children that were looked at": {
			outcome: observed(FactsUnavailable(errors.New(notKnown)), running...), parts: onePart,
			want: []string{available, "Reconciling=True FactsUnavailable: Trying again: " + notKnown, "Ready=Unknown FactsUnavailable: " + notKnown},
		},
		"a spec that cannot be rendered is Stalled": {
			outcome: observed(BuildFailed(admitted(), errors.New("no such size")), running...), parts: onePart,
			want: []string{available, "Stalled=True BuildFailed: no such size", "Ready=False BuildFailed: no such size"},
		},
		"a refused write is tried again": {
			outcome: observed(ApplyFailed(admitted(), nil, refused), running...), parts: onePart,
			want: []string{available, "Reconciling=True ApplyFailed: Trying again: exceeded quota", "Ready=False ApplyFailed: exceeded quota"},
		},
		"a child of somebody else's, among other failures, is Stalled": {
			outcome: observed(ApplyFailed(admitted(), nil, conflict), running...), parts: onePart,
			want: []string{available,
				"Stalled=True ChildConflict: applying: exceeded quota Service income exists and was not made for this resource",
				"Ready=False ChildConflict: applying: exceeded quota Service income exists and was not made for this resource"},
		},
		"a child that is changed back is Stalled": {
			outcome: observed(ApplyFailed(admitted(), nil, contested), running...), parts: onePart,
			want: []string{available,
				"Stalled=True ChildContested: Service income is changed back by something else each time it is written",
				"Ready=False ChildContested: Service income is changed back by something else each time it is written"},
		},
		"a failed pass with children on their way is Reconciling for the failure": {
			outcome: observed(ApplyFailed(admitted(), nil, refused), healthOf("Deployment", observe.InProgress)), parts: onePart,
			want: []string{unavailable, "Reconciling=True ApplyFailed: Trying again: exceeded quota", "Ready=False ApplyFailed: exceeded quota"},
		},
		"a child that cannot be pruned is tried again": {
			outcome: observed(PruneFailed(admitted(), nil, refused), running...), parts: onePart,
			want: []string{available, "Reconciling=True PruneFailed: Trying again: exceeded quota", "Ready=False PruneFailed: exceeded quota"},
		},
		"a child that cannot be removed is tried again": {
			outcome: RemoveFailed(refused), parts: twoParts,
			want: []string{"AccessReady=Unknown Deleting: Not known: exceeded quota", "NamespaceReady=Unknown Deleting: Not known: exceeded quota",
				"Reconciling=True Deleting: Trying again: exceeded quota", "Ready=False Deleting: exceeded quota"},
		},
		"a failure goes before what was decided": {
			outcome: observed(ApplyFailed(admitted(suspension), nil, refused), running...), parts: onePart,
			want: []string{available, "Reconciling=True ApplyFailed: Trying again: exceeded quota", "Ready=False ApplyFailed: exceeded quota"},
		},
		"the text of a lost connection is left out": {
			outcome: FactsUnavailable(errors.New(`reading Secret keys: Get "https://127.0.0.1:35719/api?token=x": dial tcp 127.0.0.1:35719: refused`)),
			want: []string{"Reconciling=True FactsUnavailable: Trying again: reading Secret keys: no answer",
				"Ready=Unknown FactsUnavailable: reading Secret keys: no answer"},
		},
	})
}

// tryConditions computes the conditions of each case and checks what holds for all of them.
func tryConditions(t *testing.T, cases map[string]conditionsCase) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := conditionsOf(tc.outcome, tc.parts)
			var lines []string
			for _, c := range got {
				lines = append(lines, fmt.Sprintf("%s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message))
			}
			if diff := cmp.Diff(tc.want, lines); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if last := got[len(got)-1]; last.Type != v1alpha1.ConditionReady {
				t.Errorf("%s stands last", last.Type)
			}
			if meta.FindStatusCondition(got, v1alpha1.ConditionReconciling) != nil && meta.FindStatusCondition(got, v1alpha1.ConditionStalled) != nil {
				t.Error("both Reconciling and Stalled")
			}
			if diff := cmp.Diff(got, conditionsOf(tc.outcome, tc.parts)); diff != "" {
				t.Errorf("the same outcome says something else (-first +second):\n%s", diff)
			}
		})
	}
}
