// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/test/rotation"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestDigdirIsCalledAsAskedAndTheRegistryNotAtAll(t *testing.T) {
	made, err := newProvidedFixture("../..", 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	s := settings{folder: t.TempDir(), config: installed}
	outside, err := s.startDigdir(t.Context(), made, digdir{perSecond: 15, resync: late, propagation: behind, bits: weak, ready: 70, latency: latency})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := outside.Stop(); err != nil {
			t.Error(err)
		}
	}()
	config, err := configuration.Load(outside.Config)
	if err != nil {
		t.Fatal(err)
	}
	got := config.SelfService
	if config.Registry != nil || got.URL != outside.BaseURL || got.CallsPerSecond != 15 || got.Resync.Duration != late {
		t.Errorf("registry %+v, self-service %+v", config.Registry, got)
	}
	if got.Keys.Bits != weak || got.Keys.Ready != 70 || got.Keys.Algorithm != configuration.RS256 || got.Propagation.Duration != behind {
		t.Errorf("keys %+v, known after %v", got.Keys, got.Propagation)
	}
	if faults := outside.Sandbox.Faults(); len(faults) != 1 || faults[0].LatencyMillis != 20 {
		t.Errorf("faults: %+v", faults)
	}
	for _, app := range made.apps {
		if len(app.Spec.Integrations) != 1 || app.Spec.Integrations[0].Solution != "KRR" {
			t.Errorf("App %s uses %+v", app.Name, app.Spec.Integrations)
		}
	}
}

func TestBystandersHaveNamesOfTheirOwnAndUseNothingOutside(t *testing.T) {
	apps, err := bystanders("../..", "beside", 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(apps) != 3 || apps[2].Name != "beside-0002" || apps[1].Namespace != namespaceOf(1) {
		t.Errorf("%d Apps, the third is %s, the second in %s", len(apps), apps[2].Name, apps[1].Namespace)
	}
	for _, app := range apps {
		if len(app.Spec.Integrations) != 0 {
			t.Errorf("App %s uses %+v", app.Name, app.Spec.Integrations)
		}
	}
}

func TestOnlyCallsToSelfServiceAreOnItsBudget(t *testing.T) {
	calls, others := clientCallsOf(map[string]int{
		"POST /api/v1/clients": 3, "POST /api/v1/clients/{id}/jwks": 3, "GET /api/v1/scopes/all": 1,
		"POST /token": 4, "GET /.well-known/oauth-authorization-server": 1, "GET /authentication/api/v1/exchange/maskinporten": 2,
	})
	if want := (tally{"POST clients": 3, "POST clients/{id}/jwks": 3, "GET scopes/all": 1}); !maps.Equal(calls, want) || others != 7 {
		t.Errorf("%v, and %d others", calls, others)
	}
}

func TestAClientHasBeenLookedAtWhenItsKeySetHas(t *testing.T) {
	start := time.Now()
	call := func(second int, method, path string, status int) sandbox.Request {
		return sandbox.Request{Time: start.Add(time.Duration(second) * time.Second), Method: method, Path: path, Status: status}
	}
	clients, first, last := keySetsRead([]sandbox.Request{
		call(0, http.MethodPost, "/token", 200),
		call(1, http.MethodGet, "/api/v1/clients/a", 200),
		call(2, http.MethodGet, "/api/v1/clients/a/jwks", 200),
		call(3, http.MethodGet, "/api/v1/clients/b/jwks", 503),  // and so not seen
		call(4, http.MethodPost, "/api/v1/clients/b/jwks", 201), // written and not looked at
		call(5, http.MethodGet, "/api/v1/clients/b/jwks", 200),
		call(9, http.MethodGet, "/api/v1/clients/a/jwks", 200), // once more
	})
	if clients != 2 || first.Sub(start) != time.Second || last.Sub(start) != 5*time.Second {
		t.Errorf("%d clients from %v to %v", clients, first.Sub(start), last.Sub(start))
	}
}

func TestMetricsWithoutLabelsAreRead(t *testing.T) {
	text := "serviceowner_operator_keys_ready 64\nserviceowner_operator_keys_ready_other 9\n"
	got, err := parseCounter(strings.NewReader(text), "serviceowner_operator_keys_ready", func(map[string]string) string { return "keys" })
	if err != nil || got["keys"] != 64 {
		t.Errorf("got %v, %v", got, err)
	}
}

// withClient is an App with a client that has so many keys, the first of which pods read from a Secret.
func withClient(name, version, secret string, keys ...v1alpha1.KeyUse) *v1alpha1.App {
	app := told("so-a", name, version, v1alpha1.ReasonProgressing)
	record := v1alpha1.Credential{Client: v1alpha1.ClientMaskinporten, State: v1alpha1.CredentialRegistered, Secret: secret}
	for _, use := range keys {
		record.Keys = append(record.Keys, v1alpha1.CredentialKey{KeyID: string(use), Use: use})
	}
	app.Status.Credentials = []v1alpha1.Credential{record}
	return app
}

func TestAnAppHasItsClientWhenPodsReadAKeyOfIt(t *testing.T) {
	right := withClient("x", "1", "s", v1alpha1.KeyInUse)
	if !hasClient(right) {
		t.Error("one that has is not seen to")
	}
	for name, change := range map[string]func(*v1alpha1.Credential){
		"nothing is there yet":    func(c *v1alpha1.Credential) { c.State = v1alpha1.CredentialPending },
		"no Secret is there":      func(c *v1alpha1.Credential) { c.Secret = "" },
		"the key is not known":    func(c *v1alpha1.Credential) { c.Keys[0].Use = v1alpha1.KeyNext },
		"something is in the way": func(c *v1alpha1.Credential) { c.Obstacle = &v1alpha1.Obstacle{} },
	} {
		wrong := right.DeepCopy()
		change(&wrong.Status.Credentials[0])
		if hasClient(wrong) {
			t.Errorf("an App has its client although %s", name)
		}
	}
	if hasClient(&v1alpha1.App{}) {
		t.Error("an App without any has its client")
	}
}

func TestMilestonesOfSomeAppsAreToldApart(t *testing.T) {
	r := &recorder{apps: map[client.ObjectKey]*sight{}}
	start := time.Now()
	one, two := withClient("x", "1", "s", v1alpha1.KeyInUse), withClient("y", "2", "", v1alpha1.KeyInUse)
	apps := []*v1alpha1.App{one, two}
	r.begin(client.ObjectKeyFromObject(one), start)
	r.see("App", one, start.Add(time.Second))
	r.see("App", two, start.Add(2*time.Second))
	if err := r.lacking(apps, 1, provided); err != nil {
		t.Error(err)
	}
	if err := r.lacking(apps, 2, provided); err == nil || !strings.Contains(err.Error(), "1 of 2") || !strings.Contains(err.Error(), "so-a/y") {
		t.Errorf("got %v", err)
	}
	child := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "so-a", Name: "x"}}
	child.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(one, v1alpha1.GroupVersion.WithKind("App"))}
	r.see("Deployment", child, start.Add(3*time.Second))
	if err := r.lacking(apps[:1], 1, deployed); err != nil {
		t.Error(err)
	}
	if at := r.when(apps, provided); at[0].Sub(start) != time.Second || !at[1].IsZero() {
		t.Errorf("got %v", at)
	}
	if at := r.when(apps, begun); !at[0].Equal(start) {
		t.Errorf("got %v", at)
	}
}

func TestARotationIsDoneWhenTheNewKeyIsTheOnlyOne(t *testing.T) {
	r := &recorder{apps: map[client.ObjectKey]*sight{}}
	r.see("App", withClient("x", "1", "old", v1alpha1.KeyInUse), time.Now())
	before := r.secretsInUse()
	if before[client.ObjectKey{Namespace: "so-a", Name: "x"}] != "old" {
		t.Fatalf("got %v", before)
	}
	for i, step := range []*v1alpha1.App{
		withClient("x", "2", "old", v1alpha1.KeyInUse, v1alpha1.KeyNext), withClient("x", "3", "new", v1alpha1.KeyInUse, v1alpha1.KeyRetiring),
	} {
		if r.see("App", step, time.Now()); r.unrotated(before) == nil {
			t.Errorf("done after step %d", i+1)
		}
	}
	r.see("App", withClient("x", "4", "new", v1alpha1.KeyInUse), time.Now())
	if err := r.unrotated(before); err != nil {
		t.Error(err)
	}
}

func TestSecretsOfOthersLieBesideAppsAndElsewhere(t *testing.T) {
	namespaces := map[string]int{}
	for i := range 40 {
		secret := foreignSecret(i, 3)
		namespaces[secret.Namespace]++
		if len(secret.Data["content"]) != 10_000 || len(secret.Labels)+len(secret.OwnerReferences) > 0 {
			t.Errorf("Secret %s holds %d bytes and has labels %v", secret.Name, len(secret.Data["content"]), secret.Labels)
		}
	}
	if len(namespaces) != 13 || namespaces[namespaceOf(0)] != 7 || namespaces[otherNamespace(9)] != 2 {
		t.Errorf("got %v", namespaces)
	}
}

func TestNumbersOfCredentialsThatMakeNoSenseAreRefused(t *testing.T) {
	right := settings{Credentials: 1, Bystanders: 1, Foreign: 1, Rotated: 1, Rotations: 1, ClientCalls: 1, Steady: 1}
	if err := right.checkCredentials(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*settings){
		"more Apps than the log tells": func(s *settings) { s.Credentials = maxProvided + 1 },
		"fewer Secrets than none":      func(s *settings) { s.Foreign = -1 },
		"no bystander":                 func(s *settings) { s.Bystanders = 0 },
		"no rotation":                  func(s *settings) { s.Rotations = 0 },
		"no calls":                     func(s *settings) { s.ClientCalls = 0 },
		"no time to be steady in":      func(s *settings) { s.Steady = 0 },
	} {
		wrong := right
		change(&wrong)
		if wrong.checkCredentials() == nil {
			t.Errorf("%s is let through", name)
		}
	}
}

func TestTheResultTellsOfClientsAndKeys(t *testing.T) {
	provided := &providedRun{
		Apps: 100, Bits: strong, First: 1, Half: 21, Wall: 42, Others: 6, Calls: tally{"GET scopes": 10, "POST clients": 100, "POST clients/{id}/jwks": 100},
		Spent: cost{Operator: 84}, Alone: bystanderRun{Apps: 5, Wall: 1}, Beside: bystanderRun{Apps: 5, Wall: 1.5, Latency: quantilesIn([]float64{1.25, 1, 0.5})},
	}
	r := &result{
		Credentials: &credentialsRun{PerSecond: 10, New: provided, Kept: &keptRun{
			Idle: tally{"PATCH 200": 2, "GET 200": 1}, IdleCalls: 4, Foreign: 50, Before: memory{Now: 140, Live: 100}, After: memory{Now: 150, Live: 102}, Woken: tally{"PUT 200": 3},
			Resync: &look{Wall: 9, Calls: tally{"GET clients/{id}": 120, "GET clients/{id}/jwks": 120, "POST clients": 1}, Requests: tally{"GET 200": 9}}, Looks: 120,
		}},
		Rotated: &rotatedRun{Apps: 10, Rotations: []float64{7, 5, 6}, Played: rotation.Tally{Pods: 60, Keys: 40, Tokens: 99, Calls: 98, Late: 3, FailedCalls: 1},
			Calls: tally{"POST clients/{id}/jwks": 60}, Secrets: 10, Keys: 11},
	}
	text := r.markdown()
	for _, line := range []string{
		"## Credentials: 100 Apps, keys of 3072 bits, 10 calls a second, each 20ms at least",
		"| **last App has its client / what the budget makes its calls take** | **2.00** | ≤ 1.3 |",
		"| first, half and last App, what the budget allows, s | 1.0, 21.0, 42.0, 21.0 | |",
		"| reads and writes of self-service per new App | 0.10, 2.00 | |",
		"| CPU of the operator, s | 84.0 | |",
		"| 5 Apps without a client, all Deployments: alone, beside, s | 1.0, 1.5 | |",
		"| one of them, p50 / p95 / max: alone; beside, s | 0.00 / 0.00 / 0.00; 1.00 / 1.00 / 1.25 | |",
		"| idle: calls to the outside; writes to the API server, reads | 4; 2, 1 | 0; 0, 0 |",
		"| memory in use with 50 Secrets of others of 10000 bytes / without | 1.020 (102.0 / 100.0 MiB; resident 150 / 140) | ≤ 1.05 |",
		"| what these made the operator write, read | 3, 0 | 0, 0 |",
		"| resync: reads of self-service per look at an App | 2.00 | |",
		"| resync: writes of self-service, writes to the API server | 1, 0 | 0, 0 |",
		"## Rotation: 10 Apps, keys of 2048 bits, known after 500ms",
		"| **failures that users would notice in 3 rotations: tokens, calls, starts** | **0, 1, 0** | 0, 0, 0 |",
		"| one rotation of all: shortest, median, longest, s | 5.0, 6.0, 7.0 | |",
		"| reads and writes of self-service per rotation of an App | 0.00, 2.00 | |",
		"| Secrets, keys in key sets in the end | 10, 11 | 10, 10 |",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the page lacks %q:\n%s", line, text)
		}
	}
	raw, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(raw), `"Looks":120`) {
		t.Errorf("for programs: %s, %v", raw, err)
	}
	if none := (&result{}).markdown(); strings.Contains(none, "Credentials") || strings.Contains(none, "Rotation") {
		t.Error("what was left out is told of")
	}
}
