// SPDX-License-Identifier: BSD-3-Clause

package xacml

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// TestWhatAdmissionAcceptsTheRegistryAccepts draws specs, sees that an API server admits them, and uploads their policies.
func TestWhatAdmissionAcceptsTheRegistryAccepts(t *testing.T) {
	registry, admits := newRegistry(t), newAdmission(t)
	t.Run("Apps", func(t *testing.T) {
		sample := &v1alpha1.App{}
		readSample(t, "app-income.yaml", sample)
		rapid.Check(t, func(t *rapid.T) {
			drawn, org := someApp(t)
			app := sample.DeepCopy()
			app.Name, app.Namespace, app.Spec.Authorization = drawn.Name, "default", drawn.Spec.Authorization
			app = admits(t, app).(*v1alpha1.App)
			policy := ForApp(app, org)
			if faults := Validate(policy); len(faults) > 0 {
				t.Fatalf("%v", faults)
			}
			registry.accepted(t, registry.registerApp(t, org, app.Name), policy, declaredOf(app, org))
		})
	})
	t.Run("ConsentResources", func(t *testing.T) {
		sample := &v1alpha1.ConsentResource{}
		readSample(t, "consentresource-income.yaml", sample)
		rapid.Check(t, func(t *rapid.T) {
			drawn := someConsent(t)
			consent := sample.DeepCopy()
			consent.Namespace, consent.Spec.Identifier = "default", drawn.identifier
			consent.Spec.Requesters, consent.Spec.Givers = drawn.Spec.Requesters, drawn.Spec.Givers
			consent.Spec.MinimumAuthenticationLevel = drawn.Spec.MinimumAuthenticationLevel
			drawn.ConsentResource = *admits(t, consent).(*v1alpha1.ConsentResource)
			if faults := Validate(drawn.policy()); len(faults) > 0 {
				t.Fatalf("%v", faults)
			}
			registry.register(t, drawn.identifier, "Consent")
			rights := map[string]bool{"urn:altinn:partytype=organization: requestconsent": true}
			if !drawn.Spec.Requesters.AnyOrganization {
				rights = map[string]bool{"urn:altinn:access-list=" + drawn.org + ":" + drawn.list + ": requestconsent": true}
			}
			grant(rights, drawn.Spec.Givers.Roles, drawn.Spec.Givers.AccessPackages, "consent")
			registry.accepted(t, drawn.identifier, drawn.policy(), rights)
		})
	})
}

func TestTheRegistryRefusesThePolicyOfAnotherResource(t *testing.T) {
	registry := newRegistry(t)
	id := registry.registerApp(t, "skd", "income")
	registry.register(t, "skd-income", "Consent")
	other := newApp()
	other.Name = "tax-return"
	for sentence, policy := range map[string]Policy{
		"of another App":   ForApp(other, "skd"),
		"of another owner": ForApp(newApp(), "nav"),
		"of a consent":     consentPolicy(newConsent()),
	} {
		if status, body := registry.upload(t, id, mustMarshal(t, policy)); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", sentence, status, body)
		}
	}
	if status, body := registry.upload(t, "skd-income", mustMarshal(t, ForApp(newApp(), "skd"))); status != http.StatusBadRequest {
		t.Errorf("of an App: %d %s", status, body)
	}
}

// declaredOf are the rights an App's spec declares, and those of its owner.
func declaredOf(app *v1alpha1.App, org string) map[string]bool {
	rights := map[string]bool{}
	for _, action := range []string{"read", "write", "instantiate", "complete"} {
		rights["urn:altinn:org="+org+": "+action] = true
	}
	if app.Spec.Authorization != nil {
		for _, rule := range app.Spec.Authorization.Rules {
			grant(rights, rule.Roles, rule.AccessPackages, rule.Actions...)
		}
	}
	return rights
}

func grant(rights map[string]bool, roles []v1alpha1.RoleCode, packages []v1alpha1.AccessPackage, actions ...v1alpha1.Action) {
	for _, action := range actions {
		for _, role := range roles {
			rights[strings.ToLower("urn:altinn:rolecode="+string(role)+": "+string(action))] = true
		}
		for _, name := range packages {
			rights[strings.ToLower("urn:altinn:accesspackage="+string(name)+": "+string(action))] = true
		}
	}
}

// newAdmission starts an API server that says of an object whether it admits it, and how it stores it.
func newAdmission(t *testing.T) func(t *rapid.T, object client.Object) client.Object {
	t.Helper()
	server, err := apiserver.Start(t.Context(), apiserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	cluster, err := client.New(server.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return func(rt *rapid.T, object client.Object) client.Object {
		if err := cluster.Create(t.Context(), object, client.DryRunAll); err != nil {
			rt.Fatalf("what was drawn is not admitted: %v", err)
		}
		return object
	}
}

func readSample(t *testing.T, name string, into any) {
	t.Helper()
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, "config/samples", name))
	if err != nil {
		t.Fatal(err)
	}
	defaulted(t, content, into)
}
