// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Bounds of what a terminal gets.
const (
	textWidth = 120
	textRows  = 40 // of a table
)

// Text writes a proof for a terminal of 120 columns: the verdict, what was found, and short tables.
func Text(proof Proof) ([]byte, error) {
	var out bytes.Buffer
	wrapped(&out, "", proof.Verdict.Sentence)
	wrapped(&out, "", "Read "+proof.CheckedAt.Format(time.RFC3339)+": "+tallied(proof.Counts))
	textFindings(&out, proof.Findings)
	textNotEvaluated(&out, proof.NotEvaluated)
	table(&out, "CONNECTIONS", []string{"FROM", "TO", "OPEN", "STATE"}, connectionRows(proof.Connections))
	table(&out, "ENTRY AND EXIT", []string{"WAY", "OWNER", "OUTSIDE", "PORTS", "PODS"}, pointRows(proof.Points))
	if said := operatorSays(proof.ServiceOwners); said != "" {
		fmt.Fprintln(&out)
		wrapped(&out, "", said)
	}
	return out.Bytes(), nil
}

// tallied is how much was looked at.
func tallied(c Counts) string {
	return strings.Join([]string{
		countOwners(c.ServiceOwners), count(c.Apps, "App"), count(c.Policies, "NetworkPolicy"), count(c.Edges, "connection") + " open on a side", count(c.Points, "point") + " of entry or exit",
	}, ", ") + "."
}

func textFindings(out *bytes.Buffer, findings []Finding) {
	if len(findings) == 0 {
		return
	}
	fmt.Fprintln(out, "\nFINDINGS")
	for i, f := range findings {
		if i == textRows {
			fmt.Fprintf(out, "and %d more: -o json names all\n", len(findings)-textRows)
			return
		}
		wrapped(out, fmt.Sprintf("%-10s", f.Severity), f.Message+".")
		wrapped(out, strings.Repeat(" ", 10), f.Remedy+".")
	}
}

func textNotEvaluated(out *bytes.Buffer, things []NotEvaluated) {
	if len(things) == 0 {
		return
	}
	fmt.Fprintln(out, "\nNOT EVALUATED")
	for i, thing := range things {
		if i == textRows {
			fmt.Fprintf(out, "and %d more: -o json names all\n", len(things)-textRows)
			return
		}
		wrapped(out, "", thing.What+": "+thing.Why+".")
	}
}

func connectionRows(connections []Connection) [][]string {
	var rows [][]string
	for _, c := range connections {
		rows = append(rows, []string{c.From.String(), c.To.String(), c.Through, c.State.Words(c)})
	}
	return rows
}

// Words says a connection's state for people.
func (s State) Words(c Connection) string {
	switch {
	case s == StateOpen:
		return "declared by both"
	case s == StateLeak:
		return "open beyond what is declared"
	case c.CallerDeclares && c.CalleeDeclares:
		return "declared by both, closed on one side"
	case c.CallerDeclares:
		return "declared by the caller only"
	}
	return "declared by the called only"
}

func pointRows(points []Point) [][]string {
	var rows [][]string
	for _, p := range points {
		way := "out to"
		if entry(p.Direction) {
			way = "in from"
		}
		rows = append(rows, []string{way, p.ServiceOwner, p.Peer.String(), p.Ports, p.Whom()})
	}
	return rows
}

// Whom says which pods a point is open to.
func (p Point) Whom() string {
	switch {
	case p.All:
		return "all"
	case len(p.Workloads) == 0:
		return "none yet"
	}
	return some(p.Workloads)
}

// operatorSays tells how many Apps the operator itself says are isolated; empty when there are no Apps.
func operatorSays(owners []Owner) string {
	said := map[string]int{}
	var not []string
	apps := 0
	for i := range owners {
		for _, app := range owners[i].Apps {
			apps++
			switch c := app.NetworkIsolated; {
			case c == nil:
				said["not said"]++
			case c.Older:
				said["older"]++
			default:
				said[c.Status]++
				if c.Status != "True" {
					not = append(not, owners[i].Code+"/"+app.Name+" "+c.Reason)
				}
			}
		}
	}
	if apps == 0 || said["not said"] == apps {
		return ""
	}
	text := fmt.Sprintf("The operator's own condition NetworkIsolated, on which this proof does not rest, is True for %d of %s.", said["True"], count(apps, "App"))
	if len(not) > 0 {
		text += " Not so: " + some(not) + "."
	}
	return text
}

// table writes rows in columns, as wide as they need and no wider than a terminal.
func table(out *bytes.Buffer, title string, heads []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintln(out, "\n"+title)
	left := len(rows) - textRows
	rows = append([][]string{heads}, rows[:min(len(rows), textRows)]...)
	widths := make([]int, len(heads))
	for _, row := range rows {
		for i := range row {
			row[i] = clean(row[i])
			widths[i] = max(widths[i], len([]rune(row[i])))
		}
	}
	for total(widths) > textWidth {
		*slices.MaxFunc(pointers(widths), func(a, b *int) int { return *a - *b })--
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cut(cell, widths[i]))
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
	if left > 0 {
		fmt.Fprintf(out, "and %d more: -o json names all\n", left)
	}
}

// total is how wide a table is, with two spaces between columns.
func total(widths []int) int {
	sum := 2 * (len(widths) - 1)
	for _, width := range widths {
		sum += width
	}
	return sum
}

// cut shortens a text, and shows that it did.
func cut(text string, width int) string {
	letters := []rune(text)
	if len(letters) <= width {
		return text
	}
	return string(letters[:width-1]) + "…"
}

// wrapped writes a sentence in lines, each after the first below its beginning.
func wrapped(out *bytes.Buffer, prefix, sentence string) {
	line, indent := prefix, strings.Repeat(" ", len(prefix))
	for word := range strings.FieldsSeq(clean(sentence)) {
		if len([]rune(line))+len([]rune(word)) > textWidth && strings.TrimSpace(line) != "" {
			fmt.Fprintln(out, strings.TrimRight(line, " "))
			line = indent
		}
		line += word + " "
	}
	fmt.Fprintln(out, strings.TrimRight(line, " "))
}

// clean takes out of a text what would make a terminal do something.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, text)
}
