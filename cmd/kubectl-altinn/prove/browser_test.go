// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
)

// TestPageInABrowser opens the page in Chromium as people do: wide, at the 320 pixels of WCAG 2.1 1.4.10, and on
// paper. SKIP_BROWSER=<why> leaves it out.
func TestPageInABrowser(t *testing.T) {
	files := browserFiles(t)
	axe, err := os.ReadFile(filepath.Join(files, "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	browser := startChromium(t, files)
	for name, resources := range map[string]prove.Resources{
		"samples": read(t, "samples"), "trouble": read(t, "trouble"), "nothing": {}, "sixty Apps": many(12, 5), "many owners": many(40, 5),
	} {
		page := writePage(t, resources)
		widths := []int{1280}
		if len(resources.Apps) < 20 {
			widths = append(widths, 320)
		}
		for _, width := range widths {
			t.Run(fmt.Sprintf("%s at %d pixels", name, width), func(t *testing.T) {
				browser.t = t
				browser.open(page, width, 900)
				noHarm(t, browser)
				noSidewaysScrolling(t, browser)
				reachedByKeyboard(t, browser)
				textsFit(t, browser)
				contrasts(t, browser)
				accessible(t, browser, string(axe))
				seen(t, browser, width)
			})
		}
		t.Run(name+" on paper", func(t *testing.T) {
			browser.t = t
			browser.open(page, 1280, 900)
			printed(t, browser)
		})
		browser.t = t
	}
}

func writePage(t *testing.T, resources prove.Resources) string {
	t.Helper()
	content, err := prove.HTML(prove.Build(resources, "", checked))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// noHarm: nothing is fetched, and there is one picture and nothing that runs.
func noHarm(t *testing.T, browser *chromium) {
	t.Helper()
	var found []string
	browser.evaluate(&found, `[
		...performance.getEntriesByType("resource").map(e => e.name),
		...[...document.querySelectorAll("script, img, iframe, link, object, embed, form, base, image, use, foreignObject, svg svg")].map(e => e.outerHTML),
		...[...document.querySelectorAll("svg")].slice(1).map(e => e.outerHTML),
		...[...document.querySelectorAll("*")].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith("on")).map(a => a.name),
	]`)
	if len(found) > 0 {
		t.Errorf("the page fetches or holds %q", found)
	}
}

// noSidewaysScrolling: only the picture may be wider than the window, in a frame of its own.
func noSidewaysScrolling(t *testing.T, browser *chromium) {
	t.Helper()
	var wide []string
	browser.evaluate(&wide, `document.scrollingElement.scrollWidth <= innerWidth ? [] :
		[...document.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML.slice(0, 120))`)
	if len(wide) > 0 {
		t.Errorf("the page is wider than the window: %q", wide)
	}
}

// reachedByKeyboard: Tab leads to the skip link, which shows then, and at last into the picture, which can be scrolled.
func reachedByKeyboard(t *testing.T, browser *chromium) {
	t.Helper()
	var at []string
	for range 60 {
		browser.call(nil, "Input.dispatchKeyEvent", map[string]any{"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9})
		browser.call(nil, "Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9})
		var class string
		browser.evaluate(&class, `(() => {
			const e = document.activeElement, box = e.getBoundingClientRect()
			return e.className + (box.left >= 0 && box.width > 0 && getComputedStyle(e).outlineStyle == "solid" ? " shown" : "")
		})()`)
		if at = append(at, class); class == "picture shown" {
			break
		}
	}
	if at[0] != "skip shown" || at[len(at)-1] != "picture shown" {
		t.Errorf("Tab leads to %q", at)
	}
	browser.evaluate(nil, `document.activeElement.blur(), scrollTo(0, 0)`)
}

// textsFit: no text of the picture is wider than its box, none lies outside the picture, and no two boxes overlap.
func textsFit(t *testing.T, browser *chromium) {
	t.Helper()
	var wrong []string
	browser.evaluate(&wrong, `(() => {
		const svg = document.querySelector("svg"), all = svg.viewBox.baseVal, wrong = []
		for (const text of svg.querySelectorAll("text")) {
			const box = text.getBBox(), rect = text.parentNode.querySelector("rect")
			const frame = rect && text.parentNode !== svg ? rect.getBBox() : {x: 0, y: 0, width: all.width, height: all.height}
			if (box.x < frame.x || box.x + box.width > frame.x + frame.width || box.y < frame.y - 2 || box.y + box.height > frame.y + frame.height + 2) wrong.push("text " + text.textContent)
		}
		const boxes = [...svg.querySelectorAll(".app rect, .outside rect")].map(r => r.getBBox())
		boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
			if (a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height) wrong.push("boxes at " + a.x + "," + a.y + " and " + b.x + "," + b.y)
		}))
		return wrong
	})()`)
	if len(wrong) > 0 {
		t.Errorf("in the picture these do not fit: %q", wrong)
	}
}

// contrasts: texts of the picture stand out from their boxes by 4.5 to 1, and lines from the ground by 3 to 1 (WCAG 2.2,
// 1.4.3 and 1.4.11). axe-core does not look into pictures.
func contrasts(t *testing.T, browser *chromium) {
	t.Helper()
	var found struct {
		Looked int
		Wrong  []string
	}
	browser.evaluate(&found, `(() => {
		const svg = document.querySelector("svg"), wrong = []
		const light = colour => {
			const parts = colour.match(/[0-9.]+/g).slice(0, 3).map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
			return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05
		}
		const ratio = (a, b) => Math.max(light(a), light(b)) / Math.min(light(a), light(b))
		const texts = [...svg.querySelectorAll("text")], lines = [...svg.querySelectorAll(".way, .app rect, .outside rect")]
		for (const text of texts) {
			const rect = text.parentNode.querySelector(":scope > rect")
			const ground = rect ? getComputedStyle(rect).fill : "rgb(255, 255, 255)"
			if (ratio(getComputedStyle(text).fill, ground) < 4.5) wrong.push(text.textContent)
		}
		for (const line of lines) {
			if (ratio(getComputedStyle(line).stroke, "rgb(243, 245, 248)") < 3) wrong.push(line.outerHTML)
		}
		return {looked: texts.length, wrong}
	})()`)
	if found.Looked < 5 || len(found.Wrong) > 0 {
		t.Errorf("of %d texts and all lines these do not stand out: %q", found.Looked, found.Wrong)
	}
}

// accessible: axe-core finds nothing against WCAG 2.2 A and AA or its own best practices, and leaves nothing to be
// looked at; what the contrast in the picture is, it cannot tell, and contrasts does.
func accessible(t *testing.T, browser *chromium, axe string) {
	t.Helper()
	browser.evaluate(nil, axe)
	var found struct {
		Passed int
		Wrong  []struct{ Rule, Help, Where string }
	}
	browser.evaluate(&found, `axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(r => ({
		passed: r.passes.length,
		wrong: [...r.violations, ...r.incomplete].flatMap(v => v.nodes.filter(n => v.id != "color-contrast" || !n.html.startsWith("<text")).map(n =>
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

// printed: the page prints.
func printed(t *testing.T, browser *chromium) {
	t.Helper()
	var paper struct{ Data []byte }
	browser.call(&paper, "Page.printToPDF", map[string]any{"preferCSSPageSize": true, "printBackground": true})
	keep(t, paper.Data, "pdf")
	if !bytes.HasPrefix(paper.Data, []byte("%PDF-")) || !bytes.Contains(paper.Data, []byte("/Type /Page")) {
		t.Fatalf("no pages came out, but %d bytes", len(paper.Data))
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
