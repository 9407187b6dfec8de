// SPDX-License-Identifier: BSD-3-Clause

package records

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"reflect"
	"strings"
	"time"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed parts.html.tmpl
var partsTemplate string

//go:embed page.css
var pageStyle string

// HTML writes one page for people: it needs nothing but itself, runs no script, and prints on A4.
func HTML(record Record) ([]byte, error) {
	page, err := template.New("page").Funcs(functions(record.Language)).Parse(pageTemplate)
	if err == nil {
		_, err = page.Parse(partsTemplate)
	}
	if err == nil {
		_, err = page.New("style").Parse(pageStyle)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the page's template: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, record); err != nil {
		return nil, fmt.Errorf("writing the record as HTML: %w", err)
	}
	return out.Bytes(), nil
}

// functions are what the page's template says values with. None of them gives nothing for an unknown
// value: an empty place would be read as "none".
func functions(language Language) template.FuncMap {
	return template.FuncMap{
		"t":            language.word,
		"day":          func(date any) string { return language.day(fmt.Sprint(date)) },
		"instant":      language.instant,
		"iso":          func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"days":         language.days,
		"known":        func(text any) string { return cmp.Or(fmt.Sprint(text), language.mustWord("unknown")) },
		"number":       func(days *int32) int32 { return *days },
		"organization": func(number any) string { return organizationNumber(fmt.Sprint(number)) },
		"name":         func(c *Controller) Word { return controllerHeading(language, c) },
		"pointer":      func(c Controller) *Controller { return &c },
		"unhyphenated": func(text string) string { return strings.ReplaceAll(text, "\u00ad", "") },
		"article":      language.article,
		"absent":       func(list any) (string, error) { return absent(language, list) },
		"tone":         tone,
	}
}

// controllerHeading is what a controller's part of the page is called.
func controllerHeading(language Language, c *Controller) Word {
	var name Word
	if c.Name != nil {
		name = language.text(*c.Name)
	}
	return cmp.Or(name, c.Code, Word(c.Namespace))
}

// absent is the word for a list that has no elements: unknown, or none.
func absent(language Language, list any) (string, error) {
	if reflect.ValueOf(list).IsNil() {
		return language.word("unknown")
	}
	return language.word("none")
}

// tone is the class of a result. Its colour and mark repeat what the words say.
func tone(result Coded) string {
	switch result.Value {
	case fulfilled, covered:
		return "good"
	case notFulfilled, notCovered:
		return "bad"
	default:
		return "open"
	}
}
