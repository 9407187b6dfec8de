// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func newApp(rules ...v1alpha1.AuthorizationRule) *v1alpha1.App {
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "income"}}
	app.Spec.Authorization = &v1alpha1.Authorization{MinimumAuthenticationLevel: ptr.To[v1alpha1.AuthenticationLevel](3), Rules: rules}
	return app
}

func newConsent() *v1alpha1.ConsentResource {
	consent := &v1alpha1.ConsentResource{}
	consent.Spec.Requesters.Organizations = []v1alpha1.OrganizationNumber{"971527412"}
	consent.Spec.Givers.Roles = []v1alpha1.RoleCode{"PRIV"}
	consent.Spec.MinimumAuthenticationLevel = ptr.To[v1alpha1.AuthenticationLevel](3)
	return consent
}

func consentPolicy(consent *v1alpha1.ConsentResource) Policy {
	return ForConsent(consent, "skd-income", "skd", "banks")
}

// shown is a policy as lines "subject: action" and "level category", for whatever a test wants to see.
func shown(p Policy) []string {
	var lines []string
	for _, rule := range p.Rules {
		for _, subject := range rule[0] {
			for _, action := range rule[2] {
				lines = append(lines, subject[0].Attribute+"="+subject[0].Value+": "+action[0].Value)
			}
		}
	}
	for _, obligation := range p.Obligations {
		lines = append(lines, obligation.text())
	}
	return lines
}

func TestRenderedPolicies(t *testing.T) {
	const three = `"urn:altinn:minimum-authenticationlevel"3`
	const org = `"urn:altinn:minimum-authenticationlevel-org"3`
	owner := []string{
		"urn:altinn:org=skd: complete", "urn:altinn:org=skd: instantiate", "urn:altinn:org=skd: read", "urn:altinn:org=skd: write",
	}
	anyone := newConsent()
	anyone.Spec.Requesters = v1alpha1.Requesters{AnyOrganization: true}
	high := newApp()
	high.Spec.Authorization.MinimumAuthenticationLevel = ptr.To[v1alpha1.AuthenticationLevel](4)
	none := newApp()
	none.Spec.Authorization.MinimumAuthenticationLevel = ptr.To[v1alpha1.AuthenticationLevel](0)
	unset := newConsent()
	unset.Spec.MinimumAuthenticationLevel = nil
	for sentence, test := range map[string]struct {
		policy Policy
		want   []string
	}{
		"an App without authorization lets its owner in, at level 3":                         {ForApp(&v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, "skd"), append(slices.Clone(owner), three, org)},
		"an App without rules lets its owner in":                                             {ForApp(newApp(), "skd"), append(slices.Clone(owner), three, org)},
		"a consent that is withdrawn lets its owner read what it is, and nobody ask or give": {Silence("skd-income", "skd"), []string{"urn:altinn:org=skd: read", three, org}},
		"level 4 is not asked of the owner's own tokens":                                     {ForApp(high, "skd"), append(slices.Clone(owner), `"urn:altinn:minimum-authenticationlevel"4`, org)},
		"level 0 is written, and not taken for none given":                                   {ForApp(none, "skd"), append(slices.Clone(owner), `"urn:altinn:minimum-authenticationlevel"0`, org)},
		"each role and package of a rule may do each of its actions": {
			ForApp(newApp(v1alpha1.AuthorizationRule{
				Roles: []v1alpha1.RoleCode{"DAGL"}, AccessPackages: []v1alpha1.AccessPackage{"skatt-naering"}, Actions: []v1alpha1.Action{"read", "sign"},
			}), "skd"),
			slices.Concat([]string{
				"urn:altinn:accesspackage=skatt-naering: read", "urn:altinn:accesspackage=skatt-naering: sign",
				"urn:altinn:rolecode=DAGL: read", "urn:altinn:rolecode=DAGL: sign",
			}, owner, []string{three, org}),
		},
		"organisations that are named ask by the access list": {
			consentPolicy(newConsent()),
			[]string{"urn:altinn:access-list=skd:banks: requestconsent", "urn:altinn:rolecode=PRIV: consent", three, org},
		},
		"any organisation asks by being one, and no list is named": {
			consentPolicy(anyone),
			[]string{"urn:altinn:partytype=organization: requestconsent", "urn:altinn:rolecode=PRIV: consent", three, org},
		},
		"a consent that says no level has level 3": {
			consentPolicy(unset),
			[]string{"urn:altinn:access-list=skd:banks: requestconsent", "urn:altinn:rolecode=PRIV: consent", three, org},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := shown(test.policy); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			mustMarshal(t, test.policy)
		})
	}
}

// TestWhatIsEmptyByMistakeIsNotWritten holds the renderer to failing where something is missing, instead of letting anybody in.
func TestWhatIsEmptyByMistakeIsNotWritten(t *testing.T) {
	noGivers, noRequesters := newConsent(), newConsent()
	noGivers.Spec.Givers = v1alpha1.Givers{}
	noRequesters.Spec.Requesters = v1alpha1.Requesters{}
	for sentence, policy := range map[string]Policy{
		"a rule with nobody":               ForApp(newApp(v1alpha1.AuthorizationRule{Actions: []v1alpha1.Action{"read"}}), "skd"),
		"a rule with no action":            ForApp(newApp(v1alpha1.AuthorizationRule{Roles: []v1alpha1.RoleCode{"PRIV"}}), "skd"),
		"a role without a name":            ForApp(newApp(v1alpha1.AuthorizationRule{Roles: []v1alpha1.RoleCode{""}, Actions: []v1alpha1.Action{"read"}}), "skd"),
		"an App of nobody":                 ForApp(newApp(), ""),
		"an App without a name":            ForApp(&v1alpha1.App{}, "skd"),
		"a consent that nobody gives":      consentPolicy(noGivers),
		"a consent without an identifier":  ForConsent(newConsent(), "", "skd", "banks"),
		"a list without a name":            ForConsent(newConsent(), "skd-income", "skd", ""),
		"a list of nobody":                 ForConsent(newConsent(), "skd-income", "", "banks"),
		"requesters of neither kind, list": ForConsent(noRequesters, "skd-income", "skd", ""),
		"a level beyond the highest":       {Rules: consentPolicy(newConsent()).Rules, Obligations: levels(ptr.To[v1alpha1.AuthenticationLevel](5))},
	} {
		t.Run(sentence, func(t *testing.T) {
			if data, err := Marshal(policy); err == nil {
				t.Errorf("this was written:\n%s", data)
			}
		})
	}
}
