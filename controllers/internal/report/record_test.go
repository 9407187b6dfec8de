// SPDX-License-Identifier: BSD-3-Clause

package report

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func TestRecord(t *testing.T) {
	a, b := refOf("ConfigMap", "a"), refOf("ConfigMap", "b")
	recorded := func(children ...v1alpha1.Child) *Outcome {
		outcome := allWell()
		outcome.Inventory = children
		return &outcome
	}
	held := func(children ...v1alpha1.Child) *Outcome {
		outcome := Held(heldBy(hostTaken))
		outcome.Inventory = children
		return &outcome
	}
	for name, tc := range map[string]struct {
		before *Outcome
		wanted []v1alpha1.Child
		writes int
		ready  string
	}{
		"the first children are recorded, and are under way":         {wanted: []v1alpha1.Child{a}, writes: 1, ready: "False Progressing"},
		"no children are not recorded":                               {},
		"children on record are not recorded again":                  {before: recorded(a, b), wanted: []v1alpha1.Child{a, b}, ready: "True Ready"},
		"a further child is recorded, and what is Ready stays Ready": {before: recorded(a), wanted: []v1alpha1.Child{a, b}, writes: 1, ready: "True Ready"},
		"what was held before is under way now":                      {before: held(), wanted: []v1alpha1.Child{a}, writes: 1, ready: "False Progressing"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t)
			if tc.before != nil {
				if _, err := c.publish(*tc.before); err != nil {
					t.Fatal(err)
				}
			}
			c.writes = 0
			c.clock.Step(time.Hour)
			app := c.app()
			if err := c.reporter.Record(t.Context(), app, onePart, Outcome{Verdict: admitted(), Inventory: tc.wanted}); err != nil {
				t.Fatal(err)
			}
			if c.writes != tc.writes {
				t.Errorf("%d writes instead of %d", c.writes, tc.writes)
			}
			status := c.app().Status.Status
			if diff := cmp.Diff(tc.wanted, status.Children); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(status, app.Status.Status); diff != "" {
				t.Errorf("in memory it is something else (-server +memory):\n%s", diff)
			}
			if ready := readyOf(status); ready != tc.ready {
				t.Errorf("Ready is %q instead of %q", ready, tc.ready)
			}
		})
	}
}

// readyOf is the status and the reason of Ready; empty when there is none.
func readyOf(status v1alpha1.Status) string {
	for _, condition := range status.Conditions {
		if condition.Type == v1alpha1.ConditionReady {
			return fmt.Sprintf("%s %s", condition.Status, condition.Reason)
		}
	}
	return ""
}

func TestRecordThatFailed(t *testing.T) {
	c := newCluster(t)
	if _, err := c.publish(ApplyFailed(admitted(), nil, refusal)); err != nil && !errors.Is(err, refusal) {
		t.Fatal(err)
	}
	c.heard()
	app, before := c.app(), c.app()
	c.failing = errors.New("lost")
	err := c.reporter.Record(t.Context(), app, onePart, Outcome{Verdict: admitted(), Inventory: []v1alpha1.Child{refOf("ConfigMap", "a")}})
	if err == nil || err.Error() != "recording children: lost" {
		t.Errorf("error: %v", err)
	}
	if diff := cmp.Diff(before, app); diff != "" {
		t.Errorf("what is not on record is in memory (-before +after):\n%s", diff)
	}
}

func TestRecordThenPublishIsOneWriteWhileNothingChanges(t *testing.T) {
	c := newCluster(t)
	inventory := []v1alpha1.Child{refOf("Deployment", "deployment")}
	app := c.app()
	if err := c.reporter.Record(t.Context(), app, onePart, Outcome{Verdict: admitted(), Inventory: inventory}); err != nil {
		t.Fatal(err)
	}
	c.clock.Step(time.Minute)
	outcome := beingMade()
	outcome.Inventory = inventory
	if _, err := c.reporter.Publish(t.Context(), app.DeepCopy(), app, onePart, outcome); err != nil {
		t.Fatal(err)
	}
	if c.writes != 1 {
		t.Errorf("%d writes instead of one", c.writes)
	}
}
