// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
)

// atOnce is how soon it must be told that data has left.
const atOnce = 5 * time.Second

// quiet is how long silence about one service owner is listened to.
const quiet = 5 * time.Second

var _ = Describe("What the samples keep data in", Ordered, func() {
	owner, income := &v1alpha1.ServiceOwner{}, &v1alpha1.App{}

	BeforeAll(func(ctx context.Context) {
		Expect(local.ApplySamples(ctx, kubernetes, root)).To(Succeed())
		owner.Name, income.ObjectMeta = "skd", named("so-skd", "income")
		becomesReady(ctx, owner)
		becomesReady(ctx, income)
	})

	It("stands, and the service owner and the App say so", func() {
		for _, resource := range []resource{owner, income} {
			Expect(isTrue(resource, v1alpha1.ConditionStorageReady)).To(BeTrue(), conditions(resource))
		}
	})

	It("is told with where it lies, and for how long data is kept", func(ctx context.Context) {
		Eventually(func() *v1alpha1.StorageStatus { ready(ctx, owner); return owner.Status.Storage }).Should(HaveValue(And(
			HaveField("Provider", "Azure"),
			HaveField("Places", And(
				ContainElement(And(HaveField("What", HavePrefix("storage account stskd")), HaveField("Region", "norwayeast"))),
				HaveEach(HaveField("Region", "norwayeast")),
			)),
			HaveField("Containers", ConsistOf(v1alpha1.KeptContainer{Name: "income-responses", App: "income", RetentionDays: 365})),
		)))
	})

	It("is what Azure Service Operator finds to work on", func(ctx context.Context) {
		Expect(kubectl(ctx, "get", "azure", "-n", "so-skd", "-o", "name")).To(And(
			ContainSubstring("storageaccount.storage.azure.com/skd"), ContainSubstring("vault.keyvault.azure.com/skd"),
			ContainSubstring("storageaccountsblobservicescontainer.storage.azure.com/income.responses"),
		))
	})
})

var _ = Describe("Data that turns up where it must not be", Ordered, func() {
	var owner *v1alpha1.ServiceOwner
	var income, late *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		owner = serviceOwner(ctx, "moved")
		income, late = app("moved", "income"), app("moved", "late")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomesReady(ctx, income)
	})

	It("is told of at the service owner and its Apps within five seconds", func(ctx context.Context) {
		moved := time.Now()
		lies(ctx, "moved", "eastus")
		for _, resource := range []resource{owner, income} {
			Eventually(func(g Gomega) {
				shows(ctx, g, resource, v1alpha1.ConditionRegionCompliant, v1alpha1.ReasonRegionDrift, "lies in region eastus")
			}).WithContext(ctx).WithTimeout(atOnce).Should(Succeed())
			Expect(resource.GetStatus().Problems).To(ContainElement(And(
				HaveField("Component", v1alpha1.ConditionRegionCompliant), HaveField("Actor", v1alpha1.ActorPlatform),
				HaveField("Remedy", ContainSubstring("GDPR art. 33")),
			)))
		}
		AddReportEntry("told of data in eastus after", time.Since(moved).String())
	})

	It("holds a new App, while the one that runs runs on", func(ctx context.Context) {
		Expect(kubernetes.Create(ctx, late)).To(Succeed())
		becomes(ctx, late, v1alpha1.ReasonRegionDrift)
		Expect(late.Status.Children).To(BeEmpty())
		Expect(deployment(ctx, income).Status.AvailableReplicas).To(BeNumerically(">=", 2))
	})

	It("is written down once", func(ctx context.Context) { isQuiet(ctx, "moved") })

	It("is forgotten when it is back", func(ctx context.Context) {
		lies(ctx, "moved", "norwayeast")
		for _, resource := range []resource{owner, income, late} {
			becomesReady(ctx, resource)
		}
		counted(ctx, "moved", 2)
		isQuiet(ctx, "moved")
	})
})

var _ = Describe("Azure that does not do what is declared", Ordered, func() {
	var owner *v1alpha1.ServiceOwner
	var income *v1alpha1.App

	BeforeAll(func(ctx context.Context) {
		owner = serviceOwner(ctx, "plays")
		income = app("plays", "income")
		Expect(kubernetes.Create(ctx, income)).To(Succeed())
		becomesReady(ctx, income)
	})

	for _, each := range []struct{ play, of, reason, words string }{
		{"throttled", "storageaccount", v1alpha1.ReasonStorageUnavailable, "Azure asks for patience before it works on storage account"},
		{"forbidden", "storageaccount", v1alpha1.ReasonStorageForbidden, "Azure Service Operator may not make storage account"},
		{"taken", "storageaccount", v1alpha1.ReasonStorageNameTaken, "is taken, in this subscription or another"},
		{"no-key", "storageaccount", v1alpha1.ReasonStorageKeyMissing, "cannot use the key storage of its service owner"},
		{"soft-deleted", "vault", v1alpha1.ReasonStorageSoftDeleted, "A deleted one of the name of key vault"},
	} {
		It(fmt.Sprintf("is told of at the service owner and passes: %s %s", each.of, each.play), func(ctx context.Context) {
			letPlay(ctx, "plays", each.of, "plays", each.play)
			Eventually(func(g Gomega) {
				shows(ctx, g, owner, v1alpha1.ConditionStorageReady, each.reason, each.words)
			}).WithContext(ctx).Should(Succeed())
			Expect(reason(owner)).To(Equal(each.reason), conditions(owner))
			ends(ctx, "plays", each.of, "plays")
			becomesReady(ctx, owner)
		})
	}

	It("is told of at the App whose container it is, and the pods run on", func(ctx context.Context) {
		const container = "storageaccountsblobservicescontainer"
		letPlay(ctx, "plays", container, "income.responses", "throttled")
		Eventually(func(g Gomega) {
			shows(ctx, g, income, v1alpha1.ConditionStorageReady, v1alpha1.ReasonStorageUnavailable, "container income-responses")
		}).WithContext(ctx).Should(Succeed())
		Expect(deployment(ctx, income).Status.AvailableReplicas).To(BeNumerically(">=", 2))
		ends(ctx, "plays", container, "income.responses")
		becomesReady(ctx, income)
	})

	It("lets go of what is deleted only in the end, and it is made anew", func(ctx context.Context) {
		letPlay(ctx, "plays", "storageaccount", "plays", "stuck")
		Eventually(func() string {
			return kubectl(ctx, "get", "storageaccount", "plays", "-n", "so-plays", "-o", "jsonpath={.metadata.finalizers}")
		}).Should(ContainSubstring("serviceoperator.azure.com/finalizer"))
		before := kubectl(ctx, "get", "storageaccount", "plays", "-n", "so-plays", "-o", "jsonpath={.metadata.uid}")
		kubectl(ctx, "delete", "storageaccount", "plays", "-n", "so-plays", "--wait=false")
		Eventually(func(g Gomega) {
			shows(ctx, g, owner, v1alpha1.ConditionStorageReady, v1alpha1.ReasonStorageDeleting, "is being deleted, and Azure does not let it go")
		}).WithContext(ctx).Should(Succeed())
		ends(ctx, "plays", "storageaccount", "plays")
		Eventually(func() string {
			return kubectl(ctx, "get", "storageaccount", "plays", "-n", "so-plays", "--ignore-not-found", "-o", "jsonpath={.metadata.uid}")
		}).Should(And(Not(BeEmpty()), Not(Equal(before))))
		becomesReady(ctx, owner)
	})
})

// lies lets the account of a service owner turn up in a region, as Azure would report it.
func lies(ctx context.Context, code, region string) {
	GinkgoHelper()
	kubectl(ctx, "patch", "storageaccount", code, "-n", v1alpha1.NamespacePrefix+code, "--subresource", "status", "--type", "merge",
		"--patch", fmt.Sprintf(`{"status": {"primaryLocation": %q}}`, region))
}

// letPlay chooses what is played of an object in the namespace of a service owner.
func letPlay(ctx context.Context, code, kind, name, play string) {
	GinkgoHelper()
	kubectl(ctx, "annotate", kind, name, "-n", v1alpha1.NamespacePrefix+code, "azure.sandbox/play="+play)
}

// ends lets Azure do again what is declared.
func ends(ctx context.Context, code, kind, name string) {
	GinkgoHelper()
	kubectl(ctx, "annotate", kind, name, "-n", v1alpha1.NamespacePrefix+code, "azure.sandbox/play-")
}

// shows expects a condition of a resource, read anew, to be False for a reason and to say something.
func shows(ctx context.Context, g Gomega, obj resource, kind, why, words string) {
	g.Expect(kubernetes.Get(ctx, client.ObjectKeyFromObject(obj), obj)).To(Succeed())
	g.Expect(meta.FindStatusCondition(obj.GetStatus().Conditions, kind)).To(HaveValue(And(
		HaveField("Status", metav1.ConditionFalse), HaveField("Reason", why), HaveField("Message", ContainSubstring(words)),
	)), conditions(obj))
}

// isQuiet expects the operator to write nothing of a service owner's, and to ask nothing, for a while.
func isQuiet(ctx context.Context, code string) {
	GinkgoHelper()
	before := mark()
	Consistently(func(g Gomega) {
		since := requestsSince(before)
		of := slices.DeleteFunc(append(writes(since), reads(since)...), func(r request) bool {
			return r.ObjectRef.Namespace != v1alpha1.NamespacePrefix+code && r.ObjectRef.Name != code
		})
		g.Expect(of).To(BeEmpty())
	}).WithContext(ctx).WithTimeout(quiet).WithPolling(200 * time.Millisecond).Should(Succeed())
}
