// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// idle is how long silence is listened to.
const idle = 60 * time.Second

var _ = Describe("Fifty Apps", Serial, Ordered, func() {
	var apps, withClients []*v1alpha1.App
	var requests, ofClients []request

	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "silent")
		start := mark()
		for i := range 50 {
			apps = append(apps, app("silent", fmt.Sprintf("app-%02d", i)))
		}
		allReady(ctx, apps)
		known(ctx, "silent", 50)
		requests = requestsSince(start)
		start = mark()
		for i := range 10 {
			one := integrated("silent", fmt.Sprintf("with-clients-%02d", i))
			one.Spec.Integrations[0].Exposes = nil
			withClients = append(withClients, one)
		}
		allReady(ctx, withClients)
		known(ctx, "silent", 60)
		ofClients = requestsSince(start)
	})

	It("cost no more than their children and six writes each, and two of their owner's for where their data is kept, and no read", func(context.Context) {
		children := 0
		for _, one := range apps {
			children += len(one.Status.Children)
		}
		Expect(children).To(Equal(50 * 14))
		keeping := slices.DeleteFunc(writes(requests), func(r request) bool {
			return r.ObjectRef.Resource != "serviceowners" && r.ObjectRef.Resource != "storageaccountsmanagementpolicies"
		})
		Expect(len(writes(requests))-len(keeping)).To(BeNumerically("<=", children+6*len(apps)), tally(requests))
		Expect(len(keeping)).To(BeNumerically("<=", 2*len(apps)), tally(requests))
		Expect(patched(requests, "apps")).To(HaveLen(3*len(apps)), "to be registered takes a finalizer and a record, to keep data a finalizer: "+tally(requests))
		Expect(reads(requests)).To(BeEmpty(), tally(requests))
		AddReportEntry("what 50 new Apps cost", tally(requests))
	})

	It("with two clients each cost no more than two Secrets and nine writes beside that, and no read", func(context.Context) {
		children := 0
		for _, one := range withClients {
			children += len(one.Status.Children)
		}
		Expect(children).To(Equal(10 * 14))
		AddReportEntry("what 10 new Apps with two clients each cost", tally(ofClients))
		Expect(len(writes(ofClients))).To(BeNumerically("<=", children+(5+2+9)*len(withClients)), tally(ofClients))
		Expect(created(ofClients, "secrets")).To(HaveLen(2 * len(withClients)))
		Expect(reads(ofClients)).To(BeEmpty(), tally(ofClients))
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

// allReady makes Apps, and waits until they are Ready.
func allReady(ctx context.Context, apps []*v1alpha1.App) {
	GinkgoHelper()
	for _, one := range apps {
		Expect(kubernetes.Create(ctx, one)).To(Succeed())
	}
	for _, one := range apps {
		becomesReady(ctx, one)
	}
}
