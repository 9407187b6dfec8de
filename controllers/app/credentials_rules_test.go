// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

func TestWhatCredentialsAreRefused(t *testing.T) {
	reads := func(name v1alpha1.ObjectName) func(*app.Facts) {
		return func(f *app.Facts) {
			f.App.Spec.EnvFrom = []v1alpha1.EnvSource{{SecretRef: &v1alpha1.ObjectRef{Name: name}}}
		}
	}
	asks := func(solution v1alpha1.Solution, scopes ...v1alpha1.Scope) func(*app.Facts) {
		return func(f *app.Facts) {
			f.App.Spec.Integrations = []v1alpha1.Integration{{Solution: solution, Scopes: scopes}}
		}
	}
	gives := func(numbers ...string) func(*app.Facts) {
		return func(f *app.Facts) {
			f.App.Spec.Integrations = []v1alpha1.Integration{{Solution: "Maskinporten", Exposes: []v1alpha1.ExposedScope{
				{Name: "inntekt", Consumers: &v1alpha1.Consumers{Organizations: numbers}}, {Name: "formue"},
			}}}
		}
	}
	for sentence, tc := range map[string]struct {
		facts func(*app.Facts)
		want  []string
	}{
		"not a Secret of the App's own":                           {facts: reads("income-settings")},
		"not a Secret that only has a name like a key":            {facts: reads("income-maskinporten-old")},
		"a key of its own, by the name of its Secret":             {facts: reads("income-maskinporten-0123456789"), want: []string{v1alpha1.ReasonKeyBorrowed}},
		"a key of another App":                                    {facts: reads("other-idporten-abcdef0123"), want: []string{v1alpha1.ReasonKeyBorrowed}},
		"not a scope of the solution's":                           {facts: asks("KRR", "krr:global/digitalpost.read")},
		"not the scope that a solution asks for by itself":        {facts: asks("KRR", "krr:global/kontaktinformasjon.read")},
		"not any scope with Maskinporten":                         {facts: asks("Maskinporten", "nav:arbeidsforhold", "krr:x")},
		"each scope of another solution's":                        {facts: asks("KRR", "nav:a", "krr:x", "nav:b"), want: []string{v1alpha1.ReasonScopeNotAllowed, v1alpha1.ReasonScopeNotAllowed}},
		"a scope where there is none to be had":                   {facts: asks("DataNorge", "nav:a"), want: []string{v1alpha1.ReasonScopeNotAllowed}},
		"not an organisation whose number is right":               {facts: gives(bankNumber)},
		"each organisation whose number cannot be one's":          {facts: gives("310000018", bankNumber, "123456789"), want: []string{v1alpha1.ReasonConsumerUnknown, v1alpha1.ReasonConsumerUnknown}},
		"not an App that exposes to nobody but through a consent": {facts: gives()},
	} {
		t.Run(sentence, func(t *testing.T) {
			facts := usualFacts(t)
			tc.facts(&facts)
			verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			var got []string
			for _, finding := range verdict.Findings {
				if finding.Effect == decide.Hold {
					got = append(got, finding.Reason)
					if finding.Remedy == "" || finding.Actor != v1alpha1.ActorServiceOwner {
						t.Errorf("nobody is told what to do: %+v", finding)
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			if wanted := len(tc.want) == 0; wanted != (verdict.Action == decide.ActionAdmit) {
				t.Errorf("it is to be %s", actionName(t, verdict.Action))
			}
		})
	}
}

// pods are how many an App is to have, and the Secrets with keys they read.
func pods(t *testing.T, facts app.Facts, action decide.Action) (there bool, replicas int32, keys string) {
	t.Helper()
	children, err := (&app.Kind{Operator: facts.Operator}).Render(facts.App, facts, action)
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		if deployment, ok := child.Object.(*appsv1.Deployment); ok {
			return true, *deployment.Spec.Replicas, deployment.Spec.Template.Annotations[v1alpha1.AnnotationCredentials]
		}
	}
	return false, 0, ""
}

func TestPodsWaitForTheirFirstKeysAndForNoOthers(t *testing.T) {
	const key, other = "income-maskinporten-0123456789", "income-idporten-0123456789"
	unborn := func(f *app.Facts) { f.App.Status.Children = nil }
	for sentence, tc := range map[string]struct {
		facts  func(*app.Facts)
		action decide.Action
		// there says that there is a Deployment, and runs that it has pods.
		there, runs bool
		keys        string
	}{
		"a new App has none before it has a client": {facts: unborn},
		"a new App has none while one of two keys is missing": {facts: func(f *app.Facts) {
			unborn(f)
			withKey(f, v1alpha1.ClientMaskinporten, key)
		}},
		"a new App has some as soon as it has all keys": {facts: func(f *app.Facts) {
			unborn(f)
			withKey(f, v1alpha1.ClientMaskinporten, key)
			withKey(f, v1alpha1.ClientIDPorten, other)
		}, there: true, runs: true, keys: other + "," + key},
		"a new App without clients waits for nothing": {facts: func(f *app.Facts) {
			unborn(f)
			f.App.Spec.Integrations = nil
		}, there: true, runs: true},
		"a new App waits for nothing where no self-service is configured": {facts: func(f *app.Facts) {
			unborn(f)
			f.Operator.SelfService = nil
		}, there: true, runs: true},
		"an App that has pods goes on without a key that is new": {facts: func(f *app.Facts) {
			withKey(f, v1alpha1.ClientMaskinporten, key)
		}, there: true, runs: true, keys: key},
		"an App that has pods goes on where the self-service cannot be used": {facts: func(f *app.Facts) {
			withKey(f, v1alpha1.ClientMaskinporten, key)
			f.App.Status.Credentials[0].Obstacle = &v1alpha1.Obstacle{Condition: v1alpha1.ConditionCredentialsReady, Reason: v1alpha1.ReasonSelfServiceUnavailable}
		}, there: true, runs: true, keys: key},
		"an App that comes back has none before it has a key again": {facts: func(f *app.Facts) {
			f.App.Status.Credentials = []v1alpha1.Credential{{Client: v1alpha1.ClientMaskinporten, ClientID: "c1", State: v1alpha1.CredentialRevoked}}
		}, there: true},
		"an App out of service has none, and reads no key": {facts: func(f *app.Facts) {
			withKey(f, v1alpha1.ClientMaskinporten, key)
		}, action: decide.ActionWithdraw, there: true},
		"what is no longer declared is no longer read": {facts: func(f *app.Facts) {
			f.App.Spec.Integrations = f.App.Spec.Integrations[:1]
			withKey(f, v1alpha1.ClientMaskinporten, key)
			withKey(f, v1alpha1.ClientIDPorten, other)
		}, there: true, runs: true, keys: key},
	} {
		t.Run(sentence, func(t *testing.T) {
			facts := credentialed(t, v1alpha1.Integration{Solution: "KRR"}, v1alpha1.Integration{Solution: "IDPorten"})
			facts.App.Spec.Replicas.Min = 2
			tc.facts(&facts)
			if tc.action == 0 {
				tc.action = decide.ActionAdmit
			}
			there, replicas, keys := pods(t, facts, tc.action)
			if there != tc.there || replicas > 0 != tc.runs || keys != tc.keys {
				t.Errorf("there is a Deployment: %v, with %d pods that read %q", there, replicas, keys)
			}
			verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			waits := slices.ContainsFunc(verdict.Outstanding, func(o decide.Outstanding) bool { return o.Part == v1alpha1.ConditionAvailable })
			if waits == tc.runs && tc.action == decide.ActionAdmit {
				t.Errorf("people are told that pods wait: %v", waits)
			}
		})
	}
}
