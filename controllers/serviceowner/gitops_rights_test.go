// SPDX-License-Identifier: BSD-3-Clause

package serviceowner_test

import (
	"bytes"
	"context"
	"os"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// bindTenantRoles makes the roles that the baseline binds.
func bindTenantRoles(ctx context.Context) {
	GinkgoHelper()
	text, err := os.ReadFile("../../config/rbac/tenant_roles.yaml")
	Expect(err).NotTo(HaveOccurred())
	for _, part := range bytes.Split(text, []byte("\n---\n")) {
		role := &unstructured.Unstructured{}
		Expect(yaml.Unmarshal(part, &role.Object)).To(Succeed())
		Expect(admin.Create(ctx, role)).To(Succeed())
		DeferCleanup(func(ctx SpecContext) { Expect(admin.Delete(ctx, role)).To(Succeed()) })
	}
}

// asDeployer is a client with the rights of a namespace's ServiceAccount deployer, whom kustomize-controller
// impersonates: it is sent the calls that kustomize-controller makes.
func asDeployer(namespace string) client.Client {
	GinkgoHelper()
	config := rest.CopyConfig(server.Config)
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + namespace + ":deployer",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
	}
	impersonating, err := client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
	return impersonating
}

// manifest reads an object as a source would hold it, and puts it into a namespace unless it has none.
func manifest(text, namespace string) *unstructured.Unstructured {
	GinkgoHelper()
	obj := &unstructured.Unstructured{}
	Expect(yaml.Unmarshal([]byte(text), &obj.Object)).To(Succeed())
	obj.SetNamespace(namespace)
	return obj
}

// applyAs applies an object as kustomize-controller does: it looks at what is there, tries it, and then does it.
// looked is what the look came to.
func applyAs(ctx context.Context, deployer client.Client, obj *unstructured.Unstructured) (looked, done error) {
	found := &unstructured.Unstructured{}
	found.SetGroupVersionKind(obj.GroupVersionKind())
	looked = client.IgnoreNotFound(deployer.Get(ctx, client.ObjectKeyFromObject(obj), found))
	options := []client.ApplyOption{client.FieldOwner("kustomize-controller"), client.ForceOwnership}
	done = deployer.Apply(ctx, client.ApplyConfigurationFromUnstructured(obj.DeepCopy()), append(options, client.DryRunAll)...)
	if done == nil {
		done = deployer.Apply(ctx, client.ApplyConfigurationFromUnstructured(obj.DeepCopy()), options...)
	}
	return looked, done
}

// What a source may hold.
const (
	configMap = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {a: b}}"
	secret    = "{apiVersion: v1, kind: Secret, metadata: {name: password}, stringData: {a: b}}"
)

func sampleText(file string) string {
	GinkgoHelper()
	text, err := os.ReadFile("../../config/samples/" + file)
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

var _ = Describe("What Flux may do as the deployer", Ordered, func() {
	var owner, neighbour *steward
	var deployer client.Client

	BeforeAll(func(ctx SpecContext) {
		knowFlux()
		bindTenantRoles(ctx)
		owner, neighbour = newSteward(), newSteward()
		for _, s := range []*steward{owner, neighbour} {
			s.declare(ctx)
			s.pass(ctx)
		}
		deployer = asDeployer(owner.namespace)
	})

	DescribeTable("is to apply, apply again and take away, in its own namespace", func(ctx SpecContext, text func() string) {
		obj := manifest(text(), owner.namespace)
		for range 2 {
			looked, done := applyAs(ctx, deployer, obj)
			Expect(looked).NotTo(HaveOccurred())
			Expect(done).NotTo(HaveOccurred())
		}
		Expect(deployer.Delete(ctx, obj)).To(Succeed())
	},
		Entry("an App", func() string { return sampleText("app-income.yaml") }),
		Entry("a ConsentResource", func() string { return sampleText("consentresource-income.yaml") }),
		Entry("a ConfigMap", func() string { return configMap }),
	)

	It("is to apply a Secret without seeing one: so it can be changed and not be taken away", func(ctx SpecContext) {
		obj := manifest(secret, owner.namespace)
		for range 2 {
			looked, done := applyAs(ctx, deployer, obj)
			Expect(looked).To(MatchError(apierrors.IsForbidden, "kustomize-controller goes on, and takes it for changed"))
			Expect(done).NotTo(HaveOccurred())
		}
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(obj.GroupVersionKind())
		Expect(deployer.List(ctx, list, client.InNamespace(owner.namespace))).To(MatchError(apierrors.IsForbidden, "IsForbidden"))
	})

	DescribeTable("is nothing else", func(ctx SpecContext, text string, namespace func() string) {
		obj := manifest(text, namespace())
		_, done := applyAs(ctx, deployer, obj)
		Expect(done).To(MatchError(apierrors.IsForbidden, "IsForbidden"))
		Expect(deployer.Delete(ctx, obj)).To(MatchError(apierrors.IsForbidden, "IsForbidden"))
	},
		Entry("a ConfigMap of a neighbour's", configMap, func() string { return neighbour.namespace }),
		Entry("a Secret of a neighbour's", secret, func() string { return neighbour.namespace }),
		Entry("an App where no service owner is", "{apiVersion: tenancy.altinn.cloud/v1alpha1, kind: App, metadata: {name: income}, spec: {}}", func() string { return "default" }),
		Entry("pods past its Apps", "{apiVersion: v1, kind: Pod, metadata: {name: a}}", func() string { return owner.namespace }),
		Entry("a Deployment past its Apps", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}", func() string { return owner.namespace }),
		Entry("a Job", "{apiVersion: batch/v1, kind: Job, metadata: {name: a}}", func() string { return owner.namespace }),
		Entry("its own rights", "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: serviceowner-admin}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}}", func() string { return owner.namespace }),
		Entry("another ServiceAccount", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}", func() string { return owner.namespace }),
		Entry("its quota", "{apiVersion: v1, kind: ResourceQuota, metadata: {name: tenant}}", func() string { return owner.namespace }),
		Entry("its network", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: default-deny}, spec: {podSelector: {}}}", func() string { return owner.namespace }),
		Entry("where it is deployed from", "{apiVersion: source.toolkit.fluxcd.io/v1, kind: OCIRepository, metadata: {name: a}, spec: {url: 'oci://a.example.no/a', interval: 5m}}", func() string { return owner.namespace }),
		Entry("as whom", "{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: a}, spec: {prune: true, interval: 5m, sourceRef: {kind: OCIRepository, name: a}}}", func() string { return owner.namespace }),
		Entry("a namespace", "{apiVersion: v1, kind: Namespace, metadata: {name: so-a}}", func() string { return "" }),
		Entry("a ClusterRole", "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}}", func() string { return "" }),
		Entry("a ServiceOwner", "{apiVersion: tenancy.altinn.cloud/v1alpha1, kind: ServiceOwner, metadata: {name: aa}}", func() string { return "" }),
		Entry("an agreement", "{apiVersion: tenancy.altinn.cloud/v1alpha1, kind: DataProcessingAgreement, metadata: {name: a}}", func() string { return "" }),
	)

	DescribeTable("may be looked at, how Flux fares", func(ctx SpecContext, group string) {
		config := rest.CopyConfig(server.Config)
		config.Impersonate = rest.ImpersonationConfig{UserName: "somebody", Groups: []string{group, "system:authenticated"}}
		somebody, err := client.New(config, client.Options{Scheme: scheme})
		Expect(err).NotTo(HaveOccurred())
		for _, obj := range []*unstructured.Unstructured{owner.unread(ociRepository), owner.unread(gitRepository), owner.unread(kustomization)} {
			Expect(somebody.Get(ctx, client.ObjectKeyFromObject(obj), obj)).To(MatchError(apierrors.IsNotFound, "allowed, and not there"))
			Expect(somebody.Delete(ctx, obj)).To(MatchError(apierrors.IsForbidden, "IsForbidden"))
		}
	},
		Entry("by an admin", "skd-altinn-admins"), Entry("by a deployer", "skd-developers"), Entry("by a viewer", "skd-support"),
	)
})
