// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// elsewhere are reasons of the blocks below that the gate does not find, and who does.
var elsewhere = map[string]string{
	"RetentionTooLong": "needs the Apps and ConsentResources of an agreement: its kind finds it, by KeepsTooLong",
}

// ruled and assessed are all tables of this package.
func ruled() []map[string]rulingCase {
	return []map[string]rulingCase{
		ladderCases(), governingCases(), coverageCases(), regionCases(), exceptionCases(), transferCases(), termsCases(),
		endingCases(), graceCases(), renewalCases(),
	}
}

func assessed() []map[string]assessCase {
	return []map[string]assessCase{assessConditions(), assessWarnings()}
}

func TestEveryReasonOfTheGateIsFoundBySomeCase(t *testing.T) {
	produced := map[string]bool{}
	for _, cases := range ruled() {
		for _, tc := range cases {
			for _, finding := range tc.world.judge().Findings {
				produced[finding.Reason] = true
			}
		}
	}
	for _, cases := range assessed() {
		for _, tc := range cases {
			for _, finding := range tc.world.assess().Findings {
				produced[finding.Reason] = true
			}
		}
	}
	for _, tc := range driftCases() {
		for _, finding := range tc.want { // which TestDrift compares with what is found
			produced[finding.Reason] = true
		}
	}
	documented := map[string]bool{"ServiceOwnerMissing": true} // of all kinds, and of an agreement too
	for _, reason := range reasonsOf(t, "Reasons of the agreement gate", "Reasons of the region rule", "Reasons of warnings") {
		documented[reason] = true
		if elsewhere[reason] == "" && !produced[reason] {
			t.Errorf("no case finds %s", reason)
		}
		if elsewhere[reason] != "" && produced[reason] {
			t.Errorf("%s is found here after all", reason)
		}
	}
	for reason := range maps.Keys(produced) {
		if !documented[reason] {
			t.Errorf("%s is not among the reasons of the gate", reason)
		}
	}
	for reason := range elsewhere {
		if !documented[reason] {
			t.Errorf("%s is no reason of these blocks: take it out", reason)
		}
	}
}

// reasonsOf reads the values of the blocks of constants whose comments begin with these words.
func reasonsOf(t *testing.T, blocks ...string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../../api/v1alpha1/conditions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	var seen int
	for _, declaration := range file.Decls {
		block, ok := declaration.(*ast.GenDecl)
		if !ok || !slices.ContainsFunc(blocks, func(begins string) bool { return strings.HasPrefix(block.Doc.Text(), begins) }) {
			continue
		}
		seen++
		for _, spec := range block.Specs {
			for _, value := range spec.(*ast.ValueSpec).Values {
				reason, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				reasons = append(reasons, reason)
			}
		}
	}
	if seen != len(blocks) || len(reasons) < 20 {
		t.Fatalf("%d blocks with %d reasons: conditions.go reads otherwise than it did", seen, len(reasons))
	}
	return reasons
}
