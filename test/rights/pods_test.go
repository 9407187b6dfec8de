// SPDX-License-Identifier: BSD-3-Clause

package rights

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"k8s.io/utils/ptr"
)

// What the chart renders is held to config/default, object by object, by the tests of hack/chart: what these tests say
// of the one holds for the other.

func TestTheOperatorsPodsPassTheStrictestPodSecurity(t *testing.T) {
	checks, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	template := deployment(t).Spec.Template
	for _, result := range checks.EvaluatePod(restricted, &template.ObjectMeta, &template.Spec) {
		if !result.Allowed {
			t.Errorf("%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
	for _, namespace := range installed[corev1.Namespace](t, "Namespace") {
		if level := namespace.Labels[api.EnforceLevelLabel]; level != "restricted" {
			t.Errorf("namespace %s enforces %q", namespace.Name, level)
		}
	}
}

// hardened is what is asked of the operator's pods beyond Pod Security.
type hardened struct {
	User, Group                            int64
	ReadOnlyRoot, Token, ServiceLinks      bool
	MemoryLimited, CPURequested, Probed    bool
	WritableVolumes, HostPorts, Privileged int
	MetricsPort                            int32
	Arguments                              []string
}

func TestTheOperatorsPodsHaveNothingTheyDoNotNeed(t *testing.T) {
	spec := deployment(t).Spec.Template.Spec
	if len(spec.Containers) != 1 || len(spec.InitContainers) != 0 {
		t.Fatalf("there are %d containers and %d before them", len(spec.Containers), len(spec.InitContainers))
	}
	container := spec.Containers[0]
	got := hardened{
		User: ptr.Deref(spec.SecurityContext.RunAsUser, 0), Group: ptr.Deref(spec.SecurityContext.RunAsGroup, 0),
		ReadOnlyRoot: ptr.Deref(container.SecurityContext.ReadOnlyRootFilesystem, false),
		Token:        ptr.Deref(spec.AutomountServiceAccountToken, true), ServiceLinks: ptr.Deref(spec.EnableServiceLinks, true),
		MemoryLimited: !container.Resources.Limits.Memory().IsZero(), CPURequested: !container.Resources.Requests.Cpu().IsZero(),
		Probed: container.LivenessProbe != nil && container.ReadinessProbe != nil, Arguments: container.Args,
	}
	for _, mount := range container.VolumeMounts {
		if !mount.ReadOnly {
			got.WritableVolumes++
		}
	}
	for _, port := range container.Ports {
		if port.HostPort != 0 {
			got.HostPorts++
		}
		if port.Name == "metrics" {
			got.MetricsPort = port.ContainerPort
		}
	}
	if ptr.Deref(container.SecurityContext.Privileged, false) {
		got.Privileged++
	}
	want := hardened{
		User: 65532, Group: 65532, ReadOnlyRoot: true, Token: true, MemoryLimited: true, CPURequested: true, Probed: true, MetricsPort: 8443,
		// Neither --metrics-insecure nor --allow-remote: both are for this machine.
		Arguments: []string{"--config=/etc/operator/operator.yaml", "--leader-elect"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the operator's pods (-want +got):\n%s", diff)
	}
	for _, account := range installed[corev1.ServiceAccount](t, "ServiceAccount") {
		if ptr.Deref(account.AutomountServiceAccountToken, true) {
			t.Errorf("pods of ServiceAccount %s get a token without asking", account.Name)
		}
	}
}

func TestOnlyMonitoringComesToTheOperator(t *testing.T) {
	policies := installed[networkingv1.NetworkPolicy](t, "NetworkPolicy")
	want := []networkingv1.NetworkPolicySpec{{
		PodSelector: *deployment(t).Spec.Selector,
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
		Ingress: []networkingv1.NetworkPolicyIngressRule{{
			From: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{
				MatchLabels: map[string]string{"tenancy.altinn.cloud/reads-metrics": "true"},
			}}},
			Ports: []networkingv1.NetworkPolicyPort{{Protocol: ptr.To(corev1.ProtocolTCP), Port: ptr.To(intstr.FromString("metrics"))}},
		}},
	}}
	var got []networkingv1.NetworkPolicySpec
	for _, one := range policies {
		got = append(got, one.Spec)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who comes in (-want +got):\n%s", diff)
	}
}

// deployment is the one Deployment of config/default.
func deployment(t *testing.T) appsv1.Deployment {
	t.Helper()
	found := installed[appsv1.Deployment](t, "Deployment")
	if len(found) != 1 || !slices.ContainsFunc(found[0].Spec.Template.Spec.Containers, func(c corev1.Container) bool { return strings.Contains(c.Image, "serviceowner-operator") }) {
		t.Fatalf("config/default has %d Deployments", len(found))
	}
	return found[0]
}
