// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"time"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed picture.svg.tmpl
var pictureTemplate string

//go:embed page.css
var pageStyle string

// Bounds of the page: more is not read by people, and the form json has all.
const (
	maxTable  = 1000 // rows of a table
	pagePairs = 20   // connections of a finding
)

// page is what the template is filled with.
type page struct {
	Proof
	Picture *Picture
}

// HTML writes one page for people, with a picture: it needs nothing but itself, runs no script, and prints on A4.
func HTML(proof Proof) ([]byte, error) {
	parsed, err := template.New("page").Funcs(functions).Parse(pageTemplate)
	if err == nil {
		_, err = parsed.Parse(pictureTemplate)
	}
	if err == nil {
		_, err = parsed.New("style").Parse(pageStyle)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the page's template: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, page{Proof: proof, Picture: Draw(&proof)}); err != nil {
		return nil, fmt.Errorf("writing the proof as HTML: %w", err)
	}
	return out.Bytes(), nil
}

// functions are what the page's template says values with.
var functions = template.FuncMap{
	"iso":     func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
	"instant": func(at time.Time) string { return at.UTC().Format("2 January 2006 at 15:04:05 UTC") },
	"cut":     cut,
	"some":    some,
	"way": func(p Point) string {
		if entry(p.Direction) {
			return "In from"
		}
		return "Out to"
	},
	"tone": func(v Verdict) string {
		return map[Result]string{ResultProven: "good", ResultFindings: "bad", ResultIncomplete: "open"}[v.Result]
	},
	"toneOf": func(s State) string {
		return map[State]string{StateOpen: "good", StateHalf: "open", StateLeak: "bad"}[s]
	},
	"toneOfSeverity": func(s Severity) string {
		return map[Severity]string{SeverityCritical: "worst", SeverityHigh: "bad", SeverityMedium: "open"}[s]
	},
	"firstFindings": func(all []Finding) []Finding { return all[:min(len(all), maxTable)] },
	"firstPairs":    func(all []Pair) []Pair { return all[:min(len(all), pagePairs)] },
	"words":         func(c Connection) string { return c.State.Words(c) },
	"firstConns":    func(all []Connection) []Connection { return all[:min(len(all), maxTable)] },
	"firstPoints":   func(all []Point) []Point { return all[:min(len(all), maxTable)] },
	"beyond":        func(n int) int { return max(0, n-maxTable) },
	"says":          says,
}

// says is what the operator says of an App, in a few words.
func says(app App) string {
	switch c := app.NetworkIsolated; {
	case c == nil:
		return "not said"
	case c.Older:
		return c.Status + ", of an earlier revision"
	case c.Status == "True":
		return c.Status
	default:
		return c.Status + ", " + c.Reason + ": " + c.Message
	}
}
