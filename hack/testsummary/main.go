// SPDX-License-Identifier: BSD-3-Clause

// Testsummary turns the event stream of go test -json into something a person reads: the whole output
// of what failed, a line per package, and last "N passed, N failed, N skipped". Subtests and Ginkgo
// specs count in the place of the test that runs them. It exits non-zero when anything failed.
//
// What a test prints is searched for keys and tokens, also of one that passed. One that printed any has failed;
// where they stand is told, and they are not shown.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/altinn/serviceowner-operator/test/leaks"
)

func main() {
	s := summary{out: os.Stdout, live: map[string]*running{}}
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(2)
	}
	if s.failed > 0 {
		os.Exit(1)
	}
}

// event is one line of go test -json; see go doc test2json. An empty Test means the package itself.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds
}

// running is a test or package that has not ended yet.
type running struct {
	output  strings.Builder
	parent  *running // the test this is a subtest of, or the package; nil for a package
	counted bool     // subtests or specs are counted in its place
	failed  bool     // it failed, or something counted in its place did
}

// summary prints as it reads, and counts.
type summary struct {
	out                     io.Writer
	live                    map[string]*running // by package, a space, and test
	passed, failed, skipped int
}

// read consumes the stream to its end and prints the counts. Lines that are no events pass as they are.
func (s *summary) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20) // go test cuts long output into events far smaller
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Action != "" {
			s.handle(e)
		} else {
			s.printf("%s\n", s.searched("a line that is no test's", lines.Text()))
		}
	}
	s.printf("%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	return lines.Err()
}

func (s *summary) handle(e event) {
	switch e.Action {
	case "build-output":
		s.printf("%s", s.searched("the build", e.Output))
	case "output":
		s.at(e.Package, e.Test).output.WriteString(e.Output)
	case "run":
		for p := s.at(e.Package, e.Test).parent; p != nil; p = p.parent {
			p.counted = true
		}
	case "pass", "fail", "skip":
		s.end(e)
	}
}

func (s *summary) end(e event) {
	r := s.at(e.Package, e.Test)
	delete(s.live, e.Package+" "+e.Test)
	s.countSpecs(r)
	text := r.output.String()
	leaked := s.leaks(strings.TrimSpace(e.Package+" "+e.Test), text)
	if e.Test == "" {
		s.printUnfinished(e.Package)
		verdict := map[string]string{"pass": "ok", "fail": "FAIL", "skip": "none"}[e.Action]
		if leaked || r.failed {
			verdict = "FAIL"
		}
		defer s.printf("%-4s %8.2fs  %s\n", verdict, e.Elapsed, e.Package)
	}
	switch {
	case e.Action == "fail" || leaked:
		s.printf("%s", leaks.Hide(text))
		if !r.failed {
			s.failed++
		}
		for p := r.parent; p != nil; p = p.parent {
			p.failed = true
		}
	case r.counted || e.Test == "":
	case e.Action == "pass":
		s.passed++
	case e.Action == "skip":
		s.skipped++
	}
}

// printUnfinished shows what tests said that a crash or a timeout cut off.
func (s *summary) printUnfinished(pkg string) {
	for _, key := range slices.Sorted(maps.Keys(s.live)) {
		if strings.HasPrefix(key, pkg+" ") {
			s.printf("%s", s.searched(key, s.live[key].output.String()))
			delete(s.live, key)
		}
	}
}

// leaks tells where a text holds keys or tokens, and whether it does.
func (s *summary) leaks(of, text string) bool {
	found := leaks.Search([]byte(text))
	for _, one := range found {
		s.printf("LEAK  the output of %s holds, in %s\n", of, one)
	}
	return len(found) > 0
}

// searched is a text that can be shown. One that holds keys or tokens counts as a failure.
func (s *summary) searched(of, text string) string {
	if !s.leaks(of, text) {
		return text
	}
	s.failed++
	return leaks.Hide(text)
}

var (
	colour = regexp.MustCompile("\x1b\\[[0-9;]*m")
	ginkgo = regexp.MustCompile(`-- (\d+) Passed \| (\d+) Failed \|(?: \d+ Flaked \|)? (\d+) Pending \| (\d+) Skipped`)
)

// countSpecs counts what Ginkgo says it ran, in the place of the test that ran Ginkgo.
func (s *summary) countSpecs(r *running) {
	text := colour.ReplaceAllString(r.output.String(), "")
	for _, m := range ginkgo.FindAllStringSubmatch(text, -1) {
		number := func(i int) int { n, _ := strconv.Atoi(m[i]); return n }
		s.passed += number(1)
		s.failed += number(2)
		s.skipped += number(3) + number(4)
		r.counted = true
		r.failed = r.failed || number(2) > 0
	}
}

func (s *summary) at(pkg, test string) *running {
	r, ok := s.live[pkg+" "+test]
	if !ok {
		r = &running{}
		if test != "" { // "T/a" is a subtest of "T", and "T" of the package
			r.parent = s.at(pkg, test[:max(0, strings.LastIndex(test, "/"))])
		}
		s.live[pkg+" "+test] = r
	}
	return r
}

func (s *summary) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, format, args...) // nobody is left to tell when stdout is gone
}
