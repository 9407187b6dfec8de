// SPDX-License-Identifier: BSD-3-Clause

package prove

import "fmt"

// placeLegend explains the lines below everything.
func (d *drawing) placeLegend(bottom int) {
	x, y := margin, bottom+bandGap+legendLine/2
	for _, entry := range []struct {
		class, label string
		stopped      bool
	}{
		{classOpen, "declared by both Apps, open", false},
		{classHalf, "declared by one only, closed", true},
		{classThrough, "NOT declared, open", false},
		{classLeak, "NOT declared, open on one side", true},
		{classKept, "entry or exit kept by the operator", false},
	} {
		width := 60 + 7*len(entry.label)
		if x+width > d.picture.Width && x > margin {
			x, y = margin, y+legendLine
		}
		line := Line{Class: entry.class, Path: fmt.Sprintf("M%d %dh36", x, y), Head: arrow(x+45, y, -headLength)}
		if entry.stopped {
			line.Head = bar(x+38, y)
		}
		d.picture.Legend = append(d.picture.Legend, Legend{Line: line, X: x + 54, Y: y + 4, Label: entry.label})
		x += width + 20
	}
	d.picture.Height = y + legendLine/2 + margin
}
