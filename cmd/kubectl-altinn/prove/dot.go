// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// dotStyles are how Graphviz draws each class of lines.
var dotStyles = map[string]string{
	classKept:    `color="#66727f"`,
	classOpen:    `color="#0b6b3a", penwidth=2`,
	classHalf:    `color="#8a6100", style=dotted, penwidth=2, arrowhead=tee`,
	classLeak:    `color="#b3121d", style=dashed, penwidth=2, arrowhead=tee`,
	classThrough: `color="#b3121d", style=dashed, penwidth=3`,
}

// DOT writes a proof's picture for Graphviz: a cluster for each service owner, solid lines for what both sides
// declare, and dashed red ones for what nobody declared.
func DOT(proof Proof) ([]byte, error) {
	d := newDrawing(&proof)
	var out bytes.Buffer
	fmt.Fprintf(&out, "digraph isolation {\n  label=%s;\n  labelloc=t;\n  rankdir=LR;\n  fontname=\"Helvetica\";\n", dotText(proof.Verdict.Sentence, d.picture.Note))
	fmt.Fprint(&out, "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"Helvetica\"];\n  edge [fontname=\"Helvetica\"];\n")
	for i := range d.picture.Bands {
		d.dotCluster(&out, i)
	}
	for _, id := range slices.Sorted(maps.Keys(d.outside)) {
		o := d.outside[id]
		shape := "shape=cds, fillcolor=\"#eef1f5\""
		if o.Class != classKept {
			shape = "shape=octagon, fillcolor=\"#fdeaea\", color=\"#b3121d\""
		}
		fmt.Fprintf(&out, "  %s [label=%s, %s];\n", dotID(o), dotText(o.Title, o.Detail), shape)
	}
	calls := d.sortedCalls()
	slices.SortStableFunc(calls, func(a, b *call) int { return slices.Compare([]int{a.from, a.to}, []int{b.from, b.to}) })
	for _, c := range calls {
		from, to := dotText(d.picture.Rows[c.from].ref.String()), dotText(d.picture.Rows[c.to].ref.String())
		fmt.Fprintf(&out, "  %s -> %s [%s, tooltip=%s];\n", from, to, dotStyles[c.class], dotText(titleOf(c)))
	}
	for _, l := range d.links {
		from, to := dotID(d.outside[l.outside]), d.dotEnd(l)
		if !d.outside[l.outside].left {
			from, to = to, from
		}
		fmt.Fprintf(&out, "  %s -> %s [%s, tooltip=%s];\n", from, to, dotStyles[l.class], dotText(l.title))
	}
	fmt.Fprint(&out, "}\n")
	return out.Bytes(), nil
}

// dotCluster writes a service owner with its rows, and a point for what concerns all of it.
func (d *drawing) dotCluster(out *bytes.Buffer, band int) {
	b := d.picture.Bands[band]
	fmt.Fprintf(out, "  subgraph %s {\n    label=%s;\n    style=\"rounded,filled\";\n    fillcolor=\"#f3f5f8\";\n", dotText("cluster_"+b.Label), dotText(b.Label, b.Detail, b.Alarm))
	fmt.Fprintf(out, "    %s [label=\"all pods\", shape=plaintext, style=\"\"];\n", dotText(b.Label+"/"))
	for r, row := range d.picture.Rows {
		if d.bandOf[r] != band {
			continue
		}
		colour := ""
		if strings.HasSuffix(row.Class, " bad") {
			colour = `, color="#b3121d", fillcolor="#fdeaea"`
		}
		fmt.Fprintf(out, "    %s [label=%s%s];\n", dotText(row.ref.String()), dotText(row.Label, row.Detail), colour)
	}
	fmt.Fprint(out, "  }\n")
}

func (d *drawing) dotEnd(l link) string {
	if l.row < 0 {
		return dotText(d.picture.Bands[l.band].Label + "/")
	}
	return dotText(d.picture.Rows[l.row].ref.String())
}

func dotID(o *Outside) string {
	side := "out "
	if o.left {
		side = "in "
	}
	return dotText(strings.Join(strings.Fields(side+o.beside+" "+o.Class+" "+o.Title+" "+o.Detail), " "))
}

// dotText is lines of text as a quoted string of Graphviz's language, in which only the quote and the backslash mean
// something.
func dotText(lines ...string) string {
	var said []string
	for _, line := range lines {
		if line != "" {
			said = append(said, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean(line)))
		}
	}
	return `"` + strings.Join(said, `\n`) + `"`
}
