// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"slices"
	"strings"
)

func (r *providedRun) line(perSecond float64) string {
	return fmt.Sprintf("  operator: %d Apps have their client after %.1f s, with %d calls that the budget lets take %.1f s, and %.1f s of CPU; "+
		"%d Apps without: all Deployments after %.1f s alone, %.1f s beside; others took %.0f %% of the machine",
		r.Apps, r.Wall, r.Calls.reads()+r.Calls.writes(), allowed(r.Calls, perSecond), r.Spent.Operator,
		r.Alone.Apps, r.Alone.Wall, r.Beside.Wall, r.Spent.Disturbance)
}

func (r *keptRun) line() string {
	return fmt.Sprintf("  idle: %d calls, %d writes to the API server; memory %.0f MiB, and %.0f MiB with %d Secrets of others",
		r.IdleCalls, r.Idle.writes(), r.Before.Now, r.After.Now, r.Foreign)
}

func (r *rotatedRun) line() string {
	return fmt.Sprintf("  %d rotations of %d Apps: %v; others took %.0f %% of the machine", len(r.Rotations), r.Apps, r.Played, r.Spent.Disturbance)
}

// rows prints figures of a table with what they are held to.
func rows(b *strings.Builder, title string) func(figure, held, format string, values ...any) {
	fmt.Fprintf(b, "\n## %s\n\n| figure | value | held to |\n|---|---|---|\n", title)
	return func(figure, held, format string, values ...any) {
		if held != "" {
			held += " "
		}
		fmt.Fprintf(b, "| %s | %s | %s|\n", figure, fmt.Sprintf(format, values...), held)
	}
}

// print prints what clients and keys cost, with what it is held to.
func (r *credentialsRun) print(b *strings.Builder) {
	row := rows(b, fmt.Sprintf("Credentials: %d Apps, %v calls a second, each %v at least", r.Strong.Apps, r.PerSecond, latency))
	for _, run := range []*providedRun{r.Strong, r.Weak} {
		if run == nil {
			continue
		}
		budget := allowed(run.Calls, r.PerSecond)
		name := fmt.Sprintf("%d bits: ", run.Bits)
		held := ""
		if run.Bits == strong {
			held = fmt.Sprintf("≤ %.1f", overBudget)
		}
		row(name+"**last App has its client / what the budget makes its calls take**", held, "**%.2f**", run.Wall/budget)
		row(name+"first, half and last App, what the budget allows, s", "", "%.1f, %.1f, %.1f, %.1f", run.First, run.Half, run.Wall, budget)
		row(name+"reads and writes of self-service per new App", "", "%.2f, %.2f", each(run.Calls.reads(), run.Apps), each(run.Calls.writes(), run.Apps))
		row(name+"calls for tokens and metadata", "", "%d", run.Others)
		row(name+"CPU of the operator, s", "", "%.1f", run.Spent.Operator)
		row(name+fmt.Sprintf("%d Apps without a client, all Deployments: alone, beside, s", run.Beside.Apps), "", "%.1f, %.1f", run.Alone.Wall, run.Beside.Wall)
		row(name+"one of them, p50 / p95 / max: alone; beside, s", "", "%s; %s", run.Alone.Latency, run.Beside.Latency)
		row(name+"operator's memory (highest), MiB", "", "%.0f (%.0f)", run.Memory.Now, run.Memory.Peak)
		row(name+"taken by others, % of the machine", "", "%.0f", run.Spent.Disturbance)
	}
	if r.Weak != nil {
		row(fmt.Sprintf("CPU that a key of %d bits takes more than one of %d, s", strong, weak), "", "%.2f",
			(r.Strong.Spent.Operator-r.Weak.Spent.Operator)/float64(r.Strong.Apps))
	}
	if r.Kept != nil {
		r.Kept.rows(row)
	}
	for _, run := range []*providedRun{r.Strong, r.Weak} {
		if run == nil {
			continue
		}
		fmt.Fprintf(b, "\nThe calls to self-service, %d bits:", run.Bits)
		for _, key := range run.Calls.keys() {
			fmt.Fprintf(b, " %s: %d;", key, run.Calls[key])
		}
		fmt.Fprintln(b)
	}
}

func (q quantiles) String() string { return fmt.Sprintf("%.2f / %.2f / %.2f", q.P50, q.P95, q.Max) }

func (r *keptRun) rows(row func(figure, held, format string, values ...any)) {
	row("idle: calls to the outside; writes to the API server, reads", "0; 0, 0", "%d; %d, %d", r.IdleCalls, r.Idle.writes(), r.Idle.reads())
	if r.Foreign > 0 {
		row(fmt.Sprintf("memory with %d Secrets of others of %d bytes / without", r.Foreign, foreignSize), fmt.Sprintf("≤ %.2f", flat),
			"%.3f (%.1f / %.1f MiB)", r.share(), r.After.Now, r.Before.Now)
		row("what these made the operator write, read", "0, 0", "%d, %d", r.Woken.writes(), r.Woken.reads())
	}
	if r.Resync != nil {
		calls := r.Resync.Calls
		row("resync: all clients looked at, s", "", "%.1f", r.Resync.Wall)
		row("resync: reads of self-service per look at an App", "", "%.2f", each(calls.reads(), r.Looks))
		row("resync: writes of self-service, writes to the API server", "0, 0", "%d, %d", calls.writes(), r.Resync.Requests.writes())
	}
}

// print prints what rotating took, and what pods noticed of it.
func (r *rotatedRun) print(b *strings.Builder) {
	row := rows(b, fmt.Sprintf("Rotation: %d Apps, keys of %d bits, known after %v", r.Apps, weak, behind))
	row(fmt.Sprintf("**failures that users would notice in %d rotations: tokens, calls, starts**", len(r.Rotations)), "0, 0, 0",
		"**%d, %d, %d**", r.Played.FailedTokens, r.Played.FailedCalls, r.Played.Unread)
	row("tokens, calls that went well; failures of pods that were gone", "", "%d, %d; %d", r.Played.Tokens, r.Played.Calls, r.Played.Late)
	row("pods played, keys used", "", "%d, %d", r.Played.Pods, r.Played.Keys)
	sorted := slices.Sorted(slices.Values(r.Rotations))
	row("one rotation of all: shortest, median, longest, s", "", "%.1f, %.1f, %.1f", sorted[0], sorted[len(sorted)/2], sorted[len(sorted)-1])
	turns := r.Apps * len(r.Rotations)
	row("reads and writes of self-service per rotation of an App", "", "%.2f, %.2f", each(r.Calls.reads(), turns), each(r.Calls.writes(), turns))
	row("Secrets, keys in key sets in the end", fmt.Sprintf("%d, %d", r.Apps, r.Apps), "%d, %d", r.Secrets, r.Keys)
	row("taken by others, % of the machine", "", "%.0f", r.Spent.Disturbance)
}
