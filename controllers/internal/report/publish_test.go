// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/observe"
)

var (
	lostRace = &apply.WriteError{Verb: "update", Child: refOf("Deployment", "income"),
		Err: apierrors.NewConflict(schema.GroupResource{Resource: "deployments"}, "income", errors.New("newer"))}
	refusal = &apply.WriteError{Verb: "create", Child: refOf("Service", "income"),
		Err: apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, "income", errors.New("no room"))}
	inTheWay = &apply.ConflictError{Child: refOf("Service", "income")}
)

func allWell() Outcome {
	return observed(Outcome{Verdict: admitted(), Inventory: []v1alpha1.Child{refOf("Deployment", "income")}}, running...)
}

func beingMade() Outcome {
	return observed(Outcome{Verdict: admitted()}, healthOf("Deployment", observe.InProgress))
}

// aReport is one outcome of a row of them, an hour after the one before.
type aReport struct {
	outcome Outcome
	writes  int
	events  []string
}

func TestPublishTellsNewsOnce(t *testing.T) {
	drifted := func(outcome Outcome) Outcome {
		outcome.Changes = []apply.Change{{Child: refOf("Service", "income"), Drift: true}, {Child: refOf("Deployment", "income")}}
		return outcome
	}
	for name, reports := range map[string][]aReport{
		"the plain way up is no event": {
			{outcome: beingMade(), writes: 1}, {outcome: allWell(), writes: 1},
		},
		"how far it has come on the way up is not written": {
			{outcome: beingMade(), writes: 1},
			{outcome: observed(beingMade(), healthOf("Deployment", observe.InProgress), healthOf("Service", observe.Current))},
			{outcome: allWell(), writes: 1},
		},
		"a problem on the way up is written and told": {
			{outcome: beingMade(), writes: 1},
			{outcome: observed(Outcome{Verdict: admitted(warning)}, healthOf("Deployment", observe.InProgress)), writes: 1, events: []string{"Warning Soon It runs out soon"}},
		},
		"a record on the way up is written": {
			{outcome: beingMade(), writes: 1},
			{outcome: observed(Outcome{Verdict: admitted(), Inventory: []v1alpha1.Child{refOf("Service", "income")}}, healthOf("Deployment", observe.InProgress)), writes: 1},
		},
		"the same again is neither written nor told": {
			{outcome: allWell(), writes: 1}, {outcome: allWell()}, {outcome: allWell()},
		},
		"a refusal is told once": {
			{outcome: Held(heldBy(hostTaken)), writes: 1, events: []string{"Warning HostTaken The host is taken"}},
			{outcome: Held(heldBy(hostTaken))},
		},
		"another refusal is told again": {
			{outcome: Held(heldBy(hostTaken)), writes: 1, events: []string{"Warning HostTaken The host is taken"}},
			{outcome: Held(heldBy(ownerMissing)), writes: 1, events: []string{"Warning ServiceOwnerMissing There is no owner"}},
		},
		"one more thing behind the same reason is told": {
			{outcome: Held(heldBy(hostTaken)), writes: 1, events: []string{"Warning HostTaken The host is taken"}},
			{outcome: Held(heldBy(hostTaken, ownerMissing)), writes: 1, events: []string{"Warning HostTaken The host is taken; There is no owner"}},
			{outcome: Held(heldBy(hostTaken, ownerMissing))},
		},
		"one thing less behind the same reason is written and not told": {
			{outcome: Held(heldBy(hostTaken, ownerMissing)), writes: 1, events: []string{"Warning HostTaken The host is taken; There is no owner"}},
			{outcome: Held(heldBy(hostTaken)), writes: 1},
		},
		"the end of a refusal is told": {
			{outcome: Held(heldBy(hostTaken)), writes: 1, events: []string{"Warning HostTaken The host is taken"}},
			{outcome: allWell(), writes: 1, events: []string{"Normal Ready All that was declared stands and is healthy"}},
			{outcome: allWell()},
		},
		"a failure that is tried again is told once": {
			{outcome: ApplyFailed(admitted(), nil, refusal), writes: 1,
				events: []string{`Warning ApplyFailed cannot create Service income: services "income" is forbidden: no room`}},
			{outcome: ApplyFailed(admitted(), nil, refusal)},
		},
		"what is not known is written and not told": {
			{outcome: FactsUnavailable(errors.New(notKnown)), writes: 1}, {outcome: FactsUnavailable(errors.New(notKnown))},
		},
		"drift that was repaired is told each time, and only drift": {
			{outcome: allWell(), writes: 1},
			{outcome: drifted(allWell()), events: []string{"Warning DriftRepaired Service income had been changed or deleted by somebody else and was put right"}},
			{outcome: drifted(allWell()), events: []string{"Warning DriftRepaired Service income had been changed or deleted by somebody else and was put right"}},
			{outcome: allWell()},
		},
		"what was pruned is told": {
			{outcome: Outcome{Verdict: admitted(), Pruned: []v1alpha1.Child{refOf("Ingress", "income")}}, writes: 1,
				events: []string{"Normal ChildPruned Ingress income is no longer wanted and was removed"}},
		},
		"the end of the resource is told and not written": {
			{outcome: Outcome{Gone: true, Notes: []Note{{Reason: v1alpha1.EventRetained, Message: "3 objects stay"}}}, events: []string{"Normal Retained 3 objects stay"}},
		},
		"a race that was lost is neither written nor told, and what was repaired before it is told": {
			{outcome: allWell(), writes: 1},
			{outcome: observed(drifted(ApplyFailed(admitted(), nil, lostRace)), running...),
				events: []string{"Warning DriftRepaired Service income had been changed or deleted by somebody else and was put right"}},
			{outcome: observed(PruneFailed(admitted(), nil, lostRace), running...)},
			{outcome: allWell()},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			for i, report := range reports {
				c.writes = 0
				_, _ = c.publish(report.outcome) // the result is another test's
				if c.writes != report.writes {
					t.Errorf("report %d: %d writes instead of %d", i+1, c.writes, report.writes)
				}
				if diff := cmp.Diff(report.events, c.heard()); diff != "" {
					t.Errorf("report %d: events (-want +got):\n%s", i+1, diff)
				}
				c.clock.Step(time.Hour)
			}
		})
	}
}

// repairedOf is the metric of repaired drift for a kind.
func repairedOf(t *testing.T, kind string) float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "serviceowner_operator_drift_repaired_total" && metric.GetLabel()[0].GetValue() == kind {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestPublishCountsRepairedDrift(t *testing.T) {
	c := newCluster(t)
	services, configs := repairedOf(t, "Service"), repairedOf(t, "ConfigMap")
	outcome := allWell()
	outcome.Changes = []apply.Change{
		{Child: refOf("Service", "a"), Drift: true}, {Child: refOf("Service", "b"), Drift: true}, {Child: refOf("ConfigMap", "c")},
	}
	if _, err := c.publish(outcome); err != nil {
		t.Fatal(err)
	}
	if services, configs = repairedOf(t, "Service")-services, repairedOf(t, "ConfigMap")-configs; services != 2 || configs != 0 {
		t.Errorf("%v Services and %v ConfigMaps", services, configs)
	}
}

func TestPublishTellsOfNewsWhenItIsWritten(t *testing.T) {
	c := newCluster(t)
	c.failing = errors.New("lost")
	for range 3 {
		if _, err := c.publish(Held(heldBy(hostTaken))); err == nil {
			t.Fatal("a status that was not written is no error")
		}
	}
	c.failing = nil
	if _, err := c.publish(Held(heldBy(hostTaken))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Warning HostTaken The host is taken"}, c.heard()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestPublishKeepsEventsWithinBounds(t *testing.T) {
	c := newCluster(t)
	many := make([]decide.Finding, 100)
	for i := range many {
		many[i] = hostTaken
	}
	if _, err := c.publish(Held(heldBy(many...))); err != nil {
		t.Fatal(err)
	}
	for _, event := range c.heard() {
		if note := strings.TrimPrefix(event, "Warning HostTaken "); len(note) > 1024 {
			t.Errorf("an event of %d bytes: the API server refuses more than 1024", len(note))
		}
	}
}

func TestPublishedStatus(t *testing.T) {
	c := newCluster(t)
	if _, err := c.publish(beingMade()); err != nil {
		t.Fatal(err)
	}
	first := c.app().Status
	c.clock.Step(time.Hour)
	if _, err := c.publish(allWell()); err != nil {
		t.Fatal(err)
	}
	second := c.app().Status
	want := v1alpha1.Status{
		ObservedGeneration: 1,
		Children:           []v1alpha1.Child{refOf("Deployment", "income")},
		Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionAvailable, Status: "True", Reason: "Ready", Message: allStands, ObservedGeneration: 1},
			{Type: v1alpha1.ConditionReady, Status: "True", Reason: "Ready", Message: "All that was declared stands and is healthy", ObservedGeneration: 1},
		},
	}
	for i := range want.Conditions {
		want.Conditions[i].LastTransitionTime = metav1.NewTime(noon.Add(time.Hour))
	}
	if !equality.Semantic.DeepEqual(want, second.Status) {
		t.Errorf("status (-want +got):\n%s", cmp.Diff(want, second.Status))
	}
	if meta.FindStatusCondition(first.Conditions, v1alpha1.ConditionReconciling) == nil {
		t.Error("what was under way was not Reconciling")
	}
	for _, condition := range first.Conditions {
		if !condition.LastTransitionTime.Time.Equal(noon) || condition.ObservedGeneration != 1 {
			t.Errorf("%s of generation %d since %s", condition.Type, condition.ObservedGeneration, condition.LastTransitionTime)
		}
	}
}

func TestPublishWritesAnotherGenerationOnTheWayUp(t *testing.T) {
	c := newCluster(t)
	_, _ = c.publish(beingMade())
	app := c.app()
	app.Generation = 2
	if err := c.server.Update(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	_, _ = c.publish(beingMade())
	if got := c.app().Status.ObservedGeneration; got != 2 {
		t.Errorf("the status speaks of generation %d", got)
	}
}

func TestPublishLeavesTheRecordWhenAPassDidNotGetThatFar(t *testing.T) {
	for name, outcome := range map[string]Outcome{
		"a hold":             Held(heldBy(hostTaken)),
		"unknown facts":      FactsUnavailable(errors.New(notKnown)),
		"a failed rendering": BuildFailed(admitted(), errors.New("no such size")),
		"a failed apply":     ApplyFailed(admitted(), nil, refusal),
		"a failed prune":     PruneFailed(admitted(), nil, refusal),
		"a failed removal":   RemoveFailed(refusal),
		"a removal":          Removing([]v1alpha1.Child{refOf("Namespace", "so-skd")}),
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			_, _ = c.publish(allWell())
			_, _ = c.publish(outcome)
			if diff := cmp.Diff([]v1alpha1.Child{refOf("Deployment", "income")}, c.app().Status.Children); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a pass that went through without children leaves none", func(t *testing.T) {
		c := newCluster(t)
		_, _ = c.publish(allWell())
		_, _ = c.publish(observed(Outcome{Verdict: admitted(), Inventory: []v1alpha1.Child{}}))
		if children := c.app().Status.Children; len(children) > 0 {
			t.Errorf("record: %v", children)
		}
	})
}
