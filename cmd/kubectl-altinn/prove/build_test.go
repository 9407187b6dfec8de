// SPDX-License-Identifier: BSD-3-Clause

package prove_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/cmd/kubectl-altinn/prove"
)

// found is what of a finding the tables compare.
type found struct {
	Severity         prove.Severity
	Kind             prove.FindingKind
	Where            string // namespace/policy, or the namespace
	Direction        string
	Total, Across    int
	Through          int
	Peers, Workloads string
}

func summarised(proof prove.Proof) []found {
	var all []found
	for _, f := range proof.Findings {
		all = append(all, found{f.Severity, f.Kind, strings.TrimSuffix(f.Namespace+"/"+f.Policy, "/"), string(f.Direction),
			f.PairsTotal, f.PairsAcross, f.PairsThrough, strings.Join(f.Peers, "; "), strings.Join(f.Workloads, ", ")})
	}
	return all
}

// hand is a policy as somebody makes one by hand, for one App's pods or, without a name, for all.
func hand(namespace, app string, change func(*networkingv1.NetworkPolicySpec)) networkingv1.NetworkPolicy {
	p := networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "by-hand"}}
	if app != "" {
		p.Spec.PodSelector.MatchLabels = map[string]string{v1alpha1.LabelName: app}
	}
	change(&p.Spec)
	return p
}

func letIn(peers ...networkingv1.NetworkPolicyPeer) func(*networkingv1.NetworkPolicySpec) {
	return func(spec *networkingv1.NetworkPolicySpec) {
		spec.PolicyTypes = both[:1]
		spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: peers}}
	}
}

func letOut(peers ...networkingv1.NetworkPolicyPeer) func(*networkingv1.NetworkPolicySpec) {
	return func(spec *networkingv1.NetworkPolicySpec) {
		spec.PolicyTypes = both[1:]
		spec.Egress = []networkingv1.NetworkPolicyEgressRule{{To: peers}}
	}
}

func inNamespace(name string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: name}}}
}

func addressed(cidr string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr}}
}

// ringApp is the number-th App of the first owner, and ringPolicy its policy. Of two owners with two Apps each, owner0's app-0
// calls its app-1, that owner1's app-0, and so on.
func ringApp(r *prove.Resources, number int) *v1alpha1.App { return &r.Apps[number] }

func ringPolicy(r *prove.Resources, name string) *networkingv1.NetworkPolicy {
	for i := range r.Policies {
		if r.Policies[i].Namespace == "so-owner0" && r.Policies[i].Name == name {
			return &r.Policies[i]
		}
	}
	return nil
}

func without(r *prove.Resources, name string) {
	var left []networkingv1.NetworkPolicy
	for _, p := range r.Policies {
		if p.Namespace != "so-owner0" || p.Name != name {
			left = append(left, p)
		}
	}
	r.Policies = left
}

func TestFindings(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*prove.Resources)
		want   []found
	}{
		"all is declared and closed: nothing is found": {func(*prove.Resources) {}, nil},
		"a policy by hand lets another owner's App in, which cannot get out: critical, though nothing gets through": {func(r *prove.Resources) {
			r.Policies = append(r.Policies, hand("so-owner0", "app-1", letIn(peerOf("owner0", v1alpha1.AppPeer{App: "app-0", ServiceOwner: "owner1"}))))
		}, []found{{prove.SeverityCritical, prove.FindingUndeclared, "so-owner0/by-hand", "Ingress", 1, 1, 0, "", "app-1"}}},
		"a policy by hand lets an App out to its owner's other App, which does not let it in": {func(r *prove.Resources) {
			r.Policies = append(r.Policies, hand("so-owner0", "app-1", letOut(peerOf("owner0", v1alpha1.AppPeer{App: "app-0", ServiceOwner: "owner0"}))))
		}, []found{{prove.SeverityMedium, prove.FindingUndeclared, "so-owner0/by-hand", "Egress", 1, 0, 0, "", "app-1"}}},
		"the operator's own policies open what both specs have taken back: it gets through": {func(r *prove.Resources) {
			ringApp(r, 1).Spec.Access = v1alpha1.Access{Inbound: ringApp(r, 1).Spec.Access.Inbound}
			ringApp(r, 2).Spec.Access.Inbound = nil
		}, []found{
			{prove.SeverityCritical, prove.FindingUndeclared, "so-owner0/app-1", "Egress", 1, 1, 1, "", "app-1"},
			{prove.SeverityCritical, prove.FindingUndeclared, "so-owner1/app-0", "Ingress", 1, 1, 1, "", "app-0"},
		}},
		"serviceOwner is left out of a call across owners, which then names an App of the own owner": {func(r *prove.Resources) {
			ringApp(r, 1).Spec.Access.Outbound.Apps[0].ServiceOwner = ""
		}, []found{{prove.SeverityCritical, prove.FindingUndeclared, "so-owner0/app-1", "Egress", 1, 1, 1, "", "app-1"}}},
		"a declared caller is let in on more than the App's port": {func(r *prove.Resources) {
			ringPolicy(r, "app-1").Spec.Ingress[0].Ports = append(ringPolicy(r, "app-1").Spec.Ingress[0].Ports, networkingv1.NetworkPolicyPort{Port: &intstr.IntOrString{IntVal: 22}})
		}, []found{{prove.SeverityMedium, prove.FindingUndeclared, "so-owner0/app-1", "Ingress", 1, 0, 1, "", "app-1"}}},
		"a policy by hand opens what is declared anyway: nothing is found": {func(r *prove.Resources) {
			r.Policies = append(r.Policies, hand("so-owner0", "app-0", letOut(peerOf("owner0", v1alpha1.AppPeer{App: "app-1", ServiceOwner: "owner0"}))))
		}, nil},
		"a policy by hand lets in from everything": {func(r *prove.Resources) {
			r.Policies = append(r.Policies, hand("so-owner0", "app-0", letIn()))
		}, []found{
			{prove.SeverityCritical, prove.FindingUndeclared, "so-owner0/by-hand", "Ingress", 3, 2, 1, "", "app-0"},
			{prove.SeverityHigh, prove.FindingForeign, "so-owner0/by-hand", "Ingress", 0, 0, 0, "everything on all ports", "app-0"},
		}},
		"a policy by hand lets out to addresses": {func(r *prove.Resources) {
			r.Policies = append(r.Policies, hand("so-owner0", "app-0", letOut(addressed("192.0.2.0/24"))))
		}, []found{{prove.SeverityHigh, prove.FindingForeign, "so-owner0/by-hand", "Egress", 0, 0, 0, "192.0.2.0/24 on all ports", "app-0"}}},
		"a policy by hand lets in from a namespace that is no tenant's, to pods that are not there": {func(r *prove.Resources) {
			r.Policies = append(r.Policies, hand("so-owner0", "later", letIn(inNamespace("traefik"))))
		}, []found{{prove.SeverityHigh, prove.FindingForeign, "so-owner0/by-hand", "Ingress", 0, 0, 0, "namespace traefik on all ports", ""}}},
		"a policy by hand lets in from a namespace that does not exist yet": {func(r *prove.Resources) {
			r.Policies = append(r.Policies, hand("so-owner0", "app-0", letIn(inNamespace("so-later"))))
		}, []found{{prove.SeverityHigh, prove.FindingForeign, "so-owner0/by-hand", "Ingress", 0, 0, 0, "pods that are not there yet, all pods of namespace so-later on all ports", "app-0"}}},
		"a policy with the operator's label that stands in no inventory": {func(r *prove.Resources) {
			p := hand("so-owner0", "app-0", letOut(addressed("192.0.2.0/24")))
			p.Labels = map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}
			r.Policies = append(r.Policies, p)
		}, []found{{prove.SeverityHigh, prove.FindingForeign, "so-owner0/by-hand", "Egress", 0, 0, 0, "192.0.2.0/24 on all ports", "app-0"}}},
		"a policy in an inventory that has lost the operator's label": {func(r *prove.Resources) {
			ringPolicy(r, "allow-dns").Labels = nil
		}, []found{{prove.SeverityHigh, prove.FindingForeign, "so-owner0/allow-dns", "Egress", 0, 0, 0, "namespace kube-system (k8s-app=kube-dns) on UDP 53", "app-0, app-1"}}},
		"another tenant's inventory does not count": {func(r *prove.Resources) {
			r.ServiceOwners[1].Status.Children = append(r.ServiceOwners[1].Status.Children, r.ServiceOwners[0].Status.Children...)
			r.ServiceOwners[0].Status.Children = r.ServiceOwners[0].Status.Children[:1]
		}, []found{{prove.SeverityHigh, prove.FindingForeign, "so-owner0/allow-dns", "Egress", 0, 0, 0, "namespace kube-system (k8s-app=kube-dns) on UDP 53", "app-0, app-1"}}},
		"without the default deny a direction is not closed for pods to come": {func(r *prove.Resources) {
			without(r, "default-deny")
		}, []found{{prove.SeverityHigh, prove.FindingNoDefault, "so-owner0", "Ingress", 0, 0, 0, "", ""}}},
		"without any policy of a direction a workload is open to everything": {func(r *prove.Resources) {
			without(r, "default-deny")
			ringPolicy(r, "app-1").Spec.PolicyTypes, ringPolicy(r, "app-1").Spec.Ingress = both[1:], nil
		}, []found{
			{prove.SeverityCritical, prove.FindingNotClosed, "so-owner0", "Ingress", 3, 2, 1, "", "app-1"},
			{prove.SeverityHigh, prove.FindingNoDefault, "so-owner0", "Ingress", 0, 0, 0, "", ""},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			resources := many(2, 2)
			test.change(&resources)
			proof := prove.Build(resources, "", checked)
			if diff := cmp.Diff(test.want, summarised(proof)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if want := map[bool]prove.Result{true: prove.ResultProven, false: prove.ResultFindings}[test.want == nil]; proof.Verdict.Result != want {
				t.Errorf("the verdict is %+v", proof.Verdict)
			}
		})
	}
}

// pod is one as it runs in the first tenant's namespace, of a ReplicaSet or of nobody.
func pod(name, set string, labels map[string]string) metav1.PartialObjectMetadata {
	p := metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: "so-owner0", Name: name, Labels: labels}}
	if set != "" {
		p.OwnerReferences = []metav1.OwnerReference{ownedBy("ReplicaSet", set)}
	}
	return p
}

func ownedBy(kind, uid string) metav1.OwnerReference {
	controls := true
	return metav1.OwnerReference{Kind: kind, Name: uid, UID: typed(uid), Controller: &controls}
}

// deploy makes a Deployment of the first tenant's first App, with its ReplicaSet.
func deploy(r *prove.Resources, owner metav1.OwnerReference) {
	d := deployment("so-owner0", "app-0", podLabels("owner0", "app-0"))
	d.UID, d.OwnerReferences = "deployment", []metav1.OwnerReference{owner}
	r.Deployments = append(r.Deployments, d)
	r.ReplicaSets = append(r.ReplicaSets, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: "so-owner0", Name: "set", UID: "set", OwnerReferences: []metav1.OwnerReference{ownedBy("Deployment", "deployment")},
	}})
}

func TestWorkloads(t *testing.T) {
	labelled := podLabels("owner0", "app-0")
	hashed := map[string]string{"pod-template-hash": "1", "topology.kubernetes.io/zone": "norwayeast-1"}
	for k, v := range labelled {
		hashed[k] = v
	}
	for name, test := range map[string]struct {
		change func(*prove.Resources)
		want   []found
	}{
		"an App's own pods are no news": {func(r *prove.Resources) {
			deploy(r, ownedBy("App", "owner0app-0"))
			r.Pods = append(r.Pods, pod("a", "set", hashed), pod("b", "set", hashed))
		}, nil},
		"a pod that borrows an App's labels belongs to nobody, and reaches what the App may": {func(r *prove.Resources) {
			r.Pods = append(r.Pods, pod("a", "", labelled))
		}, []found{
			{prove.SeverityCritical, prove.FindingUndeclared, "so-owner0/app-0", "Ingress", 1, 1, 1, "", "Pod a"},
			{prove.SeverityCritical, prove.FindingUndeclared, "so-owner1/app-1", "Egress", 1, 1, 1, "", "app-1"},
			{prove.SeverityMedium, prove.FindingUndeclared, "so-owner0/app-0", "Egress", 1, 0, 1, "", "Pod a"},
			{prove.SeverityMedium, prove.FindingUndeclared, "so-owner0/app-1", "Ingress", 1, 0, 1, "", "app-1"},
			{prove.SeverityMedium, prove.FindingUnknown, "so-owner0", "", 0, 0, 0, "", "Pod a"},
		}},
		"a Deployment without pods that no App has": {func(r *prove.Resources) {
			d := deployment("so-owner0", "shell", map[string]string{"run": "shell"})
			d.UID = "shell"
			r.Deployments = append(r.Deployments, d)
		}, []found{{prove.SeverityMedium, prove.FindingUnknown, "so-owner0", "", 0, 0, 0, "", "Deployment shell"}}},
		"a Deployment that says it belongs to another tenant's App": {func(r *prove.Resources) {
			d := deployment("so-owner0", "shell", map[string]string{"run": "shell"})
			d.UID, d.OwnerReferences = "shell", []metav1.OwnerReference{ownedBy("App", "owner1app-0")}
			r.Deployments = append(r.Deployments, d)
		}, []found{{prove.SeverityMedium, prove.FindingUnknown, "so-owner0", "", 0, 0, 0, "", "Deployment shell"}}},
		"a pod of an App with a further label is judged by what that label opens": {func(r *prove.Resources) {
			deploy(r, ownedBy("App", "owner0app-0"))
			more := map[string]string{"open": "yes"}
			for k, v := range hashed {
				more[k] = v
			}
			r.Pods = append(r.Pods, pod("a", "set", hashed), pod("b", "set", more))
			p := hand("so-owner0", "", letIn(peerOf("owner0", v1alpha1.AppPeer{App: "app-0", ServiceOwner: "owner1"})))
			p.Spec.PodSelector.MatchLabels = map[string]string{"open": "yes"}
			r.Policies = append(r.Policies, p)
		}, []found{{prove.SeverityCritical, prove.FindingUndeclared, "so-owner0/by-hand", "Ingress", 1, 1, 0, "", "app-0"}}},
	} {
		t.Run(name, func(t *testing.T) {
			resources := many(2, 2)
			test.change(&resources)
			if diff := cmp.Diff(test.want, summarised(prove.Build(resources, "", checked))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeEvaluatedIsTold(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*prove.Resources)
		scope  string
		want   []string
	}{
		"a policy that cannot be read": {func(r *prove.Resources) {
			r.Policies = append(r.Policies, hand("so-owner0", "app-0", letOut(addressed("10.0.0.0/99"))))
		}, "", []string{"NetworkPolicy so-owner0/by-hand"}},
		"policies of other kinds, by kind and namespace": {func(r *prove.Resources) {
			r.Others = []prove.OtherPolicy{
				{Kind: "CiliumNetworkPolicy", Namespace: "so-owner1", Name: "b"}, {Kind: "CiliumNetworkPolicy", Namespace: "so-owner1", Name: "a"},
				{Kind: "AdminNetworkPolicy", Name: "deny"},
			}
		}, "", []string{"1 AdminNetworkPolicy of all namespaces (deny)", "2 CiliumNetworkPolicies of so-owner1 (a, b)"}},
		"for one owner, what is in another's namespace does not matter": {func(r *prove.Resources) {
			r.Others = []prove.OtherPolicy{{Kind: "CiliumNetworkPolicy", Namespace: "so-owner1", Name: "b"}}
		}, "owner0", nil},
		"pods that may use their node's network": {func(r *prove.Resources) {
			delete(r.Namespaces[2].Labels, "pod-security.kubernetes.io/enforce")
		}, "", []string{"Pods of so-owner0 in the network of their node"}},
		"an App outside every service owner's namespace": {func(r *prove.Resources) {
			r.Apps = append(r.Apps, v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "stray"}})
		}, "", []string{"App default/stray"}},
	} {
		t.Run(name, func(t *testing.T) {
			resources := many(2, 2)
			test.change(&resources)
			proof := prove.Build(resources, test.scope, checked)
			var got []string
			for _, thing := range proof.NotEvaluated {
				got = append(got, thing.What)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("not evaluated (-want +got):\n%s", diff)
			}
			if proven := proof.Verdict.Result == prove.ResultProven; proven != (test.want == nil) {
				t.Errorf("the verdict is %+v", proof.Verdict)
			}
		})
	}
}

// byName is a policy of Cilium that the operator keeps, from its YAML.
func byName(t *testing.T, r *prove.Resources, spec string) {
	t.Helper()
	var read map[string]any
	if err := yaml.Unmarshal([]byte(spec), &read); err != nil {
		t.Fatal(err)
	}
	r.Others = append(r.Others, prove.OtherPolicy{
		Kind: "CiliumNetworkPolicy", Namespace: "so-owner0", Name: "app-0", Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}, Spec: read,
	})
	ringApp(r, 0).Status.Children = append(ringApp(r, 0).Status.Children, v1alpha1.Child{APIVersion: "cilium.io/v2", Kind: "CiliumNetworkPolicy", Namespace: "so-owner0", Name: "app-0"})
}

func TestPoliciesThatOpenHostsByName(t *testing.T) {
	const selects = "endpointSelector: {matchLabels: {\"k8s:app.kubernetes.io/name\": app-0}}\n"
	for name, test := range map[string]struct {
		spec   string
		change func(*prove.Resources)
		want   string // the points it opens; empty when it is not evaluated
	}{
		"a host on a port": {selects + `egress: [{toFQDNs: [{matchName: data.brreg.no}], toPorts: [{ports: [{port: "443", protocol: TCP}]}]}]`, nil, "data.brreg.no TCP 443 app-0"},
		"hosts by a pattern, with the DNS it takes and what is denied": {selects + `
egress:
  - {toFQDNs: [{matchPattern: "*.example.no"}], toPorts: [{ports: [{port: "443", protocol: TCP}, {port: "8443", protocol: TCP}]}]}
  - {toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}], toPorts: [{ports: [{port: "53", protocol: UDP}], rules: {dns: [{matchPattern: "*"}]}}]}
egressDeny: [{toCIDR: [10.0.0.0/8]}]`, nil, "*.example.no TCP 443 and 8443 app-0; namespace kube-system (k8s-app=kube-dns) UDP 53 app-0"},
		"nothing":                            {selects + "egressDeny: [{toCIDR: [10.0.0.0/8]}]", nil, "none"},
		"every host":                         {selects + `egress: [{toFQDNs: [{matchPattern: "*"}], toPorts: [{ports: [{port: "443", protocol: TCP}]}]}]`, nil, ""},
		"a host on every port":               {selects + `egress: [{toFQDNs: [{matchName: data.brreg.no}]}]`, nil, ""},
		"a host on a port of any protocol":   {selects + `egress: [{toFQDNs: [{matchName: data.brreg.no}], toPorts: [{ports: [{port: "443", protocol: ANY}]}]}]`, nil, ""},
		"addresses":                          {selects + `egress: [{toCIDR: [192.0.2.0/24], toPorts: [{ports: [{port: "443", protocol: TCP}]}]}]`, nil, ""},
		"a tenant's pods":                    {selects + `egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": so-owner1}}], toPorts: [{ports: [{port: "443", protocol: TCP}]}]}]`, nil, ""},
		"pods of any namespace":              {selects + `egress: [{toEndpoints: [{matchLabels: {"k8s:k8s-app": x}}], toPorts: [{ports: [{port: "443", protocol: TCP}]}]}]`, nil, ""},
		"what comes in":                      {selects + `ingress: [{}]`, nil, ""},
		"for nodes in the place of pods":     {`nodeSelector: {}`, nil, ""},
		"without the operator's label":       {selects, func(r *prove.Resources) { r.Others[0].Labels = nil }, ""},
		"that stands in no inventory":        {selects, func(r *prove.Resources) { ringApp(r, 0).Status.Children = ringApp(r, 0).Status.Children[:1] }, ""},
		"of another kind":                    {selects, func(r *prove.Resources) { r.Others[0].Kind = "CiliumClusterwideNetworkPolicy" }, ""},
		"with several specs, or none at all": {selects, func(r *prove.Resources) { r.Others[0].Spec = nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			resources := many(2, 2)
			before := len(prove.Build(resources, "", checked).Points)
			byName(t, &resources, test.spec)
			if test.change != nil {
				test.change(&resources)
			}
			proof := prove.Build(resources, "", checked)
			if evaluated := len(proof.NotEvaluated) == 0; evaluated != (test.want != "") || proof.Verdict.Result == prove.ResultProven != evaluated {
				t.Errorf("%+v: %+v", proof.Verdict, proof.NotEvaluated)
			}
			var got []string
			for _, p := range proof.Points {
				if slices.Contains(p.Policies, "app-0") && !p.All && p.Direction == networkingv1.PolicyTypeEgress && p.ServiceOwner == "owner0" && p.Peer.Kind != prove.PeerAddresses {
					got = append(got, p.Peer.String()+" "+p.Ports+" "+strings.Join(p.Workloads, ", "))
				}
			}
			if want := map[bool]string{false: test.want}[test.want == "none"]; strings.Join(got, "; ") != want || len(proof.Points) != before+len(got) {
				t.Errorf("it opens %q", got)
			}
		})
	}
}

// TestOneOwner: what concerns only others is left out, whoever is connected is a neighbour.
func TestOneOwner(t *testing.T) {
	resources := many(4, 2)
	resources.Policies = append(resources.Policies, hand("so-owner2", "app-0", letIn(peerOf("owner2", v1alpha1.AppPeer{App: "app-0", ServiceOwner: "owner0"}))))
	proof := prove.Build(resources, "owner0", checked)
	var owners []string
	for _, owner := range proof.ServiceOwners {
		if owner.Neighbour {
			owner.Code += " as a neighbour"
		}
		owners = append(owners, owner.Code)
	}
	if diff := cmp.Diff([]string{"owner0", "owner1 as a neighbour", "owner2 as a neighbour", "owner3 as a neighbour"}, owners); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
	want := []found{{prove.SeverityCritical, prove.FindingUndeclared, "so-owner2/by-hand", "Ingress", 1, 1, 0, "", "app-0"}}
	if diff := cmp.Diff(want, summarised(proof)); diff != "" {
		t.Errorf("another's policy is open towards it (-want +got):\n%s", diff)
	}
	if proof := prove.Build(resources, "owner1", checked); proof.Verdict.Result != prove.ResultProven || !strings.HasPrefix(proof.Verdict.Sentence, "Isolation of owner1 is proven: ") {
		t.Errorf("what two others have open concerns owner1: %+v", proof.Verdict)
	}
}

// TestARetainedNamespaceIsNoFinding: the operator leaves it closed, and has no inventory of it any more.
func TestARetainedNamespaceIsNoFinding(t *testing.T) {
	resources := many(2, 0)
	resources.ServiceOwners = resources.ServiceOwners[1:]
	if proof := prove.Build(resources, "", checked); proof.Verdict.Result != prove.ResultProven {
		t.Errorf("%+v: %+v", proof.Verdict, proof.Findings)
	}
}

func TestWhatWasAdmittedEarlierIsNotTheOperatorsFault(t *testing.T) {
	resources := many(2, 2)
	app := ringApp(&resources, 1)
	app.Generation, app.Status.Admitted = 2, &v1alpha1.AdmittedRevision{Generation: 1}
	app.Spec.Access.Outbound.Apps = nil
	proof := prove.Build(resources, "", checked)
	if len(proof.Findings) != 1 || !strings.HasPrefix(proof.Findings[0].Remedy, "Service owner: what runs was admitted before") {
		t.Errorf("%+v", proof.Findings)
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	in := read(t, "trouble")
	want := prove.Build(in, "", checked)
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		shuffle(random, in.Namespaces)
		shuffle(random, in.Policies)
		shuffle(random, in.ServiceOwners)
		shuffle(random, in.Apps)
		shuffle(random, in.Deployments)
		shuffle(random, in.Pods)
		got := prove.Build(in, "", checked)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("another order of resources gives another proof:\n%s", diff)
		}
		for form, write := range writers {
			first, err := write(want)
			second, err2 := write(got)
			if err != nil || err2 != nil || string(first) != string(second) {
				t.Fatalf("the same proof is written as another %s (%v, %v)", form, err, err2)
			}
		}
	}
}

func shuffle[T any](random *rand.Rand, list []T) {
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}
