// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"bytes"
	"slices"
	"testing"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// TestEqual changes one thing in a policy that is right: its first rule lets the package read and sign, its third the roles read.
func TestEqual(t *testing.T) {
	original := func() Policy {
		return ForApp(newApp(
			v1alpha1.AuthorizationRule{AccessPackages: []v1alpha1.AccessPackage{"skatt-naering"}, Actions: []v1alpha1.Action{"read", "sign"}},
			v1alpha1.AuthorizationRule{Roles: []v1alpha1.RoleCode{"DAGL", "LEDE"}, Actions: []v1alpha1.Action{"read"}},
		), "skd")
	}
	for sentence, test := range map[string]struct {
		change func(*Policy)
		want   bool
	}{
		"nothing":                                {func(*Policy) {}, true},
		"the order of rules":                     {func(p *Policy) { slices.Reverse(p.Rules) }, true},
		"the order of targets":                   {func(p *Policy) { slices.Reverse(p.Rules[2]) }, true},
		"the order of subjects":                  {func(p *Policy) { slices.Reverse(p.Rules[2][0]) }, true},
		"the order within a resource":            {func(p *Policy) { slices.Reverse(p.Rules[2][1][0]) }, true},
		"the order of obligations":               {func(p *Policy) { slices.Reverse(p.Obligations) }, true},
		"a rule twice":                           {func(p *Policy) { p.Rules = append(p.Rules, p.Rules[1]) }, true},
		"a target twice":                         {func(p *Policy) { p.Rules[0] = append(p.Rules[0], p.Rules[0][0]) }, true},
		"a subject twice":                        {func(p *Policy) { p.Rules[2][0] = append(p.Rules[2][0], p.Rules[2][0][0]) }, true},
		"a match twice":                          {func(p *Policy) { p.Rules[2][0][0] = append(p.Rules[2][0][0], p.Rules[2][0][0][0]) }, true},
		"case, where the function ignores it":    {func(p *Policy) { p.Rules[2][0][0][0].Value = "dagl" }, true},
		"case, where the function does not":      {func(p *Policy) { p.Rules[0][1][0][0].Value = "INCOME" }, false},
		"case of letters beyond ASCII":           {func(p *Policy) { p.Rules[2][0][1][0].Value = "\u212aEDE" }, false},
		"another role":                           {func(p *Policy) { p.Rules[2][0][0][0].Value = "DAGLI" }, false},
		"another attribute":                      {func(p *Policy) { p.Rules[2][0][0][0].Attribute = attributeAccessPackage }, false},
		"another category":                       {func(p *Policy) { p.Rules[2][0][0][0].Category = categoryAction }, false},
		"another function":                       {func(p *Policy) { p.Rules[2][0][0][0].Function = functionEqual }, false},
		"another action":                         {func(p *Policy) { p.Rules[0][2][1][0].Value = "write" }, false},
		"another resource":                       {func(p *Policy) { p.Rules[0][1][0][0].Value = "income2" }, false},
		"another level":                          {func(p *Policy) { p.Obligations[0].Level = 4 }, false},
		"another level of organisations":         {func(p *Policy) { p.Obligations[1].Level = 2 }, false},
		"levels the other way round":             {func(p *Policy) { p.Obligations[0].Category, p.Obligations[1].Category = "b", "a" }, false},
		"no level of organisations":              {func(p *Policy) { p.Obligations = p.Obligations[:1] }, false},
		"no rule for the owner":                  {func(p *Policy) { p.Rules = slices.Delete(p.Rules, 1, 2) }, false},
		"one subject less":                       {func(p *Policy) { p.Rules[2][0] = p.Rules[2][0][:1] }, false},
		"one action less":                        {func(p *Policy) { p.Rules[0][2] = p.Rules[0][2][:1] }, false},
		"no subjects, which lets everybody in":   {func(p *Policy) { p.Rules[2] = p.Rules[2][1:] }, false},
		"an empty AnyOf in place of subjects":    {func(p *Policy) { p.Rules[2][0] = nil }, false},
		"an empty AllOf among subjects":          {func(p *Policy) { p.Rules[2][0] = append(p.Rules[2][0], nil) }, false},
		"both subjects at once instead of one":   {func(p *Policy) { p.Rules[2][0] = AnyOf{append(p.Rules[2][0][0], p.Rules[2][0][1]...)} }, false},
		"a subject moved into a target its own":  {func(p *Policy) { p.Rules[2] = append(p.Rules[2], p.Rules[2][0][:1]) }, false},
		"a subject moved from one rule to other": {func(p *Policy) { p.Rules[0][0], p.Rules[2][0] = p.Rules[2][0], p.Rules[0][0] }, false},
		"a value that looks like two": {func(p *Policy) {
			p.Rules[2][0] = AnyOf{{func() Match { m := p.Rules[2][0][0][0]; m.Value = `DAGL" "LEDE`; return m }()}}
		}, false},
		"no rules":       {func(p *Policy) { p.Rules = nil }, false},
		"nothing at all": {func(p *Policy) { *p = Policy{} }, false},
	} {
		t.Run(sentence, func(t *testing.T) {
			changed := original()
			test.change(&changed)
			before := changed.meaning()
			if Equal(original(), changed) != test.want || Equal(changed, original()) != test.want {
				t.Errorf("Equal is not %t:\n%s\n%s", test.want, original().meaning(), before)
			}
			if (Hash(original()) == Hash(changed)) != test.want {
				t.Errorf("hashes: same must be %t", test.want)
			}
			if test.want && !bytes.EqualFold(mustMarshal(t, original()), mustMarshal(t, changed)) {
				t.Errorf("the policies are equal, and their bytes are not:\n%s", mustMarshal(t, changed))
			}
			if !bytes.Equal([]byte(before), []byte(changed.meaning())) {
				t.Error("the comparison changed the policy it looked at")
			}
		})
	}
}

func TestHashStaysAsItIs(t *testing.T) {
	// Hashes are kept in status: another text for the same policy would look like drift after an upgrade.
	const want = "bed8d19362781a8daaaa8b44862e21f01a8b33f3153d20c52c422faba4d6d2ee"
	if got := Hash(consentPolicy(newConsent())); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
