// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func state(of v1alpha1.ConsentState) func(*v1alpha1.ConsentResource) {
	return func(c *v1alpha1.ConsentResource) { c.Spec.State = of }
}

func leaving(by v1alpha1.ConsentDeletionPolicy) func(*v1alpha1.ConsentResource) {
	return func(c *v1alpha1.ConsentResource) { c.Spec.DeletionPolicy = by }
}

func asked(by ...v1alpha1.OrganizationNumber) func(*v1alpha1.ConsentResource) {
	return func(c *v1alpha1.ConsentResource) {
		c.Spec.Requesters = v1alpha1.Requesters{AnyOrganization: len(by) == 0, Organizations: by}
	}
}

func titled(title string) func(*v1alpha1.ConsentResource) {
	return func(c *v1alpha1.ConsentResource) { c.Spec.Title.NB = v1alpha1.Text(title) }
}

var _ = Describe("The registration of a ConsentResource", func() {
	It("is made of a published one, in whole and once, and never of a draft", func(ctx SpecContext) {
		w := newHome(ctx).open()
		id := w.code + "-income"
		consent := w.declare(ctx, state(v1alpha1.ConsentDraft))
		w.pass(ctx, consent)
		Expect(w.wire.made()).To(BeEmpty())
		Expect(consent.Status.Registration).To(BeNil())
		Expect(consent.Finalizers).To(BeEmpty())

		edit(ctx, consent, state(v1alpha1.ConsentPublished))
		Expect(w.judge(ctx, consent)).To(Succeed())
		wantReady(consent, v1alpha1.ReasonProgressing)
		result := w.pass(ctx, consent)
		Expect(result.RequeueAfter).To(BeNumerically("~", w.registrar.Resync, w.registrar.Resync/4))
		wantReady(consent, v1alpha1.ReasonReady)
		resource := w.resource(id)
		Expect(resource.Title["nb"]).To(Equal("Inntektsopplysninger"))
		Expect(resource.ResourceType).To(Equal(registry.TypeConsent))
		Expect(resource.Visible).To(BeTrue())
		Expect(resource.ConsentMetadata).To(HaveKey("inntektsaar"))
		Expect(w.policy(id)).To(And(ContainSubstring("requestconsent"), ContainSubstring(id)))
		Expect(*w.list(id)).To(And(
			HaveField("Members", []string{sandbox.RequesterANumber, sandbox.RequesterBNumber}),
			HaveField("Connections", HaveExactElements(HaveField("Resource", id)))))
		Expect(*consent.Status.Registration).To(And(
			HaveField("State", v1alpha1.RegistrationRegistered), HaveField("VersionID", resource.VersionID), HaveField("AccessList", id),
			HaveField("Identifier", id), HaveField("OrganizationNumber", sandbox.SkatteetatenNumber), HaveField("Obstacle", BeNil())))
		Expect(w.newEvents()).To(BeEmpty())

		w.wire.begin()
		w.cluster.writes = nil
		w.pass(ctx, consent)
		Expect(w.wire.wrote()).To(BeEmpty())
		Expect(w.cluster.writes).To(BeEmpty())
		Expect(w.newEvents()).To(BeEmpty())
	})

	It("writes of an edit what differs, and nothing else", func(ctx SpecContext) {
		w := newHome(ctx).open()
		id := w.code + "-income"
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		w.newEvents()

		edit(ctx, consent, titled("Inntekt og skatt"))
		Expect(w.judge(ctx, consent)).To(Succeed())
		wantReady(consent, v1alpha1.ReasonProgressing)
		w.wire.begin()
		w.pass(ctx, consent)
		Expect(w.wire.wrote()).To(Equal([]string{"PUT " + resources + "/" + id}))
		Expect(w.resource(id).Title["nb"]).To(Equal("Inntekt og skatt"))
		Expect(consent.Status.Registration.VersionID).To(Equal(w.resource(id).VersionID))
		wantReady(consent, v1alpha1.ReasonReady)

		edit(ctx, consent, asked(sandbox.RequesterANumber))
		w.wire.begin()
		w.pass(ctx, consent)
		Expect(w.wire.wrote()).To(Equal([]string{"PUT " + accessLists + w.code + "/" + id + "/members"}))
		Expect(w.list(id).Members).To(Equal([]string{sandbox.RequesterANumber}))

		edit(ctx, consent, func(c *v1alpha1.ConsentResource) { *c.Spec.MinimumAuthenticationLevel = 4 })
		w.wire.begin()
		w.pass(ctx, consent)
		Expect(w.wire.wrote()).To(Equal([]string{"PUT " + resources + "/" + id + "/policy"}))
		wantReady(consent, v1alpha1.ReasonReady)
		Expect(w.newEvents()).To(BeEmpty(), "that an edit is carried out is no news")
	})

	It("has every organisation of a long list on it, and none twice", func(ctx SpecContext) {
		w := newHome(ctx).open()
		id, companies := w.code+"-income", numbers(250)
		members := func() []v1alpha1.OrganizationNumber {
			var read []v1alpha1.OrganizationNumber
			for _, number := range w.list(id).Members {
				read = append(read, v1alpha1.OrganizationNumber(number))
			}
			return read
		}
		consent := w.declare(ctx, asked(companies[:101]...))
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonReady)
		Expect(members()).To(Equal(companies[:101]))
		for _, wanted := range [][]v1alpha1.OrganizationNumber{companies, companies[60:], companies[60:160], companies[:1], companies} {
			edit(ctx, consent, asked(wanted...))
			w.wire.begin()
			w.pass(ctx, consent)
			wantReady(consent, v1alpha1.ReasonReady)
			Expect(members()).To(Equal(wanted))
			Expect(w.wire.wrote()).To(HaveEach(HaveSuffix("/members")))
		}
	})

	It("has no list where any organisation may ask", func(ctx SpecContext) {
		w := newHome(ctx).open()
		id := w.code + "-income"
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		edit(ctx, consent, asked())
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonReady)
		Expect(w.list(id)).To(BeNil())
		Expect(consent.Status.Registration.AccessList).To(BeEmpty())
		Expect(w.policy(id)).NotTo(ContainSubstring("urn:altinn:access-list"))
		edit(ctx, consent, asked(sandbox.RequesterANumber))
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonReady)
		Expect(w.list(id).Members).To(Equal([]string{sandbox.RequesterANumber}))
	})

	It("is withdrawn so that nobody finds or uses it, and comes back as it was", func(ctx SpecContext) {
		w := newHome(ctx).open()
		id := w.code + "-income"
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		published, _ := w.state()
		w.newEvents()

		edit(ctx, consent, state(v1alpha1.ConsentWithdrawn))
		w.wire.begin()
		w.pass(ctx, consent)
		list := accessLists + w.code + "/" + id
		Expect(w.wire.wrote()).To(Equal([]string{
			"DELETE " + list + "/resource-connections/" + id, "DELETE " + list, "PUT " + resources + "/" + id + "/policy", "PUT " + resources + "/" + id,
		}))
		w.wantWithdrawn(id)
		Expect(consent.Status.Registration.State).To(Equal(v1alpha1.RegistrationWithdrawn))
		Expect(w.newEvents()).To(HaveExactElements(HavePrefix("Normal Withdrawn ")))
		w.wire.begin()
		w.pass(ctx, consent)
		Expect(w.wire.wrote()).To(BeEmpty())

		edit(ctx, consent, state(v1alpha1.ConsentPublished))
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonReady)
		Expect(first(w.state())).To(Equal(published))
	})

	It("is withdrawn while its service owner is suspended", func(ctx SpecContext) {
		w := newHome(ctx).open()
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		published, _ := w.state()
		owner := &v1alpha1.ServiceOwner{}
		owner.Name = w.code
		edit(ctx, owner, func(o *v1alpha1.ServiceOwner) { o.Spec.Suspend = &v1alpha1.Suspend{Reason: "An incident"} })
		w.pass(ctx, consent)
		w.wantWithdrawn(w.code + "-income")
		wantReady(consent, v1alpha1.ReasonSuspended)
		edit(ctx, owner, func(o *v1alpha1.ServiceOwner) { o.Spec.Suspend = nil })
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonReady)
		Expect(first(w.state())).To(Equal(published))
	})

	DescribeTable("ends with it, by its deletion policy",
		func(ctx SpecContext, policy v1alpha1.ConsentDeletionPolicy, production bool, event string) {
			w := newHome(ctx).open(func(o *sandbox.Options) { o.Production = production })
			id := w.code + "-income"
			consent := w.declare(ctx, leaving(policy))
			w.pass(ctx, consent)
			before, _ := w.state()
			w.newEvents()
			Expect(admin.Delete(ctx, consent)).To(Succeed())
			Expect(w.judge(ctx, consent)).To(Succeed())
			w.settle(ctx, consent, nil)
			Expect(w.gone(ctx, consent)).To(BeTrue())
			after, _ := w.state()
			switch {
			case policy == v1alpha1.ConsentRetain:
				Expect(after).To(Equal(before))
			case policy == v1alpha1.ConsentDelete && !production:
				Expect(after).To(BeEmpty())
			default:
				w.wantWithdrawn(id)
			}
			Expect(strings.Join(w.newEvents(), "\n")).To(ContainSubstring(event))
			w.wantNoSecrets()
		},
		Entry("withdrawn by Withdraw", v1alpha1.ConsentWithdraw, false, "Normal Withdrawn "),
		Entry("gone by Delete", v1alpha1.ConsentDelete, false, "Normal Withdrawn "),
		Entry("withdrawn by Delete where nothing is deleted", v1alpha1.ConsentDelete, true, "Warning DeletionRefused "),
		Entry("as it was by Retain", v1alpha1.ConsentRetain, false, "Normal Retained "),
	)
})

// wantWithdrawn wants what is registered to be found and used by nobody.
func (w *world) wantWithdrawn(id string) {
	GinkgoHelper()
	Expect(w.list(id)).To(BeNil())
	Expect(w.policy(id)).NotTo(Or(ContainSubstring("requestconsent"), BeEmpty()))
	Expect(*w.resource(id)).To(And(HaveField("Status", registry.StatusWithdrawn), HaveField("Visible", false), HaveField("Delegable", false)))
	Expect(w.ask(http.MethodGet, accessLists+w.code, "", nil)).To(Equal(http.StatusUnauthorized))
}

// first leaves out how many versions there are.
func first(said string, _ int64) string { return said }
