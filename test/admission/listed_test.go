// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testFunction = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
	// namedTest is a function, maybe with the sentence of one of its cases, or a spec in words.
	namedTest = regexp.MustCompile("`(Test[A-Za-z0-9_]+)?(?:/?([^`]+))?`")
)

// listedAttacks are the rows of docs/security/attacks.md: what is tried, what stops it, the tests.
func listedAttacks(t *testing.T) [][]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(moduleRoot, "docs/security/attacks.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || line == "| attack | what stops it | test |" {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) != 3 || slices.Contains(cells, "") {
			t.Errorf("a row needs an attack, what stops it, and a test: %s", line)
			continue
		}
		rows = append(rows, cells)
	}
	return rows
}

// testSources are the files with tests of the whole project, by their path.
func testSources(t *testing.T) map[string]string {
	t.Helper()
	sources := map[string]string{}
	err := filepath.WalkDir(moduleRoot, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "bin" || entry.Name() == ".git"):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := os.ReadFile(path)
		sources[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// Every row names a test that is there, with the case it speaks of; every test of an attack has a row.
func TestEveryAttackIsListedWithItsTest(t *testing.T) {
	sources, rows := testSources(t), listedAttacks(t)
	listed := map[string]bool{}
	for _, row := range rows {
		names := namedTest.FindAllStringSubmatch(row[2], -1)
		if len(names) == 0 {
			t.Errorf("no test is named for: %s", row[0])
		}
		for _, name := range names {
			listed[name[1]] = true
			if !isThere(sources, name[1], name[2]) {
				t.Errorf("there is no test %s for: %s", name[0], row[0])
			}
		}
	}
	for path, source := range sources {
		if matched, _ := filepath.Match("attacks_*_test.go", filepath.Base(path)); !matched {
			continue
		}
		for _, test := range testFunction.FindAllStringSubmatch(source, -1) {
			if strings.HasPrefix(test[1], "TestAttack") && !listed[test[1]] {
				t.Errorf("docs/security/attacks.md has no row with %s", test[1])
			}
		}
	}
	if len(rows) < 40 {
		t.Errorf("only %d rows were read", len(rows))
	}
}

// isThere says whether one file holds both the function and the sentence; either may be empty.
func isThere(sources map[string]string, function, sentence string) bool {
	for _, source := range sources {
		if (function == "" || strings.Contains(source, "func "+function+"(")) && (sentence == "" || strings.Contains(source, `"`+sentence+`"`)) {
			return true
		}
	}
	return false
}
