// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"os"
	"strings"
	"testing"
)

// turn replaces a piece of a policy, and fails when it is not there.
func turn(t *testing.T, policy, from, to string) string {
	t.Helper()
	if !strings.Contains(policy, from) {
		t.Fatalf("there is no %s in\n%s", from, policy)
	}
	return strings.Replace(policy, from, to, 1)
}

func TestParseReadsWhatOthersWrite(t *testing.T) {
	written := string(mustMarshal(t, consentPolicy(newConsent())))
	for sentence, other := range map[string]string{
		"as it was written":                      written,
		"with a byte order mark":                 "\xef\xbb\xbf" + written,
		"without a declaration":                  turn(t, written, `<?xml version="1.0" encoding="UTF-8"?>`, ""),
		"with another prefix":                    strings.NewReplacer("xacml:Match", "x:Match").Replace(turn(t, written, "<xacml:Policy ", `<xacml:Policy xmlns:x="`+namespace+`" `)),
		"without a prefix":                       turn(t, strings.NewReplacer("<xacml:", "<", "</xacml:", "</").Replace(written), "xmlns:xacml", "xmlns"),
		"with other ids":                         strings.NewReplacer(":ruleid:", ":rule-", ":policyid:1", ":p", "authenticationLevel1", "one").Replace(written),
		"with descriptions":                      strings.ReplaceAll(written, `Effect="Permit">`, `Effect="Permit"><xacml:Description>Gives &amp; takes</xacml:Description>`),
		"with a comment":                         turn(t, written, "<xacml:Target/>", "<!-- all --><xacml:Target/>"),
		"with a target that ends on its own":     turn(t, written, "<xacml:Target/>", "<xacml:Target>\n</xacml:Target>"),
		"with attributes of another namespace":   turn(t, written, " Version=", ` xmlns:xsi="urn:x" xsi:schemaLocation="urn:y" Version=`),
		"with an effect in small letters":        strings.ReplaceAll(written, `"Permit"`, `"permit"`),
		"with values in small letters":           turn(t, written, ">PRIV<", ">priv<"),
		"without line breaks":                    strings.ReplaceAll(written, "\n", ""),
		"with another version":                   turn(t, written, `Version="1.0" Rule`, `Version="2.7" Rule`),
		"with both levels in one obligation":     oneObligation(t, written),
		"with a value as a CDATA section":        turn(t, written, ">PRIV<", "><![CDATA[PRIV]]><"),
		"with a rule that stands there twice":    turn(t, written, "<xacml:Rule ", rulesOf(written)+"<xacml:Rule "),
		"with a level that has spaces around it": turn(t, written, ">3<", "> 3\n<"),
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := mustParse(t, []byte(other)); !Equal(got, consentPolicy(newConsent())) {
				t.Errorf("read as another policy:\n%s", got.canonical().meaning())
			}
		})
	}
}

// rulesOf are the rules of a policy as it stands.
func rulesOf(written string) string {
	return written[strings.Index(written, "<xacml:Rule "):strings.Index(written, "<xacml:ObligationExpressions>")]
}

func oneObligation(t *testing.T, written string) string {
	t.Helper()
	first := strings.Index(written, "</xacml:ObligationExpression>")
	second := strings.LastIndex(written, "<xacml:AttributeAssignmentExpression")
	if first < 0 || second < first {
		t.Fatal("the policy has not two obligations")
	}
	return written[:first] + written[second:]
}

func TestParseReadsAPolicyMadeByHand(t *testing.T) {
	data, err := os.ReadFile("testdata/by-hand.xml")
	if err != nil {
		t.Fatal(err)
	}
	got := mustParse(t, data)
	if faults := Validate(got); len(faults) > 0 {
		t.Error(faults)
	}
	if len(got.Rules) != 2 || got.resources()[0] != "app_ttd_hand-made" {
		t.Errorf("read as %s", got.canonical().meaning())
	}
}

func TestParseReadsWhatIsWrongAsItIs(t *testing.T) {
	written := string(mustMarshal(t, consentPolicy(newConsent())))
	start, end := strings.Index(written, "<xacml:AnyOf>"), strings.Index(written, "</xacml:AnyOf>")+len("</xacml:AnyOf>")
	for sentence, text := range map[string]string{
		"no AnyOf for the subjects": written[:start] + written[end:],
		"one AnyOf too many":        turn(t, written, "</xacml:Target>\n  </xacml:Rule>", strings.Replace(written[start:end], "skd:banks", "skd:others", 1)+"</xacml:Target></xacml:Rule>"),
		"no target":                 written[:strings.Index(written, "<xacml:Target>")] + written[strings.Index(written, "</xacml:Target>")+len("</xacml:Target>"):],
	} {
		got := mustParse(t, []byte(text))
		if len(Validate(got)) == 0 || Equal(got, consentPolicy(newConsent())) {
			t.Errorf("%s: %v, equal %t", sentence, Validate(got), Equal(got, consentPolicy(newConsent())))
		}
	}
}

func TestParseRefusesWhatItDoesNotUnderstand(t *testing.T) {
	w := string(mustMarshal(t, consentPolicy(newConsent())))
	const condition = `<xacml:Condition><xacml:AttributeValue DataType="x">true</xacml:AttributeValue></xacml:Condition>`
	anyOf := w[strings.Index(w, "<xacml:AnyOf>") : strings.Index(w, "</xacml:AnyOf>")+len("</xacml:AnyOf>")]
	value := `<xacml:AttributeValue DataType="` + typeString + `">PRIV</xacml:AttributeValue>`
	for sentence, test := range map[string]struct{ policy, want string }{
		"nothing":                          {"", "Policy is missing"},
		"no XML":                           {"policy", "text in it is not understood"},
		"a policy cut off":                 {w[:len(w)/2], "unexpected EOF"},
		"two policies":                     {w + w, "Policy stands there 2 times"},
		"text after the policy":            {w + "x", "text in it"},
		"a document type":                  {turn(t, w, "<xacml:Policy ", "<!DOCTYPE x [<!ENTITY e 'x'>]><xacml:Policy "), "document type"},
		"an entity":                        {turn(t, w, ">PRIV<", ">&e;<"), "invalid character entity"},
		"another encoding":                 {turn(t, w, "UTF-8", "ISO-8859-1"), "encoding"},
		"XACML 2.0":                        {strings.ReplaceAll(w, namespace, "urn:oasis:names:tc:xacml:2.0:policy:schema:os"), "Policy is missing"},
		"no namespace":                     {strings.NewReplacer("<xacml:", "<", "</xacml:", "</").Replace(w), "Policy is missing"},
		"a set of policies":                {strings.ReplaceAll(w, "xacml:Policy", "xacml:PolicySet"), "Policy is missing"},
		"another combining algorithm":      {turn(t, w, "deny-overrides", "permit-unless-deny"), "RuleCombiningAlgId"},
		"no combining algorithm":           {turn(t, w, ` RuleCombiningAlgId="`+denyOverrides+`"`, ""), "RuleCombiningAlgId is missing"},
		"a bound on delegation":            {turn(t, w, " Version=", ` MaxDelegationDepth="1" Version=`), "MaxDelegationDepth is not understood"},
		"a policy with a target":           {turn(t, w, "<xacml:Target/>", "<xacml:Target>"+anyOf+"</xacml:Target>"), "AnyOf is not understood"},
		"a policy without a target":        {turn(t, w, "<xacml:Target/>", ""), "Target is missing"},
		"a policy without rules":           {turn(t, w, rulesOf(w), ""), "Rule is missing"},
		"a variable":                       {turn(t, w, "<xacml:Rule ", `<xacml:VariableDefinition VariableId="v"/><xacml:Rule `), "Rule is missing"},
		"obligations up front":             {turn(t, w, "<xacml:Target/>", `<xacml:ObligationExpressions/><xacml:Target/>`), "Target is missing"},
		"advice":                           {turn(t, w, "</xacml:ObligationExpressions>", "</xacml:ObligationExpressions><xacml:AdviceExpressions/>"), "AdviceExpressions is not understood"},
		"a rule that denies":               {turn(t, w, `Effect="Permit"`, `Effect="Deny"`), `"Deny" is not understood`},
		"a rule without an effect":         {turn(t, w, ` Effect="Permit"`, ""), "Effect is missing"},
		"a rule without an id":             {turn(t, w, `RuleId=`, "Rule="), "RuleId is missing"},
		"a rule with a condition":          {turn(t, w, "</xacml:Target>\n  </xacml:Rule>", "</xacml:Target>"+condition+"</xacml:Rule>"), "Condition is not understood"},
		"a rule with obligations":          {turn(t, w, "</xacml:Rule>", "<xacml:ObligationExpressions/></xacml:Rule>"), "ObligationExpressions is not understood"},
		"a rule with two targets":          {turn(t, w, "</xacml:Rule>", "<xacml:Target/></xacml:Rule>"), "Target stands there 2 times"},
		"text between matches":             {turn(t, w, "<xacml:Match ", "or<xacml:Match "), "text in it"},
		"an empty AnyOf":                   {turn(t, w, anyOf, "<xacml:AnyOf/>"), "AllOf is missing"},
		"an empty AllOf":                   {turn(t, w, "</xacml:AnyOf>", "<xacml:AllOf/></xacml:AnyOf>"), "Match is missing"},
		"a match without a value":          {turn(t, w, value, ""), "AttributeValue is missing"},
		"a match with two values":          {turn(t, w, value, value+value), "AttributeValue stands there 2 times"},
		"a match without a function":       {turn(t, w, "MatchId", "Id"), "MatchId is missing"},
		"a value of another type":          {turn(t, w, `<xacml:AttributeValue DataType="`+typeString, `<xacml:AttributeValue DataType="`+typeInteger), "DataType"},
		"a value with an element in it":    {turn(t, w, ">PRIV<", "><b/>PRIV<"), "is not understood here"},
		"an attribute that must be there":  {turn(t, w, `MustBePresent="false"`, `MustBePresent="true"`), "MustBePresent"},
		"an attribute of one issuer":       {turn(t, w, `MustBePresent=`, `Issuer="x" MustBePresent=`), "Issuer is not understood"},
		"an attribute without an id":       {turn(t, w, "AttributeId", "Attribute"), "AttributeId is missing"},
		"a selector":                       {turn(t, w, "<xacml:AttributeDesignator", "<xacml:AttributeSelector"), "AttributeDesignator is missing"},
		"an obligation on denial":          {turn(t, w, `FulfillOn="Permit"`, `FulfillOn="Deny"`), "FulfillOn"},
		"an obligation without a category": {turn(t, w, ` Category="`+obligationLevel+`"`, ""), "Category is missing"},
		"an obligation of an issuer":       {turn(t, w, ` Category="`+obligationLevel+`"`, ` Issuer="x" Category="x"`), "Issuer is not understood"},
		"an obligation without a value":    {turn(t, w, `<xacml:AttributeValue DataType="`+typeInteger+`">3</xacml:AttributeValue>`, ""), "AttributeValue is missing"},
		"a level that is a text":           {turn(t, w, typeInteger, typeString), "DataType"},
		"a level that is no number":        {turn(t, w, `>3<`, ">three<"), "is no number"},
		"no obligation in the list": {
			w[:strings.Index(w, "<xacml:ObligationExpression ")] + w[strings.Index(w, "</xacml:ObligationExpressions>"):], "ObligationExpression is missing",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, err := Parse([]byte(test.policy))
			if err == nil {
				t.Fatalf("read as %s", got.canonical().meaning())
			}
			if !strings.HasPrefix(err.Error(), "reading the policy: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has several lines: %v", err)
			}
		})
	}
}

// FuzzParse wants whatever is read to be one and the same policy when it is written and read again.
func FuzzParse(f *testing.F) {
	w := string(mustMarshal(f, consentPolicy(newConsent())))
	for _, seed := range []string{
		"", "<", w, w[:len(w)/3], "\xef\xbb\xbf" + w, strings.ReplaceAll(w, "PRIV", "&#x10FFFF;\r\n"), strings.ReplaceAll(w, ">3<", ">-9999999999999999999<"),
		strings.ReplaceAll(w, "AllOf", "AnyOf"), `<Policy xmlns="` + namespace + `"/>`, "<!DOCTYPE x>" + w, strings.Repeat("<a>", 1000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			return
		}
		if Hash(p) != Hash(p.canonical()) || !Equal(p, p.canonical()) {
			t.Fatalf("the canonical form of the policy is another policy: %s", p.meaning())
		}
		written, err := Marshal(p)
		if err != nil {
			if len(Validate(p)) == 0 {
				t.Fatalf("a policy without fault was not written: %v", err)
			}
			return
		}
		if !Equal(p, mustParse(t, written)) {
			t.Fatalf("written and read again, it is another policy:\n%s", written)
		}
	})
}
