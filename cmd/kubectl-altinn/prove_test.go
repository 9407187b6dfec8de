// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// closed are a cluster's answers with one service owner, whose namespace is closed.
func closed() map[string]answer {
	list := func(kind, version, items string) answer {
		return answer{http.StatusOK, `{"apiVersion":"` + version + `","kind":"` + kind + `List","metadata":{},"items":[` + items + `]}`}
	}
	answers := empty()
	answers["/namespaces"] = list("Namespace", "v1", `{"metadata":{"name":"kube-system"}},
		{"metadata":{"name":"so-skd","labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`)
	answers["/networkpolicies"] = list("NetworkPolicy", "networking.k8s.io/v1",
		`{"metadata":{"name":"default-deny","namespace":"so-skd"},"spec":{"podSelector":{},"policyTypes":["Ingress","Egress"]}}`)
	answers["/deployments"] = list("Deployment", "apps/v1", "")
	answers["/replicasets"] = list("PartialObjectMetadata", "meta.k8s.io/v1", "")
	answers["/pods"] = list("PartialObjectMetadata", "meta.k8s.io/v1", "")
	return answers
}

// open are the same, with nothing that closes the namespace.
func open() map[string]answer {
	answers := closed()
	answers["/networkpolicies"] = answer{http.StatusOK, `{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicyList","metadata":{},"items":[]}`}
	return answers
}

// withCilium are those of closed, with a policy of Cilium, which is found by its definition.
func withCilium() map[string]answer {
	answers := closed()
	answers["/customresourcedefinitions/ciliumnetworkpolicies.cilium.io"] = answer{http.StatusOK, `{"apiVersion":"apiextensions.k8s.io/v1",
		"kind":"CustomResourceDefinition","metadata":{"name":"ciliumnetworkpolicies.cilium.io"},"spec":{"group":"cilium.io","names":{"kind":"CiliumNetworkPolicy"},
		"versions":[{"name":"v1","served":false},{"name":"v2","served":true}]}}`}
	answers["/apis/cilium.io/v2"] = answer{http.StatusOK, `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"cilium.io/v2",
		"resources":[{"name":"ciliumnetworkpolicies","singularName":"","namespaced":true,"kind":"CiliumNetworkPolicy","verbs":["list"]}]}`}
	answers["/apis"] = answer{http.StatusOK, `{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"cilium.io",
		"versions":[{"groupVersion":"cilium.io/v2","version":"v2"}],"preferredVersion":{"groupVersion":"cilium.io/v2","version":"v2"}}]}`}
	answers["/api"] = answer{http.StatusOK, `{"kind":"APIVersions","versions":["v1"]}`}
	answers["/ciliumnetworkpolicies"] = answer{http.StatusOK, `{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicyList","metadata":{},
		"items":[{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"mine","namespace":"so-skd"},"spec":{}},
		{"apiVersion":"cilium.io/v2","kind":"CiliumNetworkPolicy","metadata":{"name":"theirs","namespace":"kube-system"},"spec":{}}]}`}
	return answers
}

func TestTheExitCodeTellsTheVerdict(t *testing.T) {
	for name, test := range map[string]struct {
		answers map[string]answer
		code    int
		want    string
	}{
		"all is closed":              {closed(), 0, "Isolation is proven: there are no Apps, and every service owner's namespace is closed.\n"},
		"a namespace is open":        {open(), 3, "Isolation is not proven: there are 2 findings, none of them across service owners.\n"},
		"something is not evaluated": {withCilium(), 3, "Isolation is not proven: nothing was found, and 1 thing could not be evaluated.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			kubeconfig, _ := cluster(t, test.answers)
			code, out, wrong := runWith("prove", "isolation", "--kubeconfig", kubeconfig)
			if code != test.code || !strings.HasPrefix(out, test.want) || wrong != "" {
				t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
			}
		})
	}
}

// The verdict of another service owner is not this one's.
func TestAProofOfOneOwner(t *testing.T) {
	kubeconfig, asked := cluster(t, open())
	code, out, _ := runWith("prove", "isolation", "--kubeconfig", kubeconfig, "--owner", "brreg", "-o", "json")
	var proof struct {
		Kind, ServiceOwner string
		Verdict            struct{ Result string }
	}
	if err := json.Unmarshal([]byte(out), &proof); err != nil || code != 0 || proof.Kind != "IsolationProof" || proof.ServiceOwner != "brreg" || proof.Verdict.Result != "Proven" {
		t.Errorf("exit %d, %+v (%v)", code, proof, err)
	}
	*asked = nil
	code, out, wrong := runWith("prove", "isolation", "--kubeconfig", kubeconfig, "--owner", "nav")
	if want := `there is no service owner "nav": there are brreg, skd`; code != 2 || out != "" || !strings.Contains(wrong, want) {
		t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
	}
	if diff := cmp.Diff([]string{"/apis/tenancy.altinn.cloud/v1alpha1/serviceowners"}, *asked); diff != "" {
		t.Errorf("for an owner that is not there more is read (-want +got):\n%s", diff)
	}
}

// A proof from a part would prove nothing.
func TestNothingIsProvenWhenSomethingCannotBeRead(t *testing.T) {
	for path, resource := range map[string]string{
		"/namespaces": "list namespaces", "/networkpolicies": "list networkpolicies.networking.k8s.io", "/pods": "list pods",
		"/replicasets": "list replicasets.apps", "/deployments": "list deployments.apps", "/apps": "list apps.tenancy.altinn.cloud",
		"/serviceowners": "list serviceowners.tenancy.altinn.cloud",
		"/customresourcedefinitions/ciliumclusterwidenetworkpolicies.cilium.io": "get customresourcedefinitions.apiextensions.k8s.io",
	} {
		t.Run("you may not "+resource, func(t *testing.T) {
			answers := closed()
			answers[path] = refusal(403, "Forbidden")
			kubeconfig, _ := cluster(t, answers)
			code, out, wrong := runWith("prove", "isolation", "--kubeconfig", kubeconfig)
			if want := "you may not " + resource + " in the cluster: ask the platform team for the right to\n"; code != 1 || out != "" || !strings.HasSuffix(wrong, want) {
				t.Errorf("exit %d, wrote %q, said %q", code, out, wrong)
			}
		})
	}
}

func TestEachFormOfAProofBeginsAsItShould(t *testing.T) {
	kubeconfig, _ := cluster(t, closed())
	for form, want := range map[string]string{
		"text": "Isolation is proven: ", "json": "{\n  \"apiVersion\": \"tenancy.altinn.cloud/v1alpha1\",\n  \"kind\": \"IsolationProof\",\n  \"checkedAt\": \"2026-08-23T10:00:00Z\"",
		"html": "<!doctype html>\n<html lang=\"en\">", "dot": "digraph isolation {\n",
	} {
		t.Run(form, func(t *testing.T) {
			code, out, wrong := runWith("prove", "isolation", "--kubeconfig", kubeconfig, "--output", form)
			if code != 0 || wrong != "" || !strings.HasPrefix(out, want) {
				t.Errorf("exit %d, wrote %.90q, said %q", code, out, wrong)
			}
		})
	}
}

// Seven lists, and one question for each other kind of policies there may be.
func TestFewRequestsAreEnoughForAProof(t *testing.T) {
	kubeconfig, asked := cluster(t, closed())
	if code, _, wrong := runWith("prove", "isolation", "--kubeconfig", kubeconfig); code != 0 || len(*asked) != 16 {
		t.Errorf("exit %d, said %q, asked %q", code, wrong, *asked)
	}
}
