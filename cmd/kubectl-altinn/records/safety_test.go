// SPDX-License-Identifier: BSD-3-Clause

package records_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/records"
)

// table reads a record's CSV back, as a spreadsheet would.
func table(t *testing.T, record records.Record) [][]string {
	t.Helper()
	content, err := records.CSV(record)
	if err != nil {
		t.Fatal(err)
	}
	text, found := strings.CutPrefix(string(content), "\ufeff")
	if !found {
		t.Error("the table does not begin with a byte order mark")
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma = ';'
	lines, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestNoCellIsAFormula(t *testing.T) {
	for _, dangerous := range []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1", "\x01=1", "＝1", "＋1", "－1", "＠1", "\tx", "\rx",
	} {
		t.Run(fmt.Sprintf("a name %q is written as text", dangerous), func(t *testing.T) {
			resources := read(t, "testdata/samples.in.yaml")
			resources.Apps[0].Spec.DisplayName = v1alpha1.LocalizedText{NB: v1alpha1.Text(dangerous), EN: v1alpha1.Text(dangerous)}
			for _, line := range table(t, records.Build(resources, records.Bokmal, exported))[1:] {
				for _, cell := range line {
					if start := strings.TrimLeft(cell, " \t\r\n\u00a0\ufeff\x01"); start != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(start)[0]) {
						t.Errorf("a cell begins as a formula: %q", cell)
					}
				}
			}
		})
	}
}

func TestHarmlessCellsAreLeftAlone(t *testing.T) {
	for _, line := range table(t, records.Build(read(t, "testdata/samples.in.yaml"), records.English, exported)) {
		for _, cell := range line {
			if strings.HasPrefix(cell, "'") {
				t.Errorf("a cell has an apostrophe it does not need: %q", cell)
			}
		}
	}
}

func TestTextsOfResourcesAreNoMarkup(t *testing.T) {
	resources := read(t, "testdata/samples.in.yaml")
	evil := `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`
	text := v1alpha1.LocalizedText{NB: v1alpha1.Text(evil), NN: v1alpha1.Text(evil), EN: v1alpha1.Text(evil)}
	owner, agreement := &resources.ServiceOwners[0], &resources.Agreements[0]
	owner.Spec.DisplayName = text
	owner.Spec.Contacts.Privacy = v1alpha1.Contact{Email: "a@b.no\" onclick=alert(1)", URL: "javascript:alert(1)"}
	agreement.Spec.Terms = v1alpha1.Terms{Document: v1alpha1.Line(evil), Version: evil, URL: "javascript:alert(1)"}
	agreement.Spec.Purposes[0].Description = v1alpha1.Text(evil)
	agreement.Spec.SubProcessors[0].Name = v1alpha1.Line(evil)
	agreement.Status.Conditions[0].Message = evil
	resources.Apps[0].Spec.DisplayName = text
	resources.Apps[0].Status.Problems = []v1alpha1.Problem{{Severity: "Error", Message: evil, Actor: "Platform", Remedy: evil}}
	for _, language := range records.Languages {
		content, err := records.HTML(records.Build(resources, language, exported))
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []string{"<script", "<img", `="javascript:`, `" onclick`} {
			if at := bytes.Index(content, []byte(wrong)); at >= 0 {
				t.Errorf("the page in %s holds %q: …%s…", language, wrong, content[max(0, at-80):at+40])
			}
		}
	}
}

// innermost finds what people read one by one: the cells of tables and the lines of lists.
var (
	places = map[string]*regexp.Regexp{
		"dd": regexp.MustCompile(`(?s)<dd>(.*?)</dd>`), "td": regexp.MustCompile(`(?s)<td[^>]*>(.*?)</td>`),
		"th": regexp.MustCompile(`(?s)<th [^>]*>(.*?)</th>`), "li": regexp.MustCompile(`(?s)<li>(.*?)</li>`),
		"dt": regexp.MustCompile(`(?s)<dt>(.*?)</dt>`), "h2": regexp.MustCompile(`(?s)<h2[^>]*>(.*?)</h2>`),
	}
	headOfCell = regexp.MustCompile(`<span class="head"[^>]*>[^<]*</span>`)
	anyTag     = regexp.MustCompile(`<[^>]*>`)
)

// An empty place would be read as "none", whatever it is.
func TestNoPlaceIsEmpty(t *testing.T) {
	for name, resources := range map[string]records.Resources{
		"the samples":                      read(t, "testdata/samples.in.yaml"),
		"several service owners":           read(t, "testdata/cluster.in.yaml"),
		"resources with nothing in them":   bare(),
		"a cluster without service owners": {},
	} {
		for _, language := range records.Languages {
			t.Run(name+" in "+string(language), func(t *testing.T) {
				record := records.Build(resources, language, exported)
				for i, line := range table(t, record) {
					for j, cell := range line {
						if strings.TrimSpace(cell) == "" {
							t.Errorf("line %d, column %d of the table is empty", i, j)
						}
					}
				}
				content, err := records.HTML(record)
				if err != nil {
					t.Fatal(err)
				}
				for tag, place := range places {
					for _, found := range place.FindAllSubmatch(content, -1) {
						said := html.UnescapeString(string(anyTag.ReplaceAll(headOfCell.ReplaceAll(found[1], nil), nil)))
						if strings.TrimSpace(said) == "" {
							t.Errorf("a place is empty: <%s>%s", tag, found[1])
						}
					}
				}
			})
		}
	}
}

// bare are resources as no API server would let them in: with all left out that can be.
func bare() records.Resources {
	var all records.Resources
	all.ServiceOwners = []v1alpha1.ServiceOwner{{}}
	all.Agreements = []v1alpha1.DataProcessingAgreement{{}}
	all.Apps = []v1alpha1.App{{}}
	all.ConsentResources = []v1alpha1.ConsentResource{{}}
	all.ServiceOwners[0].Name = "bare"
	all.Agreements[0].Name, all.Agreements[0].Spec.ServiceOwner = "bare", "bare"
	all.Apps[0].Name, all.Apps[0].Namespace = "bare", "so-bare"
	all.ConsentResources[0].Name, all.ConsentResources[0].Namespace = "bare", "so-bare"
	return all
}

// What is unknown is null in JSON and what is none an empty list, so that programs can tell as well.
func TestJSONTellsUnknownFromNone(t *testing.T) {
	content, err := records.JSON(records.Build(read(t, "testdata/cluster.in.yaml"), records.English, exported))
	if err != nil {
		t.Fatal(err)
	}
	var record struct {
		Controllers []struct {
			Code        any
			Processings []struct {
				Name                      string
				SubProcessors, Recipients any
			}
		}
	}
	if err := json.Unmarshal(content, &record); err != nil {
		t.Fatal(err)
	}
	last := record.Controllers[len(record.Controllers)-1]
	if last.Code != nil {
		t.Errorf("a code that is not known is %v", last.Code)
	}
	if got := last.Processings[0]; got.Name != "stray" || got.SubProcessors != nil || !cmp.Equal(got.Recipients, []any{}) {
		t.Errorf("without an agreement sub-processors are unknown, and without access there are no recipients: %+v", got)
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	in := read(t, "testdata/cluster.in.yaml")
	want := records.Build(in, records.Bokmal, exported)
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		shuffle(random, in.ServiceOwners)
		shuffle(random, in.Agreements)
		shuffle(random, in.Apps)
		shuffle(random, in.ConsentResources)
		for i := range in.Agreements {
			spec := &in.Agreements[i].Spec
			shuffle(random, spec.Chapters)
			shuffle(random, spec.SubProcessors)
			shuffle(random, spec.Purposes)
			shuffle(random, spec.Audits)
		}
		for i := range in.Apps {
			spec := &in.Apps[i].Spec
			shuffle(random, spec.Processing.LegalBasis)
			shuffle(random, spec.Processing.DataCategories)
			shuffle(random, spec.Processing.DataSubjects)
			shuffle(random, spec.Integrations)
			shuffle(random, spec.Access.Outbound.Hosts)
			shuffle(random, spec.Storage.Containers)
		}
		for i := range in.ServiceOwners {
			shuffle(random, in.ServiceOwners[i].Spec.Access)
		}
		got, err := records.JSON(records.Build(in, records.Bokmal, exported))
		if err != nil {
			t.Fatal(err)
		}
		wanted, err := records.JSON(want)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(wanted), string(got)); diff != "" {
			t.Fatalf("another order of resources gives another record:\n%s", diff)
		}
	}
}

func shuffle[T any](random *rand.Rand, list []T) {
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// The record is made of what was read, and does not change it.
func TestBuildLeavesResourcesAlone(t *testing.T) {
	resources := read(t, "testdata/cluster.in.yaml")
	before := slices.Clone(resources.Apps)
	for i := range before {
		before[i] = *resources.Apps[i].DeepCopy()
	}
	records.Build(resources, records.English, exported)
	if diff := cmp.Diff(before, resources.Apps); diff != "" {
		t.Errorf("building changes the Apps (-before +after):\n%s", diff)
	}
}
