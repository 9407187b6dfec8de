// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func (s settling) line(kind string) string {
	return fmt.Sprintf("  operator: %d %ss say StorageReady after %.1f s; %.1f writes each for %d children, %d refused for a race; others took %.0f %% of the machine",
		s.Count, kind, s.Wall, s.each(s.Requests.writes()), s.Children, races(s.Requests), s.Spent.Disturbance)
}

func (s settling) each(count int) float64 { return each(count, s.Count) }

func (r *storedRun) driftLine() string {
	owner, apps, _ := r.drifted()
	return fmt.Sprintf("  told of at the service owner after %v s, at all its Apps after %v s", owner, apps)
}

func (p passage) line() string {
	return fmt.Sprintf("  after a restart: %d passes over service owners, %d over Apps, %d writes; memory %.0f MiB",
		p.Passes[ownerController], p.Passes[appController], p.Requests.writes(), p.Memory.Now)
}

// races counts requests that lost a race with another write.
func races(requests tally) int {
	sum := 0
	for key, count := range requests {
		if strings.HasSuffix(key, " 409") {
			sum += count
		}
	}
	return sum
}

// middle is the least, the median and the greatest of some times.
type middle struct{ Min, Median, Max float64 }

func (m middle) String() string { return fmt.Sprintf("%.2f / %.2f / %.2f", m.Min, m.Median, m.Max) }

func middleOf(times []float64) middle {
	if len(times) == 0 {
		return middle{}
	}
	slices.Sort(times)
	return middle{times[0], times[len(times)/2], times[len(times)-1]}
}

// drifted is how long it took until a service owner, and all its Apps, said that data had left, and that it was back.
func (r *storedRun) drifted() (owner, apps, back middle) {
	var times [3][]float64
	for _, one := range r.Drifts {
		for i, took := range []float64{one.Owner, one.Apps, one.Back} {
			times[i] = append(times[i], took)
		}
	}
	return middleOf(times[0]), middleOf(times[1]), middleOf(times[2])
}

// print prints what keeping data costs, with what it is held to.
func (r *storedRun) print(b *strings.Builder) {
	row := rows(b, fmt.Sprintf("Storage: %d service owners with %d Apps each, bare, Azure played", r.Owners, r.AppsEach))
	owner, apps, back := r.drifted()
	row(fmt.Sprintf("**data of %d left its region: told at the service owner, min / median / max, s**", len(r.Drifts)), fmt.Sprintf("< %d", dueDrift), "**%v**", owner)
	row("the same at all its Apps; both, that it is back", "", "%v; %v", apps, back)
	row("idle: writes to the API server, reads", "0, 0", "%d, %d", r.Idle.writes(), r.IdleReads.all())
	r.New.rows(row, "service owner")
	r.Apps.rows(row, "App")
	restart := r.Restart
	row("after a restart: writes to the API server", "0", "%d", restart.Requests.writes())
	row("after a restart: passes per service owner, per App; s", "", "%.2f, %.2f; %.1f", each(restart.Passes[ownerController], r.Owners),
		each(restart.Passes[appController], r.Apps.Count), restart.Wall)
	row("operator's memory, resident (highest), in use, MiB", "", "%.0f (%.0f), %.0f", r.Memory.Now, r.Memory.Peak, r.Memory.Live)
	row("the same after a restart, MiB", "", "%.0f (%.0f), %.0f", restart.Memory.Now, restart.Memory.Peak, restart.Memory.Live)
	row("taken by others: service owners, Apps, drifts, % of the machine", "", "%.0f, %.0f, %.0f", r.New.Spent.Disturbance, r.Apps.Spent.Disturbance, r.DriftSpent.Disturbance)
	r.kinds(b)
}

// rows prints what new ones of a kind cost.
func (s settling) rows(row func(figure, held, format string, values ...any), kind string) {
	row(fmt.Sprintf("writes per new %s; children, and one status", kind), "", "%.2f; %d", s.each(s.Requests.writes()), s.Children+1)
	row(fmt.Sprintf("new %ss: writes that lost a race; reads", kind), "", "%d; %d", races(s.Requests), s.Reads.all())
	row(fmt.Sprintf("the last of %d %ss has its storage after, s; CPU of the operator, API server, s", s.Count, kind), "", "%.1f; %.1f, %.1f",
		s.Wall, s.Spent.Operator, s.Spent.Server)
	row(fmt.Sprintf("passes over service owners, Apps, agreements, per new %s", kind), "", "%.2f, %.2f, %.2f", s.each(s.Passes[ownerController]),
		s.each(s.Passes[appController]), s.each(s.Passes["agreement"]))
}

// kinds prints what was written of each kind.
func (r *storedRun) kinds(b *strings.Builder) {
	fmt.Fprint(b, "\n| the operator's writes, by what the API server counts | per new service owner | per new App | per drift, there and back |\n|---|---|---|---|\n")
	keys := map[string]bool{}
	for _, counted := range []tally{r.New.Writes, r.Apps.Writes, r.DriftWrites} {
		for key := range counted {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		fmt.Fprintf(b, "| %s | %.2f | %.2f | %.2f |\n", key, r.New.each(r.New.Writes[key]), r.Apps.each(r.Apps.Writes[key]), each(r.DriftWrites[key], len(r.Drifts)))
	}
	fmt.Fprintf(b, "| all | %.2f | %.2f | %.2f |\n", r.New.each(r.New.Writes.all()), r.Apps.each(r.Apps.Writes.all()), each(r.DriftWrites.all(), len(r.Drifts)))
}
