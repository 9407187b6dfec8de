// SPDX-License-Identifier: BSD-3-Clause

package sandbox_test

import (
	"encoding/json"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestTheLogCountsByRouteAndTellsNoSecrets(t *testing.T) {
	w := serve(t, sandbox.Demo())
	token := w.token()
	w.call(http.MethodPost, resources, token, resource("skd-one"), 201)
	w.call(http.MethodPost, resources, token, resource("skd-two"), 201)
	w.call(http.MethodGet, resources+"/skd-one?versionId=1", "", "", 200)
	if got := w.server.Counts()["POST "+resources]; got != 2 {
		t.Errorf("want 2 creations, got %d", got)
	}
	if got := w.server.Writes(); got != 2 {
		t.Errorf("want 2 writes, got %d", got)
	}
	log := w.call(http.MethodGet, "/sandbox/requests", "", "", 200)
	for _, secret := range []string{token, "versionId", "/sandbox/"} {
		if strings.Contains(log, secret) {
			t.Errorf("want no %s in %s", secret, log)
		}
	}
	w.call(http.MethodDelete, "/sandbox/requests", "", "", 204)
	if got := w.server.Requests(); len(got) != 0 {
		t.Errorf("want an empty log, got %v", got)
	}
}

func TestADroppedCallIsLoggedWithoutAStatus(t *testing.T) {
	w := serve(t, sandbox.Demo())
	set(t, w, sandbox.Fault{Method: http.MethodPost, Path: ".", Kind: sandbox.FaultDrop, Count: 1})
	_, _, _ = w.try(http.MethodPost, resources, "", "")
	if got := w.server.Requests(); len(got) != 1 || got[0].Status != 0 {
		t.Errorf("want one call without a status, got %v", got)
	}
}

func TestSomebodyOutsideChangesWhatIsStored(t *testing.T) {
	w := serve(t, sandbox.Demo())
	fill(w)
	before := field(t, w.call(http.MethodGet, resources+"/skd-one", "", "", 200), "versionId")
	changed := w.call(http.MethodPatch, "/sandbox/resources/skd-one", "", `{"status":"Withdrawn"}`, 200)
	if field(t, changed, "status") != "Withdrawn" || field(t, changed, "versionId") == before {
		t.Errorf("want another version, withdrawn, got %s", changed)
	}
	if field(t, changed, "consentTemplate") != "default" {
		t.Errorf("want the rest as it was, got %s", changed)
	}
	w.call(http.MethodPut, "/sandbox/resources/skd-one/policy", "", "<edited/>", 204)
	if got := w.call(http.MethodGet, resources+"/skd-one/policy", "", "", 200); got != "<edited/>" {
		t.Errorf("want the edited policy, got %s", got)
	}
	w.call(http.MethodPut, "/sandbox/resources/skd-one/policy", "", "", 204)
	w.call(http.MethodGet, resources+"/skd-one/policy", "", "", 404)
	w.call(http.MethodDelete, "/sandbox/resources/skd-one", "", "", 204)
	w.call(http.MethodPost, resources, w.token(), resource("skd-one"), 201)
	for method, path := range map[string]string{http.MethodPatch: "", http.MethodPut: "/policy"} {
		w.call(method, "/sandbox/resources/skd-none"+path, "", "{}", 404)
	}
}

func TestTheClockIsMoved(t *testing.T) {
	options := sandbox.Demo()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	options.Clock = func() time.Time { return begin }
	w := serve(t, options)
	w.call(http.MethodPost, "/sandbox/clock", "", `{"advance":"90m"}`, 200)
	w.server.Advance(30 * time.Minute)
	response, _, err := w.try(http.MethodGet, resources+"/orgs", "", "")
	if err != nil || response.Header.Get("Date") != begin.Add(2*time.Hour).Format(http.TimeFormat) {
		t.Errorf("want two hours later, got %v, %v", response.Header, err)
	}
	w.call(http.MethodPost, "/sandbox/clock", "", `{"advance":"-1m"}`, 400)
	w.call(http.MethodPost, "/sandbox/clock", "", `{}`, 400)
}

func TestClientsAndOrganisationsAreAddedWhileItRuns(t *testing.T) {
	w := serve(t, sandbox.Demo())
	client, err := json.Marshal(sandbox.Client{ID: "late", Organisation: sandbox.SkatteetatenNumber})
	if err != nil {
		t.Fatal(err)
	}
	w.call(http.MethodPut, "/sandbox/clients/late", "", string(client), 204)
	w.call(http.MethodPut, "/sandbox/clients/other", "", string(client), 400)
	company := sandbox.Companies(1)[0]
	fill(w)
	body := `{"data":["urn:altinn:organization:identifier-no:` + company.Number + `"]}`
	w.call(http.MethodPost, oneList+"/members", w.token(), body, 400)
	w.call(http.MethodPut, "/sandbox/organisations/"+company.Number, "", `{"number":"`+company.Number+`"}`, 204)
	w.call(http.MethodPost, oneList+"/members", w.token(), body, 200)
}

func TestOnlyPersonsLogIn(t *testing.T) {
	w := serve(t, sandbox.Demo())
	w.call(http.MethodPost, "/sandbox/login", "", `{"person":"`+sandbox.BorrowerNumber+`"}`, 200)
	w.call(http.MethodPost, "/sandbox/login", "", `{"person":"`+sandbox.BankNumber+`"}`, 404)
	w.call(http.MethodPost, "/sandbox/login", "", `{`, 400)
}

func TestMaskinportenLooksConsentsUp(t *testing.T) {
	w := serve(t, sandbox.Demo())
	minted := w.call(http.MethodPost, "/sandbox/token", "",
		`{"organisation":"`+sandbox.DigdirNumber+`","scope":"altinn:maskinporten/consent.read"}`, 200)
	token, _ := field(t, minted, "token").(string)
	const lookup = "/accessmanagement/api/v1/maskinporten/consent/lookup"
	asked := `{"id":"5b2c0e3e-0000-4000-8000-000000000000","from":"` + bankURN + `","to":"` + bankURN + `"}`
	if code := field(t, w.call(http.MethodPost, lookup, token, asked, 404), "code"); code != "AM-00001" {
		t.Errorf("want AM-00001, got %v", code)
	}
	w.call(http.MethodPost, lookup, token, `{}`, 400)
}

func TestATokenOpensTheServerThatIssuedIt(t *testing.T) {
	one, other := serve(t, sandbox.Demo()), serve(t, sandbox.Demo())
	other.call(http.MethodPost, resources, one.token(), resource("skd-one"), http.StatusUnauthorized)
	other.call(http.MethodPost, resources, other.token(), resource("skd-one"), http.StatusCreated)
}

func TestABodyThatIsTooLongIsRefused(t *testing.T) {
	w := serve(t, sandbox.Demo())
	w.call(http.MethodPost, resources, w.token(), strings.Repeat(" ", 5<<20), http.StatusRequestEntityTooLarge)
}

// A thousand resources, each replaced four times and read, by several callers at once: all is there, and the memory it took
// is in proportion.
func TestAThousandResourcesStayWithinBounds(t *testing.T) {
	const count, replaced, bound = 1000, 4, 64 << 20
	w := serve(t, sandbox.Demo())
	w.client.Transport.(*http.Transport).MaxIdleConnsPerHost = 8
	token := w.token()
	before := heap()
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			for i := caller; i < count; i += 8 {
				id := "skd-load-" + strconv.Itoa(i)
				if response, text, err := w.try(http.MethodPost, resources, token, resource(id)); err != nil || response.StatusCode != 201 {
					t.Errorf("creating %s: %s, %v", id, text, err)
					return
				}
				for range replaced {
					if response, text, err := w.try(http.MethodPut, resources+"/"+id, token, resource(id)); err != nil || response.StatusCode != 200 {
						t.Errorf("replacing %s: %s, %v", id, text, err)
						return
					}
				}
			}
		})
	}
	callers.Wait()
	var listed []struct{ VersionID int }
	if err := json.Unmarshal([]byte(w.call(http.MethodGet, resources+"/resourcelist", "", "", 200)), &listed); err != nil {
		t.Fatal(err)
	}
	versions := map[int]bool{}
	for _, one := range listed {
		versions[one.VersionID] = true
	}
	if len(listed) != count || len(versions) != count {
		t.Errorf("want %d resources, each of a version of its own, got %d of %d", count, len(listed), len(versions))
	}
	if w.server.Writes() != count*(replaced+1) || len(w.server.Requests()) > 10_000 {
		t.Errorf("want every write counted and the log bounded, got %d writes and %d entries", w.server.Writes(), len(w.server.Requests()))
	}
	if grown := heap() - before; grown > bound {
		t.Errorf("want at most %d bytes more, got %d", bound, grown)
	}
	runtime.KeepAlive(w)
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
