// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/consentresource"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
)

// planOf is the plan that a consent comes to by its own decision.
func planOf(facts *consentresource.Facts) registration.Plan {
	verdict := (&consentresource.Kind{}).Decide(facts.Consent, *facts)
	return facts.Registration(verdict.Action)
}

func TestWhatIsToBecomeOfWhatIsRegisteredOfAConsent(t *testing.T) {
	state := func(state v1alpha1.ConsentState) func(*consentresource.Facts) {
		return declared(func(s *v1alpha1.ConsentResourceSpec) { s.State = state })
	}
	both := func(changes ...func(*consentresource.Facts)) func(*consentresource.Facts) {
		return func(f *consentresource.Facts) {
			for _, change := range changes {
				change(f)
			}
		}
	}
	uncovered := func(f *consentresource.Facts) { f.Agreements = nil }
	stopped := agreed(func(s *v1alpha1.DataProcessingAgreementSpec) { s.State = v1alpha1.AgreementStopped })
	for name, tc := range map[string]struct {
		facts func(*consentresource.Facts)
		want  registration.Action
	}{
		"published and covered, it is registered":          {func(*consentresource.Facts) {}, registration.Register},
		"a draft is not registered":                        {state(v1alpha1.ConsentDraft), registration.Leave},
		"withdrawn, it is withdrawn":                       {state(v1alpha1.ConsentWithdrawn), registration.Withdraw},
		"to withdraw needs no agreement":                   {both(state(v1alpha1.ConsentWithdrawn), uncovered), registration.Withdraw},
		"to withdraw needs no service owner":               {both(state(v1alpha1.ConsentWithdrawn), uncovered, func(f *consentresource.Facts) { f.Owner = nil }), registration.Withdraw},
		"an order to stop withdraws it":                    {stopped, registration.Withdraw},
		"an order to stop withdraws also what was a draft": {both(state(v1alpha1.ConsentDraft), stopped), registration.Withdraw},
		"a suspended service owner's is withdrawn": {
			func(f *consentresource.Facts) { f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms"} }, registration.Withdraw,
		},
		"without an agreement, it is left":       {uncovered, registration.Leave},
		"without a service owner, it is left":    {func(f *consentresource.Facts) { f.Owner = nil }, registration.Leave},
		"with a template nobody has, it is left": {declared(func(s *v1alpha1.ConsentResourceSpec) { s.Template = "mine" }), registration.Leave},
		"with an identifier that is another's, it is left": {func(f *consentresource.Facts) {
			f.SameIdentifier = []v1alpha1.ConsentResource{otherConsent(t, "a-first", 0)}
			f.Consent.CreationTimestamp = *at(now)
		}, registration.Leave},
		"without the App that has the data, it is registered all the same": {
			func(f *consentresource.Facts) { f.Source = nil }, registration.Register,
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t)
			tc.facts(facts)
			if got := planOf(facts).Action; got != tc.want {
				t.Errorf("want %d, got %d", tc.want, got)
			}
		})
	}
}

// texts are in the three languages.
func texts(nb, nn, en string) registry.Texts { return registry.Texts{"nb": nb, "nn": nn, "en": en} }

// sampleResource is what the registry is to show of the sample.
func sampleResource() registry.ServiceResource {
	return registry.ServiceResource{
		Identifier: "skd-income", ResourceType: "Consent", Status: "Completed",
		Title: texts("Inntektsopplysninger", "Inntektsopplysningar", "Income information"),
		Description: texts("Deling av inntektsopplysninger med banken du søker lån i", "Deling av inntektsopplysningar med banken du søkjer lån i",
			"Sharing income data with the bank where you apply for a loan"),
		RightDescription: texts("Banken kan hente inntekten din", "Banken kan hente inntekta di", "The bank may fetch your income"),
		ConsentText: texts("Banken får se inntekten din for {inntektsaar}", "Banken får sjå inntekta di for {inntektsaar}",
			"The bank may see your income for {inntektsaar}"),
		ConsentTemplate: "default", ConsentMetadata: map[string]registry.ConsentField{"inntektsaar": {}},
		ContactPoints: []registry.ContactPoint{{Category: "Support", Email: "support@skd.example.no"}},
		CompetentAuthority: registry.CompetentAuthority{
			Organization: "974761076", Orgcode: "skd", Name: texts("Skatteetaten", "Skatteetaten", "The Norwegian Tax Administration"),
		},
		AvailableForType: []string{"PrivatePerson"}, AccessListMode: "Disabled", Delegable: true, Visible: true,
	}
}

// sampleEntry is all that the registry is to hold of the sample.
func sampleEntry() registration.Entry {
	return registration.Entry{
		Identifier: "skd-income", Owner: registry.Owner{Number: "974761076", Code: "skd"}, Resource: sampleResource(),
		Rules: []any{false, v1alpha1.Givers{Roles: []v1alpha1.RoleCode{"PRIV"}}, new(v1alpha1.AuthenticationLevel(3))},
		List: registration.List{
			Identifier: "skd-income", Name: "May ask for skd-income",
			Description: "Kept by serviceowner-operator: changes made elsewhere are put right", Members: []string{"971527412", "986252932"},
		},
	}
}

func TestWhatTheRegistryIsToHoldOfAConsent(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.ConsentResource)
		want   func(*registration.Entry)
	}{
		"the sample": {func(*v1alpha1.ConsentResource) {}, func(*registration.Entry) {}},
		"a consent with an identifier of its own, whose list is of that name": {
			func(c *v1alpha1.ConsentResource) { c.Spec.Identifier = "skd-inntekt_2026" },
			func(e *registration.Entry) {
				e.Identifier, e.Resource.Identifier, e.List.Identifier, e.List.Name = "skd-inntekt_2026", "skd-inntekt_2026", "skd-inntekt_2026", "May ask for skd-inntekt_2026"
			},
		},
		"a consent that anyone may ask for, which has no list": {
			func(c *v1alpha1.ConsentResource) { c.Spec.Requesters = v1alpha1.Requesters{AnyOrganization: true} },
			func(e *registration.Entry) { e.List, e.Rules.([]any)[0] = registration.List{}, true },
		},
		"a consent for once, without metadata, for two kinds of parties": {
			func(c *v1alpha1.ConsentResource) {
				c.Spec.OneTime, c.Spec.Metadata = true, nil
				c.Spec.AvailableFor = []v1alpha1.PartyType{"PrivatePerson", "LegalEntityEnterprise"}
			},
			func(e *registration.Entry) {
				e.Resource.IsOneTimeConsent, e.Resource.ConsentMetadata = true, nil
				e.Resource.AvailableForType = []string{"PrivatePerson", "LegalEntityEnterprise"}
			},
		},
		"a consent that tells of a telephone and a page": {
			func(c *v1alpha1.ConsentResource) {
				c.Spec.ContactPoints = []v1alpha1.ContactPoint{
					{Category: "Support", Telephone: "800 80 000"}, {Category: "Data", ContactPage: "https://skd.example.no/kontakt"},
				}
			},
			func(e *registration.Entry) {
				e.Resource.ContactPoints = []registry.ContactPoint{
					{Category: "Support", Telephone: "800 80 000"}, {Category: "Data", ContactPage: "https://skd.example.no/kontakt"},
				}
			},
		},
		"a consent that may take over what is registered already": {
			func(c *v1alpha1.ConsentResource) { c.Spec.AdoptExisting = true },
			func(e *registration.Entry) { e.Adopt = true },
		},
		"a consent whose breaking change was accepted": {
			func(c *v1alpha1.ConsentResource) {
				c.Generation, c.Annotations = 7, map[string]string{v1alpha1.AnnotationAcceptBreakingChange: "7"}
			},
			func(e *registration.Entry) { e.AcceptsBreaking = true },
		},
		"a consent of which an earlier change was accepted": {
			func(c *v1alpha1.ConsentResource) {
				c.Generation, c.Annotations = 8, map[string]string{v1alpha1.AnnotationAcceptBreakingChange: "7"}
			},
			func(*registration.Entry) {},
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts, want := usual(t), sampleEntry()
			tc.change(facts.Consent)
			tc.want(&want)
			got := planOf(facts)
			if got.Action != registration.Register {
				t.Errorf("action %d", got.Action)
			}
			if diff := cmp.Diff(want, got.Entry, cmpopts.IgnoreFields(registration.Entry{}, "Policy")); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
			if policy := xacml.ForConsent(facts.Consent, want.Identifier, "skd", want.Identifier); !xacml.Equal(policy, got.Entry.Policy()) {
				t.Errorf("policy: %+v", got.Entry.Policy())
			}
		})
	}
}

// To withdraw needs no more than names: what was declared may not be known then, and the policy is silent.
func TestWhatIsWithdrawnOfAConsent(t *testing.T) {
	facts := usual(t)
	facts.Consent.Spec.State = v1alpha1.ConsentWithdrawn
	got := planOf(facts)
	want := registration.Entry{Identifier: "skd-income", Owner: registry.Owner{Code: "skd"}}
	if diff := cmp.Diff(want, got.Entry, cmpopts.IgnoreFields(registration.Entry{}, "Policy")); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if !xacml.Equal(xacml.Silence("skd-income", "skd"), got.Entry.Policy()) {
		t.Errorf("policy: %+v", got.Entry.Policy())
	}
}

// The revision stands for the policy by what it is rendered from. So whatever makes another policy must make
// another revision.
func TestWhateverMakesAnotherPolicyMakesAnotherRevision(t *testing.T) {
	for name, change := range map[string]func(*v1alpha1.ConsentResourceSpec){
		"another role": func(s *v1alpha1.ConsentResourceSpec) { s.Givers.Roles = append(s.Givers.Roles, "DAGL") },
		"an access package": func(s *v1alpha1.ConsentResourceSpec) {
			s.Givers.AccessPackages = []v1alpha1.AccessPackage{"skatt-naering"}
		},
		"another level": func(s *v1alpha1.ConsentResourceSpec) {
			s.MinimumAuthenticationLevel = new(v1alpha1.AuthenticationLevel(4))
		},
		"anyone who may ask for it": func(s *v1alpha1.ConsentResourceSpec) { s.Requesters = v1alpha1.Requesters{AnyOrganization: true} },
	} {
		t.Run(name, func(t *testing.T) {
			facts := usual(t)
			plan := planOf(facts)
			policy, revision := plan.Entry.Policy(), plan.Revision()
			change(&facts.Consent.Spec)
			plan = planOf(facts)
			if xacml.Equal(policy, plan.Entry.Policy()) {
				t.Error("the policy is the same: this tests nothing")
			}
			if revision == plan.Revision() {
				t.Error("the revision is the same")
			}
		})
	}
}

// What processing and data source say stays inside: no new version is made of it.
func TestWhatIsNotRegisteredMakesNoOtherRevision(t *testing.T) {
	for name, change := range map[string]func(*consentresource.Facts){
		"the data source":                    func(f *consentresource.Facts) { f.Consent.Spec.DataSource.App, f.Source = "other", nil },
		"how long data is kept":              declared(func(s *v1alpha1.ConsentResourceSpec) { s.Processing.RetentionDays = 30 }),
		"the deletion policy":                declared(func(s *v1alpha1.ConsentResourceSpec) { s.DeletionPolicy = v1alpha1.ConsentRetain }),
		"another order of those who may ask": declared(func(s *v1alpha1.ConsentResourceSpec) { slices.Reverse(s.Requesters.Organizations) }),
	} {
		t.Run(name, func(t *testing.T) {
			before, facts := planOf(usual(t)), usual(t)
			change(facts)
			if after := facts.Registration(decide.ActionAdmit); before.Revision() != after.Revision() {
				t.Error("the revision is another")
			}
		})
	}
}
