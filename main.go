// SPDX-License-Identifier: BSD-3-Clause

// Command operator enforces, shows and proves what service owners, apps, consents and data
// processing agreements declare.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/altinn/serviceowner-operator/controllers"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// version is set by the release build. A build from source keeps its name, and is held to the local
// machine.
var version = fromSource

const fromSource = "source"

// options are the command line.
type options struct {
	config, metrics, probes string
	metricsInsecure         bool
	metricsCertificate      string
	leaderElection, remote  bool
	leaderElectionNamespace string
	logging                 zap.Options
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "probe" {
		os.Exit(probe(os.Args[2:]))
	}
	if err := run(parse()); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}

func parse() options {
	var o options
	flag.StringVar(&o.config, "config", "", "the OperatorConfiguration file (needed)")
	flag.StringVar(&o.metrics, "metrics-bind-address", ":8443", "where metrics are served, by TLS and to whom the cluster lets read them; 0 for nowhere")
	flag.StringVar(&o.metricsCertificate, "metrics-cert-dir", "", "the folder with tls.crt and tls.key of the metrics' server, read again when they change; left out, it makes a certificate of its own")
	flag.BoolVar(&o.metricsInsecure, "metrics-insecure", false, "serve metrics by plain HTTP to anybody; only at a loopback address")
	flag.StringVar(&o.probes, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served; 0 for nowhere")
	flag.BoolVar(&o.leaderElection, "leader-elect", false, "let one of several replicas work at a time")
	flag.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", "", "where the leader's lease lies; in a cluster, by default the operator's own namespace")
	flag.BoolVar(&o.remote, "allow-remote", false, "let an operator built from source act on an API server that is not on this machine")
	o.logging.BindFlags(flag.CommandLine)
	flag.Parse()
	return o
}

func run(o options) error {
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&o.logging)))
	if o.config == "" {
		return errors.New("--config is needed: the OperatorConfiguration file, as config/manager/operator.yaml")
	}
	operator, err := configuration.Load(o.config)
	if err != nil {
		return err
	}
	api, err := config.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the API server (set KUBECONFIG): %w", err)
	}
	if err := refuseRemote(api, o); err != nil {
		return err
	}
	manager := controllers.Options(controllers.NewScheme())
	if manager.Metrics, err = metricsServer(o); err != nil {
		return err
	}
	manager.HealthProbeBindAddress = o.probes
	manager.LeaderElection = o.leaderElection
	manager.LeaderElectionNamespace = o.leaderElectionNamespace
	manager.LeaderElectionID = "serviceowner-operator.tenancy.altinn.cloud"
	manager.LeaderElectionReleaseOnCancel = true
	mgr, err := ctrl.NewManager(api, manager)
	if err != nil {
		return fmt.Errorf("starting: %w", err)
	}
	ctx := ctrl.SetupSignalHandler()
	if err := controllers.Setup(ctx, mgr, operator); err != nil {
		return err
	}
	if err := errors.Join(mgr.AddHealthzCheck("alive", healthz.Ping), mgr.AddReadyzCheck("started", healthz.Ping)); err != nil {
		return err
	}
	ctrl.Log.Info("operator starts", "version", version, "environment", operator.Environment.Name)
	return mgr.Start(ctx)
}

// refuseRemote keeps an operator that somebody runs from source away from clusters other people use.
func refuseRemote(api *rest.Config, o options) error {
	if version != fromSource || o.remote {
		return nil
	}
	host := api.Host
	if server, _, err := rest.DefaultServerUrlFor(api); err == nil { // a host may stand without a scheme
		host = server.Hostname()
	}
	if ip := net.ParseIP(host); strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("built from source and the API server %s is not on this machine: use a released image, or say --allow-remote if you mean it", host)
}
