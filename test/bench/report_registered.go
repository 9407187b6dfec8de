// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"strings"
)

func (r *registeredRun) line() string {
	return fmt.Sprintf("  operator: %d Apps registered after %.1f s, with %d calls that the budget lets take %.1f s; others took %.0f %% of the machine",
		r.Apps, r.Wall, r.Calls.reads()+r.Calls.writes(), allowed(r.Calls, r.PerSecond), r.Spent.Disturbance)
}

func (l *look) line(name string) string {
	return fmt.Sprintf("  %s: looked at all within %.1f s; %d reads and %d writes of the registry, %d writes to the API server; memory %.0f MiB",
		name, l.Wall, l.Calls.reads(), l.Calls.writes(), l.Requests.writes(), l.Memory.Now)
}

// growth is the operator's memory after the last resync, by that after the look before the first.
func (r *registeredRun) growth() float64 {
	return r.Resyncs[len(r.Resyncs)-1].Memory.Now / r.Restart.Memory.Now
}

// print prints what registering costs, with what it is held to. The budget is the limit here and no plain client.
func (r *registeredRun) print(b *strings.Builder) {
	each := func(count int) float64 { return float64(count) / float64(r.Apps) }
	row := func(figure, held, format string, values ...any) {
		if held != "" {
			held += " "
		}
		fmt.Fprintf(b, "| %s | %s | %s|\n", figure, fmt.Sprintf(format, values...), held)
	}
	held := fmt.Sprintf("≤ %.1f", overBudget)
	fmt.Fprintf(b, "\n## Registration: %d Apps, %v calls a second, each %v at least\n\n| figure | value | held to |\n|---|---|---|\n", r.Apps, r.PerSecond, latency)
	row("**last App registered / what the budget makes its calls take**", held, "**%.2f**", r.Wall/allowed(r.Calls, r.PerSecond))
	row("first and last App registered, what the budget allows, s", "", "%.1f, %.1f, %.1f", r.First, r.Wall, allowed(r.Calls, r.PerSecond))
	row("reads and writes of the registry per new App", "", "%.2f, %.2f", each(r.Calls.reads()), each(r.Calls.writes()))
	row("calls for tokens", "", "%d", r.Tokens)
	row("writes to the API server per new App, reads", "", "%.2f, %.2f", each(r.Requests.writes()), each(r.Requests.reads()))
	row("after a restart: last App looked at / what the budget makes the calls take", held, "%.2f", r.Restart.Wall/allowed(r.Restart.Calls, r.PerSecond))
	r.looks(row)
	row("operator's memory after registering, after the restart, after each resync, MiB", "", "%s", r.memories())
	row("memory after the last resync / before the first", fmt.Sprintf("≤ %.1f", growing), "%.2f", r.growth())
	row("taken by others: registering, restart, % of the machine", "", "%.0f, %.0f", r.Spent.Disturbance, r.Restart.Spent.Disturbance)
	fmt.Fprint(b, "\nThe calls to the registry while registering:")
	for _, key := range r.Calls.keys() {
		fmt.Fprintf(b, " %s: %d;", key, r.Calls[key])
	}
	fmt.Fprint(b, "\n\nThe operator's requests to the API server meanwhile:")
	for _, key := range r.Requests.keys() {
		fmt.Fprintf(b, " %s: %d;", key, r.Requests[key])
	}
	fmt.Fprintln(b)
}

// looks prints what it costs to look at what stands.
func (r *registeredRun) looks(row func(figure, held, format string, values ...any)) {
	tell := func(name string, l *look) {
		row(name+": reads of the registry per App", "", "%.2f", float64(l.Calls.reads())/float64(r.Apps))
		row(name+": writes of the registry, writes to the API server", "0, 0", "%d, %d", l.Calls.writes(), l.Requests.writes())
	}
	tell("after a restart", r.Restart)
	for i, resync := range r.Resyncs {
		name := fmt.Sprintf("resync %d", i+1)
		tell(name, resync)
		row(name+": calls a second", fmt.Sprintf("≤ %v", r.PerSecond), "%.1f", float64(resync.Calls.reads()+resync.Calls.writes())/resync.Wall)
	}
}

func (r *registeredRun) memories() string {
	texts := []string{fmt.Sprintf("%.0f", r.Memory.Now), fmt.Sprintf("%.0f", r.Restart.Memory.Now)}
	for _, resync := range r.Resyncs {
		texts = append(texts, fmt.Sprintf("%.0f", resync.Memory.Now))
	}
	return strings.Join(texts, ", ")
}
