// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
	"github.com/altinn/serviceowner-operator/test/browser"
)

// pictured is what axe-core cannot tell, the contrast of texts in a picture; contrasts does.
const pictured = `v.id == "color-contrast" && n.html.startsWith("<text")`

// TestPageInABrowser opens the page in Chromium as people do: wide, at the 320 pixels of WCAG 2.1 1.4.10, and on
// paper. SKIP_BROWSER=<why> leaves it out.
func TestPageInABrowser(t *testing.T) {
	chromium := browser.Start(t)
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
				chromium.On(t)
				chromium.Open(page, width, 900)
				noHarm(t, chromium)
				chromium.FitsInWidth()
				reachedByKeyboard(t, chromium)
				textsFit(t, chromium)
				contrasts(t, chromium)
				chromium.Accessible(pictured)
				chromium.Seen(width)
			})
		}
		t.Run(name+" on paper", func(t *testing.T) {
			chromium.On(t)
			chromium.Open(page, 1280, 900)
			chromium.Print()
		})
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
func noHarm(t *testing.T, chromium *browser.Chromium) {
	t.Helper()
	var found []string
	chromium.Evaluate(&found, `[
		...performance.getEntriesByType("resource").map(e => e.name),
		...[...document.querySelectorAll("script, img, iframe, link, object, embed, form, base, image, use, foreignObject, svg svg")].map(e => e.outerHTML),
		...[...document.querySelectorAll("svg")].slice(1).map(e => e.outerHTML),
		...[...document.querySelectorAll("*")].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith("on")).map(a => a.name),
	]`)
	if len(found) > 0 {
		t.Errorf("the page fetches or holds %q", found)
	}
}

// reachedByKeyboard: Tab leads to the skip link, which shows then, and at last into the picture, which can be scrolled.
func reachedByKeyboard(t *testing.T, chromium *browser.Chromium) {
	t.Helper()
	var at []string
	for range 60 {
		chromium.Call(nil, "Input.dispatchKeyEvent", map[string]any{"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9})
		chromium.Call(nil, "Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9})
		var class string
		chromium.Evaluate(&class, `(() => {
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
	chromium.Evaluate(nil, `document.activeElement.blur(), scrollTo(0, 0)`)
}

// textsFit: no text of the picture is wider than its box, none lies outside the picture, and no two boxes overlap.
func textsFit(t *testing.T, chromium *browser.Chromium) {
	t.Helper()
	var wrong []string
	chromium.Evaluate(&wrong, `(() => {
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
func contrasts(t *testing.T, chromium *browser.Chromium) {
	t.Helper()
	var found struct {
		Looked int
		Wrong  []string
	}
	chromium.Evaluate(&found, `(() => {
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
