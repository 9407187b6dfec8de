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
	return fmt.Sprintf("  idle: %d calls, %d writes to the API server; %.1f MiB in use, and %.1f MiB with %d Secrets of others",
		r.IdleCalls, r.Idle.writes(), r.Before.Live, r.After.Live, r.Foreign)
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
	run := r.New
	row := rows(b, fmt.Sprintf("Credentials: %d Apps, keys of %d bits, %v calls a second, each %v at least", run.Apps, run.Bits, r.PerSecond, latency))
	budget := allowed(run.Calls, r.PerSecond)
	row("**last App has its client / what the budget makes its calls take**", fmt.Sprintf("≤ %.1f", overBudget), "**%.2f**", run.Wall/budget)
	row("first, half and last App, what the budget allows, s", "", "%.1f, %.1f, %.1f, %.1f", run.First, run.Half, run.Wall, budget)
	row("reads and writes of self-service per new App", "", "%.2f, %.2f", each(run.Calls.reads(), run.Apps), each(run.Calls.writes(), run.Apps))
	row("calls for tokens and metadata", "", "%d", run.Others)
	row("CPU of the operator, s", "", "%.1f", run.Spent.Operator)
	row(fmt.Sprintf("%d Apps without a client, all Deployments: alone, beside, s", run.Beside.Apps), "", "%.1f, %.1f", run.Alone.Wall, run.Beside.Wall)
	row("one of them, p50 / p95 / max: alone; beside, s", "", "%s; %s", run.Alone.Latency, run.Beside.Latency)
	row("operator's memory (highest), MiB", "", "%.0f (%.0f)", run.Memory.Now, run.Memory.Peak)
	row("taken by others, % of the machine", "", "%.0f", run.Spent.Disturbance)
	if r.Kept != nil {
		r.Kept.rows(row)
	}
	fmt.Fprint(b, "\nThe calls to self-service:")
	for _, key := range run.Calls.keys() {
		fmt.Fprintf(b, " %s: %d;", key, run.Calls[key])
	}
	fmt.Fprintln(b)
}

func (q quantiles) String() string { return fmt.Sprintf("%.2f / %.2f / %.2f", q.P50, q.P95, q.Max) }

func (r *keptRun) rows(row func(figure, held, format string, values ...any)) {
	row("idle: calls to the outside; writes to the API server, reads", "0; 0, 0", "%d; %d, %d", r.IdleCalls, r.Idle.writes(), r.Idle.reads())
	if r.Foreign > 0 {
		row(fmt.Sprintf("memory in use with %d Secrets of others of %d bytes / without", r.Foreign, foreignSize), fmt.Sprintf("≤ %.2f", flat),
			"%.3f (%.1f / %.1f MiB; resident %.0f / %.0f)", r.share(), r.After.Live, r.Before.Live, r.After.Now, r.Before.Now)
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
