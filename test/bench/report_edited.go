// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
)

func (r *editedRun) line() string {
	return fmt.Sprintf("  operator: %d Apps said so after %.1f s; %d statuses and %d events written in %d passes; %d of %d Apps of another service owner written; others took %.0f %% of the machine",
		r.Apps, r.Wall, r.Statuses(), r.Events(), r.Passes, r.Woken, r.Neighbours, r.Spent.Disturbance)
}

// editedRatios prints what matters of the edits of an agreement, with what it is held to.
func editedRatios(b *strings.Builder, runs []*editedRun) {
	raw := func(r *editedRun) float64 { return r.Raw.Wall }
	operator := func(r *editedRun) float64 { return r.Wall }
	fmt.Fprintf(b, "| **an agreement's edit: all statuses written / last of %d Apps seen** | **%v** | ≥ %.1f |\n", runs[0].Apps, ratio(runs, raw, operator), ratioEdited)
	fmt.Fprintf(b, "| the same in what others left of the machine | %v | |\n", ratio(runs,
		func(r *editedRun) float64 { return undisturbed(r.Raw.Wall, r.Raw.Spent.Disturbance) },
		func(r *editedRun) float64 { return undisturbed(r.Wall, r.Spent.Disturbance) }))
	for _, run := range runs {
		if most := max(run.Spent.Disturbance, run.Raw.Spent.Disturbance); most > disturbed {
			fmt.Fprintf(b, "| edit: others disturbed a run | %.0f %% | < %d %%, else go by what they left |\n", most, disturbed)
		}
		each := func(count int) float64 { return float64(count) / float64(run.Apps) }
		fmt.Fprintf(b, "| edit: statuses, passes, events per App | %.2f, %.2f, %.2f | 1, 1, 1 |\n", each(run.Statuses()), each(run.Passes), each(run.Events()))
		fmt.Fprintf(b, "| edit: Apps of another service owner written, of %d | %d | 0 |\n", run.Neighbours, run.Woken)
	}
}

// editedRuns prints each repetition's figures of the edits of an agreement.
func editedRuns(b *strings.Builder, runs []*editedRun) {
	t := table[*editedRun]{b, runs}
	t.head(fmt.Sprintf("An agreement's edit, %d Apps", runs[0].Apps))
	t.seconds("operator: first App seen", func(r *editedRun) float64 { return r.First })
	t.seconds("operator: last App seen", func(r *editedRun) float64 { return r.Wall })
	t.seconds("raw: all writes", func(r *editedRun) float64 { return r.Raw.Wall })
	t.row("statuses written, passes, events", func(r *editedRun) string {
		return fmt.Sprintf("%d, %d, %d", r.Statuses(), r.Passes, r.Events())
	})
	t.seconds("CPU of the operator", func(r *editedRun) float64 { return r.Spent.Operator })
	t.row("CPU of the API server, operator / raw, s", func(r *editedRun) string {
		return fmt.Sprintf("%.1f / %.1f", r.Spent.Server, r.Raw.Spent.Server)
	})
	t.row("CPU of all that takes part, operator / raw, s", func(r *editedRun) string {
		return fmt.Sprintf("%.1f / %.1f", r.Spent.All, r.Raw.Spent.All)
	})
	t.row("taken by others, operator / raw, % of the machine", func(r *editedRun) string {
		return fmt.Sprintf("%.0f / %.0f", r.Spent.Disturbance, r.Raw.Spent.Disturbance)
	})
	requests(b, runs[0].Requests, runs[0].Server)
}

// table prints a line for each figure, with a column for each repetition.
type table[T any] struct {
	b    *strings.Builder
	runs []T
}

func (t table[T]) head(title string) {
	fmt.Fprintf(t.b, "\n## %s: each repetition\n\n| figure |", title)
	for i := range t.runs {
		fmt.Fprintf(t.b, " %d |", i+1)
	}
	fmt.Fprint(t.b, "\n|---|", strings.Repeat("---|", len(t.runs)), "\n")
}

func (t table[T]) row(name string, figure func(T) string) {
	fmt.Fprintf(t.b, "| %s |", name)
	for _, run := range t.runs {
		fmt.Fprintf(t.b, " %s |", figure(run))
	}
	fmt.Fprintln(t.b)
}

func (t table[T]) seconds(name string, figure func(T) float64) {
	t.row(name+", s", func(run T) string { return fmt.Sprintf("%.1f", figure(run)) })
}
