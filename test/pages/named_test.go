// SPDX-License-Identifier: BSD-3-Clause

// Package pages holds what pages say of the code to the code. That their commands work is shown by
// the black-box suite.
package pages

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

var (
	// function and spec are how a test is named in the code; quoted is how a page names one.
	function = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Za-z0-9_]+)\(`)
	spec     = regexp.MustCompile(`\bIt\("([^"]+)"`)
	quoted   = regexp.MustCompile("`([^`]+)`")
	// asTest is what of a page's quotes is meant as a test: a function's name, or a sentence.
	asTest = regexp.MustCompile(`^((Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9_]+|[a-z][a-z']*( [^ ]+){3,})$`)
)

// tests are the names of all tests there are.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "bin" || entry.Name() == ".git") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := os.ReadFile(path)
		for _, names := range [][][]string{function.FindAllStringSubmatch(string(content), -1), spec.FindAllStringSubmatch(string(content), -1)} {
			for _, name := range names {
				found[name[1]] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryTestThatThePagesOnSecurityNameIsThere(t *testing.T) {
	there := tests(t)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "security", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages on security: %v", err)
	}
	named := 0
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, quote := range quoted.FindAllStringSubmatch(string(content), -1) {
			name, _, _ := strings.Cut(quote[1], "/")
			if !asTest.MatchString(name) {
				continue
			}
			named++
			if !there[name] {
				t.Errorf("%s names a test that is not there: %s", filepath.Base(page), name)
			}
		}
	}
	if named < 30 {
		t.Errorf("only %d tests are named: are they looked for as pages quote them?", named)
	}
}

func TestEveryThreatHasAMitigationAndATest(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "docs", "security", "threat-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(content), "## STRIDE")
	table, _, more := strings.Cut(table, "## What remains")
	if !found || !more {
		t.Fatal("the page has no table of threats")
	}
	categories := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.HasPrefix(cells[0], "---") || strings.TrimSpace(cells[0]) == "asset" {
			continue
		}
		if strings.Contains(cells[0], "**") {
			categories++
			continue
		}
		for i, cell := range cells {
			if strings.TrimSpace(cell) == "" || i == 3 && !strings.ContainsAny(cell, "`[") {
				t.Errorf("a threat is without its asset, mitigation or test: %s", line)
			}
		}
	}
	if categories != 6 {
		t.Errorf("STRIDE has six letters, the table %d", categories)
	}
}
