// SPDX-License-Identifier: BSD-3-Clause

package enforcement

import (
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// manifests are the objects of config/probe, by kind and name.
func manifests(t *testing.T) map[string]client.Object {
	t.Helper()
	if _, err := os.Stat("../../../config/probe/kustomization.yaml"); err != nil {
		t.Fatal(err)
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "../../../config/probe")
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]client.Object{}
	for _, resource := range built.Resources() {
		raw, err := resource.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		of := resource.GetGvk()
		made, err := clientgoscheme.Scheme.New(schema.GroupVersionKind{Group: of.Group, Version: of.Version, Kind: of.Kind})
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(raw, made); err != nil {
			t.Fatalf("%s: %v", resource.CurId(), err)
		}
		objects[of.Kind+" "+resource.GetName()] = made.(client.Object)
	}
	return objects
}

// podsOf is the pod template of a Deployment.
func podsOf(t *testing.T, objects map[string]client.Object, name string) corev1.PodTemplateSpec {
	t.Helper()
	deployment, is := objects["Deployment "+name].(*appsv1.Deployment)
	if !is {
		t.Fatalf("there is no Deployment %s", name)
	}
	return deployment.Spec.Template
}

// TestEachPortOfTheProbeIsClosedByOneSideAlone holds what the probe's answers mean: that each closed port shows one
// direction, and only that.
func TestEachPortOfTheProbeIsClosedByOneSideAlone(t *testing.T) {
	objects := manifests(t)
	var policies []*isolation.Policy
	for _, object := range objects {
		if policy, is := object.(*networkingv1.NetworkPolicy); is {
			compiled, err := isolation.Compile(policy)
			if err != nil {
				t.Fatal(err)
			}
			policies = append(policies, compiled)
		}
	}
	workload := func(name string) isolation.Workload {
		return isolation.Workload{Namespace: "serviceowner-probe", Name: name, Labels: podsOf(t, objects, name).Labels}
	}
	to, from := workload("listener"), workload("caller")
	lets := func(w isolation.Workload, direction isolation.Direction, peer labels.Set, port int32) bool {
		ports, err := isolation.PortsOf([]networkingv1.NetworkPolicyPort{{Protocol: ptr.To(corev1.ProtocolTCP), Port: ptr.To(intstr.FromInt32(port))}})
		if err != nil {
			t.Fatal(err)
		}
		wanted := isolation.Opening{Direction: direction, Ports: ports, Peer: isolation.Peer{Pods: &isolation.PodPeer{
			Namespaces: labels.SelectorFromSet(labels.Set{corev1.LabelMetadataName: "serviceowner-probe"}), Pods: labels.SelectorFromSet(peer),
		}}}
		stand := isolation.Of(policies, w, direction)
		return !stand.Closed || len(isolation.Excess([]isolation.Opening{wanted}, stand.Openings)) == 0
	}
	type way struct{ Out, In bool }
	got := map[int32]way{}
	for _, port := range []int32{8080, 8081, 8082, 8083} {
		got[port] = way{Out: lets(from, networkingv1.PolicyTypeEgress, to.Labels, port), In: lets(to, networkingv1.PolicyTypeIngress, from.Labels, port)}
	}
	want := map[int32]way{8080: {true, true}, 8081: {true, false}, 8082: {false, true}, 8083: {}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("let out and in (-want +got):\n%s", diff)
	}
}

func TestTheProbeAsksForWhatItsPoliciesCloseAndOpen(t *testing.T) {
	objects := manifests(t)
	asked := []string{"listener:8080", "listener:8081", "listener:8082"}
	caller, listener := podsOf(t, objects, "caller").Spec.Containers[0], podsOf(t, objects, "listener").Spec.Containers[0]
	for name, tc := range map[string]struct{ want, got []string }{
		"the listener answers at all three":       {[]string{"probe", "listen", ":8080", ":8081", ":8082"}, listener.Args},
		"the caller asks again and again":         {append([]string{"probe", "watch"}, asked...), caller.Args},
		"the caller is Ready by the same":         {append([]string{"/operator", "probe", "dial"}, asked...), caller.ReadinessProbe.Exec.Command},
		"the caller's container has the name":     {[]string{Caller}, []string{caller.Name}},
		"the caller's pods have the label":        {[]string{Caller}, []string{podsOf(t, objects, "caller").Labels[Label]}},
		"what it ends with stands in its status":  {[]string{string(corev1.TerminationMessageFallbackToLogsOnError)}, []string{string(caller.TerminationMessagePolicy)}},
		"both are of the operator's image":        {[]string{"serviceowner-operator:dev", "serviceowner-operator:dev"}, []string{caller.Image, listener.Image}},
		"the name listener leads to its pod only": {[]string{corev1.ClusterIPNone}, []string{objects["Service listener"].(*corev1.Service).Spec.ClusterIP}},
	} {
		if !slices.Equal(tc.want, tc.got) {
			t.Errorf("%s: %v, not %v", name, tc.got, tc.want)
		}
	}
}

func TestThePodsOfTheProbePassRestricted(t *testing.T) {
	judge, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	objects := manifests(t)
	namespace := objects["Namespace serviceowner-probe"]
	if level := namespace.GetLabels()["pod-security.kubernetes.io/enforce"]; level != "restricted" {
		t.Errorf("the namespace enforces %q", level)
	}
	for _, name := range []string{"caller", "listener"} {
		pods := podsOf(t, objects, name)
		level := api.LevelVersion{Level: api.LevelRestricted, Version: api.MajorMinorVersion(1, 36)}
		if result := policy.AggregateCheckResults(judge.EvaluatePod(level, &pods.ObjectMeta, &pods.Spec)); !result.Allowed {
			t.Errorf("%s: %s", name, result.ForbiddenDetail())
		}
	}
}
