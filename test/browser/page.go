// SPDX-License-Identifier: BSD-3-Clause

package browser

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
)

// FitsInWidth fails a page that is wider than its window.
func (c *Chromium) FitsInWidth() {
	c.t.Helper()
	var wide []string
	c.Evaluate(&wide, `document.scrollingElement.scrollWidth <= innerWidth ? [] :
		[...document.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 120))`)
	if len(wide) > 0 {
		c.t.Errorf("the page is wider than the window: %q", wide)
	}
}

// Accessible fails a page in which axe-core finds anything against WCAG 2.2 A and AA or its own best practices, or leaves
// anything to be looked at; but for what sparing, a condition in JavaScript on rule v and node n, is true of.
func (c *Chromium) Accessible(sparing string) {
	c.t.Helper()
	c.Evaluate(nil, c.axe)
	var found struct {
		Passed int
		Wrong  []struct{ Rule, Help, Where string }
	}
	c.Evaluate(&found, `axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(r => ({
		passed: r.passes.length,
		wrong: [...r.violations, ...r.incomplete].flatMap(v => v.nodes.filter(n => !(`+sparing+`)).map(n =>
			({rule: v.id, help: v.help, where: n.html.slice(0, 200) + " " + (n.failureSummary ?? "")})))}))`)
	for i, breach := range found.Wrong {
		if i == 10 {
			c.t.Errorf("and %d more", len(found.Wrong)-i)
			break
		}
		c.t.Errorf("%s: %s: %s", breach.Rule, breach.Help, breach.Where)
	}
	if found.Passed < 20 {
		c.t.Errorf("axe-core checked %d rules only", found.Passed)
	}
}

// Seen fails a page whose picture is not of the width, or of nearly one colour.
func (c *Chromium) Seen(width int) {
	c.t.Helper()
	var shot struct{ Data []byte }
	c.Call(&shot, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true})
	picture, err := png.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		c.t.Fatal(err)
	}
	c.keep(shot.Data, "png")
	if got := picture.Bounds().Dx(); got != width {
		c.t.Errorf("the picture is %d pixels wide", got)
	}
	colours := map[any]bool{}
	for y := 0; y < picture.Bounds().Dy() && len(colours) < 20; y++ {
		for x := range picture.Bounds().Dx() {
			colours[picture.At(x, y)] = true
		}
	}
	if len(colours) < 20 {
		c.t.Errorf("the picture has %d colours", len(colours))
	}
}

// Print prints the page, as a PDF.
func (c *Chromium) Print() []byte {
	c.t.Helper()
	var paper struct{ Data []byte }
	c.Call(&paper, "Page.printToPDF", map[string]any{"preferCSSPageSize": true, "printBackground": true})
	c.keep(paper.Data, "pdf")
	if !bytes.HasPrefix(paper.Data, []byte("%PDF-")) || !bytes.Contains(paper.Data, []byte("/Type /Page")) {
		c.t.Fatalf("no pages came out, but %d bytes", len(paper.Data))
	}
	return paper.Data
}

// keep writes what the browser made to the folder BROWSER_OUTPUT, for those who want to look at it.
func (c *Chromium) keep(content []byte, form string) {
	c.t.Helper()
	folder := os.Getenv("BROWSER_OUTPUT")
	if folder == "" {
		return
	}
	_, name, _ := strings.Cut(c.t.Name(), "/")
	if err := os.WriteFile(filepath.Join(folder, name+"."+form), content, 0o600); err != nil {
		c.t.Fatal(err)
	}
}
