// SPDX-License-Identifier: BSD-3-Clause

package apiserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// Options say what a server knows beyond the project's own CRDs.
type Options struct {
	// CRDs are further files or folders with CustomResourceDefinitions.
	CRDs []string
	// Policies puts the policies of config/admission in force.
	Policies bool
}

// Server is a running API server.
type Server struct {
	// Config reaches it as a user who may do everything, at any rate.
	Config *rest.Config

	environment *envtest.Environment
	// What all Views share, so that one more costs nothing.
	connections *http.Client
	kinds       meta.RESTMapper
}

// Start starts etcd and kube-apiserver with the CRDs of config/crd/bases. The caller must Stop it.
func Start(ctx context.Context, options Options) (*Server, error) {
	root, err := ModuleRoot()
	if err != nil {
		return nil, err
	}
	programs, err := findPrograms(root)
	if err != nil {
		return nil, err
	}
	server := &Server{environment: &envtest.Environment{
		BinaryAssetsDirectory: programs,
		CRDDirectoryPaths:     append([]string{filepath.Join(root, "config/crd/bases")}, options.CRDs...),
		ErrorIfCRDPathMissing: true,
		// A machine that others use too takes longer than envtest thinks.
		ControlPlaneStartTimeout: patience, ControlPlaneStopTimeout: patience,
	}}
	// Lists would wait up to 100 ms after each write of another kind, until etcd tells the cache how far it has come.
	server.environment.ControlPlane.GetAPIServer().Configure().Set("watch-cache", "false")
	if server.Config, err = server.environment.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the programs of %s: %w", programs, err), server.Stop())
	}
	server.Config.QPS = -1 // tests wait for the server, not for a limit meant to protect it
	if server.connections, err = rest.HTTPClientFor(server.Config); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	if server.kinds, err = apiutil.NewDynamicRESTMapper(server.Config, server.connections); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	if options.Policies {
		if err := putPoliciesInForce(ctx, server.Config, filepath.Join(root, "config/admission")); err != nil {
			return nil, errors.Join(err, server.Stop())
		}
	}
	return server, nil
}

// patience is how long the programs may take to start and to stop.
const patience = 3 * time.Minute

// Stop ends both programs and removes what they stored.
func (s *Server) Stop() error {
	if err := s.environment.Stop(); err != nil {
		return fmt.Errorf("stopping the API server: %w", err)
	}
	return nil
}

// Install adds CustomResourceDefinitions, from files or folders, and returns when they are served.
func (s *Server) Install(paths ...string) error {
	_, err := envtest.InstallCRDs(s.Config, envtest.CRDInstallOptions{Paths: paths, ErrorIfPathMissing: true})
	if err != nil {
		return fmt.Errorf("installing CRDs: %w", err)
	}
	return nil
}

// Uninstall takes CustomResourceDefinitions away, and with them all objects of their kinds, and
// returns when they are gone.
func (s *Server) Uninstall(ctx context.Context, paths ...string) error {
	options := envtest.CRDInstallOptions{Paths: paths, ErrorIfPathMissing: true}
	if err := envtest.ReadCRDFiles(&options); err != nil {
		return fmt.Errorf("reading CRDs: %w", err)
	}
	cluster, err := client.New(s.Config, client.Options{})
	if err != nil {
		return fmt.Errorf("making a client for CRDs: %w", err)
	}
	for _, crd := range options.CRDs {
		definition := &unstructured.Unstructured{}
		definition.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
		definition.SetName(crd.GetName())
		if err := client.IgnoreNotFound(cluster.Delete(ctx, definition)); err != nil {
			return fmt.Errorf("taking %s away: %w", crd.GetName(), err)
		}
		err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
			err := cluster.Get(ctx, client.ObjectKeyFromObject(definition), definition)
			return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
		})
		if err != nil {
			return fmt.Errorf("waiting until %s is gone: %w", crd.GetName(), err)
		}
		if err := s.forgotten(ctx, crd.Spec.Group, crd.Spec.Names.Kind); err != nil {
			return err
		}
	}
	return nil
}

// forgotten waits until the server no longer says that it serves a kind: it does so for a while after
// the definition is gone, and whoever asked in that while would watch what is not there.
func (s *Server) forgotten(ctx context.Context, group, kind string) error {
	err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, 30*time.Second, true, func(context.Context) (bool, error) {
		mapper, err := apiutil.NewDynamicRESTMapper(s.Config, s.connections)
		if err != nil {
			return false, err
		}
		_, err = mapper.RESTMapping(schema.GroupKind{Group: group, Kind: kind})
		return meta.IsNoMatchError(err), nil
	})
	if err != nil {
		return fmt.Errorf("waiting until %s.%s is forgotten: %w", kind, group, err)
	}
	return nil
}

// ModuleRoot returns the folder of the project's go.mod, which lies above the working directory of
// every test.
func ModuleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	for folder := start; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "config/crd/bases")); err == nil {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("finding the module: no folder above %s has config/crd/bases", start)
		}
	}
}

// GatewayCRDs returns the folder of the Gateway API's standard CRDs, of the version in go.mod.
func GatewayCRDs() (string, error) {
	const module = "sigs.k8s.io/gateway-api"
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("finding the module %s: %w", module, err)
	}
	return filepath.Join(strings.TrimSpace(string(folder)), "config/crd/standard"), nil
}

// AzureCRDs returns the folder of Azure Service Operator's CRDs, of the kinds that data is kept in, which
// `make azure` fills.
func AzureCRDs() (string, error) { return madeCRDs("azure", "Azure Service Operator") }

// FluxCRDs returns the folder of Flux's CRDs, of the kinds that deploy from a source, which `make flux` fills.
func FluxCRDs() (string, error) { return madeCRDs("flux", "Flux") }

func madeCRDs(target, of string) (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(root, "bin", target, "crds")
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("this test needs the CRDs of %s: run `make %s` (%w)", of, target, err)
	}
	return folder, nil
}

// findPrograms returns the folder of etcd and kube-apiserver: KUBEBUILDER_ASSETS when set, else the
// one that `make k8s` fills.
func findPrograms(root string) (string, error) {
	folder := os.Getenv("KUBEBUILDER_ASSETS")
	if folder == "" {
		folder = filepath.Join(root, "bin/k8s")
	}
	for _, program := range []string{"etcd", "kube-apiserver"} {
		if _, err := os.Stat(filepath.Join(folder, program)); err != nil {
			return "", fmt.Errorf("this test needs a real API server and found no %s: "+
				"run `make k8s`, or set KUBEBUILDER_ASSETS to a folder that holds it (%w)", program, err)
		}
	}
	return filepath.Abs(folder)
}
