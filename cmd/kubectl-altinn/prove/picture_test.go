// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
)

// drawn is what the tables compare of a picture: its lines by class, and its boxes.
func drawn(picture *prove.Picture) []string {
	var all []string
	for _, line := range picture.Lines {
		if line.Class != "kept" {
			title, _, _ := strings.Cut(line.Title, ". ")
			all = append(all, line.Class+": "+title)
		}
	}
	return all
}

func TestThePictureShowsWhatWasFound(t *testing.T) {
	picture := prove.Draw(new(prove.Build(read(t, "trouble"), "", checked)))
	want := []string{
		"open: Declared by both, open: skd/income to skd/tax-return",
		"open: Declared by both, open: skd/tax-return to skd/income",
		"open: Declared by both, open: skd/tax-return to brg/companies",
		"half: Declared by one side only, closed: nav/pension to nav/sick-leave",
		"half: Declared by one side only, closed: nav/pension to skd/income",
		"leak: Not declared, one side open: nav/sick-leave to skd/income",
		"leak through: Not declared, gets through: nav/Deployment shell to brg/roles",
		"leak through: Policy allow-all of so-brg lets roles be called by: everything on all ports",
		"leak through: Policy allow-all of so-brg lets roles call: everything on all ports",
		"leak through: No policy rules what goes out of Deployment shell in so-nav, so that it is open to everything",
	}
	got := drawn(picture)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	var red []string
	for _, row := range picture.Rows {
		if strings.HasSuffix(row.Class, " bad") {
			red = append(red, row.Label)
		}
	}
	if diff := cmp.Diff([]string{"roles", "Deployment shell", "income"}, red); diff != "" {
		t.Errorf("red boxes (-want +got):\n%s", diff)
	}
	const words = "8 workloads of 3 service owners in the middle; 3 points of entry and 5 points of exit that the operator keeps. Between them 3 calls that both " +
		"sides declare, 2 declared by one side only, and 2 that nobody declared; 3 openings with the outside are not declared either. The tables below say the same in words."
	if diff := cmp.Diff(words, picture.Alternative); diff != "" {
		t.Errorf("in words (-want +got):\n%s", diff)
	}
}

func TestWhatIsTooMuchToDrawIsSaid(t *testing.T) {
	for name, test := range map[string]struct {
		resources   prove.Resources
		scope       string
		rows, bands int
		note        string
	}{
		"sixty Apps are drawn one by one":                {many(12, 5), "", 60, 12, ""},
		"past that, each box is a service owner":         {many(61, 1), "", 60, 1, "61 workloads are more than can be drawn one by one, so each box is a service owner, and entry and exit are told by the table alone. The tables name every App. Not drawn: 1 service owner; those with findings come first, then those with calls to others."},
		"one of many is drawn with its neighbours' Apps": {many(61, 1), "owner7", 3, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			picture := prove.Draw(new(prove.Build(test.resources, test.scope, checked)))
			if len(picture.Rows) != test.rows || len(picture.Bands) != test.bands {
				t.Errorf("%d rows in %d bands", len(picture.Rows), len(picture.Bands))
			}
			if diff := cmp.Diff(test.note, picture.Note); diff != "" {
				t.Errorf("the note (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOwnersWithFindingsAreDrawnFirst where not all are.
func TestOwnersWithFindingsAreDrawnFirst(t *testing.T) {
	resources := many(100, 1)
	resources.Policies = append(resources.Policies, hand("so-owner99", "", letIn(inNamespace("traefik"))))
	picture := prove.Draw(new(prove.Build(resources, "", checked)))
	if !slices.ContainsFunc(picture.Rows, func(r prove.Row) bool { return r.Label == "owner99" && strings.HasSuffix(r.Class, " bad") }) {
		t.Errorf("the one with a finding is not among %+v", picture.Rows)
	}
}

// TestNoLineLiesOnAnother: calls that pass the same place are in different lanes, whatever calls there are.
func TestNoLineLiesOnAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ends := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]int {
			from := rapid.IntRange(0, 20).Draw(t, "from")
			to := rapid.IntRange(0, 20).Filter(func(to int) bool { return to != from }).Draw(t, "to")
			return [2]int{from, to}
		}), 0, 40).Draw(t, "calls")
		lanes := prove.Lanes(ends)
		for i := range ends {
			for j := range i {
				passes := max(slices.Min(ends[i][:]), slices.Min(ends[j][:])) < min(slices.Max(ends[i][:]), slices.Max(ends[j][:]))
				if passes && lanes[i] == lanes[j] {
					t.Fatalf("%v and %v are both in lane %d", ends[i], ends[j], lanes[i])
				}
			}
		}
	})
}
