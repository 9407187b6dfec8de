// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/journey"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// What the sample consent is registered as, and guarded by.
const (
	sampleConsent = "skd-income"
	sampleScope   = "skd:inntekt"
)

var _ = Describe("The consent of the samples, as the operator registered it", Ordered, func() {
	var world *journey.World

	BeforeAll(func(ctx context.Context) {
		Expect(local.ApplySamples(ctx, kubernetes, root)).To(Succeed())
		becomesReady(ctx, &v1alpha1.ConsentResource{ObjectMeta: named("so-skd", "income")})
		world = journey.Sandbox(outside.BaseURL, nil)
	})

	DescribeTable("takes a citizen from the bank's page to her data", func(ctx context.Context, language, title, text string) {
		plan := loan(ctx, world, sandbox.RequesterANumber, language)
		story, err := journey.Walk(ctx, plan)
		Expect(err).NotTo(HaveOccurred())
		Expect(story.Steps).To(HaveLen(9))
		Expect(story.Page.To).To(Equal("BANK A AS"))
		version := story.Answered.Rights[0].Resource[0].Version
		Expect(story.Page.Rights).To(Equal([]journey.RightText{{Resource: sampleConsent, Version: version, Title: title, Text: text}}))
		Expect(version).To(Equal(registered(ctx, sampleConsent).VersionID), "she is asked under the newest version")
		Expect(story.Returned.Status).To(Equal(journey.Accepted))
		Expect(story.Granted.From).To(Equal(journey.PersonURN(sandbox.BorrowerNumber)))
		Expect(story.Data).To(MatchJSON(`{"income": 512000}`))
		Expect(story.Final.Log()).To(Equal([]string{journey.Created, journey.Accepted, journey.Used}))
	},
		Entry("who reads Bokmål", "nb", "Inntektsopplysninger", "Banken får se inntekten din for 2025"),
		Entry("who reads Nynorsk", "nn", "Inntektsopplysningar", "Banken får sjå inntekta di for 2025"),
		Entry("who reads English", "en", "Income information", "The bank may see your income for 2025"),
	)

	It("ends at the bank when she says no", func(ctx context.Context) {
		plan := loan(ctx, world, sandbox.RequesterANumber, "nb")
		plan.Answer = journey.Rejected
		story, err := journey.Walk(ctx, plan)
		Expect(err).NotTo(HaveOccurred())
		Expect(story.Returned.Status).To(Equal(journey.Rejected))
		Expect(story.Token).To(BeEmpty())
	})

	It("is refused to a bank that is not on the list", func(ctx context.Context) {
		story, err := journey.Walk(ctx, loan(ctx, world, sandbox.BankNumber, "nb"))
		refused := journey.Refused(err)
		Expect(refused).NotTo(BeNil(), "%v", err)
		Expect(refused.Status).To(Equal(http.StatusForbidden))
		Expect(story.Steps).To(HaveLen(1), "the bank cannot even ask")
	})
})

// loan is a journey that an organisation and a citizen set out on, for data that the sample App has.
func loan(ctx context.Context, world *journey.World, organisation, language string) journey.Plan {
	GinkgoHelper()
	bank, err := journey.NewBank(world, organisation)
	Expect(err).NotTo(HaveOccurred())
	Expect(journey.Enrol(ctx, bank, sampleScope)).To(Succeed())
	source := world.DataSource(sampleScope, sampleConsent)
	source.Records[sandbox.BorrowerNumber] = map[string]int{"income": 512000}
	return journey.Plan{
		Bank: bank, Citizen: &journey.Citizen{World: world, Number: sandbox.BorrowerNumber, Language: language}, Source: source,
		Request: journey.Request{Metadata: map[string]string{"inntektsaar": "2025"}},
	}
}
