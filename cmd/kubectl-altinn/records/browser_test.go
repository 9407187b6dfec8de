// SPDX-License-Identifier: BSD-3-Clause

package records_test

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/records"
)

// TestPageInABrowser opens the page in Chromium as people do: wide, at the 320 pixels of WCAG 2.1
// 1.4.10, by keyboard, and on paper. SKIP_BROWSER=<why> leaves it out.
func TestPageInABrowser(t *testing.T) {
	files := browserFiles(t)
	axe, err := os.ReadFile(filepath.Join(files, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	browser := startChromium(t, files)
	for _, input := range []string{"samples", "cluster", "nothing"} {
		for _, language := range records.Languages {
			page := writePage(t, input, language)
			for _, width := range []int{1280, 320} {
				t.Run(fmt.Sprintf("%s in %s at %d pixels", input, language, width), func(t *testing.T) {
					browser.t = t
					browser.open(page, width, 900)
					noHarm(t, browser)
					noSidewaysScrolling(t, browser)
					reachedByKeyboard(t, browser)
					accessible(t, browser, string(axe))
					seen(t, browser, width)
				})
			}
			t.Run(fmt.Sprintf("%s in %s on paper", input, language), func(t *testing.T) {
				browser.t = t
				browser.open(page, 1280, 900)
				printed(t, browser)
			})
			browser.t = t
		}
	}
}

func writePage(t *testing.T, input string, language records.Language) string {
	t.Helper()
	var resources records.Resources
	if input != "nothing" {
		resources = read(t, "testdata/"+input+".in.yaml")
	}
	content, err := records.HTML(records.Build(resources, language, exported))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// noHarm: nothing is fetched, and none of the texts of resources has become an element.
func noHarm(t *testing.T, browser *chromium) {
	t.Helper()
	var found []string
	browser.evaluate(&found, `[
		...performance.getEntriesByType("resource").map(e => e.name),
		...[...document.querySelectorAll("script, img, svg, iframe, link, object, embed, form, base")].map(e => e.outerHTML),
		...[...document.querySelectorAll("*")].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith("on")).map(a => a.name),
	]`)
	if len(found) > 0 {
		t.Errorf("the page fetches or holds %q", found)
	}
}

func noSidewaysScrolling(t *testing.T, browser *chromium) {
	t.Helper()
	var wide []string
	browser.evaluate(&wide, `document.scrollingElement.scrollWidth <= innerWidth ? [] :
		[...document.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 120))`)
	if len(wide) > 0 {
		t.Errorf("the page is wider than the window: %q", wide)
	}
}

// reachedByKeyboard: the first Tab shows the skip link, and Enter goes to the content.
func reachedByKeyboard(t *testing.T, browser *chromium) {
	t.Helper()
	press := func(key string, code int) {
		for _, event := range []string{"rawKeyDown", "char", "keyUp"} {
			text := map[string]string{"char" + "Enter": "\r"}[event+key]
			if event == "char" && text == "" {
				continue
			}
			browser.call(nil, "Input.dispatchKeyEvent", map[string]any{
				"type": event, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text,
			})
		}
	}
	press("Tab", 9)
	var link struct {
		Class  string
		Shown  bool
		Colour string
	}
	browser.evaluate(&link, `(() => {
		const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e)
		return {class: e.className, shown: box.top >= 0 && box.left >= 0 && box.width > 40, colour: style.outlineStyle + " " + style.outlineWidth}
	})()`)
	if link.Class != "skip" || !link.Shown || link.Colour != "solid 3px" {
		t.Errorf("the first Tab does not show the skip link with a focus mark: %+v", link)
	}
	press("Enter", 13)
	var at string
	browser.evaluate(&at, `new Promise(done => setTimeout(() => done(document.activeElement.id), 50))`)
	if at != "content" {
		t.Errorf("the skip link leads to %q", at)
	}
	browser.evaluate(nil, `document.activeElement.blur(), scrollTo(0, 0)`)
}

// accessible: axe-core finds nothing against WCAG 2.2 A and AA or its own best practices, and leaves
// nothing to be looked at.
func accessible(t *testing.T, browser *chromium, axe string) {
	t.Helper()
	browser.evaluate(nil, axe)
	var found struct {
		Passed int
		Wrong  []struct{ Rule, Help, Where string }
	}
	browser.evaluate(&found, `axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(r => ({
		passed: r.passes.length,
		wrong: [...r.violations, ...r.incomplete].flatMap(v => v.nodes.map(n =>
			({rule: v.id, help: v.help, where: n.html.slice(0, 200) + " " + (n.failureSummary ?? "")})))}))`)
	for i, breach := range found.Wrong {
		if i == 10 {
			t.Errorf("and %d more", len(found.Wrong)-i)
			break
		}
		t.Errorf("%s: %s: %s", breach.Rule, breach.Help, breach.Where)
	}
	if found.Passed < 20 {
		t.Errorf("axe-core checked %d rules only", found.Passed)
	}
}

// seen: a picture of the page is of the width, and not of one colour.
func seen(t *testing.T, browser *chromium, width int) {
	t.Helper()
	var shot struct{ Data []byte }
	browser.call(&shot, "Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true})
	picture, err := png.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		t.Fatal(err)
	}
	keep(t, shot.Data, "png")
	if got := picture.Bounds().Dx(); got != width {
		t.Errorf("the picture is %d pixels wide", got)
	}
	colours := map[any]bool{}
	for y := 0; y < picture.Bounds().Dy() && len(colours) < 20; y++ {
		for x := range picture.Bounds().Dx() {
			colours[picture.At(x, y)] = true
		}
	}
	if len(colours) < 20 {
		t.Errorf("the picture has %d colours", len(colours))
	}
}

var (
	pageOfPDF = regexp.MustCompile(`/Type /Page\b`)
	a4Lying   = regexp.MustCompile(`/MediaBox \[0 0 84[12][.0-9]* 59[45][.0-9]*\]`)
)

// printed: the page prints, on A4 lying down.
func printed(t *testing.T, browser *chromium) {
	t.Helper()
	var paper struct{ Data []byte }
	browser.call(&paper, "Page.printToPDF", map[string]any{"preferCSSPageSize": true, "printBackground": true})
	keep(t, paper.Data, "pdf")
	pages, lying := len(pageOfPDF.FindAll(paper.Data, -1)), len(a4Lying.FindAll(paper.Data, -1))
	if !bytes.HasPrefix(paper.Data, []byte("%PDF-")) || pages == 0 {
		t.Fatalf("no pages came out, but %d bytes", len(paper.Data))
	}
	if lying != pages {
		t.Errorf("%d of %d pages are A4 lying down", lying, pages)
	}
}

// keep writes what the browser made to the folder BROWSER_OUTPUT, for those who want to look at it.
func keep(t *testing.T, content []byte, form string) {
	t.Helper()
	folder := os.Getenv("BROWSER_OUTPUT")
	if folder == "" {
		return
	}
	_, name, _ := strings.Cut(t.Name(), "/")
	if err := os.WriteFile(filepath.Join(folder, name+"."+form), content, 0o600); err != nil {
		t.Fatal(err)
	}
}
