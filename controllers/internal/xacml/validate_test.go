// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"errors"
	"strings"
	"testing"
)

// TestValidate breaks one thing in a policy that is right, the consent's: its first rule has the list as subject.
func TestValidate(t *testing.T) {
	subject := func(p Policy) *Match { return &p.Rules[0][0][0][0] }
	for sentence, test := range map[string]struct {
		change func(*Policy)
		want   string // empty: it stays right
	}{
		"a policy as rendered is right":              {func(*Policy) {}, ""},
		"the order of a rule's parts is free":        {func(p *Policy) { p.Rules[0][0], p.Rules[0][2] = p.Rules[0][2], p.Rules[0][0] }, ""},
		"two subjects may be asked for at once":      {func(p *Policy) { p.Rules[0][0][0] = append(p.Rules[0][0][0], p.Rules[1][0][0][0]) }, ""},
		"a resource may be narrowed to a task":       {func(p *Policy) { p.Rules[0][1][0] = append(p.Rules[0][1][0], task()) }, ""},
		"resource and app may name the same":         {func(p *Policy) { *p = appBothWays("app_skd_income") }, ""},
		"the level of organisations may be left":     {func(p *Policy) { p.Obligations = p.Obligations[:1] }, ""},
		"what stands there twice counts once":        {func(p *Policy) { p.Obligations = append(p.Obligations, p.Obligations[0]) }, ""},
		"a value may hold what XML writes otherwise": {func(p *Policy) { subject(*p).Value = "skd:<b> & 'c' \"d\" ]]>\t\r\n&lt;" }, ""},
		"so may an identifier":                       {func(p *Policy) { p.Rules[0][1], p.Rules[1][1] = AnyOf{resource(`a"<&>`)}, AnyOf{resource(`a"<&>`)} }, ""},
		"no rule lets nobody in":                     {func(p *Policy) { p.Rules = nil }, "no rule"},
		"no subjects let everybody in":               {func(p *Policy) { p.Rules[0] = p.Rules[0][1:] }, "rule 2: there is no AnyOf for the subjects"},
		"no resources open all":                      {func(p *Policy) { p.Rules[0] = Rule{p.Rules[0][0], p.Rules[0][2]} }, "no AnyOf for the resources"},
		"no actions allow all":                       {func(p *Policy) { p.Rules[0] = p.Rules[0][:2] }, "no AnyOf for the actions"},
		"a rule without a target is for everybody":   {func(p *Policy) { p.Rules[0] = nil }, "rule 2: there is no AnyOf for the subjects"},
		"an empty AnyOf is for everybody":            {func(p *Policy) { p.Rules[0][0] = nil }, "an AnyOf is empty"},
		"an empty AllOf is for everybody":            {func(p *Policy) { p.Rules[0][0] = append(p.Rules[0][0], nil) }, "an AllOf is empty"},
		"two AnyOf of subjects are one too many":     {func(p *Policy) { p.Rules[0] = append(p.Rules[0], p.Rules[1][0]) }, "there are 2 AnyOf for the subjects"},
		"an AnyOf has one category":                  {func(p *Policy) { p.Rules[0][0] = append(p.Rules[0][0], p.Rules[0][2][0]) }, "mixes categories"},
		"an AllOf has one category":                  {func(p *Policy) { p.Rules[0][0][0] = append(p.Rules[0][0][0], p.Rules[0][2][0][0]) }, "mixes categories"},
		"actions are asked for one at a time":        {func(p *Policy) { p.Rules[0][2][0] = append(p.Rules[0][2][0], p.Rules[1][2][0][0]) }, "an AllOf asks for 2 actions at once"},
		"a category must be known":                   {func(p *Policy) { subject(*p).Category += "x" }, "is not known"},
		"an attribute must be known":                 {func(p *Policy) { subject(*p).Attribute = "urn:altinn:rolecodes" }, `"urn:altinn:rolecodes" is not known among subjects`},
		"an attribute has its category":              {func(p *Policy) { subject(*p).Attribute = attributeResource }, "is not known among subjects"},
		"a function must be known":                   {func(p *Policy) { subject(*p).Function = "urn:oasis:names:tc:xacml:1.0:function:string-regexp-match" }, "function"},
		"a value is not empty":                       {func(p *Policy) { subject(*p).Value = "" }, "is empty"},
		"a value has no spaces around it":            {func(p *Policy) { subject(*p).Value += "\n" }, "has spaces around it"},
		"a value has characters of XML":              {func(p *Policy) { subject(*p).Value = "skd:a\x00b" }, "no place for"},
		"a value is UTF-8":                           {func(p *Policy) { subject(*p).Value = "skd:a\xffb" }, "no place for"},
		"an access list has an owner":                {func(p *Policy) { subject(*p).Value = ":banks" }, "is no access list"},
		"an access list has a name":                  {func(p *Policy) { subject(*p).Value = "skd:" }, "is no access list"},
		"an access list has both":                    {func(p *Policy) { subject(*p).Value = "banks" }, "is no access list"},
		"rules are about one resource":               {func(p *Policy) { p.Rules[0][1][0][0].Value = "skd-other" }, "names 2 resources and must name one: skd-income, skd-other"},
		"alternatives are about one resource":        {func(p *Policy) { p.Rules[0][1] = append(p.Rules[0][1], resource("skd-other")) }, "names 2 resources"},
		"a task alone is no resource":                {func(p *Policy) { p.Rules[0][1] = AnyOf{{task()}} }, "named neither"},
		"an org alone is no resource":                {func(p *Policy) { p.Rules[0][1][0][0].Attribute = attributeOrg }, "named neither"},
		"an app alone is no resource":                {func(p *Policy) { p.Rules[0][1][0][0].Attribute = attributeApp }, "named neither"},
		"resource and app must name the same":        {func(p *Policy) { *p = appBothWays("app_skd_other") }, "named neither"},
		"nothing is two resources at once":           {func(p *Policy) { p.Rules[0][1][0] = append(p.Rules[0][1][0], resource("skd-other")...) }, "named neither"},
		"a level is needed":                          {func(p *Policy) { p.Obligations = p.Obligations[1:] }, "no least level of authentication"},
		"a level is not below 0":                     {func(p *Policy) { p.Obligations[0].Level = -1 }, "the level -1"},
		"a level is not above 4":                     {func(p *Policy) { p.Obligations[1].Level = 5 }, "the level 5"},
		"levels do not contradict each other":        {func(p *Policy) { p.Obligations = append(p.Obligations, Obligation{obligationLevel, 2}) }, "2 different levels"},
		"an obligation must be known":                {func(p *Policy) { p.Obligations[1].Category = "urn:altinn:whim" }, `the obligation "urn:altinn:whim" is not known`},
	} {
		t.Run(sentence, func(t *testing.T) {
			policy := consentPolicy(newConsent())
			test.change(&policy)
			got := errors.Join(Validate(policy)...)
			if test.want == "" {
				if got != nil {
					t.Fatal(got)
				}
				if back := mustParse(t, mustMarshal(t, policy)); !Equal(policy, back) {
					t.Errorf("written and read again, it is another policy: %s", back.meaning())
				}
				return
			}
			if got == nil || !strings.Contains(got.Error(), test.want) {
				t.Errorf("got %v, want %q", got, test.want)
			}
			if _, err := Marshal(policy); err == nil {
				t.Error("it can be written all the same")
			}
		})
	}
}

func task() Match { return Match{categoryResource, "urn:altinn:task", functionEqual, "Task_1"} }

func resource(identifier string) AllOf {
	return AllOf{{categoryResource, attributeResource, functionEqual, identifier}}
}

// appBothWays is an App's policy that also names the resource by an identifier.
func appBothWays(identifier string) Policy {
	p := ForApp(newApp(), "skd")
	p.Rules[0][1][0] = append(p.Rules[0][1][0], resource(identifier)...)
	return p
}

func TestFaultsComeInTheSameWordsEachTime(t *testing.T) {
	broken := func() Policy {
		p := consentPolicy(newConsent())
		p.Rules[0][0], p.Rules[1][1], p.Obligations = nil, nil, nil
		return p
	}
	first := errors.Join(Validate(broken())...).Error()
	for range 20 {
		turned := broken()
		turned.Rules[0], turned.Rules[1] = turned.Rules[1], turned.Rules[0]
		if got := errors.Join(Validate(turned)...).Error(); got != first {
			t.Fatalf("got\n%s\nand before\n%s", got, first)
		}
	}
}
