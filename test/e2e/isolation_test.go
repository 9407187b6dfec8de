// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("Isolation by NetworkPolicies", Ordered, func() {
	var income, other *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "fenced")
		income, other = app("fenced", "income"), app("fenced", "other")
		for _, one := range []*v1alpha1.App{income, other} {
			Expect(kubernetes.Create(ctx, one)).To(Succeed())
			becomesReady(ctx, one)
		}
		known(ctx, "fenced", 2)
	})

	It("is told of with what it rests on", func(context.Context) {
		for _, one := range []*v1alpha1.App{income, other} {
			Expect(isTrue(one, v1alpha1.ConditionNetworkIsolated)).To(BeTrue(), conditions(one))
			Expect(said(one, v1alpha1.ConditionNetworkIsolated)).To(Equal(
				"NetworkPolicies open only what is declared, in both directions; whether the network enforces them is not probed"))
		}
	})

	// hash is that of the ReplicaSet whose pods App income runs.
	hash := func(ctx context.Context) string {
		return kubectl(ctx, "get", "replicasets", "-n", "so-fenced", "-l", "app.kubernetes.io/name=income",
			"-o", `jsonpath={.items[0].metadata.labels.pod-template-hash}`)
	}
	const toAll, allIn = "[{}]", "lets in everything from everywhere, which nothing declares"
	for _, each := range []struct {
		what, name, selector, direction, rules, says string
		// concerns are the Apps that are told of it.
		concerns []string
	}{
		{"one that lets in everything to all pods", "allow-all", "{}", "ingress", toAll, allIn, []string{"income", "other"}},
		{"one that lets out to a range of addresses, where nobody lets in", "leak", `{matchLabels: {app.kubernetes.io/name: income}}`, "egress",
			"[{to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: 443}]}]", "lets out TCP 443 to 203.0.113.0/24, which nothing declares", []string{"income"}},
		{"one for the pods of a ReplicaSet", "by-hash", `{matchLabels: {pod-template-hash: HASH}}`, "ingress", toAll, allIn, []string{"income", "other"}},
	} {
		It("a policy that nobody declared is named within seconds"+": "+each.what, func(ctx context.Context) {
			selector := each.selector
			if each.name == "by-hash" {
				selector = fmt.Sprintf("{matchLabels: {pod-template-hash: %s}}", hash(ctx))
			}
			made := time.Now()
			applies(ctx, "so-fenced", each.name, selector, each.direction, each.rules)
			for _, one := range []*v1alpha1.App{income, other} {
				if !slices.Contains(each.concerns, one.Name) {
					continue
				}
				Eventually(func(g Gomega) {
					shows(ctx, g, one, v1alpha1.ConditionNetworkIsolated, v1alpha1.ReasonPolicyOpensMore, "NetworkPolicy "+each.name+" "+each.says)
				}).WithContext(ctx).WithTimeout(atOnce).Should(Succeed())
				Expect(reason(one)).To(Equal(v1alpha1.ReasonPolicyOpensMore), conditions(one))
				Expect(one.Status.Problems).To(ContainElement(And(
					HaveField("Component", v1alpha1.ConditionNetworkIsolated), HaveField("Actor", v1alpha1.ActorPlatform),
					HaveField("Remedy", "Delete NetworkPolicy "+each.name+" of so-fenced, or let spec.access declare what it opens"),
				)))
			}
			AddReportEntry("told of "+each.name+" after", time.Since(made).String())
			if len(each.concerns) == 1 {
				Expect(ready(ctx, other)).To(BeTrue(), conditions(other))
			}
			Expect(deployment(ctx, income).Status.AvailableReplicas).To(BeNumerically(">=", 2), "what runs runs on")
			gone := time.Now()
			kubectl(ctx, "delete", "networkpolicy", each.name, "-n", "so-fenced")
			for _, one := range []*v1alpha1.App{income, other} {
				Eventually(func() bool { return ready(ctx, one) }).WithContext(ctx).WithTimeout(atOnce).Should(BeTrue(), conditions(one))
			}
			AddReportEntry("told of the end of "+each.name+" after", time.Since(gone).String())
		})
	}

	It("rests on no policy of another namespace, and none for other pods: nothing is written for them", func(ctx context.Context) {
		applies(ctx, "default", "allow-all", "{}", "ingress", toAll)
		applies(ctx, "so-fenced", "import", "{matchLabels: {job-name: import}}", "egress", toAll)
		isQuiet(ctx, "fenced")
		kubectl(ctx, "delete", "networkpolicy", "allow-all", "-n", "default")
		kubectl(ctx, "delete", "networkpolicy", "import", "-n", "so-fenced")
		Expect(ready(ctx, income)).To(BeTrue(), conditions(income))
	})

	It("is put right by itself when somebody opens the baseline's policy", func(ctx context.Context) {
		policy := &networkingv1.NetworkPolicy{ObjectMeta: named("so-fenced", "default-deny")}
		change(ctx, policy, func(policy *networkingv1.NetworkPolicy) {
			policy.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
		})
		Eventually(func() int { exists(ctx, policy); return len(policy.Spec.Ingress) }).Should(BeZero())
		Eventually(func() bool { return ready(ctx, income) && ready(ctx, other) }).WithContext(ctx).WithTimeout(atOnce).Should(BeTrue())
	})
})

// applies makes a NetworkPolicy as an administrator would. selector and rules are YAML.
func applies(ctx context.Context, namespace, name, selector, direction, rules string) {
	GinkgoHelper()
	types := map[string]string{"ingress": "Ingress", "egress": "Egress"}
	file := filepath.Join(GinkgoT().TempDir(), name+".yaml")
	Expect(os.WriteFile(file, []byte(fmt.Sprintf(`apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: %s, namespace: %s}
spec: {podSelector: %s, policyTypes: [%s], %s: %s}
`, name, namespace, selector, types[direction], direction, rules)), 0o600)).To(Succeed())
	kubectl(ctx, "apply", "-f", file)
}
