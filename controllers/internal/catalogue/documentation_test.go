// SPDX-License-Identifier: BSD-3-Clause

package catalogue

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the tables of docs/integrations.md anew")

// page is where users read of the catalogue; the tables stand between the marks.
const (
	page  = "../../../docs/integrations.md"
	begin = "<!-- From here on generated from the catalogue: go test ./controllers/internal/catalogue -run Documentation -update -->\n"
	end   = "<!-- To here. -->\n"
)

func TestTheDocumentationShowsTheCatalogue(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no marks for the tables", page)
	}
	want := before + begin + tables() + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("%s is not current (-want +got): the mark in it says how it is written anew\n%s", page, diff)
	}
}

// tables are what Apps get and call, and what is promised and asked.
func tables() string {
	var out strings.Builder
	test, production := environments["test"], environments["production"]
	out.WriteString("\n## What an App gets\n\nWhere a host stands without an address, `egress.hosts` must give it.\n\n")
	out.WriteString("| solution | client | scopes when none are declared | scopes to choose from | hosts in production | hosts in tests |\n|---|---|---|---|---|---|\n")
	for _, solution := range Solutions() {
		there, _ := Of(solution, production)
		here, _ := Of(solution, test)
		row(&out, "`"+string(solution)+"`", string(there.Client), coded(there.Scopes), coded(there.Allowed), places(there.Hosts), places(here.Hosts))
	}
	out.WriteString("\n## What is promised and asked\n\n| solution | chapter | role | availability | log is kept | what people must do | source |\n|---|---|---|---|---|---|---|\n")
	for _, solution := range Solutions() {
		entry, _ := Of(solution, production)
		chapter, _ := solution.Chapter()
		row(&out, "`"+string(solution)+"`", string(chapter), string(entry.Role), entry.Availability, entry.LogRetention, entry.SetUp, entry.Source)
	}
	out.WriteString("\n")
	return out.String()
}

func row(out *strings.Builder, cells ...string) {
	for i, cell := range cells {
		if cell == "" {
			cells[i] = "–"
		}
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

// coded are texts as code.
func coded[T ~string](texts []T) string {
	var marked []string
	for _, text := range texts {
		marked = append(marked, "`"+string(text)+"`")
	}
	return strings.Join(marked, ", ")
}

func places(hosts []Host) string {
	var lines []string
	for _, host := range hosts {
		name := host.Host
		if name == environments["test"].PlatformHost || name == environments["production"].PlatformHost {
			name = "`environment.platformHost`"
		}
		var parts []string
		for _, port := range host.Ports {
			if port != 443 || len(host.Ports) > 1 {
				parts = append(parts, fmt.Sprint(port))
			}
		}
		if len(parts) > 0 {
			name = strings.TrimSpace(name + " port " + strings.Join(parts, " and "))
		}
		if len(host.Addresses) > 0 {
			name = strings.TrimSpace(name + " (" + strings.ReplaceAll(strings.Join(host.Addresses, ", "), "/32", "") + ")")
		}
		lines = append(lines, name)
	}
	return strings.Join(lines, "<br>")
}
