// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// publish prints the figures and leaves them in the folder, for people and for programs.
func (s settings) publish(r *result) error {
	text := r.markdown()
	fmt.Print("\n", text)
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	for name, content := range map[string]string{"result.md": text, "result.json": string(raw) + "\n"} {
		if err := os.WriteFile(filepath.Join(s.folder, name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	fmt.Println("\nalso in bin/bench: result.md, result.json, and the operator's logs")
	return nil
}

func (r *operatorRun) line() string {
	line := fmt.Sprintf("  operator: %d children each, all present after %.1f s, settled after %.1f s", r.Children, r.Present, r.Settled)
	if r.Ready > 0 {
		line += fmt.Sprintf(", all Ready after %.1f s", r.Ready)
	}
	return line + fmt.Sprintf("; %.1f writes per App; others took %.0f %% of the machine", r.WritesPerApp(), r.Spent.Disturbance)
}

func (r *rawRun) line() string {
	line := fmt.Sprintf("  raw: %d writes in %.1f s", r.Writes, r.Wall)
	if r.Available > 0 {
		line += fmt.Sprintf(", all Deployments available after %.1f s", r.Available)
	}
	return line + fmt.Sprintf("; others took %.0f %% of the machine", r.Spent.Disturbance)
}

func (r *result) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# make bench\n\n%s, commit %s, %s, %s. %d Apps of %d service owners, %d workers.\n",
		r.Date.Format("2006-01-02 15:04 UTC"), r.Commit, r.Go, r.Machine, r.Settings.Apps, r.Settings.Owners, r.Settings.Workers)
	if len(r.Pairs)+len(r.Edited) > 0 {
		r.ratios(&b)
	}
	for _, plane := range []plane{bare, full} {
		if pairs := r.of(plane); len(pairs) > 0 {
			runs(&b, plane, pairs)
			requests(&b, pairs[0].Operator.Requests, pairs[0].Operator.Server)
		}
	}
	if len(r.Edited) > 0 {
		editedRuns(&b, r.Edited)
	}
	if r.Registered != nil {
		r.Registered.print(&b)
	}
	if r.Credentials != nil {
		r.Credentials.print(&b)
	}
	if r.Rotated != nil {
		r.Rotated.print(&b)
	}
	if r.Stored != nil {
		r.Stored.print(&b)
	}
	if r.Admitted != nil {
		r.Admitted.print(&b)
	}
	if r.Audited != nil {
		r.Audited.print(&b)
	}
	return b.String()
}

// ratios prints what matters first, with what it is held to.
func (r *result) ratios(b *strings.Builder) {
	fmt.Fprint(b, "\n## Ratios: the plain client's time by the operator's\n\n| figure | value | held to |\n|---|---|---|\n")
	wall := func(p *pair) float64 { return p.Raw.Wall }
	if pairs := r.of(bare); len(pairs) > 0 {
		fmt.Fprintf(b, "| **bare: all writes / all settled** | **%v** | ≥ %.1f now, %.1f aim |\n",
			ratio(pairs, wall, func(p *pair) float64 { return p.Operator.Settled }), ratioNow, ratioAim)
		fmt.Fprintf(b, "| the same in what others left of the machine | %v | |\n", ratio(pairs,
			func(p *pair) float64 { return undisturbed(p.Raw.Wall, p.Raw.Spent.Disturbance) },
			func(p *pair) float64 { return undisturbed(p.Operator.Settled, p.Operator.Spent.Disturbance) }))
		fmt.Fprintf(b, "| bare: all writes / all children present | %v | |\n",
			ratio(pairs, wall, func(p *pair) float64 { return p.Operator.Present }))
	}
	if pairs := r.of(full); len(pairs) > 0 {
		fmt.Fprintf(b, "| full: all Deployments available / all Ready | %v | |\n",
			ratio(pairs, func(p *pair) float64 { return p.Raw.Available }, func(p *pair) float64 { return p.Operator.Ready }))
		fmt.Fprintf(b, "| the same in what others left of the machine | %v | |\n", ratio(pairs,
			func(p *pair) float64 { return undisturbed(p.Raw.Available, p.Raw.Spent.Disturbance) },
			func(p *pair) float64 { return undisturbed(p.Operator.Ready, p.Operator.Spent.Disturbance) }))
		fmt.Fprintf(b, "| full: all writes / all children present | %v | |\n",
			ratio(pairs, wall, func(p *pair) float64 { return p.Operator.Present }))
	}
	if len(r.Edited) > 0 {
		editedRatios(b, r.Edited)
	}
	for _, p := range r.Pairs {
		run := p.Operator
		if max(run.Spent.Disturbance, p.Raw.Spent.Disturbance) > disturbed {
			fmt.Fprintf(b, "| %s: others disturbed a run | %.0f %% | < %d %%, else go by what they left |\n", p.Plane, max(run.Spent.Disturbance, p.Raw.Spent.Disturbance), disturbed)
		}
		fmt.Fprintf(b, "| %s: writes per new App | %.2f | ≤ %d (children + %d) |\n", p.Plane, run.WritesPerApp(), run.Children+writesAbove, writesAbove)
		fmt.Fprintf(b, "| %s: reads per new App | %.2f | 0 |\n", p.Plane, run.ReadsPerApp())
		fmt.Fprintf(b, "| %s: writes, reads in %v of idleness | %d, %d | 0, 0 |\n", p.Plane, r.Settings.Idle, run.Idle.writes(), run.Idle.reads())
	}
}

// runs prints each repetition's figures on one plane.
func runs(b *strings.Builder, plane plane, pairs []*pair) {
	t := table[*pair]{b, pairs}
	t.head(strings.ToUpper(string(plane[:1])) + string(plane[1:]))
	t.row("children per App", func(p *pair) string { return fmt.Sprint(p.Operator.Children) })
	t.seconds("operator: all children present", func(p *pair) float64 { return p.Operator.Present })
	if plane == full {
		t.seconds("operator: all Deployments available", func(p *pair) float64 { return p.Operator.Available })
		t.seconds("operator: all Ready", func(p *pair) float64 { return p.Operator.Ready })
	}
	t.seconds("operator: all settled", func(p *pair) float64 { return p.Operator.Settled })
	t.row("one App from its create, p50 / p95 / max, s", func(p *pair) string {
		return fmt.Sprintf("%.1f / %.1f / %.1f", p.Operator.Latency.P50, p.Operator.Latency.P95, p.Operator.Latency.Max)
	})
	t.seconds("raw: all writes", func(p *pair) float64 { return p.Raw.Wall })
	if plane == full {
		t.seconds("raw: all Deployments available", func(p *pair) float64 { return p.Raw.Available })
	}
	t.row("raw: writes per second", func(p *pair) string { return fmt.Sprintf("%.0f", float64(p.Raw.Writes)/p.Raw.Wall) })
	t.row("passes of the operator per App", func(p *pair) string {
		return fmt.Sprintf("%.1f", float64(p.Operator.Passes)/float64(p.Operator.Apps))
	})
	t.seconds("CPU of the operator", func(p *pair) float64 { return p.Operator.Spent.Operator })
	t.row("CPU of the API server, operator / raw, s", func(p *pair) string {
		return fmt.Sprintf("%.1f / %.1f", p.Operator.Spent.Server, p.Raw.Spent.Server)
	})
	t.row("CPU of all that takes part, operator / raw, s", func(p *pair) string {
		return fmt.Sprintf("%.1f / %.1f", p.Operator.Spent.All, p.Raw.Spent.All)
	})
	t.row("operator's memory (highest), MiB", func(p *pair) string {
		return fmt.Sprintf("%.0f (%.0f)", p.Operator.Memory.Now, p.Operator.Memory.Peak)
	})
	t.row("the same after idleness, MiB", func(p *pair) string {
		return fmt.Sprintf("%.0f (%.0f)", p.Operator.MemoryIdle.Now, p.Operator.MemoryIdle.Peak)
	})
	t.row("taken by others, operator / raw, % of the machine", func(p *pair) string {
		return fmt.Sprintf("%.0f / %.0f", p.Operator.Spent.Disturbance, p.Raw.Spent.Disturbance)
	})
}

// requests prints the first repetition's requests: the operator's, and all that the server answered.
func requests(b *strings.Builder, operator, server tally) {
	fmt.Fprintf(b, "\nThe operator's requests, by method and answer (%d refused):", operator.refused())
	for _, key := range operator.keys() {
		fmt.Fprintf(b, " %s: %d;", key, operator[key])
	}
	fmt.Fprint(b, "\n\nAll requests the API server answered:")
	for _, key := range server.keys() {
		fmt.Fprintf(b, " %s: %d;", key, server[key])
	}
	fmt.Fprintln(b)
}

// print prints who asked for what.
func (r *auditedRun) print(b *strings.Builder) {
	verbs := []string{"create", "update", "patch", "delete", "deletecollection", "get", "list", "watch"}
	fmt.Fprintf(b, "\n## Requests by user and verb, %d Apps, %s (audit log)\n\n| user | %s |\n|---|%s\n",
		r.Apps, r.Plane, strings.Join(verbs, " | "), strings.Repeat("---|", len(verbs)))
	for _, user := range slices.Sorted(maps.Keys(r.Users)) {
		fmt.Fprintf(b, "| %s |", user)
		for _, verb := range verbs {
			fmt.Fprintf(b, " %d |", r.Users[user][verb])
		}
		fmt.Fprintln(b)
	}
	fmt.Fprint(b, "\n| the operator's requests | count | per App |\n|---|---|---|\n")
	for _, key := range r.Operator.keys() {
		fmt.Fprintf(b, "| %s | %d | %.2f |\n", key, r.Operator[key], float64(r.Operator[key])/float64(r.Apps))
	}
}
