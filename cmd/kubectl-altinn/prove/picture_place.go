// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Measures, in pixels.
const (
	margin     = 12
	sideWidth  = 236 // of boxes outside
	sideHeight = 48
	sideGap    = 14
	fan        = 76 // between the outside and the middle
	bandWidth  = 320
	bandGap    = 20
	bandHead   = 46
	rowIndent  = 14
	rowHeight  = 36
	rowGap     = 8
	stubGap    = 11 // between lines that end at the same box
	laneGap    = 15
	bend       = 7
	headLength = 9
	legendLine = 26
)

// stub is where a line ends at a row or band.
type stub struct {
	call  *call // nil for a line to the outside
	link  int
	order int
}

// layout is where lines end.
type layout struct {
	left, right map[int][]stub // by row; bands are -1-band
	at          map[stubKey]int
	lanes       int
	middle      int // x of the middle column
	rightSide   int // x of the right column
}

type stubKey struct {
	call *call
	link int
	row  int
}

// place says where everything lies.
func (d *drawing) place() {
	l := &layout{left: map[int][]stub{}, right: map[int][]stub{}, at: map[stubKey]int{}, middle: margin}
	calls := d.sortedCalls()
	l.lanes = lanes(calls)
	d.stubs(l, calls)
	hasLeft, hasRight := d.sides()
	if hasLeft {
		l.middle += sideWidth + fan
	}
	bottom := d.placeBands(l)
	l.rightSide = l.middle + bandWidth + laneGap + l.lanes*laneGap
	d.picture.Width = l.rightSide + margin
	if hasRight {
		l.rightSide += fan
		d.picture.Width = l.rightSide + sideWidth + margin
	}
	d.picture.Width = max(d.picture.Width, 640)
	d.drawCalls(l, calls)
	bottom = max(bottom, d.drawOutside(l))
	d.placeLegend(bottom)
}

func (d *drawing) sides() (left, right bool) {
	for _, o := range d.outside {
		left, right = left || o.left, right || !o.left
	}
	return left, right
}

// lanes gives each call the innermost lane in which it meets no other, and returns how many lanes there are.
func lanes(calls []*call) int {
	var taken [][]*call
	for _, c := range calls {
		c.lane = slices.IndexFunc(taken, func(others []*call) bool { return !slices.ContainsFunc(others, c.meets) })
		if c.lane < 0 {
			c.lane = len(taken)
			taken = append(taken, nil)
		}
		taken[c.lane] = append(taken[c.lane], c)
	}
	return len(taken)
}

func (c *call) meets(other *call) bool {
	return max(min(c.from, c.to), min(other.from, other.to)) < min(max(c.from, c.to), max(other.from, other.to))
}

// stubs says in what order lines end at each box, so that those of one box do not cross: from above calls that go up,
// the inner lane first; then those to the outside; then calls that go down, the outer lane first.
func (d *drawing) stubs(l *layout, calls []*call) {
	for _, c := range calls {
		upper, lower := min(c.from, c.to), max(c.from, c.to)
		l.right[lower] = append(l.right[lower], stub{call: c, link: -1, order: c.lane})
		l.right[upper] = append(l.right[upper], stub{call: c, link: -1, order: 2*l.lanes + 2 - c.lane})
	}
	for i, link := range d.links {
		at := link.row
		if at < 0 {
			at = -1 - link.band
		}
		if d.outside[link.outside].left {
			l.left[at] = append(l.left[at], stub{link: i})
		} else {
			l.right[at] = append(l.right[at], stub{link: i, order: l.lanes})
		}
	}
	for _, side := range []map[int][]stub{l.left, l.right} {
		for _, stubs := range side {
			slices.SortStableFunc(stubs, func(a, b stub) int { return cmp.Compare(a.order, b.order) })
		}
	}
}

// room is how high a box must be for its lines.
func (l *layout) room(at, least int) int {
	return max(least, (max(len(l.left[at]), len(l.right[at]))-1)*stubGap+22)
}

// attach says where the lines of a box end, evenly around its middle.
func (l *layout) attach(at int, box Box) {
	for _, stubs := range [][]stub{l.left[at], l.right[at]} {
		first := box.Middle() - (len(stubs)-1)*stubGap/2
		for i, s := range stubs {
			l.at[stubKey{s.call, s.link, at}] = first + i*stubGap
		}
	}
}

// placeBands places service owners one below the other, with their rows, and returns where they end.
func (d *drawing) placeBands(l *layout) int {
	y := margin
	for i := range d.picture.Bands {
		band := &d.picture.Bands[i]
		band.X, band.Y, band.W = l.middle, y, bandWidth
		band.head = l.room(-1-i, bandHead)
		l.attach(-1-i, Box{l.middle, y, bandWidth, band.head})
		y += band.head
		for r := range d.picture.Rows {
			if d.bandOf[r] != i {
				continue
			}
			row := &d.picture.Rows[r]
			row.Box = Box{l.middle + rowIndent, y, bandWidth - 2*rowIndent, l.room(r, rowHeight)}
			l.attach(r, row.Box)
			y += row.H + rowGap
		}
		y += rowIndent - rowGap
		band.H = y - band.Y
		y += bandGap
	}
	return y - bandGap
}

// drawCalls draws the brackets.
func (d *drawing) drawCalls(l *layout, calls []*call) {
	for _, c := range calls {
		from, to := d.picture.Rows[c.from].Right(), d.picture.Rows[c.to].Right()
		y1, y2 := l.at[stubKey{c, -1, c.from}], l.at[stubKey{c, -1, c.to}]
		x := l.middle + bandWidth + (c.lane+1)*laneGap
		turn := bend
		if y2 < y1 {
			turn = -bend
		}
		line := Line{Class: c.class, Title: titleOf(c)}
		line.Path = fmt.Sprintf("M%d %dH%dQ%d %d %d %dV%dQ%d %d %d %dH%d", from, y1, x-bend, x, y1, x, y1+turn, y2-turn, x, y2, x-bend, y2, to+headLength)
		switch c.stopped {
		case atCallee:
			line.Head = bar(l.middle+bandWidth+4, y2)
		case atCaller:
			line.Head = bar(l.middle+bandWidth+4, y1) + arrow(to, y2, headLength)
		default:
			line.Head = arrow(to, y2, headLength)
		}
		d.picture.Lines = append(d.picture.Lines, line)
	}
	slices.SortStableFunc(d.picture.Lines, func(a, b Line) int {
		return cmp.Compare(slices.Index(classes, a.Class), slices.Index(classes, b.Class))
	})
}

func titleOf(c *call) string {
	words := map[string]string{
		classOpen: "Declared by both, open: ", classHalf: "Declared by one side only, closed: ",
		classLeak: "Not declared, one side open: ", classThrough: "Not declared, gets through: ",
	}
	return words[c.class] + some(c.titles)
}

// arrow is a head that ends at a point; a negative length points to the right.
func arrow(x, y, length int) string {
	return fmt.Sprintf("M%d %dL%d %dV%dZ", x, y, x+length, y-5, y+5)
}

// bar is a line across, for an end that is closed.
func bar(x, y int) string {
	return fmt.Sprintf("M%d %dh4v14h-4Z", x, y-7)
}

// drawOutside places the boxes outside beside what they are linked to, and draws the lines to them. It returns where
// the lowest of them ends.
func (d *drawing) drawOutside(l *layout) int {
	wanted := map[string]int{}
	for i, link := range d.links {
		d.outside[link.outside].ends = append(d.outside[link.outside].ends, i)
	}
	for id, o := range d.outside {
		for _, i := range o.ends {
			wanted[id] += l.at[stubKey{nil, i, d.links[i].at()}] / len(o.ends)
		}
	}
	ids := slices.SortedFunc(maps.Keys(d.outside), func(a, b string) int { return cmp.Or(cmp.Compare(wanted[a], wanted[b]), cmp.Compare(a, b)) })
	next := map[bool]int{true: margin, false: margin}
	for _, id := range ids {
		o := d.outside[id]
		height := max(sideHeight, (len(o.ends)-1)*4+24)
		o.Box = Box{margin, max(next[o.left], wanted[id]-height/2), sideWidth, height}
		if !o.left {
			o.X = l.rightSide
		}
		next[o.left] = o.Y + o.H + sideGap
		d.drawLinks(l, o)
		d.picture.Outside = append(d.picture.Outside, *o)
	}
	return max(next[true], next[false]) - sideGap
}

func (l link) at() int {
	if l.row < 0 {
		return -1 - l.band
	}
	return l.row
}

// drawLinks draws the lines of one box outside, which end there in the order of where they come from.
func (d *drawing) drawLinks(l *layout, o *Outside) {
	slices.SortStableFunc(o.ends, func(a, b int) int {
		return cmp.Compare(l.at[stubKey{nil, a, d.links[a].at()}], l.at[stubKey{nil, b, d.links[b].at()}])
	})
	for i, end := range o.ends {
		link := d.links[end]
		there := o.Middle() + (2*i-len(o.ends)+1)*2
		here := l.at[stubKey{nil, end, link.at()}]
		box := d.picture.Bands[link.band].Box
		if link.row >= 0 {
			box = d.picture.Rows[link.row].Box
		}
		line := Line{Class: link.class, Title: link.title}
		if o.left {
			bendAt := (o.Right() + l.middle) / 2
			line.Path = fmt.Sprintf("M%d %dC%d %d %d %d %d %dH%d", o.Right(), there, bendAt, there, bendAt, here, l.middle-headLength, here, box.X-headLength)
			line.Head = arrow(box.X, here, -headLength)
		} else {
			start := l.rightSide - fan
			bendAt := start + fan/2
			line.Path = fmt.Sprintf("M%d %dH%dC%d %d %d %d %d %d", box.Right(), here, start, bendAt, here, bendAt, there, l.rightSide-headLength, there)
			line.Head = arrow(l.rightSide, there, -headLength)
		}
		d.picture.Lines = append(d.picture.Lines, line)
	}
}
