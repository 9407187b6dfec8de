// SPDX-License-Identifier: BSD-3-Clause

package rights

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// Where config/default installs the operator, and as whom it runs.
const (
	systemNamespace = "serviceowner-system"
	operatorAccount = "operator"
)

// What all tests share.
var (
	installation []*unstructured.Unstructured // config/default
	server       *apiserver.Server
	admin        client.WithWatch
	clients      *kubernetes.Clientset // the administrator's
)

func TestMain(m *testing.M) {
	code, err := onServer(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func onServer(m *testing.M) (code int, err error) {
	ctx := context.Background()
	if server, err = apiserver.Start(ctx, apiserver.Options{Policies: true}); err != nil {
		return 0, err
	}
	defer func() {
		if stopping := server.Stop(); err == nil {
			err = stopping
		}
	}()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return 0, err
	}
	if admin, err = client.NewWithWatch(server.Config, client.Options{Scheme: scheme}); err != nil {
		return 0, err
	}
	if clients, err = kubernetes.NewForConfig(server.Config); err != nil {
		return 0, err
	}
	if err := install(ctx); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// install applies the identities and roles of config/default.
func install(ctx context.Context) error {
	root, err := apiserver.ModuleRoot()
	if err != nil {
		return err
	}
	if installation, err = local.Build(filepath.Join(root, "config", "default")); err != nil {
		return err
	}
	kinds := []string{"Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}
	return local.Apply(ctx, admin, slices.DeleteFunc(slices.Clone(installation), func(object *unstructured.Unstructured) bool {
		return !slices.Contains(kinds, object.GetKind())
	}))
}

// installed are the objects of a kind in config/default.
func installed[T any](t *testing.T, kind string) []T {
	t.Helper()
	var found []T
	for _, object := range installation {
		if object.GetKind() != kind {
			continue
		}
		var typed T
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
			t.Fatal(err)
		}
		found = append(found, typed)
	}
	if len(found) == 0 {
		t.Fatalf("config/default has no %s", kind)
	}
	return found
}

// namespace makes a namespace, unless it is there.
func namespace(t *testing.T, name string) {
	t.Helper()
	err := admin.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// as is the server as it answers a user with groups.
func as(t *testing.T, user string, groups ...string) *kubernetes.Clientset {
	t.Helper()
	config := rest.CopyConfig(server.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:authenticated")}
	made, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
