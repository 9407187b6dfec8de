// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// idle is how long silence is listened to.
const idle = 60 * time.Second

var _ = Describe("Fifty Apps", Serial, Ordered, func() {
	var apps []*v1alpha1.App
	var start int64

	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "silent")
		start = mark()
		for i := range 50 {
			one := app("silent", fmt.Sprintf("app-%02d", i))
			Expect(kubernetes.Create(ctx, one)).To(Succeed())
			apps = append(apps, one)
		}
		for _, one := range apps {
			becomesReady(ctx, one)
		}
		counted(ctx, "silent", 50)
	})

	It("cost no more than their children and five writes each, and no read", func(context.Context) {
		requests := requestsSince(start)
		children := 0
		for _, one := range apps {
			children += len(one.Status.Children)
		}
		Expect(children).To(Equal(50 * 9))
		Expect(len(writes(requests))).To(BeNumerically("<=", children+5*len(apps)), tally(requests))
		Expect(patched(requests, "apps")).To(HaveLen(2*len(apps)), "to be registered takes a finalizer and a record: "+tally(requests))
		Expect(reads(requests)).To(BeEmpty(), tally(requests))
		AddReportEntry("what 50 new Apps cost", tally(requests))
	})

	It("are left in silence once they are Ready: no write, no read and no call to Altinn in a minute", func(ctx context.Context) {
		before, calls := mark(), callsOutside()
		Consistently(func(g Gomega) {
			since := requestsSince(before)
			g.Expect(append(writes(since), reads(since)...)).To(BeEmpty())
			g.Expect(callsOutside()).To(Equal(calls), lately())
		}).WithContext(ctx).WithTimeout(idle).WithPolling(time.Second).Should(Succeed())
	})
})
