// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"fmt"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
)

// many makes service owners with Apps that call each other in a ring, the last one the next owner's first, all as
// it must be.
func many(owners, apps int) prove.Resources {
	all := prove.Resources{Namespaces: []corev1.Namespace{named("kube-system", nil), named("traefik", nil)}}
	for o := range owners {
		code := fmt.Sprintf("owner%d", o)
		all.Namespaces = append(all.Namespaces, named("so-"+code, map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}))
		owner := v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: code}}
		owner.Spec.DisplayName.EN = v1alpha1.Text("Body number " + fmt.Sprint(o))
		for _, p := range baseline(code) {
			owner.Status.Children = append(owner.Status.Children, childOf(p))
			all.Policies = append(all.Policies, p)
		}
		all.ServiceOwners = append(all.ServiceOwners, owner)
		for a := range apps {
			app, policy := ring(o, a, owners, apps)
			app.Status.Children = []v1alpha1.Child{childOf(policy)}
			all.Apps, all.Policies = append(all.Apps, app), append(all.Policies, policy)
		}
	}
	return all
}

func named(name string, labels map[string]string) corev1.Namespace {
	set := map[string]string{corev1.LabelMetadataName: name}
	for k, v := range labels {
		set[k] = v
	}
	return corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: set}}
}

func childOf(p networkingv1.NetworkPolicy) v1alpha1.Child {
	return v1alpha1.Child{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: p.Namespace, Name: p.Name}
}

var both = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}

func baseline(code string) []networkingv1.NetworkPolicy {
	deny, dns := ofOperator(code, "default-deny"), ofOperator(code, "allow-dns")
	deny.Spec.PolicyTypes = both
	dns.Spec.PolicyTypes = both[1:]
	dns.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{
		To: []networkingv1.NetworkPolicyPeer{{
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: "kube-system"}},
			PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}},
		}},
		Ports: []networkingv1.NetworkPolicyPort{{Protocol: ptr.To(corev1.ProtocolUDP), Port: ptr.To(intstr.FromInt32(53))}},
	}}
	return []networkingv1.NetworkPolicy{deny, dns}
}

func ofOperator(code, name string) networkingv1.NetworkPolicy {
	return networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{
		Namespace: "so-" + code, Name: name, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy},
	}}
}

// ring is an App that calls the next and is called by the one before, with its policy.
func ring(o, a, owners, apps int) (v1alpha1.App, networkingv1.NetworkPolicy) {
	code, name := fmt.Sprintf("owner%d", o), fmt.Sprintf("app-%d", a)
	next, before := other(o, a+1, owners, apps), other(o, a-1, owners, apps)
	app := v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: "so-" + code, Name: name, UID: types.UID(code + name)}}
	app.Spec.Port = 5005
	app.Spec.Access.Outbound.Apps, app.Spec.Access.Inbound = []v1alpha1.AppPeer{next}, []v1alpha1.AppPeer{before}
	policy := ofOperator(code, name)
	policy.Spec.PodSelector = metav1.LabelSelector{MatchLabels: podLabels(code, name)}
	policy.Spec.PolicyTypes = both
	policy.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{
		From: []networkingv1.NetworkPolicyPeer{
			peerOf(code, before),
			{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: "traefik"}}},
		},
		Ports: []networkingv1.NetworkPolicyPort{{Protocol: ptr.To(corev1.ProtocolTCP), Port: ptr.To(intstr.FromInt32(5005))}},
	}}
	policy.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{
		{To: []networkingv1.NetworkPolicyPeer{peerOf(code, next)}},
		{To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: fmt.Sprintf("139.105.%d.0/24", o%200)}}}},
	}
	return app, policy
}

func other(o, a, owners, apps int) v1alpha1.AppPeer {
	if a < 0 {
		o, a = (o+owners-1)%owners, apps-1
	}
	if a == apps {
		o, a = (o+1)%owners, 0
	}
	return v1alpha1.AppPeer{App: v1alpha1.AppName(fmt.Sprintf("app-%d", a)), ServiceOwner: v1alpha1.OrgCode(fmt.Sprintf("owner%d", o))}
}

func typed(uid string) types.UID { return types.UID(uid) }

func deployment(namespace, name string, labels map[string]string) appsv1.Deployment {
	d := appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	d.Spec.Template.Labels = labels
	return d
}

func podLabels(code, name string) map[string]string {
	return map[string]string{v1alpha1.LabelName: name, v1alpha1.LabelServiceOwner: code}
}

func peerOf(own string, peer v1alpha1.AppPeer) networkingv1.NetworkPolicyPeer {
	result := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{MatchLabels: podLabels(string(peer.ServiceOwner), string(peer.App))}}
	if string(peer.ServiceOwner) != own {
		result.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: "so-" + string(peer.ServiceOwner)}}
	}
	return result
}

func TestManyAppsAreProven(t *testing.T) {
	proof := prove.Build(many(12, 5), "", checked)
	if proof.Verdict.Result != prove.ResultProven || proof.Counts.Edges != 60 {
		t.Errorf("%+v of %+v; findings %+v", proof.Verdict, proof.Counts, proof.Findings)
	}
}

// BenchmarkBuild is a cluster of ten thousand Apps.
func BenchmarkBuild(b *testing.B) {
	resources := many(1000, 10)
	b.ReportAllocs()
	for b.Loop() {
		if proof := prove.Build(resources, "", checked); proof.Verdict.Result != prove.ResultProven {
			b.Fatal(proof.Verdict)
		}
	}
}

// BenchmarkBuildOpen is a cluster of a thousand Apps in which no policy closes anything: each is open to all others.
func BenchmarkBuildOpen(b *testing.B) {
	resources := many(100, 10)
	resources.Policies = nil
	b.ReportAllocs()
	for b.Loop() {
		if proof := prove.Build(resources, "", checked); proof.Counts.Edges != 999_000 {
			b.Fatal(proof.Counts)
		}
	}
}

// BenchmarkHTML is the page of ten thousand Apps.
func BenchmarkHTML(b *testing.B) {
	proof := prove.Build(many(1000, 10), "", checked)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := prove.HTML(proof); err != nil {
			b.Fatal(err)
		}
	}
}
