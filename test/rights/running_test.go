// SPDX-License-Identifier: BSD-3-Clause

package rights

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	_ "github.com/altinn/serviceowner-operator/controllers" // what is built below: go test remembers a result by what a test imports and opens
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// configuration is the least that an operator runs with: nothing outside the cluster.
const configuration = `apiVersion: config.tenancy.altinn.cloud/v1alpha1
kind: OperatorConfiguration
environment: {name: tt02, class: Test, appsHost: apps.tt02.altinn.no, platformHost: platform.tt02.altinn.no}
gateway: {kind: Ingress, namespace: traefik}
quotaProfiles:
  Small: {pods: "50"}
  Medium: {pods: "200"}
  Large: {pods: "1000"}
`

// refused are words of the API server that tell of a right that is missing.
var refused = regexp.MustCompile(`(?i)[^\n]*(is forbidden|cannot (get|list|watch|create|update|patch|delete) )[^\n]*`)

// The operator as it is installed, by its own token and rights, and with leader election: it makes what is declared, puts
// right what is changed, lets go of what is deleted, and serves its metrics; and in all of that it lacks no right.
func TestTheOperatorWorksWithTheRightsItHas(t *testing.T) {
	root, err := apiserver.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	operator, url := running(t, root)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := local.ApplySamples(ctx, admin, root); err != nil {
		t.Fatal(err)
	}
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: "so-skd"}}
	eventually(t, "the App's Deployment is there", func() bool { return there(t, deployment) })

	// What somebody deletes is made again, and what somebody changes is put right.
	closed := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "default-deny", Namespace: "so-skd"}}
	if err := admin.Get(ctx, client.ObjectKeyFromObject(closed), closed); err != nil {
		t.Fatal(err)
	}
	before := closed.UID
	if err := admin.Delete(ctx, closed); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the network is closed again", func() bool { return there(t, closed) && closed.UID != before })
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "tenant", Namespace: "so-skd"}}
	if err := admin.Patch(ctx, quota, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"hard":{"pods":"1"}}}`))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the quota is as declared", func() bool { return there(t, quota) && quota.Spec.Hard.Pods().Value() == 200 })

	// What is deleted lets go of its finalizers.
	app := &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: "so-skd"}}
	owner := &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: "skd"}}
	for _, deleted := range []client.Object{app, owner} {
		if err := admin.Delete(ctx, deleted); err != nil {
			t.Fatal(err)
		}
		eventually(t, deleted.GetName()+" is gone", func() bool { return !there(t, deleted) })
	}

	if status, body := get(t, url, ""); status != http.StatusUnauthorized {
		t.Errorf("nobody's request for metrics: %d %s", status, body)
	}
	if status, body := get(t, url, "Bearer "+account(t, systemNamespace, operatorAccount)); status != http.StatusForbidden {
		t.Errorf("metrics for somebody without the right: %d %s", status, body)
	}
	operator.Stop()
	log, err := os.ReadFile(operator.Log)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "operator starts") {
		t.Errorf("the log says nothing:\n%s", log)
	}
	for _, line := range refused.FindAllString(string(log), 5) {
		t.Errorf("a right is missing: %s", line)
	}
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "serviceowner-operator.tenancy.altinn.cloud", Namespace: systemNamespace}}
	if !there(t, lease) {
		t.Error("no replica has led")
	}
}

// running builds the operator and starts it; url is where its metrics are.
func running(t *testing.T, root string) (operator *local.Operator, url string) {
	t.Helper()
	folder := t.TempDir()
	binary, config := filepath.Join(folder, "operator"), filepath.Join(folder, "operator.yaml")
	sources, err := filepath.Glob(filepath.Join(root, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if _, err := os.ReadFile(source); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the operator: %v\n%s", err, output)
	}
	if err := os.WriteFile(config, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	var network net.ListenConfig
	listener, err := network.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	operator = &local.Operator{
		Binary: binary, Config: config, Log: filepath.Join(folder, "operator.log"), Metrics: address,
		Args: []string{"--metrics-insecure=false", "--leader-elect", "--leader-election-namespace", systemNamespace},
	}
	if err := operator.Start(t.Context(), server.Config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		operator.Stop()
		if t.Failed() {
			log, _ := os.ReadFile(operator.Log)
			t.Logf("the operator's log:\n%s", log)
		}
	})
	return operator, "https://" + address + "/metrics"
}

// there reads an object, and says whether it is there.
func there(t *testing.T, object client.Object) bool {
	t.Helper()
	err := admin.Get(t.Context(), client.ObjectKeyFromObject(object), object)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return err == nil
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 2*time.Minute, true, func(context.Context) (bool, error) { return is(), nil })
	if err != nil {
		t.Fatalf("it did not come to be that %s", what)
	}
}
