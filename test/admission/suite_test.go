// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// moduleRoot is where go.mod lies, seen from this package.
const moduleRoot = "../.."

// The one control plane of this package's tests.
var (
	restConfig *rest.Config
	cluster    *dynamic.DynamicClient
	apis       *discovery.DiscoveryClient
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runOnControlPlane(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runOnControlPlane(m *testing.M) (code int, err error) {
	programs, err := controlPlanePrograms()
	if err != nil {
		return 0, err
	}
	azure, err := apiserver.AzureCRDs()
	if err != nil {
		return 0, err
	}
	flux, err := apiserver.FluxCRDs()
	if err != nil {
		return 0, err
	}
	env := &envtest.Environment{
		BinaryAssetsDirectory: programs,
		CRDDirectoryPaths:     []string{filepath.Join(moduleRoot, "config/crd/bases"), azure, flux},
		ErrorIfCRDPathMissing: true,
	}
	defer func() {
		if stopErr := env.Stop(); err == nil && stopErr != nil {
			err = fmt.Errorf("stopping the control plane: %w", stopErr)
		}
	}()
	if restConfig, err = env.Start(); err != nil {
		return 0, fmt.Errorf("starting the control plane of %s: %w", programs, err)
	}
	if err := connect(); err != nil {
		return 0, err
	}
	if err := prepare(context.Background()); err != nil {
		return 0, err
	}
	if code = m.Run(); code != 0 || someTestsOnly() {
		return code, nil
	}
	return 0, rulesNeverRefused()
}

// controlPlanePrograms returns the folder of etcd and kube-apiserver: KUBEBUILDER_ASSETS when set,
// else the one that `make k8s` fills.
func controlPlanePrograms() (string, error) {
	folder := os.Getenv("KUBEBUILDER_ASSETS")
	if folder == "" {
		folder = filepath.Join(moduleRoot, "bin/k8s")
	}
	for _, program := range []string{"etcd", "kube-apiserver"} {
		if _, err := os.Stat(filepath.Join(folder, program)); err != nil {
			return "", fmt.Errorf("these tests need a real API server and found no %s: "+
				"run `make k8s`, or set KUBEBUILDER_ASSETS to a folder that holds it (%w)", program, err)
		}
	}
	return filepath.Abs(folder)
}

func connect() error {
	restConfig.QPS = -1
	var err error
	if cluster, err = dynamic.NewForConfig(restConfig); err != nil {
		return fmt.Errorf("making the client: %w", err)
	}
	if apis, err = discovery.NewDiscoveryClientForConfig(restConfig); err != nil {
		return fmt.Errorf("making the discovery client: %w", err)
	}
	return nil
}

// someTestsOnly says whether the caller left tests out, so that nothing can be said of them all.
func someTestsOnly() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return true
		}
	}
	return false
}
