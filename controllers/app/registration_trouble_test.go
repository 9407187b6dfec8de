// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// errand is something the registration of an App has to do.
type errand struct {
	name string
	// before leads to where it begins, without trouble, and act declares it.
	before, act func(context.Context, *desk)
	// done says whether the registry holds what is declared.
	done func(context.Context, *desk) bool
}

const income = "income"

// errands are all there are.
var errands = []errand{
	{
		name: "registers an App",
		before: func(ctx context.Context, d *desk) {
			d.sandbox.Reset()
			subject := d.app(ctx, income)
			subject.Status.Registration = nil
			Expect(d.api.Status().Update(ctx, subject)).To(Succeed())
		},
		act: func(context.Context, *desk) {}, done: asDeclared,
	},
	{
		name: "registers what was edited: texts, and who may do what",
		act: func(ctx context.Context, d *desk) {
			d.change(ctx, income, func(a *v1alpha1.App) {
				a.Spec.DisplayName.NB = v1alpha1.Text(fmt.Sprint("Inntekt, utgave ", a.Generation))
				level := 7 - *a.Spec.Authorization.MinimumAuthenticationLevel // 3 and 4 by turns
				a.Spec.Authorization.MinimumAuthenticationLevel = &level
			})
			d.reconcile(ctx, income)
		},
		done: asDeclared,
	},
	{
		name: "withdraws an App whose agreement is stopped",
		before: func(ctx context.Context, d *desk) {
			d.changeAgreement(ctx, inState(v1alpha1.AgreementActive))
			d.reconcile(ctx, income)
		},
		act: func(ctx context.Context, d *desk) {
			d.changeAgreement(ctx, inState(v1alpha1.AgreementStopped))
			d.reconcile(ctx, income)
		},
		done: func(_ context.Context, d *desk) bool { return d.registered(income).Status == registry.StatusWithdrawn },
	},
	{
		name: "withdraws an App that is deleted",
		before: func(ctx context.Context, d *desk) {
			if d.isGone(ctx, income) {
				d.createApp(ctx, income)
				d.reconcile(ctx, income)
			}
		},
		act: func(ctx context.Context, d *desk) {
			Expect(d.api.Delete(ctx, d.app(ctx, income))).To(Succeed())
			d.reconcile(ctx, income) // takes the children away, which nobody else does here
		},
		done: func(ctx context.Context, d *desk) bool {
			return d.registered(income).Status == registry.StatusWithdrawn && d.isGone(ctx, income)
		},
	},
}

// asDeclared says whether what is registered of the App is what it declares.
func asDeclared(ctx context.Context, d *desk) bool {
	spec, found := d.app(ctx, income).Spec, d.registered(income)
	level := fmt.Sprintf(">%d<", *spec.Authorization.MinimumAuthenticationLevel)
	return found != nil && found.Visible && found.Title["nb"] == string(spec.DisplayName.NB) && strings.Contains(d.policy(income), "instantiate") && strings.Contains(d.policy(income), level)
}

// troubles are what can befall a call. A read is tried again within a pass, and so meets its trouble each time.
var troubles = map[string]*sandbox.Fault{
	"the operator is killed before it":  nil,
	"the operator is killed after it":   nil,
	"it is dropped":                     {Kind: sandbox.FaultDrop},
	"it is dropped when it has worked":  {Kind: sandbox.FaultDrop, AfterEffect: true},
	"it fails":                          {Kind: sandbox.FaultStatus, Status: 503},
	"it fails when it has worked":       {Kind: sandbox.FaultStatus, Status: 500, AfterEffect: true},
	"it is put off":                     {Kind: sandbox.FaultThrottle, RetryAfterSeconds: 20},
	"its answer is cut off":             {Kind: sandbox.FaultTruncate},
	"a page for people comes":           {Kind: sandbox.FaultContentType},
	"the tokens are no longer any good": {Kind: sandbox.FaultExpireTokens},
}

var _ = Describe("Trouble at any call about an App", func() {
	for _, e := range errands {
		It("keeps the operator, which "+e.name+", from nothing but the time it takes", func(ctx SpecContext) {
			served, _ := open(ctx)
			served.reconcile(ctx, income)
			_, want := served.run(ctx, e, 0, "nothing")
			d := openDesk(newQuickTenant())[0]
			d.createApp(ctx, income)
			d.reconcile(ctx, income)
			versions, calls := d.run(ctx, e, 0, "nothing")
			Expect(len(calls)).To(BeNumerically(">", 4))
			for n := range want {
				want[n] = strings.ReplaceAll(want[n], served.code, d.code)
			}
			Expect(calls).To(Equal(want), "they are other than with a real API server")
			for n, hit := range calls {
				for what, fault := range troubles {
					if fault != nil && fault.AfterEffect && (strings.HasPrefix(hit, "GET ") || strings.HasSuffix(hit, " /token")) {
						continue // what changes nothing cannot tell it from a call that did not work
					}
					how := fmt.Sprintf("call %d, at which %s", n+1, what)
					again, _ := d.run(ctx, e, n+1, how)
					Expect(again).To(Equal(versions), "versions made after "+how)
				}
			}
		})
	}
})

// run does an errand of which one call meets trouble; none when it is the 0th. It returns how many versions of the
// resource came of it, and the calls of the pass that met it.
func (d *desk) run(ctx context.Context, e errand, call int, how string) (versions int64, calls []string) {
	GinkgoHelper()
	d.start()
	if e.before != nil {
		e.before(ctx, d)
	}
	if begun := e.name == errands[0].name || d.says(ctx) && asDeclared(ctx, d); !begun {
		d.settle(ctx, asDeclared, "before "+how)
	}
	versions = -d.version()
	e.act(ctx, d)
	d.start() // with no token and no memory, so that the calls are the same each time
	d.calls = nil
	for what, fault := range troubles {
		if call > 0 && how == fmt.Sprintf("call %d, at which %s", call, what) {
			d.killed, d.landed, d.fault = call, what == "the operator is killed after it", fault
		}
	}
	_ = d.pass(ctx)
	calls = slices.Clone(d.calls)
	Expect(d.says(ctx) && !e.done(ctx, d)).To(BeFalse(), "it says that all is well after "+how)
	if d.fault == nil {
		d.start()
	}
	d.killed, d.fault = 0, nil
	Expect(d.sandbox.SetFaults()).To(Succeed())
	d.settle(ctx, e.done, "after "+how)
	return versions + d.version(), calls
}

// pass is one over the App's registration.
func (d *desk) pass(ctx context.Context) error {
	_, err := d.registrar.AsReconciler().Reconcile(ctx, reconcile.Request{NamespacedName: client.ObjectKey{Namespace: d.namespace, Name: income}})
	return err
}

// says is whether the Apps' own controller would say by now that the App is registered, or withdrawn, as it should be.
func (d *desk) says(ctx context.Context) bool {
	GinkgoHelper()
	if d.isGone(ctx, income) {
		return false
	}
	subject, kind := d.app(ctx, income), d.engine.Kind
	facts, err := kind.Gather(ctx, d.view, subject)
	Expect(err).NotTo(HaveOccurred())
	return subject.DeletionTimestamp == nil && slices.ContainsFunc(kind.Decide(subject, facts).Affirmed, func(affirmed decide.Affirmation) bool {
		return affirmed.Part == v1alpha1.ConditionAuthorizationRegistered
	})
}

// settle lets the operator work until something is so, and said.
func (d *desk) settle(ctx context.Context, so func(context.Context, *desk) bool, how string) {
	GinkgoHelper()
	for range 10 {
		if d.pass(ctx) == nil && (d.isGone(ctx, income) || d.says(ctx)) && so(ctx, d) {
			return
		}
		d.clock.Step(2 * time.Minute)
	}
	Fail("it does not settle " + how)
}

// version is the number of the newest version of what is registered of the App; 0 when nothing is.
func (d *desk) version() int64 {
	if found := d.registered(income); found != nil {
		return found.VersionID
	}
	return 0
}
