// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
)

var _ = Describe("An operator that is killed while it registers an App", func() {
	It("at any call leaves nothing the next one does not put right", func(ctx SpecContext) {
		d, name := open(ctx)
		d.reconcile(ctx, name)
		Expect(d.register(ctx, name)).To(Succeed())
		clean, calls := d.registered(name), len(d.calls)
		d.calls = nil
		Expect(calls).To(BeNumerically(">", 6))
		for n := range calls {
			for _, landed := range []bool{false, true} {
				how := fmt.Sprintf("killed at call %d, which lands: %v", n+1, landed)
				d.begin(ctx, name)
				d.killed, d.landed = n+1, landed
				_ = d.register(ctx, name)
				Expect(d.reallyReady(ctx, name)).To(BeTrue(), how)
				d.start()
				d.clock.Step(time.Minute)
				Expect(d.register(ctx, name)).To(Succeed(), how)
				found := d.registered(name)
				Expect(registry.Same(found, clean)).To(BeTrue(), how)
				Expect(found.VersionID).To(BeEquivalentTo(1), how)
				Expect(d.policy(name)).To(ContainSubstring("instantiate"), how)
				Expect(conditionOf(d.app(ctx, name), v1alpha1.ConditionAuthorizationRegistered)).To(Equal("True Ready"), how)
			}
		}
	})
})

// begin makes it as if an App had never been registered.
func (d *desk) begin(ctx context.Context, name string) {
	GinkgoHelper()
	d.sandbox.Reset()
	d.start()
	d.calls = nil
	subject := d.app(ctx, name)
	subject.Status.Registration = nil
	Expect(admin.Status().Update(ctx, subject)).To(Succeed())
}

// reallyReady is false when an App is said to be registered and is not.
func (d *desk) reallyReady(ctx context.Context, name string) bool {
	GinkgoHelper()
	subject := d.reconcile(ctx, name)
	found := d.registered(name)
	return conditionOf(subject, v1alpha1.ConditionAuthorizationRegistered) != "True Ready" || found != nil && d.policy(name) != ""
}
