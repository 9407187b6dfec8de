// SPDX-License-Identifier: BSD-3-Clause

package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// A fault is judged by what a client sees of it, and by whether the work was done.
func TestFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		fault      sandbox.Fault
		wantStatus int // 0 is an error instead of an answer
		wantDone   bool
	}{
		"a status comes in the place of the work": {
			fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503}, wantStatus: 503,
		},
		"a status comes after the work when told so": {
			fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 502, AfterEffect: true}, wantStatus: 502, wantDone: true,
		},
		"a throttled call is not done": {
			fault: sandbox.Fault{Kind: sandbox.FaultThrottle, RetryAfterSeconds: 7}, wantStatus: 429,
		},
		"a dropped call is not done": {
			fault: sandbox.Fault{Kind: sandbox.FaultDrop},
		},
		"a call may be dropped after it was done": {
			fault: sandbox.Fault{Kind: sandbox.FaultDrop, AfterEffect: true}, wantDone: true,
		},
		"a truncated answer breaks, also where there is no body": {
			fault: sandbox.Fault{Kind: sandbox.FaultTruncate}, wantDone: true,
		},
		"a wrong content type comes after the work": {
			fault: sandbox.Fault{Kind: sandbox.FaultContentType}, wantStatus: 201, wantDone: true,
		},
		"an expired token is refused": {
			fault: sandbox.Fault{Kind: sandbox.FaultExpireTokens}, wantStatus: 401,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, sandbox.Demo())
			token := w.token()
			tc.fault.Method, tc.fault.Path, tc.fault.Count = http.MethodPost, "/resource$", 1
			if err := w.server.SetFaults(tc.fault); err != nil {
				t.Fatal(err)
			}
			response, _, err := w.try(http.MethodPost, resources, token, resource("skd-one"))
			switch {
			case tc.wantStatus == 0 && err == nil:
				t.Errorf("want a broken connection, got %v", response.Status)
			case tc.wantStatus != 0 && err != nil:
				t.Errorf("want status %d, got %v", tc.wantStatus, err)
			case tc.wantStatus != 0 && response.StatusCode != tc.wantStatus:
				t.Errorf("want status %d, got %v", tc.wantStatus, response.Status)
			}
			want := http.StatusNotFound
			if tc.wantDone {
				want = http.StatusOK
			}
			w.call(http.MethodGet, resources+"/skd-one", "", "", want)
			if left := w.server.Faults(); len(left) != 0 {
				t.Errorf("want the fault to be used up, got %v", left)
			}
		})
	}
}

func TestAThrottledCallSaysWhenToComeBack(t *testing.T) {
	w := serve(t, sandbox.Demo())
	set(t, w, sandbox.Fault{Path: ".", Kind: sandbox.FaultThrottle, RetryAfterSeconds: 7})
	response, _, err := w.try(http.MethodGet, resources+"/orgs", "", "")
	if err != nil || response.Header.Get("Retry-After") != "7" {
		t.Errorf("want Retry-After 7, got %v, %v", response, err)
	}
}

func TestAWrongContentTypeIsAPageForPeople(t *testing.T) {
	w := serve(t, sandbox.Demo())
	set(t, w, sandbox.Fault{Path: ".", Kind: sandbox.FaultContentType})
	response, body, err := w.try(http.MethodGet, resources+"/orgs", "", "")
	if err != nil || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") || strings.HasPrefix(body, "{") {
		t.Errorf("want HTML, got %v, %v", response, err)
	}
}

func TestATruncatedAnswerPromisesMoreThanItHolds(t *testing.T) {
	w := serve(t, sandbox.Demo())
	set(t, w, sandbox.Fault{Path: ".", Kind: sandbox.FaultTruncate})
	response, body, err := w.try(http.MethodGet, resources+"/orgs", "", "")
	if err == nil || response == nil || response.StatusCode != http.StatusOK || body == "" {
		t.Errorf("want half a body and an error, got %v, %q, %v", response, body, err)
	}
}

func TestExpiredTokensStayExpired(t *testing.T) {
	w := serve(t, sandbox.Demo())
	old := w.token()
	set(t, w, sandbox.Fault{Path: "/resource$", Kind: sandbox.FaultExpireTokens, Count: 1})
	w.call(http.MethodPost, resources, old, resource("skd-one"), http.StatusUnauthorized)
	w.call(http.MethodPost, resources, old, resource("skd-one"), http.StatusUnauthorized)
	w.call(http.MethodPost, resources, w.token(), resource("skd-one"), http.StatusCreated)
}

func TestDelaysAddUpAndTheFirstOtherFaultDecides(t *testing.T) {
	w := serve(t, sandbox.Demo())
	set(t, w,
		sandbox.Fault{Path: ".", Kind: sandbox.FaultLatency, LatencyMillis: 30},
		sandbox.Fault{Path: ".", Kind: sandbox.FaultStatus, Status: 500, Count: 1},
		sandbox.Fault{Path: ".", Kind: sandbox.FaultStatus, Status: 503, Count: 1},
		sandbox.Fault{Path: ".", Kind: sandbox.FaultLatency, LatencyMillis: 30})
	begin := time.Now()
	w.call(http.MethodGet, resources+"/orgs", "", "", 500)
	if took := time.Since(begin); took < 60*time.Millisecond {
		t.Errorf("want at least 60 ms, got %v", took)
	}
	w.call(http.MethodGet, resources+"/orgs", "", "", 503)
	w.call(http.MethodGet, resources+"/orgs", "", "", 200)
}

func TestAFaultMatchesByMethodPathAndCount(t *testing.T) {
	w := serve(t, sandbox.Demo())
	set(t, w, sandbox.Fault{Method: http.MethodPut, Path: "/skd-[a-z]+$", Kind: sandbox.FaultStatus, Status: 500, Count: 2})
	w.call(http.MethodGet, resources+"/skd-one", "", "", 404)
	w.call(http.MethodPut, resources+"/skd-1", "", "", 401)
	w.call(http.MethodPut, resources+"/skd-one", "", "", 500)
	w.call(http.MethodPut, resources+"/skd-two", "", "", 500)
	w.call(http.MethodPut, resources+"/skd-two", "", "", 401)
}

func TestFaultsAreSetAndTakenBackOverHTTP(t *testing.T) {
	w := serve(t, sandbox.Demo())
	w.call(http.MethodPut, "/sandbox/faults", "", `[{"path":".","kind":"status","status":500}]`, 204)
	w.call(http.MethodGet, resources+"/orgs", "", "", 500)
	if left := w.call(http.MethodGet, "/sandbox/faults", "", "", 200); !strings.Contains(left, `"status"`) {
		t.Errorf("want the fault, got %s", left)
	}
	w.call(http.MethodDelete, "/sandbox/faults", "", "", 204)
	w.call(http.MethodGet, resources+"/orgs", "", "", 200)
	for _, wrong := range []string{
		`{`, `[{"path":"(","kind":"drop"}]`, `[{"path":".","kind":"whim"}]`, `[{"path":".","kind":"status","status":200}]`,
	} {
		w.call(http.MethodPut, "/sandbox/faults", "", wrong, 400)
	}
}

func set(t *testing.T, w *world, faults ...sandbox.Fault) {
	t.Helper()
	if err := w.server.SetFaults(faults...); err != nil {
		t.Fatal(err)
	}
}
