// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/rotation"
)

const (
	// rotations is how often keys are replaced while they are used.
	rotations = 10
	// interval is how soon a pod calls again.
	interval = 20 * time.Millisecond
	// rotating is how long all rotations may take.
	rotating = 3 * time.Minute
)

var _ = Describe("An App that uses its credentials all the time", Serial, Ordered, func() {
	var income *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "rotate")
		income = integrated("rotate", "income")
		income.Spec.Integrations[0].Exposes = nil
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		settled(ctx, income)
	})

	It("never fails while its keys are rotated", func(ctx context.Context) {
		players := play(ctx)
		for i := range rotations {
			before := recorded(income, v1alpha1.ClientMaskinporten)
			annotate(ctx, income, v1alpha1.AnnotationRotateKeys, fmt.Sprintf("rotation %d", i))
			Eventually(func() string { ready(ctx, income); return recorded(income, v1alpha1.ClientMaskinporten).Secret }).ShouldNot(Equal(before.Secret))
			settled(ctx, income)
			atWork := players.Tally().Calls
			Eventually(func() int { return players.Tally().Calls }).Should(BeNumerically(">", atWork+4), "the new pods call")
		}
		tally := players.Stop()
		AddReportEntry(fmt.Sprintf("%d rotations of an App under load", rotations), tally.String(), ReportEntryVisibilityAlways)
		Expect(tally.Failed()).To(BeZero(), tally.String())
		Expect(tally.Late).To(BeZero(), tally.String())
		Expect(tally.Keys).To(BeNumerically(">", rotations), "pods of every key were played: %s", tally)
		Expect(tally.Pods).To(BeNumerically(">=", 2*(rotations+1)), tally.String())
		Expect(tally.Calls).To(Equal(tally.Tokens))
	}, SpecTimeout(rotating))

	It("fails when a key is dropped that its pods still use, so that this is seen", func(ctx context.Context) {
		players := play(ctx)
		defer players.Stop()
		annotate(ctx, income, v1alpha1.AnnotationRotateKeys, "with somebody else in the portal")
		Eventually(func() int { return len(clientOf(income, "maskinporten").Keys) }).WithPolling(interval).Should(Equal(2))
		registered := clientOf(income, "maskinporten")
		for _, key := range registered.Keys {
			if key.ID != recorded(income, v1alpha1.ClientMaskinporten).Keys[0].KeyID {
				Expect(outside.Sandbox.SetKeys(registered.ID, public(key))).To(Succeed())
			}
		}
		Eventually(func() int { return players.Tally().FailedTokens }).Should(BeNumerically(">", 0))
		Expect(players.Tally().Causes).To(HaveKey(ContainSubstring("MP-120")))
		settled(ctx, income)
	})
})

// play plays all pods of the namespace, until the spec ends, and waits until each has called.
func play(ctx context.Context) *rotation.Players {
	GinkgoHelper()
	players, err := rotation.Start(ctx, rotation.Options{
		Cluster: kubernetes, API: outside.BaseURL + "/protected/", Namespaces: []string{"so-rotate"}, Every: interval,
	})
	Expect(err).NotTo(HaveOccurred())
	Eventually(func() int { return players.Tally().Calls }).Should(BeNumerically(">", 10))
	return players
}
