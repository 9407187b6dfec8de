// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
	"github.com/altinn/serviceowner-operator/controllers/internal/xacml"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// sampled reads one of config/samples as the API server would store it.
func sampled(t testing.TB, file string, into any) {
	t.Helper()
	content, err := os.ReadFile("../../config/samples/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := apiserver.Defaulted(content, into); err != nil {
		t.Fatal(err)
	}
}

// registering are the usual facts of the sample, where there is a registry.
func registering(t testing.TB) app.Facts {
	t.Helper()
	facts := usualFacts(t)
	facts.App, facts.Owner = &v1alpha1.App{}, &v1alpha1.ServiceOwner{}
	sampled(t, "app-income.yaml", facts.App)
	sampled(t, "serviceowner-skd.yaml", facts.Owner)
	facts.App.Generation, facts.Owner.Status.Namespace = 2, facts.App.Namespace
	operator, err := configuration.Load("../../config/manager/operator.yaml")
	if err != nil {
		t.Fatal(err)
	}
	facts.Operator = operator
	return facts
}

// decided is the verdict on an App.
func decided(facts app.Facts) decide.Verdict {
	return (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
}

// admittedBefore are the facts of an App of which the spec was admitted, as it is.
func admittedBefore(facts app.Facts) app.Facts {
	return facts.WithAdmitted(*facts.App.Spec.DeepCopy(), 1, "skd-2026")
}

func TestWhatIsToBecomeOfWhatIsRegisteredOfAnApp(t *testing.T) {
	uncovered := func(f *app.Facts) { f.Agreements = nil }
	for name, tc := range map[string]struct {
		facts    func(*app.Facts)
		admitted bool
		action   decide.Action
		want     registration.Action
	}{
		"admitted, it is registered":                   {facts: func(*app.Facts) {}, action: decide.ActionAdmit, want: registration.Register},
		"admitted before, it is registered":            {facts: func(*app.Facts) {}, admitted: true, action: decide.ActionAdmit, want: registration.Register},
		"held before anything was admitted, it is not": {facts: uncovered, action: decide.ActionHold, want: registration.Leave},
		"held since, what was admitted stays registered": {
			facts: uncovered, admitted: true, action: decide.ActionKeep, want: registration.Register,
		},
		"suspended, it is withdrawn": {
			facts:    func(f *app.Facts) { f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"} },
			admitted: true, action: decide.ActionWithdraw, want: registration.Withdraw,
		},
		"ordered to stop, it is withdrawn": {
			facts:    func(f *app.Facts) { f.Agreements[0].Spec.State = v1alpha1.AgreementStopped },
			admitted: true, action: decide.ActionWithdraw, want: registration.Withdraw,
		},
		"a suspended service owner's is withdrawn": {
			facts:    func(f *app.Facts) { f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms"} },
			admitted: true, action: decide.ActionWithdraw, want: registration.Withdraw,
		},
		"without its service owner, it is left as it is": {
			facts: func(f *app.Facts) { f.Owner = nil }, admitted: true, action: decide.ActionHold, want: registration.Leave,
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := registering(t)
			if tc.admitted {
				facts = admittedBefore(facts)
			}
			tc.facts(&facts)
			verdict := decided(facts)
			if verdict.Action != tc.action {
				t.Fatalf("action: want %d, got %d: %+v", tc.action, verdict.Action, verdict.Findings)
			}
			if got := facts.Registration(verdict.Action).Action; got != tc.want {
				t.Errorf("want %d, got %d", tc.want, got)
			}
		})
	}
}

// inThree are texts in the three languages.
func inThree(nb, nn, en string) registry.Texts { return registry.Texts{"nb": nb, "nn": nn, "en": en} }

// registeredSample is all that the registry is to hold of the sample.
func registeredSample(declared *v1alpha1.Authorization) registration.Entry {
	title := inThree("Inntektsopplysninger", "Inntektsopplysningar", "Income information")
	return registration.Entry{
		Identifier: "app_skd_income", Owner: registry.Owner{Number: "974761076", Code: "skd"}, Adopt: true, Rules: declared,
		Resource: registry.ServiceResource{
			Identifier: "app_skd_income", ResourceType: "AltinnApp", Status: "Completed",
			Title: title, Description: title, RightDescription: title,
			ContactPoints: []registry.ContactPoint{{Category: "Support", Email: "support@skd.example.no"}},
			ResourceReferences: []registry.ResourceReference{{
				ReferenceSource: "Altinn3", ReferenceType: "ApplicationId", Reference: "skd/income",
			}},
			CompetentAuthority: registry.CompetentAuthority{
				Organization: "974761076", Orgcode: "skd", Name: inThree("Skatteetaten", "Skatteetaten", "The Norwegian Tax Administration"),
			},
			AccessListMode: "Disabled", Delegable: true, Visible: true,
		},
	}
}

func TestWhatTheRegistryIsToHoldOfAnApp(t *testing.T) {
	no := false
	for name, tc := range map[string]struct {
		change func(*v1alpha1.AppSpec)
		want   func(*registration.Entry)
	}{
		"the sample": {func(*v1alpha1.AppSpec) {}, func(*registration.Entry) {}},
		"an App without authorization, which its owner alone may use": {
			func(s *v1alpha1.AppSpec) { s.Authorization = nil }, func(*registration.Entry) {},
		},
		"an App that nobody finds or hands on": {
			func(s *v1alpha1.AppSpec) { s.Authorization.Delegable, s.Authorization.Visible = &no, &no },
			func(e *registration.Entry) { e.Resource.Delegable, e.Resource.Visible = false, false },
		},
		"an App that says nothing of that": {
			func(s *v1alpha1.AppSpec) { s.Authorization.Delegable, s.Authorization.Visible = nil, nil }, func(*registration.Entry) {},
		},
		"an App for some kinds of parties": {
			func(s *v1alpha1.AppSpec) {
				s.Authorization.PartyTypes = []v1alpha1.PartyType{"PrivatePerson", "Company"}
			},
			func(e *registration.Entry) { e.Resource.AvailableForType = []string{"PrivatePerson", "Company"} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := registering(t)
			tc.change(&facts.App.Spec)
			want := registeredSample(facts.App.Spec.Authorization)
			tc.want(&want)
			got := facts.Registration(decided(facts).Action)
			if got.Action != registration.Register {
				t.Errorf("action %d", got.Action)
			}
			if diff := cmp.Diff(want, got.Entry, cmpopts.IgnoreFields(registration.Entry{}, "Policy")); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
			if !xacml.Equal(xacml.ForApp(facts.App, "skd"), got.Entry.Policy()) {
				t.Errorf("policy: %+v", got.Entry.Policy())
			}
		})
	}
}

// What is held is not published: the registry holds what was admitted.
func TestWhatTheRegistryHoldsOfAnAppThatIsHeld(t *testing.T) {
	facts := admittedBefore(registering(t))
	facts.Agreements = nil
	facts.App.Spec.DisplayName.NB, facts.App.Spec.Authorization = "Redigert", nil
	sample := registering(t).App
	got := facts.Registration(decided(facts).Action)
	if diff := cmp.Diff(registeredSample(sample.Spec.Authorization), got.Entry, cmpopts.IgnoreFields(registration.Entry{}, "Policy")); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if !xacml.Equal(xacml.ForApp(sample, "skd"), got.Entry.Policy()) {
		t.Errorf("policy: %+v", got.Entry.Policy())
	}
}

// To withdraw needs no more than names, and leaves the policy as it is.
func TestWhatIsWithdrawnOfAnApp(t *testing.T) {
	facts := admittedBefore(registering(t))
	facts.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"}
	got := facts.Registration(decided(facts).Action)
	want := registration.Plan{
		Action: registration.Withdraw, Entry: registration.Entry{Identifier: "app_skd_income", Owner: registry.Owner{Code: "skd"}, Adopt: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestAnAppSaysHowItIsRegistered(t *testing.T) {
	const part = v1alpha1.ConditionAuthorizationRegistered
	awaited := []decide.Outstanding{{
		Part: part, Status: "False", Reason: v1alpha1.ReasonProgressing, Message: "Under way: Altinn's Resource Registry is being told",
	}}
	type said struct {
		Affirmed, Awaited bool
		Message           string
	}
	on := func(facts *app.Facts, state v1alpha1.RegistrationState) {
		facts.App.Status.Registration = &v1alpha1.Registration{
			Identifier: "app_skd_income", State: state, Revision: facts.Registration(decided(*facts).Action).Revision(),
		}
	}
	for name, tc := range map[string]struct {
		facts func(*app.Facts)
		want  said
	}{
		"not yet":                       {func(*app.Facts) {}, said{Awaited: true, Message: awaited[0].Message}},
		"where nothing is registered":   {func(f *app.Facts) { f.Operator = operatorConfiguration(t) }, said{}},
		"held before it was admitted":   {func(f *app.Facts) { f.Agreements = nil }, said{}},
		"as declared":                   {func(f *app.Facts) { on(f, v1alpha1.RegistrationRegistered) }, said{Affirmed: true, Message: "Registered as app_skd_income, with its policy"}},
		"as declared before it changed": {func(f *app.Facts) { on(f, v1alpha1.RegistrationRegistered); f.App.Spec.DisplayName.NB = "Inntekt" }, said{Awaited: true, Message: awaited[0].Message}},
		"as withdrawn": {func(f *app.Facts) {
			f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"}
			on(f, v1alpha1.RegistrationWithdrawn)
		}, said{Affirmed: true, Message: "app_skd_income is withdrawn: nobody can find it"}},
	} {
		t.Run(name, func(t *testing.T) {
			facts := registering(t)
			tc.facts(&facts)
			verdict := decided(facts)
			var got said
			for _, affirmed := range verdict.Affirmed {
				if affirmed.Part == part {
					got = said{Affirmed: true, Message: affirmed.Message}
				}
			}
			of := slices.DeleteFunc(verdict.Outstanding, func(o decide.Outstanding) bool { return o.Part != part })
			if cmp.Equal(awaited, of) {
				got = said{Awaited: true, Message: awaited[0].Message}
			}
			if got != tc.want {
				t.Errorf("want %+v, got %+v", tc.want, got)
			}
		})
	}
}
