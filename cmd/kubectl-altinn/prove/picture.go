// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Picture is a proof as boxes and lines, in pixels: the outside to the left and right, the service owners in the
// middle, and the calls between their Apps as brackets beside them, each in a lane of its own so that no line lies
// on another.
type Picture struct {
	Width, Height int
	// Alternative says in words what is to be seen.
	Alternative string
	// Note says what is not drawn; empty when everything is.
	Note    string
	Bands   []Band
	Rows    []Row
	Outside []Outside
	Lines   []Line
	Legend  []Legend
}

// Box is where something lies.
type Box struct{ X, Y, W, H int }

// Right is where the box ends.
func (b Box) Right() int { return b.X + b.W }

// Middle is half its height.
func (b Box) Middle() int { return b.Y + b.H/2 }

// Band is a service owner.
type Band struct {
	Box
	Label, Detail string
	// Alarm is what is wrong with it as a whole; empty when nothing is.
	Alarm string
	Class string
	head  int // height of what stands above its rows
}

// Row is an App, or a service owner where not all Apps are drawn.
type Row struct {
	Box
	Label, Detail string
	Class         string
	ref           Ref
}

// Outside is what is no App.
type Outside struct {
	Box
	Title, Detail string
	Class         string
	left          bool
	beside        string // the service owner whose box alone it is
	ends          []int  // lines that end here
}

// Line is a call, or an entry or exit.
type Line struct {
	Path, Head string
	Class      string
	// Title says in words what it is.
	Title string
}

// Legend is a line with what it means.
type Legend struct {
	Line  Line
	X, Y  int
	Label string
}

// Classes of lines and boxes: styles, and what is worse comes later.
const (
	classKept    = "kept"
	classOpen    = "open"
	classHalf    = "half"
	classLeak    = "leak"
	classThrough = "leak through"
)

var classes = []string{classKept, classOpen, classHalf, classLeak, classThrough}

// Bounds of what is drawn: more is not readable.
const (
	maxRows    = 60
	maxPairs   = 8 // of a finding, one by one
	maxOutside = 7 // on each side, of those that the operator keeps
	maxShared  = 4 // service owners that share boxes outside
)

// call is one line between two rows.
type call struct {
	from, to int
	class    string
	// stopped says at which end it is closed, when it is.
	stopped closedEnd
	lane    int
	titles  []string
}

type closedEnd int

const (
	nowhere closedEnd = iota
	atCaller
	atCallee
)

// link is one line between the outside and a row, or a band when row is negative.
type link struct {
	outside   string
	row, band int
	class     string
	title     string
}

// drawing is a picture in the making.
type drawing struct {
	proof   *Proof
	picture *Picture
	byOwner bool // rows are service owners
	rows    map[Ref]int
	bandOf  []int // by row
	bands   map[string]int
	calls   map[[2]int]*call
	outside map[string]*Outside
	links   []link
}

// Draw makes the picture of a proof. The same proof gives the same picture.
func Draw(proof *Proof) *Picture {
	d := newDrawing(proof)
	d.place()
	d.picture.Alternative = d.alternative()
	return d.picture
}

// newDrawing is what is drawn, without where it lies.
func newDrawing(proof *Proof) *drawing {
	d := &drawing{
		proof: proof, picture: &Picture{}, rows: map[Ref]int{}, bands: map[string]int{}, calls: map[[2]int]*call{}, outside: map[string]*Outside{},
	}
	d.addRows()
	d.addCalls()
	d.addPoints()
	d.addLeaks()
	return d
}

// addRows makes a row for each App, or for each service owner when there are too many.
func (d *drawing) addRows() {
	rows := 0
	for i := range d.proof.ServiceOwners {
		rows += len(d.proof.ServiceOwners[i].Apps) + len(d.proof.ServiceOwners[i].Others)
	}
	if d.byOwner = rows > maxRows; d.byOwner {
		d.addOwnerRows(rows)
		return
	}
	for i := range d.proof.ServiceOwners {
		owner := &d.proof.ServiceOwners[i]
		band := d.addBand(owner)
		for _, app := range owner.Apps {
			d.addRow(band, Ref{owner.Code, app.Name}, app.Name, "", "app")
		}
		for _, other := range owner.Others {
			d.addRow(band, Ref{owner.Code, other}, other, "no App", "app unknown")
		}
	}
}

func (d *drawing) addBand(owner *Owner) int {
	band := Band{Label: owner.Code, Detail: owner.Name, Class: "band", Alarm: d.alarm(owner.Code)}
	if owner.Neighbour {
		band.Class = "band neighbour"
		band.Detail = "neighbour"
	}
	d.bands[owner.Code] = len(d.picture.Bands)
	d.picture.Bands = append(d.picture.Bands, band)
	return d.bands[owner.Code]
}

func (d *drawing) addRow(band int, ref Ref, label, detail, class string) {
	d.rows[ref] = len(d.picture.Rows)
	d.picture.Rows = append(d.picture.Rows, Row{Label: label, Detail: detail, Class: class, ref: ref})
	d.bandOf = append(d.bandOf, band)
}

// alarm says what is wrong with a service owner's namespace as a whole.
func (d *drawing) alarm(code string) string {
	missing := 0
	for _, f := range d.proof.Findings {
		if f.Kind == FindingNoDefault && f.ServiceOwner == code {
			missing++
		}
	}
	if missing > 0 {
		return "not closed by default"
	}
	return ""
}

// addOwnerRows makes a row for each service owner that there is something to tell of: first those with findings,
// then those with calls to others.
func (d *drawing) addOwnerRows(apps int) {
	weight := map[string]int{}
	for _, f := range d.proof.Findings {
		weight[f.ServiceOwner] = 2
	}
	for _, c := range d.proof.Connections {
		if c.Across {
			weight[c.From.ServiceOwner], weight[c.To.ServiceOwner] = max(weight[c.From.ServiceOwner], 1), max(weight[c.To.ServiceOwner], 1)
		}
	}
	owners := make([]*Owner, 0, len(d.proof.ServiceOwners))
	for i := range d.proof.ServiceOwners {
		owners = append(owners, &d.proof.ServiceOwners[i])
	}
	slices.SortStableFunc(owners, func(a, b *Owner) int { return cmp.Compare(weight[b.Code], weight[a.Code]) })
	drawn := owners[:min(len(owners), maxRows)]
	slices.SortFunc(drawn, func(a, b *Owner) int { return cmp.Compare(a.Code, b.Code) })
	d.picture.Note = fmt.Sprintf("%d workloads are more than can be drawn one by one, so each box is a service owner, and entry and exit are told by the table alone. The tables name every App.", apps)
	if left := len(owners) - len(drawn); left > 0 {
		d.picture.Note += fmt.Sprintf(" Not drawn: %s; those with findings come first, then those with calls to others.", countOwners(left))
	}
	band := len(d.picture.Bands)
	d.picture.Bands = append(d.picture.Bands, Band{Label: "Service owners", Class: "band"})
	for _, owner := range drawn {
		d.bands[owner.Code] = band
		d.addRow(band, Ref{ServiceOwner: owner.Code}, owner.Code, cmp.Or(d.alarm(owner.Code), count(len(owner.Apps), "App")), "app")
	}
}

func countOwners(n int) string { return count(n, "service owner") }

// row is where a workload is drawn; false when it is not.
func (d *drawing) row(ref Ref) (int, bool) {
	if d.byOwner {
		ref.Name = ""
	}
	row, there := d.rows[ref]
	return row, there
}

// addCalls draws the connections that are declared, as far as they stand.
func (d *drawing) addCalls() {
	for _, c := range d.proof.Connections {
		class, stopped := classOpen, nowhere
		if c.State != StateOpen {
			class, stopped = classHalf, atCallee
			if c.Out == "nothing" {
				stopped = atCaller
			}
		}
		if c.State == StateLeak {
			continue // its findings are drawn
		}
		d.addCall(c.From, c.To, class, stopped)
	}
}

// addCall adds a line between two rows; one that is there already becomes the worse of both.
func (d *drawing) addCall(from, to Ref, class string, stopped closedEnd) {
	a, fromThere := d.row(from)
	b, toThere := d.row(to)
	if !fromThere || !toThere || a == b {
		return
	}
	c := d.calls[[2]int{a, b}]
	if c == nil {
		c = &call{from: a, to: b, class: class, stopped: stopped}
		d.calls[[2]int{a, b}] = c
	}
	if slices.Index(classes, class) > slices.Index(classes, c.class) {
		c.class, c.stopped = class, stopped
	}
	if title := from.String() + " to " + to.String(); !slices.Contains(c.titles, title) {
		c.titles = append(c.titles, title)
	}
}

// sortedCalls are all calls, the shortest first.
func (d *drawing) sortedCalls() []*call {
	return slices.SortedFunc(maps.Values(d.calls), func(x, y *call) int {
		return cmp.Or(cmp.Compare(x.span(), y.span()), cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
	})
}

func (c *call) span() int { return max(c.from, c.to) - min(c.from, c.to) }
