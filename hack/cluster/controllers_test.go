package cluster

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
)

const (
	auditPolicy = `{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"Metadata"}]}`

	widgets = `{
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
  "spec": {
    "group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
    "versions": [{
      "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
      "schema": {"openAPIV3Schema": {"type": "object", "properties": {
        "status": {"type": "object", "properties": {"state": {"type": "string"}}}}}}
    }]
  }
}`
	widgetStage = `
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: widget-ready}
spec:
  resourceRef: {apiGroup: example.com/v1, kind: Widget}
  selector:
    matchExpressions:
    - {key: .status.state, operator: DoesNotExist}
  next:
    statusTemplate: |
      state: Ready
`
)

// TestAWholeControlPlane shares one cluster among its cases, which run in order.
func TestAWholeControlPlane(t *testing.T) {
	t.Parallel()
	opts := bareOptions(t)
	opts.Controllers, opts.Nodes = true, 3
	opts.AuditPolicy = writeFile(t, "policy.json", auditPolicy)
	c := up(t, opts)
	t.Run("nodes are in three zones", func(t *testing.T) { checkZones(t, c) })
	t.Run("a deployment with probes becomes available on different nodes", func(t *testing.T) {
		deployTo(t, c, "before")
	})
	t.Run("a namespace is deleted with what it holds", func(t *testing.T) { checkNamespaceDeletion(t, c) })
	t.Run("a stage for a kind without definition is refused and pods still run", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := c.Play(ctx, writeFile(t, "stage.yaml", widgetStage)); err == nil {
			t.Error("kwok plays a kind that does not exist")
		}
		deployTo(t, c, "after-refused-stage")
	})
	t.Run("a stage for a kind defined later sets its status", func(t *testing.T) { checkPlay(t, c) })
	t.Run("a restart of the API server keeps address, data and controllers", func(t *testing.T) {
		create(t, client(t, c), "kept")
		if err := c.RestartAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !exists(t, client(t, c), "kept") {
			t.Error("the restart lost an object")
		}
		deployTo(t, c, "after-restart")
	})
	t.Run("the audit log names users and verbs", func(t *testing.T) {
		log, err := os.ReadFile(filepath.Join(c.Dir, "audit.log"))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`"username":"admin"`, `"username":"kwok"`, `"verb":"create"`} {
			if !strings.Contains(string(log), part) {
				t.Errorf("no %s in the audit log", part)
			}
		}
	})
}

func checkZones(t *testing.T, c *Cluster) {
	nodes, err := client(t, c).CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := range nodes.Items {
		seen[nodes.Items[i].Labels[corev1.LabelTopologyZone]] = true
	}
	if len(nodes.Items) != 3 || !seen["norwayeast-1"] || !seen["norwayeast-2"] || !seen["norwayeast-3"] {
		t.Errorf("%d nodes in the zones %v", len(nodes.Items), seen)
	}
}

// deployTo creates a Deployment in a new namespace and waits until all its pods are available.
func deployTo(t *testing.T, c *Cluster, namespace string) {
	t.Helper()
	client := client(t, c)
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AppsV1().Deployments(namespace).Create(t.Context(), deployment(), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two available replicas", func(ctx context.Context) (bool, error) {
		live, err := client.AppsV1().Deployments(namespace).Get(ctx, "web", metav1.GetOptions{})
		return err == nil && live.Status.AvailableReplicas == 2, err
	})
	pods, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	nodes := map[string]bool{}
	for i := range pods.Items {
		nodes[pods.Items[i].Spec.NodeName] = true
	}
	if len(pods.Items) != 2 || len(nodes) != 2 {
		t.Errorf("%d pods on the nodes %v", len(pods.Items), nodes)
	}
}

func deployment() *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	probe := &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
		HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(8080)},
	}}
	// The grace is short because the namespace controller waits half of it before it looks again.
	replicas, grace := int32(2), int64(1)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					TerminationGracePeriodSeconds: &grace,
					Containers: []corev1.Container{{
						Name: "web", Image: "example.com/web:1", ReadinessProbe: probe, StartupProbe: probe,
					}},
					TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{
						MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: corev1.DoNotSchedule,
						LabelSelector: &metav1.LabelSelector{MatchLabels: labels},
					}},
				},
			},
		},
	}
}

func checkNamespaceDeletion(t *testing.T, c *Cluster) {
	client := client(t, c)
	if err := client.CoreV1().Namespaces().Delete(t.Context(), "before", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace to go", func(ctx context.Context) (bool, error) {
		all, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=before"})
		return err == nil && len(all.Items) == 0, err
	})
}

func checkPlay(t *testing.T, c *Cluster) {
	err := client(t, c).CoreV1().RESTClient().Post().AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").
		SetHeader("Content-Type", "application/json").Body([]byte(widgets)).Do(t.Context()).Error()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Play(t.Context(), writeFile(t, "stage.yaml", widgetStage)); err != nil {
		t.Fatal(err)
	}
	config, err := c.Config()
	if err != nil {
		t.Fatal(err)
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	kind := objects.Resource(schema.GroupVersionResource{Group: "example.com", Version: "v1", Resource: "widgets"}).Namespace("default")
	widget := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": "one"},
	}}
	if _, err := kind.Create(t.Context(), widget, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the widget to be Ready", func(ctx context.Context) (bool, error) {
		live, err := kind.Get(ctx, "one", metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		state, _, err := unstructured.NestedString(live.Object, "status", "state")
		return state == "Ready", err
	})
}

func eventually(t *testing.T, what string, condition wait.ConditionWithContextFunc) {
	t.Helper()
	begun := time.Now()
	if err := wait.PollUntilContextTimeout(t.Context(), pollEvery, 30*time.Second, true, condition); err != nil {
		t.Fatalf("waiting for %s: %v", what, err)
	}
	t.Logf("%s after %v", what, time.Since(begun).Round(time.Millisecond))
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
