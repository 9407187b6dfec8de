// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// token looks like one, and is none.
var token = "eyJ" + strings.Repeat("hbGciOiJ", 5) + ".eyJ" + strings.Repeat("pc3MiOiJ", 5) + "." + strings.Repeat("c2lnbmVk", 8)

func TestSummary(t *testing.T) {
	const ginkgoEnd = "Ran 5 of 6 Specs in 0.01 seconds\n" +
		"\x1b[1mFAIL!\x1b[0m -- \x1b[1m3 Passed\x1b[0m | \x1b[1m2 Failed\x1b[0m | 1 Pending | 1 Skipped\n"
	for name, tc := range map[string]struct {
		events []event
		want   []string // what is printed, in this order
		hidden string   // what is not
	}{
		"a passing test is counted and keeps quiet": {
			events: []event{
				{Action: "run", Package: "p", Test: "TestA"},
				{Action: "output", Package: "p", Test: "TestA", Output: "chatter\n"},
				{Action: "pass", Package: "p", Test: "TestA"},
				{Action: "pass", Package: "p", Elapsed: 1.5},
			},
			want:   []string{"ok       1.50s  p\n", "1 passed, 0 failed, 0 skipped\n"},
			hidden: "chatter",
		},
		"subtests count in the place of their test, and a failure counts once": {
			events: []event{
				{Action: "run", Package: "p", Test: "TestA"},
				{Action: "run", Package: "p", Test: "TestA/x/y"},
				{Action: "output", Package: "p", Test: "TestA/x/y", Output: "boom\n"},
				{Action: "fail", Package: "p", Test: "TestA/x/y"},
				{Action: "run", Package: "p", Test: "TestA/z"},
				{Action: "skip", Package: "p", Test: "TestA/z"},
				{Action: "fail", Package: "p", Test: "TestA"},
				{Action: "fail", Package: "p"},
			},
			want: []string{"boom\n", "FAIL     0.00s  p\n", "0 passed, 1 failed, 1 skipped\n"},
		},
		"specs count in the place of the test that runs them": {
			events: []event{
				{Action: "run", Package: "p", Test: "TestSpecs"},
				{Action: "output", Package: "p", Test: "TestSpecs", Output: ginkgoEnd},
				{Action: "fail", Package: "p", Test: "TestSpecs"},
				{Action: "fail", Package: "p"},
			},
			want: []string{"Ran 5 of 6", "3 passed, 2 failed, 2 skipped\n"},
		},
		"a package that does not build has failed": {
			events: []event{
				{Action: "build-output", Output: "p/p.go:1: no\n"},
				{Action: "build-fail"},
				{Action: "fail", Package: "p"},
			},
			want: []string{"p/p.go:1: no\n", "FAIL     0.00s  p\n", "0 passed, 1 failed, 0 skipped\n"},
		},
		"a test cut off by a timeout shows what it said": {
			events: []event{
				{Action: "run", Package: "p", Test: "TestSlow"},
				{Action: "output", Package: "p", Test: "TestSlow", Output: "panic: test timed out\n"},
				{Action: "fail", Package: "p"},
			},
			want: []string{"panic: test timed out\n", "0 passed, 1 failed, 0 skipped\n"},
		},
		"a test that passes and prints a token has failed, and the token is not shown": {
			events: []event{
				{Action: "run", Package: "p", Test: "TestA"},
				{Action: "run", Package: "p", Test: "TestA/x"},
				{Action: "output", Package: "p", Test: "TestA/x", Output: "first\n"},
				{Action: "output", Package: "p", Test: "TestA/x", Output: "got " + token[:40]},
				{Action: "output", Package: "p", Test: "TestA/x", Output: token[40:] + "\n"},
				{Action: "pass", Package: "p", Test: "TestA/x"},
				{Action: "pass", Package: "p", Test: "TestA"},
				{Action: "pass", Package: "p"},
			},
			want: []string{
				"LEAK  the output of p TestA/x holds, in line 2, column 5: a token or a signed grant (JWT)\n",
				"got [a token or a signed grant (JWT)]\n", "FAIL     0.00s  p\n", "0 passed, 1 failed, 0 skipped\n",
			},
			hidden: token[40:],
		},
		"what a package, a build and a crash print is searched too": {
			events: []event{
				{Action: "build-output", Output: token + "\n"},
				{Action: "run", Package: "p", Test: "TestSlow"},
				{Action: "output", Package: "p", Test: "TestSlow", Output: token + "\n"},
				{Action: "output", Package: "p", Output: token + "\n"},
				{Action: "pass", Package: "p"},
			},
			want: []string{
				"LEAK  the output of the build holds, in line 1", "LEAK  the output of p holds, in line 1",
				"LEAK  the output of p TestSlow holds, in line 1", "0 passed, 3 failed, 0 skipped\n",
			},
			hidden: token[40:],
		},
	} {
		t.Run(name, func(t *testing.T) {
			rest := summarise(t, tc.events)
			if tc.hidden != "" && strings.Contains(rest, tc.hidden) {
				t.Errorf("output holds %q:\n%s", tc.hidden, rest)
			}
			for _, want := range tc.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("no %q in the rest of the output:\n%s", want, rest)
				}
				rest = after
			}
			if rest != "" {
				t.Errorf("the count is not the last line, %q follows", rest)
			}
		})
	}
}

func TestLinesThatAreNoEventsArePassedOn(t *testing.T) {
	var out strings.Builder
	s := summary{out: &out, live: map[string]*running{}}
	if err := s.read(strings.NewReader("go: something odd\n")); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "go: something odd\n") {
		t.Errorf("got %q", out.String())
	}
}

func summarise(t *testing.T, events []event) string {
	t.Helper()
	var stream, out strings.Builder
	encoder := json.NewEncoder(&stream)
	for _, e := range events {
		if err := encoder.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	s := summary{out: &out, live: map[string]*running{}}
	if err := s.read(strings.NewReader(stream.String())); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
