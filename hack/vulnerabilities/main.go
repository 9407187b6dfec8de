// SPDX-License-Identifier: BSD-3-Clause

// Command vulnerabilities reads what govulncheck -json found and says in a line each what must be done. It fails when the
// code calls what is vulnerable in a module that go.mod requires: a newer one mends that. What is vulnerable in Go's own
// library is mended by building with a newer Go, which is for whoever builds: it is told, and fails with -strict, as a
// release is built. What is not called is told in one line.
//
//	govulncheck -json . ./cmd/... | vulnerabilities [-strict]
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/version"
)

func main() {
	strict := flag.Bool("strict", false, "fail on what is vulnerable in Go's own library too")
	flag.Parse()
	found, err := read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulnerabilities:", err)
		os.Exit(2)
	}
	failed := tell(os.Stdout, found)
	if failed.modules || failed.toolchain && *strict {
		os.Exit(1)
	}
}

// standardLibrary is what govulncheck calls Go's own library.
const standardLibrary = "stdlib"

// finding is a vulnerability in a module at the version that is used.
type finding struct{ id, module, version string }

// known is what is known of a finding.
type known struct {
	summary, fixed string
	// called is where the code calls it; empty when it does not.
	called string
}

// message is one of govulncheck's: what a vulnerability is, or where it was found.
type message struct {
	Config *struct{} `json:"config"`
	OSV    *struct {
		ID, Summary string
	} `json:"osv"`
	Finding *struct {
		OSV   string  `json:"osv"`
		Fixed string  `json:"fixed_version"`
		Trace []frame `json:"trace"`
	} `json:"finding"`
}

// frame is a step of the way from the code to what is vulnerable, which comes first.
type frame struct{ Module, Version, Package, Function string }

// read collects what was found. What does not begin with govulncheck's own words is no answer, and not an empty one.
func read(from io.Reader) (map[finding]known, error) {
	all, summaries, begun := map[finding]known{}, map[string]string{}, false
	for decoder := json.NewDecoder(from); ; {
		var one message
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading what govulncheck found: %w", err)
		}
		begun = begun || one.Config != nil
		if one.OSV != nil {
			summaries[one.OSV.ID] = one.OSV.Summary
		}
		if one.Finding == nil || len(one.Finding.Trace) == 0 {
			continue
		}
		vulnerable, caller := one.Finding.Trace[0], one.Finding.Trace[len(one.Finding.Trace)-1]
		at := finding{one.Finding.OSV, vulnerable.Module, vulnerable.Version}
		now := known{fixed: one.Finding.Fixed, called: all[at].called}
		if vulnerable.Function != "" && now.called == "" {
			now.called = caller.Package + "." + caller.Function
		}
		all[at] = now
	}
	if !begun {
		return nil, errors.New("reading what govulncheck found: it said nothing")
	}
	for at, one := range all {
		one.summary = summaries[at.id]
		all[at] = one
	}
	return all, nil
}

// failures are where something must be done.
type failures struct{ modules, toolchain bool }

// tell writes what must be done, what is worst first.
func tell(to io.Writer, found map[finding]known) (failed failures) {
	modules, goes := map[string]string{}, ""
	uncalled := 0
	byID := func(a, b finding) int { return strings.Compare(a.module+a.id, b.module+b.id) }
	for _, at := range slices.SortedFunc(maps.Keys(found), byID) {
		one := found[at]
		if one.called == "" {
			uncalled++
			continue
		}
		fmt.Fprintf(to, "vulnerabilities: %s in %s %s, called by %s: %s\n", at.id, at.module, at.version, one.called, one.summary)
		if at.module == standardLibrary {
			failed.toolchain, goes = true, newer(goes, one.fixed)
		} else {
			failed.modules = true
			modules[at.module] = newer(modules[at.module], one.fixed)
		}
	}
	for _, module := range slices.Sorted(maps.Keys(modules)) {
		remedy := "go get " + module + "@" + modules[module]
		if modules[module] == "" {
			remedy = "none is right yet: call something else"
		}
		fmt.Fprintf(to, "vulnerabilities: %s must be newer: %s\n", module, remedy)
	}
	if failed.toolchain {
		fmt.Fprintf(to, "vulnerabilities: Go itself must be newer: build with go%s or later\n", strings.TrimPrefix(goes, "v"))
	}
	fmt.Fprintf(to, "vulnerabilities: %d modules are vulnerable where the code calls them; %d more findings that nothing calls\n", len(modules), uncalled)
	return failed
}

// newer is the later of two versions; an empty one is the earliest.
func newer(a, b string) string {
	one, err := version.ParseSemantic(a)
	if err != nil {
		return b
	}
	if other, err := version.ParseSemantic(b); err == nil && one.LessThan(other) {
		return b
	}
	return a
}
