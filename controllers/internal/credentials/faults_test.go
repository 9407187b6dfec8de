// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// trouble is what can happen to a call.
type trouble struct {
	name  string
	fault sandbox.Fault
	// late says that the answer comes too late, and lost that the call does.
	late, lost bool
	// same says that a call that only reads cannot tell it from another.
	same bool
}

// troublesAt are those for the n-th call: statuses that mean the same take turns.
func troublesAt(n int) []trouble {
	status := []int{500, 502, 503, 504}[n%4]
	return []trouble{
		{name: "no answer in time", lost: true},
		{name: "no answer in time after the work", late: true, same: true},
		{name: fmt.Sprint(status), fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: status}},
		{name: fmt.Sprint(status, " after the work"), fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: status, AfterEffect: true}, same: true},
		{name: "503 with Retry-After", fault: sandbox.Fault{Kind: sandbox.FaultStatus, Status: 503, RetryAfterSeconds: 30}},
		{name: "429", fault: sandbox.Fault{Kind: sandbox.FaultThrottle, RetryAfterSeconds: 20}},
		{name: "429 after the work", fault: sandbox.Fault{Kind: sandbox.FaultThrottle, RetryAfterSeconds: 1, AfterEffect: true}, same: true},
		{name: "dropped", fault: sandbox.Fault{Kind: sandbox.FaultDrop}},
		{name: "dropped after the work", fault: sandbox.Fault{Kind: sandbox.FaultDrop, AfterEffect: true}, same: true},
		{name: "truncated", fault: sandbox.Fault{Kind: sandbox.FaultTruncate}},
		{name: "a page for people", fault: sandbox.Fault{Kind: sandbox.FaultContentType}},
		{name: "tokens that expire", fault: sandbox.Fault{Kind: sandbox.FaultExpireTokens}},
	}
}

// befall lets a trouble happen to the n-th call outside from now. A call that only reads, and so is tried again
// within the same pass, meets it each time.
func (w *world) befall(n int, trouble trouble) {
	w.wire.at, w.wire.hit = n, func(request *http.Request) (*http.Response, error) {
		switch {
		case trouble.late:
			w.wire.lose(request)
			return nil, context.DeadlineExceeded
		case trouble.lost:
			return nil, context.DeadlineExceeded
		}
		hit := call{request.Method, request.URL.Path}
		fault := trouble.fault
		fault.Method, fault.Path, fault.Count = hit.method, "^"+regexp.QuoteMeta(hit.path)+"$", 1
		if !hit.writes() && fault.Kind != sandbox.FaultExpireTokens {
			fault.Count = 3
		}
		if err := w.sandbox.SetFaults(fault); err != nil {
			return nil, err
		}
		return road.RoundTrip(request)
	}
}

func TestTroubleAtAnyCallKeepsNothingFromComingAbout(t *testing.T) {
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			calls, _ := j.clean(t, s)
			cases := 0
			for n, hit := range calls {
				for _, trouble := range troublesAt(n) {
					if trouble.same && !hit.writes() {
						continue
					}
					cases++
					how := fmt.Sprintf("%s at call %d, %s", trouble.name, n+1, hit)
					w := j.depart(t, s)
					w.befall(n+1, trouble)
					w.settle(w.wantHonest(how))
					w.arrive(how)
				}
			}
			t.Logf("%d cases", cases)
		})
	}
}

func TestAnOperatorThatIsKilledAtAnyCallLeavesNothingTheNextOneDoesNotPutRight(t *testing.T) {
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			calls, _ := j.clean(t, s)
			for n, hit := range calls {
				for _, landed := range []bool{false, true} {
					if landed && !hit.writes() {
						continue
					}
					for _, mute := range []bool{false, true} { // whether it can still say what happened
						how := fmt.Sprintf("killed at call %d, %s, which lands: %v, mute: %v", n+1, hit, landed, mute)
						w := j.depart(t, s)
						w.wire.at, w.wire.hit = n+1, func(request *http.Request) (*http.Response, error) {
							if landed {
								w.wire.lose(request)
							}
							w.wire.kill()
							w.cluster.dead = mute
							return nil, errKilled
						}
						w.resume(how)
					}
				}
			}
		})
	}
}

func TestAnOperatorThatIsKilledAtAnyWriteLeavesNothingTheNextOneDoesNotPutRight(t *testing.T) {
	for _, j := range journeys {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			_, writes := j.clean(t, s)
			for n := range writes {
				for _, landed := range []bool{false, true} {
					w := j.depart(t, s)
					w.cluster.breaks, w.cluster.landed = n+1, landed
					w.resume(fmt.Sprintf("killed at write %d, which lands: %v", n+1, landed))
				}
			}
		})
	}
}

// resume lets an operator go until it dies, and another one go on.
func (w *world) resume(how string) {
	w.t.Helper()
	for range 60 {
		if w.wire.killed || w.cluster.dead {
			break
		}
		result, err := w.pass()
		if !w.deploy() && !w.kubelet() && err == nil {
			w.clock.Step(min(max(result.RequeueAfter, time.Second), time.Minute))
		}
	}
	if !w.wire.killed && !w.cluster.dead {
		w.t.Fatalf("%s: it was not", how)
	}
	w.wantHonest(how + ", before another starts")()
	w.start()
	w.settle(w.wantHonest(how))
	w.arrive(how)
}
