// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// found makes a finding as govulncheck tells it: the module alone, or with the function that is called.
func found(id, module, version, fixed, function string) string {
	vulnerable := `{"module":"` + module + `","version":"` + version + `"`
	if function == "" {
		return `{"finding":{"osv":"` + id + `","fixed_version":"` + fixed + `","trace":[` + vulnerable + `}]}}`
	}
	return `{"finding":{"osv":"` + id + `","fixed_version":"` + fixed + `","trace":[` + vulnerable + `,"package":"p","function":"` + function +
		`"},{"module":"m","package":"example.no/operator","function":"main"}]}}`
}

func TestWhatMustBeDoneIsSaid(t *testing.T) {
	const begin, net, std = `{"config":{}}`, "golang.org/x/net", "stdlib"
	for name, tc := range map[string]struct {
		messages []string
		want     failures
		says     []string
	}{
		"nothing was found": {[]string{begin}, failures{}, []string{"0 modules are vulnerable where the code calls them; 0 more findings that nothing calls"}},
		"a module is vulnerable where nothing calls it": {
			[]string{begin, found("GO-1", net, "v0.1.0", "v0.2.0", "")}, failures{}, []string{"1 more findings that nothing calls"},
		},
		"a module is vulnerable where the code calls it": {
			[]string{begin, `{"osv":{"id":"GO-1","summary":"Frames never end"}}`, found("GO-1", net, "v0.1.0", "v0.2.0", ""), found("GO-1", net, "v0.1.0", "v0.2.0", "Read")},
			failures{modules: true},
			[]string{"GO-1 in golang.org/x/net v0.1.0, called by example.no/operator.main: Frames never end", "golang.org/x/net must be newer: go get golang.org/x/net@v0.2.0"},
		},
		"the newest of several is needed": {
			[]string{begin, found("GO-1", net, "v0.1.0", "v0.10.0", "Read"), found("GO-2", net, "v0.1.0", "v0.9.0", "Write")}, failures{modules: true}, []string{"go get golang.org/x/net@v0.10.0"},
		},
		"what comes later does not take back that it is called": {
			[]string{begin, found("GO-1", net, "v0.1.0", "v0.2.0", "Read"), found("GO-1", net, "v0.1.0", "v0.2.0", "")}, failures{modules: true}, []string{"must be newer"},
		},
		"nothing newer is right yet": {
			[]string{begin, found("GO-1", net, "v0.1.0", "", "Read")}, failures{modules: true}, []string{"none is right yet: call something else"},
		},
		"Go's own library is vulnerable": {
			[]string{begin, found("GO-1", std, "v1.26.8", "v1.26.9", "Read"), found("GO-2", std, "v1.26.8", "v1.26.10", "Read")},
			failures{toolchain: true}, []string{"build with go1.26.10 or later", "0 modules are vulnerable"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := read(strings.NewReader(strings.Join(tc.messages, "\n")))
			if err != nil {
				t.Fatal(err)
			}
			var told strings.Builder
			if got := tell(&told, all); got != tc.want {
				t.Errorf("want %+v, got %+v", tc.want, got)
			}
			for _, says := range tc.says {
				if !strings.Contains(told.String(), says) {
					t.Errorf("want %q in\n%s", says, told.String())
				}
			}
		})
	}
}

func TestWhatIsNoAnswerIsNotAnEmptyOne(t *testing.T) {
	for name, tc := range map[string]struct{ said, want string }{
		"nothing":                 {"", "it said nothing"},
		"something else":          {`{"progress":{"message":"x"}}`, "it said nothing"},
		"an answer that breaks":   {`{"config":{}}{"finding":`, "unexpected EOF"},
		"what is no JSON":         {"govulncheck: no packages", "invalid character"},
		"an answer without a way": {`{"config":{}}{"finding":{"osv":"GO-1","trace":[]}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := read(strings.NewReader(tc.said))
			if tc.want == "" {
				if diff := cmp.Diff(map[finding]known{}, all, cmp.AllowUnexported(finding{}, known{})); diff != "" || err != nil {
					t.Error(diff, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("want %q, got %v", tc.want, err)
			}
		})
	}
}
