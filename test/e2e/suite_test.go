// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/hack/cluster"
	"github.com/altinn/serviceowner-operator/hack/local"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

func TestE2E(t *testing.T) {
	RegisterFailHandler(Fail)
	EnforceDefaultTimeoutsWhenUsingContexts()
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(100 * time.Millisecond)
	RunSpecs(t, "The operator on a whole control plane")
}

// codes are those that specs make service owners of, all with the number of the sample. Altinn knows
// no others: a spec that needs one more adds it here.
var codes = []string{
	"amid", "broken", "emptied", "fenced", "found", "gate", "gone", "handed", "kept", "keys", "killed", "moved", "neighbour", "outage", "plays", "receipt", "region",
	"repair", "retained", "rights", "rotate", "shown", "silent", "stop", "trouble",
}

// propagation is how long Maskinporten is behind Digdir's self-service: long enough for a step that is taken
// too early to fail.
const propagation = 500 * time.Millisecond

// What all specs share.
var (
	root       string           // the checkout
	plane      *cluster.Cluster // the control plane
	admin      *rest.Config     // its administrator
	kubernetes client.WithWatch // the administrator's client
	outside    *local.Outside   // Altinn and Maskinporten, as the operator finds them
	operator   *local.Operator  // the operator under test
)

var _ = BeforeSuite(func(ctx context.Context) {
	dir, err := cluster.Dir("e2e")
	Expect(err).NotTo(HaveOccurred())
	root = filepath.Dir(filepath.Dir(filepath.Dir(dir)))
	Expect(cluster.Down(dir)).To(Succeed())
	files := filepath.Join(root, "bin", "e2e")
	Expect(os.RemoveAll(files)).To(Succeed())
	Expect(os.MkdirAll(files, 0o700)).To(Succeed())

	By("building the operator")
	binary := filepath.Join(files, "operator")
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, ".")
	build.Dir, build.Stdout, build.Stderr = root, GinkgoWriter, GinkgoWriter
	Expect(build.Run()).To(Succeed())

	By("starting a control plane")
	plane, err = cluster.Up(ctx, cluster.Options{
		Dir: dir, Controllers: true, Nodes: 3, AuditPolicy: filepath.Join(root, "test", "e2e", "testdata", "audit.yaml"), Progress: GinkgoWriter,
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(plane.Down()).To(Succeed()) })
	admin, err = plane.Config()
	Expect(err).NotTo(HaveOccurred())
	kubernetes, err = client.NewWithWatch(admin, client.Options{Scheme: controllers.NewScheme()})
	Expect(err).NotTo(HaveOccurred())

	following, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go keysMade.follow(following)
	DeferCleanup(cancel)

	By("installing and starting the operator")
	Expect(local.Install(ctx, kubernetes, root)).To(Succeed())
	Expect(local.InstallAzure(ctx, kubernetes, plane, root)).To(Succeed())
	Expect(local.InstallFlux(ctx, kubernetes, plane, root)).To(Succeed())
	outside, err = local.StartOutside(ctx, local.OutsideOptions{
		Base: hurried(files), Folder: files, Propagation: propagation,
		Organisations: []sandbox.Organisation{{
			Code: "skd", Aliases: codes, Number: sandbox.SkatteetatenNumber, Names: map[string]string{"nb": "Skatteetaten"},
		}},
	})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(outside.Stop()).To(Succeed()) })
	operator = &local.Operator{Binary: binary, Config: outside.Config, Log: filepath.Join(files, "operator.log"), Metrics: freeAddress(ctx)}
	Expect(operator.Start(ctx, admin)).To(Succeed())
	DeferCleanup(func() { operator.Stop() })
}, NodeTimeout(5*time.Minute))

// hurried writes the installed configuration with keys that are made fast, as many calls as it takes, and storage in
// the Azure that kwok plays.
func hurried(folder string) string {
	raw, err := os.ReadFile(filepath.Join(root, "config", "manager", "operator.yaml"))
	Expect(err).NotTo(HaveOccurred())
	var config map[string]any
	Expect(yaml.UnmarshalStrict(raw, &config)).To(Succeed())
	selfService, _ := config["selfService"].(map[string]any)
	Expect(selfService).To(HaveKey("keys"))
	selfService["callsPerSecond"], selfService["keys"] = 100, map[string]any{"bits": 2048}
	config["storage"] = map[string]any{"provider": "Azure", "azure": map[string]any{
		"tenantId": "00000000-0000-0000-0000-000000000001", "oidcIssuer": "https://oidc.local.altinn.cloud/", "addresses": []string{"10.20.0.0/24"},
	}}
	egress, _ := config["egress"].(map[string]any)
	hosts, _ := egress["hosts"].(map[string]any)
	Expect(hosts).NotTo(BeEmpty())
	hosts["login.microsoftonline.com"] = []string{"20.190.128.0/18"} // where Apps get tokens for their storage
	raw, err = yaml.Marshal(config)
	Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(folder, "base.yaml")
	Expect(os.WriteFile(path, raw, 0o600)).To(Succeed())
	return path
}

// freeAddress is an address on this machine that nobody listens on.
func freeAddress(ctx context.Context) string {
	var network net.ListenConfig
	listener, err := network.Listen(ctx, "tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	Expect(listener.Close()).To(Succeed())
	return listener.Addr().String()
}
