// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("What groups of a service owner may do", Ordered, func() {
	BeforeAll(func(ctx context.Context) {
		serviceOwner(ctx, "rights")
		serviceOwner(ctx, "neighbour", func(owner *v1alpha1.ServiceOwner) { owner.Spec.Access = nil })
	})

	DescribeTable("in their namespace and in others",
		func(ctx context.Context, group, verb, apiGroup, resource, namespace string, allowed bool) {
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: "somebody", Groups: []string{group},
				ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: verb, Group: apiGroup, Resource: resource, Namespace: namespace},
			}}
			Expect(kubernetes.Create(ctx, review)).To(Succeed())
			Expect(review.Status.Allowed).To(Equal(allowed))
		},
		Entry("an admin deploys", "skd-altinn-admins", "create", "tenancy.altinn.cloud", "apps", "so-rights", true),
		Entry("an admin throws away a pod", "skd-altinn-admins", "delete", "", "pods", "so-rights", true),
		Entry("an admin does not read Secrets", "skd-altinn-admins", "get", "", "secrets", "so-rights", false),
		Entry("an admin does not raise the quota", "skd-altinn-admins", "update", "", "resourcequotas", "so-rights", false),
		Entry("an admin does not open the network", "skd-altinn-admins", "create", "networking.k8s.io", "networkpolicies", "so-rights", false),
		Entry("an admin does not bind roles", "skd-altinn-admins", "create", "rbac.authorization.k8s.io", "rolebindings", "so-rights", false),
		Entry("an admin does not enter pods", "skd-altinn-admins", "create", "", "pods/exec", "so-rights", false),
		Entry("a deployer deploys", "skd-developers", "patch", "tenancy.altinn.cloud", "consentresources", "so-rights", true),
		Entry("a deployer writes a Secret", "skd-developers", "patch", "", "secrets", "so-rights", true),
		Entry("a deployer does not read Secrets", "skd-developers", "list", "", "secrets", "so-rights", false),
		Entry("a deployer runs no pods but through an App", "skd-developers", "create", "apps", "deployments", "so-rights", false),
		Entry("a deployer looks at what data is kept in", "skd-developers", "get", "storage.azure.com", "storageaccounts", "so-rights", true),
		Entry("a deployer does not change what data is kept in", "skd-developers", "patch", "storage.azure.com", "storageaccounts", "so-rights", false),
		Entry("an admin gives nobody a right in Azure", "skd-altinn-admins", "create", "authorization.azure.com", "roleassignments", "so-rights", false),
		Entry("an admin deletes no container", "skd-altinn-admins", "delete", "storage.azure.com", "storageaccountsblobservicescontainers", "so-rights", false),
		Entry("a viewer looks", "skd-support", "get", "", "pods/log", "so-rights", true),
		Entry("a viewer changes nothing", "skd-support", "patch", "tenancy.altinn.cloud", "apps", "so-rights", false),
		Entry("a viewer does not read Secrets", "skd-support", "get", "", "secrets", "so-rights", false),
		Entry("an admin sees nothing of a neighbour", "skd-altinn-admins", "get", "tenancy.altinn.cloud", "apps", "so-neighbour", false),
		Entry("a deployer deploys nothing at a neighbour's", "skd-developers", "create", "tenancy.altinn.cloud", "apps", "so-neighbour", false),
		Entry("nobody edits the ServiceOwner", "skd-altinn-admins", "update", "tenancy.altinn.cloud", "serviceowners", "", false),
		Entry("nobody makes an agreement", "skd-altinn-admins", "create", "tenancy.altinn.cloud", "dataprocessingagreements", "", false),
		Entry("nobody marks an App Ready", "skd-altinn-admins", "update", "tenancy.altinn.cloud", "apps/status", "so-rights", false),
		Entry("nobody reaches the system's namespace", "skd-altinn-admins", "get", "", "configmaps", "serviceowner-system", false),
	)
})
