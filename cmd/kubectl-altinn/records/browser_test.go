// SPDX-License-Identifier: BSD-3-Clause

package records_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/records"
	"github.com/altinn/serviceowner-operator/test/browser"
)

// TestPageInABrowser opens the page in Chromium as people do: wide, at the 320 pixels of WCAG 2.1
// 1.4.10, by keyboard, and on paper. SKIP_BROWSER=<why> leaves it out.
func TestPageInABrowser(t *testing.T) {
	chromium := browser.Start(t)
	for _, input := range []string{"samples", "cluster", "nothing"} {
		for _, language := range records.Languages {
			page := writePage(t, input, language)
			for _, width := range []int{1280, 320} {
				t.Run(fmt.Sprintf("%s in %s at %d pixels", input, language, width), func(t *testing.T) {
					chromium.On(t)
					chromium.Open(page, width, 900)
					noHarm(t, chromium)
					chromium.FitsInWidth()
					reachedByKeyboard(t, chromium)
					chromium.Accessible("false")
					chromium.Seen(width)
				})
			}
			t.Run(fmt.Sprintf("%s in %s on paper", input, language), func(t *testing.T) {
				chromium.On(t)
				chromium.Open(page, 1280, 900)
				printed(t, chromium)
			})
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
func noHarm(t *testing.T, chromium *browser.Chromium) {
	t.Helper()
	var found []string
	chromium.Evaluate(&found, `[
		...performance.getEntriesByType("resource").map(e => e.name),
		...[...document.querySelectorAll("script, img, svg, iframe, link, object, embed, form, base")].map(e => e.outerHTML),
		...[...document.querySelectorAll("*")].flatMap(e => [...e.attributes]).filter(a => a.name.startsWith("on")).map(a => a.name),
	]`)
	if len(found) > 0 {
		t.Errorf("the page fetches or holds %q", found)
	}
}

// reachedByKeyboard: the first Tab shows the skip link, and Enter goes to the content.
func reachedByKeyboard(t *testing.T, chromium *browser.Chromium) {
	t.Helper()
	press := func(key string, code int) {
		for _, event := range []string{"rawKeyDown", "char", "keyUp"} {
			text := map[string]string{"char" + "Enter": "\r"}[event+key]
			if event == "char" && text == "" {
				continue
			}
			chromium.Call(nil, "Input.dispatchKeyEvent", map[string]any{
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
	chromium.Evaluate(&link, `(() => {
		const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e)
		return {class: e.className, shown: box.top >= 0 && box.left >= 0 && box.width > 40, colour: style.outlineStyle + " " + style.outlineWidth}
	})()`)
	if link.Class != "skip" || !link.Shown || link.Colour != "solid 3px" {
		t.Errorf("the first Tab does not show the skip link with a focus mark: %+v", link)
	}
	press("Enter", 13)
	var at string
	chromium.Evaluate(&at, `new Promise(done => setTimeout(() => done(document.activeElement.id), 50))`)
	if at != "content" {
		t.Errorf("the skip link leads to %q", at)
	}
	chromium.Evaluate(nil, `document.activeElement.blur(), scrollTo(0, 0)`)
}

var (
	pageOfPDF = regexp.MustCompile(`/Type /Page\b`)
	a4Lying   = regexp.MustCompile(`/MediaBox \[0 0 84[12][.0-9]* 59[45][.0-9]*\]`)
)

// printed: the page prints, on A4 lying down.
func printed(t *testing.T, chromium *browser.Chromium) {
	t.Helper()
	paper := chromium.Print()
	pages, lying := len(pageOfPDF.FindAll(paper, -1)), len(a4Lying.FindAll(paper, -1))
	if lying != pages {
		t.Errorf("%d of %d pages are A4 lying down", lying, pages)
	}
}
