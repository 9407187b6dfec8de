// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

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
		return w.wire.send(request)
	}
}

var _ = Describe("Trouble at any call to Altinn's Resource Registry", func() {
	for _, j := range journeys {
		It("keeps "+j.name+" from nothing but the time it takes", func(ctx SpecContext) {
			h := newQuickHome()
			clean := j.clean(ctx, h)
			Expect(clean.calls).NotTo(BeEmpty())
			cases := 0
			for n, hit := range clean.calls {
				for _, trouble := range troublesAt(n) {
					if trouble.same && !hit.writes() {
						continue
					}
					cases++
					how := fmt.Sprintf("%s at call %d, %s", trouble.name, n+1, hit)
					t := j.depart(ctx, h)
					t.befall(n+1, trouble)
					t.settle(ctx, t.subject, func() { t.wantHonest(clean, how) })
					t.wantLike(clean, how)
					Expect(t.gone(ctx, t.subject)).To(Equal(clean.gone), how)
					t.arrive(ctx)
				}
			}
			AddReportEntry("cases", cases)
		})
	}
})
