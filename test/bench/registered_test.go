// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

const installed = "../../config/manager/operator.yaml"

func TestWhatIsComparedWithAPlainClientCallsNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "operator.yaml")
	if err := rewrite(installed, path, unaided); err != nil {
		t.Fatal(err)
	}
	before, err := configuration.Load(installed)
	if err != nil {
		t.Fatal(err)
	}
	after, err := configuration.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if after.Registry != nil || after.Storage != nil || after.SelfService != nil || after.Maskinporten != nil || after.Environment != before.Environment || len(after.QuotaProfiles) != len(before.QuotaProfiles) {
		t.Errorf("got %+v", after)
	}
}

func TestTheOutsideKnowsTheOwnersAndIsCalledAsAsked(t *testing.T) {
	made, err := newRegisteredFixture("../..", 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	s := settings{folder: t.TempDir(), config: installed, Calls: 50}
	outside, err := s.startOutside(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := outside.Stop(); err != nil {
			t.Error(err)
		}
	}()
	again := filepath.Join(s.folder, "resync.yaml")
	if err := rewrite(outside.Config, again, called(s.Calls, soonest)); err != nil {
		t.Fatal(err)
	}
	for path, resync := range map[string]time.Duration{outside.Config: late, again: soonest} {
		config, err := configuration.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if config.SelfService != nil {
			t.Errorf("%s: clients are registered too", path)
		}
		if got := config.Registry; got.URL != outside.BaseURL || got.CallsPerSecond != 50 || got.Resync.Duration != resync {
			t.Errorf("%s: the registry is called by %+v", path, got)
		}
	}
	faults := outside.Sandbox.Faults()
	if len(faults) != 1 || faults[0].Kind != sandbox.FaultLatency || faults[0].LatencyMillis != 20 {
		t.Errorf("faults: %+v", faults)
	}
	known := organisations(made.owners)
	if len(known) != 2 || known[1].Code != "bench001" || known[1].Number != string(made.owners[1].Spec.OrganizationNumber) {
		t.Errorf("known: %+v", known)
	}
	for _, app := range made.apps {
		if app.Spec.Authorization == nil || len(app.Spec.Authorization.Rules) == 0 {
			t.Errorf("App %s has no policy to be registered", app.Name)
		}
	}
}

func TestAConfigurationThatIsNoneIsNotRewritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(path, []byte("- a list"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{path, path + ".absent"} {
		if err := rewrite(from, path+".new", unaided); err == nil {
			t.Errorf("%s was taken for a configuration", from)
		}
	}
}

func TestOnlyCallsToTheRegistryAreOnItsBudget(t *testing.T) {
	calls, others := callsOf(map[string]int{
		"GET /resourceregistry/api/v1/resource/{id}":        3,
		"GET /resourceregistry/api/v1/resource/{id}/policy": 2,
		"POST /resourceregistry/api/v1/resource":            1,
		"PUT /resourceregistry/api/v1/resource/{id}/policy": 1,
		"POST /token": 4,
		"GET /authentication/api/v1/exchange/maskinporten": 4,
	})
	want := tally{"GET resource/{id}": 3, "GET resource/{id}/policy": 2, "POST resource": 1, "PUT resource/{id}/policy": 1}
	if !maps.Equal(calls, want) || others != 8 {
		t.Errorf("%v, and %d others", calls, others)
	}
	if calls.reads() != 5 || calls.writes() != 2 || allowed(calls, 2) != 3.5 {
		t.Errorf("%d reads and %d writes take %v s", calls.reads(), calls.writes(), allowed(calls, 2))
	}
}

func TestAnAppHasBeenLookedAtWhenItsPolicyHas(t *testing.T) {
	start := time.Now()
	call := func(second int, method, path string, status int) sandbox.Request {
		return sandbox.Request{Time: start.Add(time.Duration(second) * time.Second), Method: method, Path: path, Status: status}
	}
	const one, two = registryBase + "resource/app_a_x", registryBase + "resource/app_a_y"
	apps, first, last := lookedAt([]sandbox.Request{
		call(0, http.MethodPost, "/token", 200),
		call(1, http.MethodGet, one, 200),
		call(2, http.MethodGet, one+"/policy", 200),
		call(3, http.MethodGet, two+"/policy", 503), // and so not seen
		call(4, http.MethodPut, two+"/policy", 200), // written and not looked at
		call(5, http.MethodGet, two+"/policy", 200),
		call(9, http.MethodGet, one+"/policy", 200), // once more
	})
	if apps != 2 || first.Sub(start) != time.Second || last.Sub(start) != 5*time.Second {
		t.Errorf("%d Apps from %v to %v", apps, first.Sub(start), last.Sub(start))
	}
}

func TestAllAreRegisteredWithTheLastApp(t *testing.T) {
	r := &recorder{apps: map[client.ObjectKey]*sight{}}
	start := time.Now()
	see := func(second int, name, version string, status metav1.ConditionStatus) {
		app := told("so-a", name, version, v1alpha1.ReasonProgressing)
		app.Status.Conditions = append(app.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionAuthorizationRegistered, Status: status})
		r.see("App", app, start.Add(time.Duration(second)*time.Second))
	}
	see(1, "x", "1", metav1.ConditionFalse)
	see(2, "x", "2", metav1.ConditionTrue)
	see(3, "y", "3", metav1.ConditionUnknown)
	if err := r.unregistered(2); err == nil || !strings.Contains(err.Error(), "1 of 2") || !strings.Contains(err.Error(), "so-a/y") {
		t.Errorf("got %v", err)
	}
	see(4, "y", "4", metav1.ConditionTrue)
	see(9, "x", "5", metav1.ConditionTrue) // something else changed
	if err := r.unregistered(2); err != nil {
		t.Error(err)
	}
	first, last := span(start, r.moments(func(s *sight) time.Time { return s.registered }))
	if first != 2 || last != 4 {
		t.Errorf("from %v to %v", first, last)
	}
}

func TestNumbersThatMakeNoSenseAreRefused(t *testing.T) {
	right := settings{Apps: 1, Owners: 1, Workers: 1, Repeat: 1, Registered: 1, Calls: 1}
	if err := right.check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*settings){
		"no owner":                     func(s *settings) { s.Owners = 0 },
		"more owners than names":       func(s *settings) { s.Owners = maxOwners + 1 },
		"fewer Apps than none":         func(s *settings) { s.Apps = -1 },
		"more Apps than the log tells": func(s *settings) { s.Registered = maxRegistered + 1 },
		"no calls":                     func(s *settings) { s.Calls = 0 },
	} {
		wrong := right
		change(&wrong)
		if wrong.check() == nil {
			t.Errorf("%s is let through", name)
		}
	}
}

func TestTheResultTellsOfTheRegistration(t *testing.T) {
	again := func(reads int, mib float64) *look {
		return &look{Wall: 10, Calls: tally{"GET resource/{id}": reads}, Requests: tally{"GET 200": 9}, Memory: memory{Now: mib}}
	}
	r := &result{Registered: &registeredRun{
		Apps: 100, PerSecond: 50, First: 1, Wall: 12, Tokens: 6, Calls: tally{"GET resource/{id}": 300, "POST resource": 100, "PUT resource/{id}/policy": 100},
		Requests: tally{"PATCH 200": 1200, "GET 200": 1}, Memory: memory{Now: 120}, Restart: again(200, 100), Resyncs: []*look{again(210, 110), again(220, 104)},
	}}
	r.Registered.Resyncs[1].Requests["PUT 200"] = 3
	text := r.markdown()
	for _, line := range []string{
		"## Registration: 100 Apps, 50 calls a second, each 20ms at least",
		"| **last App registered / what the budget makes its calls take** | **1.20** | ≤ 1.3 |",
		"| reads and writes of the registry per new App | 3.00, 2.00 | |",
		"| writes to the API server per new App, reads | 12.00, 0.01 | |",
		"| after a restart: last App looked at / what the budget makes the calls take | 2.50 | ≤ 1.3 |",
		"| after a restart: writes of the registry, writes to the API server | 0, 0 | 0, 0 |",
		"| resync 1: calls a second | 21.0 | ≤ 50 |",
		"| resync 2: reads of the registry per App | 2.20 | |",
		"| resync 2: writes of the registry, writes to the API server | 0, 3 | 0, 0 |",
		"| operator's memory after registering, after the restart, after each resync, MiB | 120, 100, 110, 104 | |",
		"| memory after the last resync / before the first | 1.04 | ≤ 1.1 |",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the page lacks %q:\n%s", line, text)
		}
	}
	if strings.Contains(text, "Ratios") {
		t.Error("ratios are told of that were left out")
	}
	raw, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(raw), `"PerSecond":50`) {
		t.Errorf("for programs: %s, %v", raw, err)
	}
	if strings.Contains((&result{}).markdown(), "Registration") {
		t.Error("a registration that was left out is told of")
	}
}
