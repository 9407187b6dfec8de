// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// The rules of the CRDs repeat the tables, since CEL cannot read them: here they are held alike.
func TestRulesRepeatTheTables(t *testing.T) {
	regions := make([]string, 0, len(v1alpha1.Regions))
	for _, region := range v1alpha1.Regions {
		regions = append(regions, string(region.Name))
	}
	for name, test := range map[string]struct {
		crd, says string
		want      []string
		places    int
	}{
		"the regions of a service owner":     {"serviceowners", "is not an Azure region in the EEA", regions, 1},
		"the regions of an agreement":        {"dataprocessingagreements", "is not an Azure region in the EEA", regions, 1},
		"the members of the EEA":             {"dataprocessingagreements", "lies outside the EEA", v1alpha1.EEACountries, 1},
		"the countries found adequate":       {"dataprocessingagreements", "there is no adequacy decision", adequate(), 1},
		"the regions that need no exception": {"serviceowners", "lies outside Norway", norwegianRegions(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			found := rulesThatSay(t, test.crd, test.says)
			if len(found) != test.places {
				t.Errorf("%d rules say %q, not %d", len(found), test.says, test.places)
			}
			for _, rule := range found {
				if got := listIn(t, rule.Rule); !slices.Equal(got, test.want) {
					t.Errorf("the rule lists\n%v\nthe table\n%v", got, test.want)
				}
			}
		})
	}
}

// The message of a refused region offers every region of the table.
func TestRegionMessageOffersTheTable(t *testing.T) {
	for _, crd := range []string{"serviceowners", "dataprocessingagreements"} {
		for _, rule := range rulesThatSay(t, crd, "is not an Azure region in the EEA") {
			_, offer, _ := strings.Cut(rule.MessageExpression, "the regions allowed are ")
			names := strings.Split(strings.TrimSuffix(offer, "'"), ", ")
			if len(names) != len(v1alpha1.Regions) {
				t.Errorf("the message offers %d regions, the table has %d", len(names), len(v1alpha1.Regions))
			}
			for _, name := range names {
				if _, ok := v1alpha1.Region(name).Info(); !ok {
					t.Errorf("the message offers %q, which is not in the table", name)
				}
			}
		}
	}
}

func TestRegions(t *testing.T) {
	seen := map[v1alpha1.Region]bool{}
	for _, region := range v1alpha1.Regions {
		t.Run(string(region.Name), func(t *testing.T) {
			if seen[region.Name] {
				t.Error("stands twice in the table")
			}
			seen[region.Name] = true
			if !slices.Contains(v1alpha1.EEACountries, region.Country) {
				t.Errorf("lies in %s, which is no member of the EEA", region.Country)
			}
			if info, ok := region.Name.Info(); !ok || info != region {
				t.Errorf("Info returns %+v, %v", info, ok)
			}
			if region.Pair == "" {
				return
			}
			pair, ok := region.Pair.Info()
			if !ok || pair.Pair != region.Name || pair.Name == region.Name {
				t.Errorf("is paired with %s, which is paired with %q (in the table: %v)", region.Pair, pair.Pair, ok)
			}
		})
	}
	for _, outside := range []v1alpha1.Region{"", "eastus", "uksouth", "NorwayEast", "switzerlandnorth"} {
		if info, ok := outside.Info(); ok {
			t.Errorf("Info knows %q as %+v", outside, info)
		}
	}
}

func TestCountries(t *testing.T) {
	if len(v1alpha1.EEACountries) != 30 {
		t.Errorf("the EEA has 30 members, the table %d", len(v1alpha1.EEACountries))
	}
	all := slices.Sorted(slices.Values(slices.Concat(v1alpha1.EEACountries, adequate())))
	for i, country := range all {
		if len(country) != 2 || strings.ToUpper(country) != country {
			t.Errorf("%q is no ISO 3166-1 alpha-2 code", country)
		}
		if i > 0 && all[i-1] == country {
			t.Errorf("%s stands twice: a member of the EEA needs no adequacy decision", country)
		}
	}
}

func TestAdequacyDecisions(t *testing.T) {
	references := map[string]bool{}
	for _, decision := range v1alpha1.AdequacyDecisions {
		t.Run(string(decision.Country), func(t *testing.T) {
			decided, err := time.Parse(time.DateOnly, string(decision.Decided))
			if err != nil {
				t.Errorf("the day of the decision: %v", err)
			}
			if until, err := time.Parse(time.DateOnly, string(decision.Until)); decision.Until != "" && (err != nil || !until.After(decided)) {
				t.Errorf("holds from %s until %s: %v", decision.Decided, decision.Until, err)
			}
			if decision.Reference == "" || references[decision.Reference] {
				t.Errorf("reference %q is empty, or that of another country", decision.Reference)
			}
			references[decision.Reference] = true
			if found, ok := decision.Country.Adequacy(); !ok || found != decision {
				t.Errorf("Adequacy returns %+v, %v", found, ok)
			}
			if decision.Country.InEEA() {
				t.Error("counts as a member of the EEA")
			}
		})
	}
}

func TestWhatIsKnownOfACountry(t *testing.T) {
	for country, want := range map[v1alpha1.CountryCode]struct{ inEEA, adequate bool }{
		"NO": {inEEA: true}, "IE": {inEEA: true}, "LI": {inEEA: true},
		"BR": {adequate: true}, "CH": {adequate: true}, "GB": {adequate: true}, "US": {adequate: true},
		"IN": {}, "AU": {}, "no": {}, "": {},
	} {
		_, ok := country.Adequacy()
		if country.InEEA() != want.inEEA || ok != want.adequate {
			t.Errorf("%q: in the EEA %v, found adequate %v", country, country.InEEA(), ok)
		}
	}
}

func norwegianRegions() []string {
	var names []string
	for _, region := range v1alpha1.Regions {
		if region.Country == "NO" {
			names = append(names, string(region.Name))
		}
	}
	return names
}

type rule struct{ Rule, Message, MessageExpression string }

// rulesThatSay returns the CEL rules of a generated CRD whose message holds the words.
func rulesThatSay(t *testing.T, crd, words string) []rule {
	t.Helper()
	return slices.DeleteFunc(rulesBelow(generated(t, crd)), func(r rule) bool {
		return !strings.Contains(r.Message+r.MessageExpression, words)
	})
}

// generated returns what a generated CRD holds.
func generated(t *testing.T, crd string) any {
	t.Helper()
	content, err := os.ReadFile("../../config/crd/bases/" + v1alpha1.Group + "_" + crd + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var node any
	if err := yaml.Unmarshal(content, &node); err != nil {
		t.Fatal(err)
	}
	return node
}

func rulesBelow(node any) []rule {
	var found []rule
	switch node := node.(type) {
	case map[string]any:
		for key, child := range node {
			if key == "x-kubernetes-validations" {
				for _, one := range child.([]any) {
					fields := one.(map[string]any)
					found = append(found, rule{
						Rule: text(fields["rule"]), Message: text(fields["message"]), MessageExpression: text(fields["messageExpression"]),
					})
				}
				continue
			}
			found = append(found, rulesBelow(child)...)
		}
	case []any:
		for _, child := range node {
			found = append(found, rulesBelow(child)...)
		}
	}
	return found
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

var celList = regexp.MustCompile(`in \[('[A-Za-z]+'(?:, '[A-Za-z]+')*)\]`)

// listIn returns the one list of texts a rule looks its value up in.
func listIn(t *testing.T, rule string) []string {
	t.Helper()
	lists := celList.FindAllStringSubmatch(rule, -1)
	if len(lists) != 1 {
		t.Fatalf("the rule has %d lists, not one: %s", len(lists), rule)
	}
	var values []string
	for quoted := range strings.SplitSeq(lists[0][1], ", ") {
		values = append(values, strings.Trim(quoted, "'"))
	}
	return values
}

// adequate are the countries the table holds a decision for.
func adequate() []string {
	var countries []string
	for _, decision := range v1alpha1.AdequacyDecisions {
		countries = append(countries, string(decision.Country))
	}
	return countries
}
