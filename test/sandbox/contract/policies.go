// SPDX-License-Identifier: BSD-3-Clause

package contract

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// policyRules are about uploading (Altinn's Resource Registry, Altinn Authorization).
var policyRules = []rule{
	{"a policy is uploaded as the file policyFile, by POST and by PUT", func(s *session) {
		id := s.create(nil)
		for _, method := range []string{http.MethodPost, http.MethodPut} {
			got := s.upload(s.altinn(s.target.Owner), method, id, "policyFile", consentPolicy(id, anyOrganisation))
			s.want(got, http.StatusCreated)
		}
	}},
	{"a policy is read as it was written", func(s *session) {
		id := s.create(nil)
		s.want(s.policy(id, consentPolicy(id, anyOrganisation)), http.StatusCreated)
		got := s.want(s.anyone(resourcePath+"/"+id+"/policy"), http.StatusOK)
		s.equal(consentPolicy(id, anyOrganisation), string(got.body))
		s.equal("text/xml", got.header.Get("Content-Type"))
	}},
	{"a file under another name is no policy", func(s *session) {
		id := s.create(nil)
		got := s.upload(s.altinn(s.target.Owner), http.MethodPost, id, "policy", consentPolicy(id, anyOrganisation))
		s.wantText(got, http.StatusBadRequest, "The policy file can not be null")
	}},
	{"a policy that is not a form is refused", func(s *session) {
		id := s.create(nil)
		got := s.owner(http.MethodPost, resourcePath+"/"+id+"/policy", consentPolicy(id, anyOrganisation),
			header{"Content-Type", "application/xml"})
		s.want(got, http.StatusUnsupportedMediaType)
	}},
	{"the resource must be there first", func(s *session) {
		id := s.fresh()
		s.wantText(s.policy(id, consentPolicy(id, anyOrganisation)), http.StatusBadRequest, "Unknown resource")
	}},
	{"a stranger uploads nothing, whatever it names itself", func(s *session) {
		id := s.create(nil)
		got := s.upload(s.altinn(s.target.Foreign), http.MethodPost, id, "policyFile", consentPolicy(id, anyOrganisation))
		s.want(got, http.StatusForbidden)
	}},
	{"a policy that names another resource is refused", func(s *session) {
		id := s.create(nil)
		both := onResource(id, anyOrganisation, "requestconsent")
		both.resource = append(both.resource, attribute{"urn:altinn:resource", "other-resource"})
		for _, rule := range []policyRule{onResource("other-resource", anyOrganisation, "requestconsent"), both} {
			s.wantText(s.policy(id, policyXML(rule)), http.StatusBadRequest, "Contains rules for a different registry resource")
		}
	}},
	{"a rule that names no resource is refused", func(s *session) {
		rule := policyRule{anyOrganisation, attribute{actionID, "read"}, []attribute{{"urn:altinn:task", "Task_1"}}}
		s.wantText(s.policy(s.create(nil), policyXML(rule)), http.StatusBadRequest, "Contains rule without reference to registry resource id")
	}},
	{"an app's rules name its owner and name, or its identifier", func(s *session) {
		name := "pol" + s.name
		app := s.app(name, nil)
		id, _ := app["identifier"].(string)
		s.want(s.owner(http.MethodPost, resourcePath, app), http.StatusCreated)
		org := attribute{"urn:altinn:org", s.target.Owner.Code}
		byName := policyRule{org, attribute{actionID, "read"}, []attribute{org, {"urn:altinn:app", name}}}
		s.want(s.policy(id, policyXML(byName, onResource(id, org, "read"))), http.StatusCreated)
		other := policyRule{org, attribute{actionID, "read"}, []attribute{org, {"urn:altinn:app", "other"}}}
		s.want(s.policy(id, policyXML(other)), http.StatusBadRequest)
	}},
	{"what is no XACML 3.0 is not stored", func(s *session) {
		id := s.create(nil)
		right := consentPolicy(id, anyOrganisation)
		for what, policy := range map[string]string{
			"not XML":            "policy",
			"cut off":            right[:len(right)/2],
			"XACML 2.0":          strings.ReplaceAll(right, "xacml:3.0:core:schema:wd-17", "xacml:2.0:policy:schema:os"),
			"no algorithm":       strings.ReplaceAll(right, "RuleCombiningAlgId", "Algorithm"),
			"no target":          strings.Replace(right, "<xacml:Target/>", "", 1),
			"no rules":           policyXML(),
			"an unknown effect":  strings.Replace(right, `Effect="Permit"`, `Effect="Perhaps"`, 1),
			"a rule without id":  strings.Replace(right, "RuleId", "Rule", 1),
			"a match without id": strings.Replace(right, "MatchId", "Match", 1),
			"no designator's id": strings.Replace(right, "AttributeId", "Attribute", 1),
			"a type declaration": strings.Replace(right, "<xacml:Policy", "<!DOCTYPE x><xacml:Policy", 1),
			"an unknown element": strings.Replace(right, "<xacml:Target/>", "<xacml:Target/><xacml:Whim/>", 1),
			"obligations up front": strings.Replace(right, "<xacml:Target/>",
				"<xacml:ObligationExpressions/><xacml:Target/>", 1),
		} {
			if got := s.policy(id, policy); got.status != http.StatusBadRequest && got.status != http.StatusInternalServerError {
				s.t.Errorf("%s: want a refusal, got %s", what, got)
			}
		}
		s.want(s.anyone(resourcePath+"/"+id+"/policy"), http.StatusNotFound)
	}},
	{"a resource without a policy says that it has none", func(s *session) {
		s.wantText(s.anyone(resourcePath+"/"+s.create(nil)+"/policy"), http.StatusNotFound, "Unable to find requested policy")
		s.wantText(s.anyone(resourcePath+"/"+s.fresh()+"/policy"), http.StatusNotFound, "Unable to find resource")
	}},
}

// policyReadRules are about what the registry reads out of a policy (Altinn's Resource Registry).
var policyReadRules = []rule{
	{"subjects are listed once each, in lower case", func(s *session) {
		id := s.create(nil)
		policy := policyXML(onResource(id, privatePerson, "consent"), onResource(id, privatePerson, "read"),
			onResource(id, anyOrganisation, "requestconsent"))
		s.want(s.policy(id, policy), http.StatusCreated)
		got := s.want(s.anyone(resourcePath+"/"+id+"/policy/subjects"), http.StatusOK)
		s.equal(2, len(got.data()))
		s.wantText(got, http.StatusOK, `"urn:altinn:rolecode:priv"`)
	}},
	{"rules are taken apart into subject, action and resource", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		rules := s.want(s.anyone(resourcePath+"/"+id+"/policy/rules"), http.StatusOK).list()
		s.equal(2, len(rules))
		first, _ := rules[0].(map[string]any)
		s.equal("map[type:"+actionID+" value:requestconsent]", first["action"])
		s.equal("[map[type:urn:altinn:resource value:"+id+"]]", first["resource"])
	}},
	{"rights are grouped by action", func(s *session) {
		id := s.create(nil)
		policy := policyXML(onResource(id, privatePerson, "read"), onResource(id, anyOrganisation, "read"))
		s.want(s.policy(id, policy), http.StatusCreated)
		s.equal(1, len(s.want(s.anyone(resourcePath+"/"+id+"/policy/rights"), http.StatusOK).list()))
	}},
	{"without a policy there are no rules and no subjects", func(s *session) {
		id := s.create(nil)
		for _, what := range []string{"rules", "rights", "subjects"} {
			s.want(s.anyone(resourcePath+"/"+id+"/policy/"+what), http.StatusNotFound)
		}
	}},
}

// feedRules are about what changed (Altinn's Resource Registry).
var feedRules = []rule{
	{"the feed of subjects tells what a policy gained and lost", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		s.want(s.policy(id, policyXML(onResource(id, privatePerson, "consent"))), http.StatusCreated)
		states := s.subjectsOf(id, "?since=2020-01-01T00:00:00Z")
		s.equal(map[string]any{"urn:altinn:rolecode:priv": false, "urn:altinn:partytype:organization": true}, states)
	}},
	{"the feed of subjects begins where it is told to", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		later := s.now().Add(time.Hour).UTC().Format(time.RFC3339)
		s.equal(0, len(s.subjectsOf(id, "?since="+later)))
	}},
	{"feeds come in pages, and a page says where the next is", func(s *session) {
		s.consentable(anyOrganisation, nil)
		s.consentable(anyOrganisation, nil)
		for _, feed := range []string{"updated", "changes"} {
			all := s.want(s.anyone(resourcePath+"/"+feed), http.StatusOK).data()
			seen := 0
			for page := s.anyone(resourcePath + "/" + feed + "?limit=1"); ; page = s.anyone(page.next()) {
				seen += len(s.want(page, http.StatusOK).data())
				if page.next() == "" {
					break
				}
			}
			s.equal(len(all), seen)
		}
	}},
	{"a page has 1 to 1000 entries", func(s *session) {
		for _, limit := range []string{"0", "1001"} {
			s.wantCode(s.anyone(resourcePath+"/updated?limit="+limit), http.StatusBadRequest, "RR.VLD-00008")
			s.wantCode(s.anyone(resourcePath+"/changes?limit="+limit), http.StatusBadRequest, "RR.VLD-00011")
		}
	}},
	{"the feed of changes has each resource once, where it last changed", func(s *session) {
		first, second := s.consentable(anyOrganisation, nil), s.consentable(anyOrganisation, nil)
		bare := s.create(nil)
		s.want(s.replace(first, nil), http.StatusOK)
		text := string(s.want(s.anyone(resourcePath+"/changes"), http.StatusOK).body)
		s.equal(1, strings.Count(text, `"`+first+`"`))
		s.equal(true, strings.Index(text, `"`+second+`"`) < strings.Index(text, `"`+first+`"`))
		s.equal(0, strings.Count(text, `"`+bare+`"`))
	}},
	{"resources are found by their subjects", func(s *session) {
		id := s.consentable(anyOrganisation, nil)
		got := s.as("", http.MethodPost, resourcePath+"/bysubjects", []string{"urn:altinn:partytype:organization"})
		s.wantText(got, http.StatusOK, `"urn:altinn:resource:`+id+`"`)
	}},
}

// subjectsOf reads the feed, and says of each subject of a resource whether it is gone.
func (s *session) subjectsOf(id, query string) map[string]any {
	s.t.Helper()
	found := map[string]any{}
	for _, entry := range s.want(s.anyone(resourcePath+"/updated"+query), http.StatusOK).data() {
		row, _ := entry.(map[string]any)
		if row["resourceUrn"] == "urn:altinn:resource:"+id {
			found[fmt.Sprint(row["subjectUrn"])] = row["deleted"]
		}
	}
	return found
}
