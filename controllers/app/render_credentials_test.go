// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/credentials"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

const skdNumber, bankNumber, otherNumber = "974761076", "310000019", "310000027"

// credentialed are the facts of an App whose operator registers clients.
func credentialed(t testing.TB, integrations ...v1alpha1.Integration) app.Facts {
	facts := usualFacts(t)
	facts.Operator.SelfService = &configuration.SelfService{URL: "https://api.test.samarbeid.digdir.no", Propagation: metav1.Duration{Duration: 2 * time.Minute}}
	facts.Owner.Spec.OrganizationNumber = skdNumber
	facts.App.Spec.Integrations = integrations
	return facts
}

// withKey puts a client with a key on record.
func withKey(facts *app.Facts, client v1alpha1.ClientType, secret string) {
	facts.App.Status.Credentials = append(facts.App.Status.Credentials, v1alpha1.Credential{
		Client: client, ClientID: "c1", State: v1alpha1.CredentialRegistered, Secret: secret,
	})
}

func TestTheClientsOfAnApp(t *testing.T) {
	for sentence, tc := range map[string]struct {
		integrations []v1alpha1.Integration
		change       func(*app.Facts)
		want         string
	}{
		"none for an App without integrations":                     {},
		"none for a solution that needs no token":                  {integrations: []v1alpha1.Integration{{Solution: "DataNorge"}}},
		"none for Maskinporten without a scope: there is no token": {integrations: []v1alpha1.Integration{{Solution: "Maskinporten"}}},
		"one for all solutions that are called with Maskinporten's tokens, with the scopes of all": {
			integrations: []v1alpha1.Integration{
				{Solution: "KRR", Scopes: []v1alpha1.Scope{"krr:global/kontaktinformasjon.read"}},
				{Solution: "Maskinporten", Scopes: []v1alpha1.Scope{"nav:b", "nav:a", "krr:global/kontaktinformasjon.read"}},
			},
			want: "Maskinporten skd-test-income [krr:global/kontaktinformasjon.read nav:a nav:b]",
		},
		"for logging in, the usual scopes beside those declared, and the usual path": {
			integrations: []v1alpha1.Integration{{Solution: "IDPorten", Scopes: []v1alpha1.Scope{"altinn:instances.read"}}},
			want:         "IDPorten skd-test-income [altinn:instances.read openid profile] https://skd.apps.tt02.altinn.no/skd/income/signin-oidc sso",
		},
		"users come back below the App's own path, once": {
			integrations: []v1alpha1.Integration{{
				Solution: "IDPorten", RedirectPaths: []v1alpha1.AbsolutePath{"/skd/income/b", "/b", "/a", "/skd/incomes"}, SingleSignOn: ptr.To(false),
			}},
			want: "IDPorten skd-test-income [openid profile] https://skd.apps.tt02.altinn.no/skd/income/a" +
				" https://skd.apps.tt02.altinn.no/skd/income/b https://skd.apps.tt02.altinn.no/skd/income/skd/incomes",
		},
		"users come back to the host the App has": {
			integrations: []v1alpha1.Integration{{Solution: "Ansattporten"}},
			change:       func(f *app.Facts) { f.App.Spec.Ingress.Host, f.App.Spec.Ingress.Path = "skd.example.no", "/" },
			want:         "Ansattporten skd-test-income [openid profile] https://skd.example.no/signin-oidc sso",
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			facts := credentialed(t, tc.integrations...)
			facts.Operator.Environment.Name = "test"
			if tc.change != nil {
				tc.change(&facts)
			}
			var lines []string
			for _, client := range facts.Credentials(decide.ActionAdmit).Clients {
				line := strings.TrimSpace(string(client.Type) + " " + client.Name + " [" + strings.Join(client.Scopes, " ") + "] " + strings.Join(client.RedirectURIs, " "))
				if client.SingleSignOn {
					line += " sso"
				}
				lines = append(lines, line)
				if client.Marker != credentials.Marker(facts.App, client.Type) || client.Issuer == "" || client.WellKnown == "" {
					t.Errorf("its mark is %q, and it asks %q of %q", client.Marker, client.WellKnown, client.Issuer)
				}
			}
			if diff := cmp.Diff(tc.want, strings.Join(lines, "\n")); diff != "" {
				t.Errorf("clients (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheScopesOfAnApp(t *testing.T) {
	exposing := func(consumers *v1alpha1.Consumers) []v1alpha1.Integration {
		return []v1alpha1.Integration{{Solution: "Maskinporten", Exposes: []v1alpha1.ExposedScope{{Name: "inntekt", Description: "Income", Consumers: consumers}}}}
	}
	named := func(numbers ...string) *v1alpha1.Consumers { return &v1alpha1.Consumers{Organizations: numbers} }
	opened := func(change func(*v1alpha1.ConsentResource)) func(*app.Facts) {
		return func(f *app.Facts) {
			consent := v1alpha1.ConsentResource{}
			consent.Spec.DataSource = v1alpha1.DataSource{App: "income", Scope: "skd:inntekt"}
			consent.Spec.State = v1alpha1.ConsentPublished
			consent.Spec.Requesters.Organizations = []v1alpha1.OrganizationNumber{otherNumber}
			consent.Status.Registration = &v1alpha1.Registration{State: v1alpha1.RegistrationRegistered}
			change(&consent)
			f.Consents = []v1alpha1.ConsentResource{consent}
		}
	}
	another := func(minutes int, name string) func(*app.Facts) {
		return func(f *app.Facts) {
			other := otherApp("so-skd", name, minute(minutes))
			other.Spec.Integrations = exposing(nil)
			f.SameScopes = []v1alpha1.App{other}
		}
	}
	only := func(scope credentials.Scope) credentials.Scope {
		scope.Name, scope.Description = "skd:inntekt", "Income"
		return scope
	}
	for sentence, tc := range map[string]struct {
		consumers *v1alpha1.Consumers
		change    func(*app.Facts)
		want      credentials.Scope
	}{
		"nobody has access that is not declared": {want: only(credentials.Scope{})},
		"those declared have it, once":           {consumers: named(otherNumber, bankNumber, otherNumber), want: only(credentials.Scope{Consumers: []string{bankNumber, otherNumber}})},
		"anybody may be declared":                {consumers: &v1alpha1.Consumers{AnyOrganization: true}, want: only(credentials.Scope{AnyOrganization: true})},
		"those who may ask for a published consent have it too": {
			consumers: named(bankNumber), change: opened(func(*v1alpha1.ConsentResource) {}),
			want: only(credentials.Scope{Consumers: []string{bankNumber, otherNumber}}),
		},
		"anybody has it where anybody may ask": {
			consumers: named(bankNumber), change: opened(func(c *v1alpha1.ConsentResource) { c.Spec.Requesters.AnyOrganization = true }),
			want: only(credentials.Scope{AnyOrganization: true}),
		},
		"not through a consent that is withdrawn": {
			change: opened(func(c *v1alpha1.ConsentResource) { c.Spec.State = v1alpha1.ConsentWithdrawn }), want: only(credentials.Scope{}),
		},
		"not through a consent that is not registered": {
			change: opened(func(c *v1alpha1.ConsentResource) { c.Status.Registration = nil }), want: only(credentials.Scope{}),
		},
		"not through a consent that is being deleted": {
			change: opened(func(c *v1alpha1.ConsentResource) { c.DeletionTimestamp = ptr.To(minute(1)) }), want: only(credentials.Scope{}),
		},
		"not through a consent to another scope": {
			change: opened(func(c *v1alpha1.ConsentResource) { c.Spec.DataSource.Scope = "skd:annet" }), want: only(credentials.Scope{}),
		},
		"an older App has it":   {change: another(1, "older"), want: only(credentials.Scope{TakenBy: "older"})},
		"a younger one has not": {change: another(9, "younger"), want: only(credentials.Scope{})},
	} {
		t.Run(sentence, func(t *testing.T) {
			facts := credentialed(t, exposing(tc.consumers)...)
			if tc.change != nil {
				tc.change(&facts)
			}
			if diff := cmp.Diff([]credentials.Scope{tc.want}, facts.Credentials(decide.ActionAdmit).Scopes); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsToBecomeOfAnAppsCredentials(t *testing.T) {
	for action, want := range map[decide.Action]credentials.Action{
		decide.ActionAdmit: credentials.Provide, decide.ActionKeep: credentials.Provide,
		decide.ActionHold: credentials.Leave, decide.ActionWithdraw: credentials.Revoke,
	} {
		facts := admittedBefore(credentialed(t, v1alpha1.Integration{Solution: "KRR"}))
		facts.App.Annotations = map[string]string{v1alpha1.AnnotationRotateKeys: "a", v1alpha1.AnnotationRevokeKeys: "b"}
		if plan := facts.Credentials(action); plan.Action != want || plan.Rotate != "a" || plan.Revoke != "b" {
			t.Errorf("%s: it is %v, rotate %q, revoke %q, want %v", actionName(t, action), plan.Action, plan.Rotate, plan.Revoke, want)
		}
		facts.Owner = nil
		if plan := facts.Credentials(action); plan.Action == credentials.Provide {
			t.Errorf("%s without a service owner: it is %v", actionName(t, action), plan.Action)
		}
	}
}

// TestPodsReadTheirKeys compares with testdata/keys.yaml.
func TestPodsReadTheirKeys(t *testing.T) {
	facts := credentialed(t, v1alpha1.Integration{Solution: "KRR"}, v1alpha1.Integration{Solution: "IDPorten"})
	withKey(&facts, v1alpha1.ClientIDPorten, "income-idporten-0123456789")
	withKey(&facts, v1alpha1.ClientMaskinporten, "income-maskinporten-0123456789")
	text := string(renderGolden(t, facts.App, facts))
	_, after, found := strings.Cut(text, "kind: Deployment")
	deployment, _, _ := strings.Cut(after, "\n---\n")
	if !found {
		t.Fatal("there is no Deployment")
	}
	const golden = "testdata/keys.yaml"
	if *update {
		if err := os.WriteFile(golden, []byte("kind: Deployment"+deployment+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v: make golden writes it", err)
	}
	if diff := cmp.Diff(string(want), "kind: Deployment"+deployment+"\n"); diff != "" {
		t.Errorf("%s (-want +got); make golden writes it anew:\n%s", golden, diff)
	}
}
