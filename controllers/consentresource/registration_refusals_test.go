// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// someone registers a resource by other means.
func (w *world) someone(number, code, id string) {
	GinkgoHelper()
	text := registry.Texts{"nb": "En annens", "nn": "Ein annans", "en": "Another's"}
	body, err := json.Marshal(registry.ServiceResource{
		Identifier: id, ResourceType: registry.TypeConsent, Status: registry.StatusCompleted, Title: text, Description: text, RightDescription: text,
		CompetentAuthority: registry.CompetentAuthority{Name: text, Organization: number, Orgcode: code}, ContactPoints: []registry.ContactPoint{},
		AvailableForType: []string{registry.PartyPrivatePerson}, AccessListMode: registry.AccessListDisabled, Delegable: true, Visible: true,
		ConsentTemplate: "default", ConsentText: registry.Texts{"nb": "{x}", "nn": "{x}", "en": "{x}"},
		ConsentMetadata: map[string]registry.ConsentField{"x": {}},
	})
	Expect(err).NotTo(HaveOccurred())
	Expect(w.askAs(number, http.MethodPost, resources, string(body), nil)).To(Equal(http.StatusCreated))
}

var _ = Describe("What keeps a ConsentResource from being registered", func() {
	var (
		w  *world
		id string
	)
	BeforeEach(func(ctx SpecContext) {
		w = newHome(ctx).open()
		id = w.code + "-income"
	})
	AfterEach(func() { w.wantNoSecrets() })

	It("is a change that breaks those who ask, until it is accepted for just that change", func(ctx SpecContext) {
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		before, _ := w.state()
		breaks := func(c *v1alpha1.ConsentResource) {
			c.Spec.Metadata = append(c.Spec.Metadata, v1alpha1.ConsentMetadata{Key: "tema", Description: "Theme"})
			c.Spec.ConsentText.NB += " {tema}"
			c.Spec.ConsentText.NN += " {tema}"
			c.Spec.ConsentText.EN += " {tema}"
		}
		for _, change := range []func(*v1alpha1.ConsentResource){breaks, func(c *v1alpha1.ConsentResource) { c.Spec.Template = "poa" }} {
			edit(ctx, consent, change)
			accept := func(generation int64) func(*v1alpha1.ConsentResource) {
				return func(c *v1alpha1.ConsentResource) {
					c.Annotations = map[string]string{v1alpha1.AnnotationAcceptBreakingChange: strconv.FormatInt(generation, 10)}
				}
			}
			for range 2 {
				w.wire.begin()
				Expect(w.pass(ctx, consent).RequeueAfter).To(BeNumerically(">=", 4*time.Minute))
				wantReady(consent, v1alpha1.ReasonBreakingChange)
				Expect(w.wire.wrote()).To(BeEmpty())
				Expect(first(w.state())).To(Equal(before))
				edit(ctx, consent, accept(consent.Generation-1))
			}
			edit(ctx, consent, accept(consent.Generation))
			w.pass(ctx, consent)
			wantReady(consent, v1alpha1.ReasonReady)
			Expect(first(w.state())).NotTo(Equal(before))
			before, _ = w.state()
		}
		Expect(w.resource(id).ConsentMetadata).To(HaveLen(2))
		Expect(w.resource(id).ConsentTemplate).To(Equal("poa"))
	})

	It("is an entry of the same owner, until it may be taken over", func(ctx SpecContext) {
		w.someone(sandbox.SkatteetatenNumber, w.code, id)
		w.outside(http.MethodPut, accessLists+w.code+"/"+id, `{"name": "By hand"}`)
		before, _ := w.state()
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonAlreadyRegistered)
		Expect(first(w.state())).To(Equal(before))
		Expect(consent.Status.Registration.State).To(Equal(v1alpha1.RegistrationAbsent))
		edit(ctx, consent, func(c *v1alpha1.ConsentResource) {
			c.Spec.AdoptExisting = true
			c.Annotations = map[string]string{v1alpha1.AnnotationAcceptBreakingChange: "2"}
		})
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonReady)
		Expect(w.resource(id).Title["nb"]).To(Equal("Inntektsopplysninger"))
		Expect(w.list(id).Members).To(HaveLen(2))
		Expect(w.newEvents()).To(ContainElement(HavePrefix("Normal Adopted ")))
	})

	It("is an entry of the same owner, which stays as it is when the ConsentResource goes", func(ctx SpecContext) {
		w.someone(sandbox.SkatteetatenNumber, w.code, id)
		before, _ := w.state()
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		Expect(admin.Delete(ctx, consent)).To(Succeed())
		w.settle(ctx, consent, nil)
		Expect(w.gone(ctx, consent)).To(BeTrue())
		Expect(first(w.state())).To(Equal(before))
	})

	DescribeTable("is an entry of another owner, which is never written", func(ctx SpecContext, adopt bool) {
		w.someone(sandbox.NAVNumber, "nav", id)
		before, _ := w.state()
		consent := w.declare(ctx, func(c *v1alpha1.ConsentResource) { c.Spec.AdoptExisting = adopt })
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonRegisteredToAnother)
		Expect(w.wire.wrote()).To(BeEmpty())
		Expect(admin.Delete(ctx, consent)).To(Succeed())
		_, err := w.register(ctx, consent)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.gone(ctx, consent)).To(BeTrue())
		Expect(w.wire.wrote()).To(BeEmpty())
		Expect(first(w.state())).To(Equal(before))
	}, Entry("without leave to take over", false), Entry("with leave to take over", true))

	It("is an identifier that was deleted once", func(ctx SpecContext) {
		w.someone(sandbox.SkatteetatenNumber, w.code, id)
		w.outside(http.MethodDelete, resources+"/"+id, "")
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonIdentifierSpent)
		Expect(first(w.state())).To(BeEmpty())
	})

	It("is an organisation nobody knows, until it is corrected", func(ctx SpecContext) {
		consent := w.declare(ctx, asked(sandbox.RequesterANumber, "987654325"))
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonRequesterUnknown)
		Expect(consent.Status.Conditions).To(ContainElements(
			And(HaveField("Type", v1alpha1.ConditionPolicyUploaded), HaveField("Status", BeEquivalentTo("True"))),
			And(HaveField("Type", v1alpha1.ConditionRequestersSynced), HaveField("Status", BeEquivalentTo("False")))))
		edit(ctx, consent, asked(sandbox.RequesterANumber))
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonReady)
		Expect(w.list(id).Members).To(Equal([]string{sandbox.RequesterANumber}))
	})

	It("is a service owner that has not delegated, until it has", func(ctx SpecContext) {
		delegated := sandbox.Client{}
		w = w.open(func(o *sandbox.Options) { delegated = o.Clients[0]; o.Clients[0].Represents = nil })
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		wantReady(consent, v1alpha1.ReasonDelegationMissing)
		Expect(consent.Status.Problems).To(ContainElement(HaveField("Actor", v1alpha1.ActorServiceOwner)))
		Expect(first(w.state())).To(BeEmpty())
		w.sandbox.RegisterClient(delegated)
		w.settle(ctx, consent, nil)
		wantReady(consent, v1alpha1.ReasonReady)
	})

	It("lets it go ten minutes after its deletion, and says what stays behind", func(ctx SpecContext) {
		consent := w.declare(ctx)
		w.pass(ctx, consent)
		w.ask(http.MethodPut, "/sandbox/clients/operator", `{"id": "operator"}`, nil)
		w.start()
		Expect(admin.Delete(ctx, consent)).To(Succeed())
		w.clock.SetTime(time.Now())
		_, err := w.register(ctx, consent)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.gone(ctx, consent)).To(BeFalse())
		w.clock.Step(10 * time.Minute)
		w.settle(ctx, consent, nil)
		Expect(w.gone(ctx, consent)).To(BeTrue())
		Expect(w.newEvents()).To(ContainElement(HavePrefix("Warning LeftBehind ")))
	})
})
