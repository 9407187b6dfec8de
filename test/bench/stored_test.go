// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

func TestAppsWithStorageHaveTheSamplesContainersAndTheirOwnersWhatIsByDefault(t *testing.T) {
	made, err := newStoredFixture("../..", 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	each := map[string]int{}
	for _, app := range made.apps {
		each[app.Namespace]++
		if len(app.Spec.Storage.Containers) == 0 {
			t.Errorf("App %s keeps no data", app.Name)
		}
	}
	if len(made.owners) != 3 || len(each) != 3 || each["so-bench002"] != 2 {
		t.Errorf("%d owners, Apps in %v", len(made.owners), each)
	}
	for _, owner := range made.owners {
		if owner.Spec.Storage != (v1alpha1.Storage{}) {
			t.Errorf("%s asks for %+v", owner.Name, owner.Spec.Storage)
		}
	}
}

func TestOnlyTheOneThatIsToKeepDataDoesAndCallsNobody(t *testing.T) {
	for _, from := range []string{installed, "../../hack/run/operator.yaml"} {
		s := settings{folder: t.TempDir(), config: from}
		if err := s.configure(); err != nil {
			t.Fatal(err)
		}
		plain, err := configuration.Load(s.config)
		if err != nil {
			t.Fatal(err)
		}
		storing, err := configuration.Load(s.storing)
		if err != nil {
			t.Fatal(err)
		}
		if plain.Storage != nil || storing.Registry != nil || storing.SelfService != nil {
			t.Errorf("of %s: %+v, and %+v", from, plain, storing)
		}
		if storing.Storage == nil || storing.Storage.Azure == nil || len(storing.Storage.Azure.Addresses) != 1 || len(storing.Egress.Hosts["login.microsoftonline.com"]) != 1 {
			t.Errorf("of %s: data is kept in %+v", from, storing.Storage)
		}
	}
	if err := (&settings{folder: t.TempDir(), config: filepath.Join(t.TempDir(), "absent")}).configure(); err == nil {
		t.Error("a configuration is made of none")
	}
}

func TestNumbersOfStorageThatMakeNoSenseAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		wrong bool
		s     settings
	}{
		"none":                   {false, settings{StoredApps: 1}},
		"as many as names":       {false, settings{Stored: maxOwners, StoredApps: 5}},
		"fewer than none":        {true, settings{Stored: -1, StoredApps: 1}},
		"more owners than names": {true, settings{Stored: maxOwners + 1, StoredApps: 1}},
		"owners without an App":  {true, settings{Stored: 1}},
	} {
		if err := tc.s.checkStored(); (err != nil) != tc.wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyWhatTheOperatorWritesIsItsWrite(t *testing.T) {
	for want, labels := range map[string]map[string]string{
		"POST vaults":                              {"verb": "POST", "resource": "vaults", "group": "keyvault.azure.com", "code": "201"},
		"PUT serviceowners/status":                 {"verb": "PUT", "resource": "serviceowners", "subresource": "status", "group": v1alpha1.GroupVersion.Group, "code": "200"},
		"PATCH serviceowners":                      {"verb": "PATCH", "resource": "serviceowners", "group": v1alpha1.GroupVersion.Group, "code": "200"},
		"PUT serviceowners/status (refused: 409)":  {"verb": "PUT", "resource": "serviceowners", "subresource": "status", "group": v1alpha1.GroupVersion.Group, "code": "409"},
		"POST deployments":                         {"verb": "POST", "resource": "deployments", "group": "apps", "code": "201"},
		"DELETE roleassignments (refused: 404)":    {"verb": "DELETE", "resource": "roleassignments", "group": "authorization.azure.com", "code": "404"},
		"POST events":                              {"verb": "POST", "resource": "events", "group": "", "code": "201"},
		"PATCH storageaccountsmanagementpolicies":  {"verb": "PATCH", "resource": "storageaccountsmanagementpolicies", "group": "storage.azure.com", "code": "200"},
		"PATCH apps/status (refused: 422)":         {"verb": "PATCH", "resource": "apps", "subresource": "status", "group": v1alpha1.GroupVersion.Group, "code": "422"},
		"POST serviceaccounts/token":               {"verb": "POST", "resource": "serviceaccounts", "subresource": "token", "code": "201"},
		"PUT dataprocessingagreements/status":      {"verb": "PUT", "resource": "dataprocessingagreements", "subresource": "status", "group": v1alpha1.GroupVersion.Group, "code": "200"},
		"PATCH storageaccountsblobservices":        {"verb": "PATCH", "resource": "storageaccountsblobservices", "group": "storage.azure.com", "code": "200"},
		"POST storageaccounts (refused: 409)":      {"verb": "POST", "resource": "storageaccounts", "group": "storage.azure.com", "code": "409"},
		"PATCH configmaps":                         {"verb": "PATCH", "resource": "configmaps", "code": "200"},
		"POST userassignedidentities (refused: 0)": {"verb": "POST", "resource": "userassignedidentities", "group": "managedidentity.azure.com", "code": "0"},
	} {
		if got := operatorsWrite(labels); got != want {
			t.Errorf("%v is %q, not %q", labels, got, want)
		}
	}
	for _, labels := range []map[string]string{
		{"verb": "POST", "resource": "serviceowners", "group": v1alpha1.GroupVersion.Group, "code": "201"},                               // the harness
		{"verb": "PATCH", "resource": "storageaccounts", "subresource": "status", "group": "storage.azure.com", "code": "200"},           // who plays Azure
		{"verb": "LIST", "resource": "apps", "group": v1alpha1.GroupVersion.Group, "code": "200"}, {"verb": "WATCH", "resource": "pods"}, // no writes
		{"verb": "PUT", "resource": "leases", "group": "coordination.k8s.io", "code": "200"}, {"verb": "POST", "resource": "ipaddresses"}, // the API server
		{"verb": "POST", "code": "200"},
	} {
		if got := operatorsWrite(labels); got != "" {
			t.Errorf("%v is taken for %q", labels, got)
		}
	}
}

// saying is a status with a condition each of storage and place.
func saying(stored, lies metav1.ConditionStatus, children int) v1alpha1.Status {
	return v1alpha1.Status{
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionStorageReady, Status: stored}, {Type: v1alpha1.ConditionRegionCompliant, Status: lies}},
		Children:   make([]v1alpha1.Child, children),
	}
}

func TestADriftHasArrivedWithTheServiceOwnerAndItsLastApp(t *testing.T) {
	k, start := newKeepers(), time.Now()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	owner := func(second int, code string, status v1alpha1.Status) {
		k.see(kindOwner, &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: code}, Status: v1alpha1.ServiceOwnerStatus{Status: status}}, at(second))
	}
	app := func(second int, name string, status v1alpha1.Status) {
		k.see(kindApp, &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: "so-a", Name: name}, Status: v1alpha1.AppStatus{Status: status}}, at(second))
	}
	const yes, no = metav1.ConditionTrue, metav1.ConditionFalse
	owner(1, "a", saying(yes, yes, 3))
	owner(1, "b", saying(no, yes, 3))
	if err := k.lacking(kindOwner, 2); err == nil || !strings.Contains(err.Error(), "1 of 2 ServiceOwners") || !strings.Contains(err.Error(), "/b") {
		t.Errorf("got %v", err)
	}
	owner(2, "b", saying(yes, yes, 3))
	app(3, "x", saying(yes, yes, 5))
	app(3, "y", saying(yes, yes, 5))
	if err := errors.Join(k.lacking(kindOwner, 2), k.lacking(kindApp, 2)); err != nil {
		t.Error(err)
	}
	if !k.last(kindOwner).Equal(at(2)) || !k.last(kindApp).Equal(at(3)) {
		t.Errorf("the last owner at %v, the last App at %v", k.last(kindOwner), k.last(kindApp))
	}
	owner(4, "a", saying(yes, no, 3))
	owner(5, "a", saying(yes, no, 3)) // something else changed
	app(6, "x", saying(yes, no, 5))
	if _, err := k.lying("a", no); err == nil || !strings.Contains(err.Error(), "1 of service owner a") {
		t.Errorf("got %v", err)
	}
	app(7, "y", saying(yes, no, 5))
	if seen, err := k.lying("a", no); err != nil || !seen.owner.Equal(at(4)) || !seen.apps.Equal(at(7)) {
		t.Errorf("%v, %v", seen, err)
	}
	if _, err := k.lying("c", no); err == nil {
		t.Error("somebody unknown says so")
	}
	if count, err := k.children(kindApp); err != nil || count != 5 {
		t.Errorf("%d children, %v", count, err)
	}
	app(8, "y", saying(yes, no, 6))
	if _, err := k.children(kindApp); err == nil {
		t.Error("Apps with different children are taken for alike")
	}
	app(9, "x", saying(no, no, 5))
	if k.lacking(kindApp, 2) == nil || !k.last(kindApp).Equal(at(3)) {
		t.Errorf("storage that no longer stands is taken for standing, since %v", k.last(kindApp))
	}
	k.lose(errFinal)
	if _, err := k.lying("a", no); !errors.Is(err, errFinal) || !errors.Is(k.lacking(kindApp, 9), errFinal) {
		t.Errorf("a lost watch is not told of: %v", err)
	}
}

func TestAPlayerThatStoppedIsTriedAgain(t *testing.T) {
	ended := make(chan struct{})
	server := httptest.NewServer(http.NotFoundHandler())
	if err := listening(t.Context(), server.Listener.Addr().String(), ended); err != nil {
		t.Error(err)
	}
	server.Close()
	close(ended)
	if err := listening(t.Context(), server.Listener.Addr().String(), ended); !errors.Is(err, errStopped) {
		t.Errorf("got %v", err)
	}
}

func TestTheResultTellsOfStorage(t *testing.T) {
	r := &result{Stored: &storedRun{
		Owners: 10, AppsEach: 2, Idle: tally{"GET 200": 4}, IdleReads: tally{"get apps": 1}, Memory: memory{Now: 90, Peak: 100, Live: 40},
		New: settling{Count: 10, Children: 13, Wall: 2, Requests: tally{"POST 201": 150, "PUT 200": 29, "PUT 409": 1, "GET 200": 7},
			Writes: tally{"POST vaults": 10}, Reads: tally{"list apps": 2}, Passes: tally{"serviceowner": 30, "agreement": 10}},
		Apps:   settling{Count: 20, Children: 14, Wall: 4, Requests: tally{"POST 201": 390}, Writes: tally{"PUT apps/status": 40}, Passes: tally{"app": 60, "serviceowner": 10}},
		Drifts: []drift{{0.5, 1, 2}, {0.1, 0.4, 1}, {4, 4.5, 3}}, DriftWrites: tally{"PUT apps/status": 12},
		Restart: passage{Wall: 3, Passes: tally{"app": 20, "serviceowner": 20}, Memory: memory{Now: 80, Peak: 81, Live: 30}},
	}}
	text := r.markdown()
	for _, line := range []string{
		"## Storage: 10 service owners with 2 Apps each, bare, Azure played",
		"| **data of 3 left its region: told at the service owner, min / median / max, s** | **0.10 / 0.50 / 4.00** | < 5 |",
		"| the same at all its Apps; both, that it is back | 0.40 / 1.00 / 4.50; 1.00 / 2.00 / 3.00 | |",
		"| idle: writes to the API server, reads | 0, 1 | 0, 0 |",
		"| writes per new service owner; children, and one status | 18.00; 14 | |",
		"| new service owners: writes that lost a race; reads | 1; 2 | |",
		"| writes per new App; children, and one status | 19.50; 15 | |",
		"| passes over service owners, Apps, agreements, per new App | 0.50, 3.00, 0.00 | |",
		"| after a restart: writes to the API server | 0 | 0 |",
		"| after a restart: passes per service owner, per App; s | 2.00, 1.00; 3.0 | |",
		"| operator's memory, resident (highest), in use, MiB | 90 (100), 40 | |",
		"| PUT apps/status | 0.00 | 2.00 | 4.00 |",
		"| all | 1.00 | 2.00 | 4.00 |",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the page lacks %q:\n%s", line, text)
		}
	}
	raw, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(raw), `"AppsEach":2`) {
		t.Errorf("for programs: %s, %v", raw, err)
	}
	if strings.Contains((&result{}).markdown(), "Storage") {
		t.Error("storage that was left out is told of")
	}
}
