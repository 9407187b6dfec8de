// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// moving are the reasons that pass by themselves; without a reason the operator has not looked yet.
var moving = []string{
	"", v1alpha1.ReasonProgressing, v1alpha1.ReasonServiceOwnerMissing, v1alpha1.ReasonApplyFailed,
	v1alpha1.ReasonFactsUnavailable, v1alpha1.ReasonRegistryUnavailable,
}

// kinds are those shown, in the order they are shown. Each must be there and Ready for a run to succeed.
var kinds = []string{"ServiceOwner", "DataProcessingAgreement", "App", "ConsentResource"}

// row is what the table shows of a resource.
type row struct{ kind, name, ready, reason, message string }

// table shows the resources of the four kinds as they change.
type table struct {
	events  chan watch.Event
	rows    map[string]row
	drawn   int
	watches []watch.Interface
}

// newTable starts to watch all four kinds.
func newTable(ctx context.Context, kubernetes client.WithWatch) (*table, error) {
	t := &table{events: make(chan watch.Event), rows: map[string]row{}}
	lists := []client.ObjectList{&v1alpha1.ServiceOwnerList{}, &v1alpha1.DataProcessingAgreementList{}, &v1alpha1.AppList{}, &v1alpha1.ConsentResourceList{}}
	for _, list := range lists {
		watcher, err := kubernetes.Watch(ctx, list)
		if err != nil {
			t.stop()
			return nil, err
		}
		t.watches = append(t.watches, watcher)
		go func() {
			for event := range watcher.ResultChan() {
				select {
				case t.events <- event:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	return t, nil
}

func (t *table) stop() {
	for _, watcher := range t.watches {
		watcher.Stop()
	}
}

// take notes an event and says whether the table reads differently now.
func (t *table) take(event watch.Event) bool {
	r, ok := rowOf(event.Object)
	if !ok || t.rows[r.kind+r.name] == r {
		return false
	}
	t.rows[r.kind+r.name] = r
	return true
}

// rowOf reads a resource; what its status says of an older generation is not news.
func rowOf(obj any) (row, bool) {
	resource, ok := obj.(interface {
		client.Object
		GetStatus() *v1alpha1.Status
	})
	if !ok {
		return row{}, false
	}
	r := row{kind: strings.TrimPrefix(fmt.Sprintf("%T", obj), "*v1alpha1."), name: resource.GetName(), ready: "…"}
	status := resource.GetStatus()
	if ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady); ready != nil && status.ObservedGeneration == resource.GetGeneration() {
		r.ready, r.reason, r.message = string(ready.Status), ready.Reason, ready.Message
	}
	return r, true
}

// settled says whether each kind is there and has come to rest.
func (t *table) settled() bool {
	for _, kind := range kinds {
		found := false
		for _, r := range t.rows {
			if r.kind != kind {
				continue
			}
			found = true
			if slices.Contains(moving, r.reason) {
				return false
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// lacks says what keeps the samples from being Ready.
func (t *table) lacks() []string {
	var lacks []string
	for _, kind := range kinds {
		found := false
		for _, key := range slices.Sorted(maps.Keys(t.rows)) {
			r := t.rows[key]
			if r.kind != kind {
				continue
			}
			found = true
			if r.ready != string(metav1.ConditionTrue) {
				lacks = append(lacks, fmt.Sprintf("  %s %s: %s: %s", r.kind, r.name, r.reason, r.message))
			}
		}
		if !found {
			lacks = append(lacks, "  "+kind+": not there")
		}
	}
	return lacks
}

// draw writes the table; on a terminal, over the one before.
func (t *table) draw() {
	if t.drawn > 0 && onTerminal() {
		fmt.Printf("\033[%dA\033[J", t.drawn)
	}
	writer := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(writer, "\nKIND\tNAME\tREADY\tREASON\tMESSAGE")
	t.drawn = 2
	for _, kind := range kinds {
		for _, key := range slices.Sorted(maps.Keys(t.rows)) {
			if r := t.rows[key]; r.kind == kind {
				_, _ = fmt.Fprintf(writer, "%s\t%s\t%s\t%s\t%s\n", r.kind, r.name, r.ready, r.reason, shortened(r.message))
				t.drawn++
			}
		}
	}
	_ = writer.Flush()
}

// shortened keeps a row on one line of a usual terminal.
func shortened(message string) string {
	const most = 60
	if runes := []rune(message); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return message
}

func onTerminal() bool {
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
