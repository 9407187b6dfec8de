// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// officer is a user with the rights that the documentation names, and no others.
const officer = "officer"

// TestAProofOfARealCluster is made by a user who may read what docs/isolation.md says and nothing else.
func TestAProofOfARealCluster(t *testing.T) {
	ctx := context.Background()
	server, err := apiserver.Start(ctx, apiserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(server.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	c := realCluster{t, ctx, admin}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{"here": {Server: server.Config.Host, CertificateAuthorityData: server.Config.CAData}},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{"me": {
			ClientCertificateData: server.Config.CertData, ClientKeyData: server.Config.KeyData, Impersonate: officer,
		}},
		Contexts: map[string]*clientcmdapi.Context{"me": {Cluster: "here", AuthInfo: "me"}}, CurrentContext: "me",
	}, kubeconfig); err != nil {
		t.Fatal(err)
	}
	run := func() (int, prove.Proof, string) {
		code, out, wrong := runWith("prove", "isolation", "--kubeconfig", kubeconfig, "-o", "json")
		var proof prove.Proof
		if out != "" {
			if err := json.Unmarshal([]byte(out), &proof); err != nil {
				t.Fatal(err)
			}
		}
		return code, proof, wrong
	}

	if code, _, wrong := run(); code != 1 || !strings.Contains(wrong, "you may not list namespaces in the cluster") {
		t.Fatalf("without rights: exit %d, %s", code, wrong)
	}
	c.rights()
	c.tenant()
	if code, proof, wrong := run(); code != 0 || proof.Counts.Policies != 508 || proof.Counts.Apps != 1 || proof.Counts.Points != 2 {
		t.Fatalf("exit %d, %s, %+v of %+v: %+v, %+v", code, wrong, proof.Verdict, proof.Counts, proof.Findings, proof.NotEvaluated)
	}

	c.make(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: "stray", Labels: map[string]string{"run": "stray"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "stray", Image: "registry.example.no/stray:1"}}},
	})
	c.make(&networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: "by-hand"},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"run": "stray"}},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "192.0.2.0/24"}}}}},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress},
		},
	})
	if err := server.Install("prove/testdata/cilium-crd.yaml"); err != nil {
		t.Fatal(err)
	}
	open := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"endpointSelector": map[string]any{}}}}
	open.SetAPIVersion("cilium.io/v2")
	open.SetKind("CiliumNetworkPolicy")
	open.SetNamespace("so-skd")
	open.SetName("open")
	c.make(open)

	code, proof, wrong := run()
	var kinds []prove.FindingKind
	for _, f := range proof.Findings {
		kinds = append(kinds, f.Kind)
	}
	if got := fmt.Sprint(code, kinds, len(proof.NotEvaluated)); got != "3 [ForeignOpening UnknownWorkload] 1" {
		t.Errorf("with trouble: %s, %s: %+v, %+v", got, wrong, proof.Findings, proof.NotEvaluated)
	}
}

// realCluster makes objects on a real API server.
type realCluster struct {
	t     *testing.T
	ctx   context.Context
	admin client.Client
}

func (c realCluster) make(object client.Object) {
	c.t.Helper()
	if err := c.admin.Create(c.ctx, object); err != nil {
		c.t.Fatalf("making %T %s: %v", object, object.GetName(), err)
	}
}

// rights gives the officer what the documentation says.
func (c realCluster) rights() {
	c.t.Helper()
	page, err := os.ReadFile("../../docs/isolation.md")
	if err != nil {
		c.t.Fatal(err)
	}
	var role rbacv1.ClusterRole
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	if block == nil {
		c.t.Fatal("docs/isolation.md names no rights")
	}
	if err := yaml.UnmarshalStrict(block[1], &role); err != nil {
		c.t.Fatal(err)
	}
	c.make(&role)
	c.make(&rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: officer},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: officer}},
	})
}

// tenant makes the samples' service owner and App as the operator does, and more policies than one page of a list.
func (c realCluster) tenant() {
	c.t.Helper()
	owner, app := sample[v1alpha1.ServiceOwner](c.t, "serviceowner-skd"), sample[v1alpha1.App](c.t, "app-income")
	c.make(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "so-skd", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "baseline"}}})
	c.make(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "traefik"}})
	c.make(owner)
	c.make(app)
	labels := map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
	pods := map[string]string{v1alpha1.LabelName: "income", v1alpha1.LabelServiceOwner: "skd"}
	both := []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}
	named := func(namespace string) []networkingv1.NetworkPolicyPeer {
		return []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}}}}
	}
	c.make(&networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: "default-deny", Labels: labels}, Spec: networkingv1.NetworkPolicySpec{PolicyTypes: both}})
	c.make(&networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: "allow-dns", Labels: labels}, Spec: networkingv1.NetworkPolicySpec{
		PolicyTypes: both[1:], Egress: []networkingv1.NetworkPolicyEgressRule{{To: named("kube-system")}},
	}})
	c.make(&networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: "income", Labels: labels}, Spec: networkingv1.NetworkPolicySpec{
		PodSelector: metav1.LabelSelector{MatchLabels: pods}, PolicyTypes: both, Ingress: []networkingv1.NetworkPolicyIngressRule{{From: named("traefik")}},
	}})
	for i := range 505 {
		c.make(&networkingv1.NetworkPolicy{
			ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: fmt.Sprintf("closed-%d", i)}, Spec: networkingv1.NetworkPolicySpec{PolicyTypes: both},
		})
	}
	child := func(name string) v1alpha1.Child {
		return v1alpha1.Child{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: "so-skd", Name: name}
	}
	owner.Status.Children, app.Status.Children = []v1alpha1.Child{child("default-deny"), child("allow-dns")}, []v1alpha1.Child{child("income")}
	for _, object := range []client.Object{owner, app} {
		if err := c.admin.Status().Update(c.ctx, object); err != nil {
			c.t.Fatal(err)
		}
	}
	c.runs(app, pods)
}

// runs makes what the operator and the cluster's controllers make for an App: down to a pod.
func (c realCluster) runs(app *v1alpha1.App, labels map[string]string) {
	c.t.Helper()
	template := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "income", Image: app.Spec.Image, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 5005}}}}},
	}
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: "income", OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(app, v1alpha1.GroupVersion.WithKind("App"))}},
		Spec:       appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template},
	}
	c.make(deployment)
	set := &appsv1.ReplicaSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: "income-1", OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(deployment, appsv1.SchemeGroupVersion.WithKind("Deployment"))}},
		Spec:       appsv1.ReplicaSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template},
	}
	c.make(set)
	hashed := map[string]string{"pod-template-hash": "1"}
	for k, v := range labels {
		hashed[k] = v
	}
	c.make(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: "income-1-a", Labels: hashed, OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(set, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))}},
		Spec:       template.Spec,
	})
}

func sample[T any](t *testing.T, name string) *T {
	t.Helper()
	content, err := os.ReadFile("../../config/samples/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var into T
	if err := yaml.UnmarshalStrict(content, &into); err != nil {
		t.Fatal(err)
	}
	return &into
}
