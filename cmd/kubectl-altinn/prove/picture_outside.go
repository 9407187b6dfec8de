// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// addPoints draws where the operator lets traffic in and out: in boxes that all share, or, where those would be far
// away, in boxes beside each service owner. Past a few kinds of places, those of one kind are one. Where rows are
// service owners, the table alone tells.
func (d *drawing) addPoints() {
	if d.byOwner {
		return
	}
	kinds := map[string]map[string]bool{}
	side := func(p Point) string { return d.beside(p.ServiceOwner) + string(p.Direction) }
	for _, point := range d.proof.Points {
		if kinds[side(point)] == nil {
			kinds[side(point)] = map[string]bool{}
		}
		kinds[side(point)][pointTitle(point)+pointDetail(point)] = true
	}
	for _, point := range d.pointsByReach() {
		o := Outside{Title: pointTitle(point), Detail: pointDetail(point), Class: classKept, left: entry(point.Direction), beside: d.beside(point.ServiceOwner)}
		if len(kinds[side(point)]) > d.mostOutside() && !isDNS(point) {
			o.Title, o.Detail = many(point), "see the table"
		}
		d.linkAll(point.ServiceOwner, point.Workloads, point.All, link{
			outside: d.addOutside(o), class: classKept, title: point.Peer.String() + ", " + point.Ports,
		})
	}
}

// pointsByReach are the points, those first that are for all pods of a namespace: a line for all of them says what
// lines for some would say again.
func (d *drawing) pointsByReach() []Point {
	points := slices.Clone(d.proof.Points)
	slices.SortStableFunc(points, func(a, b Point) int {
		switch {
		case a.All == b.All:
			return 0
		case a.All:
			return -1
		}
		return 1
	})
	return points
}

// beside is the service owner that boxes outside stand beside; empty where all share them.
func (d *drawing) beside(code string) string {
	if len(d.picture.Bands) > maxShared {
		return code
	}
	return ""
}

func (d *drawing) mostOutside() int {
	if len(d.picture.Bands) > maxShared {
		return 3
	}
	return maxOutside
}

func entry(direction networkingv1.PolicyType) bool {
	return direction == networkingv1.PolicyTypeIngress
}

// isDNS says whether a point is where names are looked up.
func isDNS(p Point) bool {
	return !entry(p.Direction) && p.Peer.Kind == PeerNamespace && strings.Contains(p.Peer.Detail, "kube-dns")
}

func pointTitle(p Point) string {
	switch {
	case isDNS(p):
		return "DNS of the cluster"
	case p.Peer.Kind == PeerNamespace:
		return "Namespace " + p.Peer.Name
	case p.Peer.Kind == PeerEverything:
		return "Everything"
	}
	return p.Peer.Name
}

func pointDetail(p Point) string {
	switch {
	case isDNS(p):
		return p.Peer.Name + ", " + p.Ports
	case p.Peer.Kind == PeerAddresses && p.Peer.Detail != "":
		return p.Ports + ", " + p.Peer.Detail
	}
	return p.Ports
}

func many(p Point) string {
	if p.Peer.Kind == PeerNamespace {
		return "Several namespaces"
	}
	return "Several addresses or hosts"
}

// addOutside adds a box outside, unless it is there, and returns what it is known by.
func (d *drawing) addOutside(o Outside) string {
	id := strings.Join([]string{o.beside, fmt.Sprint(o.left), o.Class, o.Title, o.Detail}, "\x00")
	if d.outside[id] == nil {
		d.outside[id] = &o
	}
	return id
}

// linkAll draws lines from the outside to workloads, or one to their service owner when it is meant as a whole.
func (d *drawing) linkAll(owner string, workloads []string, all bool, l link) { //nolint:revive // One fact of several.
	band, there := d.bands[owner]
	if !there {
		return
	}
	l.row, l.band = -1, band
	if all && !d.byOwner || len(workloads) == 0 && !d.byOwner {
		d.links = append(d.links, l)
		return
	}
	if d.byOwner {
		workloads = []string{""}
	}
	for _, name := range workloads {
		if row, there := d.row(Ref{owner, name}); there {
			l.row = row
			d.addLink(l)
		}
	}
}

// addLink adds a line that is not there yet.
func (d *drawing) addLink(l link) {
	for _, other := range d.links {
		if other.outside == l.outside && other.band == l.band && (other.row == l.row || other.row < 0) {
			return
		}
	}
	d.links = append(d.links, l)
}

// addLeaks draws what findings tell. What a finding opens to everything is one box outside, and of its calls only
// those that get through are lines: the others would hide them.
func (d *drawing) addLeaks() {
	everything := d.openToEverything()
	for i := range d.proof.Findings {
		f := &d.proof.Findings[i]
		d.mark(f)
		all := everything[f.opener()]
		switch {
		case f.Kind == FindingForeign:
			d.addForeign(f)
		case f.Kind == FindingNotClosed:
			d.leakOutside(f, "Everything", "no policy rules it")
		case f.PairsTotal > maxPairs && !all:
			d.leakOutside(f, fmt.Sprintf("%d calls with others", f.PairsTotal), f.by())
		}
		drawn := 0
		for _, pair := range f.Pairs {
			if (pair.Through || !all && f.PairsTotal <= maxPairs) && drawn < maxPairs {
				d.addPair(f, pair)
				drawn++
			}
		}
	}
}

// mark marks the rows that a finding is about.
func (d *drawing) mark(f *Finding) {
	for _, name := range f.Workloads {
		if row, there := d.row(Ref{f.ServiceOwner, name}); there && !strings.HasSuffix(d.picture.Rows[row].Class, " bad") {
			d.picture.Rows[row].Class += " bad"
		}
	}
}

// openToEverything are the policies, or the lack of one, that open a direction to everything.
func (d *drawing) openToEverything() map[opener]bool {
	all := map[opener]bool{}
	for i := range d.proof.Findings {
		f := &d.proof.Findings[i]
		if f.Kind == FindingNotClosed || f.Kind == FindingForeign && slices.ContainsFunc(f.Peers, isEverything) {
			all[f.opener()] = true
		}
	}
	return all
}

func isEverything(peer string) bool {
	return strings.HasPrefix(peer, Peer{Kind: PeerEverything}.String()+" on ")
}

func (f *Finding) opener() opener { return opener{f.Namespace, f.Policy, f.Direction} }

func (f *Finding) by() string { return "opened by policy " + f.Policy }

// addPair draws one call that nobody declared, and at which end it is closed.
func (d *drawing) addPair(f *Finding, pair Pair) {
	switch {
	case pair.Through:
		d.addCall(pair.From, pair.To, classThrough, nowhere)
	case entry(f.Direction):
		d.addCall(pair.From, pair.To, classLeak, atCaller)
	default:
		d.addCall(pair.From, pair.To, classLeak, atCallee)
	}
}

// addForeign draws what somebody else's policy opens to the outside, a few of its peers one by one.
func (d *drawing) addForeign(f *Finding) {
	const most = 2
	for i, peer := range f.Peers {
		if i == most {
			d.leakOutside(f, fmt.Sprintf("%d more", len(f.Peers)-most), f.by())
			return
		}
		title, _, _ := strings.Cut(peer, " on ")
		d.leakOutside(f, capital(title), f.by())
	}
}

func (d *drawing) leakOutside(f *Finding, title, detail string) {
	o := Outside{Title: title, Detail: detail, Class: classThrough, left: entry(f.Direction), beside: d.beside(f.ServiceOwner)}
	d.linkAll(f.ServiceOwner, f.Workloads, false, link{outside: d.addOutside(o), class: classThrough, title: f.Message})
}

func capital(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// alternative says in words what the picture shows, for those who do not see it.
func (d *drawing) alternative() string {
	drawn := map[string]int{}
	for _, c := range d.calls {
		drawn[c.class]++
	}
	in, alarming := 0, 0
	for _, p := range d.proof.Points {
		if entry(p.Direction) {
			in++
		}
	}
	for _, o := range d.outside {
		if o.Class != classKept {
			alarming++
		}
	}
	what := count(len(d.picture.Rows), "workload") + " of " + countOwners(len(d.picture.Bands))
	if d.byOwner {
		what = countOwners(len(d.picture.Rows))
	}
	return fmt.Sprintf("%s in the middle; %s of entry and %s of exit that the operator keeps. Between them %s that both sides declare, "+
		"%d declared by one side only, and %d that nobody declared; %s with the outside are not declared either. The tables below say the same in words.",
		what, count(in, "point"), count(len(d.proof.Points)-in, "point"), count(drawn[classOpen], "call"), drawn[classHalf],
		drawn[classLeak]+drawn[classThrough], count(alarming, "opening"))
}
